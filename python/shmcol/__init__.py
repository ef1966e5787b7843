"""shmcol: many processes, one table.

    shmcol.write(df, "data.shmcol")          # or shmcol.pack("data.csv", "data.shmcol")
    t = shmcol.open("data.shmcol")           # microseconds, whatever the size
    t["price"].mean()                        # a numpy array that lies in the file's map
    pool.map(work, [t] * 8)                  # a table pickles to a few hundred bytes; all processes share the same pages

Every file is also a valid Arrow IPC file.
"""

from __future__ import annotations

from ._columns import DictionaryColumn, StringColumn
from ._errors import (
    ColumnError,
    CopyError,
    CsvError,
    DataError,
    Error,
    FileDenied,
    FileError,
    FileExists,
    FileIsDirectory,
    FileMissing,
    FileReplacedError,
    FormatError,
    OutOfMemory,
    UnsupportedTypeError,
    UsageError,
)
from ._schema import Field, Schema, Stats
from ._shmcol import __version__
from ._table import Table, open
from ._write import write
from ._pack import PackedColumn, PackReport, pack

__all__ = [
    "ColumnError",
    "CopyError",
    "CsvError",
    "DataError",
    "DictionaryColumn",
    "Error",
    "Field",
    "FileDenied",
    "FileError",
    "FileExists",
    "FileIsDirectory",
    "FileMissing",
    "FileReplacedError",
    "FormatError",
    "OutOfMemory",
    "PackReport",
    "PackedColumn",
    "Schema",
    "Stats",
    "StringColumn",
    "Table",
    "UnsupportedTypeError",
    "UsageError",
    "__version__",
    "open",
    "pack",
    "write",
]
