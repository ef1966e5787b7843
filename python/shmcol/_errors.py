"""Errors as exceptions: each is a shmcol.Error and, where there is one, also Python's own kind."""

from __future__ import annotations

import errno as _errno
import re
from typing import Any

_OK, _DATA, _USAGE, _SYSTEM, _UNSUPPORTED = range(5)


class Error(Exception):
    """Something that shmcol refused or could not do. `str(error)` is the whole story in one line.

    code      number of the status (frozen: the same in C and in every version)
    status    its name: "OFFSETS", "CSV_RAGGED", "NO_COLUMN" ...
    path      the file, or None
    message   the problem; `hint` the remedy ("" where there is none to name)
    column    index of the column in the table, `row` of the row, both from 0; None where they do
              not apply. In a CsvError `line` is the line from 1 and `column` the character in it,
              from 1
    byte      offset in the file
    rule      the requirement that was broken, as in spec/: "F-36", "C-12"
    problems  Table.verify: all that was found, this one first
    """

    code: int = 0
    status: str = ""
    path: str | None = None
    message: str = ""
    hint: str = ""
    column: int | None = None
    row: int | None = None
    line: int | None = None
    byte: int | None = None
    rule: str = ""
    problems: tuple[Error, ...] = ()

    def __init__(self, *args: Any, **places: Any) -> None:
        super().__init__(*args)
        self.__dict__.update(places)

    def __str__(self) -> str:
        return str(self.args[0]) if len(self.args) == 1 else super().__str__()

    def __reduce__(self) -> tuple[Any, ...]:  # exceptions cross processes, too
        return _remake, (type(self), super().__reduce__()[1], self.__dict__)


class FormatError(Error, ValueError):
    """A file is not a valid shmcol file, is damaged, or is of a later version."""


class CsvError(Error, ValueError):
    """A CSV that cannot become a table: `path`, `line`, `column`, `byte` say where."""


class DataError(Error, ValueError):
    """The data to be written breaks a rule: a value, a name, a limit, an Arrow array."""


class UnsupportedTypeError(DataError, TypeError):
    """A type that shmcol does not have; the message names the column."""


class ColumnError(Error, KeyError):
    """No column of that name; the message names near misses."""


class UsageError(Error, ValueError):
    """An option or an argument that is not right."""


class ArgumentTypeError(UsageError, TypeError):
    """An argument of a type that the function does not take; the message names it."""


class OutOfRange(UsageError, IndexError):
    """A row or a zone that is not there."""


class PopulateError(UsageError):
    """An error of a table that is being populated. `status` is "TAKEN" (rows are held, or filled
    already), "NOT_FILLED" (rows are not filled), both with `row`, the first of them; or "GONE" (the
    table was committed or given up, or its creator has died)."""


class CopyError(Error, ValueError):
    """copy="never", but the call needs a copy. The message names the column, the reason, and a way
    without one."""


class FileError(Error, OSError):
    """The system refused: `errno`, `strerror` and `filename` are set, as in any OSError."""

    def __init__(self, *args: Any, **places: Any) -> None:
        Error.__init__(self, *args, **places)


class FileReplacedError(FileError):
    """The path of a pickled table, or of one that grows, names another file or table now."""


class FileLocked(FileError, BlockingIOError):
    """Another process appends to the table, and wait=False."""


class AppendedNotSynced(FileError):
    """The rows are in the table: do not append them again. The directory could not be synced, so
    that a power cut may take them away."""


class FileMissing(FileError, FileNotFoundError):
    """There is no such file."""


class FileExists(FileError, FileExistsError):
    """The output exists; overwrite=True replaces it."""


class FileDenied(FileError, PermissionError):
    """The system does not allow it."""


class FileIsDirectory(FileError, IsADirectoryError):
    """A directory where a file should be."""


class OutOfMemory(Error, MemoryError):
    """No memory, or more than the bound that was set."""


for _class in [*locals().values()]:
    if isinstance(_class, type) and issubclass(_class, Error):
        _class.__module__ = "shmcol"  # where users find them

