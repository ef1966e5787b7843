"""A table crosses to other processes as a path and an id; each opens the file once."""

import concurrent.futures
import gc
import multiprocessing
import os
import pickle

import numpy as np
import pytest
import shmcol

METHODS = ["fork", "spawn", "forkserver"]


def look(table):
    """Runs in a worker; returns the values that it reads, and how many files it has open."""
    mapped = sum(str(table.path) in line for line in open("/proc/self/maps"))
    return float(table["x"].sum()), table["s"][1], len(table), mapped, os.getpid()


def look_at_two(tables):
    first, second = tables
    return first._file is second._file, look(first)[3]


@pytest.fixture
def table(path):
    shmcol.write({"x": np.arange(1000.0), "s": ["a", "b"] * 500}, path)
    with shmcol.open(path) as opened:
        yield opened


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_reads_one_file(table, method):
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        for total, word, rows, mapped, pid in pool.map(look, [table] * 8):
            assert (total, word, rows, mapped) == (499500, "b", 1000, 1) and pid != os.getpid()
        assert [
            r[2] for r in pool.map(look, [table[a : a + 100] for a in range(0, 1000, 100)])
        ] == [100] * 10
        same, mapped = pool.apply(look_at_two, [(table[:5], table[5:][["x"]])])
        assert same and mapped == 1


def test_an_executor(table):
    with concurrent.futures.ProcessPoolExecutor(
        2, multiprocessing.get_context("spawn")
    ) as executor:
        assert [r[0] for r in executor.map(look, [table, table[10:20]])] == [499500, 145]


def test_it_pickles_to_little(table):
    for each, most in ((table, 250), (table[5:10], 250), (table[["x"]], 250)):
        assert len(pickle.dumps(each)) < most + len(table.path)
    views = pickle.loads(pickle.dumps([table[i:] for i in range(100)]))
    assert [len(view) for view in views] == list(range(1000, 900, -1)) and all(
        view._file is table._file for view in views
    )


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_what_comes_back_is_the_same(table, protocol):
    for each in (table, table[100:200], table[["s"]][3:]):
        back = pickle.loads(pickle.dumps(each, protocol))
        assert (
            back.shape == each.shape
            and back.columns == each.columns
            and back["s"].tolist() == each["s"].tolist()
            and back.id == each.id
        )


def test_relative_paths_are_made_absolute(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with shmcol.open("t.shmcol") as relative:
        data = pickle.dumps(relative)
        assert relative.path == str(tmp_path / "t.shmcol")
    monkeypatch.chdir("/")
    assert pickle.loads(data)["x"].sum() == 499500


def test_a_replaced_file_is_an_error_that_says_so(table, path):
    data = pickle.dumps(table)
    shmcol.write({"x": [1.0], "s": ["new"]}, path, overwrite=True)
    assert pickle.loads(data)["x"].sum() == 499500  # this process has the old one open still
    table.close()
    gc.collect()
    lost = pickle.loads(data)  # raises when it is used
    assert (
        isinstance(lost, shmcol.Table)
        and "could not be opened" in repr(lost)
        and "replaced" in repr(lost)
    )
    for use in (
        len,
        list,
        lambda t: t["x"],
        lambda t: t[1:],
        lambda t: t.columns,
        lambda t: t.__enter__(),
        pickle.dumps,
    ):
        with pytest.raises(shmcol.FileReplacedError, match="replaced") as caught:
            use(lost)
    assert (
        caught.value.path == str(path)
        and caught.value.filename == str(path)
        and isinstance(caught.value, OSError)
    )
    os.unlink(path)
    with pytest.raises(FileNotFoundError):
        pickle.loads(data)["x"]


def test_options_go_along(path, table):
    with shmcol.open(path, copy="never") as strict:
        with pytest.raises(shmcol.CopyError):
            pickle.loads(pickle.dumps(strict))["s"].to_numpy()
    with shmcol.open(path, mode="c") as own:
        own["x"][0] = 7
        other = pickle.loads(pickle.dumps(own))
        other["x"][1] = 8
        assert other["x"][0] == 0 and own["x"][1] == 1 and table["x"][:2].tolist() == [0, 1]


def test_a_file_is_closed_when_its_last_table_goes(table, path):
    data = pickle.dumps(table)
    table.close()
    count = lambda: sum(str(path) in line for line in open("/proc/self/maps"))
    assert count() == 0
    first, second = pickle.loads(data), pickle.loads(data)
    assert count() == 1
    first.close()
    assert count() == 1 and second["x"].sum() == 499500
    del second
    assert count() == 0


def test_errors_cross_processes():
    with concurrent.futures.ProcessPoolExecutor(
        1, multiprocessing.get_context("spawn")
    ) as executor:
        with pytest.raises(FileNotFoundError) as caught:
            executor.submit(shmcol.open, "/no/such/file.shmcol").result()
    assert (
        isinstance(caught.value, shmcol.FileError)
        and caught.value.filename == "/no/such/file.shmcol"
    )


def test_a_pool_is_told_what_could_not_be_opened(path, table, tmp_path):
    """An exception while a worker takes its task would leave the pool waiting for ever."""
    other = tmp_path / "other.shmcol"
    shmcol.write({"x": [1.0]}, other)
    gone = shmcol.open(other)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        os.unlink(other)
        with pytest.raises(FileNotFoundError, match="other.shmcol"):
            pool.map_async(len, [table, gone]).get(timeout=60)
        assert pool.map_async(len, [table] * 4).get(timeout=60) == [len(table)] * 4
