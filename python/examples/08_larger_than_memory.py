"""8. Workers scan a table that is larger than the memory they may have.

Replaces loading one's part (a MemoryError, shown below) and np.memmap, which maps one array per
file without names or types. What the kernel does: a page of a mapped file is read when it is first
touched, and it is clean, so when memory is short the kernel drops it and reads it again when it is
touched again. Nothing of it is ever swapped, and nothing of it counts against the limit on a
process's own memory. Where a scan is to stay small although nothing is short, it calls release()
behind itself.

Two limits stand for "larger than memory" here, so that this runs anywhere: each worker may have
--limit MiB of its own (RLIMIT_DATA), and the kernel is told to reclaim each --window MiB once they
are scanned (MADV_PAGEOUT: what it does itself when memory runs out). For the real thing, as one
line: systemd-run --scope -p MemoryMax=300M -p MemorySwapMax=0 python 08_larger_than_memory.py
--rows 40000000 --window 1000000
"""

import ctypes
import os
import resource

import numpy as np
import shmcol
from scene import MIB, Scene, keep

scene = Scene(
    __doc__,
    rows=8_000_000,
    full=40_000_000,
    methods=("fork", "spawn"),
    arguments=[
        (
            ("--limit",),
            {
                "type": int,
                "default": 8,
                "help": "MiB that each worker may have beside what it started with (8)",
            },
        ),
        (
            ("--window",),
            {
                "type": int,
                "default": 16,
                "help": "MiB of which the pages are reclaimed at once (16)",
            },
        ),
    ],
)
STEP, BATCH, PAGE, PAGEOUT = 1 << 16, 1 << 20, os.sysconf("SC_PAGESIZE"), 21
libc = ctypes.CDLL(None, use_errno=True)


def batches(rows):
    """The table as it is made: never all of it in memory."""
    for first in range(0, rows, BATCH):
        n = np.arange(first, min(first + BATCH, rows))
        yield {"x": np.sqrt(n), "y": n % 1000 * 0.5}


def pages_of(values):
    """The whole pages within an array: (address, bytes)."""
    begin = -(-values.__array_interface__["data"][0] // PAGE) * PAGE
    return begin, max(
        (values.__array_interface__["data"][0] + values.nbytes - begin) // PAGE * PAGE, 0
    )


def resident(values):
    """The bytes of an array's file that are in memory, whichever process read them."""
    begin, size = pages_of(values)
    flags = (ctypes.c_ubyte * (size // PAGE))()
    if libc.mincore(ctypes.c_void_p(begin), ctypes.c_size_t(size), flags):
        raise OSError(ctypes.get_errno(), "mincore")
    return int((np.frombuffer(flags, np.uint8) & 1).sum()) * PAGE


def reclaim(values):
    begin, size = pages_of(values)
    if (
        size
        and libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(size), PAGEOUT)
        and ctypes.get_errno() != 22
    ):  # EINVAL: a kernel before 5.4
        raise OSError(ctypes.get_errno(), "madvise")


def limit(mib):
    """From here on this process may have so much more memory of its own."""
    with open("/proc/self/status", encoding="utf-8") as status:
        data = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))
    resource.setrlimit(resource.RLIMIT_DATA, (data + mib * MIB, resource.RLIM_INFINITY))


def scan(x, y, window):
    """The work of every worker on its part: [sums], the most of it that was in memory at once,
    reads from disk."""
    sums, most, before, done = [0.0, 0.0], 0, resource.getrusage(resource.RUSAGE_SELF).ru_majflt, 0
    for first in range(0, len(x), STEP):
        sums[0] += float(x[first : first + STEP].sum())
        sums[1] += float(y[first : first + STEP].sum())
        if (first + STEP - done) * 16 >= window * MIB or first + STEP >= len(x):
            most = max(most, resident(x) + resident(y))
            for values in (x, y):
                reclaim(values[done : first + STEP])
            done = first + STEP
    return sums, most, resource.getrusage(resource.RUSAGE_SELF).ru_majflt - before


