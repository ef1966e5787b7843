"""Reads shows.md, which has what the tests expect."""

import re
from pathlib import Path

from model import DECIMAL128, FIXED_BINARY, LIST, TENSOR, TIMESTAMP, UNITS

READERS = ("pyarrow", "pandas", "Polars", "DuckDB", "nanoarrow")


def _tables():
    """The tables of the page, each a list of rows of cells."""
    tables, rows = [], []
    text = (Path(__file__).parent / "shows.md").read_text("utf-8")
    for line in text.splitlines() + [""]:
        if line.startswith("|"):
            rows.append([c.strip() for c in line.strip("|").split("|")])
        elif rows:
            tables.append(rows[2:])
            rows = []
    return tables


_TYPES, _VALUES, _LIMITS = _tables()
DTYPES = {
    row[0]: {reader: re.findall(r"`([^`]*)`", cell) for reader, cell in zip(READERS, row[1:])}
    for row in _TYPES
}
LIMITS = {(reader, file): answer for reader, file, answer, _ in _LIMITS}


def _row(t, metadata=()):
    if ("ARROW:extension:name", "geoarrow.wkb") in metadata:
        return "binary as geoarrow.wkb"
    if ("ARROW:extension:name", "x.tokens") in metadata:
        return "list as x.tokens"
    names = {TENSOR: "tensor", FIXED_BINARY: "fixed_binary", DECIMAL128: "decimal128", LIST: "list"}
    if t.id in names:
        return names[t.id]
    if t.id == TIMESTAMP and t.zone:
        return f"timestamp[{UNITS[t.unit]}, zone]"
    return str(t)


def _zone(reader, zone):
    """A zone as a reader writes it; only offsets are not kept as they are."""
    if zone[:1] not in ("+", "-"):
        return zone
    if reader == "pandas":
        return "UTC" if zone == "+00:00" else "UTC" + zone
    if reader == "Polars":
        hours = int(zone[:3])
        return f"Etc/GMT{-hours:+d}" if hours else "UTC"
    return zone


def dtype(reader, column, ordered=False):
    """The data type that a reader must report for a column."""
    cell = DTYPES[_row(column.type, column.metadata)][reader]
    text = cell[-1] if column.null_count else cell[0]
    return _filled(reader, column.type, text, ordered)


def _filled(reader, t, text, ordered=False):
    """Returns the text of a cell with the type's own parameters."""
    element = ""
    if t.id in (TENSOR, LIST):
        element = _filled(reader, t.element_type, DTYPES[_row(t.element_type)][reader][0])
    shape = ",".join(map(str, t.shape))
    for name, value in (
        ("zone", _zone(reader, t.zone.decode())),
        ("w", t.width),
        ("precision", t.precision),
        ("scale", t.scale),
        ("n", t.elements),
        ("shape", shape),
        ("element", element),
        ("ordered", int(ordered)),
        ("order", "ordered " if ordered else ""),
    ):
        text = text.replace("{" + name + "}", str(value))
    return text
