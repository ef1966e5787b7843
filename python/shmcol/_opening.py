"""Opening a file: what it takes, and the files of this process that are open."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal
from weakref import WeakValueDictionary

from . import _shmcol
from ._arguments import flag, word

Copy = Literal["if-needed", "never"]
Level = Literal["structure", "checksums", "full"]
Progress = Callable[[int, int], object]
Location = tuple[str, int, str | None, int]  # path, flags, cache_dir, cache_limit
COPIES = ("if-needed", "never")
LEVELS = ("structure", "checksums", "full")

# Every file of this process that a pickled table may name: an open file is not opened again.
open_files: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()


_ADVICE = {None: 0, "sequential": _shmcol.SEQUENTIAL, "random": _shmcol.RANDOM}


def flags_of(mode: Any, cache: Any, prefault: Any, advice: Any) -> int:
    """The flags that the extension takes."""
    flags = _shmcol.CACHE if cache is True or flag("cache", cache) else _shmcol.COPY
    if prefault is not False and flag("prefault", prefault):
        flags |= _shmcol.PREFAULT
    if word("mode", mode, ("r", "c")) == "c":
        flags |= _shmcol.PRIVATE
    return flags if advice is None else flags | _ADVICE[word("advice", advice, _ADVICE)]


def fault_report() -> None:
    """Makes this process say on stderr which file and column it was reading, before a SIGBUS ends
    it: the file was cut short while it was mapped, or its device failed. It cannot be undone. A
    handler that is there (faulthandler.enable()) then has its turn; one that comes later replaces
    this one, until the next call. Each process calls it: Pool(initializer=shmcol.fault_report).
    """
    _shmcol.fault_report()


def open_file(source: Location, progress: Progress | None = None) -> Any:
    path, flags, cache_dir, limit = source
    return _shmcol.open(
        os.fsencode(path),
        flags,
        os.fsencode(cache_dir) if cache_dir is not None else None,
        limit,
        progress,
    )


def remember(source: Location, file: Any, head: tuple[int, int, bytes]) -> None:
    """Keeps an open file for pickled tables; of a table that grows the handle with most rows. One
    with private pages is its table's own."""
    if source[1] & _shmcol.PRIVATE:
        return
    key = (*source, head[2])
    known = open_files.get(key)
    if known is None or known.head()[0] < head[0]:
        open_files[key] = file


def travelling(source: Location, file: Any, head: tuple[int, int, bytes]) -> Location:
    """Where another process opens the file. A symbolic link may lead elsewhere by then, so that a
    path through one is replaced by that of the file that is open."""
    path = source[0]
    if os.path.realpath(path) == path:
        return source
    first = file.part(0) if file.parts() else file
    info = first.info()
    name = None if info["compressed"] else _mapped(info["map"])
    if name is None:
        return source
    place = (os.path.dirname(name) if file.parts() else name), *source[1:]
    remember(place, file, head)
    return place


def _mapped(address: int) -> str | None:
    """The path of the file that is mapped at an address; None if it has none any more, or if the
    system does not tell."""
    try:
        with open("/proc/self/maps", newline="\n", errors="surrogateescape") as maps:
            for line in maps:
                begin, _, end = line.split(" ", 1)[0].partition("-")
                if int(begin, 16) <= address < int(end, 16):
                    name = line.rstrip("\n").split(maxsplit=5)[5:]
                    # The kernel writes a line feed as \012.
                    whole = bool(name) and "\\" not in name[0] and os.path.exists(name[0])
                    return name[0] if whole else None
    except OSError:
        pass
    return None
