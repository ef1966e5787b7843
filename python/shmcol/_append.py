"""Rows added to a table in a directory, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from . import _arguments, _errors, _shmcol
from ._arguments import U32, flag, integer
from ._schema import fields_of
from ._write import Mode, stream_as


class AppendReport(NamedTuple):
    """The report of append(), and of pack(append=).

    first_row         rows that the table had before; `rows` were added, `table_rows` it has now
    parts             files that were written; `table_parts` are there now
    removed           files that an append which died had left, and that are gone now
    created           True if this append began the table
    already_there     True if the table has the token: nothing was added
    metadata_dropped  pairs of metadata that a table which exists did not take
    id                the table's, as t.id
    """

    first_row: int
    rows: int
    table_rows: int
    parts: int
    table_parts: int
    removed: int
    created: bool
    already_there: bool
    metadata_dropped: int
    id: str


def append(
    table: Any,
    dir: _arguments.Path,
    *,
    token: str | None = None,
    wait: bool = True,
    dictionary: Mode | Mapping[str, Mode] | Iterable[str] | None = None,
    metadata: Mapping[str | bytes, str | bytes] | None = None,
    index: bool | None = None,
    types: Mapping[str, Any] | None = None,
    part_rows: int = 0,
    min_part_rows: int = 0,
    sync: bool = True,
    threads: int = 0,
    memory: int = 0,
    progress: Any = None,
) -> AppendReport:
    """Adds rows to the table in a directory, which it makes if it is missing: whole or not at all,
    for readers and after a crash.

    table        whatever write() takes. The first append decides the columns. Later ones have the
                 same, in any order; arrays and objects become the table's types where these hold
                 every value, otherwise UnsupportedTypeError names column and row. What speaks Arrow
                 must have the table's types
    dir          the directory; shmcol.open(dir) is the table
    token        a name for this append. One whose token the table has adds nothing: a job that is
                 run again does not add its rows twice. The last 1,000 are kept
    wait         False: FileLocked if another process appends at the moment
    dictionary, metadata    as in write(), for the first append. Without `dictionary`, strings are
                 a dictionary where that is smaller and there are at most 4,096 distinct ones
    index, types    as in write()
    part_rows    the most rows of a file, a multiple of 65,536; 0: 16,777,216
    min_part_rows    a last file of fewer rows is written anew, with the new rows behind its own; 0:
                 65,536
    sync         False: faster, but not durable against a power cut
    threads, memory    as in write()
    progress     a callable of (bytes done, bytes in all), or an object like tqdm's bars

    An exception of `progress`, and Ctrl-C, also while it waits, leave the table as it was.
    AppendedNotSynced means that the rows are in the table: do not append them again. Processes on
    several machines may append to one table only where flock reaches all of them.
    """
    target = os.fsencode(_arguments.path("dir", dir))
    options = append_options(
        token, wait, sync, part_rows, min_part_rows, memory, threads, metadata, dictionary
    )
    call = _arguments.progress(progress)
    index = None if index is None else flag("index", index)
    stream, _ = stream_as(table, index, _types(target, types))
    return report_of(_shmcol.append_stream(target, stream, options, call))


def append_options(
    token: Any,
    wait: Any,
    sync: Any,
    part_rows: Any,
    min_part_rows: Any,
    memory: Any = 0,
    threads: Any = 0,
    metadata: Any = None,
    dictionary: Any = None,
) -> tuple[bool, bool, int, int, str | None, int, int, Any, tuple[str, ...]]:
    """The options of an append as the extension takes them, checked."""
    return (
        flag("wait", wait),
        flag("sync", sync),
        integer("part_rows", part_rows),
        integer("min_part_rows", min_part_rows),
        None if token is None else _arguments.text("token", token),
        integer("memory", memory),
        integer("threads", threads, most=U32),
        _arguments.pairs(metadata),
        _arguments.modes(dictionary),
    )


def report_of(made: dict[str, Any]) -> AppendReport:
    return AppendReport(**{**made, "id": made["id"].hex()})


def _types(target: bytes, types: Any) -> dict[str, Any]:
    """The types of the table, if there is one, and those that were named."""
    from . import _wanted

    named = _wanted.types_of(types)
    try:
        fields = fields_of(_shmcol.open(target, 0, None, 0, None), None)
    except _errors.FileMissing:
        return named
    return {**_wanted.of_fields(fields), **named}
