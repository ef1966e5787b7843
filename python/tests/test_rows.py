"""Rows by number and by value: take(), t[i], __getitems__, search(), between(), asof()."""

import datetime
import pickle
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal

import numpy as np
import pytest
import shmcol
from conftest import ROOT, every_column
from growing import ROWS, ZONE, make, values_of

NAT = np.datetime64("NaT")


def same(a, b):
    """Compares values of columns, lists of them, arrays and nulls."""
    if a is np.ma.masked or a is None:
        return b is np.ma.masked or b is None
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, (float, np.floating)) and np.isnan(a):
        return np.isnan(b)
    if isinstance(a, (np.datetime64, np.timedelta64)) and np.isnat(a):
        return b is None or np.isnat(b)
    return a == b


def check(table, rows, missing=False, columns=None):
    """Compares what take() gives with each value by itself."""
    taken = table.take(rows, columns, missing=missing)
    names = table.columns if columns is None else columns
    assert taken.columns == list(names) and len(taken) == len(rows)
    for name in names:
        column, picked = table[name], taken[name]
        for at, row in enumerate(rows):
            if row >= 0:
                assert same(column[row], picked[at]), (name, row)
            else:
                value = picked[at]
                assert (
                    value is None
                    or value is np.ma.masked
                    or same(float("nan"), value)
                    or (np.isnat(value))
                ), name
    return taken


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    where = tmp_path_factory.mktemp("rows") / "parts"
    return make(where, values_of(), ZONE, 2 * ZONE, ROWS)


# ---- take ----


def test_every_type(every):
    dice = np.random.default_rng(1)
    for n in (0, 1, 8, 300):
        check(every, dice.integers(0, len(every), n))
    rows = dice.integers(-1, len(every), 100)
    check(every, rows, missing=True)
    check(every[100:300], dice.integers(0, 200, 50))
    check(every[["text", "i8"]][5:7], [1, 0, 1])
    check(every, [3, 2], columns=["word", "ts_us"])


def test_parts(parts):
    dice = np.random.default_rng(2)
    with shmcol.open(parts) as t:
        check(t, dice.integers(0, len(t), 200))
        check(t, dice.integers(-1, len(t), 100), missing=True)
        check(t[ZONE - 5 : ZONE + 5], [9, 0, 4, 5])
        assert check(t, [ROWS - 1, 0])["i"].tolist() == [ROWS - 1, 0]


def test_rows_own_their_arrays(every_path):
    with shmcol.open(every_path) as t:
        taken = t.take([5, 6, 5])
    assert taken["i4"].tolist() == [5, 6, 5] and taken["text"].tolist() == ["ä5", "ä6", "ä5"]
    taken["i4"][0] = 9
    assert taken["i4"].tolist() == [9, 6, 5]
    with shmcol.open(every_path) as t:
        assert t["i4"][5] == 5
        with pytest.raises(ValueError):
            t["i4"][0] = 1


@pytest.mark.parametrize(
    "rows",
    [
        [3, 1],
        (3, 1),
        range(3, -1, -2),
        np.array([3, 1], "u1"),
        np.array([3, 9, 1])[::2],
        np.array([3, 1], ">i8"),
        np.array([3, 1], "u8"),
    ],
)
def test_rows_of_any_kind(every, rows):
    assert every.take(rows)["i8"].tolist() == [3, 1]


def test_rows_of_other_libraries(every):
    for name in ("pyarrow", "polars", "pandas"):
        library = pytest.importorskip(name)
        make = {"pyarrow": "array", "polars": "Series", "pandas": "Series"}[name]
        assert every.take(getattr(library, make)([3, 1]))["i8"].tolist() == [3, 1]


def test_rows_that_are_not_there(every):
    for table, rows, wrong in (
        (every, [0, 1000], 1000),
        (every, [-1], -1),
        (every[10:20], [10], 10),
        (every[10:20], [-1], -1),
        (every, np.array([2**63], "u8"), 2**63),
    ):
        with pytest.raises(shmcol.OutOfRange, match=f"row {wrong}[, ]") as caught:
            table.take(rows)
        assert f"{len(table)}" in str(caught.value)
        assert isinstance(caught.value, IndexError) and caught.value.status == "OUT_OF_RANGE"
    with pytest.raises(IndexError, match="1,?000"):
        every.take([1000])
    with pytest.raises(shmcol.OutOfRange):
        every.take([-2], missing=True)


