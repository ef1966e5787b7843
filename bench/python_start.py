"""The time that the Python package adds to a program's start: its import beside numpy's, and a file
opened to the first value beside np.memmap.

    python bench/python_start.py        (a Python that has numpy and shmcol)

The import is CPU time of one process each, the least of 15. Opening takes turns with np.memmap in
one process; medians of 2,000 each, and the median of the ratios of 21 rounds.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import shmcol

IMPORT = (
    "import numpy, time; begin = time.thread_time(); import shmcol; print(time.thread_time() - "
    "begin)"
)


def importing():
    return min(
        float(
            subprocess.run(
                [sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True
            ).stdout
        )
        for _ in range(15)
    )


def median_of(function, calls=2000):
    times = []
    for _ in range(calls):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def opening(folder):
    values = numpy.arange(1000)
    values.tofile(folder / "values")
    shmcol.write({"x": values}, folder / "values.shmcol")
    ways = (
        lambda: shmcol.open(folder / "values.shmcol")["x"][0],
        lambda: numpy.memmap(folder / "values", dtype="i8", mode="r")[0],
    )
    rounds = [[median_of(way) for way in ways] for _ in range(21)]
    ours, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
    return ours, theirs, statistics.median(a / b for a, b in rounds)


def main():
    print(f"import shmcol, after numpy: {importing() * 1e3:.1f} ms")
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs, ratio = opening(pathlib.Path(folder))
    print(
        f"open to first value: shmcol {ours * 1e6:.1f} us, np.memmap {theirs * 1e6:.1f} us: "
        f"{ratio:.2f}"
    )


if __name__ == "__main__":
    main()
