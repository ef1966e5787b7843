"""Files of a later version: well-formed, but not for a reader of version 1.0."""

import frames
from collected import made, unsupported
from damage import Damage
from small_tables import CAT, ID, NAME, WORDS_OF_CAT, table


def versions():
    unsupported("version-2", "VERSION", "version_major 2", table().set(version_major=2).sealed())
    unsupported("version-0", "VERSION", "version_major 0", table().set(version_major=0).sealed())
    unsupported(
        "version-2-feature",
        "VERSION",
        "version_major 2 and an incompat bit: the version is looked at first",
        table().set(version_major=2, incompat=4).sealed(),
    )
    for bit in (1, 5, 63):
        unsupported(
            f"incompat-{bit}",
            "FEATURE",
            f"incompat bit {bit}: an unknown feature",
            table().set(incompat=1 << bit).sealed(),
        )


def columns():
    def column(name, what, i, **fields):
        unsupported(
            f"column-{name}",
            "COLUMN_UNSUPPORTED",
            what + "; the other columns are read",
            table().describe(i, **fields).sealed("blocks"),
        )

    column("type-26", "a column of type 26", ID, type=26)
    column("type-0", "a column of type 0", ID, type=0)
    column("type-top", "a column of type 65,535", NAME, type=65535)
    column("flag", "a column with flag bit 4", ID, flags=16)
    column("flag-top", "a column with flag bit 31", CAT, flags=0x80000001)
    column("encoding", "values in encoding 1", ID, slot1__encoding=1)
    column(
        "encoding-bytes", "a string's bytes in encoding 2^32 - 1", NAME, slot2__encoding=0xFFFFFFFF
    )
    for encoding, what in ((2, "reserved for LZ4"), (3, "unknown")):
        unsupported(
            f"zstd-encoding-{encoding}",
            "COLUMN_UNSUPPORTED",
            f"encoding {encoding} in a compressed file: {what}",
            Damage(frames.compress(table().sealed()))
            .describe(ID, slot1__encoding=encoding)
            .sealed(),
        )
    column("children", "a column with one child", ID, child_count=1)
    column(
        "words",
        "a dictionary whose bytes are in encoding 1: its column",
        WORDS_OF_CAT,
        slot2__encoding=1,
    )


def make():
    """These files: (path, code, what it is, bytes)."""
    return made(versions, columns)
