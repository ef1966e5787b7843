"""Bytes to records (spec/csv.md, sections 1 and 2), one character after the other."""

import re
from dataclasses import dataclass, field

ORDER = (
    "CSV_UTF8",
    "CSV_NUL",
    "CSV_CARRIAGE_RETURN",
    "CSV_AFTER_QUOTE",
    "CSV_UNCLOSED_QUOTE",
)  # C-2, C-4, C-6, C-7
SEP = re.compile(rb"(?:sep|SEP)=([,\t;| :^])")
CANDIDATES = b",\t;|"


class CsvError(Exception):
    """The answer of C-16: rule and place."""

    def __init__(self, code, line=None, column=None, path=None):
        super().__init__(f"{code} at {line}:{column} of {path}")
        self.code, self.line, self.column, self.path = code, line, column, path

    def __reduce__(self):
        return CsvError, (self.code, self.line, self.column, self.path)


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
    escaped: bool = False  # it has an escape

    def blank(self, options):
        """C-8, C-23, C-85"""
        if len(self.fields) != 1 or self.fields[0].quoted or self.escaped:
            return False
        return not trimmed(self.fields[0], options)


def trimmed(f, options):
    """C-23"""
    return f.text.strip(b" \t") if options.trim and not f.quoted else f.text


# ---- records (C-6 … C-9, C-17, C-85, C-90) ----


class Reader:
    """Reads data[at, end). A delimiter of None is none."""

    def __init__(self, data, options, delimiter, end=None):
        self.data = data if end is None else data[:end]
        self.options = options
        self.delimiter = -1 if delimiter is None else ord(delimiter)
        self.comment = ord(options.comment) if options.comment else None
        self.escape = ord(options.escape) if options.escape else None
        escape = re.escape(options.escape.encode())
        ends = rb"\n\r" + escape + (b"" if delimiter is None else re.escape(delimiter.encode()))
        self.plain = re.compile(rb"[^" + ends + b"]*")
        self.quotable = re.compile(rb'[^"' + escape + b"]*")

    def error(self, record, code, position):
        """C-16: the first byte; of two rules that the same byte breaks, the one it names first."""
        found = [(position, ORDER.index(code))]
        if record.error is not None:
            found.append((record.error[1], ORDER.index(record.error[0])))
        position, rank = min(found)
        record.error = (ORDER[rank], position)

    def at_escape(self, record, at):
        """(the text, the place behind it) of an escape; None if there is none, or it is text."""
        data = self.data
        if self.escape is None or at >= len(data) or data[at] != self.escape:
            return None
        record.escaped = True
        if data[at + 1 : at + 3] == b"\r\n":
            return b"\r\n", at + 3
        if at + 1 < len(data) and data[at + 1] in (self.delimiter, 34, 10, self.escape):
            return data[at + 1 : at + 2], at + 2
        return None

    def quoted(self, record, at):
        """Returns the text of the field whose opening quote is at `at`, and the place after it."""
        data, text, opening = self.data, bytearray(), at
        at += 1
        while at < len(data):
            escaped = self.at_escape(record, at)
            if escaped:
                text += escaped[0]
                at = escaped[1]
            elif data[at] != 34:
                end = self.quotable.match(data, at + 1).end()
                text += data[at:end]
                at = end
            elif data[at + 1 : at + 2] == b'"':
                text += b'"'
                at += 2
            else:
                return bytes(text), at + 1
        self.error(record, "CSV_UNCLOSED_QUOTE", opening)
        return bytes(text), at

    def literal(self, record, at, code):
        """Reads text to the field's end. A first byte that is not allowed is the error `code`."""
        data, text = self.data, bytearray()
        while at < len(data) and data[at] not in (self.delimiter, 10):
            escaped = self.at_escape(record, at)
            if data[at] == 13:
                if data[at + 1 : at + 2] == b"\n":
                    break
                self.error(record, "CSV_CARRIAGE_RETURN", at)
            elif code:
                self.error(record, code, at)
            code = None
            end = escaped[1] if escaped else self.plain.match(data, at + 1).end()
            text += escaped[0] if escaped else data[at:end]
            at = end
        return bytes(text), at

    def opening(self, at):
        """The place of the quote that opens the field at `at`, or -1 (C-7, C-90)."""
        while (
            self.options.trim
            and self.data[at : at + 1] in (b" ", b"\t")
            and self.data[at] != self.delimiter
        ):
            at += 1
        return at if self.data[at : at + 1] == b'"' else -1

    def record(self, at):
        data, record = self.data, Record(at)
        while True:
            begin, quote = at, self.opening(at)
            if quote >= 0:
                text, at = self.quoted(record, quote)
                rest, at = self.literal(record, at, "CSV_AFTER_QUOTE")
                record.fields.append(Field(begin, text + rest, True))
            else:
                text, at = self.literal(record, at, None)
                record.fields.append(Field(begin, text, False))
            if at < len(data) and data[at] == self.delimiter:
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


# ---- lines that are dropped, places ----


