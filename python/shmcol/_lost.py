"""Stand-ins for pickled objects that cannot be opened where they arrive."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from . import _errors

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


def arriving(
    lost: Callable[[Exception], _Made],
) -> Callable[[Callable[_Given, _Made]], Callable[_Given, _Made]]:
    """Decorates a function that opens a pickled object. Where that fails, it returns lost(why).

    An exception would end a worker of multiprocessing.Pool while it takes its task, without a
    message, and the pool would wait for ever. So an object that cannot be opened arrives as one
    that raises the reason when it is used.
    """

    def decorate(attach: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
        @functools.wraps(attach)
        def arrive(*args: _Given.args, **named: _Given.kwargs) -> _Made:
            try:
                return attach(*args, **named)
            except _errors.Error as error:
                return lost(error)

        return arrive

    return decorate


class Lost:
    """A base before the class whose object could not be opened. It has no slots, so that it
    combines with any class: its subclass has the slot `_why`."""

    __slots__ = ()

    def __init__(self, why: Exception) -> None:
        object.__setattr__(self, "_why", why)

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__"):
            return super().__getattribute__(name)
        raise object.__getattribute__(self, "_why").with_traceback(None)

    def __enter__(self) -> Any:
        raise object.__getattribute__(self, "_why").with_traceback(None)

    def __repr__(self) -> str:
        return (
            f"<shmcol.{type(self).__mro__[2].__name__} that could not be opened: "
            f"{object.__getattribute__(self, '_why')}>"
        )
