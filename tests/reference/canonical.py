"""The canonical JSON of a table, to compare readers with each other.

One object on one line, keys in the order below, no spaces, ASCII only:
  rows, metadata [[key, value], …],
  columns [{name, type, nullable, null_count, metadata, dictionary (number;
            dictionary columns only), values}, …],
  dictionaries [{sorted, ordered, values}, …]
A value: null; true, false (bool8); a decimal integer (integers, dates, times,
timestamps, durations as they are stored); a float as Python's repr writes the
double (a float16 or float32 is widened first), but "NaN", "inf", "-inf" as
strings; a string; binary and fixed_binary as lower-case hex; a decimal as a
string with as many digits after the point as the scale says; a tensor's row as
a flat list in row-major order; a list as a list of its elements; a dictionary
column's values are the strings.
A column of an unknown kind has name and unsupported instead of the rest.
"""

import hashlib
import json
import math

from model import BINARY, DECIMAL128, FIXED_BINARY, FLOATS, LIST, TENSOR


def _float(v):
    if math.isnan(v):
        return "NaN"
    return v if math.isfinite(v) else repr(v)


def _converter(t):
    if t.id in FLOATS:
        return _float
    if t.id in (BINARY, FIXED_BINARY):
        return bytes.hex
    if t.id == DECIMAL128:
        return "{:f}".format
    if t.id in (TENSOR, LIST):
        element = _converter(t.element_type)
        flat = (lambda v: v.reshape(-1).tolist()) if t.id == TENSOR else list
        return lambda v: [element(x) for x in flat(v)]
    return lambda v: v


def _column(c):
    if c.problem:
        return {"name": c.name, "unsupported": True}
    out = {
        "name": c.name,
        "type": str(c.type),
        "nullable": c.nullable,
        "null_count": c.null_count,
        "metadata": c.metadata,
    }
    if c.dictionary is not None:
        out["dictionary"] = c.dictionary
    convert = _converter(c.type)
    out["values"] = [None if v is None else convert(v) for v in c.values]
    return out


def canonical(table):
    """The object described above, as Python values."""
    return {
        "rows": table.rows,
        "metadata": table.metadata,
        "columns": [_column(c) for c in table.columns],
        "dictionaries": [
            {"sorted": d.sorted, "ordered": d.ordered, "values": d.values}
            for d in table.dictionaries
        ],
    }


def dumps(value):
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def digest(text):
    """Stands for a text that is too large to keep."""
    return hashlib.sha256(text.encode()).hexdigest()
