"""Reads shows.md, which has what the tests expect."""

import re
from pathlib import Path

from model import FIXED_BINARY, TENSOR, TIMESTAMP, UNITS, Type

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


def _row(column):
    t = column.type
    if ("ARROW:extension:name", "geoarrow.wkb") in column.metadata:
        return "binary as geoarrow.wkb"
    if t.id == TENSOR:
        return "tensor"
    if t.id == FIXED_BINARY:
        return "fixed_binary"
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
    t = column.type
    cell = DTYPES[_row(column)][reader]
    text = cell[-1] if column.null_count else cell[0]
    element = ""
    if t.id == TENSOR:
        element = DTYPES[str(Type(t.element, unit=t.unit))][reader][0]
    shape = ",".join(map(str, t.shape))
    for name, value in (
        ("zone", _zone(reader, t.zone.decode())),
        ("w", t.width),
        ("n", t.elements),
        ("shape", shape),
        ("element", element),
        ("ordered", int(ordered)),
        ("order", "ordered " if ordered else ""),
    ):
        text = text.replace("{" + name + "}", str(value))
    return text
