"""Each reader of Arrow as a function: a file's columns as (data type, values).

Values are those of the canonical JSON (tests/reference/canonical.py), in the
units that the reader shows; expect() makes the same of the reference's values
by the rules of shows.md.
"""

import datetime
import decimal
import io
import math

import duckdb
import nanoarrow
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from nanoarrow.ipc import InputStream

from model import (
    BOOL8,
    DATE64,
    DAY_MS,
    DICTIONARY,
    DURATION,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    LIST,
    TENSOR,
    TIME32,
    TIME64,
    TIMESTAMP,
    UINT64,
)

EPOCH = datetime.date(1970, 1, 1).toordinal()


def plain(v):
    """Returns a value as canonical JSON writes it."""
    if isinstance(v, float):
        return "NaN" if math.isnan(v) else v if math.isfinite(v) else repr(float(v))
    if isinstance(v, bytes):
        return v.hex()
    if isinstance(v, decimal.Decimal):
        return f"{v:f}"
    if isinstance(v, (list, np.ndarray)):
        return [plain(x) for x in v]
    if isinstance(v, np.generic):
        return plain(v.item())
    return v


# --- pyarrow, and all that hand out Arrow arrays


def arrow_values(array):
    """The values of an Arrow array, dates and times as stored integers."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ExtensionArray):
        boolean = array.type.extension_name == "arrow.bool8"
        values = arrow_values(array.storage)
        return [v if v is None else v != 0 for v in values] if boolean else values
    t = array.type
    if pa.types.is_fixed_size_list(t):
        flat = arrow_values(array.values)
        return [
            flat[i * t.list_size : (i + 1) * t.list_size] if array[i].is_valid else None
            for i in range(len(array))
        ]
    if pa.types.is_large_list(t) or pa.types.is_list(t):
        flat = arrow_values(array.values)
        offsets = array.offsets.to_pylist()
        return [
            flat[a:b] if array[i].is_valid else None
            for i, (a, b) in enumerate(zip(offsets, offsets[1:]))
        ]
    if pa.types.is_dictionary(t):
        array = array.dictionary_decode()
    elif pa.types.is_interval(t):
        return [None if v is None else v.nanoseconds for v in array.to_pylist()]
    elif pa.types.is_temporal(t):
        array = array.view(pa.int32() if t.bit_width == 32 else pa.int64())
    return [plain(v) for v in array.to_pylist()]


def _arrow_table(table):
    table.validate(full=True)
    return [(str(c.type), arrow_values(c)) for c in table.columns]


def pyarrow_file(path):
    return _arrow_table(pa.ipc.open_file(pa.memory_map(str(path))).read_all())


def pyarrow_stream(path):
    return _arrow_table(pa.ipc.open_stream(path.read_bytes()[8:]).read_all())


def nanoarrow_stream(path):
    stream = nanoarrow.ArrayStream(InputStream.from_readable(io.BytesIO(path.read_bytes()[8:])))
    # "<Schema> 'name': non-nullable type": the type is all after the name
    dtypes = [
        repr(nanoarrow.Schema(f, name="-")).split("'-': ")[1].strip().removeprefix("non-nullable ")
        for f in stream.schema.fields
    ]
    table = pa.RecordBatchReader.from_stream(stream).read_all()
    table.validate(full=True)
    return [(d, arrow_values(c)) for d, c in zip(dtypes, table.columns)]


def duckdb_table(path):
    source = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    relation = duckdb.from_arrow(source)
    result = relation.to_arrow_table()
    return [(str(t), arrow_values(c)) for t, c in zip(relation.types, result.columns)]


# --- Polars


def _polars_frame(frame):
    out = []
    for s in frame:
        dtype = str(s.dtype)
        if isinstance(s.dtype, pl.BaseExtension):
            s = s.ext.storage()
        if s.dtype == pl.Categorical:
            s = s.cast(pl.String)
        if "Decimal" not in dtype:
            s = s.to_physical()
        out.append((dtype, [plain(v) for v in s.to_list()]))
    return out


def polars_file(path):
    return _polars_frame(pl.read_ipc(path))


def polars_stream(path):
    return _polars_frame(pl.read_ipc_stream(path.read_bytes()[8:]))


# --- pandas


def _pandas_object(v):
    if isinstance(v, datetime.date):
        return v.toordinal() - EPOCH
    if isinstance(v, datetime.time):
        seconds = (v.hour * 60 + v.minute) * 60 + v.second
        return seconds * 1000000 + v.microsecond
    if isinstance(v, np.ndarray):
        if v.dtype.kind in "mM":
            v = v.astype("i8")
        return [_pandas_object(x) for x in v]
    return plain(v)


def _pandas_column(c):
    if c.dtype.kind in "mM":
        if isinstance(c.dtype, pd.DatetimeTZDtype):
            c = c.dt.tz_convert("UTC").dt.tz_localize(None)
        return [None if np.isnat(v) else v.astype("i8").item() for v in c.to_numpy()]
    if c.dtype.kind == "f":
        return [plain(v) for v in c.tolist()]
    return [None if v is None or v is np.nan else _pandas_object(v) for v in c.tolist()]


def pandas_feather(path):
    frame = pd.read_feather(path)
    return [(str(d), _pandas_column(frame.iloc[:, i])) for i, d in enumerate(frame.dtypes)]


READ = {
    "pyarrow": pyarrow_file,
    "pyarrow stream": pyarrow_stream,
    "nanoarrow": nanoarrow_stream,
    "Polars": polars_file,
    "Polars stream": polars_stream,
    "pandas": pandas_feather,
    "DuckDB": duckdb_table,
}


# --- what shows.md says of values


def _wrap(v, bits=64):
    half = 1 << (bits - 1)
    return (v + half) % (2 * half) - half


def _polars(t, v):
    if t.id == BOOL8:
        return int(v)
    if t.id in (TIMESTAMP, DURATION) and t.unit == 0:
        return _wrap(v * 1000)
    if t.id in (TIME32, TIME64):
        return v * 1000 ** (3 - t.unit)
    return v


def _duckdb(t, v):
    if t.id == DATE64:
        return _wrap(v // DAY_MS, 32)
    if t.id == TIMESTAMP and t.zone and t.unit < 2:
        return v * 1000 ** (2 - t.unit)
    if t.id == DURATION:
        nano = v * 1000 ** (3 - t.unit)
        micro = nano // 1000 if nano >= 0 else -(-nano // 1000)
        return _wrap(micro * 1000)
    if t.id == TIME32:
        return v * 1000 ** (2 - t.unit)
    return v


def _pandas(t, v):
    if t.id == BOOL8:
        return int(v)
    if t.id == DATE64:
        return v // DAY_MS
    if t.id in (TIME32, TIME64):
        return v * 1000 ** (2 - t.unit) if t.unit < 3 else v // 1000
    return v


def _same(t, v):
    return v


SHOW = {"Polars": _polars, "DuckDB": _duckdb, "pandas": _pandas}


def expect(reader, column, values):
    """The canonical values of a column as a reader shows them."""
    t = column.type
    show = SHOW.get(reader, _same)
    if reader == "pandas" and t.id in (FLOAT16, FLOAT32, FLOAT64):
        return ["NaN" if v is None else v for v in values]
    if reader == "pandas" and t.id <= UINT64:
        if column.null_count:
            return ["NaN" if v is None else float(v) for v in values]
        return [int(v) for v in values]
    if t.id == DICTIONARY:
        return values
    if t.id in (TENSOR, LIST):
        element = t.element_type
        return [None if v is None else [show(element, x) for x in v] for v in values]
    return [None if v is None else show(t, v) for v in values]