def result(run, answers, values):
    """The sums, with the kernel's numbers beside them."""
    size, most, faults = (
        run.rows * 16,
        sum(most for _, most, _ in answers),
        sum(count for _, _, count in answers),
    )
    swapped = sum(process["swap"] for process in run.processes)
    run.notes.append(
        f"{size / MIB:.0f} MiB scanned; at most {most / MIB:.0f} MiB of it in memory, "
        f"{resident(values) * 2 / MIB:.0f} MiB after; "
        f"{faults:,} waits for the disk; {swapped} bytes swapped"
    )
    return [sum(sums[i] for sums, _, _ in answers) for i in (0, 1)]


def forget(path):
    """On disk, and no longer in memory."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


# ---- the usual way, which it replaces ----


def scan_memmap(job):
    paths, rows, first, end, window = job
    x, y = (np.memmap(path, "f8", "r", shape=(rows,)) for path in paths)
    keep(x, y)
    return scan(x[first:end], y[first:end], window)


@scene.way("memmap", "np.memmap, a file for each column")
def mapped(run):
    paths = [f"{run.place}/{name}.raw" for name in "xy"]
    with run.sharing():
        with open(paths[0], "wb") as xs, open(paths[1], "wb") as ys:
            for batch in batches(run.rows):
                batch["x"].tofile(xs)
                batch["y"].tofile(ys)
    for path in paths:
        forget(path)
    x, y = (np.memmap(path, "f8", "r", shape=(run.rows,)) for path in paths)
    run.reads(x, y)
    jobs = [(paths, run.rows, first, end, run.options.window) for first, end in run.parts()]
    return result(run, run.map(scan_memmap, jobs, limit, (run.options.limit,)), x)


# ---- shmcol ----


def scan_table(job):
    table, window = job
    return scan(table["x"], table["y"], window)


def load_part(job):
    """The way that does not work: a copy of the part."""
    try:
        return np.array(job[0]["x"]).size
    except MemoryError as error:
        return f"MemoryError: {error}"


def mapped_now():
    """The bytes of files that this process has in its memory (RssFile)."""
    with open("/proc/self/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssFile"))


def scan_and_release(job):
    """The same without a kernel that is short of memory: each batch is given back once it is read.
    Returns the sum of both columns, and the most of the table that was in this process's memory."""
    table, window = job
    total, most, before = 0.0, 0, mapped_now()
    for batch in table.batches(window * MIB // 16):
        total += float(batch["x"].sum() + batch["y"].sum())
        most = max(most, mapped_now() - before)
        batch.release()
    return total, most


@scene.way("shmcol", "shmcol")
def table(run):
    path = f"{run.place}/large.shmcol"
    with run.sharing():
        shmcol.write(batches(run.rows), path, overwrite=True, sync=False)
    forget(path)
    with shmcol.open(path) as opened:
        run.reads(opened["x"], opened["y"])
        jobs = [(opened[first:end], run.options.window) for first, end in run.parts()]
        with run.context.Pool(1, limit, (run.options.limit,)) as pool:
            run.notes.append(
                f"a worker that loads its part of x instead: {pool.apply(load_part, jobs[:1])}"
            )
            total, most = pool.apply(scan_and_release, [(opened, run.options.window)])
            run.notes.append(
                f"a worker that calls release() behind itself: at most {most / MIB:.0f} MiB of "
                f"{run.rows * 16 / MIB:.0f} in its memory"
            )
            made = sum(float(batch["x"].sum() + batch["y"].sum()) for batch in batches(run.rows))
            assert np.isclose(total, made), (total, made)
        forget(path)
        return result(run, run.map(scan_table, jobs, limit, (run.options.limit,)), opened["x"])


if __name__ == "__main__":
    scene.main(__file__)
