"""7. The workers of a pool fill disjoint parts of one table.

Replaces arrays that are filled in RawArray or SharedMemory, and parts that are pickled back and
joined. A range that nobody filled, or whose worker died, is an error when the table is committed;
here it would be zeros. What comes out is a file with names, types and checksums that any program
may open.
"""

from multiprocessing import shared_memory

import numpy as np
import shmcol
from scene import Scene, in_memory, keep, lies_in

scene = Scene(__doc__, rows=2_000_000, full=20_000_000, methods=("fork", "spawn"), needs="create")
values, memory = None, None
PIECE = 1 << 16


def fill(part, x, y):
    """Computes a worker's rows, some at a time: the temporary arrays of numpy stay in
    the processor's cache."""
    first, end = part
    for start in range(first, end, PIECE):
        rows = slice(start - first, min(start + PIECE, end) - first)
        np.sqrt(np.arange(start, first + rows.stop), out=x[rows])
        np.multiply(x[rows], 2, out=y[rows])


def sums(x, y):
    return [float(x.sum()), float(y.sum())]


# ---- the usual way, which it replaces ----


def fill_and_return(part):
    made = np.empty((2, part[1] - part[0]))
    fill(part, *made)
    return made


@scene.way("pickle", "parts pickled back and joined")
def joined(run):
    parts = run.map(fill_and_return, run.parts())
    with run.sharing():
        x, y = np.concatenate(parts, axis=1)
    return sums(x, y)


def attach(name, rows):
    global values, memory
    memory = shared_memory.SharedMemory(name)
    values = np.ndarray((2, rows), "f8", memory.buf)


def fill_shared(part):
    fill(part, values[0, part[0] : part[1]], values[1, part[0] : part[1]])


@scene.way("sharedmemory", "SharedMemory")
def in_shared_memory(run):
    with run.sharing():
        block = shared_memory.SharedMemory(create=True, size=run.rows * 16)
        filled = np.ndarray((2, run.rows), "f8", block.buf)
    run.reads(filled)
    try:
        run.map(fill_shared, run.parts(), attach, (block.name, run.rows))
        return sums(*filled)
    finally:
        del filled
        block.close()
        block.unlink()


# ---- shmcol ----


def fill_table(job):
    table, (first, end) = job
    with table.rows(first, end) as view:
        fill((first, end), view["x"], view["y"])
        keep(lies_in(view["x"], view["y"]))


@scene.way("shmcol", "shmcol.create()")
def populate(run):
    path = f"{in_memory(run.place)}/filled.shmcol"
    with run.sharing():
        table = shmcol.create(
            path, {"x": np.float64, "y": np.float64}, rows=run.rows, overwrite=True, sync=False
        )
    run.bytes = run.rows * 16
    run.map(fill_table, [(table, part) for part in run.parts()])
    with run.sharing():
        table.commit()
    with shmcol.open(path) as opened:
        return sums(opened["x"], opened["y"])


if __name__ == "__main__":
    scene.main(__file__)
