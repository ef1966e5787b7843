"""How a table looks, in a terminal and in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from . import _errors

if TYPE_CHECKING:
    from ._table import Table

_COLUMNS, _ROWS, _CELL = 20, 8, 24


def size(nbytes: int) -> str:
    amount, unit = float(nbytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if amount >= 100 or unit == "B" else f"{amount:.1f} {unit}"


def _cell(value: Any) -> str:
    import numpy as np

    if value is None or isinstance(value, np.ma.MaskedArray) and value.mask.all():
        return "null"
    if isinstance(value, (str, bytes)):
        shown = repr(bytes(value) if isinstance(value, bytes) else value)
    elif isinstance(value, np.ndarray):
        shown = np.array2string(value, threshold=4, edgeitems=1, separator=" ").replace("\n", "")
    else:
        shown = str(value)
    return shown if len(shown) <= _CELL else shown[: _CELL - 1] + "…"


def _head(table: Table, name: str, rows: int) -> list[str]:
    """The first values, or why they cannot be shown."""
    try:
        part = table._view(table._only, table._start, table._start + rows, False)
        field = part._field(part._live(), name)
        column = part._column(part._live(), field, "if-needed")
        cells = [_cell(column[i]) for i in range(rows)]
        return (
            [cell if cell == "NaT" else cell.partition("T")[0] for cell in cells]
            if field.kind == "date64"
            else cells
        )
    except (_errors.Error, UnicodeDecodeError) as error:
        return [getattr(error, "status", "") or "?"] * rows


def _caption(table: Table) -> str:
    rows, columns = table.shape
    number = table._live().parts()
    parts = f" in {number:,} part{'s'[: number != 1]}" if number else ""
    stored = (
        f", compressed to {size(table._live().info()['stored_size'])}" if table.compressed else ""
    )
    return (
        f"{rows:,} row{'s'[: rows != 1]} × {columns:,} column{'s'[: columns != 1]}, "
        f"{size(table.nbytes)}{stored}{parts}"
    )


def _fields(table: Table) -> list[Any]:
    from ._schema import Field

    only = range(table._head[1]) if table._only is None else table._only
    fields = []
    for index in only[:_COLUMNS]:
        try:
            fields.append(Field(table._live().column(index)))
        # a column that cannot be described is shown, too
        except (_errors.Error, UnicodeDecodeError):
            fields.append(Field((index, f"<column {index}>", "damaged")))
    return fields


def text(table: Table) -> str:
    if table.closed:
        return f"<shmcol.Table {table.path!r}, closed>"
    fields, rows = _fields(table), min(4, len(table))
    lines = [f"shmcol.Table {table.path!r}", _caption(table)]
    names = [
        repr(f.name)[1:-1] if len(f.name) <= _CELL else f.name[: _CELL - 1] + "…" for f in fields
    ]
    width, kinds = max(map(len, names), default=0), max((len(f.type) for f in fields), default=0)
    for name, field in zip(names, fields):
        more = ", …" if len(table) > rows else ""
        nulls = f"  ({field.nulls:,} null)" if field.nulls else ""
        lines.append(
            f"  {name:{width}}  {field.type:{kinds}}  "
            f"{', '.join(_head(table, field.name, rows))}{more}{nulls}"
        )
    if table.shape[1] > len(fields):
        lines.append(f"  and {table.shape[1] - len(fields):,} more")
    return "\n".join(lines)


def html(table: Table) -> str:
    if table.closed:
        return f"<pre>{escape(text(table))}</pre>"
    fields, rows = _fields(table), min(_ROWS, len(table))
    heads = "".join(f"<th>{escape(f.name)}<br><small>{escape(f.type)}</small></th>" for f in fields)
    columns = [_head(table, field.name, rows) for field in fields]
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(column[row])}</td>" for column in columns) + "</tr>"
        for row in range(rows)
    )
    more = "<tr>" + "<td>…</td>" * len(fields) + "</tr>" if len(table) > rows else ""
    note = f", the first {len(fields)} shown" if table.shape[1] > len(fields) else ""
    caption = f"<small><b>{escape(table.path)}</b><br>{escape(_caption(table))}{note}</small>"
    cells = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}{more}</tbody></table>"
    return f"<div>{cells}{caption}</div>"
