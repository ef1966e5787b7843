"""Declared types (C-44, C-52, C-70 … C-78, C-81, C-82): decides if a text fits; gives its value."""

import functools
import json
import re
import struct
from fractions import Fraction

from csv_forms import read_form
from csv_values import INT64, NAN, SPECIAL, Style, classify, style_of

NANOS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}
DAY = 86_400_000_000_000
TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?")
OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")
HEX = re.compile(r"0[xX][0-9a-fA-F]+")
BLANK = "[ \u00a0\u2009\u202f]*"
GROUPS = {"space": " ", "nbsp": "\u00a0", "nnbsp": "\u202f"}
INTEGERS = {
    f"{'u' * u}int{b}": range(0 if u else -(1 << b - 1), 1 << (b if u else b - 1))
    for b in (8, 16, 32, 64)
    for u in (0, 1)
}
MISFIT = object()
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


def exact(text):
    """The number as it is written."""
    mantissa, _, power = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    sign = -1 if whole.startswith("-") else 1
    digits = int((whole + fraction).lstrip("+-") or "0")
    return sign * Fraction(digits) * Fraction(10) ** (int(power or 0) - len(fraction))


def nearest(number, digits, smallest, largest):
    """Returns the nearest number of `digits` bits, ties to even, or None beyond `largest`."""
    if number == 0:
        return Fraction(0)
    magnitude = abs(number)
    power = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    power -= magnitude < Fraction(2) ** power
    unit = Fraction(2) ** max(power - digits + 1, smallest)
    rounded = round(magnitude / unit) * unit  # Python rounds halves to even
    return None if rounded > largest else rounded


# bits of the significand, exponents of the smallest number and the top, struct code, a null slot
FLOATS = {
    "float16": (11, -24, 15, "<e", struct.pack("<H", 0x7E00)),
    "float32": (24, -149, 127, "<f", struct.pack("<I", 0x7FC00000)),
    "float64": (53, -1074, 1023, "<d", NAN),
}


def special_of(text, name):
    """C-40 as bytes of a float type, None if it is none."""
    if name not in FLOATS or not SPECIAL.fullmatch(text):
        return None
    *_, code, nan = FLOATS[name]
    return nan if text.lower() == "nan" else struct.pack(code, float(text))


def float_of(number, negative, name):
    """The nearest number of a float type, as bytes, or MISFIT."""
    bits, smallest, top, code, _ = FLOATS[name]
    largest = (2 - Fraction(1, 1 << (bits - 1))) * Fraction(2) ** top
    value = nearest(number, bits, smallest, largest)
    if value is None:
        return MISFIT
    packed = float(value)  # exact, so no second rounding
    return struct.pack(code, -packed if negative else packed)


def decimal_of(name, number):
    """C-81: the decimal's integer"""
    precision, scale = map(int, name[len("decimal(") : -1].split(","))
    whole = number * 10**scale
    if whole.denominator != 1 or abs(whole) >= 10**precision:
        return MISFIT
    return int(whole)


def number_of(name, number, negative):
    """An exact number in an integer, float or decimal type."""
    if name in INTEGERS:
        whole = int(number) if number.denominator == 1 else None  # ranges search for a Fraction
        return whole if whole is not None and whole in INTEGERS[name] else MISFIT
    if name not in FLOATS:
        return decimal_of(name, number)
    return float_of(number, negative, name)


@functools.cache
def marks_of(marks, style):
    """(pattern, style) of C-77"""
    percent, currency, group = False, "", None
    while marks:
        word = next((w for w in GROUPS if marks.startswith(w)), marks[0])
        marks = marks[len(word) :]
        if word == "%":
            percent = True
        elif GROUPS.get(word, word) in ",.'_ \u00a0\u2009\u2019\u202f":
            group = GROUPS.get(word, word)
        else:
            currency = re.escape(word)
    if group:
        style = Style(style.mark == ",", group)
    signs = "|".join(filter(None, ["%" if percent else "", currency]))
    front = f"(?P<front>{currency}{BLANK})?" if currency else ""
    behind = f"(?:{BLANK}(?P<behind>{signs}))?" if signs else ""
    return re.compile(f"(?P<sign>[+-]?){front}(?P<number>{style.mantissa}){behind}"), style


def marked(name, text, marks, style):
    """C-77"""
    pattern, style = marks_of(marks, style)
    match = pattern.fullmatch(text)
    if match is None:
        found = special_of(text, name)
        return MISFIT if found is None else found
    parts = match.groupdict()
    behind = parts.get("behind")
    if parts.get("front") and behind and behind != "%":
        return MISFIT
    number = exact(style.plain(parts["number"])) / (100 if behind == "%" else 1)
    negative = parts["sign"] == "-"
    return number_of(name, -number if negative else number, negative)


def plain_number(name, text, style):
    """C-44"""
    found = special_of(text, name)
    if found is not None:
        return found
    if not style.asked.fullmatch(text):
        return MISFIT
    return number_of(name, exact(style.plain(text)), text.startswith("-"))


def hexadecimal(name, text):
    """C-78"""
    if not HEX.fullmatch(text):
        return MISFIT
    return int(text, 16) if int(text, 16) in INTEGERS[name] else MISFIT


