"""Decimal columns: integers of 128 bits that stand for decimal.Decimal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _arguments, _shmcol
from ._arrays import Validity, refuse, validity_part
from ._column import CHUNK, Column
from ._exact import refuse as refuse_values
from ._schema import Field, type_text

if TYPE_CHECKING:
    from ._arrays import Array, Mask
    from ._opening import Copy

MOST_DIGITS = 38
_NULLABLE = 2
# No value of 38 digits is rounded; what would be is an exception.
_EXACT = Context(prec=100, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[InvalidOperation, Inexact])
_BELOW = 1 << 53  # integers up to here are doubles
_TENS = 22  # powers of ten up to this one are doubles


def value_of(raw: bytes, scale: int) -> Decimal:
    """The value of the 16 bytes in the file."""
    return _EXACT.scaleb(Decimal(int.from_bytes(raw, "little", signed=True)), -scale)


class DecimalColumn(Column):
    """A column of decimals, read where it lies: column[i] is a decimal.Decimal, None for a null.

    column[a:b] is a view, column[indices] or column[mask] an object array. `column == value` is a
    boolean array. Nothing is kept: each access makes what it returns. `precision` is the number of
    digits, `scale` that of those behind the point.
    """

    __slots__ = ("_bits", "_storage")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        file: Any,
        field: Field,
        start: int,
        stop: int,
        copy: Copy,
        source: Any = None,
        buffers: Any = None,
    ) -> None:
        super().__init__(file, field, start, stop, copy, source)
        values, self._bits = file.values(field.index) if buffers is None else buffers
        given = isinstance(values, np.ndarray)
        self._storage = values if given else np.frombuffer(values, "i8").reshape(-1, 2)

    def _part(self, start: int, stop: int) -> Any:
        buffers = self._storage, self._bits
        return type(self)(self._file, self._field, start, stop, self._copy, self._source, buffers)

    # ---- description ----

    @property
    def precision(self) -> int:
        """Digits of a value, at most."""
        return self._field.precision

    @property
    def scale(self) -> int:
        """Digits behind the point."""
        return self._field.scale

    @property
    def storage(self) -> Array:
        """int64 of shape (rows, 2) in the map: a value is (high * 2**64 + low) * 10**-scale. [:, 0]
        is low, whose bits are unsigned, [:, 1] is high. A value of up to 18 digits is [:, 0] alone,
        times 10**-scale. A null is 0."""
        return self._storage[self._start : self._stop]

    @property
    def validity(self) -> Any:
        """The bitmap in place (bit i, from the least significant, is 1 where row i is valid); None
        where there are no nulls. ValueError in a view that begins within a byte of it."""
        return validity_part(self._bits, self._start, self._stop)

    @property
    def nbytes(self) -> int:
        return 16 * len(self)

    def nulls(self) -> Mask:
        """A mask, True where null."""
        found = self._validity()
        return np.zeros(len(self), np.bool_) if found is None else found.nulls()

    def _validity(self) -> Validity | None:
        return None if self._bits is None else Validity(self._bits, self._start, self._stop)

    # ---- values ----

    def _values(self, storage: Array, nulls: Mask | None) -> Iterator[Decimal | None]:
        """Decimals of rows of the storage."""
        scale = -self._field.scale
        lows = storage[:, 0].view(np.uint64).tolist()
        for row, (low, high) in enumerate(zip(lows, storage[:, 1].tolist())):
            null = nulls is not None and nulls[row]
            yield None if null else _EXACT.scaleb(Decimal((high << 64) + low), scale)

    def _at(self, row: int) -> Any:
        validity = self._validity()
        if validity is not None and validity.null(row):
            return None
        return value_of(self._storage[self._start + row].tobytes(), self._field.scale)

    def _list(self, start: int, n: int, step: int = 1) -> list[Any]:
        return self._pick(np.arange(start, start + n * step, step))

    def _pick(self, rows: Array) -> list[Any]:
        validity = self._validity()
        nulls = None if validity is None else validity.nulls_of(rows)
        return list(self._values(self._storage[rows + self._start], nulls))

    def _take(self, rows: Array) -> Array:
        made = np.empty(len(rows), object)
        made[:] = self._pick(rows)
        return made

    def tolist(self) -> list[Any]:
        return list(self)

    def to_numpy(self) -> Array:
        """A new array of decimal.Decimal, and None."""
        if self._copy == "never":
            what = "numpy has no decimals, so that objects must be made"
            raise refuse(self._field, what, "use storage, or iterate")
        return self._take(np.arange(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            what = "numpy has no decimals, so that objects must be made"
            raise refuse(self._field, what, "use storage")
        if dtype is not None and np.dtype(dtype).kind == "f":
            return self.to_float64().astype(dtype, copy=False)
        made = self.to_numpy()
        return made if dtype is None else made.astype(dtype, copy=False)

    def to_float64(self) -> Array:
        """A new array of the nearest doubles; NaN for a null."""
        if self._copy == "never":
            what = "doubles must be made of its integers"
            raise refuse(self._field, what, "use storage, or iterate")
        made = np.empty(len(self), np.float64)
        for start in range(0, len(self), CHUNK):
            stop = min(start + CHUNK, len(self))
            made[start:stop] = _doubles(self.storage[start:stop], self._field.scale)
        validity = self._validity()
        if validity is not None:
            made[validity.nulls()] = np.nan
        return made

    def _equal(self, value: Any) -> Mask:
        """Which rows hold a number."""
        number = _integer(value, self._field.scale)
        if number is None or abs(number) >= 1 << 127:
            return np.zeros(len(self), np.bool_)
        low, high = np.frombuffer(number.to_bytes(16, "little", signed=True), "i8")
        storage = self.storage
        equal: Mask = (storage[:, 0] == low) & (storage[:, 1] == high)
        return equal if self._bits is None else equal & ~self.nulls()

    def __eq__(self, other: object) -> Mask:  # type: ignore[override]
        if other is None:
            return self.nulls()
        if isinstance(other, (int, float, Decimal, np.integer, np.floating)):
            return self._equal(other)
        if isinstance(other, (Column, np.ndarray, list, tuple)) and len(other) == len(self):
            return np.fromiter((a == b for a, b in zip(self, other)), np.bool_, len(self))
        return NotImplemented

    def __ne__(self, other: object) -> Mask:  # type: ignore[override]
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else ~equal

    # ---- Arrow ----

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        if self._source is not None:
            return super().__arrow_c_array__()
        # the elements of a list, which have no nulls
        fmt = f"d:{self.precision},{self.scale}"
        buffers = None, np.ascontiguousarray(self.storage).reshape(-1).view(np.uint8)
        node = (fmt, self.name, 0, None, len(self), 0, buffers, (), None)
        return _shmcol.make_schema(node), _shmcol.make_array(node)


def _integer(value: Any, scale: int) -> int | None:
    """A number times 10**scale; None if that is no integer."""
    try:
        given = Decimal(value.item() if isinstance(value, np.generic) else value)
        if not given.is_finite() or given and given.adjusted() > MOST_DIGITS:
            return None
        if not given:
            return 0
        made = _EXACT.scaleb(given, scale)
        return int(made) if made == made.to_integral_value() else None
    except (InvalidOperation, Inexact):
        return None


def _doubles(storage: Array, scale: int) -> Array:
    """The nearest doubles of some rows."""
    low, high = storage[:, 0], storage[:, 1]
    near = (high == low >> 63) & (low <= _BELOW) & (low >= -_BELOW)
    if scale > _TENS:
        near = np.zeros(len(low), np.bool_)
    # Where integer and power of ten are doubles, the division rounds once.
    made: Array = low / 10.0 ** min(scale, _TENS)
    ten = 10**scale
    for row in np.flatnonzero(~near).tolist():  # Python's division of integers rounds once, too
        made[row] = ((int(high[row]) << 64) + (int(low[row]) & (1 << 64) - 1)) / ten
    return made


# ---- on the way into a file ----


def shape_of(name: str, values: Sequence[Any], rows: Any) -> tuple[int, int]:
    """The precision and the scale that hold all values, None among them.

    rows[i] is the row of values[i]. UnsupportedTypeError for one that no decimal128 holds beside
    the others.
    """
    whole, scale = 0, 0
    for i, value in enumerate(values):
        if value is None:
            continue
        _check(name, value, rows[i])
        exponent: Any = value.as_tuple().exponent
        more = max(whole, value.adjusted() + 1 if value else 0), max(scale, -exponent)
        if sum(more) > MOST_DIGITS:
            what = f"{_arguments.shown(value)} needs more than {MOST_DIGITS} digits"
            if whole + scale > 0:
                what += f" beside the values before it, {whole} before and {scale} behind the point"
            raise refuse_values(name, what, "round it, or give the column as strings", rows[i])
        whole, scale = more
    return max(whole + scale, 1), scale


def _check(name: str, value: Any, row: int | None) -> None:
    if not isinstance(value, Decimal):
        what = f"a {type(value).__name__} ({_arguments.shown(value)}) among decimals"
        raise refuse_values(name, what, "", row)
    if not value.is_finite():
        raise refuse_values(name, f"{value} is no value of a decimal column", "use None", row)


def encode(name: str, values: Sequence[Any], precision: int, scale: int, rows: Any) -> bytes:
    """The 16 bytes of each value, of None too. UnsupportedTypeError for the first value that the
    type does not hold exactly; an int is a value, too."""
    made = bytearray(16 * len(values))
    most = 10**precision
    for i, value in enumerate(values):
        if value is None:
            continue
        given = Decimal(value) if type(value) is int else value
        _check(name, given, rows[i])
        number = _integer(given, scale)
        if number is None or abs(number) >= most:
            kind = type_text("decimal128", precision=precision, scale=scale)
            what = f"{_arguments.shown(value)} does not fit into {kind}"
            raise refuse_values(name, what, "", rows[i])
        made[16 * i : 16 * i + 16] = number.to_bytes(16, "little", signed=True)
    return bytes(made)


def node(
    name: str, values: Sequence[Any], precision: int, scale: int, rows: Any
) -> tuple[Any, ...]:
    """Arrow's array of decimals and None."""
    from ._build import bitmap

    nulls = np.fromiter((value is None for value in values), np.bool_, len(values))
    validity, count = bitmap(nulls)
    buffers = validity, encode(name, values, precision, scale, rows)
    fmt = f"d:{precision},{scale}"
    return fmt, name, _NULLABLE, None, len(values), count, buffers, (), None
