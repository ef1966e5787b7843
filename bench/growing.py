"""A table that grows, beside what others have for it: appending until a reader sees the rows,
opening many parts, and the sum of a column over all of them.

    python bench/growing.py [PARTS [FOLDER]]     (a Python that has numpy, pyarrow and shmcol)

Polars and Lance take part where they are installed. Every way has the same columns (four of
float64, one of int64) in FOLDER (default: the working folder), nobody syncs, and the page cache is
warm. Ways take turns. A figure is the median of its rounds, a ratio the median of the rounds'
ratios.

np.memmap has one raw file a column: an append writes behind it and maps it anew. pyarrow.dataset
and Polars have a folder of Arrow files, one for each append. write(2) is that of the same bytes to
a new file, and no reader: the least that an append can take.
"""

import importlib
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

import numpy
import pyarrow
import pyarrow.compute
import pyarrow.dataset
import shmcol

ROWS, ROUNDS = 65_536, 21
NAMES = ["a", "b", "c", "d", "n"]


def optional(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


POLARS, LANCE = optional("polars"), optional("lance")


def batch(k):
    """The rows of append `k`."""
    random = numpy.random.default_rng(k)
    columns = {name: random.random(ROWS) for name in NAMES[:4]}
    return {**columns, "n": numpy.arange(k * ROWS, (k + 1) * ROWS)}


class Shmcol:
    name = "shmcol"

    def __init__(self, folder):
        self.path = folder / "shmcol"
        self.table = None

    def append(self, columns, k):
        shmcol.append(columns, self.path, sync=False)
        self.table = shmcol.open(self.path) if self.table is None else self.table.refresh()
        return self.table["n"][-1]

    def open(self):
        table = shmcol.open(self.path)
        return [table[name][0] for name in NAMES]

    def sum(self):
        return self.table["a"].sum()


class Memmap:
    name = "np.memmap, a file a column"

    def __init__(self, folder):
        self.folder = folder / "memmap"
        self.folder.mkdir()
        self.maps = {}

    def append(self, columns, k):
        for name, values in columns.items():
            with open(self.folder / name, "ab") as file:
                values.tofile(file)
        self.open()
        return self.maps["n"][-1]

    def open(self):
        for name in NAMES:
            kind = "i8" if name == "n" else "f8"
            self.maps[name] = numpy.memmap(self.folder / name, kind, mode="r")
        return [self.maps[name][0] for name in NAMES]

    def sum(self):
        return self.maps["a"].sum()


class Dataset:
    name = "pyarrow.dataset, an Arrow file an append"

    def __init__(self, folder):
        self.folder = folder / "dataset"
        self.folder.mkdir()

    def dataset(self):
        return pyarrow.dataset.dataset(self.folder, format="ipc")

    def append(self, columns, k):
        table = pyarrow.table(columns)
        path = self.folder / f"{k:06}.arrow"
        with pyarrow.OSFile(str(path), "wb") as to, pyarrow.ipc.new_file(to, table.schema) as file:
            file.write_table(table)
        return self.dataset().count_rows() - 1

    def open(self):
        return self.dataset().head(1)

    def sum(self):
        column = self.dataset().to_table(columns=["a"])["a"]
        return pyarrow.compute.sum(column).as_py()


class Polars(Dataset):
    name = "Polars scan_ipc, an Arrow file an append"

    def scan(self):
        return POLARS.scan_ipc(self.folder / "*.arrow")

    def append(self, columns, k):
        POLARS.DataFrame(columns).write_ipc(self.folder / f"{k:06}.arrow")
        return self.scan().select(POLARS.col("n").last()).collect().item()

    def open(self):
        return self.scan().head(1).collect()

    def sum(self):
        return self.scan().select(POLARS.col("a").sum()).collect().item()


class Lance:
    name = "Lance"

    def __init__(self, folder):
        self.path = str(folder / "lance")

    def append(self, columns, k):
        mode = "append" if k else "create"
        data = LANCE.write_dataset(pyarrow.table(columns), self.path, mode=mode)
        return data.count_rows() - 1

    def open(self):
        return LANCE.dataset(self.path).head(1)

    def sum(self):
        column = LANCE.dataset(self.path).to_table(columns=["a"])["a"]
        return pyarrow.compute.sum(column).as_py()


class Write:
    """The bytes alone."""

    name = "write(2) of the same bytes"

    def __init__(self, folder):
        self.path = folder / "bytes"

    def append(self, columns, k):
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for values in columns.values():
            os.write(file, values.data)
        os.close(file)
        os.unlink(self.path)
        return (k + 1) * ROWS - 1


def timed(function, *arguments):
    begin = time.perf_counter()
    got = function(*arguments)
    return time.perf_counter() - begin, got


def show(title, times):
    print(title)
    first = next(iter(times))
    for name, seconds in times.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, times[first]))
        print(f"  {name:42} {statistics.median(seconds) * 1e3:10.3f} ms {ratio:8.2f}")


def appends(ways, parts):
    times = {way.name: [] for way in ways}
    for k in range(parts):
        columns = batch(k)
        for way in ways:
            seconds, last = timed(way.append, columns, k)
            assert last == (k + 1) * ROWS - 1, (way.name, last)
            times[way.name].append(seconds)
    show(f"append of {ROWS} rows, until a reader has the last", times)


def turns(title, ways, of, rounds):
    times = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            times[way.name].append(timed(getattr(way, of))[0])
    show(title, times)


def main():
    parts = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    place = pathlib.Path(tempfile.mkdtemp(dir=sys.argv[2] if len(sys.argv) > 2 else "."))
    try:
        kinds = [
            Shmcol,
            Memmap,
            Dataset,
            *([Polars] if POLARS else []),
            *([Lance] if LANCE else []),
        ]
        ways = []
        for kind in kinds:
            (place / kind.__name__).mkdir()
            ways.append(kind(place / kind.__name__))
        appends([*ways, Write(place)], parts)
        turns(f"open {parts} parts, first value of {len(NAMES)} columns", ways, "open", ROUNDS)
        turns(f"sum of a column over {parts} parts", ways, "sum", ROUNDS)
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
