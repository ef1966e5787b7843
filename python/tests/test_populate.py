"""create(): many processes fill one table in place; what they leave undone is seen."""

import gc
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import shmcol
from conftest import in_map
from test_life import steady

METHODS = ["fork", "spawn", "forkserver"]
ROWS = 1000


def columns(start=0, stop=ROWS):
    """Of every type of a fixed width that numpy has."""
    n = np.arange(start, stop)
    made = {kind: n.astype(kind) for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")}
    made |= {f"ts_{unit}": n.astype(f"M8[{unit}]") for unit in ("s", "ms", "us", "ns")} | {
        f"td_{unit}": n.astype(f"m8[{unit}]") for unit in ("s", "ms", "us", "ns")
    }
    made |= {
        "bool": n % 3 == 0,
        "date": n.astype("M8[D]"),
        "fixed": n.astype("S6"),
        "tensor": np.repeat(n.astype("f4"), 6).reshape(-1, 2, 3),
    }
    made["null"] = np.ma.MaskedArray(n, n % 7 == 2)
    return made


SCHEMA = {name: (values.dtype, values.shape[1:]) if values.ndim > 1 else values.dtype for name, values in columns(0, 1).items()}


def fill(w, start, stop):
    with w.rows(start, stop) as v:
        for name, values in columns(start, stop).items():
            v[name] = values
    return os.getpid()


def fill_x(w, start, stop, then=None):
    with w.rows(start, stop) as v:
        v["x"][:] = np.arange(start, stop)
        if then == "raise":
            raise ZeroDivisionError
        if then == "die":
            os.kill(os.getpid(), signal.SIGKILL)
    return len(pickle.dumps(w))


@pytest.fixture
def w(path):
    with shmcol.create(path, {"x": "i8"}, rows=ROWS) as made:
        yield made
    assert [name for name in os.listdir(path.parent) if name != path.name] == []


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_fills_it(path, method, tmp_path):
    shmcol.write(columns(), tmp_path / "written")
    with shmcol.create(path, SCHEMA, rows=ROWS, nullable=True) as w, multiprocessing.get_context(method).Pool(2) as pool:
        assert not path.exists() and os.getpid() not in pool.starmap(fill, [(w, a, b) for a, b in w.split(5)])
        assert w.missing() == []
        w.commit()
    assert path.read_bytes() == (tmp_path / "written").read_bytes() and sorted(os.listdir(tmp_path)) == [path.name, "written"]
    with shmcol.open(path, verify="full") as table:
        assert table.stats("i8").max == 999 and table.schema["null"].nulls == sum(n % 7 == 2 for n in range(ROWS))


def test_it_pickles_to_little(w):
    assert len(pickle.dumps(w)) < 200 + 2 * len(w.path)
    assert pickle.loads(pickle.dumps(w)) is w
    assert (
        repr(w) == f"<Populate {w.path!r}: 1,000 rows × 1 columns>"
        and len(w) == 1000
        and w.columns == ["x"]
        and w.schema["x"].type == "int64"
    )


@pytest.mark.parametrize("then", ["raise", "die"])
@pytest.mark.parametrize("method", METHODS)
def test_a_worker_that_fails_is_seen_and_replaced(w, method, then):
    context = multiprocessing.get_context(method)
    for part, what in (((0, 512), None), ((512, 960), then)):
        worker = context.Process(target=fill_x, args=(w, *part, what))
        worker.start()
        worker.join()
    assert worker.exitcode == (-signal.SIGKILL if then == "die" else 1)
    assert w.missing() == [(512, 1000)]
    with pytest.raises(shmcol.PopulateError, match="rows 512 to 1000 were begun and not finished") as caught:
        w.commit()
    assert (caught.value.status, caught.value.row) == ("NOT_FILLED", 512) and w.missing() == [(512, 1000)]
    with w.rows(512, 1000) as v:
        assert not v["x"].any()  # zeros again, not what the other one left
        v["x"][:] = np.arange(512, 1000)
    w.commit()
    with shmcol.open(w.path, verify="full") as table:
        assert (table["x"] == np.arange(ROWS)).all()


def test_rows_that_overlap_or_are_not_aligned(w):
    with w.rows(128, 256):
        for a, b, status, match in (
            (0, 192, "TAKEN", "rows 128 to 192 are held"),
            (1, 64, "INVALID_ARGUMENT", "rows 1 to 64.*take rows 0 to 64"),
            (0, 999, "INVALID_ARGUMENT", "take rows 0 to 1000"),
            (0, 1001, "OUT_OF_RANGE", "rows 0 to 1001 of a table of 1000"),
            (64, 64, "OUT_OF_RANGE", "rows 64 to 64"),
        ):
            with pytest.raises(shmcol.UsageError, match=match) as caught, w.rows(a, b):
                pytest.fail("claimed")
            assert caught.value.status == status
        with pytest.raises(shmcol.PopulateError, match="held") as caught:
            w.commit()
        assert caught.value.row == 128
    with pytest.raises(shmcol.PopulateError, match="rows 128 to 256 are filled already"), w.rows(0, 1000):
        pytest.fail("claimed")
    with pytest.raises(shmcol.UsageError, match="start: -64"):
        w.rows(-64, 0)
    with pytest.raises(TypeError):
        w.rows(0.0, 64)
    assert w.missing() == [(0, 128), (256, 1000)]


def test_a_range_ends(w):
    rows = w.rows(0, 64)
    with pytest.raises(ValueError, match="not claimed"):
        rows["x"]
    with rows as v:
        with pytest.raises(ValueError, match="claimed already"), rows:
            pass
        with pytest.raises(shmcol.ColumnError):
            v["nothing"]
        with pytest.raises(shmcol.UsageError, match="not nullable.*nullable=\\['x'\\]"):
            v.set_nulls("x", True)
        v["x"] = 5
        v["x"] += 1
        assert v["x"].tolist() == [6] * 64 and len(v) == 64
    with pytest.raises(ValueError, match="not claimed"):
        v["x"]
    with pytest.raises(ZeroDivisionError), w.rows(64, 128) as v:
        v["x"][:] = 1 // 0
    assert w.missing() == [(64, 1000)]


def test_views_outlive_all_and_are_not_to_be_written_to(path):
    with shmcol.create(path, {"x": "i8"}, rows=64) as w:
        with w.rows(0, 64) as v:
            array = v["x"]
            part = array[10:]
            array[:] = np.arange(64)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
        w.commit()
    del w, v
    gc.collect()
    os.unlink(path)
    assert array.sum() == 2016 and part.sum() == 2016 - 45  # pages that are still mapped
    del array, part
    gc.collect()
    assert not any(path.parent.name in line for line in open("/proc/self/maps"))


def test_views_outlive_an_abort(path):
    w = shmcol.create(path, {"x": "i8"}, rows=64)
    with w.rows(0, 64) as v:
        v["x"][:] = 7
        w.abort()
        array = v["x"]
        array[:] = 8  # it goes nowhere, but it is there
    assert array.sum() == 8 * 64 and os.listdir(path.parent) == []
    with pytest.raises(shmcol.PopulateError, match="given up") as caught, w.rows(0, 64):
        pytest.fail("claimed")
    assert caught.value.status == "GONE"
    w.abort()


def test_nulls(path):
    mask = np.arange(100) % 3 == 0
    with shmcol.create(path, {"x": "i4", "t": "M8[us]", "d": "date32", "plain": "M8[us]"}, rows=100, nullable=["x", "t", "d"]) as w:
        with w.rows(0, 64) as v:
            v["x"][:] = np.arange(64)
            v.set_nulls("x", mask[:64])
            v["t"][:] = np.where(mask[:64], np.datetime64("NaT", "us"), np.arange(64).astype("M8[us]"))  # in place
            v["d"] = np.where(mask[:64], np.datetime64("NaT", "D"), np.arange(64).astype("M8[D]"))
            with pytest.raises(shmcol.UsageError, match="not nullable"):
                v["plain"] = np.full(64, "NaT", "M8[us]")
            with pytest.raises(shmcol.UnsupportedTypeError, match='column "plain".*int64'):
                v["plain"] = np.arange(64)
            v["plain"] = np.arange(64).astype("M8[us]")
        with w.rows(64, 100) as v:
            v["x"] = np.ma.MaskedArray(np.arange(64, 100), mask[64:])
            assert v.validity("x").tolist() == np.packbits(~mask[64:], bitorder="little").tolist()
            v["t"] = np.ma.MaskedArray(np.arange(64, 100), mask[64:]).astype("m8[us]").view("M8[us]")
            v.storage("d")[:] = np.arange(64, 100)
            v.validity("d")[:] = np.packbits(~mask[64:], bitorder="little")
            v["plain"] = np.arange(64, 100).astype("M8[ms]")  # converted
        w.commit()
    with shmcol.open(path, verify="full") as table:
        for name in ("x", "t", "d"):
            assert (table.nulls(name) == mask).all(), name
            kept = table.storage(name)[~mask]
            assert (kept == np.arange(100)[~mask]).all(), name
        assert table["plain"][99] == np.datetime64(99, "ms") and not table.nulls("plain").any()


def test_rows_that_nobody_filled_may_become_nulls(path):
    with shmcol.create(path, {"x": "i8", "y": "f4"}, rows=200, nullable=True, metadata={"a": "b"}) as w:
        with w.rows(64, 128) as v:
            v["x"][:] = 1
        with pytest.raises(shmcol.PopulateError, match="claimed by nobody"):
            w.commit()
        w.commit(nulls=True)
    with shmcol.open(path, verify="full") as table:
        assert table.nulls("x").sum() == 136 and not table.nulls("y")[64:128].any() and table.metadata() == {b"a": b"b"}
    with (
        shmcol.create(path, {"x": "i8", "y": "f4"}, rows=200, nullable="x", overwrite=True) as w,
        pytest.raises(shmcol.PopulateError, match='"y"'),
    ):
        w.commit(nulls=True)


@pytest.mark.parametrize("wrong", ["cut", "wide", "kind", "float", "mask"])
def test_what_would_be_lost_is_refused(path, wrong):
    with shmcol.create(path, {"s": "S3", "d": "date32", "i": "i4", "t": ("f4", 2)}, rows=64, nullable=True) as w, w.rows(0, 64) as v:
        with pytest.raises(shmcol.UnsupportedTypeError) as caught:
            if wrong == "cut":
                v["s"] = np.full(64, b"four")
            elif wrong == "wide":
                v["d"] = np.full(64, 1 << 40).astype("M8[D]")
            elif wrong == "kind":
                v["d"] = np.full(64, 0.5)
            elif wrong == "float":
                v["i"] = np.full(64, 0.5)
            else:
                v["t"] = np.ma.MaskedArray(np.zeros((64, 2), "f4"), [[True, False]] * 64)
        assert "column" in str(caught.value)
        with pytest.raises(shmcol.UnsupportedTypeError, match="64 bits only"):
            v["d"]
        with pytest.raises(TypeError, match="bools"):
            v.set_nulls("i", [0] * 64)


def test_a_bad_value_is_found_by_the_commit(path):
    with shmcol.create(path, {"b": "bool", "t": "time64[us]"}, rows=64) as w:
        with w.rows(0, 64) as v:
            v.storage("b")[3] = 2
        with pytest.raises(shmcol.DataError) as caught:
            w.commit()
        assert (caught.value.column, caught.value.row) == (0, 3)
        with pytest.raises(shmcol.UsageError, match="failed before"):
            w.commit()
    assert os.listdir(path.parent) == []


WORDS = [
    "bool8",
    "int8",
    "uint64",
    "float32",
    "date32",
    "date64",
    "timestamp[s]",
    "timestamp[us, Europe/Paris]",
    "duration[ns]",
    "time32[s]",
    "time32[ms]",
    "time64[us]",
    "time64[ns]",
    "fixed_binary[16]",
    "tensor[float32, 2 x 3]",
    "tensor[timestamp[us], 4]",
    "tensor[date32, 2]",
    "tensor[uint8, 480 x 640 x 3]",
]


def test_schemas(path):
    def schema(given, **more):
        with shmcol.create(path, given, rows=3, **more) as w:
            return w.schema

    made = schema({word: word for word in WORDS})
    assert [field.type for field in made] == WORDS and not any(field.nullable for field in made)
    assert schema(made) == made and schema({field.name: field for field in made}) == made
    assert all(field.nullable for field in schema(made, nullable=True)) and [
        f.name for f in schema(made, nullable=["int8"]) if f.nullable
    ] == ["int8"]
    assert schema(schema(made, nullable=True)) == schema(made, nullable=True)
    numpy = {
        "a": float,
        "b": bool,
        "c": np.int16,
        "d": "M8[ms]",
        "e": ("u1", (2, 2)),
        "f": ("f8", 3),
        "g": "S5",
        "h": np.dtype(("i4", (2,))),
        "i": (bool, 2),
        "j": ">f4",
    }
    assert [field.type for field in schema(numpy)] == [
        "float64",
        "bool8",
        "int16",
        "timestamp[ms]",
        "tensor[uint8, 2 x 2]",
        "tensor[float64, 3]",
        "fixed_binary[5]",
        "tensor[int32, 2]",
        "tensor[uint8, 2]",
        "float32",
    ]
    assert [field.type for field in schema(np.dtype([("x", "f4"), ("y", "M8[D]", (2,))]))] == ["float32", "tensor[date32, 2]"]
    pa = pytest.importorskip("pyarrow")
    arrow = pa.schema([pa.field("x", pa.int32(), nullable=False), ("y", pa.timestamp("us", "UTC"))])
    assert [(f.type, f.nullable) for f in schema(arrow)] == [("int32", False), ("timestamp[us, UTC]", True)]
    with pytest.raises(ValueError, match="Arrow schema"):
        schema(arrow, nullable=True)


@pytest.mark.parametrize(
    "spec",
    [
        "string",
        "dictionary",
        "binary",
        str,
        object,
        "U3",
        "f2",
        "nonsense",
        "timestamp[h]",
        "time32[us]",
        ("f8", 0),
        ("string", 2),
        ("S3", 2),
        "c16",
        "timestamp",
        "fixed_binary[0]",
        "datetime64",
        "duration[s, UTC]",
    ],
)
def test_types_that_have_no_place(path, spec):
    with pytest.raises(shmcol.Error, match='column "x"'):
        shmcol.create(path, {"x": spec}, rows=3)
    assert os.listdir(path.parent) == []


def test_what_create_refuses(path):
    for wrong in ({"rows": -1}, {"rows": 3, "nullable": ["y"]}):
        with pytest.raises(ValueError):
            shmcol.create(path, {"x": int}, **wrong)
    with pytest.raises(TypeError):
        shmcol.create(path, [("x", int)], rows=3)
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        shmcol.create(path, {"x": int}, rows=3).commit(nulls=True)
    assert path.read_text() == "mine" and os.listdir(path.parent) == [path.name]
    with pytest.raises(shmcol.FileError, match="No space left") as caught:
        shmcol.create("/dev/shm/too-large.shmcol", {"x": int}, rows=1 << 40)
    assert caught.value.errno == 28 and caught.value.filename == "/dev/shm/too-large.shmcol"


def test_no_rows_and_no_columns(path):
    for schema, rows in (({"x": int}, 0), ({}, 5), ({}, 0)):
        with shmcol.create(path, schema, rows=rows, overwrite=True) as w:
            for a, b in w.split(4):
                with w.rows(a, b):
                    pass
            assert w.missing() == []
            w.commit()
        assert len(shmcol.open(path)) == rows


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1000, 100_000])
@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_split(path, rows, n):
    with shmcol.create(path, {"x": "u1"}, rows=rows) as w:
        parts = w.split(n)
    assert parts[0][0] == 0 and parts[-1][1] == rows and len(parts) <= n and all(b == c for (_, b), (c, _) in zip(parts, parts[1:]))
    assert all(a % 64 == 0 and a < b for a, b in parts) and max(b - a for a, b in parts) - min(b - a for a, b in parts) <= 128


