"""Tables into files: everything becomes one Arrow stream, which the library writes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from . import _arguments, _build, _errors, _shmcol
from ._arguments import U32, flag, integer
from ._errors import quoted
from ._schema import Part
from ._table import Table

Mode = Literal["auto", "always", "never"]
_BATCH = 1 << 20
_Columns = list[_build.Column]


def write(
    table: Any,
    path: _arguments.Path,
    *,
    zstd: int | bool | None = None,
    dictionary: Mode | Mapping[str, Mode] | Iterable[str] | None = None,
    metadata: Mapping[str | bytes, str | bytes] | None = None,
    index: bool | None = None,
    types: Mapping[str, Any] | None = None,
    part: Part | None = None,
    overwrite: bool = False,
    sync: bool = True,
    threads: int = 0,
    memory: int = 0,
) -> None:
    """Writes a table to a file, which appears complete or not at all.

    table        a pandas or Polars DataFrame, a pyarrow Table, RecordBatch or RecordBatchReader,
                 anything else with __arrow_c_stream__; a dict of columns (numpy arrays, masked
                 arrays, lists, Series, Arrow arrays); a numpy structured or record array; a list of
                 dicts, one a row (a column that a row does not name is null); or an iterator of any
                 of these, which are written one after the other and together may be larger than
                 memory
    zstd         True or a level (1 to 22): small at rest; opened through a cache (see open)
    dictionary   which string columns become dictionaries: "auto" (where that is smaller), "always",
                 "never" (as they are: the default), a dict of column name to one of these, or names
                 for "always". Categoricals are dictionaries anyway
    metadata     key and value pairs of the table, UTF-8
    index        pandas: True writes the index as columns, False drops it; None writes it if it has
                 a name
    types        {name: type} of columns of Python's objects (lists, arrays of objects), whose type
                 is otherwise found from their values: the words that t.schema shows ("list[int32]",
                 "decimal128(18,2)", "timestamp[us, Europe/Paris]"), numpy's types, Fields
    part         the file's place in a table of several files; its columns are nullable
    overwrite    replaces an existing file, atomically, or the target of a symbolic link; otherwise
                 an existing path is a FileExistsError. Only a regular file is ever replaced, and
                 its mode stays, less the write bits
    sync         False: faster, but not durable against a power cut
    threads      0: as many as the process may use
    memory       bound in bytes for the writer's memory; 0: 256 MiB

    A NaN of pandas is a null, as everywhere in pandas; a NaN of numpy stays a NaN; None, NaT and
    masked values are nulls. An object column holds str (or bytes, decimals, lists or arrays) and
    None; anything else is an UnsupportedTypeError that names column and row, as is a value that the
    column's type does not hold. A fixed-size list is a tensor, as are lists or arrays of one shape;
    those of several lengths are a list column, and no element is null. Decimals have the precision
    and the scale that hold all of them. A column of Polars' type Object is refused, too.
    """
    target = os.fsencode(_arguments.path("path", path))
    rest = _options(overwrite, sync, memory, threads, metadata, zstd, dictionary)
    stream, rows = _stream(table, index, types)
    _shmcol.write_stream(target, stream, *(*rest, rows, _place(part)))


def _place(part: Part | None) -> tuple[int, int, int, bytes, bytes] | None:
    """The place of a part as the extension takes it, checked."""
    if part is None:
        return None
    if not isinstance(part, Part):
        raise _arguments.wrong_type(f"part is a Part, not {_arguments.shown(part)}")
    alignment = integer("part.alignment", part.alignment, most=U32)
    rows = (integer(f"part.{name}", getattr(part, name)) for name in ("first_row", "table_rows"))
    ids = []
    for name in ("table_id", "previous_id"):
        given = getattr(part, name)
        if not isinstance(given, bytes) or len(given) != 16:
            what = f"part.{name} is bytes, 16 of them, not {_arguments.shown(given)}"
            raise _arguments.wrong_type(what)
        ids.append(given)
    first_row, table_rows = rows
    return alignment, first_row, table_rows, ids[0], ids[1]


def _options(
    overwrite: Any, sync: Any, memory: Any, threads: Any, metadata: Any, zstd: Any, dictionary: Any
) -> tuple[Any, ...]:
    """The options of write() as the extension takes them, checked."""
    made = (
        flag("overwrite", overwrite),
        flag("sync", sync),
        integer("memory", memory),
        integer("threads", threads, most=U32),
    )
    return (*made, _arguments.pairs(metadata), _arguments.level(zstd), _arguments.modes(dictionary))


def _known_rows(table: Any) -> int:
    """The number of rows, for a table that gives it at once: pyarrow's tables and batches, Polars'
    frames, ours. Otherwise 0."""
    found = (
        len(table)
        if isinstance(table, Table)
        else getattr(table, "num_rows", getattr(table, "height", 0))
    )
    return found if isinstance(found, int) and found > 0 else 0


def _stream(table: Any, index: bool | None, types: Any = None) -> tuple[object, int]:
    """The capsule of an Arrow stream, and its number of rows if that is known, else 0."""
    if index is not None:
        index = flag("index", index)
    wanted = {}
    if types is not None:
        from . import _wanted

        wanted = _wanted.types_of(types)
    return stream_as(table, index, wanted)


def stream_as(table: Any, index: bool | None, wanted: Mapping[str, Any]) -> tuple[object, int]:
    """The same; `wanted` has the types of columns of Python's objects."""
    named = [name for name, what in wanted.items() if not what.of_table]
    columns = _columns(table, index, wanted)
    if columns is not None:
        rows = _rows(columns, table)
        return _own_stream(columns, rows), rows
    _build.refuse_objects(table)
    if named and (hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__")):
        hint = "types is for columns of Python's objects"
        raise _arguments.wrong(f"types: a {type(table).__name__} has types of its own", hint)
    if hasattr(table, "__arrow_c_stream__"):
        return table.__arrow_c_stream__(), _known_rows(table)
    if hasattr(table, "__arrow_c_array__"):
        schema, array = table.__arrow_c_array__()
        return _shmcol.make_stream(schema, [array]), _known_rows(table)
    if hasattr(table, "collect") and hasattr(table, "lazy"):
        raise _arguments.wrong_type("a lazy frame has no rows yet", "call collect() first")
    if isinstance(table, Iterable) and not isinstance(table, (str, bytes)):
        return _stream_of_batches(iter(table), index, wanted), 0
    raise _arguments.wrong_type(f"a {type(table).__name__} is no table", "see help(shmcol.write)")


def _columns(table: Any, index: bool | None, wanted: Mapping[str, Any]) -> _Columns | None:
    """The columns of a table that does not export Arrow, or only with pyarrow's help."""
    made = _columns_of(table, index, wanted)
    if made is not None:
        names = {column.name for column in made}
        missing = ", ".join(
            quoted(name) for name, what in wanted.items() if name not in names and not what.of_table
        )
        if missing:
            what = f"types names {missing}, which the table does not have"
            raise _arguments.wrong(what, status="NO_COLUMN", code=2)
    return made


def _columns_of(table: Any, index: bool | None, wanted: Mapping[str, Any]) -> _Columns | None:
    # While another thread imports pandas the module has no DataFrame yet, and nobody has a frame.
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)
    if frame is not None and isinstance(table, frame):
        from . import _pandas

        return _pandas.frame(table, index, wanted)
    if isinstance(table, Mapping):
        return [
            _build.column(str(name), values, wanted.get(str(name)))
            for name, values in table.items()
        ]
    if (
        isinstance(table, (list, tuple))
        and table
        and isinstance(table[0], Mapping)
        and _is_record(table[0])
    ):
        return _of_records(table, wanted)
    if isinstance(table, np.ndarray):
        if table.dtype.names is None or table.ndim != 1:
            what = "an array is a table if it is structured and has one dimension"
            raise _arguments.wrong_type(what, "else give a dict: {'name': array}")
        return [_build.column(name, table[name], wanted.get(name)) for name in table.dtype.names]
    return None


