"""Columns as numpy arrays over the map: the one place where it is decided what is zero-copy and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _errors
from ._schema import NULL_IN_VALUE, WIDENED, Field

if TYPE_CHECKING:  # importing numpy.typing takes longer than all else here
    import numpy.typing as npt

    Array = npt.NDArray[Any]
    Mask = npt.NDArray[np.bool_]


def over(buffer: Any, dtype: np.dtype[Any] | str, shape: tuple[int, ...]) -> Array:
    """An array over a Buffer of the extension; it keeps the file open."""
    return np.ndarray(shape, dtype, buffer)


def refuse(field: Field, what: str, instead: str) -> _errors.Error:
    """The error for a copy where none is allowed."""
    text = f"column {field.name!r} ({field.type}): {what}, which copy='never' refuses; {instead}"
    return _errors.make(_errors.CopyError, text, status="COPY", column=field.index, hint=instead)


def stored(file: Any, field: Field, start: int, stop: int, rows: int) -> tuple[Array, Any]:
    """The values as they lie, and the validity's Buffer or None."""
    if field.kind in ("string", "binary", "unsupported"):
        what = "was made by a later version" if field.kind == "unsupported" else "has no fixed-width values: use its offsets and data"
        raise _errors.make(_errors.UnsupportedTypeError, f"column {field.name!r} ({field.type}) {what}", column=field.index)
    values, bits = file.values(field.index)
    shape = (rows, field.width) if field.kind == "fixed_binary" else (rows, *field.shape)
    array = over(values, field.stored_dtype, shape)
    return array if start == 0 and stop == rows else array[start:stop], bits


def unpack(bits: Any, start: int, stop: int) -> Mask:
    """A bitmap's bits as a mask: True where null."""
    if stop <= start:
        return np.zeros(0, np.bool_)
    first, skip = start >> 3, start & 7
    part = np.frombuffer(bits, np.uint8)[first : (stop + 7) >> 3]
    return np.unpackbits(~part, count=skip + stop - start, bitorder="little")[skip:].view(np.bool_)


def nulls_of(file: Any, field: Field, start: int, stop: int) -> Mask:
    """A mask, True where null."""
    bits = None
    if field.nulls:
        bits = file.strings(field.index).buffers()[2] if field.kind in ("string", "binary") else file.values(field.index)[1]
    return np.zeros(stop - start, np.bool_) if bits is None else unpack(bits, start, stop)


def masked(values: Array, mask: Mask) -> Any:
    import numpy.ma as ma

    if values.ndim > 1:
        mask = np.broadcast_to(mask.reshape((-1,) + (1,) * (values.ndim - 1)), values.shape)
    return ma.MaskedArray(values, mask=mask, copy=False)


def widened(field: Field, values: Array, mask: Mask | None) -> Array:
    """int32 days or times as numpy's 64 bits, nulls as NaT."""
    made = values.astype(np.int64).view(field.dtype)
    if mask is not None:
        made[mask] = np.array("NaT", field.dtype)
    return made


def array_of(file: Any, field: Field, start: int, stop: int, rows: int, copy: str) -> Any:
    """table[name] of a column that is no string."""
    values, bits = stored(file, field, start, stop, rows)
    kind = field.element or field.kind
    has_nulls = bits is not None and field.kind not in NULL_IN_VALUE
    if kind in WIDENED:
        if copy == "never":
            raise refuse(
                field, "numpy has this type with 64 bits only, so that it must be converted", f"use storage({field.name!r}), int32 in place"
            )
        mask = unpack(bits, start, stop) if has_nulls else None
        wide = widened(field, values, mask if not field.shape else None)
        wide.flags.writeable = False
        return masked(wide, mask) if field.shape and mask is not None else wide
    dtype = field.dtype
    if field.kind == "fixed_binary":
        values = values.view(dtype).reshape(-1)
    elif values.dtype is not dtype:
        values = values.view(dtype)
    if not has_nulls:
        return values
    if copy == "never":
        instead = f"use storage({field.name!r}) and validity({field.name!r}), both in place"
        raise refuse(field, "it has nulls that its values do not show, so that a mask must be made", instead)
    return masked(values, unpack(bits, start, stop))
