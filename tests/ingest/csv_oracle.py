"""Reads CSVs as spec/csv.md says, one character after the other: the oracle for lib/ingest."""

import re
from dataclasses import dataclass, field

from csv_columns import NULL, cell, column, path_column, type_of
from csv_forced import MISFIT, parse
from csv_options import Options
from csv_records import (
    CsvError,
    Reader,
    choose_delimiter,
    footer_begin,
    place,
    skip_lines,
    start_of,
    take_sep,
    trimmed,
)
from csv_values import style_of

__all__ = ["CsvError", "Options", "Table", "read", "read_all"]


@dataclass
class Table:
    columns: list
    rows: int
    rejected: int
    rejects: bytes
    short: int = 0  # records with fewer fields (C-88)
    dropped: int = 0  # extra fields (C-89)


@dataclass
class Input:
    """An input whose header, if there is one, has been read."""

    path: str
    data: bytes
    delimiter: str
    names: list = None  # as in the header; None without one
    begin: int = 0  # of the first record behind the header
    end: int = 0
    width: int = 0  # fields of a record
    extra: bool = False  # its records have an extra field (C-89)
    fields: list = field(default_factory=list)  # of each column of the table: its field, or None

    def records(self, options):
        return Reader(self.data, options, self.delimiter, self.end).records(self.begin)

    def error(self, error):
        return CsvError(error[0], *place(self.data, error[1]), self.path)


# ---- the header of an input (C-11, C-24, C-25, C-86, C-87) ----


def header_of(path, data, at, delimiter, options):
    """The input as its header reads with the delimiter; None if it has no record."""
    records = Reader(data, options, delimiter).records(at)
    header = next((r for r in records if not r.blank(options)), None)
    if header is None:
        return None
    if header.error is not None:
        raise CsvError(header.error[0], *place(data, header.error[1]), path)
    names = [trimmed(f, options).decode() for f in header.fields]
    begin = skip_lines(data, header.end, options.skip_after_header)
    end = footer_begin(data, begin, options.skip_footer)
    return Input(path, data, delimiter, names, begin, end, len(names))


def look_for_delimiter(path, data, at, options):
    """C-10 without `delimiter` and a `sep=` line."""
    name = path.lower().removesuffix(".gz").removesuffix(".zst")
    if name.endswith((".tsv", ".tab")):
        first = next(Reader(data, options, "\t").records(at), None)
        if first is not None and len(first.fields) > 1:
            return "\t"
    return choose_delimiter(data, options, at)


def unique(names):
    return "" not in names and len(set(names)) == len(names)


def fits(names, first, options, own=False):
    """C-95: the header fits the table, for C-25."""
    if names == first:
        return True
    if not unique(names) or not unique(first):
        return False
    if options.union or options.columns:
        return own or bool(set(names) & set(first))
    return set(names) == set(first)


def check_header(names, first, options):
    """C-95, for each input before the next one is read."""
    if names == first:
        return
    same = options.union or options.columns or set(names) == set(first)
    if not unique(names) or not unique(first) or not same:
        raise CsvError("CSV_HEADERS_DIFFER")


def header_or_error(*arguments):
    try:
        return header_of(*arguments), None
    except CsvError as error:
        return None, error


def header_that_fits(path, data, at, first, options):
    """C-25"""
    found, error = header_or_error(path, data, at, first.delimiter, options)
    if error is None and (found is None or fits(found.names, first.names, options)):
        return found
    delimiter = look_for_delimiter(path, data, at, options)
    other, _ = header_or_error(path, data, at, delimiter, options)
    if other is not None and fits(other.names, first.names, options, own=True):
        return other
    if error is not None:
        raise error
    return found


def read_headers(files, options):
    """The inputs that have a record."""
    inputs, separators = [], set()
    for path, data in files:
        sep, at = take_sep(data, start_of(data, options), options)
        separators |= {sep} - {None}
        if len(separators) > 1 and not options.delimiter:
            raise CsvError("CSV_HEADERS_DIFFER")
        if options.delimiter or sep or not inputs:
            delimiter = options.delimiter or sep or look_for_delimiter(path, data, at, options)
            found = header_of(path, data, at, delimiter, options)
        else:
            found = header_that_fits(path, data, at, inputs[0], options)
        if found is not None:
            inputs.append(found)
            check_header(found.names, inputs[0].names, options)
    return inputs


