"""5. Workers compute nansum over a DataFrame of a date, a float with NaN and a string column.

Replaces the record array in shared memory and the DataFrame that is pickled to each worker. The
record array as it is mostly written holds strings as pointers to objects of the parent: it seems to
work under fork, and dies or lies under spawn and forkserver; here its strings have a fixed width,
as they must. The workers really read the strings.
"""

from multiprocessing import shared_memory

import numpy as np
import pandas as pd
from scene import Scene, keep

scene = Scene(
    __doc__,
    rows=500_000,
    full=(5_000_000, 10_000_000),
    workers=4,
    full_workers=8,
    methods=("fork", "forkserver", "spawn"),
)
LETTERS = [chr(ord("a") + i) for i in range(26)]
STEP = 1 << 16
records, memory = None, None


def make(rows):
    random = np.random.default_rng(5)
    val = random.random(rows)
    val[random.random(rows) < 0.05] = np.nan
    date = np.datetime64("2000-01-01", "ns") + (np.arange(rows) % 9000).astype("m8[D]")
    return pd.DataFrame(
        {
            "date": date,
            "val": val,
            "character_col": np.array(LETTERS, object)[random.integers(0, 26, rows)],
        }
    )


def work(date, val, count):
    """The work of every worker, some rows at a time, because nansum copies its values."""
    total = sum(float(np.nansum(val[first : first + STEP])) for first in range(0, len(val), STEP))
    return [total, str(date.max()), int(count)]


# ---- the usual way, which it replaces ----


def attach(name, dtype, rows):
    global records, memory
    memory = shared_memory.SharedMemory(name)
    records = np.ndarray((rows,), dtype, memory.buf)


def work_on_records(letter):
    strings = records["character_col"]
    count = sum(
        np.count_nonzero(strings[first : first + STEP] == letter.encode())
        for first in range(0, len(strings), STEP)
    )
    return work(records["date"], records["val"], count)


@scene.way("records", "record array in SharedMemory")
def record_array(run):
    frame = make(run.rows)
    with run.sharing():
        made = frame.to_records(index=False, column_dtypes={"character_col": "S1"})
        block = shared_memory.SharedMemory(create=True, size=made.nbytes)
        shared = np.ndarray(made.shape, made.dtype, block.buf)
        shared[:] = made
    del frame, made
    run.reads(shared)
    try:
        return run.map(
            work_on_records, LETTERS[: run.workers], attach, (block.name, shared.dtype, run.rows)
        )
    finally:
        del shared
        block.close()
        block.unlink()


def work_on_frame(job):
    frame, letter = job
    keep(frame)
    count = int((frame["character_col"] == letter).sum())
    return work(frame["date"].to_numpy(), frame["val"].to_numpy(), count)


@scene.way("pickle", "DataFrame pickled to each worker")
def pickled(run):
    frame = make(run.rows)
    return run.map(work_on_frame, [(frame, letter) for letter in LETTERS[: run.workers]])


# ---- shmcol ----


def work_on_table(job):
    table, letter = job
    return work(
        table["date"],
        table["val"],
        sum(batch["character_col"].count(letter) for batch in table.batches(STEP)),
    )


@scene.way("shmcol", "shmcol.share()")
def table(run):
    frame = make(run.rows)
    with run.shared(frame, dictionary=["character_col"]) as opened:
        del frame
        run.reads(opened["date"], opened["val"], opened["character_col"].codes)
        return run.map(work_on_table, [(opened, letter) for letter in LETTERS[: run.workers]])


if __name__ == "__main__":
    scene.main(__file__)
