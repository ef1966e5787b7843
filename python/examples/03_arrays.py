"""3. Workers read one numpy array through shared memory.

Replaces multiprocessing's RawArray, Array, SharedMemory and SharedMemoryManager. Those are bytes
without type, shape or name, which every worker has to be told beside them; a SharedMemory outlives
a program that was killed, or is taken away under a reader that forgot to keep it. A table brings
its columns' names and types along and goes with its last user.
"""

import multiprocessing.managers
from multiprocessing import shared_memory

import numpy as np
from scene import Scene

scene = Scene(__doc__, rows=2_000_000, full=10_000_000, methods=("fork", "spawn"))
array, memory = None, None


def make(rows):
    return np.random.default_rng(3).random(rows)


def work(values, part):
    """The work of every worker, wherever the values lie."""
    first, end = part
    return [float(values[first:end].sum()), float(values[first:end].max())]


# ---- the usual way, which it replaces ----


def take_raw(raw):
    global array
    array = np.frombuffer(raw.get_obj() if hasattr(raw, "get_obj") else raw)


def work_on_raw(part):
    return work(array, part)


def through_sharedctypes(run, create):
    made = make(run.rows)
    with run.sharing():
        raw = create("d", run.rows)
        take_raw(raw)
        array[:] = made
    del made
    run.reads(array)
    return run.map(work_on_raw, run.parts(), take_raw, (raw,))


@scene.way("rawarray", "RawArray")
def raw_array(run):
    return through_sharedctypes(run, run.context.RawArray)


@scene.way("array", "Array")
def locked_array(run):
    return through_sharedctypes(run, run.context.Array)


def take_memory(name, rows):
    global array, memory
    memory = shared_memory.SharedMemory(
        name
    )  # a global: without it the map goes, and the array points into nothing
    array = np.ndarray((rows,), "f8", memory.buf)


def through_memory(run, create):
    made = make(run.rows)
    with run.sharing():
        block = create(made.nbytes)
        values = np.ndarray(made.shape, made.dtype, block.buf)
        values[:] = made
    del made
    run.reads(values)
    return run.map(work_on_raw, run.parts(), take_memory, (block.name, run.rows)), block


@scene.way("sharedmemory", "SharedMemory")
def one_block(run):
    result, block = through_memory(
        run, lambda size: shared_memory.SharedMemory(create=True, size=size)
    )
    block.close()
    block.unlink()
    return result


@scene.way("manager", "SharedMemoryManager")
def managed_block(run):
    with multiprocessing.managers.SharedMemoryManager(ctx=run.context) as manager:
        return through_memory(run, manager.SharedMemory)[0]


# ---- shmcol ----


def work_on_table(job):
    table, part = job
    return work(table["x"], part)


@scene.way("shmcol", "shmcol.share()")
def table(run):
    made = make(run.rows)
    with run.shared({"x": made}) as opened:
        del made
        run.reads(opened["x"])
        return run.map(work_on_table, [(opened, part) for part in run.parts()])


if __name__ == "__main__":
    scene.main(__file__)
