"""The table: an open file, or a part of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

import numpy as np

from . import _arguments, _arrays, _errors, _shmcol
from ._arguments import I64, U32, flag, integer, word
from ._by_reference import by_reference
from ._by_row import ByRow, row_of
from ._columns import DictionaryColumn, StringColumn
from ._errors import quoted
from ._lost import Lost, arriving
from ._mark import Mark, keeps, mark_of
from ._opening import (
    COPIES,
    LEVELS,
    Copy,
    Level,
    Location,
    Progress,
    flags_of,
    open_file,
    open_files,
    remember,
    travelling,
)
from ._schema import WIDENED, Field, Part, Schema, Stats, fields_of, stats_of
from ._versions import Versions
from ._widened import WidenedColumn, refuse_to_convert

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas
    import polars
    import pyarrow


class Shared(Protocol):
    """The place of a table that share() made."""

    @property
    def path(self) -> str: ...
    def reduce(self, identity: bytes, part: tuple[Any, ...]) -> tuple[Any, ...]: ...


def open(
    path: _arguments.Path,
    *,
    mode: Literal["r", "c"] = "r",
    verify: Level | None = None,
    prefault: bool = False,
    copy: Copy = "if-needed",
    advice: Literal["sequential", "random"] | None = None,
    cache: bool = True,
    cache_dir: _arguments.Path | None = None,
    cache_limit: int = 0,
    progress: Progress | None = None,
) -> Table:
    """Opens a file and maps it; constant time, whatever its size. A directory is opened as the
    table of its parts (see append()), of which each column of numbers or times is one array.

    mode         "r": arrays are read-only. "c": they can be written to, for this process alone; the
                 file never changes
    verify       checks before it returns: "structure", "checksums" (every byte is the one that was
                 written), "full" (and every value keeps the format's rules); FormatError for
                 the first problem
    prefault     brings all pages in now, so that no later access waits
    copy         "never": a result that needs memory which grows with the rows is a CopyError
                 that names the column and the reason
    advice       "sequential" or "random": tells the kernel how the file will be read. Random makes
                 a cold scan many times slower
    cache        a compressed file is decompressed once per machine into a cache that all processes
                 share (cache_dir, else $SHMCOL_CACHE, else ~/.cache/shmcol; up to cache_limit
                 bytes, else $SHMCOL_CACHE_LIMIT, else 10 GiB). False: into memory of this process
    cache_limit  the bound of the cache in bytes; without a cache the most that a decompressed file
                 may take in memory (0: no bound). OutOfMemory for a file that does not fit
    progress     called with bytes done and in all while a compressed file is decompressed, with 0
                 and 0 while another process does that; an exception from it, and Ctrl-C, end the
                 work

    Raises FileError (an OSError; for a missing file also a FileNotFoundError) and FormatError. Who
    cuts the file short later ends this process by SIGBUS; fault_report() makes that say where.
    """
    if verify is not None:
        word("verify", verify, (None, *LEVELS))
    flags = flags_of(mode, cache, prefault, advice)
    word("copy", copy, COPIES)
    full = os.path.abspath(_arguments.path("path", path))
    directory = None
    if cache_dir is not None:
        directory = os.path.abspath(_arguments.path("cache_dir", cache_dir))
    source = (full, flags, directory, integer("cache_limit", cache_limit))
    file = open_file(source, None if progress is None else _arguments.progress(progress))
    head = file.head()
    table = Table(file, source, head, None, 0, None, copy)
    remember(source, file, head)  # also for processes that fork from this one
    if verify is not None:
        table.verify(verify)
    return table


def lost(why: Exception) -> Table:
    return _Lost(why)


@arriving(lost)
def _reopen(
    source: Location,
    identity: bytes,
    columns: tuple[int, ...] | None,
    start: int,
    stop: int,
    copy: Copy,
    whole: bool,
    mark: Mark | None,
) -> Table:
    """Opens a pickled table."""
    return reopen(source, identity, columns, start, stop, copy, whole, mark)


@arriving(lambda why: lost(why))
def column_of(table: Table, name: str) -> Any:
    """The column of a pickled one."""
    return table[name]


def reopen(
    source: Location,
    identity: bytes,
    columns: tuple[int, ...] | None,
    start: int,
    stop: int,
    copy: Copy,
    whole: bool = True,
    mark: Mark | None = None,
) -> Table:
    """The same file, opened once in this process however many tables name it. A table that grows
    has at least the rows that it had."""
    file = None if source[1] & _shmcol.PRIVATE else open_files.get((*source, identity))
    if file is None or file.head()[0] < stop or not keeps(file, mark):
        file = open_file(source) if file is None else file.refresh()
        head = file.head()
        if head[2] != identity or head[0] < stop or not keeps(file, mark):
            kind = "table" if file.parts() else "file"
            text = (
                f"{source[0]}: error: the {kind} was replaced since this table was pickled; open "
                "it anew"
            )
            raise _errors.make(
                _errors.FileReplacedError, text, path=source[0], status="FILE_REPLACED", code=27
            )
        remember(source, file, head)
    return Table(file, source, file.head(), columns, start, stop, copy, whole)


class Table(ByRow, Versions):
    """A table that lies in a file: len(t) rows of t.columns, each an array where it lies.

    t["name"]          the column: a read-only ndarray over the map; a StringColumn or
                       DictionaryColumn for text; a ListColumn for lists; a DecimalColumn for
                       decimals; a WidenedColumn for date32 and time32
    t[["a", "b"]]      a view of some columns; t[1000:2000] of some rows. Views copy nothing
    t[5]               a row, as a dict; t.take(rows) copies any rows; t.search(), t.between() and
                       t.asof() find rows in a column that ascends
    t.to_pandas(), t.to_polars(), t.to_arrow(), and as an argument wherever Arrow's PyCapsule
    interface is understood

    Made by shmcol.open(). Any number of threads may use one table. Tables pickle to a few hundred
    bytes: the path, the content's id and the rows. close() (or `with`) ends the table, not the
    arrays that came from it: the map lives as long as the last of them.
    """

    __slots__ = (
        "__weakref__",
        "_columns",
        "_copy",
        "_file",
        "_head",
        "_only",
        "_reader",
        "_source",
        "_start",
        "_stop",
        "_whole",
    )

    def __init__(
        self,
        file: Any,
        source: Location | Shared,
        head: tuple[int, int, bytes],
        only: tuple[int, ...] | None,
        start: int,
        stop: int | None,
        copy: Copy,
        whole: bool = True,
    ) -> None:
        """`whole` is False for a view of some rows, which does not grow."""
        self._file, self._source, self._head, self._only, self._start, self._copy = (
            file,
            source,
            head,
            only,
            start,
            copy,
        )
        self._stop: int = head[0] if stop is None else stop
        self._whole = whole
        self._columns: dict[str, Any] = {}
        self._reader: Any = None

    # ---- life ----

    def _live(self) -> Any:
        file = self._file
        if file is None:
            raise _arguments.wrong("the table is closed", status="WRITER_STATE", code=9)
        return file

    def close(self) -> None:
        """Ends the table; a second call does nothing. Arrays and Arrow exports that came from it
        stay valid: the map goes with the last of them."""
        self._file = self._reader = None
        self._columns.clear()

    @property
    def closed(self) -> bool:
        return self._file is None

    def __enter__(self) -> Table:
        self._live()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def refresh(self) -> Table:
        """Gives the table with the rows that were added to its directory meanwhile: `t =
        t.refresh()`. It is this object where there are none, for a file, and for a view of some
        rows (t[a:b]), which stays what it is. The older table and its arrays stay what they are,
        too. Values that this process wrote (mode="c") are not in the newer one. FileReplacedError
        if another table is at the path."""
        file = self._live()
        newer = file.refresh() if self._whole else file
        head = newer.head()
        if not self._whole or self._stop == head[0] or not isinstance(self._source, tuple):
            return self
        remember(self._source, newer, head)
        return Table(newer, self._source, head, self._only, 0, None, self._copy)

    def _opened(self) -> Table:
        """The table at the path as it is now, with the columns of this one by name."""
        names = None if self._only is None else self.columns
        source: Any = self._source
        file = open_file(source)
        head = file.head()
        made = Table(file, source, head, None, 0, None, self._copy)
        remember(source, file, head)
        return made if names is None else made[names]

    def __reduce__(self) -> tuple[Any, ...]:
        file = self._live()
        part = self._only, self._start, self._stop, self._copy
        if isinstance(self._source, tuple):
            place = travelling(self._source, file, self._head)
            return _reopen, (place, self._head[2], *part, self._whole, mark_of(file))
        return self._source.reduce(self._head[2], part)

    # ---- contents ----

    @property
    def path(self) -> str:
        """The absolute path it was opened by; of a table that share() made, one by which this
        machine's processes find it while it is shared."""
        return self._source[0] if isinstance(self._source, tuple) else self._source.path

    @property
    def id(self) -> str:
        """The content's id, 32 hexadecimal digits: equal content and options, equal id; the same
        for a compressed file and its plain form. Of a table in a directory the table's, which stays
        the same while it grows."""
        return self._head[2].hex()

    @property
    def nbytes(self) -> int:
        """The size of the mapped file, or of all parts."""
        return int(self._live().info()["file_size"])

    @property
    def compressed(self) -> bool:
        return bool(self._live().info()["compressed"])

    @property
    def part(self) -> Part | None:
        """The file's place in a table of several files; None for an ordinary one, and for a table
        in a directory."""
        file = self._live()
        info = file.info()
        if not info["alignment"] or file.parts():
            return None
        return Part(**{key: info[key] for key in Part._fields})

    @property
    def parts(self) -> list[Table]:
        """The rows by the files that they lie in: of a table in a directory a table for each part;
        of a file the table itself."""
        file = self._live()
        if not file.parts() or not isinstance(self._source, tuple):
            return [self]
        from ._parts import pieces

        made = []
        for number, first, end in pieces(file, self._start, self._stop):
            part = file.part(number)
            name = f"{part.info()['first_row']:020}.shmcol"
            source = os.path.join(self._source[0], name), *self._source[1:]
            head = part.head()
            whole = (first, end) == (0, head[0])
            made.append(Table(part, source, head, self._only, first, end, self._copy, whole))
        return made

    @property
    def schema(self) -> Schema:
        """The columns' descriptions; O(columns)."""
        return Schema(fields_of(self._live(), self._only))

    @property
    def columns(self) -> list[str]:
        """The columns' names."""
        return [field.name for field in fields_of(self._live(), self._only)]

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)"""
        return len(self), self._head[1] if self._only is None else len(self._only)

    def __len__(self) -> int:
        return self._stop - self._start

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and self._field(self._live(), name) is not None
        except _errors.ColumnError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def metadata(self, name: str | None = None) -> dict[bytes, bytes]:
        """Key and value pairs of the table, or of a column; of duplicate keys the first. Tokens of
        appends are not among them."""
        file = self._live()
        made: dict[bytes, bytes] = {}
        for key, value in file.metadata(None if name is None else self._field(file, name).index):
            made.setdefault(key, value)
        if name is None and file.parts():
            made.pop(b"shmcol:token", None)
        return made

    def _field(self, file: Any, name: str) -> Field:
        try:
            index = file.find(name)
        except TypeError:
            what = f"a column is named by a str, not {_arguments.shown(name)}"
            raise _arguments.wrong_type(what, "rows are a slice: table[5:8]") from None
        if self._only is not None and index not in self._only:
            text = (
                f"no column {quoted(name)} in this view, which has "
                f"{', '.join(map(quoted, self.columns))}"
            )
            raise _errors.make(
                _errors.ColumnError, text, code=2, status="NO_COLUMN", path=self.path
            )
        return Field(file.column(index))

    # ---- values ----

    def __setitem__(self, key: Any, value: Any) -> None:
        raise _arguments.read_only("a table", 'shmcol.open(path, mode="c")["x"][row] = value')

    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def __getitem__(self, key: slice | list[str]) -> Table: ...
    @overload
    def __getitem__(self, key: int) -> dict[str, Any]: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            file = self._live()
            made = self._columns.get(key)
            return self._column(file, self._field(file, key)) if made is None else made
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step != 1:
                raise _arguments.wrong("a view has all rows from one to another: its step is 1")
            stop = self._start + max(start, stop)
            return self._view(self._only, self._start + start, stop, False)
        if isinstance(key, list):
            file = self._live()
            only = tuple(self._field(file, name).index for name in key)
            return self._view(only, self._start, self._stop, self._whole)
        row = row_of(key)
        if row is not None:
            return self._row(row)
        kind = type(key).__name__
        what = (
            f"a table takes a column's name, a list of names, a row or a slice of rows, not {kind}"
        )
        raise _arguments.wrong_type(what)

    def _view(self, only: tuple[int, ...] | None, start: int, stop: int, whole: bool) -> Table:
        return Table(self._live(), self._source, self._head, only, start, stop, self._copy, whole)

    def _column(self, file: Any, field: Field, copy: Copy | None = None) -> Any:
        how = copy or self._copy
        part = self._start, self._stop, how, (self._source, self._head)
        if field.kind in ("string", "binary", "list") and file.parts():
            from . import _parts

            made = _parts.ListParts if field.kind == "list" else _parts.StringParts
            return self._keep(field, how, made(file, field, *part))
        if field.kind in ("string", "binary"):
            return StringColumn(file, field, *part)
        if field.kind == "dictionary":
            return DictionaryColumn(file, field, *part)
        if field.kind == "decimal128":
            from ._decimals import DecimalColumn

            return DecimalColumn(file, field, *part)
        if field.kind == "list":
            from ._list_column import ListColumn

            return self._keep(field, how, ListColumn(file, field, *part))
        if (field.element or field.kind) in WIDENED:
            if how == "never":
                raise refuse_to_convert(field)
            return WidenedColumn(file, field, self._start, self._stop, self._head[0])
        made = _arrays.array_of(file, field, self._start, self._stop, self._head[0], how)
        return by_reference(made, (file, field, self._source, self._head, how))

    def _keep(self, field: Field, how: Copy, column: Any) -> Any:
        """Keeps a column that takes a while to make: a loop over rows says table[name][i]."""
        if how == self._copy:
            self._columns[field.name] = column
        return column

    def storage(self, name: str) -> npt.NDArray[Any]:
        """A column's values as they lie, never a copy: bool as uint8, dates and times as integers
        of 32 or 64 bits, a dictionary's codes, fixed binaries as uint8 of shape (rows, width),
        decimals as int64 of shape (rows, 2): the low half, whose bits are unsigned, and the high
        one. A null has the value of its slot; validity() shows which rows are null."""
        file = self._live()
        return _arrays.stored(
            file, self._field(file, name), self._start, self._stop, self._head[0]
        )[0]

    def validity(self, name: str) -> npt.NDArray[np.uint8] | None:
        """A column's validity bitmap in place (bit i, from the least significant, is 1 where row i
        is valid); None where it has no nulls. In a view of rows that do not begin at a multiple of
        8: ValueError, for nulls() makes a mask there."""
        file = self._live()
        field = self._field(file, name)
        bits = _arrays.bits_of(file, field)
        made: npt.NDArray[np.uint8] | None = _arrays.validity_part(bits, self._start, self._stop)
        return made

    def nulls(self, name: str) -> npt.NDArray[np.bool_]:
        """A mask, made new: True where the column is null."""
        file = self._live()
        field = self._field(file, name)
        if self._copy == "never" and field.nulls:
            raise _arrays.refuse(
                field,
                "a mask must be made of the bitmap",
                f"use validity({name!r}), which is in place",
            )
        return _arrays.nulls_of(file, field, self._start, self._stop)

    def stats(self, name: str, zone: int | None = None) -> Stats:
        """Counts and bounds of a column, or of its rows from 65,536 * zone on, from the zone maps:
        no value is read. Not of a view of rows."""
        file = self._live()
        if (self._start, self._stop) != (0, self._head[0]):
            what = "zone maps are of the whole table, not of a view of some rows"
            raise _arguments.wrong(what, "of one that grew meanwhile: refresh() first")
        number = -1 if zone is None else integer("zone", zone, most=I64)
        return stats_of(file, self._field(file, name), number)

    def verify(
        self, level: Level = "full", *, threads: int = 0, progress: Progress | None = None
    ) -> None:
        """Checks the file as open(verify=) does. Raises FormatError for the first problem, with all
        problems as its `problems`."""
        number = LEVELS.index(word("level", level, LEVELS))
        threads = integer("threads", threads, most=U32)
        problems = self._live().verify(number, threads, _arguments.progress(progress))
        if problems:
            problems[0].problems = tuple(problems)
            raise problems[0]

    def prefault(self, *names: str) -> None:
        """Brings the pages of columns (all, if none is named) into memory now."""
        file = self._live()
        for field in [self._field(file, name) for name in names] or self.schema:
            file.prefault(field.index)

    def resident(self, name: str | None = None) -> tuple[int, int]:
        """(bytes in the page cache, bytes in all) of a column, or of the file; in whole pages."""
        file = self._live()
        made: tuple[int, int] = file.resident(
            None if name is None else self._field(file, name).index
        )
        return made

    # ---- Arrow ----

    def __arrow_c_schema__(self) -> object:
        return self._live().export_schema(self._only)

    @property
    def __arrow_c_array__(self) -> Callable[..., tuple[object, object]]:
        """Of a table in a directory only where its rows are one batch: they are of one part, or all
        columns have a fixed width. Others have __arrow_c_stream__ alone."""
        file = self._file
        if file is not None and file.parts() > 1 and self._start < self._stop:
            first, last = (file.part_of_row(row)[0] for row in (self._start, self._stop - 1))
            kinds = {field.kind for field in fields_of(file, self._only)}
            if first < last and kinds & {"string", "binary", "list"}:
                raise AttributeError("__arrow_c_array__")
        return self._array

    def _array(self, requested_schema: object = None) -> tuple[object, object]:
        made: tuple[object, object] = self._live().export_array(
            self._only, self._start, len(self), False
        )
        return made

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._live().export_stream(self._only, self._start, len(self), 0, False)

    def batches(self, rows: int) -> Iterator[Table]:
        """Views of at most so many rows each."""
        rows = integer("rows", rows, least=1)
        return (self[start : start + rows] for start in range(0, len(self), rows))

    def to_arrow(self) -> pyarrow.Table:
        """A pyarrow.Table over the map; copies nothing."""
        from . import _convert

        return _convert.to_arrow(self)

    def to_pandas(self, *, copy: Copy | None = None, writable: bool = False) -> pandas.DataFrame:
        """A DataFrame whose numbers and times lie in the map, read-only; writable=True: in pages of
        this process alone, which nobody else sees change (of rows without a file, in copies).

        Nulls of integers and booleans: pandas' nullable arrays, with the values in the map and a
        mask made new. Text: pandas' own `str` dtype over the map where pyarrow is installed.
        Dictionaries: Categorical over the codes. copy="never": CopyError where an array must be
        made.
        """
        from . import _convert

        made = _convert.to_writable if flag("writable", writable) else _convert.to_pandas
        return made(self, word("copy", copy, (None, *COPIES)) or self._copy)

    def to_polars(self, *, copy: Copy | None = None) -> polars.DataFrame:
        """A polars.DataFrame. Numbers, times and bytes lie in the map; Polars makes views of 16
        bytes for each string, bits of booleans, and categories of its own."""
        from . import _convert

        return _convert.to_polars(self, word("copy", copy, (None, *COPIES)) or self._copy)

    def to_dict(self) -> Mapping[str, Any]:
        """Each column as table[name]."""
        file = self._live()
        return {field.name: self._column(file, field) for field in fields_of(file, self._only)}

    def __repr__(self) -> str:
        from . import _display

        return _display.text(self)

    def _repr_html_(self) -> str:
        from . import _display

        return _display.html(self)


class _Lost(Lost, Table):
    """A pickled table that could not be opened where it arrived."""

    __slots__ = ("_why",)