# ---- how inputs fit together (C-95, C-96) ----


def join_by_name(inputs, options):
    """Sets each input's fields; returns the names of the table before C-12."""
    first = inputs[0].names
    if all(i.names == first for i in inputs):
        for each in inputs:
            each.fields = list(range(len(first)))
        return first
    names = []
    for each in inputs:
        names += [n for n in each.names if n not in names]
    if not options.union:
        needed = [names[c] for c in kept(names, options)] if options.columns else names
        if any(not set(needed) <= set(i.names) for i in inputs):
            raise CsvError("CSV_HEADERS_DIFFER")
    for each in inputs:
        each.fields = [each.names.index(n) if n in each.names else None for n in names]
    return names


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


def numbered(entry, names):
    if entry in names:
        return names.index(entry)
    if not re.fullmatch("[1-9][0-9]*", entry) or int(entry) > len(names):
        raise CsvError("NO_COLUMN")
    return int(entry) - 1


def kept(names, options):
    """C-18, C-92: the columns that are kept, as their numbers."""
    chosen = options.columns
    if not chosen:
        return range(len(names))
    if chosen[0] not in names and chosen[0].startswith("!"):
        out = [numbered(entry[1:], names) for entry in chosen]
        found = [i for i in range(len(names)) if i not in out]
    else:
        out = found = [numbered(entry, names) for entry in chosen]
    if len(set(out)) < len(out) or not found:
        raise CsvError("INVALID_ARGUMENT")
    return found


# ---- without a header (C-11, C-13, C-91) ----


def read_headless(files, options):
    """(inputs, names)"""
    starts = [take_sep(data, start_of(data, options), options) for _, data in files]
    if len({sep for sep, _ in starts if sep}) > 1 and not options.delimiter:
        raise CsvError("CSV_HEADERS_DIFFER")
    delimiter = options.delimiter or next((sep for sep, _ in starts if sep), None)
    inputs, first = [], None
    for (path, data), (_, at) in zip(files, starts):
        end = footer_begin(data, at, options.skip_footer)
        each = Input(path, data, delimiter, None, at, end)
        some = next((r for r in Reader(data, options, ",", end).records(at)), None)
        if some is not None:
            inputs.append(each)
        if first is None and some is not None:
            looked = delimiter or look_for_delimiter(path, data, at, options)
            records = Reader(data, options, looked, end).records(at)
            first = next((r for r in records if not r.blank(options)), None)
            delimiter = looked if first is not None else delimiter
    if not inputs:
        raise CsvError("CSV_EMPTY")
    width = len(first.fields) if first is not None else 1
    for each in inputs:
        each.delimiter, each.width, each.fields = delimiter or ",", width, list(range(width))
    names = list(options.names) or [f"column_{i}" for i in range(1, width + 1)]
    if len(names) != width:
        raise CsvError("INVALID_ARGUMENT")
    return inputs, names


# ---- records to rows ----


def find_extra(each, options):
    """C-89"""
    first = next((r for r in each.records(options) if not r.blank(options)), None)
    if first is None or first.comment or len(first.fields) != each.width + 1:
        return False
    return not first.fields[-1].quoted and not trimmed(first.fields[-1], options)


def ragged(record, each, options):
    """C-11, C-88, C-89"""
    n, width = len(record.fields), each.width + each.extra
    if n > width or (n < width and not options.short_records):
        return True
    last = record.fields[-1]
    return each.extra and n == width and (last.quoted or bool(trimmed(last, options)))


