"""No value changes silently: one that a column cannot hold is an error with column and row."""

import datetime
import decimal
import enum
import fractions

import numpy as np
import pandas as pd
import pytest
import shmcol
from hypothesis import given, settings
from hypothesis import strategies as st

INTS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]


def written(path, values, **options):
    shmcol.write({"good": np.arange(len(values)), "x": values}, path, overwrite=True, **options)
    with shmcol.open(path, verify="full") as table:
        return table["x"], table.nulls("x")


def refused(path, values, row, words):
    with pytest.raises(shmcol.UnsupportedTypeError, match=words) as caught:
        written(path, values)
    assert 'column "x"' in str(caught.value) and caught.value.row == row


# ---- lists ----


@pytest.mark.parametrize(
    "values, row, words",
    [
        ([datetime.timedelta(1), datetime.timedelta.max], 1, "does not fit into microseconds"),
        (
            [datetime.timedelta(microseconds=-(2**63))],
            0,
            "does not fit into microseconds",
        ),  # the value of NaT
        ([-1, 2**63 + 1025], 1, "does not fit into int64"),
        ([2**63, -1], 0, "does not fit into int64"),
        ([0, 2**64], 1, "does not fit into 64 bits"),
        ([0, -(2**63) - 1], 1, "does not fit into"),
        ([0, 10**400], 1, "does not fit"),
        ([0.5, 10**400], 1, "no double holds"),
        ([0.5, 2**63 + 1025], 1, "no double holds"),
        ([None, 2**53 + 1, 0.5], 1, "no double holds"),
        ([[1, 2], [3, 2**64]], 1, "does not fit"),
        ([[-1, 2], [3, 2**63 + 1025]], 1, "does not fit into int64"),
        ([[1, 2], [True, 2]], 1, "a bool among values of type int"),
        ([[1, 2], [1, "2"]], 1, "a str among values of type int"),
        ([[1, 2], [1, None]], 1, "a NoneType among values of type int"),
        ([["a", 1]], 0, "a int among values of type str"),
        ([[1, 2], 3], 1, "a int .3. among lists"),
        ([[1, 2], [3], [None]], 2, "a null inside a list"),
        ([[1, 2], [3], ["4"]], 2, "a str among values of type int"),
        ([[1, 2], [3], [2**64]], 2, "does not fit"),
        ([[1], [2**53 + 1, 0.5]], 1, "no double"),
        ([["a"], [b"b"]], 1, "a bytes among values of type str"),
        ([[b"a"], [b"b", b"c"]], 0, "lists of bytes"),
        ([[1], [2, [3]]], 1, "a list inside a list"),
        ([[], []], None, "types="),
        ([["a"], [None, "b"]], 1, "a null inside a list"),
        ([[np.datetime64(1, "s")], [], [np.datetime64("NaT", "s")] * 2], 2, "a null inside"),
        ([[1, 2], [3, [4]]], 1, "among lists of shape"),
        ([[1, 2], None, (3, [4], 5)], 2, "a list inside a list"),
        ([np.zeros(2), np.zeros(3), np.zeros((1, 1))], 2, "an array of 2 dimensions among arrays"),
        ([np.zeros(2), np.zeros(3, "f4")], 1, "an array of float32 among arrays of float64"),
        ([np.zeros(2), np.ma.masked_equal([0, 1, 2], 1)], 1, "a null inside a list"),
        ([np.zeros(2), [1]], 1, "a list among arrays"),
        ([[1], np.zeros(2)], 1, "an array among lists"),
        ([np.zeros(2), np.zeros(2, "f4")], 1, "among arrays of float64"),
        ([np.zeros(2), [1, 2]], 1, "a list among arrays of float64"),
        (
            [np.timedelta64(1, "ns"), np.timedelta64(2**40, "s")],
            1,
            "does not fit into timedelta64.ns",
        ),
        (
            [np.datetime64("3000-01-01", "D"), np.datetime64(1, "ns")],
            0,
            "does not fit into datetime64.ns",
        ),
        ([np.int8(1), np.int16(300)], 1, "a int16 among values of type int8"),
        ([1, decimal.Decimal(1)], 1, "a Decimal"),
        ([decimal.Decimal("0.1"), 0.1], 1, "a float .0.1. among decimals"),
        ([None, decimal.Decimal("NaN")], 1, "no value of a decimal column"),
        ([decimal.Decimal(10**38)], 0, "needs more than 38 digits"),
        ([decimal.Decimal(10**36), decimal.Decimal("0.01")], 1, "37 before and 0 behind"),
        ([[decimal.Decimal("0.1")], [], [decimal.Decimal("Infinity")]], 2, "no value of a"),
        ([fractions.Fraction(1, 3)], 0, "make no column"),
        ([datetime.time(1)], 0, "make no column"),
        ([1, datetime.timedelta(1)], 1, "a timedelta"),
        (
            [datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1)],
            1,
            "a datetime among values of type date",
        ),
        ([pd.Timestamp(1)], 0, "make no column"),
        ([1, pd.NA], 1, "a NAType"),
        ({"a": 1, "b": 2}, None, "a dict is no column"),
        ({"a", "b"}, None, "a set is no column"),
        (frozenset("a"), None, "a frozenset is no column"),
        (bytearray(b"ab"), None, "a bytearray is no column"),
        ([["a"], ["b", "\ud800"]], 1, "lone surrogate"),
        (["a", "\ud800"], 1, "lone surrogate"),
        ([None, "a", "b\udc80"], 2, "lone surrogate"),
        (np.array(["a", "\ud800"]), 1, "lone surrogate"),
        (np.array(["2020-01-01", "200000000-01-01"], "M8[D]") + np.array([0, 2**40]), 1, "date32"),
        ((np.zeros((3, 2), "i8") + [[0, 0], [0, 0], [0, 2**40]]).astype("M8[D]"), 2, "date32"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_lists_that_no_column_holds(path, values, row, words):
    refused(path, values, row, words)


def test_single_values_are_no_columns(path):
    for values in (
        np.array(5),
        np.array("a"),
        np.array("a", object),
        np.ma.MaskedArray(5),
        np.array("NaT", "M8[s]"),
    ):
        with pytest.raises(
            shmcol.UnsupportedTypeError, match='column "x": error: it is a single value'
        ):
            shmcol.write({"x": values}, path)


class Level(enum.IntEnum):
    LOW, HIGH = 1, 2**40


@pytest.mark.parametrize(
    "values, dtype, wanted",
    [
        ([1, 2**63 - 1, -(2**63)], "i8", None),
        ([0, 2**64 - 1, None], "u8", None),
        ([2**53, 0.5, None, -(2**1000)], "f8", None),
        ([Level.LOW, Level.HIGH], "i8", None),
        ([[1, 2.5], [3, 4]], "f8", None),
        ([(1, 2), [3, 4]], "i8", [[1, 2], [3, 4]]),
        ([[2**63, 1], None], "u8", [[2**63, 1], [0, 0]]),
        ([np.arange(2), None, np.arange(2)], "i8", [[0, 1], [0, 0], [0, 1]]),
        ([datetime.timedelta(microseconds=2**63 - 1)], "m8[us]", [2**63 - 1]),
        (
            [np.timedelta64(1, "s"), np.timedelta64("NaT"), np.timedelta64(1, "ns")],
            "m8[ns]",
            [10**9, None, 1],
        ),
        ({"a": 1, "b": 2}.keys(), None, ["a", "b"]),
        ({"a": 1, "b": 2}.values(), "i8", [1, 2]),
        (range(3), "i8", [0, 1, 2]),
        ([np.float32(0.1), np.float32(0.2)], "f4", None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_lists_that_a_column_holds(path, values, dtype, wanted):
    column, nulls = written(path, values)
    assert dtype is None or column.dtype == dtype
    for got, null, value in zip(column, nulls, wanted or values):
        if value is None:
            assert null
        elif not null:
            value = np.asarray(value, dtype if dtype and dtype[0] == "m" else None).tolist()
            assert (got.tolist() if hasattr(got, "tolist") else got) == value


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(
        st.one_of(st.none(), st.integers(-(2**64), 2**65), st.floats(allow_nan=False)),
        min_size=1,
        max_size=5,
    )
)
def test_any_numbers_come_back_or_are_refused(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "numbers.shmcol"
    try:
        column, nulls = written(path, values)
    except shmcol.DataError as error:
        numbers = [value for value in values if value is not None]
        assert error.row is not None and values[error.row] is not None
        whole = [value for value in numbers if type(value) is int]
        fits = (
            min(whole) >= -(2**63) and max(whole) < 2**63 or min(whole) >= 0 and max(whole) < 2**64
        )
        assert (
            not fits
            or len(whole) < len(numbers)
            and any(int(float(value)) != value for value in whole)
        )
        return
    if all(value is None for value in values):
        return
    assert [
        None if null else value.item() for value, null in zip(np.ma.getdata(column), nulls)
    ] == values


# ---- shapes of tables ----


def test_a_frame_without_columns_keeps_its_rows(path):
    pa = pytest.importorskip("pyarrow")
    empty_dtype = np.zeros(3, np.dtype([]))
    for frame in (
        pd.DataFrame(index=range(3)),
        pa.table({"a": [1, 2, 3]}).select([]),
        empty_dtype,
        iter([pd.DataFrame(index=range(3))]),
        [{}] * 3,
    ):
        shmcol.write(frame, path, overwrite=True)
        with shmcol.open(path, verify="full") as table:
            assert table.shape == (3, 0) and len(table.to_pandas()) == 3
        with shmcol.share(
            frame if not hasattr(frame, "__next__") else pd.DataFrame(index=range(3))
        ) as table:
            assert table.shape == (3, 0)
    shmcol.write({}, path, overwrite=True)
    assert shmcol.open(path).shape == (0, 0)


def test_a_record_that_is_none_is_named(path):
    for records, row in (([{"a": 1}, 5], 1), ([{"a": 1}, {"a": 2}, [3]], 2), ([{"a": 1}, None], 1)):
        with pytest.raises(shmcol.DataError, match=f"row {row}: error: a .* among dicts") as caught:
            shmcol.write(records, path)
        assert caught.value.row == row
    with pytest.raises(shmcol.ArgumentTypeError, match="a int is no batch"):
        shmcol.write([5, {"a": 1}], path)


def test_names_that_no_file_has(path):
    pa = pytest.importorskip("pyarrow")
    for name, words in [("a\ud800", "lone surrogate"), ("a\0b", "NUL character")]:
        frame = pd.DataFrame([[2]], columns=pd.Index([name], dtype=object))
        for table in (
            {"good": [1], name: [2]},
            frame,
            [{name: 1}],
            np.zeros(1, [(name, "i4")]),
            {name: pa.array([1])},
        ):
            with pytest.raises(shmcol.DataError, match=words) as caught:
                shmcol.write(table, path)
            assert (
                f'"{repr(name)[1:-1]}"' in str(caught.value) and caught.value.status == "BAD_NAME"
            )
        with pytest.raises(shmcol.DataError, match=words):
            shmcol.create(path, {name: "i4"}, rows=1)
    with pytest.raises(shmcol.DataError, match='column "x": its time zone has a NUL'):
        shmcol.create(path, {"x": "timestamp[us, Europe/P\0ris]"}, rows=1)
    for table in (
        {5: [1], "5": [2]},
        pd.DataFrame([[1, 2]], columns=["5", 5]),
        {"good": [1], "5": [1], 5: [2]},
    ):
        with pytest.raises(shmcol.DataError, match='have the same name "5"'):
            shmcol.write(table, path)


def test_errors_say_the_column_once(path):
    pa = pytest.importorskip("pyarrow")
    for table, begin in [
        (pa.table({"x": pa.array([{"a": 1}])}), 'error: column "x" has the Arrow type struct'),
        ({5: [1], "5": [2]}, "error: columns 0 and 1"),
    ]:
        with pytest.raises(shmcol.DataError) as caught:
            shmcol.write(table, path)
        assert str(caught.value).startswith(begin) and caught.value.column in (0, 1)


def test_a_later_batch_of_other_columns_is_named(path):
    first = {"i": np.arange(3), "b": np.zeros(3, bool), "t": np.zeros((3, 2, 3))}
    for change, words in [
        ({"j": np.arange(3)}, 'column "j" is not in the first batch'),
        ({"i": None}, 'column "i" of the first batch is missing'),
        ({"t": None}, 'column "t" of the first batch is missing'),
        ({"t": None, "u": np.arange(3)}, 'column "u" is not in the first batch'),
        ({"i": np.arange(3.0)}, 'column "i" has another type'),
        ({"b": np.full(3, 5, "i1")}, 'column "b" has another type'),  # would be True
        ({"t": np.zeros((3, 3, 2))}, 'column "t" has another type'),  # would be of another shape
        (
            {"i": None, "b": None, "t": first["t"], "b ": None},
            'column "i" of the first batch is missing',
        ),
    ]:
        second = {
            name: values for name, values in {**first, **change}.items() if values is not None
        }
        with pytest.raises(shmcol.DataError, match=f"batch 2: {words}"):
            shmcol.write(iter([first, second]), path)
    with pytest.raises(shmcol.DataError, match='batch 2: column "t" stands at another place'):
        shmcol.write(iter([first, dict(reversed(first.items()))]), path)
    shmcol.write(iter([first, first]), path)


# ---- text as numpy's own types ----


def test_text_that_a_numpy_type_does_not_hold(path):
    words = ["abc", None, "defgh", "é", "z\0"]
    shmcol.write(
        {"s": words, "d": words, "b": [b"ab", None, b"\xff", b"c\0", b""]}, path, dictionary=["d"]
    )
    with shmcol.open(path) as table:
        for name in ("s", "d"):
            column = table[name]
            assert (
                column[:1].to_numpy("U3").tolist() == ["abc"]
                and np.array(column[:1], "U").dtype == "U3"
            )
            assert column[:1].to_numpy("S5").tolist() == [b"abc"]
            for part, dtype, row, what in [
                (column, "U10", 1, "a null"),
                (column, "S10", 3, "not? .*ASCII|ASCII"),
                (column[2:3], "U3", 0, "does not fit"),
                (column[2:3], "S3", 0, "does not fit"),
                (column[4:], "U9", 0, "does not fit"),  # numpy drops a NUL at the end
                (column[:1], float, None, "does not become float64"),
                (column[:1], bool, None, "does not become bool"),
                (column[:1], "M8[s]", None, "does not become"),
            ]:
                with pytest.raises(shmcol.UnsupportedTypeError, match=what) as caught:
                    part.to_numpy(dtype)
                assert f'column "{name}"' in str(caught.value) and caught.value.row == row
            with pytest.raises(shmcol.ArgumentTypeError, match="dtype"):
                column.to_numpy("no type")
            assert column.to_numpy().tolist() == column.to_numpy("O").tolist() == words
            if hasattr(np.dtypes, "StringDType"):
                with pytest.raises(shmcol.UnsupportedTypeError, match="a null"):
                    column.to_numpy(np.dtypes.StringDType())
                assert column.to_numpy(np.dtypes.StringDType(na_object=None)).tolist() == words
                assert column[2:].to_numpy(np.dtypes.StringDType()).tolist() == words[2:]
        assert table["b"][:1].to_numpy("S2").tolist() == [b"ab"] and table["b"][:1].to_numpy(
            "U2"
        ).tolist() == ["ab"]
        for part, dtype, what in [
            (table["b"], "S2", "a null"),
            (table["b"][3:], "S2", "does not fit"),
            (table["b"][2:3], "U2", "ASCII"),
        ]:
            with pytest.raises(shmcol.UnsupportedTypeError, match=what):
                part.to_numpy(dtype)
        assert table["s"][:0].to_numpy("U3").shape == (0,)


# ---- rows that are filled in place ----


@pytest.fixture
def rows(path):
    schema = {kind: kind for kind in [*INTS, "f4", "f8", "?"]}
    schema |= {f"ts_{unit}": f"M8[{unit}]" for unit in ("s", "ms", "us", "ns")} | {
        f"td_{unit}": f"m8[{unit}]" for unit in ("s", "ms", "us", "ns")
    }
    schema |= {"day": "date32", "time": "time32[s]", "fixed": "S4", "pair": ("i2", (2,))}
    with shmcol.create(path, schema, rows=256, nullable=True) as w, w.rows(64, 128) as v:
        yield v


def at_64(array, index, value):
    made = np.zeros(64, array) if isinstance(array, str) else array.copy()
    made[index] = value
    return made


@pytest.mark.parametrize(
    "name, values, row, words",
    [
        ("i1", 300, None, "300 does not fit into int8"),
        ("i1", at_64("i8", 7, 300), 71, "300 does not fit into int8"),
        ("i1", at_64("u1", 7, 200), 71, "200 does not fit into int8"),
        ("u1", at_64("i8", 7, -1), 71, "-1 does not fit into uint8"),
        ("u8", at_64("i8", 63, -1), 127, "-1 does not fit into uint64"),
        ("i8", at_64("u8", 3, 2**63), 67, "does not fit into int64"),
        ("i8", [-1, 2**63 + 1025] * 32, 65, "does not fit into int64"),
        ("i8", 2**64, None, "does not fit"),
        ("i8", 1.0, None, "values of type float64 for int64"),
        ("i8", "5", None, "make no column"),
        ("i4", [1] * 63 + [True], 127, "a bool among"),
        ("f8", at_64("i8", 5, 2**53 + 1), 69, "does not fit into float64"),
        ("f8", [0.5, 2**53 + 1] * 32, 65, "no double holds"),
        ("f4", at_64("i8", 5, 2**24 + 1), 69, "does not fit into float32"),
        ("f4", at_64("f8", 5, 1e300), 69, "1e\\+300 does not fit into float32"),
        ("f8", 1j, None, "make no column|complex128"),
        ("?", 2, None, "values of type int64 for bool"),
        ("ts_ns", at_64("M8[s]", 9, 2**40), 73, "does not fit into datetime64.ns"),
        ("ts_s", at_64("M8[ns]", 9, 5), 73, "does not fit into datetime64.s"),
        ("ts_us", at_64("M8[Y]", 9, 10**6), 73, "does not fit into datetime64.us"),
        ("td_ns", at_64("m8[s]", 9, 2**40), 73, "does not fit into timedelta64.ns"),
        ("td_s", at_64("m8[ms]", 9, 1500), 73, "1500 milliseconds does not fit into timedelta64.s"),
        ("td_ms", datetime.timedelta(microseconds=1), None, "does not fit into timedelta64.ms"),
        ("td_s", np.timedelta64(5), None, "values of type timedelta64 for"),
        ("td_s", at_64("u8", 0, 2**63), 64, "does not fit"),
        ("day", at_64("M8[s]", 9, 5), 73, "does not fit into datetime64.D"),
        ("day", at_64("M8[D]", 9, 2**40), 73, "does not fit into int32"),
        ("day", at_64("i8", 9, 2**31), 73, "does not fit into int32"),
        ("time", at_64("m8[ms]", 9, 5), 73, "does not fit into timedelta64.s"),
        ("fixed", [b"ab", b"abcde"] * 32, None, "5 bytes in a column of 4"),
        ("fixed", [b"ab", "ab"] * 32, 65, "a str .* among bytes"),
        ("pair", [[1, 2]] * 63 + [[1, 2**15]], 127, "32768 does not fit into int16"),
        ("pair", [1, 2**15], None, "32768 does not fit into int16"),
        ("i4", np.arange(3), None, "shape|broadcast"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_values_that_rows_do_not_hold(rows, name, values, row, words):
    before = rows.storage(name).copy()
    with pytest.raises(shmcol.UnsupportedTypeError, match=words) as caught:
        rows[name] = values
    assert f'column "{name}"' in str(caught.value) and caught.value.row == row
    assert (rows.storage(name) == before).all()


def test_values_that_rows_hold(rows):
    for name in INTS:
        info = np.iinfo(name)
        for kind in INTS:
            low, high = max(info.min, np.iinfo(kind).min), min(info.max, np.iinfo(kind).max)
            rows[name] = np.array([low, high] * 32, kind)
            assert rows[name][:2].tolist() == [low, high]
        rows[name] = info.max
        assert (rows[name] == info.max).all()
        rows[name] = [None, info.min] * 32
        assert rows[name][1] == info.min and rows.validity(name)[0] == 0xAA
    rows["f4"] = np.full(
        64, 0.1
    )  # rounded to the nearest, as everywhere where float32 is asked for
    assert rows["f4"][0] == np.float32(0.1)
    rows["f4"] = np.array([np.inf, -np.inf, np.nan, 3] * 16)
    assert rows["f4"][:2].tolist() == [np.inf, -np.inf] and np.isnan(rows["f4"][2])
    rows["f8"] = np.full(64, 2**60)
    assert rows["f8"][0] == 2**60
    rows["ts_ns"] = np.full(64, "2020-01-01", "M8[D]")
    assert rows["ts_ns"][0] == np.datetime64("2020-01-01")
    rows["ts_s"] = np.array(["2020-01-01", "NaT"] * 32, "M8[ns]")
    assert np.isnat(rows["ts_s"][1]) and rows["ts_s"][0] == np.datetime64("2020-01-01")
    rows["ts_us"] = datetime.datetime(2020, 1, 1, 0, 0, 0, 1)
    assert rows["ts_us"][5].item() == datetime.datetime(2020, 1, 1, 0, 0, 0, 1)
    rows["td_ms"] = datetime.timedelta(milliseconds=5)
    rows["td_s"] = np.ma.MaskedArray(
        np.full(64, 1500, "m8[ms]"), True
    )  # the value of a null does not matter
    assert rows.validity("td_s").tolist() == [0] * 8
    rows["day"] = datetime.date(2020, 1, 1)
    rows["day"] = np.ma.MaskedArray(np.full(64, 2**40).astype("M8[D]"), [True] * 64)
    rows["fixed"] = [b"ab", None] * 32
    assert rows["fixed"][0] == b"ab" and rows.validity("fixed")[0] == 0x55
    rows["pair"] = [1, 2]
    assert rows["pair"].tolist() == [[1, 2]] * 64


@settings(max_examples=200, deadline=None)
@given(
    kinds=st.tuples(st.sampled_from([*INTS, "f4", "f8"]), st.sampled_from([*INTS, "f4", "f8"])),
    numbers=st.lists(
        st.one_of(
            st.integers(-(2**63), 2**64 - 1),
            st.integers(-300, 300),
            st.sampled_from([2**24 + 1, 2**53 + 1]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_any_cast_is_exact_or_refused(kinds, numbers):
    from shmcol import _exact

    source, target = (np.dtype(kind) for kind in kinds)
    if source.kind != "f":
        info = np.iinfo(source)
        numbers = [number % (info.max - info.min + 1) + info.min for number in numbers]
    values = np.array(numbers, source)
    try:
        made = _exact.cast("x", values, target)
    except shmcol.DataError as error:
        if error.row is not None:
            wrong = values[error.row].item()
            assert (
                np.isinf(target.type(wrong))
                if target.kind == source.kind == "f"
                else not _holds(target, wrong)
            )
            assert all(_holds(target, value) for value in values[: error.row].tolist())
        else:
            assert source.kind == "f" and target.kind != "f"
        return
    if source.kind == target.kind == "f":
        assert made.tolist() == values.astype(target).tolist()
    else:
        assert made.tolist() == values.tolist()


def _holds(target, value):
    if target.kind == "f":
        return int(target.type(value)) == value
    return np.iinfo(target).min <= value <= np.iinfo(target).max


UNITS = ["D", "s", "ms", "us", "ns"]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from("mM"),
    st.sampled_from(UNITS),
    st.sampled_from(UNITS),
    st.integers(-(2**63) + 1, 2**63 - 1) | st.integers(-(10**12), 10**12),
)
def test_any_time_is_exact_or_refused(kind, unit, other, number):
    from shmcol import _exact

    steps = {"D": 86400 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
    exact, left = divmod(number * steps[unit], steps[other])
    value = np.array([number], f"{kind}8[{unit}]")
    if left == 0 and -(2**63) < exact < 2**63:
        assert _exact.cast("x", value, np.dtype(f"{kind}8[{other}]")).view("i8")[0] == exact
    else:
        with pytest.raises(shmcol.UnsupportedTypeError, match="does not fit into"):
            _exact.cast("x", value, np.dtype(f"{kind}8[{other}]"))


def test_an_empty_table_has_a_range(path):
    with shmcol.create(
        path, {"x": "i4", "day": "date32", "f": "S3", "t": ("f4", (2,))}, rows=0, nullable=["x"]
    ) as w:
        with w.rows(0, 0) as v:
            assert (
                len(v) == 0
                and v["x"].shape == (0,)
                and v["t"].shape == (0, 2)
                and v.storage("f").shape == (0, 3)
            )
            v["x"][:] = np.arange(0)
            v["x"], v["day"], v["f"] = [], np.empty(0, "M8[D]"), np.empty(0, "S3")
            v.set_nulls("x", True)
            assert v.validity("x").size == 0
            with pytest.raises(shmcol.UsageError, match="not nullable"):
                v.validity("day")
        with pytest.raises(shmcol.UsageError, match="rows 64 to 64"), w.rows(64, 64):
            pass
        w.commit()
    assert shmcol.open(path, verify="full").shape == (0, 4)
    with shmcol.create(path, {"x": "i4"}, rows=128, overwrite=True) as w:
        with pytest.raises(shmcol.UsageError, match="rows 0 to 0"), w.rows(0, 0):
            pass


def test_masks_of_another_shape(rows):
    for wrong in (np.zeros(3, bool), np.zeros((64, 1), bool)):
        with pytest.raises(shmcol.UsageError, match='column "i4"'):
            rows.set_nulls("i4", wrong)
