"""create(): many processes and threads, and the end of the one that created it."""

import gc
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import threading

import numpy as np
import pytest
import shmcol
from filling import ROWS, fill_x
from test_life import steady


def test_only_the_creator_ends_it(w):
    def wrong(call):
        child = os.fork()
        if child == 0:
            try:
                call()
            except shmcol.UsageError as error:
                os._exit(0 if "only the process that created" in str(error) else 1)
            os._exit(2)
        return os.waitpid(child, 0)[1]

    assert wrong(w.commit) == 0 and wrong(w.abort) == 0
    child = os.fork()
    if child == 0:
        w.__exit__(None, None, None)  # a `with` that the child has inherited
        fill_x(w, 0, 1000)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    w.commit()
    assert shmcol.open(w.path)["x"][999] == 999


CREATOR = """
import os, pickle, shmcol, sys, time
w = shmcol.create(sys.argv[1], {'x': 'i8'}, rows=1000)
sys.stdout.buffer.write(pickle.dumps(w))
sys.stdout.flush()
os.close(1)
"""


def test_a_creator_that_was_killed(path):
    process = subprocess.Popen(
        [sys.executable, "-c", CREATOR + "time.sleep(20)", path], stdout=subprocess.PIPE
    )
    data = process.stdout.read()
    w = pickle.loads(data)
    fill_x(w, 0, 64)
    process.kill()
    process.wait()
    for wrong in (lambda: fill_x(w, 64, 128), w.missing):
        with pytest.raises(shmcol.PopulateError, match="has died") as caught:
            wrong()
        assert caught.value.status == "GONE"
    assert len(os.listdir(path.parent)) == 1
    shmcol.create(path, {"x": "i8"}, rows=5).abort()
    assert os.listdir(path.parent) == []
    del w, wrong, caught
    gc.collect()
    lost = pickle.loads(data)
    assert isinstance(lost, shmcol.Populate) and "committed or given up" in repr(lost)
    for use in (
        len,
        lambda w: w.path,
        lambda w: w.rows(0, 64),
        lambda w: w.commit(),
        lambda w: w.__enter__(),
        pickle.dumps,
    ):
        with pytest.raises(shmcol.PopulateError, match="committed or given up"):
            use(lost)


def test_a_pool_is_told_that_the_creator_is_gone(path, w):
    """An exception while a worker takes its task would leave the pool waiting for ever."""
    given_up = shmcol.create(path.with_name("other.shmcol"), {"x": "i8"}, rows=100)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        given_up.abort()
        with pytest.raises(shmcol.PopulateError, match="committed or given up"):
            pool.starmap_async(fill_x, [(w, 0, 64), (given_up, 0, 64)], chunksize=1).get(timeout=60)
        pool.starmap_async(fill_x, [(w, 64, 128), (w, 128, 1000)], chunksize=1).get(timeout=60)
    assert w.missing() == []


def test_a_creator_that_ends(path):
    done = subprocess.run([sys.executable, "-c", CREATOR, path], stdout=subprocess.PIPE, check=True)
    assert os.listdir(path.parent) == [] and done.stdout


def test_many_threads_fill_it(w):
    threads = [threading.Thread(target=fill_x, args=(w, a, b)) for a, b in w.split(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    w.commit()
    assert (shmcol.open(w.path)["x"] == np.arange(ROWS)).all()


def test_threads_in_any_order(path):
    """Claims, commits, an abort and looks at once.

    Each table appears whole or not at all, and every view stays readable.
    """
    ends = {"committed": 0, "given up": 0}

    def fill(w, views):
        for a, b in w.split(10):
            try:
                with w.rows(a, b) as v:
                    v["x"][:] = 1
                    v.set_nulls("n", True)
                    views.append(v["x"][3:])
            except shmcol.PopulateError as error:
                assert error.status in ("TAKEN", "GONE")

    def commit(w):
        for _ in range(20):
            try:
                w.commit()
                ends["committed"] += 1
                return
            except shmcol.UsageError as error:
                assert error.status in ("TAKEN", "NOT_FILLED", "GONE", "WRITER_STATE")

    def abort(w, seed):
        if seed % 3 == 0:
            try:
                w.abort()
                ends["given up"] += 1
            except shmcol.UsageError as error:
                assert "under way" in str(error)

    for seed in range(60):
        views, wrong = [], []
        w = shmcol.create(path, {"x": "i8", "n": "i4"}, rows=640, nullable=["n"], sync=False)

        def guarded(function, *arguments):
            try:
                function(*arguments)
            except BaseException as error:
                wrong.append(error)

        calls = [
            (fill, w, views),
            (fill, w, views),
            (commit, w),
            (commit, w),
            (abort, w, seed),
            (repr, w),
            (lambda w: w.schema, w),
        ]
        random.Random(seed).shuffle(calls)
        threads = [threading.Thread(target=guarded, args=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        w.abort()  # unless it has ended
        assert all(view.max() <= 1 for view in views)
        assert set(os.listdir(path.parent)) <= {path.name}
        if path.exists():
            with shmcol.open(path, verify="full") as table:
                assert table["x"].sum() == 640
            os.unlink(path)
    assert ends["committed"] and ends["given up"]


def test_a_thousand_tables(path):
    def step():
        with shmcol.create(
            path, {"x": "i8", "t": ("f4", 3)}, rows=100, overwrite=True, sync=False, nullable=True
        ) as w:
            again = pickle.loads(pickle.dumps(w))
            with again.rows(0, 64) as v:
                v["x"][:] = 1
                v.set_nulls("t", True)
            with pytest.raises(shmcol.PopulateError):
                w.commit()
            w.commit(nulls=True)

    steady(step, 1000)
    steady(lambda: shmcol.create(path, {"x": "i8"}, rows=100, overwrite=True), 200)
    assert os.listdir(path.parent) == [path.name]
