"""Random CSVs of declared forms, declared records and several inputs (spec/csv.md, C-24 … C-27,
C-70 … C-98). One seed always gives the same files and options."""

import json
import re

from csv_made import Maker
from csv_options import Options

DATE_FORMS = (
    "%d/%m/%Y",
    "%m/%d/%y",
    "%-m/%-d/%Y",
    "%d %b %Y",
    "%B %-d, %Y",
    "%Y%m%d",
    "%Y-%j",
    "%d.%m.%y",
    "%b-%d-%Y",
    "%Y年%m月%d日",
    "%%%d;%m;%Y",
)
TIMESTAMP_FORMS = (
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y %-I:%M %p",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y%m%d%H%M%S",
    "%d %b %Y %H.%M",
    "%d/%b/%Y:%H:%M:%S %z",
    "%-d.%-m.%Y %-H:%M:%S,%f",
    "%H:%M %d/%m/%Y",
)
TIME_FORMS = ("%H.%M", "%-I:%M %p", "%H%M%S", "%I:%M:%S.%f %p")
WORD_LISTS = (
    (("yes", "y"), ("no", "n")),
    (("on",), ("off",)),
    (("1",), ("0",)),
    (("wahr", "JA"), ("falsch", "nein")),
    (("✓",), ("✗", "-")),
)
MARKS = (",", "$,", "%", "€.", "'", "space%", "nbsp€", "$", "_", ",%")
SIGNS = {"space": " ", "nbsp": "\u00a0"}
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
ZONES = ("", "UTC", "+02:00", "-05:30", "Europe/Berlin")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def grouped(digits, mark):
    """Digits in groups of three."""
    parts = []
    while len(digits) > 3:
        parts.insert(0, digits[-3:])
        digits = digits[:-3]
    return mark.join([digits, *parts])


