"""The fixtures of the package's tests.

They run against an installed wheel, never against the source tree.
"""

import os
import pathlib
import signal

import numpy as np
import pytest
import shmcol
from filling import ROWS

# A shell's background job (&) begins with SIGINT ignored, and its children too.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = ROOT / "spec" / "corpus" / "good"
DATA = ROOT / "tests" / "data"

assert ROOT / "python" not in pathlib.Path(shmcol.__file__).resolve().parents, (
    "the tests are for an installed wheel"
)


def times(kind, n):
    made = np.arange(n).astype(kind)
    made[3] = "NaT"
    return made


def every_column(n=1000):
    """A column of each kind that write() makes from numpy and lists; some with nulls."""
    mask = np.arange(n) % 7 == 2
    columns = {f"i{width}": np.arange(n).astype(f"i{width}") for width in (1, 2, 4, 8)}
    columns |= {f"u{width}": np.arange(n).astype(f"u{width}") for width in (1, 2, 4, 8)}
    columns |= {
        "f4": np.linspace(-1, 1, n, dtype="f4"),
        "f8": np.where(mask, np.nan, np.linspace(-1, 1, n)),
        "bool": np.arange(n) % 3 == 0,
    }
    columns |= {f"ts_{unit}": times(f"M8[{unit}]", n) for unit in ("s", "ms", "us", "ns")}
    columns |= {f"td_{unit}": times(f"m8[{unit}]", n) for unit in ("s", "ms", "us", "ns")}
    columns |= {
        "date": times("M8[D]", n),
        "fixed": np.array([b"%d" % i for i in range(n)], "S6"),
        "tensor": np.arange(n * 6, dtype="f4").reshape(n, 2, 3),
    }
    columns |= {
        "int_null": np.ma.MaskedArray(np.arange(n), mask),
        "bool_null": np.ma.MaskedArray(np.arange(n) % 2 == 0, mask),
    }
    columns |= {
        "text": [None if mask[i] else f"ä{i % 50}" for i in range(n)],
        "bytes": [None if mask[i] else b"\0%d" % i for i in range(n)],
    }
    columns["word"] = [None if mask[i] else "red green blue".split()[i % 3] for i in range(n)]
    return columns


@pytest.fixture(scope="session")
def every_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("every") / "every.shmcol"
    shmcol.write(every_column(), path, dictionary=["word"], metadata={"made": "by a test"})
    return path


@pytest.fixture
def every(every_path):
    with shmcol.open(every_path) as table:
        yield table


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.shmcol"


@pytest.fixture
def w(path):
    """A table of one column that is being filled; it leaves no other file."""
    with shmcol.create(path, {"x": "i8"}, rows=ROWS) as made:
        yield made
    assert [name for name in os.listdir(path.parent) if name != path.name] == []


def in_map(table, array):
    """Returns true if the array's memory lies in the table's map."""
    info = table._file.info()
    begin = array.__array_interface__["data"][0]
    return info["map"] <= begin and begin + array.nbytes <= info["map"] + info["file_size"]
