"""The kinds of a field's text (spec/csv.md section 4), written from the page alone."""

import functools
import re
import struct

INT64 = range(-(1 << 63), 1 << 63)
SPECIAL = re.compile(r"-?inf|-?infinity|nan", re.IGNORECASE)
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIMESTAMP = re.compile(
    DATE.pattern + r"[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
NAN = struct.pack("<Q", 0x7FF8000000000000)


class Value:
    """One class of C-30 with its value."""

    def __init__(self, kind, value=None, digits=0, offset=None):
        self.kind, self.value, self.digits, self.offset = kind, value, digits, offset


TEXT = Value("TEXT")


def leap(year):
    return year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)


def days_of(match):
    """Days since 1970-01-01 of the first three groups, None if there is no such day (C-36)."""
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if not 1 <= month <= 12 or not 1 <= day <= MONTHS[month - 1] + (month == 2 and leap(year)):
        return None
    before = 365 * year + (year + 3) // 4 - (year + 99) // 100 + (year + 399) // 400
    return before + sum(MONTHS[: month - 1]) + (month > 2 and leap(year)) + day - 1 - 719528


def timestamp(match):
    """C-37 … C-39: nanoseconds in UTC."""
    days, hour, minute, second = days_of(match), int(match[4]), int(match[5]), int(match[6] or 0)
    if days is None or hour > 23 or minute > 59 or second > 59:
        return TEXT
    fraction = match[7] or ""
    nanos = (
        ((days * 24 + hour) * 60 + minute) * 60_000_000_000
        + second * 1_000_000_000
        + int(fraction.ljust(9, "0"))
    )
    if match[8] is None:
        return Value("TIMESTAMP", nanos, len(fraction))
    offset = 0
    if match[8] != "Z":
        digits = match[8][1:].replace(":", "").ljust(4, "0")
        if int(digits[:2]) > 23 or int(digits[2:]) > 59:
            return TEXT
        offset = (int(digits[:2]) * 60 + int(digits[2:])) * (-1 if match[8][0] == "-" else 1)
    return Value("TIMESTAMP_OFFSET", nanos - offset * 60_000_000_000, len(fraction), offset)


def whole(text):
    """C-31, C-32."""
    number = int(text)
    try:
        exact = int(float(number)) == number
    except OverflowError:
        return TEXT
    if number in INT64:
        return Value("INT" if exact else "INT_INEXACT", number)
    return Value("BIG", float(number)) if exact else TEXT


def special(text):
    """C-40, as the bytes of the double."""
    if text.lower() == "nan":
        return Value("SPECIAL", NAN)
    return Value("SPECIAL", struct.pack("<d", float(text)))


class Style:
    """The marks of numbers (C-41): D, G, and if G is read in whole numbers too."""

    def __init__(self, comma=False, group=None, everywhere=None):
        self.mark = "," if comma else "."
        self.group = group or ("." if comma else None)
        self.everywhere = bool(group) if everywhere is None else everywhere
        mark, grouped = re.escape(self.mark), "(?!)"
        if self.group:
            grouped = f"[1-9][0-9]{{0,2}}(?:{re.escape(self.group)}[0-9]{{3}})+"
        power = "(?:[eE][+-]?[0-9]+)?"
        alone = f"|{grouped}" if self.everywhere else ""
        self.whole = re.compile(f"0|-?[1-9][0-9]*{alone and f'|-?{grouped}'}")
        self.float = re.compile(
            f"-?(?:(?:(?:0|[1-9][0-9]*|{grouped}){mark}[0-9]*|{mark}[0-9]+|0|[1-9][0-9]*){power})"
        )
        self.mantissa = (
            f"(?:(?:[0-9]+|{grouped}){mark}[0-9]*{power}|{mark}[0-9]+{power}|[0-9]+{power}{alone})"
        )
        self.asked = re.compile(f"[+-]?{self.mantissa}")

    def plain(self, text):
        """The number as Python writes it."""
        text = text.replace(self.group, "") if self.group else text
        return text.replace(self.mark, ".")


@functools.cache
def style_of(comma, group):
    return Style(comma, group)


def number(text, style):
    """C-31 … C-35, C-41; None: no number."""
    if style.whole.fullmatch(text):
        return whole(style.plain(text))
    if not style.float.fullmatch(text):
        return None
    value = float(style.plain(text))
    return TEXT if value in (float("inf"), float("-inf")) else Value("FLOAT", value)


@functools.lru_cache(1 << 16)
def classify(data, style=None):
    """C-30 for the bytes of a field."""
    text = data.decode("utf-8")
    style = style or style_of(False, None)
    if not text.isascii():
        found = number(text, style) if style.group else None
        return TEXT if found is None else found
    if text.lower() in ("true", "false"):
        return Value("BOOL", text.lower() == "true")
    match = DATE.fullmatch(text)
    if match:
        days = days_of(match)
        return TEXT if days is None else Value("DATE", days)
    match = TIMESTAMP.fullmatch(text)
    if match:
        return timestamp(match)
    found = number(text, style)
    if found is not None:
        return found
    return special(text) if SPECIAL.fullmatch(text) else TEXT
