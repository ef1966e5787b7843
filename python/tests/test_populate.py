"""create(): many processes fill one table in place; missing rows are noticed."""

import gc
import multiprocessing
import os
import pickle
import signal

import numpy as np
import pytest
import shmcol
from conftest import in_map
from filling import METHODS, ROWS, fill_x


def columns(start=0, stop=ROWS):
    """Returns a column of every numpy type of a fixed width."""
    n = np.arange(start, stop)
    made = {
        kind: n.astype(kind)
        for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")
    }
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


SCHEMA = {
    name: (values.dtype, values.shape[1:]) if values.ndim > 1 else values.dtype
    for name, values in columns(0, 1).items()
}


def fill(w, start, stop):
    with w.rows(start, stop) as v:
        for name, values in columns(start, stop).items():
            v[name] = values
    return os.getpid()


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_fills_it(path, method, tmp_path):
    shmcol.write(columns(), tmp_path / "written")
    with (
        shmcol.create(path, SCHEMA, rows=ROWS, nullable=True) as w,
        multiprocessing.get_context(method).Pool(2) as pool,
    ):
        assert not path.exists()
        assert os.getpid() not in pool.starmap(fill, [(w, a, b) for a, b in w.split(5)])
        assert w.missing() == []
        w.commit()
    assert path.read_bytes() == (tmp_path / "written").read_bytes()
    assert sorted(os.listdir(tmp_path)) == [path.name, "written"]
    with shmcol.open(path, verify="full") as table:
        assert table.stats("i8").max == 999
        assert table.schema["null"].nulls == sum(n % 7 == 2 for n in range(ROWS))


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
    with pytest.raises(
        shmcol.PopulateError, match="rows 512 to 1000 were begun and not finished"
    ) as caught:
        w.commit()
    assert (caught.value.status, caught.value.row) == ("NOT_FILLED", 512)
    assert w.missing() == [(512, 1000)]
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
    with (
        pytest.raises(shmcol.PopulateError, match="rows 128 to 256 are filled already"),
        w.rows(0, 1000),
    ):
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
        array[:] = 8  # reaches no file, but is no fault
    assert array.sum() == 8 * 64 and os.listdir(path.parent) == []
    with pytest.raises(shmcol.PopulateError, match="given up") as caught, w.rows(0, 64):
        pytest.fail("claimed")
    assert caught.value.status == "GONE"
    w.abort()


def test_nulls(path):
    mask = np.arange(100) % 3 == 0
    with shmcol.create(
        path,
        {"x": "i4", "t": "M8[us]", "d": "date32", "plain": "M8[us]"},
        rows=100,
        nullable=["x", "t", "d"],
    ) as w:
        with w.rows(0, 64) as v:
            v["x"][:] = np.arange(64)
            v.set_nulls("x", mask[:64])
            v["t"][:] = np.where(
                mask[:64], np.datetime64("NaT", "us"), np.arange(64).astype("M8[us]")
            )  # in place
            v["d"] = np.where(mask[:64], np.datetime64("NaT", "D"), np.arange(64).astype("M8[D]"))
            with pytest.raises(shmcol.UsageError, match="not nullable"):
                v["plain"] = np.full(64, "NaT", "M8[us]")
            with pytest.raises(shmcol.UnsupportedTypeError, match='column "plain".*int64'):
                v["plain"] = np.arange(64)
            v["plain"] = np.arange(64).astype("M8[us]")
        with w.rows(64, 100) as v:
            v["x"] = np.ma.MaskedArray(np.arange(64, 100), mask[64:])
            assert v.validity("x").tolist() == np.packbits(~mask[64:], bitorder="little").tolist()
            v["t"] = (
                np.ma.MaskedArray(np.arange(64, 100), mask[64:]).astype("m8[us]").view("M8[us]")
            )
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
    with shmcol.create(
        path, {"x": "i8", "y": "f4"}, rows=200, nullable=True, metadata={"a": "b"}
    ) as w:
        with w.rows(64, 128) as v:
            v["x"][:] = 1
        with pytest.raises(shmcol.PopulateError, match="claimed by nobody"):
            w.commit()
        w.commit(nulls=True)
    with shmcol.open(path, verify="full") as table:
        assert (
            table.nulls("x").sum() == 136
            and not table.nulls("y")[64:128].any()
            and table.metadata() == {b"a": b"b"}
        )
    with (
        shmcol.create(path, {"x": "i8", "y": "f4"}, rows=200, nullable="x", overwrite=True) as w,
        pytest.raises(shmcol.PopulateError, match='"y"'),
    ):
        w.commit(nulls=True)


@pytest.mark.parametrize("wrong", ["cut", "wide", "kind", "float", "mask"])
def test_what_would_be_lost_is_refused(path, wrong):
    with (
        shmcol.create(
            path, {"s": "S3", "d": "date32", "i": "i4", "t": ("f4", 2)}, rows=64, nullable=True
        ) as w,
        w.rows(0, 64) as v,
    ):
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


def test_what_is_written_lies_in_the_file(w):
    with w.rows(0, 1000) as v:
        v["x"][:] = 0x123456789ABCDEF
        temporary = os.path.join(os.path.dirname(w.path), os.listdir(os.path.dirname(w.path))[0])
        with open(temporary, "rb") as file:
            assert file.read().count((0x123456789ABCDEF).to_bytes(8, "little")) == 1000
    w.commit()
    with shmcol.open(w.path) as table:
        assert in_map(table, table["x"])
