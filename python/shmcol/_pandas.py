"""pandas on its way into a file, with or without pyarrow: every kind of column."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import _arguments, _build
from ._build import Column, refuse


def frame(table: Any, index: bool | None, wanted: Mapping[str, Any]) -> list[Column]:
    """The columns of a DataFrame; its index before them if asked for, or if it has a name. `wanted`
    has the types of columns of objects."""
    columns = []
    names = list(table.index.names)
    if index or (index is None and all(name is not None for name in names)):
        for level, name in enumerate(names):
            label = (
                str(name) if name is not None else "index" if len(names) == 1 else f"level_{level}"
            )
            level_values = table.index.get_level_values(level).to_series()
            columns.append(_build.column(label, level_values, wanted.get(label)))
    for position, label in enumerate(table.columns):
        values, type_of = table.iloc[:, position], wanted.get(str(label))
        if type_of is not None and not type_of.of_table and values.dtype == object:
            values = _objects(values)
        columns.append(_build.column(str(label), values, type_of))
    return columns


def series(name: str, values: Any) -> Column:
    """A Series, an Index or an extension array."""
    import pandas

    if not isinstance(values, pandas.Series):
        values = pandas.Series(values, copy=False)
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        return _of_numpy(name, values)
    if isinstance(dtype, pandas.CategoricalDtype):
        return _categorical(name, values)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        utc = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return _build.of_array(name, utc, _zone(name, dtype.tz))
    if isinstance(dtype, pandas.SparseDtype):
        return _of_numpy(name, values.sparse.to_dense())
    if isinstance(dtype, pandas.StringDtype):
        return (
            _arrow(name, values)
            if dtype.storage == "pyarrow"
            else _build.of_objects(name, _objects(values))
        )
    if hasattr(values.array, "__arrow_array__") and isinstance(
        dtype, getattr(pandas, "ArrowDtype", ())
    ):
        return _arrow(name, values)
    if getattr(dtype, "numpy_dtype", None) is not None:
        return _nullable(name, values, dtype.numpy_dtype)
    raise refuse(name, f"pandas' type {dtype} has no place in a shmcol file")


def _objects(values: Any) -> list[Any]:
    """Python objects, with None for every kind of missing value."""
    import pandas

    objects = values.to_numpy(dtype=object)
    missing = pandas.isna(objects)
    if missing.any():
        objects = objects.copy()
        objects[missing] = None
    made: list[Any] = objects.tolist()
    return made


def array_or_objects(values: Any) -> Any:
    """What a column is before it becomes one of a table's type: an array of numpy, masked where
    values are missing; a list of objects; or what it was, for a type that numpy does not have."""
    import pandas

    values = values if isinstance(values, pandas.Series) else pandas.Series(values, copy=False)
    dtype = values.dtype
    if dtype == object:
        return _objects(values)
    nullable = getattr(dtype, "numpy_dtype", None)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        return values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    if isinstance(dtype, np.dtype):
        array = values.to_numpy()
        missing = np.isnan(array) if array.dtype.kind == "f" else None
    elif (
        isinstance(dtype, pandas.api.extensions.ExtensionDtype)
        and isinstance(nullable, np.dtype)
        and nullable.kind in "biuf"
    ):
        missing = values.isna().to_numpy()
        array = values.to_numpy(dtype=nullable, na_value=nullable.type(0))
    else:
        return values
    if missing is None or not missing.any():
        return array
    return np.ma.MaskedArray(array, missing)


def _of_numpy(name: str, values: Any) -> Column:
    array = values.to_numpy()
    if array.dtype.kind == "O":
        return _of_objects(name, _objects(values))
    if array.dtype.kind == "f":  # a NaN of pandas is a missing value
        return Column(
            name,
            len(array),
            lambda start, stop: _build.array(
                name, array[start:stop], np.isnan(array[start:stop]), first=start
            ),
        )
    return _build.of_array(name, array)


def _of_objects(name: str, values: list[Any]) -> Column:
    """An object column: str, bytes, decimals, lists or arrays, and missing values. A value of
    another type after the first one is found later."""
    row = next((row for row, value in enumerate(values) if value is not None), None)
    known = None if row is None else values[row]
    held = known is None or isinstance(known, (str, bytes, np.ndarray, list, tuple))
    if not held and not _build.is_decimal(known):
        shown = _arguments.shown(known)
        kind = type(known).__name__
        what = f"a {kind} ({shown}) in a column of objects, which holds str (or bytes, or arrays)"
        raise refuse(
            name,
            what,
            "give the column a type of its own: astype, pandas.to_datetime, pandas.to_numeric",
            row,
        )
    return _build.of_objects(name, values)


def _categorical(name: str, values: Any) -> Column:
    categories = values.cat.categories.tolist()
    codes = values.cat.codes.to_numpy()

    def make(start: int, stop: int) -> _build.Node:
        return _build.categorical(name, codes[start:stop], categories, bool(values.cat.ordered))

    return Column(name, len(codes), make)


def _nullable(name: str, values: Any, dtype: np.dtype[Any]) -> Column:
    """Int64, Float32, boolean …: values and a mask."""
    missing = values.isna().to_numpy()
    array = (
        values.to_numpy(dtype=dtype, na_value=dtype.type(0))
        if missing.any()
        else values.to_numpy(dtype=dtype)
    )
    return Column(
        name,
        len(array),
        lambda start, stop: _build.array(name, array[start:stop], missing[start:stop], first=start),
    )


def _arrow(name: str, values: Any) -> Column:
    """A column that lies in Arrow buffers already."""
    return Column(
        name,
        len(values),
        lambda start, stop: _build.foreign(name, values.iloc[start:stop].array.__arrow_array__()),
    )


def _zone(name: str, zone: Any) -> str:
    """The name of a time zone, or its offset as Arrow writes it."""
    key = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if key:
        return str(key)
    offset = zone.utcoffset(None)
    if zone is datetime.timezone.utc:
        return "UTC"
    if offset is None or offset.seconds % 60 or offset.microseconds:
        raise refuse(name, f"the time zone {zone} has no name", "tz_convert it to a named zone")
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
