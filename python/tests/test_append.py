"""append() and pack(append=): rows added to a table in a directory."""

import datetime
import fcntl
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal

import hypothesis
import numpy as np
import pytest
import shmcol
from conftest import every_column
from growing import TYPES, ZONE, rows_of, values_of
from hypothesis import strategies as st


@pytest.fixture
def where(tmp_path):
    return tmp_path / "ticks"


def read(directory):
    with shmcol.open(directory) as t:
        t.verify()
        return {name: t[name].tolist() for name in t}


def test_rows_are_added(where):
    first = shmcol.append({"t": np.arange(5), "s": list("abcde")}, where)
    assert first[:6] == (0, 5, 5, 1, 1, 0) and first.created and not first.already_there
    t = shmcol.open(where)
    second = shmcol.append({"s": ["f", None], "t": [5, 6]}, where)  # in any order
    assert second[:3] == (5, 2, 7) and not second.created and second.id == first.id == t.id
    assert len(t) == 5 and len(t.refresh()) == 7
    assert read(where) == {"t": list(range(7)), "s": ["a", "b", "c", "d", "e", "f", None]}
    assert os.listdir(where) == [f"{0:020}.shmcol"]
    assert shmcol.append({"t": [], "s": []}, where).rows == 0


def test_every_kind_of_column_in_parts(where):
    values, n = values_of(2 * ZONE + 100), 0
    for end in (70_000, 2 * ZONE, 2 * ZONE + 100):
        report = shmcol.append(
            rows_of(values, n, end),
            where,
            types={"l": "list[int32]", "dec": "decimal128(18,2)"},
            dictionary=["w"],
            part_rows=ZONE,
            sync=False,
        )
        assert report.rows == end - n and report.table_rows == end
        n = end
    with shmcol.open(where) as t:
        t.verify()
        assert len(t.parts) == report.table_parts == 3 and len(t) == n
        for name, column in values.items():
            assert t[name].tolist() == (column if isinstance(column, list) else column.tolist())


def test_every_kind_of_table(where):
    pa, pd = pytest.importorskip("pyarrow"), pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    given = {"x": [1, 2], "s": ["a", "b"]}
    shmcol.append(given, where)
    shmcol.append(pa.table(given), where)
    shmcol.append(pd.DataFrame(given), where)
    shmcol.append(pl.DataFrame(given), where)
    shmcol.append([{"x": 1, "s": "a"}, {"x": 2, "s": "b"}], where)
    shmcol.append((part for part in (given, given)), where)
    array = np.array([(1, "a"), (2, "b")], [("x", "i8"), ("s", "U1")])
    shmcol.append(array, where)
    with shmcol.open(where) as t:
        shmcol.append(t, where)
    assert read(where) == {"x": [1, 2] * 16, "s": ["a", "b"] * 16}


# ---- types ----


def made(where, **columns):
    shmcol.append(columns, where)
    return shmcol.open(where)


@pytest.mark.parametrize(
    "first, later, expected",
    [
        (np.arange(2), np.array([7], "i4"), 7),
        (np.arange(2), np.array([7], "u8"), 7),
        (np.arange(2, dtype="u1"), np.array([255]), 255),
        (np.arange(2.0), np.array([7]), 7.0),
        (np.arange(2.0), [7], 7.0),
        (np.arange(2, dtype="f4"), np.array([0.5]), 0.5),
        (np.arange(2, dtype="i2"), [7], 7),
        (np.arange(2, dtype="i2"), [None], None),
        (np.arange(2, dtype="i2"), np.ma.MaskedArray([7], [True]), None),
        (np.zeros(2, "M8[us]"), np.array(["2026-01-02"], "M8[D]"), datetime.datetime(2026, 1, 2)),
        (
            np.zeros(2, "M8[us]"),
            [datetime.datetime(2026, 1, 2, 3)],
            datetime.datetime(2026, 1, 2, 3),
        ),
        (np.zeros(2, "M8[D]"), [datetime.date(2026, 1, 2)], datetime.date(2026, 1, 2)),
        (np.zeros(2, "m8[ms]"), np.array([3], "m8[s]"), datetime.timedelta(seconds=3)),
        ([Decimal("1.5")] * 2, [Decimal(2)], Decimal(2)),
        ([Decimal("1.5")] * 2, np.array([2]), Decimal(2)),
        ([b"x"] * 2, [None], None),
        (["x"] * 2, [None], None),
        ([[1, 2], [3]], [[]], []),
        ([[1, 2], [3]], np.array([[5, 6]], "i4"), [5, 6]),
        (np.zeros((2, 3)), np.ones((1, 3), "i4"), [1.0, 1.0, 1.0]),
    ],
)
def test_values_become_the_types_of_the_table(where, first, later, expected):
    with made(where, c=first) as t:
        kind = t.schema["c"].type
    shmcol.append({"c": later}, where)
    with shmcol.open(where) as t:
        assert len(t) == 3 and t.schema["c"].type == kind
        last = t["c"].tolist()[2]
        assert last == expected and type(last) is type(expected)


