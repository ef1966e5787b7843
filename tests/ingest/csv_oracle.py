"""Reads a CSV as spec/csv.md says, one character after the other: the oracle for lib/ingest."""

import struct
from dataclasses import dataclass, field

from csv_forced import MISFIT, NANOS, parse
from csv_values import INT64, classify

UNITS = ("s", "ms", "us", "ns")
ORDER = (
    "CSV_UTF8",
    "CSV_NUL",
    "CSV_CARRIAGE_RETURN",
    "CSV_AFTER_QUOTE",
    "CSV_UNCLOSED_QUOTE",
)  # C-2, C-4, C-6, C-7


class CsvError(Exception):
    """The answer of C-16: rule and place."""

    def __init__(self, code, line=None, column=None):
        super().__init__(f"{code} at {line}:{column}")
        self.code, self.line, self.column = code, line, column

    def __reduce__(self):
        return CsvError, (self.code, self.line, self.column)


@dataclass
class Options:
    delimiter: str = ""
    no_header: bool = False
    skip_lines: int = 0
    comment: str = ""
    trim: bool = False
    decimal_comma: bool = False
    nulls: tuple = ()
    dictionary: str = "auto"
    types: tuple = ()  # pairs of a name and a type
    skip_errors: bool = False

    def arguments(self):
        """The same for shmcol-pack."""
        out = []
        if self.delimiter:
            out += ["--delimiter", self.delimiter]
        if self.skip_lines:
            out += ["--skip-lines", str(self.skip_lines)]
        if self.comment:
            out += ["--comment", self.comment]
        if self.dictionary != "auto":
            out += ["--dictionary", self.dictionary]
        if self.skip_errors:
            out += ["--on-error", "skip"]
        if self.types:
            out += ["--types", ",".join(f"{name}={type_}" for name, type_ in self.types)]
        for token in self.nulls:
            out += ["--null", token]
        return out + [
            f"--{n.replace('_', '-')}"
            for n in ("no_header", "trim", "decimal_comma")
            if getattr(self, n)
        ]


@dataclass
class Field:
    begin: int
    text: bytes
    quoted: bool


@dataclass
class Record:
    begin: int
    end: int = 0
    fields: list = field(default_factory=list)
    error: tuple = None  # (code, position)
    comment: bool = False

    def blank(self, options):
        """C-8, C-23"""
        if len(self.fields) != 1 or self.fields[0].quoted:
            return False
        return cell(self.fields[0], options)[0] == b""


@dataclass
class Column:
    name: str
    type: str
    values: list  # None for nulls; floats as the bytes of the double
    dictionary: list = None  # its values, sorted; then `values` are strings all the same
    first_text: int = None  # the line of the value that makes it text, where C-50 says so


@dataclass
class Table:
    columns: list
    rows: int
    rejected: int
    rejects: bytes


# ---- records (C-6 … C-9, C-17) ----


class Reader:
    def __init__(self, data, options, delimiter):
        self.data, self.options, self.delimiter = data, options, ord(delimiter)
        self.comment = ord(options.comment) if options.comment else None

    def error(self, record, code, position):
        """C-16: the first byte; of two rules that the same byte breaks, the one it names first."""
        found = [(position, ORDER.index(code))]
        if record.error is not None:
            found.append((record.error[1], ORDER.index(record.error[0])))
        position, rank = min(found)
        record.error = (ORDER[rank], position)

    def quoted(self, record, at):
        """Returns the text of the field whose opening quote is at `at`, and the place after it."""
        data, text, opening = self.data, bytearray(), at
        at += 1
        while True:
            close = data.find(b'"', at)
            if close < 0:
                self.error(record, "CSV_UNCLOSED_QUOTE", opening)
                return bytes(text + data[at:]), len(data)
            text += data[at:close]
            if data[close + 1 : close + 2] != b'"':
                return bytes(text), close + 1
            text += b'"'
            at = close + 2

    def literal(self, record, at, code):
        """Reads text to the field's end. A first byte that is not allowed is the error `code`."""
        data, begin = self.data, at
        while at < len(data) and data[at] not in (self.delimiter, 10):
            if data[at] == 13:
                if data[at + 1 : at + 2] == b"\n":
                    break
                self.error(record, "CSV_CARRIAGE_RETURN", at)
            elif code:
                self.error(record, code, at)
            code = None
            at += 1
        return data[begin:at], at

    def record(self, at):
        data, record = self.data, Record(at)
        while True:
            begin = at
            if data[at : at + 1] == b'"':
                text, at = self.quoted(record, at)
                rest, at = self.literal(record, at, "CSV_AFTER_QUOTE")
                record.fields.append(Field(begin, text + rest, True))
            else:
                text, at = self.literal(record, at, None)
                record.fields.append(Field(begin, text, False))
            if data[at : at + 1] == bytes([self.delimiter]):
                at += 1
                continue
            at += 2 if data[at : at + 2] == b"\r\n" else 1 if at < len(data) else 0
            record.end = at
            self.bytes_of(record)
            return record

    def bytes_of(self, record):
        """C-2, C-4."""
        self.nul_in(record)
        try:
            self.data[record.begin : record.end].decode("utf-8")
        except UnicodeDecodeError as bad:
            self.error(record, "CSV_UTF8", record.begin + bad.start)

    def nul_in(self, record):
        """C-4, in comments too."""
        at = self.data.find(b"\0", record.begin, record.end)
        if at >= 0:
            self.error(record, "CSV_NUL", at)

    def records(self, at):
        """Yields the records that are no comments, and comments that are wrong."""
        while at < len(self.data):
            if self.comment is not None and self.data[at] == self.comment:
                record = Record(at, (self.data.find(b"\n", at) + 1) or len(self.data), comment=True)
                self.nul_in(record)
            else:
                record = self.record(at)
            at = record.end
            if not record.comment or record.error:
                yield record


