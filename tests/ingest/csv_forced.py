"""Declared types (C-52): decides if a text fits, and gives its value."""

import re
import struct
from fractions import Fraction

from csv_values import COMMA_FLOAT, COMMA_WHOLE, FLOAT, NAN, SPECIAL, WHOLE, classify

NANOS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}
TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?")
INTEGERS = {
    f"{'u' * u}int{b}": range(0 if u else -(1 << b - 1), 1 << (b if u else b - 1))
    for b in (8, 16, 32, 64)
    for u in (0, 1)
}
MISFIT = object()


def exact(text):
    """The number as it is written."""
    mantissa, _, power = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    return Fraction(int(whole + fraction or "0")) * Fraction(10) ** (
        int(power or 0) - len(fraction)
    )


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


def float_of(text, comma, single):
    """C-44, as bytes of the type, or MISFIT."""
    if SPECIAL.fullmatch(text):
        if text.lower() == "nan":
            return struct.pack("<I", 0x7FC00000) if single else NAN
        return struct.pack("<f" if single else "<d", float(text))
    if not (COMMA_WHOLE if comma else WHOLE).fullmatch(text) and not (
        COMMA_FLOAT if comma else FLOAT
    ).fullmatch(text):
        return MISFIT
    plain = text.replace(".", "").replace(",", ".") if comma else text
    if single:
        value = nearest(
            exact(plain.lstrip("-")), 24, -149, (2 - Fraction(1, 1 << 23)) * Fraction(2) ** 127
        )
    else:
        value = nearest(
            exact(plain.lstrip("-")), 53, -1074, (2 - Fraction(1, 1 << 52)) * Fraction(2) ** 1023
        )
    if value is None:
        return MISFIT
    packed = float(value)  # exact, so no second rounding
    return struct.pack("<f" if single else "<d", -packed if text.startswith("-") else packed)


def count(nanos, unit):
    """Nanoseconds in a unit that has to hold them exactly."""
    number, rest = divmod(nanos, NANOS[unit])
    return MISFIT if rest or not -(1 << 63) < number < 1 << 63 else number


def timestamp_of(text, unit, zone):
    value = classify(text.encode())
    if value.kind == "DATE":
        return count(value.value * 86_400_000_000_000, unit)
    if value.kind == "TIMESTAMP" or (value.kind == "TIMESTAMP_OFFSET" and zone):
        return count(value.value, unit)
    return MISFIT


def time_of(text, unit):
    """C-43"""
    match = TIME.fullmatch(text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3]) > 59:
        return MISFIT
    seconds = (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3])
    return count(seconds * 1_000_000_000 + int((match[4] or "").ljust(9, "0")), unit)


def bool_of(text):
    return {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), MISFIT)


def date_of(text, single):
    value = classify(text.encode())
    if value.kind != "DATE":
        return MISFIT
    return value.value if single else value.value * 86_400_000


def parse(type_, data, comma):
    """The value of a text in a type of C-51 other than string and dictionary, or MISFIT."""
    text = data.decode()
    name, _, parameters = type_.rstrip("]").partition("[")
    if not text.isascii():
        return MISFIT
    if name in INTEGERS:
        if not (COMMA_WHOLE if comma else WHOLE).fullmatch(text):
            return MISFIT
        number = int(text.replace(".", ""))
        return number if number in INTEGERS[name] else MISFIT
    if name in ("float32", "float64"):
        return float_of(text, comma, name == "float32")
    if name == "timestamp":
        unit, _, zone = (parameters or "us").partition(";")
        return timestamp_of(text, unit, zone)
    if name in ("time32", "time64"):
        return time_of(text, parameters)
    if name == "bool":
        return bool_of(text)
    return date_of(text, name == "date32")
