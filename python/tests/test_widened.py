"""A column of date32 or time32 acts as the array that it stands for."""

import copy
import operator
import pickle

import numpy as np
import pytest
import shmcol
from conftest import every_column

WRITTEN = every_column()["date"]


@pytest.fixture
def day(every):
    return every["date"]


def test_it_says_what_it_stands_for(day, every):
    assert isinstance(day, shmcol.WidenedColumn) and (day.name, day.field) == (
        "date",
        every.schema["date"],
    )
    for what in ("dtype", "shape", "ndim", "size", "nbytes", "itemsize"):
        assert getattr(day, what) == getattr(WRITTEN, what)
    assert len(day) == 1000 and day.nulls().tolist() == np.isnat(WRITTEN).tolist()
    assert (
        "WidenedColumn 'date': 1,000 values of date32 ['1970-01-01', " in repr(day)
        and "NaT" in repr(day)
        and "mean" in dir(day)
    )
    with pytest.raises(AttributeError, match="no attribute 'year'"):
        day.year
    with pytest.raises(ValueError, match="ambiguous"):
        bool(day)
    with pytest.raises(TypeError):
        hash(day)


def test_its_values(day):
    assert (
        day[5] == np.datetime64("1970-01-06") and type(day[5]) is np.datetime64 and np.isnat(day[3])
    )
    for key in (
        slice(2, 9),
        slice(None, None, -7),
        [3, 4],
        np.array([[1, 3]]),
        WRITTEN > WRITTEN[9],
        ...,
    ):
        np.testing.assert_array_equal(day[key], WRITTEN[key])
        assert day[key].dtype == "M8[D]" and type(day[key]) is np.ndarray
    assert (
        not day[2:9].flags.writeable
        and not day.to_numpy().flags.writeable
        and day.to_numpy() is day.to_numpy()
    )
    assert day.tolist() == WRITTEN.tolist() and np.array_equal(list(day), WRITTEN, equal_nan=True)
    assert WRITTEN[9] in day and np.datetime64("2100-01-01") not in day


@pytest.mark.parametrize("name", ["lt", "le", "eq", "ne", "gt", "ge"])
def test_comparisons(day, name):
    compare = getattr(operator, name)
    for other in (WRITTEN[9], WRITTEN[::-1], np.asarray(WRITTEN), day):
        assert np.array_equal(compare(day, other), compare(WRITTEN, np.asarray(other)))
        assert np.array_equal(compare(other, day), compare(np.asarray(other), WRITTEN))
    for other in ("x", None):
        assert np.array_equal(day == other, WRITTEN == other) and np.array_equal(
            day != other, WRITTEN != other
        )


def test_arithmetic(day):
    week = np.timedelta64(7, "D")
    for found, wanted in (
        (day + week, WRITTEN + week),
        (week + day, WRITTEN + week),
        (1 + day, 1 + WRITTEN),
        (day - 1, WRITTEN - 1),
    ):
        np.testing.assert_array_equal(found, wanted)
    for found in (day - WRITTEN[5], day - day, WRITTEN - day, abs(day - WRITTEN), -(day - WRITTEN)):
        assert found.dtype == "m8[D]" and np.array_equal(np.isnat(found), np.isnat(WRITTEN))


@pytest.mark.parametrize(
    "function",
    [
        lambda d: d.astype("M8[s]"),
        lambda d: d.view("i8"),
        lambda d: d.reshape(10, 100).T,
        lambda d: (d.argmax(), len(d), d.size),
        lambda d: d.min(),
        np.isnat,
        np.nanmin,  # which handles an object that is no ndarray differently
        np.nanmax,
        np.unique,
        np.sort,
        np.diff,
        np.datetime_as_string,
        np.shape,
        lambda d: np.concatenate([d, d[2:5]]),
        lambda d: np.where(d > d[5], d, d[7]),
        lambda d: np.searchsorted(d[4:], d[[10, 20]]),
        lambda d: np.take(d, [3, 5, -1]),
        lambda d: d.take([[3, 5]]),
        lambda d: np.take(d, 2000, mode="clip"),
        lambda d: np.array(d, dtype="M8[s]"),
        lambda d: np.array(d).flags.writeable,
        lambda d: np.array_equal(a1=d, a2=d, equal_nan=True),
        lambda d: np.add(d, 1, out=np.empty(len(d), "M8[D]")),
        lambda d: pickle.loads(pickle.dumps(d)),
        copy.copy,
        copy.deepcopy,
    ],
)
def test_methods_and_functions(day, function):
    found, wanted = function(day), function(WRITTEN)
    assert type(found) is type(wanted)
    np.testing.assert_array_equal(found, wanted)


def test_it_is_written_as_what_it_is(day, path):
    pa = pytest.importorskip("pyarrow")
    shmcol.write({"day": day, "late": day[10:20].repeat(100)}, path)
    with shmcol.open(path) as table:
        assert [field.type for field in table.schema] == ["date32", "date32"]
        np.testing.assert_array_equal(table["day"], WRITTEN)
    assert pa.array(day).type == pa.date32() and pa.array(day).to_pylist() == WRITTEN.tolist()
    times = pa.table({"t": pa.array([1, None, 86399], pa.time32("s"))})
    shmcol.write(times, path, overwrite=True)
    column = shmcol.open(path)["t"]
    assert column.tolist() == np.array([1, "NaT", 86399], "m8[s]").tolist()
    shmcol.write({"t": column}, path, overwrite=True)
    assert shmcol.open(path).schema["t"].type == "time32[s]"


def test_a_frame_takes_it(day, every):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": day})
    frame["b"] = day
    frame.loc[:, "c"] = every["date"]
    frame.loc[frame.a == WRITTEN[5], "b"] = day[7]
    for name in "ac":
        np.testing.assert_array_equal(frame[name].to_numpy(), WRITTEN.astype("M8[s]"))
    assert frame.b[5] == WRITTEN[7]
    pd.testing.assert_index_equal(pd.DatetimeIndex(day), pd.DatetimeIndex(WRITTEN))
    np.testing.assert_array_equal(every.to_pandas()["date"].to_numpy(), WRITTEN.astype("M8[s]"))
    pl = pytest.importorskip("polars")
    assert (
        pl.Series("d", day).to_list() == WRITTEN.tolist()
        and pl.DataFrame({"d": day}).schema["d"] == pl.Date
    )


def test_no_copy_is_made_where_none_may_be(every_path, day):
    with (
        shmcol.open(every_path, copy="never") as table,
        pytest.raises(shmcol.CopyError, match="storage"),
    ):
        table["date"]
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        with pytest.raises(shmcol.CopyError, match="storage"):
            np.array(day, copy=False)