# ---- the table ----


def place(data, position):
    """C-16: lines count LFs, columns count characters."""
    line_start = data.rfind(b"\n", 0, position) + 1
    before = data[line_start:position].decode("utf-8", "replace")
    if line_start == 0 and before.startswith("\ufeff"):
        before = before[1:]
    return data.count(b"\n", 0, position) + 1, len(before) + 1


def is_blank_line(line, options):
    """C-10: no delimiter is known yet."""
    return line.removesuffix(b"\r").strip(b" " if options.trim else b"\r") == b""


def counts_of(data, options, at):
    """C-10: counts each candidate in each of the first 64 records, outside quotes.

    Quotes open at a record's start or after a candidate.
    """
    line, quoted, start = b"", False, True
    found = []
    candidates = b",\t;|"
    comment = ord(options.comment) if options.comment else None
    for byte in data[at : at + (1 << 20)]:
        if quoted:
            quoted = byte != 34
            start = not quoted
            continue
        if start and not line and byte == comment:
            line = None  # a comment: up to its LF
        if byte == 10:
            if line is not None and not is_blank_line(line, options):
                found.append([line.count(c) for c in candidates])
            line, start = b"", True
            if len(found) == 64:
                return found
            continue
        if line is None:
            continue
        quoted = start and byte == 34
        start = byte in candidates
        line += bytes([byte])
    whole = at + (1 << 20) >= len(data)
    if line is not None and not is_blank_line(line, options) and (whole or not found):
        found.append([line.count(c) for c in candidates])
    return found


def choose_delimiter(data, options, at):
    """C-10"""
    if options.delimiter:
        return options.delimiter
    records = counts_of(data, options, at)
    columns = dict(zip(",\t;|", zip(*records)))
    steps = (
        lambda counts: counts[0] >= 2 and len(set(counts)) == 1,
        lambda counts: set(counts) == {1},
        lambda counts: counts[0] >= 2 and 2 * counts.count(counts[0]) > len(counts),
    )
    for step in steps:
        found = [
            c
            for c, counts in columns.items()
            if step(counts) and not (options.decimal_comma and c == ",")
        ]
        if found:
            return found[0] if len(found) == 1 else ";" if options.decimal_comma else ","
    if not options.decimal_comma or (columns and steps[0](columns[","])):
        return ","
    return ";"


def sep_line(data, options, at):
    """C-24: the delimiter that a sep= line names, and the end of that line; else (None, at)."""
    line, _, _ = data[at:].partition(b"\n")
    end = min(at + len(line) + 1, len(data))
    if at + len(line) < len(data):
        line = line.removesuffix(b"\r")
    if len(line) == 7 and line[:1] == line[-1:] == b'"':
        line = line[1:-1]
    named = line[4:].decode("latin-1")
    if len(line) != 5 or line[:4] not in (b"sep=", b"SEP=") or named not in ",\t;| :^":
        return None, at
    return (None, at) if named == options.comment else (named, end)


def rename(names):
    """C-12"""
    taken, result = set(names), []
    used = set()
    for number, name in enumerate(names, 1):
        if name and name not in used:
            used.add(name)
            result.append(name)
            continue
        stem = name or f"column_{number}"
        free = stem
        suffix = 2
        while free == name or free in taken or free in used:
            free = f"{stem}_{suffix}"
            suffix += 1
        used.add(free)
        result.append(free)
    return result


def start_of(data, options):
    """C-2, C-3, C-5"""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:2]:
        raise CsvError("CSV_UTF16")
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    for _ in range(options.skip_lines):
        end = data.find(b"\n", at)
        at = len(data) if end < 0 else end + 1
    return at


