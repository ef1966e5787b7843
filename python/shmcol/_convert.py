"""Whole tables to pandas, Polars and pyarrow: in place wherever the other one can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _errors, _shmcol
from ._arrays import array_of, nulls_of, refuse, stored
from ._columns import DictionaryColumn
from ._schema import WIDENED, Field

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from ._table import Table


def to_arrow(table: Table) -> pyarrow.Table:
    import pyarrow

    return pyarrow.table(table)


# ---- Polars ----

_POLARS = {
    "bool8": "Polars keeps booleans as bits",
    "string": "Polars makes a view of 16 bytes for each string",
    "binary": "Polars makes a view of 16 bytes for each value",
    "fixed_binary": "Polars makes a view of 16 bytes for each value",
    "dictionary": "Polars makes categories and codes of its own",
    "time32": "Polars keeps times as nanoseconds",
    "time64": "Polars keeps times as nanoseconds",
}


def _why_polars(field: Field) -> str | None:
    if field.kind in ("timestamp", "duration") and field.unit == "s":
        return "Polars has no unit of seconds"
    if field.kind == "time64" and field.unit == "ns":
        return None
    kind = field.kind
    if kind == "list":
        kind = field.element or ""
        if kind in ("timestamp", "duration") and field.unit == "s":
            return "Polars has no unit of seconds"
    return _POLARS.get(kind)


def to_polars(table: Table, copy: str) -> polars.DataFrame:
    import polars

    fields = table.schema
    for field in fields:
        why = _why_polars(field)
        if copy == "never" and why is not None:
            raise refuse(field, why, "leave it out, or read it as table[name]")
    frame = polars.DataFrame(table)
    plain = []
    for field in fields:
        extension = frame[field.name].dtype
        if field.kind == "list" and field.element == "bool8":
            item = polars.element()
            if extension != polars.List(polars.Boolean) and hasattr(item, "ext"):
                made = item.ext.storage().cast(polars.Boolean)
                plain.append(frame[field.name].list.eval(made))
            continue
        if not hasattr(extension, "ext_storage") and type(extension).__name__ != "Extension":
            continue  # this Polars shows the storage anyway
        if field.kind == "bool8":
            plain.append(frame[field.name].ext.storage().cast(polars.Boolean))
        elif field.kind == "tensor":
            plain.append(frame[field.name].ext.storage())
    return frame.with_columns(plain) if plain else frame


# ---- pandas ----


def to_writable(table: Table, copy: str) -> pandas.DataFrame:
    """to_pandas(), over pages that this process alone has; copies where there can be none."""
    private = _private(table)
    if private is None and copy == "never":
        text = "the rows have no file at their path, so that arrays must be copied"
        raise _errors.make(_errors.CopyError, text, status="COPY")
    frame = to_pandas(table if private is None else private, copy)
    return frame.copy() if private is None else frame


def _private(table: Table) -> Table | None:
    """The rows over pages of this process's own, which the kernel copies when they are written
    to. None for a table without a file, and where the path has another one by now."""
    if not isinstance(table._source, tuple):
        return None
    if table._source[1] & _shmcol.PRIVATE:
        return table
    reopen, (source, *rest) = table.__reduce__()
    path, flags, *cache = source
    made: Table = reopen((path, flags | _shmcol.PRIVATE, *cache), *rest)
    try:
        made._live()  # what cannot be opened says so when it is used
    except _errors.Error:
        return None
    return made


def to_pandas(table: Table, copy: str) -> pandas.DataFrame:
    import pandas

    file, start, stop = table._live(), table._start, table._stop
    columns = {
        field.name: _pandas_column(table, file, field, start, stop, copy) for field in table.schema
    }
    return pandas.DataFrame(columns, index=pandas.RangeIndex(len(table)), copy=False)


def _refuse_objects(field: Field, copy: str) -> None:
    if copy == "never":
        raise refuse(
            field, "pandas has it as Python objects only", "leave it out, or read it as table[name]"
        )


def _pandas_column(table: Table, file: Any, field: Field, start: int, stop: int, copy: str) -> Any:
    import pandas

    if field.kind == "dictionary":
        return _categorical(table._column(file, field, "if-needed"), field, copy)
    if field.kind == "string":
        return _text(table._column(file, field, "if-needed"), field, copy)
    if field.kind in ("binary", "list", "decimal128"):
        _refuse_objects(field, copy)
        return table._column(file, field, "if-needed").to_numpy()
    values, bits = stored(file, field, start, stop, table._head[0])
    if field.kind == "timestamp" and field.zone:
        return pandas.array(
            values, dtype=pandas.DatetimeTZDtype(field.unit, field.zone), copy=False
        )
    if field.kind in ("fixed_binary", "tensor"):
        _refuse_objects(field, copy)
        return _rows(
            field, values, nulls_of(file, field, start, stop) if bits is not None else None
        )
    if field.kind in WIDENED:
        made = table._column(file, field, "never" if copy == "never" else "if-needed").to_numpy()
        return made.astype("M8[s]") if field.kind == "date32" else made  # pandas has no days
    if field.kind.startswith(("int", "uint", "bool")) and bits is not None:
        if copy == "never":
            raise refuse(
                field,
                "it has nulls, so that a mask must be made",
                "leave it out, or read it as table.storage(name)",
            )
        mask = nulls_of(file, field, start, stop)
        kind = pandas.arrays.BooleanArray if field.kind == "bool8" else pandas.arrays.IntegerArray
        return kind(values.view(field.dtype), mask, copy=False)
    made = array_of(file, field, start, stop, table._head[0], copy)
    if isinstance(made, np.ma.MaskedArray):  # time64 with nulls
        return made.filled(np.timedelta64("NaT"))
    return made


def _categorical(column: DictionaryColumn, field: Field, copy: str) -> Any:
    import pandas

    codes = column._codes
    if column._bits is None:
        column._checked(codes)
    else:
        if copy == "never":
            raise refuse(
                field,
                "it has nulls, whose codes must be made -1",
                "leave it out, or read it as table.storage(name)",
            )
        nulls = column.nulls()
        # The value of a null is not a code: a dictionary without values has none.
        column._checked(codes[~nulls])
        codes = codes.copy()
        codes[nulls] = -1
    return pandas.Categorical.from_codes(
        codes, categories=column.categories.tolist(), ordered=field.ordered, validate=False
    )


def _text(column: Any, field: Field, copy: str) -> Any:
    """pandas' own string type; over the map where pyarrow is there."""
    import pandas

    try:
        import pyarrow
    except ImportError:
        _refuse_objects(field, copy)
        return column.to_numpy()
    found = column.to_arrow()  # chunked, of a table in a directory
    if int(pandas.__version__.partition(".")[0]) >= 3:
        return pandas.array(found, dtype="str")
    chunked = found if isinstance(found, pyarrow.ChunkedArray) else pyarrow.chunked_array([found])
    return pandas.array(chunked, dtype=pandas.ArrowDtype(pyarrow.large_string()))


def _rows(field: Field, values: Any, nulls: Any) -> Any:
    """An object for each row: an array over the map for a tensor, bytes for a fixed binary."""
    made = np.empty(len(values), object)
    for row, value in enumerate(
        values.view(field.dtype)
        if field.kind == "tensor" and field.stored_dtype.itemsize == field.dtype.itemsize
        else values
    ):
        made[row] = value.tobytes() if field.kind == "fixed_binary" else value
    if nulls is not None:
        made[nulls] = None
    return made
