"""F-62: of two faults in a file the answer is the one of the earlier step, from library and
reference."""

from itertools import combinations

import pytest
import sealing
from agreement import answers_of
from built import BIN
from damage import Damage
from model import ASCENDING, DATE64, DICTIONARY, FLOAT64, LIST, STRING, Type
from shmcol_reference import check
from small_tables import AT, CAT, FLAG, ID, NAME, WORDS_OF_CAT, table
from writer import Col, Words, write


def poke(i, s, at, form, value):
    """Writes a value into slot s of descriptor i."""
    return lambda d: d.poke(d.slot(i, s) + at, form, value)


def other_flag(i):
    """Gives column i the other value of the flag ascending."""
    return lambda d: d.describe(i, flags=d.descriptor(i, "flags") ^ ASCENDING)


def text(d):
    """A byte of a column's name."""
    d.flip(d.region("names") + d.descriptor(FLAG, "name_offset"))


# In the order of F-62: code; the step of sealing after which the damage is done, or None; damage.
# Those of one kind of step are on descriptors, or columns, in the order in which these are checked.
FAULTS = [
    ("BIG_ENDIAN", "header", lambda d: d.poke(100, "I", 0x0D0C0B0A)),
    ("HEADER_HASH", "header", lambda d: d.flip(48)),
    ("VERSION", None, lambda d: d.set(version_major=2)),
    ("FEATURE", None, lambda d: d.set(incompat=4)),
    ("TRAILING", "header", lambda d: d.data.append(0)),
    ("HEADER_FIELD", None, lambda d: d.set(continuation=0)),
    ("REGION_HASH", "regions", lambda d: d.set(zones__hash=1)),
    ("DESCRIPTOR_HASH", "descriptors", lambda d: d.describe(ID, hash=1)),
    ("COLUMN_UNSUPPORTED", None, lambda d: d.describe(FLAG, child_count=1)),
    ("DESCRIPTOR_FIELD", None, lambda d: d.describe(NAME, zero10=1)),
    ("REGION_HASH", "messages", lambda d: d.describe(WORDS_OF_CAT, message_hash=1)),
    ("NAME", None, text),
    ("METADATA", None, lambda d: d.flip(d.region("metadata") + 4)),
    ("NAME_INDEX", None, lambda d: d.poke(d.region("name_index") + 12, "I", 1)),
    ("LAYOUT", None, lambda d: d.describe(AT, first_zone=1 << 40)),
    ("FILE_ID", "ids", lambda d: d.flip(128)),
    ("GAP", None, lambda d: d.flip(d.slot(ID, 1) + 20)),
    ("BLOCK_HASH", "blocks", lambda d: d.flip(d.region("checksums"))),
    ("ENVELOPE_VERSION", None, lambda d: d.set(envelope_version=2)),
    ("ENVELOPE", None, lambda d: d.flip(d.region("batch") + 100)),
    ("OFFSETS", None, poke(WORDS_OF_CAT, 1, 0, "q", 1)),
    ("UTF8", None, poke(WORDS_OF_CAT, 2, 0, "B", 0xFF)),
    ("DICTIONARY", None, poke(WORDS_OF_CAT, 2, 2, "B", ord("y"))),
    ("ZONE_MAP", None, lambda d: d.poke(d.zone(ID) + 16, "q", 4)),
    ("ASCENDING", None, other_flag(ID)),
    ("VALIDITY", None, lambda d: d.flip(d.slot(FLAG, 0), 0x80)),
    ("VALUE", None, poke(FLAG, 1, 0, "B", 2)),
    ("NULL_SLOT", None, poke(FLAG, 1, 1, "B", 1)),
    ("ZONE_MAP", None, lambda d: d.poke(d.zone(FLAG) + 32, "Q", 5)),
    ("OFFSETS", None, poke(NAME, 1, 40, "q", 99)),
    ("UTF8", None, poke(NAME, 2, 0, "B", 0xFF)),
    ("NULL_SLOT", None, poke(AT, 1, 16, "q", 7)),
    ("CODES", None, poke(CAT, 1, 0, "b", 9)),
    ("NULL_SLOT", None, poke(CAT, 1, 1, "b", 1)),
]


