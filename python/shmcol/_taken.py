"""Rows that were taken from a table: a table that owns its arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments, _shmcol
from ._by_row import no_row, python_value
from ._lost import arriving
from ._schema import Field, fields_of
from ._table import Table, lost

if TYPE_CHECKING:
    from ._arrays import Array
    from ._build import Node

_NULLS = 4  # places in a column's description
_SIZE, _ASCENDING = 13, 16


def _part(buffer: Any, first: int, end: int) -> Any:
    return None if buffer is None else memoryview(buffer).cast("B")[first:end]


class _File:
    """What stands for the open file: it answers as that does, from the rows that were taken."""

    __slots__ = ("_file", "_head", "_only", "_taken")

    def __init__(self, table: Table, taken: Any, n: int) -> None:
        self._file, self._taken, self._only = table._live(), taken, table._only
        head = table._head
        self._head = n, head[1], head[2]

    def __getattr__(self, name: str) -> Any:
        """Of the columns themselves: find, categories, code, metadata."""
        if name in ("find", "categories", "code", "metadata", "export_schema"):
            return getattr(self._file, name)
        if name in ("values", "validity", "strings", "lists"):
            return getattr(self._taken, name)
        raise AttributeError(name)

    def head(self) -> tuple[int, int, bytes]:
        return self._head

    def column(self, index: int) -> tuple[Any, ...]:
        made = list(self._file.column(index))
        if len(made) > _ASCENDING:
            made[_NULLS], made[_SIZE], made[_ASCENDING] = self._taken.nulls(index), 0, False
        return tuple(made)

    def info(self) -> dict[str, Any]:
        return {"file_size": self._taken.size(), "compressed": False, "alignment": 0}

    def parts(self) -> int:
        return 0

    def refresh(self) -> _File:
        return self

    def prefault(self, index: int) -> None:
        """They are in memory."""

    def resident(self, index: int | None) -> tuple[int, int]:
        size = self._taken.size()
        return size, size

    def release(self, *_: Any) -> None:
        """They are in memory, and nowhere else."""

    def stats(self, *_: Any) -> Any:
        raise _arguments.wrong("rows that were taken have no zone maps", "ask the table")

    def verify(self, *_: Any) -> Any:
        raise _arguments.wrong("rows that were taken are no file", "verify the table")

    # ---- Arrow ----

    def _texts(self, texts: Any, first: int, rows: int, bits: Any) -> Node:
        offsets, data, _ = texts.buffers()
        return _node(rows, bits, _part(offsets, 8 * first, 8 * (first + rows + 1)), data)

    def _bits(self, index: int, first: int, rows: int) -> tuple[int, Any]:
        """The number of nulls, and a bitmap that begins with the first row."""
        bits = self._taken.validity(index)
        if bits is None:
            return 0, None
        some = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")[first : first + rows]
        return rows - int(some.sum()), np.packbits(some, bitorder="little")

    def _node_of(self, index: int, first: int, rows: int) -> Node:
        field = Field(self.column(index))
        nulls, bits = self._bits(index, first, rows)
        if field.kind in ("string", "binary"):
            return _nullable(self._texts(self._taken.strings(index), first, rows, bits), nulls)
        if field.kind == "list":
            return _nullable(self._lists(field, first, rows, bits), nulls)
        width = field.width
        values = _part(self._taken.values(index)[0], first * width, (first + rows) * width)
        if field.kind == "tensor":
            size = rows * int(np.prod(field.shape, dtype=np.int64))
            return _nullable(_node(rows, bits, children=(_node(size, None, values),)), nulls)
        words = None
        if field.kind == "dictionary":
            texts = self._file.categories(index)
            self._file.export_column(index, 0, 0, False)  # checks the words' offsets
            words = self._texts(texts, 0, len(texts), None)
        return _nullable(_node(rows, bits, values, words=words), nulls)

    def _lists(self, field: Field, first: int, rows: int, bits: Any) -> Node:
        lists = self._taken.lists(field.index)
        offsets, elements, _ = lists.buffers()
        n = lists.elements()
        if field.element == "string":
            child = self._texts(lists.strings(), 0, n, None)
        else:
            child = _node(n, None, elements)
        return _node(
            rows, bits, _part(offsets, 8 * first, 8 * (first + rows + 1)), children=(child,)
        )

    def export_column(self, index: int, first: int, rows: int, _: bool) -> tuple[object, object]:
        file = self._file.part(0) if self._file.parts() else self._file
        schema, _array = file.export_column(index, 0, 0, True)
        return schema, _shmcol.make_array(self._node_of(index, first, rows))

    def export_array(
        self, columns: tuple[int, ...] | None, first: int, rows: int, _: bool
    ) -> tuple[object, object]:
        chosen = self._only if columns is None else columns
        indices = range(self._head[1]) if chosen is None else chosen
        children = tuple(self._node_of(index, first, rows) for index in indices)
        node = "+s", "", 0, None, rows, 0, (None,), children, None
        return self._file.export_schema(chosen), _shmcol.make_array(node)

    def export_stream(
        self, columns: tuple[int, ...] | None, first: int, rows: int, *_: Any
    ) -> object:
        schema, array = self.export_array(columns, first, rows, False)
        return _shmcol.make_stream(schema, iter([array]))


def _node(
    rows: int, *buffers: Any, children: tuple[Node, ...] = (), words: Node | None = None
) -> Node:
    return "", "", 0, None, rows, 0, buffers, children, words


def _nullable(node: Node, nulls: int) -> Node:
    return (*node[:5], nulls, *node[6:])


class _Again:
    """Where the rows came from: a pickle takes them again."""

    __slots__ = ("missing", "rows", "table")

    def __init__(self, table: Table, rows: Array, missing: bool) -> None:
        self.table, self.rows, self.missing = table, rows, missing

    @property
    def path(self) -> str:
        return self.table.path

    def reduce(self, identity: bytes, part: tuple[Any, ...]) -> tuple[Any, ...]:
        only, start, stop, _ = part
        return _again, (self.table, self.rows[start:stop], self.missing, only)


@arriving(lost)
def _again(table: Table, rows: Array, missing: bool, only: tuple[int, ...] | None) -> Table:
    made: Table = TakenRows.of(table, rows, missing)
    return made if only is None else made._view(only, 0, len(made), True)


class TakenRows(Table):
    """Rows that take() copied: they are read as the table is (rows["name"], rows[a:b], to_pandas(),
    Arrow), and own their arrays, which are writable. They pickle by reference: the other process
    takes them again."""

    __slots__ = ()

    @classmethod
    def of(cls, table: Table, rows: Array, missing: bool) -> TakenRows:
        """Takes rows of a table, or of a view of it."""
        if isinstance(table, TakenRows):
            return table._composed(rows, missing)
        start, count = table._start, len(table)
        if start != 0 or count != table._head[0]:
            _check(rows, count, missing)
            rows = np.where(rows < 0, rows, rows + start) if missing else rows + start
        taken = table._ready().take(rows, missing)
        file = _File(table, taken, len(rows))
        whole = table._view(table._only, 0, table._head[0], False)
        return cls(
            file, _Again(whole, rows, missing), file.head(), table._only, 0, None, table._copy
        )

    def _composed(self, rows: Array, missing: bool) -> TakenRows:
        _check(rows, len(self), missing)
        source: Any = self._source
        own = np.append(source.rows[self._start : self._stop], -1)  # row -1 stays -1
        table, only = source.table, self._only
        chosen = table if only is None else table._view(only, 0, len(table), False)
        return TakenRows.of(chosen, own[rows], source.missing or missing)

    def _view(self, only: tuple[int, ...] | None, start: int, stop: int, whole: bool) -> Table:
        return TakenRows(
            self._live(), self._source, self._head, only, start, stop, self._copy, whole
        )

    def _row(self, row: int) -> dict[str, Any]:
        rows = len(self)
        if not -rows <= row < rows:
            raise no_row(row, rows)
        file, at = self._live(), self._start + (row + rows if row < 0 else row)
        made = {}
        for field in fields_of(file, self._only):
            bits = file.validity(field.index)
            null = bits is not None and not memoryview(bits)[at >> 3] >> (at & 7) & 1
            made[field.name] = None if null else python_value(self[field.name][row])
        return made

    def __repr__(self) -> str:
        fields = ", ".join(field.name for field in fields_of(self._live(), self._only))
        return f"<TakenRows: {len(self):,} rows of {fields}>"


def _check(rows: Array, count: int, missing: bool) -> None:
    least = -1 if missing else 0
    if rows.size and (rows.min() < least or rows.max() >= count):
        wrong = rows[(rows < least) | (rows >= count)][0]
        hint = "nothing counts from the end" if wrong < 0 else ""
        raise no_row(int(wrong), count, hint)
