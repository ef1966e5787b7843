"""again(): tables one after the other in the same memory, where nobody has the old one.

How workers fill them is in test_populate.py.
"""

import gc
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pytest
import shmcol
from filling import ROWS, fill_x

# Holds a view of the table until it reads a line.
KEEPER = """
import shmcol, sys
x = shmcol.open(sys.argv[1])['x']
print(1, flush=True)
input()
print(x.sum())
"""


@pytest.fixture
def memory():
    """A directory in memory."""
    if not os.path.isdir("/dev/shm"):
        pytest.skip("no /dev/shm")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        yield pathlib.Path(place)


def inode(w):
    return os.stat(w._head[3]).st_ino


def test_again_takes_the_memory_of_a_table_that_nobody_has(memory, tmp_path):
    w = shmcol.create(memory / "0", {"x": "i8"}, rows=ROWS, nullable=True)
    first = inode(w)
    for n in range(1, 4):
        with w.rows(0, ROWS) as v:
            assert not v["x"].any()
            v["x"][:] = n
        del v
        w.commit(keep=True)
        with shmcol.open(w.path, verify="full") as table:
            assert (table["x"] == n).all()
        shmcol.write({"x": np.full(ROWS, n)}, tmp_path / "written", overwrite=True)
        assert (tmp_path / "written").read_bytes() == pathlib.Path(w.path).read_bytes()
        del table
        os.unlink(w.path)
        old, w = w, w.again(memory / str(n))
        assert inode(w) == first and w.missing() == [(0, ROWS)]
        for wrong in (old.missing, old.commit, lambda old=old: old.again(memory / "y")):
            with pytest.raises(shmcol.Error):
                wrong()
        old.abort()  # nothing of it is left
        del old, wrong
    w.abort()
    assert os.listdir(memory) == []


@pytest.mark.parametrize("held", ["table", "array", "view", "slice", "process"])
def test_again_leaves_alone_what_somebody_has(memory, held):
    w = shmcol.create(memory / "0", {"x": "i8"}, rows=ROWS)
    with w.rows(0, ROWS) as v:
        v["x"][:] = 1
        view, part = v["x"], v["x"][5:]
    del v
    w.commit(keep=True)
    table = shmcol.open(w.path)
    array = table["x"]
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPER, w.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    keeper.stdout.readline()
    if held != "process":
        assert keeper.communicate("\n")[0] == f"{ROWS}\n"
    kept = {"table": table, "array": array, "view": view, "slice": part}.get(held)
    del table, array, view, part
    gc.collect()
    first = inode(w)
    os.unlink(w.path)
    w = w.again(memory / "1")
    assert inode(w) != first
    fill_x(w, 0, ROWS)
    if held == "process":
        assert keeper.communicate("\n")[0] == f"{ROWS}\n"
    else:
        assert (kept["x"] if held == "table" else kept).sum() == (
            ROWS - 5 if held == "slice" else ROWS
        )
    w.abort()


def test_a_pool_fills_tables_one_after_the_other(memory):
    w = shmcol.create(memory / "0", {"x": "i8"}, rows=ROWS)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for n in range(1, 5):
            pool.starmap_async(fill_x, [(w, a, b) for a, b in w.split(4)]).get(timeout=60)
            w.commit(keep=True)
            with shmcol.open(w.path, verify="full") as table:
                assert table.stats("x").max == ROWS - 1
            os.unlink(w.path)
            w = w.again(memory / str(n))
    w.abort()
    assert os.listdir(memory) == []


def test_what_is_kept_goes_with_its_creator(memory):
    w = shmcol.create(memory / "0", {"x": "i8"}, rows=ROWS)
    fill_x(w, 0, ROWS)
    w.commit(keep=True)
    assert len(os.listdir(memory)) == 2
    del w
    gc.collect()
    assert os.listdir(memory) == ["0"]


def test_again_comes_after_a_commit_that_keeps(memory):
    w = shmcol.create(memory / "0", {"x": "i8"}, rows=ROWS)
    with pytest.raises(shmcol.UsageError, match="committed with KEEP"):
        w.again(memory / "1")
    fill_x(w, 0, ROWS)
    w.commit()
    assert os.listdir(memory) == ["0"]
    with pytest.raises(shmcol.UsageError):
        w.again(memory / "1")