def test_wrong_rows_and_columns(every):
    for rows in ([True, False], [True, 5], np.ones(1000, bool)):
        with pytest.raises(shmcol.ArgumentTypeError, match="flatnonzero"):
            every.take(rows)
    for rows in ([1.5], ["x"], [[1, 2]], 5, None):
        with pytest.raises(shmcol.ArgumentTypeError):
            every.take(rows)
    with pytest.raises(shmcol.ColumnError, match="nothing"):
        every.take([1], ["nothing"])
    with pytest.raises(shmcol.ArgumentTypeError, match="list of names"):
        every.take([1], "i8")
    with pytest.raises(shmcol.ColumnError):
        every[["i8"]].take([1], ["text"])
    every.close()
    with pytest.raises(shmcol.UsageError, match="closed"):
        every.take([1])


def test_the_reading_interface(every):
    taken = every.take([999, 0, 3, 9])
    assert taken.shape == (4, len(every.columns)) and "text" in taken and "x" not in taken
    assert [field.type for field in taken.schema] == [field.type for field in every.schema]
    assert taken[1:3]["i8"].tolist() == [0, 3] and len(taken[1:3]) == 2
    assert taken[["i8", "text"]].columns == ["i8", "text"]
    assert taken.take([3, 0])["i8"].tolist() == [9, 999]
    assert taken[1:].take([0, -1], missing=True)["i8"].tolist() == [0, None]
    assert taken[3]["i8"] == 9 and taken[-1]["text"] is None and taken[0]["i8"] == 999
    assert taken.nulls("text").tolist() == [False, False, False, True]
    assert taken.storage("date").tolist()[1] == 0
    assert list(taken.to_dict()) == list(taken) == every.columns
    assert "4 rows" in repr(taken) and taken.nbytes > 0 and not taken.compressed
    assert taken.parts == [taken] and taken.refresh() is taken
    for ask in (lambda: taken.stats("i8"), taken.verify, lambda: taken.search("i8", 3)):
        with pytest.raises(shmcol.UsageError):
            ask()
    with pytest.raises(shmcol.OutOfRange, match="row 4 "):
        taken[4]


def test_what_others_make_of_the_rows(every, parts):
    pa, pd = pytest.importorskip("pyarrow"), pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    dice = np.random.default_rng(3)
    with shmcol.open(parts) as table:
        for t in (every, table):
            rows = dice.integers(0, len(t), 77)
            whole, taken = t.to_arrow().take(pa.array(rows)), t.take(rows)
            taken.to_arrow().validate(full=True)
            assert repr(taken.to_arrow().to_pylist()) == repr(whole.to_pylist())
            some = pa.table(taken[10:20]).to_pylist()
            assert repr(some) == repr(whole.slice(10, 10).to_pylist())
            pd.testing.assert_frame_equal(
                taken.to_pandas(), t.to_pandas().take(rows).reset_index(drop=True)
            )
            assert taken.to_polars().shape == (77, len(t.columns))
            for name in ("text", "i8", "tensor", "word") if t is every else ("l", "s", "w", "dec"):
                made = pa.array(taken[name]) if name not in ("i8", "tensor") else None
                assert made is None or len(made) == 77
            assert isinstance(pl.DataFrame(taken), pl.DataFrame)


def test_rows_pickle_by_reference(every, parts, tmp_path):
    taken = every.take([7, 3, 999], ["i8", "text"])
    again = pickle.loads(pickle.dumps(taken))
    assert again["i8"].tolist() == [7, 3, 999] and again.columns == ["i8", "text"]
    assert len(pickle.dumps(every.take(np.arange(10)))) < 900
    column = pickle.loads(pickle.dumps(every[100:200].take([0, 5])["text"]))
    assert column.tolist() == every["text"][[100, 105]].tolist()
    with shmcol.open(parts) as t:
        again = pickle.loads(pickle.dumps(t.take([ROWS - 1, -1], missing=True)))
        assert again["i"].tolist() == [ROWS - 1, None]