def check(record, names, options):
    """Returns the record's error, or None.

    That of its bytes, else C-11, else that of the leftmost value that does not fit (C-50).
    """
    if record.error is not None:
        return record.error
    if len(record.fields) != len(names):
        return "CSV_RAGGED", record.begin
    types = dict(options.types)
    for name, f in zip(names, record.fields):
        type_ = types.get(name, "auto")
        text, null, empty = cell(f, options)
        if type_ in ("auto", "string", "dictionary") or null or empty:
            continue
        if parse(type_, text, options.decimal_comma) is MISFIT:
            return "CSV_VALUE", f.begin
    return None


def read(data, options):
    """Reads a whole CSV; raises CsvError."""
    at = start_of(data, options)
    named, at = sep_line(data, options, at)
    delimiter = options.delimiter or named or choose_delimiter(data, options, at)
    records = Reader(data, options, delimiter).records(at)
    first = next(Reader(data, options, delimiter).records(at), None)
    header = next((r for r in records if not r.blank(options)), None)
    if header is None and options.no_header:
        header = first  # C-11: all lines are blank
    if header is None:
        raise CsvError("CSV_EMPTY")
    if header.error is not None and not options.no_header:
        raise CsvError(header.error[0], *place(data, header.error[1]))
    width = len(header.fields)
    if options.no_header:
        names = [f"column_{i}" for i in range(1, width + 1)]
        records = Reader(data, options, delimiter).records(at)
    else:
        names = rename([cell(f, options)[0].decode() for f in header.fields])
    rows, rejects, rejected, refused = [], b"", 0, None
    for record in records:
        if record.blank(options) and width > 1:
            continue
        error = check(record, names, options)
        if error is None:
            rows.append(record.fields)
            continue
        if not options.skip_errors:
            raise CsvError(error[0], *place(data, error[1]))
        refused = refused or CsvError(error[0], *place(data, error[1]))
        rejected += 1
        rejects += data[record.begin : record.end]
    if refused and not rows:  # C-17
        raise refused
    columns = [
        column(name, [row[i] for row in rows], options, data) for i, name in enumerate(names)
    ]
    return Table(columns, len(rows), rejected, rejects)


# ---- types (C-20 … C-23, C-50, C-60) ----


def cell(f, options):
    """(text, null, quoted empty)"""
    text = f.text
    if options.trim and not f.quoted:
        text = text.strip(b" \t")
    if not text and not f.quoted:
        return text, True, False
    if text in [t.encode() for t in options.nulls]:
        return text, True, False
    return text, False, not text


def unit_of(values):
    digits = max(v.digits for v in values)
    return UNITS[(digits + 2) // 3]


def timestamps(values):
    """The type of C-50 line 7, or "string"."""
    unit = unit_of(values)
    if any(not -(1 << 63) < v.value // NANOS[unit] < 1 << 63 for v in values):
        return "string"
    zone = ""
    if values[0].kind == "TIMESTAMP_OFFSET":
        offsets = {v.offset for v in values}
        offset = offsets.pop() if len(offsets) == 1 else 0
        zone = (
            f"[{unit};"
            + (
                "UTC"
                if offset == 0
                else f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
            )
            + "]"
        )
    return f"timestamp{zone or f'[{unit}]'}"


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


def code_width(distinct):
    return 1 if distinct <= 128 else 2 if distinct <= 32768 else 4


def pays(texts, rows):
    """C-60"""
    distinct = set(texts)
    d, b, s = len(distinct), sum(map(len, distinct)), sum(map(len, texts))
    return (
        d <= 65536 and b <= 4 << 20 and rows * code_width(d) + 8 * (d + 1) + b < 8 * (rows + 1) + s
    )


FULL_NAMES = {"bool": "bool8", "date": "date64", "timestamp": "timestamp[us]"}


def first_text(fields, values, data):
    """The line of the first TEXT value."""
    texts = (f.begin for f, v in zip(fields, values) if v is not None and v.kind == "TEXT")
    begin = next(texts, None)
    return None if begin is None else place(data, begin)[0]


def column(name, fields, options, data):
    cells = [cell(f, options) for f in fields]
    type_ = dict(options.types).get(name, "auto")
    line = None
    if type_ not in ("auto", "string", "dictionary"):
        values = [
            None if null or empty else parse(type_, text, options.decimal_comma)
            for text, null, empty in cells
        ]
        return Column(name, FULL_NAMES.get(type_, type_), values)
    if type_ == "auto":
        values = [
            None if null or empty else classify(text, options.decimal_comma)
            for text, null, empty in cells
        ]
        found = resolve([v for v in values if v is not None])
        if found != "string":
            return Column(name, found, [None if v is None else convert(found, v) for v in values])
        line = first_text(fields, values, data)
    texts = [None if null else text.decode() for text, null, _ in cells]
    there = [t.encode() for t in texts if t is not None]
    mode = "always" if type_ == "dictionary" else options.dictionary
    if mode == "always" or (mode == "auto" and pays(there, len(texts))):
        distinct = [t.decode() for t in sorted(set(there))]
        return Column(name, f"dictionary[{8 * code_width(len(distinct))}]", texts, distinct, line)
    return Column(name, "string", texts, None, line)
