"""String and binary columns, for which numpy has no array without a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import _errors, _exact, _shmcol
from ._arrays import Validity, masked, over, refuse
from ._column import CHUNK, Column
from ._errors import quoted
from ._schema import Field

if TYPE_CHECKING:
    from ._arrays import Array, Mask
    from ._opening import Copy


class StringColumn(Column):
    """A column of strings (str) or binaries (bytes), read where it lies; None is a null.

    column[i] is one value, column[a:b] a view, column[indices] or column[mask] an object array.
    `column == "x"` is a boolean array. Nothing is kept: each access decodes what it returns.
    """

    __slots__ = ("_texts",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        file: Any,
        field: Field,
        start: int,
        stop: int,
        copy: Copy,
        source: Any = None,
        texts: Any = None,
    ) -> None:
        super().__init__(file, field, start, stop, copy, source)
        self._texts = file.strings(field.index) if texts is None else texts

    def _part(self, start: int, stop: int) -> Any:
        return type(self)(
            self._file, self._field, start, stop, self._copy, self._source, self._texts
        )

    # ---- description ----

    @property
    def offsets(self) -> Array:
        """int64 in the map, one more than there are values: value i is data[offsets[i]:offsets[i +
        1]]."""
        return over(self._texts.buffers()[0], "i8", (len(self._texts) + 1,))[
            self._start : self._stop + 1
        ]

    @property
    def data(self) -> Array:
        """All bytes of the column, uint8 in the map; offsets count from its beginning."""
        return np.frombuffer(self._texts.buffers()[1], np.uint8)

    @property
    def codes(self) -> Any:
        raise AttributeError(
            f"column {quoted(self.name)} is stored as plain strings: it has offsets and data, but "
            "no codes and categories"
        )

    @property
    def categories(self) -> Any:
        raise AttributeError(
            f"column {quoted(self.name)} is stored as plain strings: it has offsets and data, but "
            "no codes and categories"
        )

    @property
    def nbytes(self) -> int:
        """Of the values' bytes, without the offsets."""
        offsets = self.offsets
        return int(offsets[-1] - offsets[0])

    def nulls(self) -> Mask:
        """A mask, True where null."""
        validity = self._validity()
        return np.zeros(len(self), np.bool_) if validity is None else validity.nulls()

    def _validity(self) -> Validity | None:
        bits = self._texts.buffers()[2]
        return None if bits is None else Validity(bits, self._start, self._stop)

    # ---- values ----

    def _list(self, start: int, n: int, step: int = 1) -> list[Any]:
        made: list[Any] = self._texts.list(self._start + start, n, step)
        return made

    def _at(self, row: int) -> Any:
        return self._texts.at(self._start + row)

    def _take(self, rows: Array) -> Array:
        return _objects(self._texts.take(rows + self._start))

    def to_numpy(self, dtype: Any = object) -> Array:
        """A new array: of Python objects, or of the dtype that is named (np.dtypes.StringDType(),
        "U10", "S8"). UnsupportedTypeError for
        a null that the dtype does not have, and a value that it would cut."""
        if self._copy == "never":
            raise refuse(
                self._field,
                "numpy has no array of strings over offsets and bytes, so that one must be made",
                "use offsets and data, or iterate",
            )
        return _exact.texts(self.name, _objects(self.tolist()), dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise refuse(
                self._field,
                "numpy has no array of strings over offsets and bytes, so that one must be made",
                "use offsets and data",
            )
        return self.to_numpy(object if dtype is None else dtype)

    # ---- searching ----

    def _bytes(self, value: Any) -> bytes | None:
        """The value's bytes in the file; None: of a type that is never in it."""
        if self._field.kind == "binary":
            return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else None
        return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else None

    def __eq__(self, other: object) -> Mask:  # type: ignore[override]
        if other is None:
            return self.nulls()
        if isinstance(other, (str, bytes)):
            value = self._bytes(other)
            return np.zeros(len(self), np.bool_) if value is None else self._equal(value)
        if isinstance(other, (StringColumn, np.ndarray, list, tuple)) and len(other) == len(self):
            return np.fromiter((a == b for a, b in zip(self, other)), np.bool_, len(self))
        return NotImplemented

    def __ne__(self, other: object) -> Mask:  # type: ignore[override]
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else ~equal

    def _equal(self, value: bytes) -> Mask:
        out = np.empty(len(self), np.bool_)
        self._texts.compare(value, self._start, self._stop, False, out.view(np.uint8))
        return out

    def _search(self, value: Any, start: int, stop: int, once: bool) -> tuple[int, int]:
        """(first row or -1, number of rows) with the value, among rows [start, stop)."""
        if value is None:
            validity = self._validity()
            return (-1, 0) if validity is None else _scan(validity.nulls, start, stop, once)
        raw = self._bytes(value)
        if raw is None:
            return -1, 0
        row, n = self._texts.compare(raw, self._start + start, self._start + stop, once, None)
        return (row - self._start if row >= 0 else -1), n

    def __contains__(self, value: object) -> bool:
        return self._search(value, 0, len(self), True)[0] >= 0

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """The first row that holds the value; ValueError if none does."""
        begin, end, _ = slice(start, stop).indices(len(self))
        row = self._search(value, begin, max(begin, end), True)[0]
        if row < 0:
            raise ValueError(f"{value!r} is not in column {quoted(self.name)}")
        return row

    def count(self, value: Any) -> int:
        """The number of rows that have the value; None counts the nulls."""
        return self._search(value, 0, len(self), False)[1]

    def search(self, keys: Any, side: Literal["left", "right"] = "left") -> Any:
        """Finds texts in a column that ascends, as table.search() does."""
        from ._by_row import search_in

        return search_in(self._file, self._field, keys, side, self._start, self._stop)


class Categories(StringColumn):
    """The distinct strings of a dictionary, in the order of their codes."""

    __slots__ = ()

    def search(self, keys: Any, side: Literal["left", "right"] = "left") -> Any:
        raise TypeError("categories are in the order of their codes: search the column")

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        # checks the dictionary's offsets, which Arrow's consumers trust
        self._file.export_column(self._field.index, 0, 0, False)
        offsets, data, _ = self._texts.buffers()
        part = memoryview(offsets)[8 * self._start : 8 * self._stop + 8]
        node = ("U", self.name, 0, None, len(self), 0, (None, part, data), (), None)
        return _shmcol.make_schema(node), _shmcol.make_array(node)


class DictionaryColumn(StringColumn):
    """A column of strings that keeps each distinct one once: `codes` into `categories`."""

    __slots__ = ("_bits", "_codes")

    def __init__(
        self,
        file: Any,
        field: Field,
        start: int,
        stop: int,
        copy: Copy,
        source: Any = None,
        texts: Any = None,
    ) -> None:
        texts = file.categories(field.index) if texts is None else texts
        super().__init__(file, field, start, stop, copy, source, texts)
        values, self._bits = file.values(field.index)
        self._codes = over(values, field.dtype, (file.head()[0],))[start:stop]

    def _validity(self) -> Validity | None:
        return None if self._bits is None else Validity(self._bits, self._start, self._stop)

    @property
    def codes(self) -> Any:
        """int8, int16 or int32 in the map; a masked array where there are nulls, since a null's
        code is 0."""
        validity = self._validity()
        if validity is None:
            return self._codes
        if self._copy == "never":
            raise refuse(
                self._field,
                "it has nulls that the codes do not show, so that a mask must be made",
                f"use table.storage({self.name!r})",
            )
        return masked(self._codes, validity, self._field)

    @property
    def categories(self) -> Categories:
        """The distinct strings, in the order of their codes."""
        n = len(self._texts)
        return Categories(self._file, self._field, 0, n, self._copy, None, self._texts)

    @property
    def ordered(self) -> bool:
        """True if the order of the categories has a meaning."""
        return self._field.ordered

    @property
    def offsets(self) -> Array:
        """Of the categories: int64 in the map, one more than there are categories."""
        return self.categories.offsets

    @property
    def nbytes(self) -> int:
        return self._codes.nbytes + self.categories.nbytes

    def _checked(self, codes: Array) -> Array:
        if codes.size and not (0 <= codes.min() and codes.max() < len(self._texts)):
            text = f"column {quoted(self.name)}: a code lies outside the dictionary"
            raise _errors.make(
                _errors.FormatError,
                text,
                code=64,
                status="CODES",
                rule="F-50",
                column=self._field.index,
            )
        return codes

    def _known(self, rows: Array) -> Array:
        """The rows' codes, checked; -1 for a null."""
        codes: Array = self._codes[rows]
        validity = self._validity()
        if validity is None:
            return self._checked(codes)
        nulls = validity.nulls_of(rows)
        self._checked(codes[~nulls])
        return np.where(nulls, codes.dtype.type(-1), codes)

    def _list(self, start: int, n: int, step: int = 1) -> list[Any]:
        made: list[Any] = self._take(np.arange(start, start + n * step, step)).tolist()
        return made

    def _at(self, row: int) -> Any:
        validity = self._validity()
        if validity is not None and validity.null(row):
            return None
        return self._texts.at(int(self._codes[row]) & 0xFFFFFFFF)  # a negative code is none

    def _words(self) -> Array:
        """The categories as objects, and None behind them for the nulls."""
        return _objects([*self._texts.list(0, len(self._texts), 1), None])

    def _take(self, rows: Array) -> Array:
        codes = self._known(rows)
        if len(rows) >= len(self._texts):
            return self._words()[codes]
        # Fewer rows than categories: objects are made of the categories among them.
        used, places = np.unique(codes, return_inverse=True)
        return _objects(self._texts.take(used.astype(np.int64)))[places]

    def __iter__(self) -> Iterator[Any]:
        words = self._words() if len(self._texts) <= CHUNK else None
        for start in range(0, len(self), CHUNK):
            rows = np.arange(start, min(start + CHUNK, len(self)))
            yield from (self._take(rows) if words is None else words[self._known(rows)]).tolist()

    def _equal(self, value: bytes) -> Mask:
        code = self._file.code(self._field.index, value)
        if code < 0:
            return np.zeros(len(self), np.bool_)
        equal: Mask = self._codes == code
        return equal if self._bits is None else equal & ~self.nulls()

    def _search(self, value: Any, start: int, stop: int, once: bool) -> tuple[int, int]:
        raw = self._bytes(value)
        code = -1 if raw is None else self._file.code(self._field.index, raw)
        if code < 0 and (value is not None or self._bits is None):
            return -1, 0
        return _scan(lambda begin, end: self._found(code, begin, end), start, stop, once)

    def _found(self, code: int, start: int, stop: int) -> Mask:
        """Which rows hold the code; below 0: are null."""
        validity = self._validity()
        if validity is None:
            equal: Mask = self._codes[start:stop] == code
            return equal
        nulls = validity.nulls(start, stop)
        return nulls if code < 0 else (self._codes[start:stop] == code) & ~nulls


def _scan(found: Callable[[int, int], Mask], start: int, stop: int, once: bool) -> tuple[int, int]:
    """Counts the rows in [start, stop) that are found: (first or -1, number).

    It looks at some rows at a time: no memory grows with the rows.
    """
    first, n = -1, 0
    for begin in range(start, stop, CHUNK):
        end = min(begin + CHUNK, stop)
        mask = found(begin, end)
        n += int(np.count_nonzero(mask))
        if n and first < 0:
            first = begin + int(np.argmax(mask))
        if n and once:
            break
    return first, n


def _objects(values: list[Any]) -> Array:
    """Of str, bytes and None, which numpy does not look into."""
    made = np.empty(len(values), object)
    made[:] = values
    return made
