"""Arrays travel by reference: no value is copied, and what cannot be opened travels as it is."""

import copy
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
import shmcol
from conftest import every_column

ARRAYS = ["i1", "u8", "f4", "f8", "bool", "ts_ns", "td_ms", "tensor", "int_null"]


def again(array):
    return pickle.loads(pickle.dumps(array))


def address(array):
    return array.__array_interface__["data"][0]


def same(a, b):
    equal = np.ma.allequal(a, b) if a.dtype.kind in "iub" else np.array_equal(a, b, equal_nan=True)
    return a.dtype == b.dtype and a.shape == b.shape and equal


@pytest.mark.parametrize("name", ARRAYS)
def test_whole_columns_and_slices(every, name):
    whole = every[name]
    for array in (whole, every[100:200][name]):
        made = again(array)
        assert len(pickle.dumps(array)) < 300 and address(made) == address(array)
        assert same(array, made) and type(made) is type(array)
    if name != "int_null":  # a slice of one with nulls is a masked array of its own
        for array in (whole[5:], whole[5:5], whole[-3:], whole[7:][3:]):
            assert len(pickle.dumps(array)) < 300 and same(array, again(array))
            assert address(again(array)) == address(array)


def test_the_nulls_travel(every):
    column, made = every["int_null"], again(every["int_null"])
    assert made.mask.tolist() == column.mask.tolist()
    assert len(pickle.dumps(column)) > 300  # its mask was made, and might have been changed
    filled = every["int_null"]
    filled.fill_value = 7
    assert again(filled).fill_value == 7


def test_what_is_no_part_of_a_column_travels_as_it_is(every):
    x = every["f8"]
    others = [x[::2], x[::-1], x[[1, 2]], x[x > 3], x + 1, x.copy(), np.sort(x), x.view("i8")]
    others.append(x.view("u1")[4:-4].view("f8"))  # of the same type, between two rows
    others += [x.reshape(2, -1), x[None], every["tensor"][3], x[5], x.astype("f4"), x.sum()]
    for array in others:
        made = again(array)
        assert type(made) in (np.ndarray, np.float64) and np.array_equal(made, array, True)
    parts = every["tensor"][:, 0]
    assert type(again(parts)) is np.ndarray and np.array_equal(again(parts), parts)


def test_what_numpy_makes_of_it(every):
    x = every["f8"][:9]
    for made in (x + 1, x * x, x == x, np.abs(x), np.where(x > 1)[0], np.asarray(x)):
        assert type(made) is np.ndarray
    for made in (x.sum(), x[3], np.median(x), x.max(), np.add.reduce(x)):
        assert isinstance(made, np.float64)
    assert repr(x) == repr(np.asarray(x)) and str(x) == str(np.asarray(x))
    assert np.array_equal(copy.deepcopy(x), x, True) and copy.copy(x).flags.writeable
    out = np.empty(9)
    assert np.add(x, 1, out=out) is out
    assert not x.flags.writeable and isinstance(x, np.ndarray) and x.base is not None


def test_all_that_pickles(every):
    x = every["i8"]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert np.array_equal(pickle.loads(pickle.dumps(x, protocol)), x)
    buffers = []
    data = pickle.dumps(x, 5, buffer_callback=buffers.append)
    assert not buffers and np.array_equal(pickle.loads(data), x)


def test_values_that_were_written_travel(path):
    shmcol.write({"x": [1, 2, 3], "n": np.ma.MaskedArray([1, 2, 3], [0, 1, 0])}, path)
    table = shmcol.open(path, mode="c")
    table["x"][0] = 7
    assert again(table["x"]).tolist() == [7, 2, 3] and type(table["x"]) is np.ndarray
    taken = shmcol.open(path).take([0, 2])
    taken["x"][0] = 9
    assert again(taken["x"]).tolist() == [9, 3]


@pytest.mark.parametrize("how", ["gone", "replaced", "ended", "closed"])
def test_nothing_is_there_to_be_opened(path, how):
    shmcol.write({"x": [1, 2, 3]}, path)
    table = shmcol.share({"x": [1, 2, 3]}) if how == "ended" else shmcol.open(path)
    x = table["x"]
    if how == "gone":
        os.unlink(path)
    elif how == "replaced":
        shmcol.write({"x": [4, 5, 6]}, path, overwrite=True)
    else:
        table.close()
    data = pickle.dumps(x)
    os.path.lexists(path) and os.unlink(path)
    if how == "closed":  # the file was there when it was pickled
        with pytest.raises(FileNotFoundError):
            elsewhere(data)
    else:
        assert elsewhere(data) == [1, 2, 3]


def elsewhere(data):
    """What another process makes of the array."""
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).tolist())"
    done = subprocess.run(
        [sys.executable, "-c", code], input=data, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise FileNotFoundError(done.stderr) if b"FileMissing" in done.stderr else OSError(done)
    return eval(done.stdout)


def test_a_copy_does_not_keep_the_file_open(path):
    shmcol.write({"x": np.arange(100_000)}, path)
    x = shmcol.open(path)["x"]
    copies = [x.copy(), x[[1, 2]], x[x > 5], np.sort(x), copy.deepcopy(x), x + 1, x.astype("f4")]
    part = x[5:]
    assert is_mapped(path)
    del x
    assert is_mapped(path) and part[0] == 5
    del part
    assert not is_mapped(path) and copies[1].tolist() == [1, 2]


def is_mapped(path):
    with open("/proc/self/maps") as maps:
        return str(path) in maps.read()


def test_parts_are_one_array(tmp_path):
    for first in (0, 70_000):
        shmcol.append({"x": np.arange(first, first + 70_000)}, tmp_path / "t")
    x = shmcol.open(tmp_path / "t")["x"]
    shmcol.append({"x": np.arange(140_000, 140_010)}, tmp_path / "t")
    for array in (x, x[65_000:66_000], x[139_999:]):
        assert len(pickle.dumps(array)) < 400 and np.array_equal(again(array), array)
    shutil.rmtree(tmp_path / "t")
    assert np.array_equal(again(x), x) and len(pickle.dumps(x)) > 140_000 * 8
    shmcol.append({"x": np.arange(7, 200_000)}, tmp_path / "t")
    assert np.array_equal(again(x), x) and len(pickle.dumps(x)) > 140_000 * 8


def add(array):
    return int(array.sum()), type(array).__name__


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers(every_path, method):
    x = shmcol.open(every_path)["i8"]
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(add, [x, x[10:]]) == [
            (int(x.sum()), "ColumnArray"),
            (int(x[10:].sum()), "ColumnArray"),
        ]


def test_shared_without_a_file():
    with shmcol.share(every_column(100)) as table:
        assert len(pickle.dumps(table["f8"][5:])) < 300
        assert np.array_equal(again(table["f8"]), table["f8"], True)


def test_joblib_copies_nothing(path):
    joblib = pytest.importorskip("joblib")
    shmcol.write({"x": np.arange(1 << 20)}, path)
    x = shmcol.open(path)["x"]
    assert (
        joblib.Parallel(n_jobs=2)(joblib.delayed(add)(x) for _ in range(4))
        == [(int(x.sum()), "ColumnArray")] * 4
    )
