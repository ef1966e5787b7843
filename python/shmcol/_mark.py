"""What a pickled table in a directory remembers of its last part: a table that was made anew, with
the same first rows and others behind them, is not taken for it."""

from __future__ import annotations

from typing import Any

Mark = tuple[int, bytes, bytes]  # of a part: first row, file id, file id of the part before


def mark_of(file: Any) -> Mark | None:
    """The last part of a table with rows."""
    if not file.parts() or not file.head()[0]:
        return None
    info = file.part(file.parts() - 1).info()
    return info["first_row"], info["file_id"], info["previous_id"]


def keeps(file: Any, mark: Mark | None) -> bool:
    """Tells whether a table still has that part, or one that an append put in its place."""
    if mark is None:
        return True
    first_row, part_id, previous_id = mark
    if not file.parts():
        return False
    info = file.part(file.part_of_row(first_row)[0]).info()
    same_place: bool = info["first_row"] == first_row
    return same_place and (info["file_id"] == part_id or info["previous_id"] == previous_id)