def test_many_threads_take(every):
    wrong = []

    def work(seed):
        dice = np.random.default_rng(seed)
        for _ in range(20):
            rows = dice.integers(0, 1000, 3000)
            taken = every.take(rows, ["i8", "text", "word"])
            if (taken["i8"] != rows).any() or taken["text"][7] != every["text"][rows[7]]:
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# ---- one row ----


def test_one_row(every):
    row = every[10]
    assert list(row) == every.columns
    assert (row["i1"], row["u8"], row["bool"], row["f4"]) == (10, 10, False, every["f4"][10])
    assert all(type(row[name]) is int for name in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"))
    assert type(row["bool"]) is bool and type(row["f4"]) is float
    assert row["ts_s"] == datetime.datetime(1970, 1, 1, 0, 0, 10)
    assert row["ts_us"] == datetime.datetime(1970, 1, 1, 0, 0, 0, 10)
    assert row["ts_ns"] == np.datetime64(10, "ns") and row["td_ms"].total_seconds() == 0.01
    assert row["date"] == datetime.date(1970, 1, 11)
    assert (row["text"], row["bytes"], row["word"]) == ("ä10", b"\x0010", "green")
    assert row["tensor"].tolist() == every["tensor"][10].tolist()
    nulls = every[9]
    assert nulls["text"] is nulls["bytes"] is nulls["word"] is nulls[
        "int_null"
    ] is None and np.isnan(nulls["f8"])
    assert every[3]["ts_ms"] is every[3]["date"] is None
    assert every[-1]["i2"] == every[np.int64(999)]["i2"] == 999
    assert every[100:200][5]["i8"] == 105 and every[100:200][-1]["i8"] == 199


def test_a_null_is_none_in_a_row():
    pa = pytest.importorskip("pyarrow")
    halves = pa.array([None, np.float16(1)], pa.float16())
    decimals = pa.array([None, Decimal("1.5")], pa.decimal128(5, 1))
    columns = {
        **{str(kind): pa.array([None, 1.0], kind) for kind in (pa.float32(), pa.float64())},
        **{str(kind): pa.array([None, 1], kind) for kind in (pa.int8(), pa.time64("us"))},
        "half": halves,
        "decimal": decimals,
        "fixed": pa.array([None, b"abc"], pa.binary(3)),
        "list": pa.array([None, [1]], pa.large_list(pa.int8())),
        "flag": pa.array([None, True]),
    }
    table = shmcol.share(pa.table(columns))
    for rows in (table, table.take([1, 0])[1:], table.take([-1, 1], missing=True)):
        assert rows[0] == dict.fromkeys(columns)
    taken = table.take([0, 1])
    for found in (table[1], table[-1], taken[1], taken[-1]):
        assert None not in list(found.values()) and found["half"] == 1.0


def test_a_row_that_is_not_there(every):
    for table, key in ((every, 1000), (every, -1001), (every[5:10], 5), (every[5:5], 0)):
        with pytest.raises(IndexError, match=f"row {key} .*{len(table)} rows"):
            table[key]
    for key in (True, np.True_, 1.0, None, (1, 2)):
        with pytest.raises(TypeError):
            every[key]


def test_rows_of_parts_one_by_one(parts):
    with shmcol.open(parts) as t:
        for row in (0, ZONE - 1, ZONE, ROWS - 1):
            made = t[row]
            assert made["i"] == row and made["s"] == t["s"][row] and made["w"] == t["w"][row]
            assert made["dec"] == t["dec"][row] and same(made["l"], t["l"][row])


def test_times_beyond_python(tmp_path):
    far = np.array(["9999-12-31T23:59:59", "30000-01-01"], "M8[s]")
    shmcol.write({"t": far, "d": far.astype("M8[D]")}, tmp_path / "t")
    with shmcol.open(tmp_path / "t") as t:
        assert t[0] == {
            "t": datetime.datetime(9999, 12, 31, 23, 59, 59),
            "d": datetime.date(9999, 12, 31),
        }
        assert t[1]["t"] == far[1] and np.datetime64(t[1]["d"], "s") == far[1]


def test_a_loader_fetches_batches(every):
    """What PyTorch's loader does with a map-style dataset."""
    order = np.random.default_rng(5).permutation(len(every)).tolist()
    seen = []
    for at in range(0, len(order), 64):
        batch = every.__getitems__(order[at : at + 64])
        seen += [row["i8"] for row in batch]
        assert [row["word"] for row in batch] == every["word"][order[at : at + 64]].tolist()
    assert seen == order


@pytest.mark.parametrize(
    "name,options",
    [("loader", ("--rows", "20000", "--without-torch")), ("asof", ("--quotes", "20000"))],
)
def test_the_examples_run(name, options):
    file = ROOT / "python" / "examples" / f"{name}.py"
    done = subprocess.run(
        [sys.executable, file, *options], check=True, capture_output=True, text=True
    )
    assert "rows/s" in done.stdout if name == "loader" else "10,000 trades" in done.stdout


def test_a_loader_is_interrupted():
    file = ROOT / "python" / "examples" / "loader.py"
    child = subprocess.Popen(
        [sys.executable, file, "--rows", "300000", "--without-torch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    with child:
        child.stdout.readline()  # it is about to begin
        child.stdout.readline()  # the list is done; workers of the table are at work
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        try:
            assert child.wait(timeout=30) != 0
        finally:
            child.kill()


# ---- search ----

ASCENDING = {
    "i1": np.arange(-60, 60).astype("i1"),
    "i8": np.arange(-60, 60) * 3 // 2,
    "u2": np.arange(120).astype("u2") // 3,
    "u8": np.arange(120).astype("u8") + 2**63,
    "f4": np.linspace(-2, 2, 120, dtype="f4"),
    "f8": np.linspace(-2, 2, 120),
    "bool": np.arange(120) > 50,
    "ts": np.arange(120).astype("M8[s]") + 50 * 365 * 86400,
    "ts_ns": np.arange(120).astype("M8[ns]"),
    "date": np.arange(120).astype("M8[D]"),
    "td": np.arange(120).astype("m8[ms]"),
    "text": [f"a text with a long prefix {i // 2:05}" for i in range(120)],
    "word": [("blue", "green", "red")[i // 40] for i in range(120)],
    "dec": [Decimal(i // 2) / 100 for i in range(120)],
}


@pytest.fixture(scope="module")
def sorted_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("sorted") / "sorted.shmcol"
    shmcol.write(ASCENDING, path, dictionary=["word"], types={"dec": "decimal128(10,2)"})
    return path


@pytest.fixture
def ordered(sorted_path):
    with shmcol.open(sorted_path) as t:
        yield t


def expected(values, keys, side):
    order = np.array(values, object)
    return [int(np.searchsorted(order, key, side)) for key in keys]


@pytest.mark.parametrize("name", ASCENDING)
@pytest.mark.parametrize("side", ["left", "right"])
def test_search(ordered, name, side):
    values = ASCENDING[name]
    listed = values if isinstance(values, list) else list(values)
    found = ordered.search(name, values, side)
    assert found.dtype == np.int64 and found.tolist() == expected(listed, listed, side)
    assert ordered.search(name, listed[7], side) == expected(listed, [listed[7]], side)[0]
    view = ordered[30:90]
    assert view.search(name, values, side).tolist() == expected(listed[30:90], listed, side)
    assert ordered.search(name, [], side).tolist() == []


def test_texts_between_others(ordered):
    keys = ["", "a text", "a text with a long prefix 00010x", "z"]
    for column in (ordered["text"], ordered["word"]):
        assert column.search(keys).tolist() == expected(column.tolist(), keys, "left")
        assert column.search(keys, "right").tolist() == expected(column.tolist(), keys, "right")
    assert ordered["text"][20:40].search("a text with a long prefix 00012") == 4
    with pytest.raises(TypeError):
        ordered["word"].categories.search("red")


@pytest.mark.parametrize(
    "name,key,row",
    [
        ("i8", 6.0, 64),
        ("i8", np.uint8(6), 64),
        ("f8", 2, 119),
        ("ts", datetime.datetime(2019, 12, 20), 0),
        ("ts", "2019-12-20", 0),
        ("ts", np.datetime64("2019-12-20T00:00:05.000", "ms"), 5),
        ("date", datetime.date(1970, 1, 5), 4),
        ("date", "1970-01-05", 4),
        ("td", datetime.timedelta(milliseconds=7), 7),
        ("dec", 0, 0),
        ("dec", Decimal("0.100"), 20),
    ],
)
def test_keys_that_convert_exactly(ordered, name, key, row):
    if name == "ts":
        base = ASCENDING["ts"][0]
        row += int((np.datetime64("2019-12-20", "s") - base).astype(int))
        row = min(max(row, 0), 120)
    assert ordered.search(name, key) == row and ordered.search(name, [key]).tolist() == [row]


def test_integers_and_floats_in_one_list(tmp_path):
    """numpy would make floats of all of them, and round the first."""
    shmcol.write({"i": np.array([2**53, 2**53 + 1]), "f": [0.5, 2.0**53]}, tmp_path / "m")
    with shmcol.open(tmp_path / "m") as t:
        assert t.search("i", [2**53 + 1, float(2**53)]).tolist() == [1, 0]
        assert t.search("f", [2**53, 0.5]).tolist() == [1, 0]
        assert t.search("f", [1, float("inf"), float("-inf")]).tolist() == [1, 2, 0]
        for name, keys in (
            ("i", [1, 0.5]),
            ("i", [2**64, 1.0]),
            ("i", [10**400, 1.0]),
            ("f", [2**53 + 1, 0.5]),
        ):
            with pytest.raises(shmcol.ArgumentTypeError):
                t.search(name, keys)
        with pytest.raises(shmcol.ArgumentTypeError):
            t.search("i", [True, 5])


def test_times_of_several_units(ordered):
    """Nanoseconds do not hold the other key: numpy's common unit would wrap around."""
    keys = [np.datetime64("2700-01-01", "D"), ASCENDING["ts"][9].astype("M8[ns]")]
    assert ordered.search("ts", keys).tolist() == [120, 9]


def test_the_bad_key_is_named(ordered):
    with pytest.raises(shmcol.ArgumentTypeError, match="'tomorrow'"):
        ordered.search("ts", ["2020-01-01", "tomorrow"])
    for key in ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00+02:00"):
        with pytest.raises(shmcol.ArgumentTypeError):
            ordered.search("ts", key)  # the column has no zone
    for name in ("i8", "ts", "text", "dec"):
        with pytest.raises(shmcol.UsageError, match="key 1 is None") as caught:
            ordered.search(name, [ASCENDING[name][0], None])
        assert caught.value.status == "BAD_VALUE"


@pytest.mark.parametrize("key", ["1E20000000", "1E-20000000", "Infinity", "-Infinity", "1E45"])
def test_decimals_far_outside(ordered, key):
    with pytest.raises(shmcol.ArgumentTypeError):
        ordered.search("dec", Decimal(key))


def test_keys_of_pandas(ordered):
    pd = pytest.importorskip("pandas")
    at = pd.Timestamp(ASCENDING["ts"][9])
    assert ordered.search("ts", at) == 9
    assert ordered.search("ts", pd.DatetimeIndex([at])).tolist() == [9]
    assert ordered.search("ts", pd.Series([at])).tolist() == [9]
    assert ordered.search("td", pd.Timedelta(7, "ms")) == 7


def test_aware_keys(tmp_path):
    pa = pytest.importorskip("pyarrow")
    utc = datetime.timezone.utc
    at = [datetime.datetime(2024, 1, 1, h, tzinfo=utc) for h in range(5)]
    shmcol.write(pa.table({"t": pa.array(at, pa.timestamp("us", "Europe/Paris"))}), tmp_path / "z")
    other = datetime.timezone(datetime.timedelta(hours=2))
    with shmcol.open(tmp_path / "z") as t:
        assert t.schema["t"].zone and t.search("t", at).tolist() == list(range(5))
        assert t.search("t", datetime.datetime(2024, 1, 1, 5, tzinfo=other)) == 3


@pytest.mark.parametrize(
    "name,key",
    [
        ("i1", 1000),
        ("i8", 1.5),
        ("i8", 2**63),
        ("i8", "1"),
        ("i8", True),
        ("u8", -1),
        ("f4", 0.1),
        ("f8", 2**53 + 1),
        ("bool", 1),
        ("ts", np.datetime64("2020-01-01T00:00:00.5")),
        ("ts", datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)),
        ("ts", 5),
        ("ts", "tomorrow"),
        ("td", np.datetime64("2020-01-01")),
        ("text", 5),
        ("text", b"x"),
        ("text", "\ud800"),
        ("dec", 0.5),
        ("dec", Decimal("0.001")),
    ],
)
def test_keys_that_do_not_convert(ordered, name, key):
    with pytest.raises(shmcol.ArgumentTypeError, match=name) as caught:
        ordered.search(name, key)
    assert caught.value.status == "WRONG_TYPE"
    with pytest.raises(shmcol.ArgumentTypeError):
        ordered.search(name, [key])


@pytest.mark.parametrize(
    "name,key", [("f8", float("nan")), ("ts", NAT), ("text", None), ("dec", Decimal("nan"))]
)
def test_keys_that_no_row_equals(ordered, name, key):
    with pytest.raises((shmcol.UsageError, shmcol.DataError)) as caught:
        ordered.search(name, [key])
    assert caught.value.status == "BAD_VALUE"


def test_what_cannot_be_searched(every):
    for name in ("f8", "text", "word", "int_null"):
        with pytest.raises(shmcol.UsageError, match="not ascending.*sort") as caught:
            every.search(name, every[name][0])
        assert caught.value.status == "NOT_ASCENDING"
    for name in ("bytes", "tensor", "fixed"):
        with pytest.raises(shmcol.UsageError):
            every.search(name, [b"x"])
    with pytest.raises(shmcol.UsageError):
        every.search("i8", 1, "middle")
    with pytest.raises(shmcol.ColumnError):
        every.search("nothing", 1)


@pytest.mark.parametrize("closed", ["left", "right", "both", "neither"])
def test_between(ordered, closed):
    pd = pytest.importorskip("pandas")
    for table in (ordered, ordered[10:100]):
        values = pd.Series(table["i8"])
        for a, b in ((-10, 10), (-3, -3), (5, -5), (-1000, 1000), (1000, 2000)):
            view = table.between("i8", a, b, closed=closed)
            assert view["i8"].tolist() == values[values.between(a, b, inclusive=closed)].tolist()
    assert len(ordered.between("i8", None, None)) == 120
    assert len(ordered.between("word", "green", "red")) == 40
    with pytest.raises(shmcol.UsageError):
        ordered.between("i8", 1, 2, closed="open")


def test_asof(ordered):
    pd = pytest.importorskip("pandas")
    keys = np.array([-500, -90, -3, 0, 50, 1000])
    rows = ordered.asof("i8", keys)
    trades = pd.DataFrame({"i8": keys})
    ticks = pd.DataFrame({"i8": ASCENDING["i8"], "row": np.arange(120)})
    wanted = pd.merge_asof(trades, ticks, on="i8")["row"].fillna(-1).astype(int)
    assert rows.tolist() == wanted.tolist() and ordered.asof("i8", -500) == -1
    taken = ordered.take(rows, ["f8", "i8", "text"], missing=True)
    assert np.isnan(taken["f8"][0]) and taken["i8"].tolist()[0] is None
    assert taken["text"].tolist()[:2] == [None, ASCENDING["text"][0]]


def test_search_over_parts(parts):
    dice = np.random.default_rng(4)
    with shmcol.open(parts) as t:
        keys = dice.integers(-10, ROWS + 10, 500)
        for side in ("left", "right"):
            assert (t.search("i", keys, side) == np.searchsorted(t["i"], keys, side)).all()
        assert t.between("i", ZONE - 3, ZONE + 3)["i"].tolist() == list(range(ZONE - 3, ZONE + 3))
        assert t.schema["i"].ascending and not t.schema["m"].ascending


def test_every_column_is_taken_as_numpy_does():
    """Plain arrays, against numpy's own take."""
    columns = every_column(500)
    rows = np.random.default_rng(6).integers(0, 500, 1000)
    with shmcol.share(columns) as t:
        for name, column in columns.items():
            if type(column) is np.ndarray and name != "fixed":
                taken = t.take(rows)[name]
                assert np.array_equal(taken, column[rows], equal_nan=column.dtype.kind in "fMm")