def test_types_that_numpy_does_not_have(where):
    pa = pytest.importorskip("pyarrow")
    columns = {
        "t": pa.array([1, None], pa.time64("us")),
        "u": pa.array([1, None], pa.time32("s")),
        "d": pa.array([0, None], pa.date64()),
        "z": pa.array([0, None], pa.timestamp("us", "Europe/Paris")),
        "b": pa.array([True, None]),
        "w": pa.array(["a", None]).dictionary_encode(),
    }
    shmcol.append(pa.table(columns), where)
    seconds = np.ma.MaskedArray(np.array([5, 6], "m8[s]"), [False, True])
    days = np.array(["2020-01-01", "NaT"], "M8[D]")
    words = {"b": [False, None], "w": np.array(["b", "c"])}
    shmcol.append({"t": seconds, "u": seconds, "d": days, "z": days, **words}, where)
    with shmcol.open(where) as t:
        t.verify()
        for name in "tudzb":
            assert t.nulls(name).tolist() == [False, True, False, True]
        assert (
            t["t"][2] == t["u"][2] == np.timedelta64(5, "s") and t["d"][2] == t["z"][2] == days[0]
        )
        assert t["w"].tolist() == ["a", None, "b", "c"] and t["w"].categories.tolist() == list(
            "abc"
        )


@pytest.mark.parametrize(
    "first, later, match",
    [
        (
            np.arange(2, dtype="i1"),
            np.array([1, 300]),
            'column "c", row 1: error: 300 does not fit',
        ),
        (np.arange(2, dtype="i1"), [1, 300], 'column "c", row 1: error: 300 does not fit'),
        (np.arange(2), np.array([0.5]), 'column "c".*float64 for int64'),
        (np.arange(2), ["x"], 'column "c"'),
        (np.arange(2.0), np.array([2**53 + 1]), 'column "c", row 0'),
        (np.zeros(2, "M8[ms]"), np.array([1], "M8[us]"), 'column "c", row 0'),
        (["x"] * 2, np.array([1]), 'column "c"'),
        ([Decimal("1.5")] * 2, [Decimal("1.23")], 'column "c", row 0'),
        (np.zeros((2, 3)), np.ones((1, 4)), 'column "c"'),
    ],
)
def test_what_does_not_fit_is_refused_by_name(where, first, later, match):
    made(where, c=first).close()
    before = read(where)
    with pytest.raises(shmcol.Error, match=match):
        shmcol.append({"c": later}, where)
    assert read(where) == before


def test_frames_of_pandas_become_the_types_of_the_table(where):
    pd = pytest.importorskip("pandas")
    shmcol.append({"i": np.arange(2, dtype="i4"), "f": np.zeros(2, "f4"), "s": ["a", "b"]}, where)
    frame = pd.DataFrame({"f": [1.5, np.nan], "i": [1, 2], "s": ["c", None]})
    shmcol.append(frame, where)
    shmcol.append(frame.astype({"i": "Int64"}), where)
    shmcol.append(frame.astype({"s": "category"}), where)
    with shmcol.open(where) as t:
        assert t["i"].tolist() == [0, 1, 1, 2, 1, 2, 1, 2]
        assert t.nulls("f").tolist() == [False, False] + [False, True] * 3
        assert t["s"].tolist() == ["a", "b"] + ["c", None] * 3