def place(data, position):
    """C-16: lines count LFs, columns count characters."""
    line_start = data.rfind(b"\n", 0, position) + 1
    before = data[line_start:position].decode("utf-8", "replace")
    if line_start == 0 and before.startswith("\ufeff"):
        before = before[1:]
    return data.count(b"\n", 0, position) + 1, len(before) + 1


def skip_lines(data, at, count):
    for _ in range(count):
        end = data.find(b"\n", at)
        at = len(data) if end < 0 else end + 1
    return at


def footer_begin(data, at, count):
    """C-87: the end of the text, of which the last lines behind `at` are dropped."""
    begins = [at] if at < len(data) else []
    begins += [i + 1 for i in range(at, len(data) - 1) if data[i] == 10]
    return len(data) if count == 0 else ([at] + begins)[max(0, len(begins) + 1 - count)]


def start_of(data, options):
    """C-2, C-3, C-5"""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:2]:
        raise CsvError("CSV_UTF16")
    return skip_lines(data, 3 if data.startswith(b"\xef\xbb\xbf") else 0, options.skip_lines)


def take_sep(data, at, options):
    """C-24: (the delimiter or None, the place behind the line)"""
    end = data.find(b"\n", at)
    line = data[at : len(data) if end < 0 else end].removesuffix(b"\r" if end >= 0 else b"")
    if len(line) >= 2 and line[:1] == line[-1:] == b'"':
        line = line[1:-1]
    match = SEP.fullmatch(line)
    if not match or match[1].decode() in (options.comment, options.escape):
        return None, at
    return match[1].decode(), len(data) if end < 0 else end + 1


# ---- the delimiter (C-10) ----


class Counter:
    """Counts each candidate in each of the first 64 records."""

    def __init__(self, data, options, at):
        self.data, self.options = data, options
        self.limit = min(len(data), at + (1 << 20))
        self.comment = ord(options.comment) if options.comment else None
        self.escape = ord(options.escape) if options.escape else None

    def escaped(self, at):
        """The bytes of an escape that makes text, else 0 (C-85)."""
        if self.escape is None or self.data[at] != self.escape:
            return 0
        if self.data[at + 1 : at + 3] == b"\r\n":
            return 3
        following = self.data[at + 1 : at + 2]
        return 2 if following and following[0] in CANDIDATES + b'"\n' + bytes([self.escape]) else 0

    def record(self, at):
        """(counts or None for what is not counted, the place behind it, if it is whole)"""
        data, begin = self.data, at
        if data[at] == self.comment:
            end = data.find(b"\n", at, self.limit) + 1
            return None, end or self.limit, bool(end)
        counts, quoted, start = dict.fromkeys(CANDIDATES, 0), False, "field"
        while at < self.limit:
            step, byte = self.escaped(at), data[at]
            if step:
                at, start = at + step, None
                continue
            at += 1
            if quoted:
                quoted = byte != 34
                start = None if quoted else "closed"
            elif byte == 10:
                blank = data[begin : at - 1].removesuffix(b"\r")
                blank = blank.strip(b" ") if self.options.trim else blank
                return list(counts.values()) if blank else None, at, True
            elif byte in CANDIDATES:
                counts[byte] += 1
                start = "field"
            elif byte == 34 and start:
                quoted = True
            elif start != "field" or not self.options.trim or byte != 32:
                start = None
        blank = data[begin:at].removesuffix(b"\r")
        blank = blank.strip(b" ") if self.options.trim else blank
        return list(counts.values()) if blank else None, at, at == len(data)

    def records(self, at):
        found = []
        while at < self.limit and len(found) < 64:
            counts, end, whole = self.record(at)
            if counts is not None and (whole or not found):
                found.append(counts)
                if len(found) == 1:
                    end = skip_lines(self.data, end, self.options.skip_after_header)
            at = end
        return found


def steps(columns):
    """The candidates that meet each of the steps, of counts by candidate."""
    yield [c for c, n in columns.items() if n[0] >= 2 and len(set(n)) == 1]
    yield [c for c, n in columns.items() if set(n) == {1}]
    yield [c for c, n in columns.items() if n[0] >= 2 and 2 * n.count(n[0]) > len(n)]


def find_delimiter(records, options):
    """C-10, of the counts; None if nothing decides."""
    columns = {chr(c): [r[i] for r in records] for i, c in enumerate(CANDIDATES)}
    columns = {c: n for c, n in columns.items() if n and c not in (options.comment, options.escape)}
    comma = columns.pop(",", None) if options.decimal_comma else None
    for met in steps(columns):
        if met:
            return met[0] if len(met) == 1 else None
    if comma and comma[0] >= 2 and len(set(comma)) == 1:
        return ","
    return None


def choose_delimiter(data, options, at):
    """C-10 for one input that has no `sep=` line."""
    first = Counter(data, options, at).record(at)[1] if at < len(data) else at
    end = max(first, footer_begin(data, at, options.skip_footer)) if options.skip_footer else None
    found = find_delimiter(Counter(data[:end], options, at).records(at), options)
    return found or (";" if options.decimal_comma else ",")
