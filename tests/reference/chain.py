"""Tables in directories: read_table() and check_table(), from section 17 of spec/format.md."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import content
import directory
import sealing
from header import open_header
from model import (
    BIG_PAGE,
    DICTIONARY,
    ZONE,
    Wrong,
    require,
)
from places import is_mapped
from shmcol_reference import LEVELS, Table, check_levels, read

WORDS_MOST = 1 << 20  # F-82


@dataclass
class Part:
    """A file of the chain; columns as far as a reader looks at them when it opens the table."""

    name: str
    data: bytes
    header: object
    columns: list = field(default_factory=list)
    kinds: list = field(default_factory=list)  # by column: the type, and a dictionary's order

    @property
    def table_id(self):
        own = self.header.table_id
        return own if any(own) else self.header.file_id  # F-81


def part_name(first_row):
    """F-80."""
    return f"{first_row:020}.shmcol"


def _is_file(path):
    return path.is_file() and not path.is_symlink()


def _is_part(path):
    """F-83: has this file the name of a part?"""
    name = path.name
    digits = name[:20]
    named = len(digits) == 20 and digits.isascii() and digits.isdigit() and name[20:] == ".shmcol"
    return named and int(digits) % ZONE == 0 and _is_file(path)


def _is_marked(folder):
    """F-84: an append names several parts, or died."""
    return _is_file(folder / ".shmcol-appending")


def _belongs(condition, message):
    require(condition, "WRONG_PART", message, "F-81")


def _named(data, h, i, c, d):
    """Steps 14 and 15 of one column."""
    names = sealing.region_bytes(data, "names")
    texts = [("name", d["name_offset"], d["name_length"], 65535, d["name_hash"])]
    shift = None if c.problem else directory.zone_shift(c.type)
    if shift is not None and d.parameter("zone_length", shift):
        offset, length, hashed = (
            d.parameter("zone_" + n, shift) for n in ("offset", "length", "hash")
        )
        texts.append(("zone", offset, length, 255, hashed))
    for what, offset, length, limit, _ in texts:
        inside = length <= limit and offset + length + 1 <= len(names)
        require(inside, "NAME", f"{what} {i} lies outside the names")
    metadata = h.regions["metadata"][1]
    inside = d["metadata_offset"] + d["metadata_length"] <= metadata
    require(inside, "METADATA", f"metadata of column {i} lie outside their part")
    found = [directory.text_at(names, *own, f"{what} {i}") for what, *own in texts]
    c.name = found[0]
    if len(found) > 1:
        c.type = replace(c.type, zone=found[1])


def _column(data, h, i):
    """F-81, 3: a column by steps 12 to 18; its type, and whether its dictionary is ordered."""
    d, c = directory.decode_column(data, h, i)
    _named(data, h, i, c, d)
    if c.problem:
        return c, (d["type"], False)
    directory.check_column_bounds(h, i, c)
    if c.type.id != DICTIONARY:
        return c, (c.type.id, False)
    x = directory.decode_dictionary_fields(data, h, c.dictionary)[1]
    c.problem = x.problem
    return c, (c.type.id, x.ordered)


def _check_mapped(i, c):
    """F-42: the buffers that parts have at multiples of 65,536."""
    for s, (slot, group) in enumerate(zip(c.slots, c.type.groups)):
        if is_mapped(s, group):
            require(slot.offset % BIG_PAGE == 0, "LAYOUT", f"column {i}, slot {s} (F-42)")


def _compare(part, first, i):
    """F-81: a column of a part with the first part's."""
    c, own = part.columns[i], first.columns[i]
    require(
        bool(c.problem) == bool(own.problem),
        "COLUMN_UNSUPPORTED",
        f"{part.name}: column {i}: {c.problem or own.problem}",
    )
    _belongs(c.name == own.name, f"{part.name}: name of column {i}")
    _belongs(part.kinds[i][0] == first.kinds[i][0], f"{part.name}: type of column {i}")
    if c.problem:
        return
    _belongs(c.type == own.type, f"{part.name}: parameters of column {i}")
    _belongs(part.kinds[i] == first.kinds[i], f"{part.name}: order of column {i}")
    _check_mapped(i, c)


