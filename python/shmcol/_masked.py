"""Columns with nulls as numpy's masked arrays.

They are apart from _arrays.py, so that numpy.ma is imported only where it is needed.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.ma import MaskedArray, masked

from ._arrays import Validity, by_element, rows_to_take
from ._by_reference import reduce

if TYPE_CHECKING:
    from ._arrays import Array, Mask


class MaskedColumn(MaskedArray):
    """A masked array over the map. Its mask is made once something needs all of it.

    Indexing and take() look at the bits of their rows only. All else is MaskedArray's, which finds
    the mask under the name `_mask`. An array that is made of a column (a view, a sum) is an
    ordinary MaskedArray.
    """

    _validity: Validity | None
    _name: str
    _whole: Any  # the mask, once _validity is None

    @staticmethod
    def over(values: Array, validity: Validity, name: str) -> Any:
        made: Any = values.view(MaskedArray)
        made.__class__ = MaskedColumn  # here and nowhere else: see __array_finalize__
        made._validity, made._name = validity, name
        return made

    def __array_finalize__(self, obj: Any) -> None:
        """numpy calls this for each array that it makes of a column."""
        made: Any = self
        made.__class__ = MaskedArray
        made.__array_finalize__(obj)

    @property
    def _mask(self) -> Any:
        validity = self._validity
        if validity is not None:
            self._mask = by_element(validity.nulls(), self.shape)
        return self._whole

    @_mask.setter
    def _mask(self, mask: Any) -> None:
        self._whole = mask
        self._validity = None

    def __getitem__(self, key: Any) -> Any:
        validity = self._validity
        if validity is None or isinstance(key, str):
            return super().__getitem__(key)
        picked = np.ndarray.view(self, np.ndarray)[key]
        if self.ndim == 1 and isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            return masked if validity.null(int(key) + (len(self) if key < 0 else 0)) else picked
        nulls = validity.nulls_where(key, self.shape, self._name)
        if not isinstance(picked, np.ndarray):
            return masked if nulls else picked
        return self._part(picked, nulls)

    def _part(self, values: Array, nulls: Mask) -> Any:
        own = nulls if nulls.flags.writeable else nulls.copy()
        made: Any = MaskedArray(values, mask=own, copy=False)
        fill: Any = self.__dict__["_fill_value"]
        if fill is not None:
            made.fill_value = fill
        return made

    def take(self, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
        rows = rows_to_take(indices, axis, out, mode, self.ndim)
        return super().take(indices, axis, out, mode) if rows is None else self[rows]

    def __reduce__(self) -> Any:
        """By reference, if neither the mask nor the fill value was looked at or changed."""
        origin = self.__dict__.get("_origin")
        by_reference = None
        own = self._validity is None or self.__dict__.get("_fill_value") is not None
        if origin is not None and not own:
            by_reference = reduce(np.ndarray.view(self, np.ndarray), origin)
        return by_reference or self.view(MaskedArray).__reduce__()

    def __deepcopy__(self, memo: Any = None) -> Any:
        return copy.deepcopy(self.view(MaskedArray), memo)
