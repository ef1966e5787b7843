"""Random CSVs with every kind of column, quoting and line end. One seed always gives one file."""

import random

from csv_oracle import Options

WORDS = [
    "red",
    "green",
    "blue",
    "Straße",
    "",
    "NA",
    "true story",
    "-",
    "null",
    "a,b",
    'say "hi"',
    "two\nlines",
    "cr\r\nlf",
    "é",
    "0x10",
    "x" * 70,
]
NASTY = [
    '"',
    '""',
    ",",
    "\n",
    "\r\n",
    '","',
    '"\n"',
    "a",
    "é",
    "\u2028",
    "\U0001f600",
    " ",
    "\t",
    ";",
    "|",
    "#",
    "1",
    "\x7f",
]


class Maker:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.seed = seed

    # ---- values ----

    def bool(self):
        return self.dice.choice(["true", "false", "True", "FALSE", "tRuE"])

    def int(self):
        limit = self.dice.choice([100, 10**6, 10**15])
        return str(self.dice.randrange(-limit, limit))

    def inexact(self):
        return str(
            self.dice.choice(
                [2**53 + 1, -(2**63), 2**63 - 1, 9007199254740993, self.dice.getrandbits(62)]
            )
        )

    def big(self):
        return self.dice.choice(
            ["9223372036854775808", "-18446744073709551616", "10000000000000000000000"]
        )

    def float(self):
        d = self.dice
        return d.choice(
            [
                repr(d.random()),
                repr(d.uniform(-1e6, 1e6)),
                f"{d.uniform(-500, 500):.2f}",
                repr(d.random() * 10.0 ** d.randrange(-300, 300)),
                f"{d.getrandbits(80)}.{d.getrandbits(80)}",
                "-0",
                "-0.0",
                ".5",
                "5.",
                "1e5",
                "2E-3",
                "1e+16",
                "4.9e-324",
                "2.2250738585072011e-308",
                "1.7976931348623157e308",
                "0.1" + "0" * 40 + "1",
            ]
        )

    def special(self):
        return self.dice.choice(["inf", "-Infinity", "NaN", "nan", "-INF"])

    def day(self):
        d = self.dice
        year = d.choice([1970, 2000, 2024, d.randrange(0, 10000)])
        return f"{year:04}-{d.randrange(1, 13):02}-{d.randrange(1, 29):02}"

    def time(self, digits=None):
        d = self.dice
        digits = d.choice([0, 0, 3, 6, 9, 1, 2]) if digits is None else digits
        fraction = "." + "".join(d.choices("0123456789", k=digits)) if digits else ""
        return f"{d.randrange(0, 24):02}:{d.randrange(0, 60):02}:{d.randrange(0, 60):02}{fraction}"

    def timestamp(self):
        d = self.dice
        day = f"{d.randrange(1700, 2250)}-0{d.randrange(1, 10)}-{d.randrange(10, 29)}"
        return f"{day}{d.choice('T ')}{self.time()}"

    def timestamp_s(self):
        return f"{self.day()} {self.time(0)}"

    def timestamp_utc(self):
        return self.timestamp() + "Z"

    def timestamp_offset(self):
        return self.timestamp() + self.dice.choice(["+02:00", "-0530", "+01", "Z"])

    def word(self):
        return self.dice.choice(WORDS)

    def nasty(self):
        return "".join(self.dice.choices(NASTY, k=self.dice.randrange(0, 9)))

    def long(self):
        return "".join(self.dice.choices("abc ", k=self.dice.choice([60, 63, 64, 65, 128, 200])))

    def zip(self):
        return f"{self.dice.randrange(0, 100000):05}"

    def odd(self):
        return self.dice.choice(
            [
                "1.5.5",
                "+1",
                "1e",
                "--1",
                "2024-02-30",
                "24:00",
                "1_000",
                "0x1",
                "00.5",
                "truee",
                "1,5",
                "1 ",
                " 1",
                "9223372036854775809",
                "1e999",
                ".",
                "-",
                "infinit",
                "2024-1-1",
                "2024-01-01T24:00:00",
                "2024-01-01T00:00:60",
                "2024-01-01 00:00:00.1234567890",
            ]
        )

    def none(self):
        return ""

    KINDS = (
        "bool",
        "int",
        "inexact",
        "float",
        "day",
        "timestamp",
        "timestamp_s",
        "timestamp_utc",
        "timestamp_offset",
        "word",
        "nasty",
        "long",
        "zip",
        "none",
    )
    # Kinds that meet in one column: a late value changes what the column is.
    MIXES = (
        ("int", "float"),
        ("int", "big"),
        ("int", "inexact"),
        ("float", "special"),
        ("float", "big"),
        ("inexact", "float"),
        ("day", "timestamp"),
        ("timestamp", "timestamp_utc"),
        ("timestamp_s", "timestamp"),
        ("timestamp", "odd"),
        ("bool", "int"),
        ("bool", "word"),
        ("int", "word"),
        ("int", "odd"),
        ("float", "odd"),
        ("day", "odd"),
        ("special", "special"),
        ("none", "float"),
        ("word", "long"),
    )

    def column(self, rows):
        """Texts, None for nulls. In half of the mixed columns the second kind comes once, late."""
        first = second = self.dice.choice(self.KINDS)
        rare = 0.5
        if self.dice.random() < 0.5:
            first, second = self.dice.choice(self.MIXES)
            rare = self.dice.choice([0.5, 0.02])
        nulls = self.dice.choice([0, 0, 0.1, 0.9])
        late = self.dice.randrange(rows) if rows and self.dice.random() < 0.5 else None
        texts = []
        for row in range(rows):
            kind = second if row == late or (late is None and self.dice.random() < rare) else first
            texts.append(None if self.dice.random() < nulls else getattr(self, kind)())
        if self.dice.random() < 0.3 and texts:  # few values again and again: a dictionary
            some = texts[:3]
            texts = [self.dice.choice(some) for _ in texts]
        return texts

    # ---- text ----

    def field(self, text, delimiter, quoting):
        if text is None:
            return ""
        must = text == "" or text[0] == '"' or any(c in text for c in (delimiter, "\n", "\r"))
        if must or self.dice.random() < quoting:
            return '"' + text.replace('"', '""') + '"'
        return text

    def name(self, number):
        return self.dice.choice(
            [
                f"c{number}",
                f"c{number}",
                "dup",
                "",
                "näme",
                "a b",
                "quoted,name",
                f"column_{number}",
                "dup_2",
                'q"q',
            ]
        )

    def options(self):
        d = self.dice
        options = Options()
        if d.random() < 0.3:
            options.delimiter = d.choice([",", ";", "|"])
        if d.random() < 0.15:
            options.skip_lines = d.randrange(1, 4)
        if d.random() < 0.2:
            options.comment = "#"
        if d.random() < 0.15:
            options.nulls = ("NA", "-")
        options.trim = d.random() < 0.15
        options.no_header = d.random() < 0.1
        options.dictionary = d.choice(["auto"] * 6 + ["always", "never"])
        options.decimal_comma = d.random() < 0.08 and options.delimiter != ","  # C-19
        return options

    def csv(self, rows=None):
        """(bytes, Options)"""
        d = self.dice
        options = self.options()
        delimiter = options.delimiter or ","
        width = d.choice([1, 2, 2, 3, 4, 6, 9])
        rows = d.choice([0, 1, 2, 7, 20, 50, 64, 65, 130, 200]) if rows is None else rows
        columns = [self.column(rows) for _ in range(width)]
        texts = [text for column in columns for text in column if text and "=" not in text]
        if texts and d.random() < 0.2:  # null tokens that are spellings of values
            options.nulls += tuple(d.choice(texts) for _ in range(d.randrange(1, 4)))
        ends = d.choice([["\n"], ["\r\n"], ["\n", "\r\n"]])
        quoting = d.choice([0, 0.1, 1])
        lines = [f'preamble {i}, "odd' for i in range(options.skip_lines)]
        lines = [line + "\n" for line in lines]
        if not options.no_header:
            names = [self.name(i) for i in range(1, width + 1)]
            if width == 1:
                names = ["only"]  # a blank header line would not be one
            lines.append(
                delimiter.join(self.field(n or None, delimiter, quoting) for n in names)
                + d.choice(ends)
            )
        for row in range(rows):
            if options.comment and d.random() < 0.05:
                lines.append('# a "comment, with\r quotes' + d.choice(ends))
            if d.random() < 0.03 and (width > 1 or row > 0):
                spaces = ["", " ", "\t", " \t ", " " * 70] if options.trim else [""]
                lines.append(d.choice(spaces) + d.choice(ends))
            fields = [self.field(c[row], delimiter, quoting) for c in columns]
            if options.trim and d.random() < 0.5:
                fields = [f if f.startswith('"') else f" {f}\t" for f in fields]
            if options.no_header and width == 1 and row == 0 and not fields[0]:
                fields = ["first"]
            if options.comment and fields[0].startswith("#"):
                fields[0] = '"' + fields[0] + '"'
            lines.append(delimiter.join(fields) + d.choice(ends))
        text = "".join(lines)
        if d.random() < 0.3 and text.endswith("\n") and rows:
            text = text[:-2] if text.endswith("\r\n") else text[:-1]
        return (b"\xef\xbb\xbf" if d.random() < 0.15 else b"") + text.encode(), options