def _is_record(record: Mapping[Any, Any]) -> bool:
    """True for a row: some of its values are single ones, which no column of a batch is."""
    return not record or any(
        isinstance(value, (str, bytes)) or not hasattr(value, "__len__")
        for value in record.values()
    )


def _of_records(records: Sequence[Any], wanted: Mapping[str, Any]) -> _Columns:
    """The columns of dicts, one a row; a column that a row does not name is null."""
    for row, record in enumerate(records):
        if not isinstance(record, Mapping):
            given = f"a {type(record).__name__} ({_arguments.shown(record)})"
            text = f"row {row:,}: error: {given} among dicts, one a row"
            raise _errors.make(
                _errors.UnsupportedTypeError, text, status="TYPE_UNSUPPORTED", code=80, row=row
            )
    names = dict.fromkeys(name for record in records for name in record)
    return [
        _build.column(str(name), [record.get(name) for record in records], wanted.get(str(name)))
        for name in names
    ]


def _rows(columns: list[_build.Column], table: Any) -> int:
    """The number of rows of all columns; without columns, the number that the table gives."""
    if not columns:
        return 0 if isinstance(table, Mapping) else len(table)
    rows = columns[0].rows
    for column in columns:
        if column.rows != rows:
            text = (
                f"column {quoted(column.name)} has {column.rows:,} rows, column "
                f"{quoted(columns[0].name)} has {rows:,}"
            )
            raise _errors.make(_errors.DataError, text, status="INVALID_ARGUMENT", code=1)
    return rows


