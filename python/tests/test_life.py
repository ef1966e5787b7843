"""Every opened table is closed; many threads use one table, in any order of calls."""

import gc
import os
import random
import subprocess
import sys
import threading

import numpy as np
import pytest
import shmcol
from conftest import every_column


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def maps():
    with open("/proc/self/maps") as lines:
        return sum("shmcol" in line and ".so" not in line for line in lines)


def steady(step, times):
    """Runs a step many times; descriptors, maps and memory are then what they were."""
    for _ in range(times // 10):
        step()
    gc.collect()
    before = len(os.listdir("/proc/self/fd")), maps(), resident()
    for _ in range(times):
        step()
    gc.collect()
    after = len(os.listdir("/proc/self/fd")), maps(), resident()
    assert after[:2] == before[:2]
    assert after[2] - before[2] < 2 << 20, f"{(after[2] - before[2]) / times:.0f} bytes a time"


def test_ten_thousand_opens(every_path):
    def step():
        with shmcol.open(every_path) as table:
            table["i8"][3], table["text"][1]

    steady(step, 10_000)


def test_everything_that_is_read_is_let_go(every_path):
    def step():
        table = shmcol.open(every_path)
        for name in ("f8", "int_null", "date", "text", "word", "tensor"):
            column = table[name]
            column[3:5], table.nulls(name), table.stats(name), table.validity(name)
        (
            table["text"].tolist(),
            table["word"].tolist(),
            table["text"] == "ä1",
            table["word"].index("red"),
            list(table["bytes"]),
            repr(table),
        )
        (
            table.__arrow_c_stream__(),
            table[5:].__arrow_c_array__(),
            table["text"].__arrow_c_array__(),
            table.__arrow_c_schema__(),
            table.metadata(),
        )

    steady(step, 300)


def test_errors_leak_nothing(every_path, tmp_path):
    with shmcol.open(every_path) as table:

        def step():
            for wrong in (
                lambda: shmcol.open(tmp_path / "nothing"),
                lambda: table["nothing"],
                lambda: shmcol.write({"x": ["a", 1]}, tmp_path / "x"),
                lambda: shmcol.write({"x": [1]}, every_path),
                lambda: shmcol.pack(tmp_path / "nothing"),
                lambda: shmcol.write(iter([{"x": [1]}, {"x": ["a"]}]), tmp_path / "x"),
            ):
                with pytest.raises((shmcol.Error, TypeError)):
                    wrong()

        steady(step, 300)


def test_writing_leaks_nothing(tmp_path):
    columns = every_column(200)

    def step():
        shmcol.write(columns, tmp_path / "t", overwrite=True, sync=False)
        shmcol.write(
            ({"x": np.arange(5), "s": ["a"] * 5} for _ in range(5)),
            tmp_path / "t",
            overwrite=True,
            sync=False,
        )

    steady(step, 200)


MUCH = """
import resource, sys
import numpy as np, shmcol

def batches(n):
    for i in range(n):
        texts = ["some text %d" % (j % 100) for j in range(5000)] * 100
        yield {"x": np.arange(500_000.0) + i, "s": texts}

shmcol.write(batches(2), sys.argv[1], sync=False, memory=16 << 20, threads=2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
shmcol.write(batches(40), sys.argv[1], overwrite=True, sync=False, memory=16 << 20, threads=2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_batches_may_be_more_than_memory(tmp_path):
    """Twenty times as many batches, hundreds of MiB, take no more memory than two."""
    more = subprocess.run(
        [sys.executable, "-c", MUCH, tmp_path / "t"], check=True, capture_output=True, text=True
    ).stdout
    size = (tmp_path / "t").stat().st_size
    (tmp_path / "t").unlink()  # pytest would keep it
    assert size > 500 << 20 and int(more) < 40 << 10


def test_arrow_leaks_nothing(every_path):
    pa = pytest.importorskip("pyarrow")
    with shmcol.open(every_path) as table:
        steady(
            lambda: (pa.table(table), pa.array(table["word"]), pa.record_batch(table[5:50])), 300
        )


def test_many_threads_one_table(every_path):
    """Threads read, search, export, verify and pickle while others close and open.

    A wrong value, or an error other than "closed", fails.
    """
    shared = [shmcol.open(every_path)]
    wrong, stop = [], threading.Event()
    written = every_column()

    def read(seed):
        choice = random.Random(seed)
        while not stop.is_set():
            table = shared[0]
            try:
                what = choice.randrange(7)
                if what == 0:
                    ok = table["i8"].sum() == 499500
                elif what == 1:
                    row = choice.randrange(1000)
                    ok = (
                        table["text"][row] == written["text"][row]
                        and table["word"][row] == written["word"][row]
                    )
                elif what == 2:
                    ok = table["text"].count("ä7") == written["text"].count("ä7")
                elif what == 3:
                    ok = len(table[10:50].__arrow_c_array__()) == 2
                elif what == 4:
                    table.verify("full")
                    ok = True
                elif what == 5:
                    ok = table["int_null"].sum() == written["int_null"].sum()
                else:
                    array = table["f8"]
                    del table
                    ok = np.nansum(array) == np.nansum(written["f8"])
                if not ok:
                    wrong.append(what)
            except ValueError as error:
                if "closed" not in str(error):
                    wrong.append(error)
            except BaseException as error:
                wrong.append(error)

    def replace():
        while not stop.is_set():
            old, shared[0] = shared[0], shmcol.open(every_path)
            old.close()

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)] + [
        threading.Thread(target=replace) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    stop.wait(3)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    shared[0].close()
    gc.collect()
    assert not any(str(every_path) in line for line in open("/proc/self/maps"))


def test_a_progress_function_may_close_the_table(every_path):
    table, seen = shmcol.open(every_path), []

    def progress(done, total):
        if not table.closed:
            seen.append(table["i8"][5])
        table.close()  # the check that is under way has a reference of its own

    table.verify(progress=progress)
    assert seen == [5] and table.closed


HALF = """
import pathlib, sys, threading
import numpy, shmcol

begun, go_on = threading.Event(), threading.Event()
sys.modules["half"] = type(sys)("half")
sys.modules["half"].wait = lambda: (begun.set(), go_on.wait(60))
importing = threading.Thread(target=lambda: __import__(sys.argv[2]))
importing.start()
assert begun.wait(60) and sys.argv[2] in sys.modules
masked = numpy.ma.MaskedArray([1, 2], [0, 1])
mixed = {"x": numpy.arange(2), "m": masked, "s": ["a", None], "b": [True, None]}
records = [{"x": 1, "y": "a"}, {"x": 2}]
for table in (mixed, records, iter([mixed, mixed]), numpy.zeros(3, [("x", "f8")])):
    shmcol.write(table, sys.argv[1], overwrite=True, sync=False)
shmcol.write(shmcol.open(sys.argv[1]), sys.argv[1] + ".again")
table = shmcol.open(sys.argv[1])
repr(table), table._repr_html_(), table["x"][[1, 0]], shmcol.share(mixed).close()
go_on.set()
importing.join()
"""


@pytest.mark.parametrize("name", ["pandas", "polars", "pyarrow", "torch"])
def test_another_thread_may_be_importing_a_package(path, tmp_path, name):
    """The module is in sys.modules and has no names yet: its import waits in the first line."""
    (tmp_path / f"{name}.py").write_text("import half\nhalf.wait()\n")
    environment = dict(os.environ, PYTHONPATH=str(tmp_path))
    command = [sys.executable, "-c", HALF, str(path), name]
    subprocess.run(command, check=True, env=environment, timeout=120)