def count(nanos, unit):
    """Nanoseconds in a unit that has to hold them exactly."""
    number, rest = divmod(nanos, NANOS[unit])
    return MISFIT if rest or not -(1 << 63) < number < 1 << 63 else number


def zone_offset(zone):
    """Minutes of a zone that is an offset, else None (C-52)."""
    if zone == "UTC":
        return 0
    match = OFFSET.fullmatch(zone)
    if not match or int(match[2]) > 23 or int(match[3]) > 59:
        return None
    return (int(match[2]) * 60 + int(match[3])) * (-1 if match[1] == "-" else 1)


def instant(value, unit, zone):
    """A DATE, TIMESTAMP or TIMESTAMP_OFFSET in a timestamp type."""
    if value.kind == "TIMESTAMP_OFFSET":
        return count(value.value, unit) if zone else MISFIT
    nanos = value.value * DAY if value.kind == "DATE" else value.value
    offset = zone_offset(zone) if zone else 0
    return MISFIT if offset is None else count(nanos - offset * 60_000_000_000, unit)


def timestamp_of(text, parameters, style):
    unit, zone, form = (parameters.split(";", 2) + ["", "", ""])[:3]
    unit = unit or "us"
    if form == "epoch":
        number = plain_number("int64", text, style)
        return MISFIT if number in (MISFIT, INT64[0]) else number
    if form:
        value = read_form(form, text)
        return MISFIT if value is None else instant(value, unit, zone)
    utc = text.removesuffix(" UTC")
    value = classify(utc.encode())
    if utc != text:
        if value.kind != "TIMESTAMP":
            return MISFIT
        return count(value.value, unit) if zone else MISFIT
    if value.kind not in ("DATE", "TIMESTAMP", "TIMESTAMP_OFFSET"):
        return MISFIT
    return instant(value, unit, zone)


def clock_of(text, form):
    """Nanoseconds since midnight (C-75), or MISFIT."""
    if form:
        value = read_form(form, text)
        return MISFIT if value is None else value.value
    match = TIME.fullmatch(text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        return MISFIT
    seconds = (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3] or 0)
    return seconds * 1_000_000_000 + int((match[4] or "").ljust(9, "0"))


def time_of(text, parameters):
    unit, _, form = parameters.partition(";")
    nanos = clock_of(text, form)
    return MISFIT if nanos is MISFIT else count(nanos, unit)


def lower(text):
    """ASCII letters in lower case, all else as it is."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def bool_of(text, words):
    true, false = (side.split(",") for side in words.split("|")) if words else (TRUE, FALSE)
    if lower(text) in map(lower, true):
        return True
    return False if lower(text) in map(lower, false) else MISFIT


def date_of(text, form, single):
    value = read_form(form, text) if form else classify(text.encode())
    if value is None or value.kind not in ("DATE", "TIMESTAMP"):
        return MISFIT
    days, rest = (value.value, 0) if value.kind == "DATE" else divmod(value.value, DAY)
    if rest:
        return MISFIT
    return days if single else days * 86_400_000


ELEMENT = re.compile(
    r'[ \t\r\n]*(?:("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|([0-9A-Za-z+.-]+))'
    r"[ \t\r\n]*([],])"
)


def element_of(type_, string, bare, style):
    """The value of one element, or MISFIT."""
    if bare is not None:
        misfit = bare == "null" or type_ == "string"
        return MISFIT if misfit else parse(type_, bare.encode(), style_of(False, ""))
    text = json.loads(string)
    if re.search("[\ud800-\udfff]", text):
        return MISFIT
    return text if type_ == "string" else parse(type_, text.encode(), style)


def list_of(type_, text, style):
    """C-82"""
    text = text.strip(" \t\r\n")
    if re.fullmatch(r"\[[ \t\r\n]*\]", text):
        return []
    if not text.startswith("["):
        return MISFIT
    values, at = [], 1
    while at < len(text) or text[at - 1] != "]":
        match = ELEMENT.match(text, at)
        value = MISFIT if match is None else element_of(type_, match[1], match[2], style)
        if value is MISFIT or (match[3] == "]" and match.end() < len(text)):
            return MISFIT
        values.append(value)
        at = match.end()
    return values


def parse(type_, data, style):
    """The value of a text in a type of C-51 other than string and dictionary, or MISFIT."""
    text = data.decode()
    name, _, inside = type_.partition("[")
    inside = inside.removesuffix("]")
    if name == "list":
        return list_of(inside, text, style)
    if name in INTEGERS and inside == "hex":
        return hexadecimal(name, text)
    decimal = name.startswith("decimal")
    if decimal and re.search("[0-9.,][eE]", text):
        return MISFIT
    if name in INTEGERS or name in FLOATS or decimal:
        return marked(name, text, inside, style) if inside else plain_number(name, text, style)
    if name == "timestamp":
        return timestamp_of(text, inside, style)
    if name in ("time32", "time64"):
        return time_of(text, inside)
    if name == "time":
        return clock_of(text, inside)
    if name == "bool":
        return bool_of(text, inside)
    return date_of(text, inside, name == "date32")
