"""Declared forms of dates, times and timestamps (spec/csv.md, C-70 … C-75), from the page alone."""

import functools
import re

from csv_values import MONTHS, Value, days_of, leap

SHORT = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FULL = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
ITEMS = {
    "%Y": ("year", "[0-9]{4}"),
    "%y": ("short_year", "[0-9]{2}"),
    "%m": ("month", "[0-9]{2}"),
    "%d": ("day", "[0-9]{2}"),
    "%H": ("hour", "[0-9]{2}"),
    "%I": ("half", "[0-9]{2}"),
    "%M": ("minute", "[0-9]{2}"),
    "%S": ("second", "[0-9]{2}"),
    "%-m": ("month", "[1-9][0-9]?"),
    "%-d": ("day", "[1-9][0-9]?"),
    "%-H": ("hour", "0|[1-9][0-9]?"),
    "%-I": ("half", "[1-9][0-9]?"),
    "%j": ("year_day", "[0-9]{3}"),
    "%b": ("short_month", "|".join(SHORT)),
    "%B": ("full_month", "|".join(FULL)),
    "%p": ("noon", "am|pm"),
    "%f": ("fraction", "[0-9]{1,9}"),
    "%z": ("offset", "Z|[+-][0-9]{2}(?::?[0-9]{2})?"),
}
LITERALS = {"%%": "%", "%]": "]", "%;": ";"}
TOKEN = re.compile(r"%-?.|[^%]", re.DOTALL)


@functools.cache
def compiled(form):
    """The form as a regular expression with a group for each item."""
    out = []
    for token in TOKEN.findall(form):
        if token in ITEMS:
            name, pattern = ITEMS[token]
            case = "" if token == "%z" else "i"
            out.append(f"(?P<{name}>(?{case}:{pattern}))" if case else f"(?P<{name}>{pattern})")
        else:
            out.append(re.escape(LITERALS.get(token, token)))
    return re.compile("".join(out), re.ASCII)


def year_of(parts):
    if "year" in parts:
        return int(parts["year"])
    short = int(parts["short_year"])
    return short + (1900 if short >= 69 else 2000)


def month_of(parts):
    if "month" in parts:
        return int(parts["month"])
    if "short_month" in parts:
        return SHORT.index(parts["short_month"].lower()) + 1
    return FULL.index(parts["full_month"].lower()) + 1


def day_of(parts):
    """Days since 1970-01-01, None if there is no such day."""
    year = year_of(parts)
    if "year_day" not in parts:
        return days_of((None, year, month_of(parts), int(parts["day"])))
    number = int(parts["year_day"])
    if not 1 <= number <= sum(MONTHS) + leap(year):
        return None
    return days_of((None, year, 1, 1)) + number - 1


def clock_of(parts):
    """Nanoseconds since midnight, None if there is no such time."""
    minute, second = int(parts.get("minute", 0)), int(parts.get("second", 0))
    if "half" in parts:
        half = int(parts["half"])
        if not 1 <= half <= 12:
            return None
        hour = half % 12 + (12 if parts["noon"].lower() == "pm" else 0)
    else:
        hour = int(parts.get("hour", 0))
    if hour > 23 or minute > 59 or second > 59:
        return None
    fraction = int(parts.get("fraction", "").ljust(9, "0") or 0)
    return ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + fraction


def offset_of(text):
    """Minutes east of UTC, None if there is no such offset (C-39)."""
    if text == "Z":
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    if int(digits[:2]) > 23 or int(digits[2:]) > 59:
        return None
    return (int(digits[:2]) * 60 + int(digits[2:])) * (-1 if text[0] == "-" else 1)


def read_form(form, text):
    """The value of a text in the form: DATE, TIMESTAMP, TIMESTAMP_OFFSET or TIME; else None."""
    match = compiled(form).fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    has_day = bool({"year", "short_year"} & parts.keys())
    has_clock = bool({"hour", "half"} & parts.keys())
    days = day_of(parts) if has_day else 0
    clock = clock_of(parts) if has_clock else 0
    offset = offset_of(parts["offset"]) if "offset" in parts else 0
    if days is None or clock is None or offset is None:
        return None
    if not has_clock:
        return Value("DATE", days)
    if not has_day:
        return Value("TIME", clock, len(parts.get("fraction", "")))
    kind = "TIMESTAMP_OFFSET" if "offset" in parts else "TIMESTAMP"
    nanos = days * 86_400_000_000_000 + clock - offset * 60_000_000_000
    digits = len(parts.get("fraction", ""))
    return Value(kind, nanos, digits, offset if "offset" in parts else None)
