"""CSV into a file: shmcol-pack in this process."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from . import _errors, _shmcol
from ._schema import UNITS
from ._write import _level, _modes, _pairs

Path = str | os.PathLike[str]


class PackedColumn(NamedTuple):
    """One column as pack() made it."""

    name: str
    type: str
    nulls: int
    distinct: int
    stored_bytes: int
    forced: bool
    reason: str
    range: str


class PackReport(NamedTuple):
    """What pack() did. `warnings` are one line each; `rejected` counts the records that
    on_error="skip" left out; `threads` were used, fewer than asked for where the memory has no room."""

    rows: int
    rejected: int
    columns: tuple[PackedColumn, ...]
    warnings: tuple[str, ...]
    bytes_in: int
    bytes_out: int
    seconds: float
    delimiter: str
    id: str
    threads: int


# fmt: off
def pack(
    csv: Path | Iterable[Path], path: Path | None = None, *, delimiter: str | None = None, quote: str | None = '"', header: bool = True,
    skip_lines: int = 0, comment: str | None = None, trim: bool = False, decimal_comma: bool = False, encoding: str | None = None,
    null: str | Iterable[str] | Mapping[str, str] = (), types: str | Mapping[str, str] | None = None,
    columns: Iterable[str] | None = None, dictionary: Any = None, on_error: Literal["stop", "skip"] = "stop",
    rejects: Path | None = None, overwrite: bool = False, sync: bool = True, dry_run: bool = False,
    metadata: Mapping[str | bytes, str | bytes] | None = None, zstd: int | bool | None = None,
    threads: int = 0, memory: int = 0, window: int = 0, progress: Any = None,
) -> PackReport:
    """Converts a CSV (.gz and .zst too, "-": standard input), or several with the same header, into one file; types are found over all
    values.

    path           the output; without one the input's name with .shmcol for .csv (.tsv, .txt, and .gz or .zst after it), beside it
    delimiter      None: found among , tab ; and |
    quote          None: quotes are ordinary characters
    header         False: the first record is data, columns are called column_1 ...
    skip_lines, comment   for files with a preamble
    trim           removes spaces around values
    decimal_comma  1.234,5 is a number
    encoding       None: UTF-8; else a name that iconv knows
    null           tokens that mean null, for all columns; or {column: token}
    types          "name=type,glob*=type" or a dict of those; a value that does not fit is an error with its place
    columns        the names to keep, in this order
    dictionary     which string columns become dictionaries: "auto" (where that is smaller: the default), "always", "never", {column: one
                   of these}
    on_error       "skip" leaves records that are not valid out; rejects=FILE keeps them verbatim
    overwrite      replaces an existing file, atomically
    dry_run        writes nothing: the report says what would be done, and why
    metadata       key and value pairs of the table
    zstd           True or a level: small at rest (see open)
    threads, memory, window    0: as many as the process may use; 256 MiB; chosen
    progress       called as progress(bytes done, bytes in all; 0: not known); or an object like tqdm's, with update(n) and total

    Other Python threads run meanwhile. An exception of `progress`, or Ctrl-C, ends it and leaves nothing behind. CsvError says file, line
    and column of what is wrong.
    """
    inputs = [csv] if isinstance(csv, (str, os.PathLike)) else list(csv)
    if path is None and not dry_run:
        path = _beside(inputs)
    arguments = (
        tuple(_file(each) for each in inputs), None if path is None else _file(path), _one("delimiter", delimiter), _one("quote", quote),
        quote is None, not header, skip_lines, _one("comment", comment), trim, decimal_comma, encoding, _nulls(null), _types(types),
        None if columns is None else tuple(columns), _modes(dictionary), on_error == "skip", None if rejects is None else _file(rejects),
        overwrite, not sync, dry_run, _pairs(metadata), threads, memory, window, _level(zstd), _progress(progress),
    )
    try:
        return _report(_shmcol.pack(*arguments))
    except _errors.Error as error:
        _say_in_python(error)
        raise
# fmt: on


def _say_in_python(error: _errors.Error) -> None:
    """The library's hints name the options of shmcol-pack."""
    said = re.sub(r"--([a-z]+)(-[a-z]+)?", lambda option: option[1] + (option[2] or "").replace("-", "_"), error.hint)
    error.args = (str(error).replace(error.hint, said) if error.hint else str(error),)
    error.hint = said


def _file(path: Path) -> bytes:
    raw = os.fsencode(path)
    if b"\0" in raw:
        raise ValueError("embedded null byte")
    return raw


def _beside(inputs: list[Path]) -> str:
    if len(inputs) != 1 or os.fspath(inputs[0]) == "-":
        raise ValueError("where should it go? Give the output's path")
    name = os.fspath(inputs[0])
    for endings in ((".gz", ".zst"), (".csv", ".tsv", ".txt")):
        name = next((name[: -len(ending)] for ending in endings if name.endswith(ending)), name)
    return name + ".shmcol"


def _one(option: str, character: str | None) -> int:
    if character is None:
        return 0
    if len(character.encode()) != 1:
        raise ValueError(f"{option} is one ASCII character, not {character!r}")
    return ord(character)


def _nulls(null: Any) -> tuple[str, ...]:
    if isinstance(null, str):
        return (null,)
    if isinstance(null, Mapping):
        return tuple(_null(name, token) for name, token in null.items())
    return tuple(null)


def _null(name: str, token: str) -> str:
    """A name that holds a sign is quoted (C-22)."""
    if "=" in name or name.startswith('"'):
        name = '"' + name.replace('"', '""') + '"'
    return f"{name}={token}"


def _types(types: Any) -> str | None:
    if types is None or isinstance(types, str):
        return types
    return ",".join(f"{name}={kind}" for name, kind in types.items())


def _progress(progress: Any) -> Callable[[int, int], object] | None:
    """A callable of (done, total) from that or from a progress bar."""
    if progress is None or not hasattr(progress, "update"):
        if progress is not None and not callable(progress):
            raise TypeError("progress is a callable, or has update(n) as tqdm's bars have")
        return progress  # type: ignore[no-any-return]
    last = 0

    def call(done: int, total: int) -> None:
        nonlocal last
        if total and progress.total != total:
            progress.total = total
        if done > last:
            progress.update(done - last)
            last = done

    return call


def _report(made: dict[str, Any]) -> PackReport:
    columns = []
    for column in made.pop("columns"):
        unit, zone, kind = UNITS[column.pop("unit")], column.pop("zone"), column["type"]
        if kind in ("timestamp", "duration", "time32", "time64"):
            column["type"] = f"{kind}[{unit}{', ' + zone if zone else ''}]"
        columns.append(PackedColumn(**column))
    identity = made.pop("file_id").hex()
    return PackReport(columns=tuple(columns), warnings=tuple(made.pop("warnings")), id=identity, **made)
