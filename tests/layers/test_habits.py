"""Nothing is left undone, and every requirement is found by its number."""

import re

import tree

TEXT = tree.written(
    ".c", ".h", ".py", ".sh", ".cmake", ".txt", ".md", ".json", ".in", ".1", "dev", "run"
)


def test_nothing_is_left_undone_or_tied_to_one_machine():
    words = re.compile(r"\b(TO[D]O|FIX[M]E|HA[C]K)\b|/wor[k]/|/roo[t]/|/hom[e]/\w")
    found = [
        f"{name}: {match.group(0)}" for name in TEXT for match in words.finditer(tree.read(name))
    ]
    assert not found, found


def answers():
    """The requirement numbers of the table in section 12, which has every way to be wrong."""
    section = tree.read("spec/format.md").split("\n## 12. ")[1]
    return sorted(
        {
            number
            for _, number in re.findall(r"^\| ([A-Z0-9_]+) \| (F-\d+) \|", section, re.MULTILINE)
        },
        key=lambda f: int(f[2:]),
    )


def numbers_in(names):
    return {number for n in names for number in re.findall(r"\bF-\d+\b", tree.read(n))}


def test_a_requirement_is_found_by_its_number():
    code = [n for n in tree.files(".c", ".h") if n.startswith(("format/", "lib/"))]
    tests = [
        n
        for n in tree.files(".c", ".h", ".py", ".json", ".md")
        if n.startswith(("tests/unit/", "tests/corpus/", "tests/cli/", "spec/corpus/"))
    ]
    assert not set(answers()) - numbers_in(code), "in no code"
    assert not set(answers()) - numbers_in(tests), "in no test"


def test_the_table_of_answers_was_read():
    assert len(answers()) >= 20


def test_every_name_that_tsan_leaves_out_is_a_test():
    pattern = r'These start no thread\.\s+list\(FILTER [^"]*"/test_\(([^)]*)\)'
    names = re.search(pattern, tree.read("tests/CMakeLists.txt")).group(1).split("|")
    tests = [n.rpartition("/test_")[2] for n in tree.every_file() if n.startswith("tests/unit/")]
    assert len(names) > 10
    assert not [name for name in names if not any(test.startswith(name) for test in tests)]


def test_every_set_of_strings_is_keyed_by_a_secret():
    """A table under a known hash can be flooded: tests/unit/test_secret.c shows it."""
    calls = re.compile(r"\b(?:base_text_set|ing_distinct)_new\(([^;{]*)\)[;,]")
    made = {}
    for name in tree.files(".c"):
        if name.startswith("lib/"):
            for arguments in calls.findall(tree.read(name)):
                assert "secret" in arguments, f"{name}: {arguments}"
                made.setdefault(tree.layer(name), []).append(name)
    assert {"arrow", "ingest", "write"} <= made.keys()
    for layer in made:
        assert any(
            "shm_secret()" in tree.read(n) for n, where in tree.sources() if where == layer
        ), f"{layer} draws no secret"
