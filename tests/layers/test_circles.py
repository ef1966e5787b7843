"""No folder has files that know each other in a circle: each can be read after those it uses."""

import subprocess

import circles
import pytest
import test_includes
import tree


def folder(name):
    """The folder that must have no circle; sub-folders belong to it."""
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] == "lib" else parts[0]


def known_in(place):
    """{C file: the C files that it knows} of a folder of this tree."""
    texts = {n: tree.read(n) for n in tree.files(".c", ".h") if folder(n) == place}
    included = {
        name: {test_includes.resolve(name, own) for _, own in test_includes.includes(name) if own}
        for name in texts
    }
    built = {n: symbols for n, symbols in tree.symbols().items() if folder(n) == place}
    missing = [n for n in texts if n.endswith(".c") and n not in built]
    assert not missing, f"not built in {tree.BUILD}: {missing}"
    return circles.arrows(texts, included, built)


def folders():
    places = {folder(n) for n in tree.files(".c") if tree.layer(n) not in (None, "demo", "python")}
    return sorted(places - {folder(n) for n in tree.files(".c") if tree.layer(n) == "error"})


def test_the_folders_were_found():
    named = {"format", "lib/csv", "lib/parse", "lib/sys", "lib/read", "lib/ingest", "tools"}
    assert named <= set(folders())
    for place in named:
        assert any(known_in(place).values()), f"no file knows another in {place}"


@pytest.mark.parametrize("place", folders())
def test_no_circle(place):
    known = known_in(place)
    ties = [
        f"{a} -> {b}"
        for circle in circles.circles(known)
        for a in circle
        for b in sorted(known[a] & set(circle))
    ]
    assert not ties, "\n".join(ties)


# ---- the test of the test ----
def known_of(files, symbols):
    """Of a made-up folder: `files` has (text, includes), `symbols` (defined, used)."""
    return circles.arrows(
        {name: text for name, (text, _) in files.items()},
        {name: set(included) for name, (_, included) in files.items()},
        {
            name: (set(defined.split()), set(used.split()))
            for name, (defined, used) in symbols.items()
        },
    )


def test_a_circle_of_calls_over_a_shared_header_is_found():
    files = {"all.h": ("int f(void); int g(void); int h(void);", [])}
    files |= {name: ("", ["all.h"]) for name in ("f.c", "g.c", "h.c")}
    symbols = {"f.c": ("f", "g malloc"), "g.c": ("g", "h"), "h.c": ("h", "f")}
    assert circles.circles(known_of(files, symbols)) == [["f.c", "g.c", "h.c"]]
    symbols["h.c"] = ("h", "malloc")
    assert circles.circles(known_of(files, symbols)) == []


def test_a_circle_through_an_own_header_is_found():
    files = {
        "low.h": ("typedef int low; low low_get(void);", []),
        "low.c": ("", ["low.h"]),
        "high.h": ("int high_get(void);", ["low.h"]),
        "high.c": ("", ["high.h"]),
    }
    symbols = {"low.c": ("low_get", "high_get"), "high.c": ("high_get", "")}
    assert circles.circles(known_of(files, symbols)) == [["high.c", "low.c"]]
    symbols["low.c"] = ("low_get", "")
    assert circles.circles(known_of(files, symbols)) == []


def test_a_header_that_several_files_share_is_nobodys():
    files = {
        "sink.h": ("int sink_a(void); /* part.c */ int sink_b(void);", []),
        "sink.c": ("", ["sink.h"]),
        "part.c": ("", ["sink.h"]),
    }
    symbols = {"sink.c": ("sink_a", "sink_b"), "part.c": ("sink_b", "")}
    assert known_of(files, symbols) == {"sink.c": {"part.c"}, "part.c": set()}


def test_two_circles_are_two():
    known = {"a": {"b"}, "b": {"a", "c"}, "c": {"d"}, "d": {"c"}, "e": {"a"}}
    assert circles.circles(known) == [["a", "b"], ["c", "d"]]


def test_symbols_are_read_from_object_files(tmp_path):
    (tmp_path / "a.c").write_text("extern int b; int f(void) { return b; } static int g = 1;\n")
    made = subprocess.run(["cc", "-c", "a.c", "-o", "a.o"], cwd=tmp_path, check=False)
    if made.returncode != 0:
        pytest.skip("no compiler called cc")
    assert tree.symbols_of({"a.c": tmp_path / "a.o"}) == {"a.c": ({"f"}, {"b"})}
