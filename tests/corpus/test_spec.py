"""What spec/format.md shows is true: hashes, the program that finds places, the list of checks."""

import re
from math import ceil
from types import SimpleNamespace

import envelope
import places
import pytest
import sealing
import structure
from model import REQUIREMENT, align
from source_tree import CORPUS, ROOT

TEXT = (ROOT / "spec" / "format.md").read_text("utf-8")
GOOD = sorted((CORPUS / "good").glob("*.shmcol"))


def test_hashes():
    """F-2: the numbers of the table."""
    rows = re.findall(
        r"^  \| ([\d,]+) \| (\w{16}) \| (\w{16}) \| (\w{16}) \| (\w{16}) \|", TEXT, re.M
    )
    assert len(rows) == 12
    for n, *wanted in rows:
        data = bytes(i % 256 for i in range(int(n.replace(",", ""))))
        both = sealing.xxh128(data)
        halves = [int.from_bytes(both[i : i + 8], "little") for i in (0, 8)]
        assert [sealing.xxh3(data), sealing.xxh3(data, 1), *halves] == [int(x, 16) for x in wanted]


def program():
    """The functions of the program in section 9."""
    code = re.search(r"^```python\n(.*?)^```$", TEXT, re.M | re.S)[1]
    names = {"align": align, "ceil": ceil}
    exec(code, names)  # noqa: S102
    return names["lay_out"]


def inputs(h, d):
    """The directory of a file as the program takes it."""

    def part(name):
        return SimpleNamespace(length=h.regions[name][1])

    def slots(x):
        return [SimpleNamespace(length=s.length, group=None, wide=False) for s in x.slots]

    columns = [SimpleNamespace(slots=slots(c), has_zones=c.type.has_zones) for c in d.columns]
    for x, c in zip(columns, d.columns):
        for number, (slot, group) in enumerate(zip(x.slots, c.type.groups)):
            slot.group = group or 0  # a slot that is not used has no length
            slot.wide = d.part and places.is_mapped(number, group)
    dictionaries = [SimpleNamespace(slots=slots(x), has_zones=False) for x in d.dictionaries]
    for k, (x, known) in enumerate(zip(dictionaries, d.dictionaries)):
        size = 8 + len(envelope.dictionary_flatbuffer(k, known, 0, d.compressed))
        x.message = SimpleNamespace(size=size)
    t = SimpleNamespace(
        header_size=h.header_size,
        rows=h.rows,
        alignment=h.alignment,
        columns=columns,
        dictionaries=dictionaries,
        compressed=h.compressed,
        schema=SimpleNamespace(size=len(envelope.encode_schema(d, h.regions["schema"][0]))),
        batch=SimpleNamespace(size=8 + len(envelope.batch_flatbuffer(d, 0, 0))),
        checksums=SimpleNamespace(),
        zones=SimpleNamespace(),
    )
    for name in ("descriptors", "name_index", "names", "metadata", "footer"):
        setattr(t, name, part(name))
    if h.compressed:
        t.frames = part("frames")
    return t


@pytest.mark.parametrize("path", GOOD, ids=lambda p: p.stem)
def test_places(path):
    """F-4, F-40 … F-46, F-74: the program puts everything where it lies in the file."""
    data = path.read_bytes()
    h, d = structure.check_structure(data)
    t = inputs(h, d)
    program()(t)
    for name, (offset, length) in h.regions.items():
        one = getattr(t, name)
        assert (one.offset, one.length) == (offset, length), name
    assert (t.body_offset, t.body_length, t.file_size) == (
        h.body_offset,
        h.body_length,
        h.file_size,
    )
    for x, known in zip(t.dictionaries, d.dictionaries):
        assert (x.message.offset, x.message.length, x.body_length) == (
            known.message_offset,
            known.message_length,
            known.body_length,
        )
    for x, known in zip(t.columns + t.dictionaries, d.columns + d.dictionaries):
        for slot, s in zip(x.slots, known.slots):
            assert not s.length or (slot.offset, slot.first_checksum) == (
                s.offset,
                s.first_checksum,
            )
        if x.has_zones:
            assert x.first_zone == known.first_zone


def test_steps():
    """F-62: the steps are numbered in order, and every code of section 12 is found by one."""
    section = TEXT.split("\n## 11. ")[1].split("\n## 12. ")[0]
    rows = re.findall(r"^\| (\d*) \| [^|]+ \| ([^|]*) \| [^|]* \|$", section, re.M)
    numbers = [int(n) for n, _ in rows if n]
    steps = numbers[: numbers.index(53) + 1]
    assert steps == list(range(1, 54))
    codes = {code for _, cell in rows for code in re.findall(r"[A-Z][A-Z0-9_]+", cell)}
    assert set(REQUIREMENT) <= codes