_BY_ERRNO: dict[int, type[FileError]] = {
    _errno.ENOENT: FileMissing,
    _errno.EEXIST: FileExists,
    _errno.EACCES: FileDenied,
    _errno.EPERM: FileDenied,
    _errno.EISDIR: FileIsDirectory,
}
_BY_STATUS: dict[str, type[Error]] = {
    "NO_COLUMN": ColumnError,
    "OUT_OF_RANGE": OutOfRange,
    "NO_MEMORY": OutOfMemory,
    "MEMORY_BOUND": OutOfMemory,
    "TYPE_UNSUPPORTED": UnsupportedTypeError,
    "EXISTS": FileExists,
    "SAME_FILE": FileError,
    "TAKEN": PopulateError,
    "NOT_FILLED": PopulateError,
    "GONE": PopulateError,
    "FILE_REPLACED": FileReplacedError,
    "LOCKED": FileLocked,
    "APPENDED_NOT_SYNCED": AppendedNotSynced,
    "NO_TABLE": FileMissing,
}

_ERRNO = {"EXISTS": _errno.EEXIST, "NO_TABLE": _errno.ENOENT, "LOCKED": _errno.EWOULDBLOCK}


def _class_of(code: int, kind: int, status: str, number: int) -> type[Error]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if code >= 100:  # also CSV_FIELD_SIZE, which is a limit of memory
        return CsvError
    if kind == _SYSTEM:
        return _BY_ERRNO.get(number, FileError)
    if 40 <= code < 80:
        return FormatError
    if 80 <= code < 100:
        return DataError
    return UsageError


def _remake(made: type[Error], args: tuple[Any, ...], places: dict[str, Any]) -> Error:
    error = made(*args)  # OutOfMemory.__new__ is MemoryError's, which refuses this class
    error.__dict__.update(places)
    if isinstance(error, OSError) and len(args) == 1:
        error.errno = error.__dict__.get("sys_errno") or None
        error.strerror = error.message or None
        error.filename = error.path
    return error


def make(made: type[Error], text: str, **places: Any) -> Error:
    """An error of ours that does not come from C."""
    places.setdefault("message", text)
    return _remake(made, (text,), places)


# Names in the library's hints, and Python's names for them.
_IN_PYTHON = {"SHMCOL_OPEN_COPY": "shmcol.open(cache=False)", "SHMCOL_OPEN_CACHE": "shmcol.open()"}


def quoted(name: Any) -> str:
    """A user's name for a message, quoted as the library does it: in double quotes. Control
    characters are escaped."""
    if not isinstance(name, str):
        return repr(name)
    return repr('"' + name + '"')[1:-1].replace("\\'", "'")


def in_python(text: str) -> str:
    """A hint or a warning of the library, which name C's constants and shmcol-pack's options, in
    Python's words."""
    for theirs, ours in _IN_PYTHON.items():
        text = text.replace(theirs, ours)
    return re.sub(
        r"(?<!\S)--([a-z]+)(-[a-z]+)?",
        lambda option: option[1] + (option[2] or "").replace("-", "_"),
        text,
    )


def from_c(
    code: int,
    kind: int,
    status: str,
    text: str,
    message: str,
    hint: str,
    path: str,
    number: int,
    rule: str,
    byte: int,
    column: int,
    row: int,
    line: int,
    character: int,
) -> Error:
    """The exception for a struct shmcol_error; the extension calls this."""
    if hint and in_python(hint) != hint:
        text, hint = text.removesuffix(hint) + in_python(hint), in_python(hint)
    places: dict[str, Any] = {
        "code": code,
        "status": status,
        "message": message,
        "hint": hint,
        "path": path or None,
        "rule": rule,
    }
    places["byte"] = byte if byte >= 0 else None
    places["row"] = row if row >= 0 else None
    places["line"] = line if line >= 0 else None
    places["column"] = (
        character if line >= 0 and character >= 0 else column if column >= 0 else None
    )
    if number:
        places["sys_errno"] = number
    elif status in _ERRNO:
        places["sys_errno"] = _ERRNO[status]
    return _remake(_class_of(code, kind, status, number), (text,), places)