def _look(path, first_row, chain):
    """F-81: the part in a file; None if it is not of the chain."""
    _belongs(os.path.isfile(path), f"{path.name} is no regular file")
    data = path.read_bytes()
    h = open_header(data)
    part = Part(path.name, data, h)
    _belongs(h.alignment, f"{part.name} is no part")
    _belongs(h.first_row == first_row, f"{part.name}: first_row {h.first_row}")
    if chain:
        _belongs(part.table_id == chain[0].table_id, f"{part.name}: another table's")
        if h.previous_id != chain[-1].header.file_id:
            return None
        _belongs(h.columns == chain[0].header.columns, f"{part.name}: {h.columns} columns")
    for i in range(h.columns):
        column, kind = _column(data, h, i)
        part.columns.append(column)
        part.kinds.append(kind)
        _compare(part, chain[0] if chain else part, i)
    return part


def follow(folder):
    """F-80 … F-83: the parts of the table in a directory."""
    folder = Path(folder)
    require("_manifest" not in os.listdir(folder), "FEATURE", "_manifest", "F-80")
    chain, row = [], 0
    while not chain or (chain[-1].header.rows and row % ZONE == 0):
        path = folder / part_name(row)
        if not os.path.exists(path):
            break
        part = _look(path, row, chain)
        if part is None:
            break
        chain.append(part)
        row = part.header.first_row + part.header.rows
    if not chain:
        lost = any(_is_part(path) for path in folder.iterdir()) and not _is_marked(folder)
        require(not lost, "PARTS_MISSING", "no part at row 0, but others", "F-83")
    require(chain, "NO_TABLE", "no part at row 0", "F-83")
    most = max(p.header.table_rows for p in chain)
    require(row >= most, "PARTS_MISSING", f"{row} rows of {most}", "F-83")
    return chain


def _words(part, i):
    """The dictionary's values of a column, as bytes; its file was found good."""
    x = directory.decode_dictionary(part.data, part.header, part.columns[i].dictionary)[1]
    return content.byte_values(
        part.data, x.slots[2], content.check_offsets(part.data, x.slots[1], x.slots[2].length, "")
    )


def _check_dictionaries(chain):
    """F-82, F-87: of parts that are good as files."""
    for k, part in enumerate(chain):
        for i, c in enumerate(part.columns):
            if c.problem or c.type.id != DICTIONARY:
                continue
            words = _words(part, i)
            what = f"{part.name}: dictionary of column {i}"
            require(len(words) <= WORDS_MOST, "WRONG_PART", f"{what}: too many values", "F-82")
            if k:
                before = _words(chain[k - 1], i)
                extends = words[: len(before)] == before
                require(extends, "WRONG_PART", f"{what}: not that of the part before", "F-82")


def _answer(step, *args):
    try:
        return step(*args), None
    except Wrong as wrong:
        return None, (wrong.code, wrong.requirement, wrong.message)


def check_table(folder):
    """F-87: the answer at each level, as check_levels."""
    chain, answer = _answer(follow, folder)
    if answer:
        return dict.fromkeys(LEVELS, answer)
    found = [check_levels(p.data) for p in chain]
    answers = {level: next((own[level] for own in found if own[level]), None) for level in LEVELS}
    if answers["full"] is None:
        answers["full"] = _answer(_check_dictionaries, chain)[1]
    return answers


def read_table(folder):
    """The rows of all parts: metadata are the first part's, dictionaries the last one's."""
    parts = [read(p.data) for p in follow(folder)]
    columns = []
    for own in zip(*(p.columns for p in parts)):
        values = [v for c in own for v in c.values or ()]
        nulls = sum(c.null_count for c in own)
        numbers = {"dictionary": own[-1].dictionary, "null_count": nulls}
        columns.append(replace(own[0], values=values if not own[0].problem else None, **numbers))
    rows = sum(p.rows for p in parts)
    return Table(rows, parts[0].metadata, columns, parts[-1].dictionaries)
