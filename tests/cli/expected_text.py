"""The output that shmcol-cat must give, made from the reference reader's values in Python."""

import datetime
import json
import math

import numpy as np

from model import (
    BINARY,
    BOOL8,
    DATE32,
    DATE64,
    DECIMAL128,
    FIXED_BINARY,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    LIST,
    TENSOR,
    TIME32,
    TIME64,
    TIMESTAMP,
)

DIGITS = (0, 3, 6, 9)


def date_text(days):
    """Python's dates end in the year 9999; 400 years are 146,097 days in any direction."""
    eras, rest = divmod(days, 146097)
    day = datetime.date(1970, 1, 1) + datetime.timedelta(rest)
    year = day.year + 400 * eras
    return f"{'-' if year < 0 else ''}{abs(year):04d}-{day.month:02d}-{day.day:02d}"


def clock_text(value, unit):
    seconds, fraction = divmod(value, 10 ** DIGITS[unit])
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return text + (f".{fraction:0{DIGITS[unit]}d}" if unit else "")


def timestamp_text(value, unit, zone):
    per_day = 86400 * 10 ** DIGITS[unit]
    suffix, minutes = "", 0
    if zone:
        suffix = "Z"
        if zone[:1] in b"+-":
            suffix = zone.decode()
            minutes = (int(suffix[1:3]) * 60 + int(suffix[4:])) * (-1 if suffix[0] == "-" else 1)
    days, rest = divmod(value + minutes * 60 * 10 ** DIGITS[unit], per_day)
    return f"{date_text(days)}T{clock_text(rest, unit)}{suffix}"


def float32_text(value):
    """The shortest digits that read back as the same float, spelled as repr spells a double."""
    if not math.isfinite(value):
        return repr(value)
    return repr(float(np.format_float_scientific(np.float32(value), unique=True)))


def float16_text(value):
    """The same of a half."""
    if not math.isfinite(value):
        return repr(value)
    return repr(float(np.format_float_scientific(np.float16(value), unique=True)))


def type_text(t):
    """The name of a type as the tools write it, which is Arrow's for decimals and lists."""
    if t.id == DECIMAL128:
        return f"decimal128({t.precision},{t.scale})"
    return f"list[{type_text(t.element_type)}]" if t.id == LIST else str(t)


def nested(values, shape):
    if not shape:
        return values[0]
    step = len(values) // shape[0]
    return [nested(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def scalar(t, value):
    """(text, is a number or bool in JSON)"""
    if t.id == BOOL8:
        return ("true" if value else "false"), True
    if t.id == DECIMAL128:
        return f"{value:f}", True
    if t.id == FLOAT16:
        return float16_text(float(value)), math.isfinite(value)
    if t.id == FLOAT32:
        return float32_text(value), math.isfinite(value)
    if t.id == FLOAT64:
        return repr(float(value)), math.isfinite(value)
    if t.id == DATE32:
        return date_text(value), False
    if t.id == DATE64:
        return date_text(value // 86400000), False
    if t.id == TIMESTAMP:
        return timestamp_text(value, t.unit, t.zone), False
    if t.id in (TIME32, TIME64):
        day = 86400 * 10 ** DIGITS[t.unit]
        return (clock_text(value, t.unit), False) if 0 <= value < day else (str(value), False)
    return str(value), True


def json_scalar(t, value):
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    text, bare = scalar(t, value)
    if bare:
        return text
    return json.dumps({"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(text, text))


def tensor_text(t, value):
    flat = [json_scalar(t.element_type, v) for v in value.reshape(-1).tolist()]

    def show(part):
        return "[" + ",".join(map(show, part)) + "]" if isinstance(part, list) else part

    return show(nested(flat, t.shape))


def list_text(t, value):
    return "[" + ",".join(json_scalar(t.element_type, v) for v in value) + "]"


def quoted(text):
    if text == "" or any(c in text for c in '\t\n\r",;|'):
        return '"' + text.replace('"', '""') + '"'
    return text


def csv_cell(t, value):
    if value is None:
        return ""
    if isinstance(value, str):
        return quoted(value)
    if t.id in (BINARY, FIXED_BINARY):
        return value.hex() or '""'
    if t.id == TENSOR:
        return quoted(tensor_text(t, value))
    if t.id == LIST:
        return quoted(list_text(t, value))
    return scalar(t, value)[0]


def json_cell(t, value):
    if value is None:
        return "null"
    if t.id in (BINARY, FIXED_BINARY):
        return f'"{value.hex()}"'
    if t.id == TENSOR:
        return tensor_text(t, value)
    if t.id == LIST:
        return list_text(t, value)
    return json_scalar(t, value)


def csv(table, delimiter=","):
    """The whole output for a table of the reference reader."""
    if not table.columns:
        return ""
    lines = [delimiter.join(quoted(c.name) for c in table.columns)]
    for row in range(table.rows):
        lines.append(delimiter.join(csv_cell(c.type, c.values[row]) for c in table.columns))
    return "\n".join(lines) + "\n"


def jsonl(table):
    lines = []
    for row in range(table.rows):
        cells = (
            json.dumps(c.name, ensure_ascii=False) + ":" + json_cell(c.type, c.values[row])
            for c in table.columns
        )
        lines.append("{" + ",".join(cells) + "}")
    return "".join(line + "\n" for line in lines)
