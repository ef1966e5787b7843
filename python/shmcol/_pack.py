"""CSV into a file: shmcol-pack in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO, Literal, NamedTuple

from . import _arguments, _errors, _shmcol
from ._append import AppendReport, append_options, report_of
from ._arguments import U32, Path, flag, integer
from ._inputs import Inputs
from ._schema import UNITS, type_text
from ._table import Table


class PackedColumn(NamedTuple):
    """One column as pack() made it."""

    name: str
    type: str
    nulls: int
    misfits: int
    distinct: int
    stored_bytes: int
    forced: bool
    reason: str
    range: str


class PackReport(NamedTuple):
    """The report of pack().

    warnings       one line each
    rejected       records that on_error="skip" left out
    replaced       invalid sequences that "replace" made U+FFFD; `misfits` of a column are values
                   that "null" made null
    short_records  records that short_records="null" filled
    extra_fields   fields that drop_extra dropped
    delimiter      "" for none; delimiter_source says where it comes from
    threads        those that were used: fewer than asked for where the memory has no room
    appended       of pack(append=): what was added to the table
    """

    rows: int
    rejected: int
    replaced: int
    columns: tuple[PackedColumn, ...]
    warnings: tuple[str, ...]
    bytes_in: int
    bytes_out: int
    seconds: float
    delimiter: str
    id: str
    threads: int
    delimiter_source: str
    short_records: int
    extra_fields: int
    appended: AppendReport | None = None


def pack(
    csv: Path | BinaryIO | Iterable[Path | BinaryIO],
    path: Path | None = None,
    *,
    delimiter: str | None = None,
    quote: str | None = '"',
    escape: str | None = None,
    header: bool = True,
    names: Iterable[str] | None = None,
    skip_lines: int = 0,
    skip_after_header: int = 0,
    skip_footer: int = 0,
    skip_rows: int = 0,
    limit: int | None = None,
    comment: str | None = None,
    trim: bool = False,
    decimal_comma: bool = False,
    thousands: str | None = None,
    encoding: str | None = None,
    null: str | Iterable[str] | Mapping[str, str | Iterable[str]] = (),
    types: str | Mapping[str, str] | None = None,
    date_format: str | Iterable[str] = (),
    timestamp_format: str | Iterable[str] = (),
    true_words: str | Iterable[str] = (),
    false_words: str | Iterable[str] = (),
    columns: Iterable[str | int] | None = None,
    dictionary: Any = None,
    union: bool = False,
    short_records: Literal["error", "null"] = "error",
    drop_extra: bool = False,
    file_column: str | None = None,
    types_from: Path | Table | None = None,
    on_error: str | Iterable[str] = "stop",
    rejects: Path | None = None,
    overwrite: bool = False,
    sync: bool = True,
    dry_run: bool = False,
    metadata: Mapping[str | bytes, str | bytes] | None = None,
    zstd: int | bool | None = None,
    threads: int = 0,
    memory: int = 0,
    window: int = 0,
    progress: Any = None,
    append: Path | None = None,
    token: str | None = None,
    wait: bool = True,
    part_rows: int = 0,
    min_part_rows: int = 0,
) -> PackReport:
    """Converts a CSV file (.gz and .zst too; "-": standard input), or several, whose columns are
    matched by name, into one file. Types are found over all values.

    path           the output. Without it the input's name with .shmcol for .csv, .tsv or .txt (and
                   .gz or .zst after it), in the same directory

    Columns and types:
    columns        the names to keep, in this order, or places from 1; all with a "!" before
                   it: all columns but these
    types          "name=type,glob*=type", or a dict of name or glob to type; a value that does not
                   fit is an error with its place. In a dict a name may have any character. A type
                   may carry its form: "date[%d/%m/%Y]", "timestamp[s;UTC;%d.%m.%Y %H:%M]",
                   "timestamp[ms;;epoch]", "time", "bool[yes,y|no,n]", "float64[$,]", "uint64[hex]";
                   "list[int32]" reads fields that are JSON arrays, as [1,2,3]
    types_from     a shmcol file, or a table of one, whose columns say names, types and order;
                   `types` overrides single ones
    dictionary     which string columns become dictionaries: "auto" (the default: where that is
                   smaller), "always", "never", or a dict of a column's name to one of these

    How values are written:
    date_format, timestamp_format    a form, or several, as "%d/%m/%Y": a column of which every
                   value matches one is of that type
    true_words, false_words    the words for true and for false, as "yes" and "no": a column of
                   these words is one of bool
    null           a token that means null, or several, for all columns ("NAME=TOKEN": for the
                   column of that name); or a dict of a column's name to its token or tokens
    trim           removes spaces around values
    decimal_comma  1234,5 and 1.234,5 are numbers
    thousands      "," (or ".", "'", "space", "nbsp" ...): 1,234 and 1,234.5 are numbers

    How the text is written:
    delimiter      None: that of a sep= line, or found among , tab ; and |; "none": every line is
                   one value
    quote          None: quotes are ordinary characters
    escape         "\\\\": a backslash makes a delimiter, a quote, a line end or itself text
    comment        lines that begin with this character are skipped
    encoding       None: UTF-8; else a name that iconv knows
    header         False: the first record is data, and columns are called column_1 ...
    names          the names of the columns; the first record is data
    skip_lines     so many first lines are skipped
    skip_after_header, skip_footer    so many lines behind the header, as units, and so many at the
                   end of each input, as totals, are skipped
    skip_rows      so many records behind the header are left out
    limit          at most so many records are kept, and no more is read

    Several inputs:
    union          columns that an input lacks are null in its records
    file_column    the name of a last column that has the path of each record's input

    Records that are not valid:
    short_records  "null": fields that are missing at the end of a record are null
    drop_extra     drops an empty field that all records have behind the last column
    on_error       "stop", or some of these, as "skip,null" or ("skip", "null"): "skip" leaves out
                   records that are not valid, and rejects=FILE keeps them verbatim; "null" reads
                   values that do not fit their `types` as null; "replace" reads bytes that are no
                   text as U+FFFD

    Output and resources:
    overwrite      replaces an existing file, atomically
    sync           False: does not wait for the disk
    dry_run        writes nothing: the report has the types that would be decided, and why
    metadata       key and value pairs of the table
    zstd           True or a level: small at rest (see open)
    threads, memory, window    0: as many as the process may use; 256 MiB; chosen
    progress       a callable of (bytes done, bytes in all; 0: not known), or an object like tqdm's
                   bars, with update(n) and total

    A table that grows:
    append         a directory instead of path: adds the rows to the table in it, with its types
                   (`types` and `dictionary` are for the first append); see append() for this and
                   for token, wait, part_rows and min_part_rows

    A file object that is open for reading bytes is an input, too: it is read to its end into a
    temporary file first. Then path is needed.

    Other Python threads run meanwhile. An exception of `progress`, or Ctrl-C, ends the conversion
    and leaves nothing behind. A CsvError names file, line and column.
    """
    options = _options(locals())
    added = _added(locals())
    call = _arguments.progress(progress)
    inputs = Inputs(csv)
    try:
        if inputs.names and file_column is not None:
            raise _arguments.wrong("file_column needs paths: a file object has none")
        paths = tuple(os.fsencode(each) for each in inputs.paths)
        if append is None:
            output = _output(inputs, path, dry_run)
            return _report(_shmcol.pack(paths, output, options, call), inputs)
        output = os.fsencode(_arguments.path("append", append))
        return _report(_shmcol.pack(paths, output, options, call, added), inputs)
    except _errors.Error as error:
        inputs.name_in(error)
        raise
    finally:
        inputs.close()


def _added(given: dict[str, Any]) -> Any:
    """The options of an append, checked; None if there is none."""
    of_append = {"token": None, "wait": True, "part_rows": 0, "min_part_rows": 0}
    if given["append"] is None:
        for name, default in of_append.items():
            if given[name] is not default:
                raise _arguments.wrong(f"{name} is for pack(append=)")
        return None
    for name in ("path", "overwrite", "dry_run", "zstd"):
        if given[name] not in (None, False):
            raise _arguments.wrong(f"{name} has no meaning with append=")
    token, wait, part_rows, min_part_rows = (given[name] for name in of_append)
    memory, threads, metadata = given["memory"], given["threads"], given["metadata"]
    return append_options(
        token, wait, given["sync"], part_rows, min_part_rows, memory, threads, metadata
    )


def _output(inputs: Inputs, path: Any, dry_run: bool) -> bytes | None:
    """The path of the output; None for a dry run without one."""
    if path is not None:
        return os.fsencode(_arguments.path("path", path))
    return None if dry_run else os.fsencode(_beside(inputs))


# In the order of shmcol_delimiter_source.
_DELIMITER_SOURCES = (
    "named",
    "sep= line",
    "file name",
    "several in each record",
    "one in each record",
    "several in most records",
    "default",
)
_SHORT = ("error", "null")  # in the order of shmcol_short_records
_ON_ERROR = {"stop": 0, "skip": 1, "null": 2, "replace": 4}  # SHMCOL_ON_ERROR_ flags


def _options(given: dict[str, Any]) -> dict[str, object]:
    """The arguments of pack(), checked, by their names in struct shmcol_csv_options."""

    def of(check: Callable[[str, Any], Any], name: str) -> Any:
        return check(name, given[name])

    def unless_none(check: Callable[[str, Any], Any], name: str) -> Any:
        return None if given[name] is None else of(check, name)

    nulls, null_pairs = _nulls(given["null"])
    types, type_pairs = _types(given["types"])
    columns = given["columns"]
    if columns is not None:
        columns = _columns(columns)
    names = given["names"]
    if names is not None:
        names = _arguments.names("names", names, ordered=True)
    limit = unless_none(integer, "limit")
    rejects = unless_none(_arguments.path, "rejects")
    types_from = unless_none(_path_of_types, "types_from")
    return {
        "delimiter": 0 if given["delimiter"] == "none" else of(_one, "delimiter"),
        "no_delimiter": given["delimiter"] == "none",
        "quote": of(_one, "quote"),
        "escape": of(_one, "escape"),
        "no_quote": given["quote"] is None,
        "no_header": not of(flag, "header"),
        "names": names,
        "skip_lines": of(integer, "skip_lines"),
        "skip_after_header": of(integer, "skip_after_header"),
        "skip_footer": of(integer, "skip_footer"),
        "skip_rows": of(integer, "skip_rows"),
        "has_limit": limit is not None,
        "limit": limit,
        "comment": of(_one, "comment"),
        "trim": of(flag, "trim"),
        "decimal_comma": of(flag, "decimal_comma"),
        "thousands": unless_none(_arguments.text, "thousands"),
        "encoding": unless_none(_arguments.text, "encoding"),
        "nulls": nulls,
        "null_pairs": null_pairs,
        "types": types,
        "type_pairs": type_pairs,
        "date_formats": of(_arguments.texts, "date_format"),
        "timestamp_formats": of(_arguments.texts, "timestamp_format"),
        "true_words": of(_arguments.texts, "true_words"),
        "false_words": of(_arguments.texts, "false_words"),
        "columns": columns,
        "dictionary": _arguments.modes(given["dictionary"]),
        "on_error": _on_error(given["on_error"]),
        "rejects": None if rejects is None else os.fsencode(rejects),
        "overwrite": of(flag, "overwrite"),
        "no_sync": not of(flag, "sync"),
        "dry_run": of(flag, "dry_run"),
        "metadata": _arguments.pairs(given["metadata"]),
        "threads": integer("threads", given["threads"], most=U32),
        "memory": of(integer, "memory"),
        "window": of(integer, "window"),
        "zstd_level": _arguments.level(given["zstd"]),
        "union_columns": of(flag, "union"),
        "short_records": _SHORT.index(
            _arguments.word("short_records", given["short_records"], _SHORT)
        ),
        "drop_extra": of(flag, "drop_extra"),
        "file_column": unless_none(_arguments.text, "file_column"),
        "types_from": None if types_from is None else os.fsencode(types_from),
    }


def _path_of_types(option: str, given: Any) -> str:
    """The path of a shmcol file, which a table may stand for. Its rows play no part."""
    if not isinstance(given, Table):
        return _arguments.path(option, given)
    if given._only is not None:
        raise _arguments.wrong(f"{option} is a table of chosen columns; give one of all columns")
    return given.path


def _on_error(answers: Any) -> int:
    """The flags of "skip", of "skip,null" or of several such words."""
    given = (
        answers.split(",") if isinstance(answers, str) else _arguments.names("on_error", answers)
    )
    words = [_arguments.word("on_error", each, tuple(_ON_ERROR)) for each in given]
    if not words or len(set(words)) > 1 and "stop" in words:
        raise _arguments.wrong('on_error is "stop" alone, or some of "skip", "null", "replace"')
    return sum(_ON_ERROR[each] for each in set(words))


def _beside(inputs: Inputs) -> str:
    if len(inputs.paths) != 1 or inputs.paths[0] == "-" or inputs.names:
        raise _arguments.wrong("where should it go? Give the output's path")
    name = inputs.paths[0]
    for endings in ((".gz", ".zst"), (".csv", ".tsv", ".txt")):
        name = next((name[: -len(ending)] for ending in endings if name.endswith(ending)), name)
    return name + ".shmcol"


def _one(option: str, character: Any) -> int:
    """The byte of a character that is an option; 0 for None."""
    if character is None:
        return 0
    raw = _arguments.utf8(option, character)
    if len(raw) != 1 or raw == b"\0":
        raise _arguments.wrong(f"{option} is one ASCII character, not {character!r}")
    return raw[0]


_Pairs = tuple[tuple[bytes, bytes], ...]


def _nulls(null: Any) -> tuple[tuple[str, ...], _Pairs]:
    """(tokens, which may be for all columns; pairs of a column and its token)"""
    if isinstance(null, str):
        return (_arguments.text("null", null),), ()
    if not isinstance(null, Mapping):
        return _arguments.names("null", null), ()
    pairs = []
    for name, tokens in _arguments.mapping("null", null).items():
        what = f"null[{name!r}]"
        for token in (tokens,) if isinstance(tokens, str) else _arguments.names(what, tokens):
            pairs.append((name.encode(), _arguments.text(what, token).encode()))
    return (), tuple(pairs)


def _types(types: Any) -> tuple[str | None, _Pairs]:
    """(the list as text; pairs of a column or glob and its type)"""
    if types is None or isinstance(types, str):
        return None if types is None else _arguments.text("types", types), ()
    pairs = []
    for name, kind in _arguments.mapping("types", types).items():
        pairs.append((name.encode(), _arguments.text(f"types[{name!r}]", kind).encode()))
    return None, tuple(pairs)


def _columns(columns: Any) -> tuple[str, ...]:
    """The entries of a list of columns; places are written as numbers."""
    if isinstance(columns, (str, bytes)) or not isinstance(columns, Iterable):
        return _arguments.names("columns", columns, ordered=True)
    whole = isinstance(columns, (Mapping, set, frozenset))
    entries = (
        columns
        if whole
        else [
            str(each) if hasattr(each, "__index__") and not isinstance(each, bool) else each
            for each in columns
        ]
    )
    return _arguments.names("columns", entries, ordered=True)


def _report(made: dict[str, Any], inputs: Inputs) -> PackReport:
    columns = []
    for column in made.pop("columns"):
        unit, zone, element = UNITS[column.pop("unit")], column.pop("zone"), column.pop("element")
        precision, scale = column.pop("precision"), column.pop("scale")
        kind = type_text(element or column["type"], unit, zone, precision, scale)
        column["type"] = f"list[{kind}]" if element else kind
        column["reason"] = inputs.named(column["reason"])
        columns.append(PackedColumn(**column))
    identity = made.pop("file_id").hex()
    made["delimiter_source"] = _DELIMITER_SOURCES[made["delimiter_source"]]
    warnings = tuple(_errors.in_python(inputs.named(line)) for line in made.pop("warnings"))
    if "appended" in made:
        made["appended"] = report_of(made["appended"])
    return PackReport(columns=tuple(columns), warnings=warnings, id=identity, **made)
