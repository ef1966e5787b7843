"""Values to columns (spec/csv.md, sections 3, 5 and 6), for the oracle."""

import functools
import re
import struct
from dataclasses import dataclass

from csv_forced import MISFIT, NANOS, parse
from csv_forms import compiled, read_form
from csv_records import Field, place, trimmed
from csv_values import INT64, Style, Value, classify, style_of

UNITS = ("s", "ms", "us", "ns")
NULL = Field(0, b"", False)
DAY = 86_400_000_000_000


@dataclass
class Column:
    name: str
    type: str
    values: list  # None for nulls; floats as the bytes of the double
    dictionary: list = None  # its values, sorted; then `values` are strings all the same
    first_text: int = None  # the line of the value that makes it text, where C-50 says so
    paths: bool = False  # C-97
    misfits: int = 0  # values that do not fit and became null (C-94)


def cell(f, options):
    """(text, null, quoted empty) (C-20 … C-23)"""
    text = trimmed(f, options)
    if not text and not f.quoted:
        return text, True, False
    if text in [t.encode() for t in options.nulls]:
        return text, True, False
    return text, False, not text


# ---- inferred types (C-50, C-79) ----


def timestamps(values):
    """The type of C-50 line 7, or "string"."""
    unit = UNITS[(max(v.digits for v in values) + 2) // 3]
    if any(not -(1 << 63) < v.value // NANOS[unit] < 1 << 63 for v in values):
        return "string"
    if values[0].kind != "TIMESTAMP_OFFSET":
        return f"timestamp[{unit}]"
    offsets = {v.offset for v in values}
    offset = offsets.pop() if len(offsets) == 1 else 0
    sign = "-" if offset < 0 else "+"
    zone = f"{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}" if offset else "UTC"
    return f"timestamp[{unit};{zone}]"


def resolve(values):
    """C-50, from the values of the column."""
    kinds = {v.kind for v in values}
    if not kinds or "TEXT" in kinds:
        return "string"
    if kinds == {"BOOL"}:
        return "bool8"
    if kinds <= {"INT", "INT_INEXACT"}:
        return "int64"
    if (
        kinds <= {"INT", "BIG", "FLOAT", "SPECIAL"}
        and kinds & {"FLOAT", "SPECIAL"}
        and kinds != {"SPECIAL"}
    ):
        return "float64"
    if kinds == {"DATE"}:
        return "date64"
    if len(kinds) == 1 and kinds <= {"TIMESTAMP", "TIMESTAMP_OFFSET"}:
        return timestamps(values)
    return "string"


def convert(type_, value):
    if type_ == "float64":
        return value.value if isinstance(value.value, bytes) else struct.pack("<d", value.value)
    if type_.startswith("timestamp"):
        return value.value // NANOS[type_[10:].rstrip("]").split(";")[0]]
    if type_ == "date64":
        return value.value * 86_400_000
    assert type_ != "int64" or value.value in INT64
    return value.value


@functools.cache
def numeric(form):
    """C-71: a number can match it."""
    if form == "epoch":
        return True
    groups = compiled(form).groupindex
    if groups.keys() & {"short_month", "full_month", "noon", "offset"}:
        return False
    widths = {"%Y": 4, "%j": 3, "%-m": 1, "%-d": 1, "%-H": 1, "%-I": 1, "%f": 1}
    text = re.sub(
        "%(-?.)",
        lambda m: m[1] if m[1] in "%];" else "1" * widths.get(m[0], 2),
        form,
    )
    return any(Style(comma).asked.fullmatch(text) for comma in (False, True))


def words_of(options):
    return f"{','.join(options.true_words)}|{','.join(options.false_words)}"


def date_value(form, text):
    value = parse(f"date64[{form}]", text, None)
    return None if value is MISFIT else value


def taken_form(texts, options):
    """(type, values) of the first form for all columns that every text matches, or None (C-79)."""
    for form in options.date_formats:
        values = [] if numeric(form) else [date_value(form, text) for text in texts]
        if values and None not in values:
            return "date64", values
    for form in options.timestamp_formats:
        values = [] if numeric(form) else [read_form(form, text.decode()) for text in texts]
        if not values or None in values:
            continue
        if values[0].kind == "DATE":
            values = [Value("TIMESTAMP", v.value * DAY) for v in values]
        type_ = timestamps(values)
        if type_ != "string":
            return type_, [convert(type_, v) for v in values]
    if options.true_words and texts:
        values = [parse(f"bool[{words_of(options)}]", text, None) for text in texts]
        if MISFIT not in values:
            return "bool8", values
    return None


# ---- asked types ----


def type_of(name, options):
    """The type that was asked for, with a form for all columns (C-79)."""
    type_ = dict(options.types).get(name, "auto")
    word, _, inside = type_.partition("[")
    if word in ("date", "date32", "date64") and not inside and options.date_formats:
        return f"{word}[{options.date_formats[0]}]"
    parts = inside.removesuffix("]").split(";", 2)
    if word == "timestamp" and len(parts) < 3 and options.timestamp_formats:
        return f"timestamp[{';'.join((parts + ['', ''])[:2])};{options.timestamp_formats[0]}]"
    if type_ == "bool" and options.true_words:
        return f"bool[{words_of(options)}]"
    return type_


def name_of(type_, values):
    """The type in the file, and its values."""
    word, _, inside = type_.partition("[")
    if word == "list":
        return f"list[{name_of(inside.removesuffix(']'), [])[0]}]", values
    parts = (inside.removesuffix("]").split(";", 2) + ["", ""])[:3]
    if word == "timestamp":
        zone = f";{parts[1]}" if parts[1] else ""
        return f"timestamp[{parts[0] or 'us'}{zone}]", values
    if word == "time":
        there = [v for v in values if v is not None]
        unit = next(u for u in UNITS if all(v % NANOS[u] == 0 for v in there))
        bits = 32 if unit in ("s", "ms") else 64
        values = [None if v is None else v // NANOS[unit] for v in values]
        return f"time{bits}[{unit}]", values
    if word in ("time32", "time64"):
        return f"{word}[{parts[0]}]", values
    word = word.replace("decimal(", "decimal128(")
    return {"bool": "bool8", "date": "date64"}.get(word, word), values


def asked_column(name, type_, cells, options):
    style, misfits, values = style_of(options.decimal_comma, options.thousands), 0, []
    for text, null, empty in cells:
        value = None if null or empty else parse(type_, text, style)
        misfits += value is MISFIT
        values.append(None if value is MISFIT else value)
    return Column(name, *name_of(type_, values), misfits=misfits)


# ---- columns ----


def code_width(distinct):
    return 1 if distinct <= 128 else 2 if distinct <= 32768 else 4


def pays(texts, rows):
    """C-60"""
    distinct = set(texts)
    d, b, s = len(distinct), sum(map(len, distinct)), sum(map(len, texts))
    return (
        d <= 65536 and b <= 4 << 20 and rows * code_width(d) + 8 * (d + 1) + b < 8 * (rows + 1) + s
    )


def path_column(name, paths):
    """C-97"""
    distinct = [p.decode() for p in sorted({p.encode() for p in paths})]
    return Column(name, f"dictionary[{8 * code_width(len(distinct))}]", paths, distinct, None, True)


def first_text(fields, values):
    """The line of the first TEXT value."""
    for (each, f), v in zip(fields, values):
        if v is not None and v.kind == "TEXT":
            return place(each.data, f.begin)[0]
    return None


def column(name, fields, options):
    """fields: an input and a field for each row."""
    cells = [cell(f, options) for _, f in fields]
    type_ = type_of(name, options)
    line = None
    if type_ not in ("auto", "string", "dictionary"):
        return asked_column(name, type_, cells, options)
    if type_ == "auto":
        taken = taken_form([t for t, null, empty in cells if not null and not empty], options)
        if taken is not None:
            left = iter(taken[1])
            values = [None if null or empty else next(left) for _, null, empty in cells]
            return Column(name, taken[0], values)
        style = style_of(options.decimal_comma, options.thousands)
        values = [None if null or empty else classify(text, style) for text, null, empty in cells]
        found = resolve([v for v in values if v is not None])
        if found != "string":
            return Column(name, found, [None if v is None else convert(found, v) for v in values])
        line = first_text(fields, values)
    texts = [None if null else text.decode() for text, null, _ in cells]
    there = [t.encode() for t in texts if t is not None]
    mode = "always" if type_ == "dictionary" else options.dictionary
    if mode == "always" or (mode == "auto" and pays(there, len(texts))):
        distinct = [t.decode() for t in sorted(set(there))]
        return Column(name, f"dictionary[{8 * code_width(len(distinct))}]", texts, distinct, line)
    return Column(name, "string", texts, None, line)
