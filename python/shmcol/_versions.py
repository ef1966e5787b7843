"""Versions of a file that are noticed, and memory that is given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _arguments

if TYPE_CHECKING:
    from ._opening import Location
    from ._schema import Field
    from ._table import Shared, Table


class Versions:
    """The methods of a table that look at its path again, or let its pages go."""

    __slots__ = ()

    if TYPE_CHECKING:
        _source: Location | Shared
        _whole: bool
        _only: tuple[int, ...] | None
        _start: int
        _stop: int

        def _live(self) -> Any: ...
        def _field(self, file: Any, name: str) -> Field: ...
        def _opened(self) -> Table: ...

    def stale(self) -> bool:
        """True if the file at the path is another one by now: replaced, removed or written over;
        of a table in a directory, if rows were added or it was made anew. A few microseconds.
        False for what has no path, such as a table that share() made."""
        file = self._live()
        return isinstance(self._source, tuple) and not file.is_current()

    def reload(self) -> Table:
        """Gives the table that is at the path now: `t = t.reload()`. It is this object if that is
        not stale. The older table and its arrays stay what they are. UsageError for a view of some
        rows, whose rows may be others there; FileError if nothing is there."""
        made: Any = self
        if not self.stale():
            return made  # type: ignore[no-any-return]
        if not self._whole:
            what = "a view of some rows cannot be reloaded: in the newer table they may be others"
            raise _arguments.wrong(what, "reload the table and take the view anew")
        return self._opened()

    def release(self, *names: str) -> None:
        """Gives memory back: the pages of columns (all, if none is named) with the rows of this
        table or view leave the process until they are used again. Nothing is lost, for they are
        pages of the file. So a scan of views, each released when it is done, stays small whatever
        the file's size. UsageError where this process wrote to them (mode="c")."""
        file, rows = self._live(), self._stop - self._start
        if names:
            for name in names:
                file.release(self._field(file, name).index, self._start, rows)
        elif self._only is None:
            file.release(None, self._start, rows)
        else:
            for index in self._only:
                file.release(index, self._start, rows)