@pytest.mark.parametrize("form", ["to_dict", "to_pandas", "to_arrow"])
def test_what_a_table_becomes_can_be_appended(where, form):
    needed = pytest.importorskip("pyarrow"), pytest.importorskip("pandas")
    values = values_of(50) | {f"every {name}": made for name, made in every_column(50).items()}
    shmcol.append(values, where, types=TYPES, dictionary=["w"])
    with shmcol.open(where) as t:
        kinds = [field.type for field in t.schema]
        shmcol.append(getattr(t, form)(), where)
    with shmcol.open(where) as t:
        t.verify()
        assert [field.type for field in t.schema] == kinds and len(t) == 100 and needed
        for name in t:
            first, second = (list(map(str, part[name].tolist())) for part in t.batches(50))
            assert first == second


def test_columns_must_be_those_of_the_table(where):
    made(where, a=[1], b=[2]).close()
    for columns in ({"a": [1]}, {"a": [1], "b": [1], "c": [1]}, {"a": [1], "x": [2]}):
        with pytest.raises(shmcol.Error, match='"[bcx]"'):
            shmcol.append(columns, where)
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(shmcol.Error, match='column "b".*int32'):
        shmcol.append(pa.table({"a": [1], "b": pa.array([2], "int32")}), where)
    assert read(where) == {"a": [1], "b": [2]}


# ---- whole or not at all ----


def test_a_token_is_appended_once(where):
    for _ in range(3):
        report = shmcol.append({"x": [1]}, where, token="2026-11-30")
    assert report.already_there and report.rows == 0 and read(where) == {"x": [1]}
    assert shmcol.append({"x": [2]}, where, token="2026-12-01").table_rows == 2
    with pytest.raises(shmcol.UsageError):
        shmcol.append({"x": [2]}, where, token="")
    with pytest.raises(shmcol.UsageError):
        shmcol.append({"x": [2]}, where, token="a\0b")


def test_tokens_are_no_metadata_of_the_table(where, tmp_path):
    for token in "ab":
        shmcol.append({"x": [1]}, where, token=token, metadata={"k": "v"})
    with shmcol.open(where) as t:
        assert t.metadata() == {b"k": b"v"}
        shmcol.write(t, tmp_path / "t.shmcol")
    with shmcol.open(tmp_path / "t.shmcol") as t:
        assert t.metadata() == {b"k": b"v"} and t["x"].tolist() == [1, 1]


def test_an_error_in_an_iterator_leaves_the_table(where):
    def batches():
        yield {"x": [2]}
        raise RuntimeError("no more")

    shmcol.append({"x": [1]}, where)
    with pytest.raises(RuntimeError, match="no more"):
        shmcol.append(batches(), where)
    assert read(where) == {"x": [1]} and len(os.listdir(where)) == 1


def test_an_exception_of_progress_leaves_the_table(where):
    def stop(done, total):
        raise RuntimeError("stop")

    shmcol.append({"x": [1]}, where)
    with pytest.raises(RuntimeError, match="stop"):
        shmcol.append({"x": np.arange(200_000)}, where, progress=stop)
    assert read(where) == {"x": [1]} and len(os.listdir(where)) == 1
    seen = []
    shmcol.append({"x": np.arange(200_000)}, where, progress=lambda *at: seen.append(at))
    assert seen and all(done <= total for done, total in seen if total)


