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


@pytest.mark.parametrize("name", FILES)
def test_includes_follow_the_arrows(name):
    for _, own in test_includes.includes(name):
        other = room(test_includes.resolve(name, own)) if own else None
        assert other in MAY_KNOW[room(name)] | {room(name), None}, f"{name} includes {own}"


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