def misfit(record, each, columns, options):
    """The leftmost value that does not fit its column's type, or None."""
    found = None
    for name, type_, number in columns:
        at = each.fields[number]
        if at is None or at >= len(record.fields) or type_ in ("auto", "string", "dictionary"):
            continue
        f = record.fields[at]
        text, null, empty = cell(f, options)
        if null or empty or (found is not None and found < f.begin):
            continue
        if parse(type_, text, style_of(options.decimal_comma, options.thousands)) is MISFIT:
            found = f.begin
    return found


class Rows:
    """Takes records until the limit is reached."""

    def __init__(self, columns, options):
        self.columns, self.options = columns, options
        self.left = options.skip_rows
        self.rows, self.refused, self.rejects = [], [], b""
        self.short = self.dropped = self.seen = 0

    def full(self):
        limit = self.options.limit
        return limit is not None and self.left == 0 and len(self.rows) >= limit

    def error_of(self, record, each):
        if record.error is not None:
            return record.error
        if ragged(record, each, self.options):
            return "CSV_RAGGED", record.begin
        if self.left or self.options.null_errors:
            return None
        at = misfit(record, each, self.columns, self.options)
        return None if at is None else ("CSV_VALUE", at)

    def take(self, record, each):
        error = self.error_of(record, each)
        if error is not None:
            if not self.options.skip_errors:
                raise each.error(error)
            self.refused.append((each, record, error))
            return
        self.seen = len(self.refused)
        if self.left:
            self.left -= 1
            return
        n = len(record.fields)
        self.short += n < each.width
        self.dropped += each.extra and n == each.width + 1
        self.rows.append((each, record.fields[: each.width]))

    def finish(self, originals):
        counted = self.refused[: self.seen] if self.full() else self.refused
        if counted and not self.rows:
            raise counted[0][0].error(counted[0][2])
        for each, record, _ in counted:
            data, places = originals.get(each.path, (each.data, range(len(each.data) + 1)))
            self.rejects += data[places[record.begin] : places[record.end]]
        return len(counted)


def field_of(each, fields, number):
    at = each.fields[number]
    return NULL if at is None or at >= len(fields) else fields[at]


def replaced(data):
    """C-94: (the text, the place of each of its bytes in the data).

    Python finds maximal invalid sequences as the rule says.
    """
    text, places, at = b"", [], 0
    while at < len(data):
        try:
            end, bad = at + len(data[at:].decode().encode()), len(data)
        except UnicodeDecodeError as wrong:
            end, bad = at + wrong.start, at + wrong.end
        text += data[at:end]
        places += range(at, end)
        if end < bad:
            text += b"\xef\xbf\xbd"
            places += [end] * 3
        at = bad
    return text, [*places, len(data)]


def read(data, options):
    """Reads one CSV; raises CsvError."""
    return read_all([("in.csv", data)], options)


def read_all(files, options):
    """Reads inputs, pairs of path and bytes, as one table; raises CsvError."""
    for _, data in files:
        start_of(data, options)
    originals = {}
    if options.replace_errors:
        texts = {path: replaced(data) for path, data in files}
        originals = {path: (data, texts[path][1]) for path, data in files}
        files = [(path, texts[path][0]) for path, _ in files]
    if options.headless():
        inputs, names = read_headless(files, options)
    else:
        inputs = read_headers(files, options)
        if not inputs:
            raise CsvError("CSV_EMPTY")
        names = rename(join_by_name(inputs, options))
    order = kept(names, options)
    if not {name for name, _ in options.types} <= set(names):
        raise CsvError("NO_COLUMN")
    columns = [(names[i], type_of(names[i], options), i) for i in order]
    rows = Rows(columns, options)
    for each in inputs:
        each.extra = options.drop_extra and find_extra(each, options)
        for record in each.records(options):
            if rows.full():
                break
            if record.blank(options) and each.width + each.extra > 1:
                continue
            rows.take(record, each)
    rejected = rows.finish(originals)
    made = [
        column(name, [(i, field_of(i, f, number)) for i, f in rows.rows], options)
        for name, _, number in columns
    ]
    if options.file_column:
        made.append(path_column(options.file_column, [i.path for i, _ in rows.rows]))
    return Table(made, len(rows.rows), rejected, rows.rejects, rows.short, rows.dropped)
