"""The inputs of pack(): paths, and binary file objects that are read into temporary files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from . import _arguments, _errors

_AT_ONCE = 1 << 18


class Inputs:
    """The inputs in their order, as paths. What was an object has a temporary file without a name
    until close(), and messages call it by the object's name.
    """

    def __init__(self, csv: Any) -> None:
        self.paths: list[str] = []
        self.names: dict[str, str] = {}  # of the objects, by their path here
        self._open = ExitStack()
        single = isinstance(csv, (str, bytes, os.PathLike)) or not isinstance(csv, Iterable)
        try:
            if single or hasattr(csv, "read"):  # an open file would be an iterable of its lines
                self._add("csv", csv)
            else:
                for i, each in enumerate(csv):
                    self._add(f"csv[{i}]", each)
        except BaseException:
            self.close()
            raise

    def _add(self, what: str, given: Any) -> None:
        is_path = isinstance(given, (str, bytes, os.PathLike))
        if is_path or not callable(getattr(given, "read", None)):
            self.paths.append(_arguments.path(what, given))
            return
        copy = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        while True:
            chunk = given.read(_AT_ONCE)
            if chunk is None:
                raise _arguments.wrong(f"{what} has no data yet: a file object has to block")
            if not isinstance(chunk, (bytes, bytearray, memoryview)):
                raise _arguments.wrong_type(
                    f"{what} is a file object whose read() gives {type(chunk).__name__}, not bytes",
                    'open it in binary mode: open(name, "rb")',
                )
            if not chunk:
                break
            copy.write(chunk)
        copy.flush()
        path = f"/proc/self/fd/{copy.fileno()}"
        name = getattr(given, "name", None)
        self.names[path] = name if isinstance(name, str) and name else "<file object>"
        self.paths.append(path)

    def close(self) -> None:
        self._open.close()

    def named(self, text: str) -> str:
        """A text of the library, with the names of the objects."""
        for path in sorted(self.names, key=len, reverse=True):
            text = text.replace(path, self.names[path])
        return text

    def name_in(self, error: _errors.Error) -> None:
        """Makes an error speak of the objects by their names."""
        error.args = tuple(self.named(a) if isinstance(a, str) else a for a in error.args)
        error.message, error.hint = self.named(error.message), self.named(error.hint)
        if error.path is not None:
            error.path = self.named(error.path)
        if isinstance(error, OSError) and isinstance(error.filename, str):
            error.filename = self.named(error.filename)
