"""The time to write sequences of tokens from an Arrow LargeList, beside write(2) of the same bytes.

    python bench/lists.py [SEQUENCES [FOLDER]]     (a Python that has numpy, pyarrow and shmcol)

1,000,000 sequences have 200 int32 on average: 808 MB. Both write a new file in FOLDER (default:
the working folder), without a sync, in turns; each file is removed outside the timed part. Prints
the medians of 9 rounds and the median of the ratios of the rounds. write(2) gets 1 MiB at a time.
"""

import os
import pathlib
import statistics
import sys
import tempfile
import time

import numpy
import pyarrow
import shmcol

MEAN, ROUNDS, PIECE = 200, 9, 1 << 20


def sequences(count):
    """A table of one column of lists, whose lengths are spread evenly around the mean."""
    random = numpy.random.default_rng(1)
    offsets = numpy.zeros(count + 1, "i8")
    numpy.cumsum(random.integers(0, 2 * MEAN + 1, count), out=offsets[1:])
    tokens = random.integers(0, 50_000, offsets[-1], "i4")
    return pyarrow.table({"tokens": pyarrow.LargeListArray.from_arrays(offsets, tokens)})


def timed(function):
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def write_bytes(path, data):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    for at in range(0, len(data), PIECE):
        os.write(file, data[at : at + PIECE])
    os.close(file)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    table = sequences(count)
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else ".") as folder:
        path = pathlib.Path(folder, "tokens.shmcol")
        shmcol.write(table, path, sync=False)
        data = memoryview(path.read_bytes())
        path.unlink()
        ours, plain = [], []
        for _ in range(ROUNDS):
            ours.append(timed(lambda: shmcol.write(table, path, sync=False)))
            path.unlink()
            plain.append(timed(lambda: write_bytes(path, data)))
            path.unlink()
    ratio = statistics.median(a / b for a, b in zip(ours, plain))
    print(f"{count} sequences, {len(data) / 1e6:.0f} MB")
    print(f"shmcol.write  {statistics.median(ours):.3f} s (least {min(ours):.3f})")
    print(f"write(2)      {statistics.median(plain):.3f} s (least {min(plain):.3f})")
    print(f"times         {ratio:.2f}")


if __name__ == "__main__":
    main()
