"""4. Workers search a list of mixed values.

Replaces ShareableList. It unpacks every value it passes, one by one, in Python; strings and bytes
that end in NUL come back without it (shown below). Here a list of mixed values is a table with a
column for each type; a value stands in the column of its type, the others hold null there.
"""

import random
import tempfile
from multiprocessing import shared_memory

import numpy as np
import shmcol
from scene import Scene

WITH_NUL = ["ends in NUL\0", b"\0\0", "\0inside\0it"]

scene = Scene(__doc__, rows=40_000, full=50_000, few=256, methods=("fork", "spawn"))
shared_list = None


def make(rows):
    """Words with umlauts and other scripts, whole numbers, fractions, truth, bytes and None."""
    source = random.Random(4)
    kinds = [
        lambda i: f"größe {i % 997}",
        lambda i: f"値{i % 89}",
        lambda i: i - 500,
        lambda i: i / 8,
        lambda i: i % 2 == 0,
        lambda i: b"\0raw%d" % (i % 500),
        lambda i: None,
    ]
    return [source.choice(kinds)(i) for i in range(rows)]


def wanted(values):
    """The search of every worker: of each type the one that comes last, where all before it have
    to be passed."""
    last = {type(value): value for value in values}
    return [last[kind] for kind in (str, int, float, bool, bytes)] + [None]


# ---- the usual way, which it replaces ----


def attach(name):
    global shared_list
    shared_list = shared_memory.ShareableList(name=name)


def search_list(values):
    """A value's index and its count. In Python True == 1 == 1.0, so the count is asked for with
    the type."""
    return [[shared_list.index(value), shared_list.count(value)] for value in values]


def through_list(values):
    block = shared_memory.ShareableList(values)
    made = list(block)
    block.shm.close()
    block.shm.unlink()
    return made


@scene.way("shareablelist", "ShareableList")
def listed(run):
    values = make(run.rows)
    run.notes.append(f"{WITH_NUL} come back as {through_list(WITH_NUL)}")
    with run.sharing():
        made = shared_memory.ShareableList(values)
    try:
        run.reads(np.frombuffer(made.shm.buf, np.uint8))
        jobs = [wanted(values)] * run.workers
        del values
        return run.map(search_list, jobs, attach, (made.shm.name,))
    finally:
        made.shm.unlink()


# ---- shmcol ----

TYPES = {"text": str, "whole": int, "real": float, "truth": bool, "raw": bytes}


class MixedList:
    """A list of mixed values in a table. It pickles as its table does: to a path and an id."""

    def __init__(self, table):
        self.table = table

    @staticmethod
    def columns(values):
        """The table of a list: each type's values in its own column."""
        made = {
            name: [value if type(value) is kind else None for value in values]
            for name, kind in TYPES.items()
        }
        for name, dtype in (("whole", "i8"), ("real", "f8"), ("truth", "?")):
            made[name] = np.ma.MaskedArray(
                [value or 0 for value in made[name]], [value is None for value in made[name]], dtype
            )
        return made

    def __len__(self):
        return len(self.table)

    def __getitem__(self, row):
        for name in TYPES:
            if not self.table[row : row + 1].nulls(name)[0]:
                value = self.table[name][row]
                return value if isinstance(value, (str, bytes)) else value.item()
        return None

    def _rows(self, value):
        """The rows, batch by batch, that hold the value. As in a list, 1, 1.0 and True are one."""
        names = [
            name
            for name, kind in TYPES.items()
            if kind is type(value)
            or (kind in (int, float, bool) and isinstance(value, (int, float)))
        ]
        for first in range(0, len(self), 1 << 16):
            batch = self.table[first : first + (1 << 16)]
            if value is None:
                found = np.logical_and.reduce([batch.nulls(name) for name in TYPES])
            else:
                found = np.logical_or.reduce(
                    [np.ma.filled(batch[name] == value, False) for name in names]
                )
            yield first + np.flatnonzero(found)

    def index(self, value):
        for rows in self._rows(value):
            if rows.size:
                return int(rows[0])
        raise ValueError(f"{value!r} is not in the list")

    def count(self, value):
        return sum(rows.size for rows in self._rows(value))


def through_table(values):
    with tempfile.TemporaryDirectory() as place:
        shmcol.write(MixedList.columns(values), f"{place}/list.shmcol", sync=False)
        with shmcol.open(f"{place}/list.shmcol") as table:
            mixed = MixedList(table)
            return [mixed[row] for row in range(len(mixed))]


def search_table(job):
    mixed, values = job
    return [[mixed.index(value), mixed.count(value)] for value in values]


@scene.way("shmcol", "shmcol.share()")
def shared(run):
    values = make(run.rows)
    jobs = wanted(values)
    run.notes.append(f"{WITH_NUL} come back as {through_table(WITH_NUL)}")
    with run.sharing():
        columns = MixedList.columns(values)
    del values
    with run.shared(columns) as table:
        del columns
        run.reads(
            *(
                array
                for name in ("text", "raw")
                for array in (table[name].offsets, table[name].data)
            )
        )
        run.reads(*(table.storage(name) for name in ("whole", "real", "truth")))
        run.reads(*(table.validity(name) for name in TYPES if table.validity(name) is not None))
        return run.map(search_table, [(MixedList(table), jobs)] * run.workers)


if __name__ == "__main__":
    scene.main(__file__)