def test_progress_and_its_end(path):
    with shmcol.create(path, {"x": "i8"}, rows=1 << 20) as w:
        with w.rows(0, 1 << 20) as v:
            v["x"][:] = 1
        seen = []
        w.commit(progress=lambda done, total: seen.append((done, total)))
        assert seen[-1][0] == seen[-1][1] >= 8 << 20 and seen == sorted(seen)
    with shmcol.create(path, {"x": "i8"}, rows=1 << 20, overwrite=True) as w:
        with w.rows(0, 1 << 20) as v:
            v["x"][:] = 2
        with pytest.raises(ZeroDivisionError):
            w.commit(progress=lambda done, total: 1 // 0)
    assert os.listdir(path.parent) == [path.name] and shmcol.open(path)["x"][0] == 1


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


CREATOR = "import os, pickle, shmcol, sys, time\nw = shmcol.create(sys.argv[1], {'x': 'i8'}, rows=1000)\nsys.stdout.buffer.write(pickle.dumps(w))\nsys.stdout.flush()\nos.close(1)\n"


def test_a_creator_that_was_killed(path):
    process = subprocess.Popen([sys.executable, "-c", CREATOR + "time.sleep(20)", path], stdout=subprocess.PIPE)
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
    for use in (len, lambda w: w.path, lambda w: w.rows(0, 64), lambda w: w.commit(), lambda w: w.__enter__(), pickle.dumps):
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
    """Claims, commits, an abort and looks at once: each table appears whole or not at all, and every view stays readable."""
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

        calls = [(fill, w, views), (fill, w, views), (commit, w), (commit, w), (abort, w, seed), (repr, w), (lambda w: w.schema, w)]
        random.Random(seed).shuffle(calls)
        threads = [threading.Thread(target=guarded, args=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        w.abort()  # unless it is at an end
        assert all(view.max() <= 1 for view in views) and set(os.listdir(path.parent)) <= {path.name}
        if path.exists():
            with shmcol.open(path, verify="full") as table:
                assert table["x"].sum() == 640
            os.unlink(path)
    assert ends["committed"] and ends["given up"]


def test_what_is_written_lies_in_the_file(w):
    with w.rows(0, 1000) as v:
        v["x"][:] = 0x123456789ABCDEF
        temporary = os.path.join(os.path.dirname(w.path), os.listdir(os.path.dirname(w.path))[0])
        with open(temporary, "rb") as file:
            assert file.read().count((0x123456789ABCDEF).to_bytes(8, "little")) == 1000
    w.commit()
    with shmcol.open(w.path) as table:
        assert in_map(table, table["x"])


def test_a_thousand_tables(path):
    def step():
        with shmcol.create(path, {"x": "i8", "t": ("f4", 3)}, rows=100, overwrite=True, sync=False, nullable=True) as w:
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
