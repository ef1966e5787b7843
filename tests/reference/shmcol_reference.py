"""The reference reader: read() and check(), written from spec/format.md alone."""

import os
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

import content
import directory
import frames
import structure
from header import open_header
from model import (
    BOOL8,
    DECIMAL128,
    DICTIONARY,
    DTYPES,
    FIXED_BINARY,
    LIST,
    STRING,
    TENSOR,
    Type,
    Wrong,
    require,
)

LEVELS = ("structure", "checksums", "full")


@dataclass
class TableColumn:
    """A column as read; None is null. problem says why it has no values."""

    name: str
    type: Type
    nullable: bool
    null_count: int
    metadata: list
    values: list = None
    dictionary: int = None
    problem: str = ""
    slots: list = field(default_factory=list)


@dataclass
class TableDictionary:
    values: list
    sorted: bool
    ordered: bool
    slots: list


@dataclass
class Table:
    rows: int
    metadata: list
    columns: list
    dictionaries: list

    def __getitem__(self, name):
        for c in self.columns:
            if c.name == name:
                return c
        raise KeyError(name)


def _bytes_of(source):
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as f:
            return f.read()
    return source


def _failure(step, *args):
    """Runs a step; gives its result, and None or its (code, requirement, message)."""
    try:
        return step(*args), None
    except Wrong as wrong:
        return None, (wrong.code, wrong.requirement, wrong.message)


def _checksums(data, h, d):
    structure.check_gaps(data, h, d)
    structure.check_blocks(data, d)


def check_levels(source, last="full"):
    """The answer of F-62 at each level up to `last`, by level: as check's."""
    data = _bytes_of(source)
    found, answer = _failure(structure.check_structure, data)
    _, later = (None, answer) if answer else _failure(structure.check_later_region, found[0])
    answers = {"structure": answer or later}
    for level, step in (("checksums", _checksums), ("full", content.check_full)):
        if last in answers:
            break
        if answer is None:
            _, answer = _failure(step, data, *found)
        answers[level] = answer or later
    return answers


def check(source, level="full"):
    """None if the file is good, else (code, requirement, message) of F-62."""
    return check_levels(source, level)[level]


def _text_pairs(pairs):
    return [(k.decode(), v.decode()) for k, v in pairs]


def _cut(data, slot, values):
    """F-63: no offset is trusted, also after a check. values: bytes, or a list of elements."""
    offsets = np.frombuffer(content.buffer(data, slot), "<i8").tolist()
    out = []
    for a, b in zip(offsets, offsets[1:]):
        require(0 <= a <= b <= len(values), "OFFSETS", f"{a} … {b}")
        out.append(values[a:b])
    return out


def _decoded(values):
    try:
        return [v.decode() for v in values]
    except UnicodeDecodeError as e:
        raise Wrong("UTF8", str(e)) from None


def _words(data, x):
    values = []
    if not x.problem:
        values = _decoded(_cut(data, x.slots[1], content.buffer(data, x.slots[2])))
    return TableDictionary(values, x.sorted, x.ordered, x.slots)


def _decimal(value, scale):
    """Exactly this number of digits after the point, whatever Python's context says."""
    return Decimal((int(value < 0), tuple(map(int, str(abs(value)))), -scale))


def _scalars(data, t, slot):
    """The values of fixed width in a slot, as Python values."""
    values = content.numbers(data, t, slot).tolist()
    if t.id == BOOL8:
        return [v != 0 for v in values]
    return [_decimal(v, t.scale) for v in values] if t.id == DECIMAL128 else values


def _elements(data, c):
    """The elements of a list column, in one run."""
    if c.type.is_list_of_strings:
        return _decoded(_cut(data, c.slots[2], content.buffer(data, c.slots[3])))
    return _scalars(data, c.type.element_type, c.slots[2])


def _plain(data, c, rows, words):
    """All slots of a column as Python values, null slots included."""
    t = c.type
    if t.id == LIST:
        return _cut(data, c.slots[1], _elements(data, c))
    if t.has_bytes:
        values = _cut(data, c.slots[1], content.buffer(data, c.slots[2]))
        return _decoded(values) if t.id == STRING else values
    if t.id == FIXED_BINARY:
        return [r.tobytes() for r in content.fixed_rows(data, c, rows)]
    if t.id == TENSOR:
        raw = content.buffer(data, c.slots[1])
        return list(np.frombuffer(raw, DTYPES[t.element]).reshape((rows,) + t.shape))
    values = _scalars(data, t, c.slots[1])
    if t.id == DICTIONARY:
        return [words.values[v] if 0 <= v < len(words.values) else None for v in values]
    return values


def _column(data, d, c, dictionaries):
    out = TableColumn(
        c.name.decode(),
        c.type,
        c.nullable,
        c.null_count,
        _text_pairs(c.metadata),
        problem=c.problem,
    )
    words = None
    if not c.problem and c.type.id == DICTIONARY:
        out.dictionary = c.dictionary
        words = dictionaries[c.dictionary]
        out.problem = d.dictionaries[c.dictionary].problem
    if not out.problem:
        valid = content.validity(data, c, d.rows).tolist()
        out.values = [v if ok else None for v, ok in zip(_plain(data, c, d.rows, words), valid)]
        out.slots = c.slots
    return out


def read(source):
    """A table's schema and values; Wrong where the file cannot be read.

    Reading is not checking: only what F-60, F-61 and F-63 ask of a reader is
    looked at, and a column of an unknown kind does not stop the others.
    """
    data = _bytes_of(source)
    h = open_header(data)
    if h.compressed:
        data, h, _ = frames.plain_form(data, *structure.check_structure(data))
    d, descriptors = directory.decode(data, h, tolerant=True)
    directory.read_names(data, h, d, descriptors)
    directory.read_metadata(data, h, d, descriptors)
    structure.check_bounds(h, d)
    dictionaries = [_words(data, x) for x in d.dictionaries]
    columns = [_column(data, d, c, dictionaries) for c in d.columns]
    return Table(d.rows, _text_pairs(d.metadata), columns, dictionaries)
