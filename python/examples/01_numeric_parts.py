"""1. Workers sum parts of a numeric array of two columns.

Replaces a global that fork hands down to the workers: that works under fork only, and the workers
must start after the data are there. Writing the file once is shown apart ("share"); after that any
number of programs read it, under any start method.
"""

import numpy as np
import shmcol
from scene import Scene

scene = Scene(__doc__, rows=1_000_000, full=10_000_000, apart=True)
data = None


def make(rows):
    return np.random.default_rng(1).random((rows, 2))


# ---- the usual way, which it replaces ----


def sum_of_global(part):
    first, end = part
    return data[first:end].sum(axis=0).tolist()


@scene.way("fork", "a global, inherited by fork")
def inherit(run):
    global data
    data = make(run.rows)
    run.reads(data)
    return total(run.map(sum_of_global, run.parts()))


# ---- shmcol ----


def sum_of_table(table):
    return [float(table["x"].sum()), float(table["y"].sum())]


@scene.way("shmcol", "shmcol", methods=("fork", "spawn"))
def shared(run):
    made = make(run.rows)
    with run.sharing():
        shmcol.write(
            {"x": made[:, 0], "y": made[:, 1]},
            f"{run.place}/parts.shmcol",
            overwrite=True,
            sync=False,
        )
    del made
    with shmcol.open(f"{run.place}/parts.shmcol") as table:
        run.reads(table["x"], table["y"])
        return total(run.map(sum_of_table, [table[first:end] for first, end in run.parts()]))


def total(sums):
    return [sum(x for x, _ in sums), sum(y for _, y in sums)]


if __name__ == "__main__":
    scene.main(__file__)