class Declared(Maker):
    # ---- values of a form ----

    def in_form(self, form):
        """A text that matches the form, mostly."""
        d, out, at = self.dice, "", 0
        day, month, hour = d.randrange(1, 29), d.randrange(1, 13), d.randrange(24)
        year = d.choice([1970, 2024, d.randrange(1969, 2069), d.randrange(10000)])
        if d.random() < 0.03:
            day = d.randrange(0, 40)
        name = d.choice([str, str.upper, str.lower])(MONTHS[month - 1])
        items = {
            "%Y": f"{year:04}",
            "%y": f"{year % 100:02}",
            "%m": f"{month:02}",
            "%-m": str(month),
            "%b": name[:3],
            "%B": name,
            "%d": f"{day:02}",
            "%-d": str(day),
            "%j": f"{d.randrange(1, 367):03}",
            "%H": f"{hour:02}",
            "%-H": str(hour),
            "%I": f"{hour % 12 or 12:02}",
            "%-I": str(hour % 12 or 12),
            "%M": f"{d.randrange(60):02}",
            "%S": f"{d.randrange(60):02}",
            "%f": "".join(d.choices("0123456789", k=d.choice([1, 3, 3, 6, 9]))),
            "%p": d.choice(["AM", "PM", "am", "Pm"]),
            "%z": d.choice(["Z", "+01:00", "-0530", "+02"]),
            "%%": "%",
            "%]": "]",
            "%;": ";",
        }
        while at < len(form):
            length = 1 if form[at] != "%" else 3 if form[at + 1] == "-" else 2
            out += items.get(form[at : at + length], form[at : at + length])
            at += length
        return out

    def digits(self):
        return str(self.dice.randrange(10 ** self.dice.choice([1, 2, 3, 4, 6, 7, 12])))

    def marked(self, marks, decimal, fraction=True):
        """A number with some of the marks."""
        d = self.dice
        for word, sign in SIGNS.items():
            marks = marks.replace(word, sign)
        group = next((m for m in marks if m in ",.'_ \u00a0"), None)
        number = self.digits()
        if group and d.random() < 0.7:
            number = grouped(number, group)
        if fraction and d.random() < 0.6:
            number += decimal + self.digits()
        currency = next((m for m in marks if m in "$€"), "")
        if currency and d.random() < 0.4:
            number = currency + d.choice(["", " "]) + number
        elif currency and d.random() < 0.4:
            number += d.choice(["", " ", "\u00a0"]) + currency
        elif "%" in marks and d.random() < 0.6:
            number += d.choice(["", " "]) + "%"
        return d.choice(["", "", "-", "+"]) + number

    def loose_integer(self):
        d = self.dice
        return d.choice(["", "+", "-"]) + d.choice(
            [
                f"00{d.randrange(100)}",
                f"{d.randrange(120)}.0",
                f"{d.randrange(128)}",
                "1e2",
                "12.5e1",
            ]
        )

    def clock(self):
        d = self.dice
        text = f"{d.randrange(24):02}:{d.randrange(60):02}"
        if d.random() < 0.6:
            text += f":{d.randrange(60):02}" + d.choice(["", ".5", ".250", ".123456", ".000000"])
        return text

    def asked(self, options):
        """(type, a function that makes texts for it)"""
        d, decimal = self.dice, "," if options.decimal_comma else "."
        form = d.choice(DATE_FORMS)
        escaped = form.replace(";", "%;")
        stamp, zone = d.choice(TIMESTAMP_FORMS), d.choice(ZONES)
        unit = d.choice(["s", "ms", "us", "ns"])
        true, false = d.choice(WORD_LISTS)
        marks = d.choice([m for m in MARKS if decimal not in m])
        time = d.choice(TIME_FORMS)
        integer, fl = d.choice(INTEGERS), d.choice(["float16", "float32", "float64"])
        precision = d.choice([3, 9, 18, 19, 20, 38])
        money = f"decimal({precision},{d.choice([0, 1, 2, precision])})"
        words = [w for w in true + false]
        element, make = self.elements(integer, fl, money, unit, zone)
        listed = f"list[{element}]", lambda: self.array(element, make)
        return d.choice(
            [
                (
                    f"{d.choice(['date', 'date32', 'date64'])}[{escaped}]",
                    lambda: self.in_form(form),
                ),
                (f"timestamp[{unit};{zone};{stamp}]", lambda: self.in_form(stamp)),
                (f"timestamp[;;{stamp}]", lambda: self.in_form(stamp)),
                (f"timestamp[{unit};{zone};epoch]", lambda: str(d.randrange(-(10**10), 10**12))),
                (f"timestamp[{unit};{zone}]", lambda: self.stamp()),
                (d.choice(["time", "time32[ms]", "time64[us]", "time32[s]"]), self.clock),
                (f"time[{time}]", lambda: self.in_form(time)),
                (
                    f"bool[{','.join(true)}|{','.join(false)}]",
                    lambda: d.choice(words + [w.upper() for w in words if w.isascii()]),
                ),
                ("bool", lambda: d.choice(["yes", "N", "t", "FALSE", "1", "0", "True"])),
                (f"{fl}[{marks}]", lambda: self.marked(marks, decimal)),
                (f"{integer}[{marks}]", lambda: self.marked(marks, decimal, False)),
                (
                    f"{integer}[hex]",
                    lambda: f"0{d.choice('xX')}{d.getrandbits(d.choice([4, 7, 30])):x}",
                ),
                listed,
                listed,
                (integer, self.loose_integer),
                (fl, self.loose_integer),
                (money, lambda: d.choice([self.loose_integer, self.float])()),
                (f"{money}[{marks}]", lambda: self.marked(marks, decimal)),
                (d.choice(["date", "date32"]), lambda: self.day() + d.choice(["", " 00:00:00"])),
                ("auto", self.int),
                ("string", self.word),
                ("dictionary", self.word),
            ]
        )

    def elements(self, integer, fl, money, unit, zone):
        """(type of the elements of a list, a function that makes texts for it)"""
        d = self.dice
        return d.choice(
            [
                (integer, lambda: str(d.randrange(128))),
                (integer, self.loose_integer),
                (fl, lambda: d.choice([self.float(), str(d.randrange(100)), "NaN", "-Infinity"])),
                (money, self.loose_integer),
                ("bool", lambda: d.choice(["true", "false", "1", "N"])),
                (d.choice(["date", "date32"]), self.day),
                (f"timestamp[{unit};{zone}]", self.stamp),
                (d.choice(["time32[ms]", "time64[us]", "time32[s]"]), self.clock),
                ("string", lambda: d.choice([self.word, self.odd, self.day])()),
                ("string", self.word),
            ]
        )

    def array(self, type_, make):
        """A JSON array of texts, in which something is wrong now and then (C-82)."""
        d = self.dice
        space = d.choice(["", "", "", " ", "\n", "\t "])
        bare, out = type_ != "string" and d.random() < 0.6, []
        for _ in range(d.choice([0, 0, 1, 2, 5, 40])):
            text = make()
            if bare and text and re.fullmatch("[0-9A-Za-z+.-]+", text):
                out.append(text)
            elif d.random() < 0.5:
                out.append(json.dumps(text, ensure_ascii=d.random() < 0.5))
            else:
                out.append('"' + "".join(self.escaped(c) for c in text) + '"')
        if d.random() < 0.003:
            wrong = ["null", "", "[]", "{}", '"\\ud83d"', '"\\x"', "nope!", '"open', "1 1"]
            out.insert(d.randrange(len(out) + 1), d.choice(wrong))
        return f"{space}[{space}{f'{space},{space}'.join(out)}{space}]{space}"

    def escaped(self, c):
        d = self.dice
        if c in '"\\' or ord(c) < 0x20 or d.random() < 0.1:
            pair = c.encode("utf-16-be").hex()
            return "".join(f"\\u{pair[i : i + 4]}" for i in range(0, len(pair), 4))
        return c

    def stamp(self):
        d = self.dice
        text = d.choice([self.timestamp_s(), self.timestamp_s(), self.day()])
        return text + (d.choice(["", "", " UTC", "Z", "+01:00"]) if len(text) > 10 else "")

    def for_all(self, options):
        """A function that makes texts of a form for all columns, or of thousands."""
        d, makers = self.dice, []
        for form in options.date_formats + options.timestamp_formats:
            makers.append(lambda form=form: self.in_form(form))
        if options.true_words:
            makers.append(lambda: d.choice(options.true_words + options.false_words))
        if options.thousands:
            decimal = "," if options.decimal_comma else "."
            makers.append(lambda: self.marked(options.thousands, decimal, d.random() < 0.7))
        return d.choice(makers) if makers else self.float

    # ---- options ----

    def chance(self, share):
        return self.dice.random() < share

    def forms_options(self, options):
        d = self.dice
        if self.chance(0.35):
            options.date_formats = tuple(d.sample(DATE_FORMS, d.choice([1, 1, 2])))
        if self.chance(0.25):
            options.timestamp_formats = tuple(d.sample(TIMESTAMP_FORMS, d.choice([1, 1, 2])))
        if self.chance(0.2):
            options.true_words, options.false_words = d.choice(WORD_LISTS)
        options.decimal_comma = self.chance(0.15) and options.delimiter != ","
        if self.chance(0.3):
            marks = [",", ".", "'", " ", "_", "\u00a0"]
            options.thousands = d.choice(
                [m for m in marks if m != ("," if options.decimal_comma else ".")]
            )

    def records_options(self, options):
        d = self.dice
        options.escape = "\\" if self.chance(0.25) else ""
        options.skip_lines = d.choice([0, 0, 0, 0, 2])
        options.skip_footer = d.choice([0, 0, 0, 1, 3])
        options.short_records = self.chance(0.2)
        options.trim = self.chance(0.25)
        options.comment = "#" if self.chance(0.15) else ""
        options.nulls = ("NA", "\\N") if self.chance(0.2) else ()
        if self.chance(0.15):
            options.skip_rows = d.randrange(1, 6)
        if self.chance(0.15):
            options.limit = d.randrange(0, 30)
        options.skip_errors = self.chance(0.25)
        options.null_errors = self.chance(0.25)
        options.replace_errors = self.chance(0.15)
        options.dictionary = d.choice(["auto"] * 4 + ["always", "never"])

    def header_options(self, options, names):
        d = self.dice
        if self.chance(0.15):
            options.no_header = True
            if self.chance(0.5):
                options.names = tuple(names)
        else:
            options.skip_after_header = d.choice([0, 0, 0, 1, 2])
            options.drop_extra = self.chance(0.2)
        if self.chance(0.15):
            options.file_column = "file"

    # ---- text ----

    def written(self, text, delimiter, options):
        """The text as a field."""
        d = self.dice
        if text is None:
            return ""
        hard = text == "" or text.strip(' "\t') != text or set(text) & set(delimiter + '\n\r"')
        if options.escape and self.chance(0.5):
            out = text.replace("\\", "\\\\") if self.chance(0.9) else text
            for byte in delimiter + '"':
                out = out.replace(byte, "\\" + byte)
            out = out.replace("\r\n", "\0").replace("\n", "\\\n").replace("\0", "\\\r\n")
            if out and out == out.strip(" \t") and not out.startswith("#"):
                return f'"{out}"' if self.chance(0.3) else out
        if options.escape:
            text = text.replace("\\", "\\\\")
        if hard or text.startswith("#") or self.chance(0.15):
            spaces = d.choice(["", " ", "\t "]) if options.trim and delimiter != "\t" else ""
            return spaces + '"' + text.replace('"', '""') + '"'
        return f" {text} " if options.trim and self.chance(0.2) else text

    def line(self, fields, options):
        """One record, perhaps with a mistake."""
        if options.drop_extra or self.chance(0.003):
            fields = [*fields, "" if self.chance(0.995) else "x"]
        if (options.short_records and self.chance(0.2)) or self.chance(0.003):
            fields = fields[: self.dice.randrange(1, len(fields) + 1)]
        return fields

    def one_file(self, names, columns, rows, options, delimiter):
        d = self.dice
        end = d.choice(["\n", "\n", "\r\n"])
        lines = [f'above {i}, "odd' + end for i in range(options.skip_lines)]
        if not options.delimiter and self.chance(0.15):
            lines.append(d.choice(["sep=", "SEP="]) + delimiter + end)
        if not options.headless():
            lines.append(delimiter.join(self.written(n, delimiter, options) for n in names) + end)
            lines += ['units, "odd' + end for _ in range(options.skip_after_header)]
        for row in range(rows):
            if options.comment and self.chance(0.05):
                lines.append('# a "comment' + end)
            if self.chance(0.02) and len(columns) > 1:
                lines.append(end)
            fields = [self.written(c[row], delimiter, options) for c in columns]
            fields = self.line(fields, options)
            if len(fields) == 1 and not fields[0].strip():
                fields = ["x"]
            lines.append(delimiter.join(fields) + end)
        lines += [f'Total {i}; "{end}' for i in range(options.skip_footer)]
        text = "".join(lines)
        if lines and self.chance(0.3):
            text = text.removesuffix(end)
        data = ("\ufeff" if self.chance(0.1) else "").encode() + text.encode()
        if options.replace_errors or self.chance(0.02):
            for _ in range(d.choice([0, 1, 4])):
                at = d.randrange(2, len(data)) if len(data) > 3 else 0
                bad = d.choice([b"\xff", b"\xe2\x82", b"\xc3", b"\xed\xa0\x80"])
                data = data[:at] + bad + data[at:] if at else data
        return data

    def values(self, make, rows):
        """Texts with nulls, and in a few columns one that does not fit."""
        d = self.dice
        nulls, wrong = d.choice([0, 0, 0.1]), self.chance(0.12)
        texts = [None if d.random() < nulls else make() for _ in range(rows)]
        if wrong and rows:
            texts[d.randrange(rows)] = d.choice([self.odd, self.word, self.day, self.int])()
        return texts

    def files(self):
        """(list of path and bytes, Options)"""
        d, options = self.dice, Options()
        options.delimiter = d.choice(["", ",", ";", "|", "\t"])
        self.forms_options(options)
        self.records_options(options)
        width = d.choice([1, 2, 3, 4, 6])
        names = d.sample(["day", "at", "price", "ok", "näme", "a=b", "x,y", "!z", "2"], width)
        self.header_options(options, names)
        makers, types = [], []
        for i, name in enumerate(names):
            type_, make = self.asked(options) if self.chance(0.55) else ("auto", None)
            name = name if not options.no_header or options.names else f"column_{i + 1}"
            make = make or (self.for_all(options) if self.chance(0.7) else self.plain())
            plain = type_.partition("[")[0]
            several = len(options.date_formats) > 1 and type_ in ("date", "date32", "date64")
            several |= plain == "timestamp" and type_.count(";") < 2
            several &= len(options.date_formats) > 1 or len(options.timestamp_formats) > 1
            if type_ != "auto" and not several:
                types.append((name, type_))
            makers.append(make)
        options.types = tuple(types)
        if self.chance(0.15) and not options.headless():
            chosen = d.sample(names, d.randrange(1, width + 1))
            options.columns = tuple(
                chosen if self.chance(0.5) or width == len(chosen) else ["!" + n for n in chosen]
            )
        self.check_forms(options, [] if options.columns else types)
        return self.several(names, makers, options), options

    def plain(self):
        return getattr(self, self.dice.choice(self.KINDS))

    def check_forms(self, options, types):
        """Drops formats that no column takes though only a column that names them could."""
        from csv_columns import numeric

        plain = [
            t for _, t in types if "[" not in t or (t[:10] == "timestamp[" and t.count(";") < 2)
        ]
        asked = {t.partition("[")[0] for t in plain}
        dates = bool(asked & {"date", "date32", "date64"}) and len(options.date_formats) == 1
        if not dates:
            options.date_formats = tuple(f for f in options.date_formats if not numeric(f))
        stamps = "timestamp" in asked and len(options.timestamp_formats) == 1
        if not stamps:
            options.timestamp_formats = tuple(
                f for f in options.timestamp_formats if not numeric(f)
            )

    def damage(self, data):
        """Changes, inserts or removes a few bytes, behind those that say what the file is."""
        d, data = self.dice, bytearray(data)
        pieces = [b'"', b"\r", b",", b"\n", b"\0", b"\xff", b'x"y', b'"z', b"\\", b";", b" ", b""]
        for _ in range(d.choice([1, 1, 2, 5])):
            if len(data) > 3:
                at = d.randrange(3, len(data) + 1)
                data[at : at + d.choice([0, 1])] = d.choice(pieces)
        return bytes(data)

    def several(self, names, makers, options):
        d, out = self.dice, []
        count = d.choice([1, 1, 1, 1, 2, 3])
        options.union = count > 1 and self.chance(0.5) and not options.headless()
        for number in range(count):
            order = list(range(len(names)))
            if number and not options.headless() and self.chance(0.6):
                d.shuffle(order)
                if options.union and self.chance(0.5):
                    order = order[: d.randrange(1, len(order) + 1)]
            rows = d.choice([0, 1, 5, 30, 64, 120])
            columns = [self.values(makers[i], rows) for i in order]
            delimiter = options.delimiter or d.choice(
                ",;|\t" if not options.decimal_comma else ";|\t"
            )
            if count > 1 and not options.delimiter:
                delimiter = ";"
            ending = d.choice(["csv", "csv", "csv", "tsv"]) if delimiter == "\t" else "csv"
            data = self.one_file([names[i] for i in order], columns, rows, options, delimiter)
            data = self.damage(data) if self.chance(0.12) else data
            out.append((f"{'abc'[number]}.{ending}", data))
        return out