@pytest.fixture
def locked(where):
    shmcol.append({"x": [1]}, where)
    fd = os.open(where, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    yield fd
    os.close(fd)


def test_another_appender(where, locked):
    with pytest.raises(shmcol.FileLocked) as error:
        shmcol.append({"x": [2]}, where, wait=False)
    assert isinstance(error.value, BlockingIOError) and error.value.status == "LOCKED"
    assert error.value.errno and type(pickle.loads(pickle.dumps(error.value))) is shmcol.FileLocked
    waiting = threading.Thread(target=shmcol.append, args=({"x": [3]}, where))
    waiting.start()
    time.sleep(0.1)
    assert read(where) == {"x": [1]}
    fcntl.flock(locked, fcntl.LOCK_UN)
    waiting.join(20)
    assert read(where) == {"x": [1, 3]}


WAIT = """
import shmcol, sys
print("begins", flush=True)
try:
    shmcol.append({"x": [2]}, sys.argv[1])
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_ends_the_wait(where, locked):
    worker = subprocess.Popen([sys.executable, "-c", WAIT, where], stdout=subprocess.PIPE)
    assert worker.stdout.readline() == b"begins\n"
    time.sleep(0.3)
    worker.send_signal(signal.SIGINT)
    assert worker.communicate(timeout=20)[0] == b"interrupted\n"
    fcntl.flock(locked, fcntl.LOCK_UN)
    assert read(where) == {"x": [1]} and len(os.listdir(where)) == 1
    assert os.listdir(where.parent) == ["ticks"]


def test_arguments(where):
    for wrong in (
        {"part_rows": 1000},
        {"part_rows": -ZONE},
        {"wait": "no"},
        {"token": 5},
        {"sync": None},
        {"dictionary": "some"},
    ):
        with pytest.raises(shmcol.UsageError):
            shmcol.append({"x": [1]}, where, **wrong)
    with pytest.raises(shmcol.UsageError):
        shmcol.append(5, where)
    assert not where.exists()
    shmcol.append({"x": [1]}, where, metadata={"a": "b"})
    assert shmcol.append({"x": [1]}, where, metadata={"c": "d"}).metadata_dropped == 1
    with shmcol.open(where) as t:
        assert t.metadata()[b"a"] == b"b" and b"c" not in t.metadata()


# ---- CSV ----


def test_csv(where, tmp_path):
    for day, text in enumerate(("time,px,sym\n1,1.5,A\n2,,B\n", "sym,px,time\nC,3,3\n")):
        (tmp_path / f"{day}.csv").write_text(text)
        report = shmcol.pack(tmp_path / f"{day}.csv", append=where, token=f"{day}")
    assert report.appended[:3] == (2, 1, 3) and report.rows == 1
    with shmcol.open(where) as t:
        assert t.schema["px"].kind == "float64" and t["sym"].tolist() == ["A", "B", "C"]
    again = shmcol.pack(tmp_path / "1.csv", append=where, token="1")
    assert again.appended.already_there
    (tmp_path / "2.csv").write_text("time,px,sym\nx,1,A\n")
    with pytest.raises(shmcol.CsvError, match='"x"') as error:
        shmcol.pack(tmp_path / "2.csv", append=where)
    assert error.value.line == 2
    assert len(shmcol.open(where)) == 3
    assert shmcol.pack(tmp_path / "0.csv", dry_run=True).appended is None


def test_arguments_of_csv(where, tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    for wrong in ({"append": where, "dry_run": True}, {"append": where, "path": "x"}):
        with pytest.raises(shmcol.UsageError):
            shmcol.pack(tmp_path / "a.csv", **wrong)
    for wrong in ({"token": "t"}, {"wait": False}, {"part_rows": ZONE}):
        with pytest.raises(shmcol.UsageError, match="append"):
            shmcol.pack(tmp_path / "a.csv", **wrong)


# ---- at random ----

BATCH = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.none() | st.text(max_size=5),
        st.none() | st.sampled_from(["red", "green", "blue", ""]),
        st.none() | st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3),
    ),
    max_size=20,
)
KINDS = {"i": "i8", "f": "f8", "s": "string", "w": "string", "l": "list[int32]"}


@hypothesis.settings(max_examples=15, deadline=None)
@hypothesis.given(st.lists(BATCH, min_size=1, max_size=4), st.integers(0, 2))
def test_random_batches_are_one_table(tmp_path_factory, batches, large):
    where = tmp_path_factory.mktemp("random") / "t"
    whole, old = {name: [] for name in KINDS}, None
    for number, batch in enumerate(batches):
        if number == large:
            batch = (batch or [(1, 2.5, "x", "red", [3])]) * (70_000 // max(1, len(batch)))
        rows = dict(zip(KINDS, map(list, zip(*batch)))) if batch else {name: [] for name in KINDS}
        shmcol.append(rows, where, types=KINDS, dictionary=["w"], part_rows=ZONE, sync=False)
        before = {name: list(values) for name, values in whole.items()}
        for name in whole:
            whole[name] += rows[name]
        t = shmcol.open(where) if old is None else old.refresh()
        if old is not None:
            assert old["s"].tolist() == before["s"] and old["i"].tolist() == before["i"]
        assert {name: t[name].tolist() for name in t} == whole
        old = t
    old.verify()
    assert (
        old["f"].flags.c_contiguous
        and pickle.loads(pickle.dumps(old))["s"].tolist() == (whole["s"])
    )