# Of a list of dates, then a list of strings, each with a null.
LIST_FAULTS = [
    ("VALIDITY", None, lambda d: d.flip(d.slot(0, 0), 0x80)),
    ("OFFSETS", None, poke(0, 1, 8, "q", 9)),
    ("VALUE", None, poke(0, 2, 0, "q", 1)),
    ("NULL_SLOT", None, poke(0, 1, 16, "q", 2)),
    ("VALIDITY", None, lambda d: d.flip(d.slot(1, 0), 0x80)),
    ("OFFSETS", None, poke(1, 1, 0, "q", -1)),
    ("OFFSETS", None, poke(1, 2, 0, "q", 1)),
    ("UTF8", None, poke(1, 3, 0, "B", 0xFF)),
    ("NULL_SLOT", None, poke(1, 1, 16, "q", 2)),
]


# Of columns that can have the flag, all of them without nulls. Each column's faults end with
# ASCENDING; the last column descends and yet has the flag.
ASCENDING_FAULTS = [
    ("UTF8", None, poke(4, 2, 0, "B", 0xFF)),
    ("DICTIONARY", None, poke(4, 2, 2, "B", ord("y"))),
    ("VALUE", None, poke(0, 1, 0, "q", 1)),
    ("ZONE_MAP", None, lambda d: d.poke(d.zone(0) + 16, "q", 0)),
    ("ASCENDING", None, other_flag(0)),
    ("OFFSETS", None, poke(1, 1, 8, "q", -1)),
    ("UTF8", None, poke(1, 2, 0, "B", 0xFF)),
    ("ZONE_MAP", None, lambda d: d.poke(d.zone(1) + 48, "Q", 9)),
    ("ASCENDING", None, other_flag(1)),
    ("CODES", None, poke(2, 1, 0, "b", 9)),
    ("ZONE_MAP", None, lambda d: d.poke(d.zone(2) + 16, "q", 1)),
    ("ASCENDING", None, other_flag(2)),
    ("ZONE_MAP", None, lambda d: d.poke(d.zone(3) + 8, "I", 1)),
    ("ASCENDING", None, other_flag(3)),
]


def lists():
    """Lists whose second row is null, and the row after it has two elements."""
    day = 86400000
    return Damage(
        write(
            [
                Col("d", Type(LIST, element=DATE64), [[day], None, [day, 2 * day]]),
                Col("s", Type(LIST, element=STRING), [["a"], None, ["b", "c"]]),
            ]
        )
    )


def ascending():
    """Three columns that ascend, and one that descends."""
    day = 86400000
    words = Words(["x", "y", "z"], sorted=True)
    return Damage(
        write(
            [
                Col("d", Type(DATE64), [day, 2 * day]),
                Col("s", Type(STRING), ["ab", "b"]),
                Col("w", Type(DICTIONARY, width=1), ["x", "y"], words=words),
                Col("f", Type(FLOAT64), [2.0, 1.0]),
            ]
        )
    )


def damaged(make, faults):
    """The table with these faults, and all other hashes right."""
    d = make()
    for _, after, damage in faults:
        if after is None:
            damage(d)

    def done(step):
        for _, after, damage in faults:
            if after == step:
                damage(d)

    for name, step in sealing.STEPS.items():
        step(d.data)
        done(name)
    d.header_sealed()
    done("header")
    return bytes(d.data)


TABLES = [(table, FAULTS), (lists, LIST_FAULTS), (ascending, ASCENDING_FAULTS)]
EACH = [(make, fault) for make, faults in TABLES for fault in faults]


@pytest.mark.parametrize(
    ("make", "fault"), EACH, ids=lambda x: x[0] if isinstance(x, tuple) else x.__name__
)
def test_one(make, fault):
    assert check(damaged(make, [fault]))[0] == fault[0]


@pytest.mark.parametrize(("make", "faults"), TABLES)
def test_two(make, faults, tmp_path):
    wanted, wrong = {}, []
    for first, second in combinations(range(len(faults)), 2):
        path = tmp_path / f"{first}-{second}"
        data = damaged(make, [faults[first], faults[second]])
        path.write_bytes(data)
        wanted[str(path)] = faults[first][0]
        answer = check(data)[0]
        if answer != faults[first][0]:
            wrong.append(("reference", answer, faults[first][0], faults[second][0]))
    theirs = answers_of(BIN / "shmcol-check", "full", list(wanted))
    wrong += [
        ("shmcol-check", theirs[p], p, code) for p, code in wanted.items() if theirs[p] != code
    ]
    assert not wrong