def _batches(columns: list[_build.Column], rows: int) -> Iterator[_build.Node]:
    """Nodes of struct arrays; of some rows each, unless a column cannot be cut. At least one."""
    step = _BATCH if all(column.cut for column in columns) else max(rows, 1)
    for start in range(0, max(rows, 1), step):
        stop = min(start + step, rows)
        yield _build.table([column.make(start, stop) for column in columns], stop - start)


def _own_stream(columns: list[_build.Column], rows: int) -> object:
    batches = _batches(columns, rows)
    first = next(batches)
    schema = _shmcol.make_schema(first)

    def arrays() -> Iterator[object]:
        nonlocal first
        node, first = first, ()
        yield _shmcol.make_array(node)
        del node
        for node in batches:
            yield _shmcol.make_array(node)

    return _shmcol.make_stream(schema, arrays())


def _parts(
    batch: Any, index: bool | None, wanted: Mapping[str, Any]
) -> tuple[object, Callable[[], Iterator[object]]]:
    """The schema of one of many batches, and its arrays."""
    columns = _columns(batch, index, wanted)
    if columns is not None:
        nodes = _batches(columns, _rows(columns, batch))
        first = next(nodes)

        def made() -> Iterator[object]:
            yield _shmcol.make_array(first)
            for node in nodes:
                yield _shmcol.make_array(node)

        return _shmcol.make_schema(first), made
    if not hasattr(batch, "__arrow_c_stream__") and not hasattr(batch, "__arrow_c_array__"):
        what = f"a {type(batch).__name__} is no batch of a table"
        raise _arguments.wrong_type(what, "see help(shmcol.write)")
    schema, arrays = _shmcol.read_stream(_stream(batch, index)[0])
    return schema, lambda: iter(arrays)


def _stream_of_batches(
    batches: Iterator[Any], index: bool | None, wanted: Mapping[str, Any]
) -> object:
    begin = next(batches, None)
    if begin is None:
        raise _arguments.wrong("the iterator gave no batch: not even the columns are known")
    schema, first = _parts(begin, index, wanted)
    del begin

    def arrays(expected: object) -> Iterator[object]:
        nonlocal first
        yield from first()
        first = lambda: iter(())
        for number, batch in enumerate(batches, 2):
            found, parts = _parts(batch, index, wanted)
            difference = _shmcol.schema_difference(expected, found)
            if difference is not None:
                text = f"batch {number}: column {quoted(difference[0])} {difference[1]}"
                if "another type" in text:
                    text += "; types= names that of a column of Python's objects"
                raise _errors.make(_errors.DataError, text, status="INVALID_ARGUMENT", code=1)
            yield from parts()

    return _shmcol.make_stream(_shmcol.schema_again(schema), arrays(schema))
