"""A table of a known number of rows that many processes fill where readers will read it."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from . import _arguments, _arrays, _build, _errors, _exact, _lists, _shmcol
from ._arguments import I64, U32, flag, integer
from ._errors import quoted
from ._fields import schema_of
from ._lost import Lost, arriving
from ._schema import WIDENED, Field, Schema

_STEP = 64  # rows whose validity shares no byte with that of their neighbours, nor a mark

# Every table of this process that a pickled one may name, also for processes that fork from this
# one.
_open: WeakValueDictionary[bytes, Populate] = WeakValueDictionary()


def create(
    path: _arguments.Path,
    schema: Any,
    *,
    rows: int,
    nullable: bool | Iterable[str] | None = None,
    overwrite: bool = False,
    sync: bool = True,
    metadata: Mapping[str | bytes, str | bytes] | None = None,
    threads: int = 0,
    memory: int = 0,
) -> Populate:
    """Lays out a table of `rows` rows that processes fill in place; nothing appears at `path`
    before commit().

        with shmcol.create("out.shmcol", {"x": float, "image": ("u1", (480, 640))}, rows=n) as w:
            pool.starmap(work, [(w, a, b) for a, b in w.split(8)])
            w.commit()

    where work(w, a, b) does

        with w.rows(a, b) as v:
            v["x"][:] = ...

    schema      {name: type}, of numpy's types ("f8", float, "datetime64[us]", "S16"), (type, shape)
                for tensors, the words that Field.type shows ("date32", "timestamp[us,
                Europe/Paris]", "time64[ns]", "fixed_binary[16]", "tensor[float32, 2 x 3]") and
                Fields; a Schema, as another table's t.schema; a structured dtype; or an Arrow
                schema. Columns of a fixed width only: no strings
    nullable    names of columns that may have nulls, or True for all; None: as Fields and Arrow
                schemas say, others not
    overwrite, sync, metadata, threads, memory    as for write(); threads and memory are for the
                                                  commit

    Every byte is allocated at once, under a temporary name beside `path`: a disk that is too small
    is a FileError here (ENOSPC), not a crash of a worker, and so is a file system that cannot
    allocate ahead (EOPNOTSUPP). The next create() in that directory removes the leftovers of a
    creator that was killed.
    """
    full = os.path.abspath(_arguments.path("path", path))
    options = (
        flag("overwrite", overwrite),
        flag("sync", sync),
        integer("memory", memory),
        integer("threads", threads, most=U32),
    )
    pairs = _arguments.pairs(metadata)
    rows = integer("rows", rows, most=I64)
    capsule = schema_of(schema, nullable)
    handle = _shmcol.populate_create(os.fsencode(full), capsule, rows, *options, pairs)
    return Populate(handle, full, os.getpid())


def _lost(why: Exception) -> Populate:
    return _Lost(why)


@arriving(_lost)
def _attach(temporary: bytes, identity: bytes, path: str) -> Populate:
    found = _open.get(identity)
    return (
        found
        if found is not None
        else Populate(_shmcol.populate_attach(temporary, identity), path, 0)
    )


class Populate:
    """A table that is being populated; made by create(). It pickles to a few hundred bytes: workers
    open it, whatever they were started by.

    rows(a, b)    claims a range to write to, see there; split(n) makes n ranges of about the same
                  size
    missing()     the rows that are not filled yet; commit() publishes the table; abort() gives
                  it up, as does the end of `with` without a commit

    Any number of threads may use one. A worker that dies gives its rows back unfilled: they can be
    claimed again.
    """

    __slots__ = ("__weakref__", "_fields", "_finish", "_handle", "_head", "_owner", "_path")

    def __init__(self, handle: Any, path: str, owner: int) -> None:
        self._handle, self._path, self._owner = handle, path, owner
        self._head: tuple[int, int, bytes, bytes] = handle.head()
        self._fields: dict[str, Field] | None = None
        self._finish = (
            weakref.finalize(self, handle.abort) if owner else None
        )  # at exit, too; of a child of fork the table is not, and stays
        _open[self._head[2]] = self

    # ---- description ----

    @property
    def path(self) -> str:
        """Where the table will appear."""
        return self._path

    @property
    def schema(self) -> Schema:
        """The columns' descriptions."""
        return Schema(self._by_name().values())

    @property
    def columns(self) -> list[str]:
        """The columns' names."""
        return list(self._by_name())

    def __len__(self) -> int:
        return self._head[0]

    def __repr__(self) -> str:
        return f"<Populate {self._path!r}: {self._head[0]:,} rows × {self._head[1]:,} columns>"

    def _by_name(self) -> dict[str, Field]:
        if self._fields is None:
            self._fields = {
                field.name: field
                for field in (Field(self._handle.column(index)) for index in range(self._head[1]))
            }
        return self._fields

    def _field(self, name: str) -> Field:
        if not isinstance(name, str):
            raise _arguments.wrong_type(f"a column is named by a str, not {_arguments.shown(name)}")
        return self._by_name().get(name) or self.schema[name]

    def __reduce__(self) -> tuple[Any, ...]:
        return _attach, (self._head[3], self._head[2], self._path)

    # ---- rows ----

    def rows(self, start: int, stop: int) -> Rows:
        """Rows [start, stop), claimed where `with` begins: `with w.rows(a, b) as v: v["x"][:] =
        ...`. Leaving it marks them filled. Leaving it by an exception gives them back unfilled, as
        the end of the process does, and the next claim finds zeros.

        start and stop are multiples of 64; stop may also be len(w). Otherwise it is a UsageError.
        Rows that are held, or filled already, are a PopulateError ("TAKEN"). Both name the rows.
        """
        return Rows(self, integer("start", start, most=I64), integer("stop", stop, most=I64))

    def split(self, n: int) -> list[tuple[int, int]]:
        """All rows in at most n ranges of about the same size, with bounds that rows() takes."""
        blocks = -(-len(self) // _STEP)
        n = min(integer("n", n, least=1), max(blocks, 1))
        bounds = [min(blocks * i // n * _STEP, len(self)) for i in range(n + 1)]
        return [(a, b) for a, b in zip(bounds, bounds[1:]) if a < b]

    def missing(self) -> list[tuple[int, int]]:
        """Ranges (start, stop) of the rows that are not filled (yet). [] where all are."""
        found: list[tuple[int, int]] = []
        at, rows = 0, len(self)
        while True:
            first, at = self._handle.missing(at)
            if first < at:
                found.append((first, at))
            if at >= rows:
                return found

    # ---- the end ----

    def commit(self, nulls: bool = False, *, keep: bool = False, progress: Any = None) -> None:
        """Checks all values, adds checksums and zone maps and publishes the table at its path; in
        the process that created it.

        nulls       True: rows that are not filled become nulls; every column must be nullable then
        keep        True: keeps the table's memory for again(), until abort(), the end of `with` or
                    of this object; a table that was published stays
        progress    called as progress(bytes done, bytes in all), or an object like tqdm's

        PopulateError where rows are still held ("TAKEN") or not filled ("NOT_FILLED"): nothing has
        happened then, and commit can be asked for again. After any other error (DataError with
        column and row for a value that its type does not allow, FileExists ...) the table is lost.
        """
        self._handle.commit(flag("nulls", nulls), flag("keep", keep), _arguments.progress(progress))

    def again(self, path: _arguments.Path) -> Populate:
        """After commit(keep=True): lays out another table of the same columns, rows and options for
        `path`. It is for producers of one table after the other: most of a table's time goes into
        memory that is allocated, zeroed and given back.

            w = w.again(f"batch-{n}.shmcol")

        Remove the old table's file when it has been read. If then no process, this one included,
        has it open or mapped, or has an array of it (the kernel is asked), the new table takes its
        memory. Otherwise, and in another directory, or where files are not in memory (tmpfs), the
        new table is created afresh: a reader of the old one never sees it change. Either way rows
        begin as zeros. This object is at an end then.
        """
        full = os.path.abspath(_arguments.path("path", path))
        return Populate(self._handle.again(os.fsencode(full)), full, os.getpid())

    def abort(self) -> None:
        """Gives the table up; nothing stays behind, and workers' claims fail ("GONE"). After
        commit() it does nothing. In the process that created it."""
        if self._owner != os.getpid():
            text = f"{self._path}: error: only the process that created the table gives it up"
            raise _errors.make(
                _errors.UsageError, text, path=self._path, status="WRITER_STATE", code=9
            )
        self._handle.abort()

    def __enter__(self) -> Populate:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._owner == os.getpid():
            self._handle.abort()


class _Lost(Lost, Populate):
    """A pickled table whose creator is gone by the time it arrives."""

    __slots__ = ("_why",)


class Rows:
    """A range of rows to write to, between the beginning and the end of a `with`; made by
    Populate.rows().

    v["x"]           a writable ndarray of the rows where they lie in the file: (rows, ...shape).
                     date32 and time32, which numpy has with 64 bits only, and decimals, which it
                     does not have, by storage() or by assignment
    v["x"] = values  the whole column at once: converts integers, dates, times and decimals, and
                     refuses a value that would be another one; masked values, NaT and None become
                     nulls, all others are valid. `v["x"][:] = values` is numpy's own assignment,
                     which wraps and rounds as numpy does
    v.set_nulls("x", mask)    makes the rows of a nullable column null where the mask is True;
                     v.validity("x") is the bitmap itself. All rows begin as valid zeros. A NaT
                     that was written to a nullable column is a null

    After the `with` the arrays are read-only, and others may hold the rows. Views that were made of
    the arrays (x[5:]) still point at valid memory as long as they live, but must not be written to:
    readers of the published table would see it.
    """

    __slots__ = ("_arrays", "_populate", "_range", "start", "stop")

    def __init__(self, populate: Populate, start: int, stop: int) -> None:
        self._populate, self.start, self.stop = populate, start, stop
        self._range: Any = None
        self._arrays: dict[tuple[str, str], npt.NDArray[Any]] = {}

    def __enter__(self) -> Rows:
        if self._range is not None:
            raise _arguments.wrong(
                f"rows {self.start} to {self.stop} are claimed already, by this very `with`"
            )
        empty = self.start == self.stop == len(self._populate) == 0
        claim = self._populate._handle.claim
        self._range = _NoRows(self._populate) if empty else claim(self.start, self.stop)
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        taken = self._range
        try:
            if kind is None:
                self._settle()
            for array in self._arrays.values():
                array.flags.writeable = False
            if kind is None:
                taken.fill()
        finally:
            taken.drop()  # which does nothing where it was filled
            self._range, self._arrays = None, {}

    def _settle(self) -> None:
        """NaT in a nullable column is a null, as for write()."""
        for (name, what), array in list(self._arrays.items()):
            if (
                what == "values"
                and array.dtype.kind in "mM"
                and array.ndim == 1
                and self._populate._field(name).nullable
            ):
                self.validity(name)[:] &= np.packbits(~np.isnat(array), bitorder="little")

    def __len__(self) -> int:
        return self.stop - self.start

    def __repr__(self) -> str:
        return (
            f"<Rows {self.start:,} to {self.stop:,} of "
            f"{self._populate!r}{'' if self._range is not None else ', not claimed'}>"
        )

    def _made(self, field: Field, what: str) -> npt.NDArray[Any]:
        """One array for each use of a column, as long as the range is held."""
        if self._range is None:
            text = f"rows {self.start} to {self.stop} are not claimed"
            hint = "they are between the beginning and the end of a `with`"
            raise _arguments.wrong(text, hint, "WRITER_STATE", 9)
        made = self._arrays.get((field.name, what))
        if made is None:
            values, bits = self._range.values(field.index)
            rows = len(self)
            if what == "validity":
                if bits is None:
                    hint = f"create(…, nullable=[{field.name!r}])"
                    raise _errors.make(
                        _errors.UsageError,
                        f"column {quoted(field.name)} is not nullable; {hint}",
                        status="WRONG_TYPE",
                        code=3,
                        hint=hint,
                    )
                made = _arrays.over(bits, "u1", ((rows + 7) // 8,))
            elif what == "storage":
                shape = _arrays.stored_shape(field, rows)
                made = _arrays.over(values, field.stored_dtype, shape)
            else:
                made = _arrays.over(values, field.dtype, (rows, *field.shape))
            self._arrays[field.name, what] = made
        return made

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        field = self._populate._field(name)
        decimal = field.kind == "decimal128"
        if decimal or (field.element or field.kind) in WIDENED:
            has = "has no decimals" if decimal else "has this type with 64 bits only"
            text = (
                f"column {quoted(name)} ({field.type}): numpy {has}; "
                f"assign v[{name!r}] = values, or write to v.storage({name!r})"
            )
            raise _errors.make(
                _errors.UnsupportedTypeError, text, column=field.index, status="WRONG_TYPE", code=3
            )
        return self._made(field, "values")

    def storage(self, name: str) -> npt.NDArray[Any]:
        """The column as it lies, writable: bool as uint8, dates and times as integers of 32 or 64
        bits, fixed binaries as uint8 of shape (rows, width), decimals as int64 of shape (rows, 2):
        low and high half."""
        return self._made(self._populate._field(name), "storage")

    def validity(self, name: str) -> npt.NDArray[np.uint8]:
        """The column's bitmap in place, writable: bit i, from the least significant, is 1 where row
        start + i is valid. UsageError if it is not nullable."""
        return self._made(self._populate._field(name), "validity")

    def set_nulls(self, name: str, mask: Any) -> None:
        """Makes rows null where mask (a bool a row, or one for all) is True, and all others valid.
        The value of a null row may be anything."""
        wanted = np.asarray(mask)
        if wanted.dtype != np.bool_:
            raise _arguments.wrong_type(
                f"mask: column {quoted(name)} takes bools, not {wanted.dtype}"
            )
        if wanted.shape not in ((), (1,), (len(self),)):
            what = f"mask: its shape {wanted.shape} is not that of the {len(self):,} rows"
            raise _arguments.wrong(f"{what} of column {quoted(name)}")
        self.validity(name)[:] = np.packbits(
            ~np.broadcast_to(wanted, (len(self),)), bitorder="little"
        )

    def __setitem__(self, name: str, values: Any) -> None:
        field = self._populate._field(name)
        if field.kind == "decimal128":
            self._set_decimals(field, values)
            return
        widened = (field.element or field.kind) in WIDENED
        target = self._made(field, "storage" if widened else "values")
        if values is target:  # v["x"] += 1 ends like this
            return
        by_row = isinstance(values, (list, tuple)) and len(values) == len(self)
        mask, given = _apart(field, values, self.start if by_row else None)
        row = self.start if given.ndim == target.ndim and given.shape[0] == len(self) else None
        if field.kind == "fixed_binary":
            _check_width(field, given)
        if widened:
            given = _narrowed(field, given, mask, row)
        given = _exact.cast(name, given, target.dtype, mask, row)
        try:
            np.copyto(target, given)
        except ValueError as error:  # another shape
            raise _build.refuse(name, str(error)) from None
        null = None if mask is None else self._rows_of(field, mask)
        if null is not None and null.any():
            self.set_nulls(name, null)
        elif field.nullable:
            self.set_nulls(name, False)

    def _set_decimals(self, field: Field, values: Any) -> None:
        """Assigns decimals and None: one for each row, or one for all."""
        from . import _decimals

        target = self._made(field, "storage")
        if values is target:
            return
        single = values is None or not hasattr(values, "__len__")
        given = [values] * len(self) if single else list(values)
        if len(given) != len(self):
            what = f"{len(given):,} values for {len(self):,} rows"
            raise _build.refuse(field.name, what)
        rows = range(self.start, self.stop)
        raw = _decimals.encode(field.name, given, field.precision, field.scale, rows)
        null = np.fromiter((value is None for value in given), np.bool_, len(given))
        if null.any() or field.nullable:
            self.set_nulls(field.name, null)
        np.copyto(target, np.frombuffer(raw, np.int64).reshape(-1, 2))

    def _rows_of(self, field: Field, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        whole = np.broadcast_to(mask, (len(self), *field.shape))
        if not field.shape:
            return whole
        rows: npt.NDArray[np.bool_] = np.any(whole.reshape(len(self), -1), axis=1)
        if (whole != rows.reshape((-1,) + (1,) * len(field.shape))).any():
            raise _build.refuse(
                field.name,
                "some elements of a row are null and others are not",
                "a tensor is null as a whole",
            )
        return rows


class _NoRows:
    """The range of no rows, which an empty table has: there is nothing to claim."""

    def __init__(self, populate: Populate) -> None:
        self._nullable = [field.nullable for field in populate.schema]

    def values(self, index: int) -> tuple[bytearray, bytearray | None]:
        return bytearray(), bytearray() if self._nullable[index] else None

    def fill(self) -> None:
        pass

    def drop(self) -> None:
        pass


def _apart(
    field: Field, values: Any, row: int | None
) -> tuple[npt.NDArray[np.bool_] | None, npt.NDArray[Any]]:
    """(where it is null or None, the values); lists and Python's values as write() takes them.
    `row` is that of the first, None: they are no rows."""
    mask = None
    if isinstance(values, (list, tuple)):
        values = _of_list(field, list(values), row)
    elif not hasattr(values, "__array__"):
        values = _of_list(field, [values], row)
    if isinstance(values, np.ma.MaskedArray):
        mask, values = np.ma.getmaskarray(values), values.data
    given = np.asarray(values)
    if given.dtype.kind in "mM":
        no_time = np.isnat(given)
        mask = no_time if mask is None else mask | no_time
    return mask, given


def _of_list(field: Field, values: list[Any], row: int | None) -> npt.NDArray[Any]:
    if not values:
        return np.empty((0, *field.shape), field.dtype)
    if field.kind != "fixed_binary":
        return _lists.typed(field.name, values, row)
    for i, value in enumerate(values):
        if value is not None and not isinstance(value, bytes):
            what = f"a {type(value).__name__} ({_arguments.shown(value)}) among bytes"
            raise _build.refuse(field.name, what, row=None if row is None else row + i)
    made = np.array([value or b"" for value in values])
    return np.ma.MaskedArray(made, [value is None for value in values]) if None in values else made


def _check_width(field: Field, given: npt.NDArray[Any]) -> None:
    """Refuses values that are too long, which numpy would cut."""
    if given.dtype.kind in "SV" and given.dtype.itemsize > field.width:
        longest = given.dtype.itemsize
        if given.dtype.kind == "S":
            longest = int(np.char.str_len(given).max(initial=0))
        if longest > field.width:
            raise _build.refuse(
                field.name, f"a value of {longest} bytes in a column of {field.width}"
            )


def _narrowed(
    field: Field, given: npt.NDArray[Any], mask: npt.NDArray[np.bool_] | None, row: int | None
) -> npt.NDArray[Any]:
    """Days and times as integers; they are made the 32 bits that the file has afterwards."""
    if given.dtype.kind in "mM":
        given = _exact.cast(field.name, given, field.dtype, mask, row).view(np.int64)
        return given if mask is None else np.where(mask, 0, given)
    if given.dtype.kind not in "iu":
        raise _build.refuse(
            field.name,
            f"values of type {given.dtype} for {field.type}",
            f"give {field.dtype}, or integers",
        )
    return given
