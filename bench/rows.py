"""Rows at random, and in order, beside what others have for them.

    python bench/rows.py [ROWS [FOLDER]]     (a Python that has numpy, pyarrow and shmcol)

Polars, Lance, Vortex, colstore and Hugging Face datasets take part where they are installed. All
have the same 10,000,000 rows: int64, float64, a time, int32 and a text; numpy and colstore have the
numbers alone. Each has the file that its own writer makes; "pyarrow, one batch" reads the shmcol
file. One core; ways take turns; new rows or keys in each round. A turn is one call for many rows,
20 batches of 256, or 200 single rows, as a loader asks for them one after the other. A figure is
the median of the rounds of one call, a ratio the median of the rounds' ratios; a way whose turn
needs over 0.2 s has 3 rounds.
"""

import importlib
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shmcol

ROUNDS, SLOW = 21, 3
MANY, BATCH = 100_000, 256
BATCHES, SINGLES = 20, 200  # of a turn


def optional(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def columns_of(rows):
    n = np.arange(rows)
    return {
        "id": n * 3,
        "x": np.random.default_rng(0).random(rows),
        "time": n.astype("M8[s]"),
        "n": (n % 1000).astype("i4"),
        "text": [f"the text of row {i * 7919 % rows}" for i in range(rows)],
    }


class Shmcol:
    def __init__(self, folder, columns):
        self.path = folder / "rows.shmcol"
        shmcol.write(columns, self.path, sync=False)
        self.table = shmcol.open(self.path)
        self.table.prefault()

    def column(self, rows):
        return self.table.take(rows, ["id"])["id"]

    def batch(self, rows):
        return self.table.take(rows)

    def row(self, row):
        return self.table[row]

    def search(self, keys):
        return self.table.search("id", keys)


class Numpy:
    def __init__(self, folder, columns):
        self.columns = {}
        for name in ("id", "x", "time", "n"):
            np.save(folder / f"{name}.npy", columns[name])
            self.columns[name] = np.load(folder / f"{name}.npy", mmap_mode="r")
            self.columns[name].sum() if name != "time" else self.columns[name].max()

    def column(self, rows):
        return self.columns["id"].take(rows)

    def search(self, keys):
        return np.searchsorted(self.columns["id"], keys)


class Memmap(Numpy):
    """What most people write, over the same file."""

    def __init__(self, folder, columns):
        self.columns = {"id": np.load(folder / "id.npy", mmap_mode="r")}
        self.columns["id"].sum()

    def column(self, rows):
        return self.columns["id"][rows]

    search = None


class OneBatch:
    """pyarrow over the shmcol file, which is one record batch."""

    def __init__(self, folder, columns):
        file = pa.ipc.open_file(pa.memory_map(str(folder / "rows.shmcol")))
        self.table = file.read_all()

    def column(self, rows):
        return self.table.column("id").take(pa.array(rows))

    def batch(self, rows):
        return self.table.take(pa.array(rows))

    def row(self, row):
        return self.table.slice(row, 1).to_pylist()[0]

    def search(self, keys):
        return pc.search_sorted(self.table.column("id").chunk(0), pa.array(keys))


class Pyarrow(OneBatch):
    """pyarrow over a file of its own, with batches of its usual size."""

    def __init__(self, folder, columns):
        self.path = str(folder / "rows.arrow")
        made = pa.table(columns)
        with pa.OSFile(self.path, "wb") as to, pa.ipc.new_file(to, made.schema) as writer:
            writer.write_table(made, max_chunksize=65_536)
        self.table = pa.ipc.open_file(pa.memory_map(self.path)).read_all()

    def search(self, keys):
        return pc.search_sorted(self.table.column("id"), pa.array(keys))


class Polars:
    def __init__(self, folder, columns):
        self.polars = importlib.import_module("polars")
        self.frame = self.polars.read_ipc(folder / "rows.arrow")

    def column(self, rows):
        return self.frame["id"].gather(rows)

    def batch(self, rows):
        return self.frame[rows]

    def row(self, row):
        return self.frame.row(row, named=True)

    def search(self, keys):
        return self.frame["id"].search_sorted(self.polars.Series(keys))


class Lance:
    def __init__(self, folder, columns):
        lance = importlib.import_module("lance")
        self.data = lance.write_dataset(pa.table(columns), str(folder / "rows.lance"))

    def column(self, rows):
        return self.data.take(rows, columns=["id"])

    def batch(self, rows):
        return self.data.take(rows)

    def row(self, row):
        return self.data.take([row]).to_pylist()[0]


class Vortex:
    def __init__(self, folder, columns):
        vortex = self.vortex = importlib.import_module("vortex")
        vortex.io.write(pa.table(columns), str(folder / "rows.vortex"))
        self.file = vortex.open(str(folder / "rows.vortex"), memory_map=True)

    def given(self, rows):
        """It takes rows in ascending order, each once."""
        return np.unique(rows)

    def _scan(self, rows, names):
        indices = self.vortex.array(pa.array(rows, pa.uint64()))
        return self.file.scan(names, indices=indices).read_all().to_arrow_array()

    def column(self, rows):
        return self._scan(rows, ["id"])

    def batch(self, rows):
        return self._scan(rows, None)

    def row(self, row):
        return self._scan([row], None).to_pylist()[0]


class Colstore:
    def __init__(self, folder, columns):
        colstore = importlib.import_module("colstore")
        path = str(folder / "rows.cstore")
        numbers = [columns[name] for name in ("id", "x", "n")]
        made = np.rec.fromarrays(numbers, names=["id", "x", "n"])
        colstore.store(made, path, show_progress=False)
        self.reader = colstore.open(path)

    def column(self, rows):
        return np.asarray(self.reader["id"][rows])


class Datasets:
    def __init__(self, folder, columns):
        datasets = importlib.import_module("datasets")
        # Its own reader maps Arrow streams.
        stream = str(folder / "rows.stream.arrow")
        made = pa.table(columns)
        with pa.OSFile(stream, "wb") as to, pa.ipc.new_stream(to, made.schema) as writer:
            writer.write_table(made, max_chunksize=1000)
        self.data = datasets.Dataset.from_file(stream).with_format("numpy")

    def column(self, rows):
        return self.data.select_columns(["id"])[rows]

    def batch(self, rows):
        return self.data[rows]

    def row(self, row):
        return self.data[row]


WAYS = {
    "shmcol": (Shmcol, None),
    "numpy": (Numpy, None),
    "np.memmap[rows]": (Memmap, None),
    "pyarrow, one batch": (OneBatch, None),
    "pyarrow": (Pyarrow, None),
    "Polars": (Polars, "polars"),
    "Lance": (Lance, "lance"),
    "Vortex": (Vortex, "vortex"),
    "colstore": (Colstore, "colstore"),
    "Hugging Face datasets": (Datasets, "datasets"),
}


def timed(call, arguments):
    """Returns the mean seconds of a call."""
    begin = time.perf_counter()
    for argument in arguments:
        call(argument)
    return (time.perf_counter() - begin) / len(arguments)


def measure(title, ways, method, make, calls=1):
    """Times one method of all ways that have it, in turns of as many calls."""
    taking = {name: getattr(way, method, None) for name, way in ways.items()}
    taking = {name: call for name, call in taking.items() if call is not None}
    seconds = {name: [] for name in taking}
    for turn in range(ROUNDS):
        for name, call in taking.items():
            if turn >= SLOW and statistics.median(seconds[name]) * calls > 0.2:
                continue
            given = getattr(ways[name], "given", lambda rows: rows)
            arguments = [given(make()) if method != "row" else make() for _ in range(calls)]
            seconds[name].append(timed(call, arguments))
    print(f"\n{title}")
    for name, found in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(found, seconds["shmcol"]))
        median = statistics.median(found)
        print(f"  {name:22} {median * 1e6:12,.1f} us {ratio:10.2f} x shmcol, {len(found)} rounds")


