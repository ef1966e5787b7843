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
    unsupported(
        "zstd-encoding-unused",
        "COLUMN_UNSUPPORTED",
        "encoding 2 in a slot that is not used, in a compressed file",
        Damage(frames.compress(table().sealed())).describe(ID, slot3__encoding=2).sealed(),
    )
    column("children", "a column with one child", ID, child_count=1)
    unused = "encoding 1 in a slot that is not used"
    column("encoding-unused", unused, ID, slot3__encoding=1)
    column("encoding-no-validity", unused + ", that of the validity", ID, slot0__encoding=1)


def dictionaries():
    def words(name, what, **fields):
        unsupported(
            "column-words" + name,
            "COLUMN_UNSUPPORTED",
            what + ": its column; the other columns are read",
            table().describe(WORDS_OF_CAT, **fields).sealed("blocks"),
        )

    words("", "a dictionary whose bytes are in encoding 1", slot2__encoding=1)
    words("-unused", "a dictionary with encoding 1 in a slot that is not used", slot3__encoding=1)
    words("-type-26", "a dictionary of type 26", type=26)
    words("-type-0", "a dictionary of type 0", type=0)
    words("-flag", "a dictionary with flag bit 4", flags=2 | 16)


def make():
    """These files: (path, code, what it is, bytes)."""
    return made(versions, columns, dictionaries)
