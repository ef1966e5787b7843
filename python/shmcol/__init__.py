"""shmcol: many processes, one table.

    shmcol.write(df, "data.shmcol")          # or shmcol.pack("data.csv", "data.shmcol")
    t = shmcol.open("data.shmcol")           # microseconds, whatever the size
    t["price"].mean()                        # a numpy array that lies in the file's map
    pool.map(work, [t] * 8)                  # a table pickles to a few hundred bytes; all processes
                                             share the same pages
    with shmcol.share(df) as t: ...          # the same in memory, without a file
    w = shmcol.create(path, {"x": float}, rows=n)  # a table that many processes fill
    shmcol.append(df, "ticks")               # a directory that is one table, and grows

Every file is also a valid Arrow IPC file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._append import AppendReport, append
from ._by_reference import ColumnArray
from ._columns import DictionaryColumn, StringColumn
from ._errors import (
    AppendedNotSynced,
    ArgumentTypeError,
    ColumnError,
    CopyError,
    CsvError,
    DataError,
    Error,
    FileDenied,
    FileError,
    FileExists,
    FileIsDirectory,
    FileLocked,
    FileMissing,
    FileReplacedError,
    FormatError,
    OutOfMemory,
    OutOfRange,
    PopulateError,
    UnsupportedTypeError,
    UsageError,
)
from ._opening import fault_report
from ._schema import Field, Part, Schema, Stats
from ._shmcol import __version__
from ._table import Table, open
from ._widened import WidenedColumn
from ._write import write

if TYPE_CHECKING:
    from ._decimals import DecimalColumn
    from ._list_column import ListColumn
    from ._populate import Populate, Rows, create
    from ._share import SharedTable, share
    from ._taken import TakenRows
from ._pack import PackedColumn, PackReport, pack

__all__ = [
    "AppendReport",
    "AppendedNotSynced",
    "ArgumentTypeError",
    "ColumnArray",
    "ColumnError",
    "CopyError",
    "CsvError",
    "DataError",
    "DecimalColumn",
    "DictionaryColumn",
    "Error",
    "Field",
    "FileDenied",
    "FileError",
    "FileExists",
    "FileIsDirectory",
    "FileLocked",
    "FileMissing",
    "FileReplacedError",
    "FormatError",
    "ListColumn",
    "OutOfMemory",
    "OutOfRange",
    "PackReport",
    "PackedColumn",
    "Part",
    "Populate",
    "PopulateError",
    "Rows",
    "Schema",
    "SharedTable",
    "Stats",
    "StringColumn",
    "Table",
    "TakenRows",
    "UnsupportedTypeError",
    "UsageError",
    "WidenedColumn",
    "__version__",
    "append",
    "create",
    "fault_report",
    "open",
    "pack",
    "share",
    "write",
]

# Parts that not every program needs are imported when they are used: the import stays a matter of
# milliseconds.
_LATER = {
    "DecimalColumn": "_decimals",
    "ListColumn": "_list_column",
    "Populate": "_populate",
    "Rows": "_populate",
    "SharedTable": "_share",
    "TakenRows": "_taken",
    "create": "_populate",
    "share": "_share",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _LATER:
            raise AttributeError(f"module 'shmcol' has no attribute {name!r}")
        from importlib import import_module

        made = globals()[name] = getattr(import_module(f"shmcol.{_LATER[name]}"), name)
        return made

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
