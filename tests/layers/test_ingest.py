"""Who may know whom inside lib/ingest: the data goes one way, from text to rows."""

import pytest
import test_includes
import tree

# Room: what else it may know. "plan" is what stands directly in lib/ingest, but for the two rooms
# that have no folder: it knows all of them, and none of them knows it.
MAY_KNOW = {
    "control": set(),
    "output": {"control"},
    "text": {"control", "output"},
    "schema": {"text", "control", "output"},
    "rows": {"text", "schema", "control", "output"},
    "plan": {"text", "schema", "rows", "control", "output"},
}


def room(name):
    """The room of a file of lib/ingest, None for any other file."""
    inside = name.removeprefix("lib/ingest/")
    if inside == name:
        return None
    first = inside.partition("/")[0] if "/" in inside else inside.rpartition(".")[0]
    return first if first in MAY_KNOW else "plan"


FILES = [name for name in tree.files(".c", ".h") if room(name)]


def test_every_room_is_there():
    assert {room(name) for name in FILES} == MAY_KNOW.keys()


def may_include(name, other):
    return room(other) in MAY_KNOW[room(name)] | {room(name), None}


@pytest.mark.parametrize("name", FILES)
def test_includes_follow_the_arrows(name):
    for _, own in test_includes.includes(name):
        assert not own or may_include(name, test_includes.resolve(name, own)), own


def test_calls_follow_the_arrows():
    built = {source: symbols for source, symbols in tree.symbols().items() if room(source)}
    assert len(built) > 20
    home = {symbol: room(source) for source, (defined, _) in built.items() for symbol in defined}
    wrong = [
        f"{source} uses {symbol} ({home[symbol]})"
        for source, (_, used) in built.items()
        for symbol in sorted(used & home.keys())
        if home[symbol] not in MAY_KNOW[room(source)] | {room(source)}
    ]
    assert not wrong, "\n".join(wrong)


# ---- the test of the test ----
def test_an_arrow_that_runs_back_is_found():
    plan, rows, text = (f"lib/ingest/{n}" for n in ("pack.c", "rows/block.c", "text/text.h"))
    assert (room(plan), room(rows), room(text)) == ("plan", "rows", "text")
    assert room("lib/ingest/control.h") == "control" and room("lib/csv/index.h") is None
    assert may_include(plan, rows) and may_include(rows, text) and may_include(rows, "lib/csv/a.h")
    assert not may_include(text, rows) and not may_include(rows, plan)