def pages_of_between(path, copy):
    """The pages of a cold column that between() brings in, beside its zone maps."""
    shutil.copyfile(path, copy)
    descriptor = os.open(copy, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    with shmcol.open(copy, advice="random") as table:
        before = table.resident("id")[0]
        table.between("id", int(len(table) * 1.2), int(len(table) * 1.7))
        after = table.resident("id")[0]
    return (after - before) // os.sysconf("SC_PAGESIZE")


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else ".") as place:
        folder, columns, ways = pathlib.Path(place), columns_of(rows), {}
        for name, (kind, module) in WAYS.items():
            if module is not None and optional(module) is None:
                print(f"{name} is not installed")
                continue
            try:
                ways[name] = kind(folder, columns)
            except Exception as error:  # noqa: BLE001 (a peer that cannot, is left out by name)
                print(f"{name} is left out: {type(error).__name__}: {str(error)[:100]}")
        del columns
        dice = np.random.default_rng(1)
        many = lambda: dice.integers(0, rows, MANY)
        measure(f"{MANY:,} random rows of an int64 column", ways, "column", many)
        some = lambda: dice.integers(0, rows, BATCH)
        measure(f"{BATCH} random rows of 5 columns, one of them text", ways, "batch", some, BATCHES)
        one = lambda: int(dice.integers(0, rows))
        measure("one random row of 5 columns as a dict", ways, "row", one, SINGLES)
        keys = lambda: dice.integers(0, 3 * rows, MANY)
        measure(f"{MANY:,} random keys in an ascending int64 column", ways, "search", keys)
        pages = pages_of_between(folder / "rows.shmcol", folder / "cold")
        print(f"\nbetween() of a cold column: {pages} pages")


if __name__ == "__main__":
    main()
