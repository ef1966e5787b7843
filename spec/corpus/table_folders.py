"""Tables in directories (section 17 of spec/format.md), good and bad, with the answer of each.

python spec/corpus/table_folders.py FOLDER makes them all. They are not stored: every part but the
last has 65,536 rows or more.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "tests" / "reference")]

from damage import Damage  # noqa: E402
from good_columns import list_of  # noqa: E402
from model import (  # noqa: E402
    BIG_PAGE,
    DECIMAL128,
    DICTIONARY,
    INT8,
    INT32,
    TENSOR,
    TIMESTAMP,
    UINT8,
    ZONE,
    Type,
)
from small_tables import mini  # noqa: E402
from chain import part_name  # noqa: E402
from writer import Col, Words, write  # noqa: E402

END = 2 * ZONE + 5
W = Type(DICTIONARY, width=4)
OTHER = b"another's 16 id."
LEVELS = ("structure", "checksums", "full")


@dataclass
class Folder:
    """A directory: its files by name, and the answer of each level, (code, requirement) or None."""

    name: str
    what: str
    files: dict
    answers: dict

    def make(self, path):
        """Writes the files into a new directory."""
        path.mkdir(parents=True)
        for name, data in self.files.items():
            (path / name).parent.mkdir(exist_ok=True)
            (path / name).write_bytes(data)


def good(name, what, grown):
    return Folder("good/" + name, what, dict(grown.files), dict.fromkeys(LEVELS))


def bad(name, what, grown, answer, level="structure"):
    """answer: the code and its number, from that level on."""
    found = LEVELS.index(level)
    answers = {own: tuple(answer.split()) if k >= found else None for k, own in enumerate(LEVELS)}
    return Folder("bad/" + name, what, dict(grown.files), answers)


# --- tables, part by part


def id_of(data):
    return Damage(data).header("file_id")


def part(cols, first_row=0, table_rows=None, rows=None, **extra):
    """The bytes of a part."""
    rows = len(cols[0].values) if rows is None else rows
    end = first_row + rows if table_rows is None else table_rows
    fields = {"alignment": BIG_PAGE, "first_row": first_row, "table_rows": end}
    return write(cols, rows=rows, **(fields | extra))


class Grown:
    """The files of a table; each part names the one before."""

    def __init__(self, files=()):
        self.files, self.rows, self.ids = dict(files), 0, {}

    def add(self, cols, table_rows=None, rows=None, change=None, **extra):
        """Adds the next part; change makes its bytes from the Damage of what is right."""
        data = part(cols, self.rows, table_rows, rows, **(self.ids | extra))
        data = change(Damage(data)) if change else data
        self.files[part_name(self.rows)] = data
        self.ids = {"table_id": self.ids.get("table_id", id_of(data)), "previous_id": id_of(data)}
        self.rows += len(cols[0].values) if rows is None else rows
        return self

    def put(self, row, data):
        """Puts a file in the place of the part at a row."""
        self.files[part_name(row)] = data
        return self

    def change(self, row, change):
        return self.put(row, change(Damage(self.files[part_name(row)])))

    def drop(self, row):
        del self.files[part_name(row)]
        return self


def numbers(rows):
    return Col("n", Type(INT8), np.arange(rows, dtype="i8") % 101)


def words_of(words, rows, ordered=False):
    """A dictionary column that has all its words."""
    values = [words[i % len(words)] for i in range(rows)] if words else [None] * rows
    return Col("w", W, values, words=Words(words, words == sorted(words), ordered))


def three(table_rows=None, change=None, at=None):
    """Two zones and a part of five rows; change is for the part number `at`."""
    grown = Grown()
    for k, rows in enumerate((ZONE, ZONE, 5)):
        grown.add([numbers(rows)], table_rows, change=change if k == at else None)
    return grown


def second(data):
    """A part of one zone, and a file with the name of the next one."""
    return Grown().add([numbers(ZONE)]).put(ZONE, data)


# --- the directories


def chains():
    yield good("one", "one part of five rows", Grown().add([numbers(5)]))
    yield good("empty", "a part of no rows", Grown().add([numbers(0)]))
    yield good("one-append", "three parts of one append", three(END))
    yield good("three-appends", "three parts, each of an append of its own", three())
    yield good("whole", "all parts have whole zones", three().drop(2 * ZONE))
    first = id_of(part([numbers(ZONE)]))
    replaced = Grown().add([numbers(2 * ZONE)], table_id=first)
    yield good("replaced", "the part at row 0 is not the one that began the table", replaced)
    replaced.ids["table_id"] = first
    yield good("replaced-more", "and has parts behind it", replaced.add([numbers(3)]))
    yield good("no-columns", "no columns", Grown().add([], rows=ZONE).add([], rows=7))
    words = Grown()
    for own in ([], ["b", "d"], ["b", "d", "a"]):
        words.add([words_of(own, ZONE)])
    words.add([words_of(["b", "d", "a", "", "c"], 5)])
    yield good("words", "a dictionary that grows, at first without values", words)
    pairs = Grown().add([numbers(ZONE)], metadata=[("k", "v")])
    yield good("metadata", "the second part has none", pairs.add([numbers(1)]))


def other_names():
    names = ("README", "0.shmcol", part_name(ZONE) + ".old", "folder/x", ".x")
    grown = Grown(dict.fromkeys(names, b"")).add([numbers(2)])
    yield good("names", "other files, and directories, in the directory", grown)
    ids = three().ids | {"previous_id": OTHER}
    orphan = part([numbers(ZONE)], ZONE, **ids)
    what = "a part of another predecessor ends the chain"
    yield good("orphan", what, three().put(ZONE, orphan))
    other = part([words_of(["x"], 4)], ZONE, **ids)
    yield good("orphan-columns", "its columns do not matter", second(other))
    grown = Grown().add([numbers(ZONE)]).add([numbers(7)]).put(2 * ZONE, b"no part")
    yield good("behind-short", "nobody looks behind a part without whole zones", grown)
    grown = Grown().add([numbers(0)]).put(ZONE, b"no part")
    yield good("behind-empty", "nor behind one without rows", grown)
    with_manifest = three()
    with_manifest.files["_manifest"] = b""
    yield bad("manifest", "a manifest", with_manifest, "FEATURE F-80")
    grown = Grown({"_manifest/x": b""})
    yield bad("manifest-only", "a directory of that name, and no part", grown, "FEATURE F-80")


def missing():
    yield bad("nothing", "an empty directory", Grown(), "NO_TABLE F-83")
    yield bad("no-first", "no part at row 0", three().drop(0), "PARTS_MISSING F-83")
    marker = Grown({".shmcol-appending": b""})
    yield bad("marker-only", "the marker of an append", marker, "NO_TABLE F-83")
    marked = three().drop(0)
    marked.files[".shmcol-appending"] = b""
    yield bad("no-first-marked", "no part at row 0, and the marker", marked, "NO_TABLE F-83")
    marked = three().drop(0)
    marked.files[".shmcol-appending/x"] = b""
    what = "no part at row 0, and a directory of the marker's name"
    yield bad("no-first-folder", what, marked, "PARTS_MISSING F-83")
    names = dict.fromkeys((part_name(ZONE + 1), part_name(ZONE) + ".old", "1.shmcol"), b"")
    yield bad("no-part-names", "other names, and no part", Grown(names), "NO_TABLE F-83")
    what = "the last part is missing"
    yield bad("last-missing", what, three(END).drop(2 * ZONE), "PARTS_MISSING F-83")
    what = "the middle part is missing"
    yield bad("middle-missing", what, three(END).drop(ZONE), "PARTS_MISSING F-83")
    most = Grown().add([numbers(ZONE)], 3 * ZONE).add([numbers(ZONE)]).add([numbers(5)])
    what = "the largest table_rows is not that of the last part"
    yield bad("most-rows", what, most, "PARTS_MISSING F-83")
    orphan = part([numbers(ZONE)], ZONE, END, **(three(END).ids | {"previous_id": OTHER}))
    what = "the rest is behind a part of another predecessor"
    yield bad("orphan-missing", what, three(END).put(ZONE, orphan), "PARTS_MISSING F-83")


def wrong_files():
    wrong = "WRONG_PART F-81"
    own = mini().sealed()
    yield bad("first-no-part", "a file of its own", Grown().put(0, own), wrong)
    yield bad("no-part", "a file of its own as the second", second(own), wrong)
    folder = Grown({part_name(ZONE) + "/x": b""}).add([numbers(ZONE)])
    yield bad("folder", "a directory as the second", folder, wrong)
    later = three().files[part_name(ZONE)]
    yield bad("first-name", "a later part at row 0", Grown().put(0, later), wrong)
    grown = three()
    grown.put(ZONE, grown.files[part_name(2 * ZONE)])
    yield bad("name", "a part with the name of another row", grown, wrong)
    both = {"table_id": OTHER, "previous_id": OTHER}
    grown = second(part([numbers(5)], ZONE, **both))
    yield bad("table", "of another table, and of another predecessor", grown, wrong)
    yield bad("no-shmcol", "text", second(b"text"), "NOT_SHMCOL F-60")
    yield bad("cut", "cut short", second(later[:-1]), "TRUNCATED F-5")
    yield bad("cut-to-nothing", "an empty file", second(b""), "TRUNCATED F-5")
    damaged = Damage(later).set(first_row=3).raw()
    yield bad("header", "a damaged header with another row", second(damaged), "HEADER_HASH F-10")
    rows = Damage(part([numbers(5)], ZONE, **both)).set(table_rows=END).sealed()
    what = "a part without whole zones, and the table goes on"
    yield bad("middle-rows", what, second(rows), "HEADER_FIELD F-14")


def wrong_columns():
    def pair(name, what, a, b):
        return bad(name, what, Grown().add(a).add(b), "WRONG_PART F-81")

    def types(name, what, a, b):
        return pair(name, what, [Col("a", a, [None] * ZONE)], [Col("a", b, [None])])

    n = [numbers(ZONE)]
    yield pair("columns", "a column more", n, [numbers(1), Col("m", Type(INT8), [1])])
    yield pair("column-name", "another name", n, [Col("m", Type(INT8), [1])])
    yield types("type", "another type of the same width", Type(INT8), Type(UINT8))
    ns, us = Type(TIMESTAMP, unit=3), Type(TIMESTAMP, unit=2)
    utc = Type(TIMESTAMP, unit=3, zone=b"UTC")
    yield types("unit", "another unit", ns, us)
    yield types("zone", "another zone", ns, utc)
    decimals = [Type(DECIMAL128, precision=9, scale=s) for s in (1, 2)]
    yield types("scale", "another scale", *decimals)
    shapes = [Type(TENSOR, element=INT8, shape=s) for s in ((2, 3), (3, 2))]
    yield types("shape", "another shape of as many elements", *shapes)
    yield types("element", "another element", list_of(Type(INT8)), list_of(Type(UINT8)))
    yield types("element-unit", "another unit of the element", list_of(ns), list_of(us))
    yield types("element-zone", "another zone of the element", list_of(ns), list_of(utc))
    ordered = [words_of(["a"], 1, ordered=True)]
    yield pair("ordered", "an ordered dictionary", [words_of(["a"], ZONE)], ordered)


def unsupported():
    def pair(name, what, first, later, answer="COLUMN_UNSUPPORTED F-28"):
        def change(fields):
            return lambda d: d.describe(0, **fields).sealed()

        grown = Grown().add([numbers(ZONE)], change=change(first))
        return bad(name, what, grown.add([numbers(1)], change=change(later)), answer)

    unknown = {"type": 65000}
    yield pair("unsupported-type", "an unknown type in the second part", {}, unknown)
    yield pair("unsupported-flag", "an unknown flag in the second part", {}, {"flags": 17})
    yield pair("unsupported-first", "an unknown type in the first part", unknown, {})
    yield pair("unsupported", "an unknown type in both", unknown, unknown)
    types = "unsupported-types", "two unknown types", unknown, {"type": 65001}
    yield pair(*types, "WRONG_PART F-81")


def damaged():
    half = [Col(name, Type(INT32), np.arange(ZONE)) for name in "ab"]

    def move(p):
        p.columns[1][0] -= BIG_PAGE - 8192

    moved = Grown().add(half).add(half, move=move)
    what = "a bitmap of the second part is not at a multiple of 65,536"
    yield bad("place", what, moved, "LAYOUT F-42")
    far = three(change=lambda d: d.describe(0, name_offset=1 << 40).sealed(), at=1)
    yield bad("name-far", "a name of the second part lies outside the names", far, "NAME F-31")
    far = three(change=lambda d: d.describe(0, metadata_length=16).sealed(), at=1)
    far.change(0, lambda d: d.flip(d.region("footer")).raw())
    what = "metadata of the second part lie outside their region, and the first footer is damaged"
    yield bad("metadata-far", what, far, "METADATA F-33")
    grown = three(change=lambda d: d.flip(d.base(0) + 80).sealed("descriptors"), at=1)
    yield bad("descriptor", "a descriptor of the second part", grown, "DESCRIPTOR_HASH F-21")
    grown.change(0, lambda d: d.flip(d.region("footer")).raw())
    what = "and the first part's footer, which opening does not look at"
    yield bad("descriptor-and-footer", what, grown, "DESCRIPTOR_HASH F-21")
    words = Grown().add([words_of(["a", "b"], ZONE)])
    words.add([words_of(["b", "a"], 4)], change=lambda d: d.describe(1, dictionary=0).sealed())
    yield bad("dictionary-field", "a descriptor of a dictionary", words, "DESCRIPTOR_FIELD F-22")
    grown = three(change=lambda d: d.flip(d.region("footer")).raw(), at=1)
    yield bad("footer", "the footer of the second part", grown, "REGION_HASH F-12")
    grown.change(0, lambda d: d.flip(d.slot(0, 1)).raw())
    both = bad("footer-and-block", "and a value of the first", grown, "BLOCK_HASH F-45")
    both.answers["structure"] = "REGION_HASH", "F-12"
    yield both
    grown = three(change=lambda d: d.poke(d.zone(0) + 16, "q", -7).sealed(), at=2)
    yield bad("zones", "a zone map of the last part", grown, "ZONE_MAP F-47", "full")


def wrong_words():
    def words(name, what, *own):
        grown = Grown()
        for one in own:
            grown.add([words_of(one, ZONE)])
        return bad(name, what, grown, "WRONG_PART F-82", "full")

    yield words("words-order", "the same values in another order", ["a", "b"], ["b", "a"])
    yield words("words-fewer", "one value less", ["a", "b", "c"], ["a", "b"])
    yield words("words-other", "another value of the same length", ["a", "b"], ["a", "c"])
    yield words("words-cut", "the same bytes, cut elsewhere", ["ab", "c"], ["a", "bc"])
    yield words("words-before", "a new value before the others", ["b"], ["a", "b"])
    late = words("words-late", "the third part's", ["b"], ["b", "c"], ["b", "d"])
    yield late
    grown = Grown(late.files).change(2 * ZONE, lambda d: d.flip(d.slot(0, 1)).raw())
    what = "and a value of that part is damaged"
    yield bad("words-and-block", what, grown, "BLOCK_HASH F-45", "checksums")


def folders():
    """All directories, by name."""
    kinds = chains, other_names, missing, wrong_files, wrong_columns, unsupported, damaged
    found = [folder for kind in (*kinds, wrong_words) for folder in kind()]
    assert len({f.name for f in found}) == len(found)
    return {folder.name: folder for folder in found}


def main():
    out, expected = Path(sys.argv[1]), {}
    for folder in folders().values():
        folder.make(out / folder.name)
        expected[folder.name] = {"what": folder.what, "answers": folder.answers}
    (out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", "ascii")


if __name__ == "__main__":
    main()
