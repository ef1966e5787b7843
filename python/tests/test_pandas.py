"""pandas into a file: every kind of column, with pyarrow and without."""

import datetime
import decimal
import os
import subprocess
import sys

import numpy as np
import pytest
import shmcol

pd = pytest.importorskip("pandas")


def written(frame, path, **options):
    shmcol.write(frame, path, overwrite=True, **options)
    return shmcol.open(path, verify="full")


def every_dtype():
    return pd.DataFrame(
        {
            "int": np.arange(4, dtype="i4"),
            "float": [1.5, np.nan, -0.0, np.inf],
            "bool": [True, False, True, False],
            "object": pd.Series(["a", None, np.nan, "ü"], dtype=object),
            "bytes": pd.Series([b"a", None, b"\0", b""], dtype=object),
            "string": pd.array(["x", pd.NA, "", "y"], dtype="string"),
            "python": pd.array(["x", pd.NA, "", "y"], dtype=pd.StringDtype("python")),
            "cat": pd.Categorical(["lo", None, "hi", "lo"], categories=["hi", "mid", "lo"]),
            "ord": pd.Categorical(["b", "a", "b", "a"], categories=["b", "a"], ordered=True),
            "ns": pd.to_datetime(["2020-01-01", None, "1969-12-31", "2020-01-02"]),
            "s": pd.array(["2020-01-01", None, "1969-12-31", "2020-01-02"], dtype="M8[s]"),
            "tz": pd.to_datetime(["2020-07-01 12:00", None, "2020-01-01 12:00", "2020-01-01 00:00"])
            .tz_localize("Europe/Paris")
            .as_unit("us"),
            "utc": pd.date_range("2020-01-01", periods=4, tz="UTC"),
            "offset": pd.date_range(
                "2020-01-01",
                periods=4,
                tz=datetime.timezone(-datetime.timedelta(hours=3, minutes=30)),
            ),
            "delta": pd.to_timedelta([1, None, 3, 4], unit="s"),
            "Int64": pd.array([1, None, 3, 2**60], dtype="Int64"),
            "UInt8": pd.array([1, None, 3, 255], dtype="UInt8"),
            "Float64": pd.array([1.5, None, 3, 4], dtype="Float64"),
            "boolean": pd.array([True, None, False, True], dtype="boolean"),
            "sparse": pd.arrays.SparseArray([0, 0, 7, 0]),
            "str": pd.Series(["p", "q", None, "r"]),
            7: [1, 2, 3, 4],
        }
    )


def test_every_dtype(path):
    frame = every_dtype()
    table = written(frame, path)
    assert table.columns == [str(name) for name in frame.columns]
    none = lambda name: [None if pd.isna(value) else value for value in frame[name]]
    for name in ("object", "bytes", "string", "python", "cat", "ord", "str"):
        assert table[name].tolist() == none(name), name
    for name in ("Int64", "UInt8", "boolean"):
        assert table[name].tolist() == none(name)
        assert table.schema[name].kind in ("int64", "uint8", "bool8")
    assert (
        table["cat"].categories.tolist() == ["hi", "mid", "lo"]
        and not table["cat"].ordered
        and table["ord"].ordered
    )
    assert (
        table.schema["tz"].type == "timestamp[us, Europe/Paris]"
        and table["tz"][0] == np.datetime64("2020-07-01T10:00")
        and np.isnat(table["tz"][1])
    )
    assert (
        table.schema["utc"].zone == "UTC"
        and table.schema["offset"].zone == "-03:30"
        and table["offset"][0] == np.datetime64("2020-01-01T03:30")
    )
    assert (
        table["float"].tolist()[2:] == [-0.0, np.inf]
        and table.nulls("float").tolist() == [False, True, False, False]
        and table["Float64"][3] == 4
    )
    assert table["sparse"].tolist() == [0, 0, 7, 0] and table["7"].tolist() == [1, 2, 3, 4]
    for name in ("ns", "s", "delta"):
        np.testing.assert_array_equal(table[name], frame[name].to_numpy())
    back = table.to_pandas()
    for name in "int bool ns s tz utc delta Int64 UInt8 boolean cat ord".split():
        pd.testing.assert_series_equal(back[name], frame[name], check_freq=False)


def test_arrow_backed_columns(path):
    pa = pytest.importorskip("pyarrow")
    kinds = {
        "i": pa.int64(),
        "b": pa.bool_(),
        "d": pa.date32(),
        "t": pa.timestamp("ms", "UTC"),
        "s": pa.string(),
        "v": pa.string_view(),
        "x": pa.binary(),
    }
    values = {
        "i": [1, None, 3],
        "b": [True, None, False],
        "d": [datetime.date(2020, 1, 1), None, datetime.date(1900, 1, 1)],
        "s": ["a", None, "b"],
        "v": ["a", None, "b"],
        "t": [datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), None, None],
        "x": [b"a", None, b"b"],
    }
    frame = pd.DataFrame(
        {name: pd.Series(values[name], dtype=pd.ArrowDtype(kind)) for name, kind in kinds.items()}
    )
    table = written(pd.concat([frame, frame]), path)
    assert len(table) == 6
    for name in ("i", "b", "d", "s", "v", "x"):
        assert table[name].tolist() == values[name] * 2
    assert table.schema["t"].type == "timestamp[ms, UTC]"


@pytest.mark.parametrize(
    "value, kind",
    [
        (3, "int"),
        (decimal.Decimal("1.5"), "Decimal"),
        (datetime.date(2020, 1, 1), "date"),
        (["x"], "list"),
        (pd.Timestamp(0), "Timestamp"),
        (2.5, "float"),
    ],
)
def test_objects_that_are_no_text_are_named(path, value, kind):
    column = pd.Series(["a"] * 5000 + [None, value, "b"], dtype=object)
    with pytest.raises(
        shmcol.UnsupportedTypeError, match=f'column "c", row 5,001: error: a {kind}'
    ) as caught:
        shmcol.write(pd.DataFrame({"a": range(5003), "c": column}), path)
    assert caught.value.row == 5001 and os.listdir(path.parent) == []


@pytest.mark.parametrize(
    "column, words",
    [
        (pd.period_range("2020-01", periods=3, freq="M"), "period"),
        (pd.arrays.IntervalArray.from_breaks([0, 1, 2, 3]), "interval"),
        (pd.Categorical([1, 2, 1]), "not all strings"),
        (np.zeros(3, complex), "complex"),
    ],
)
def test_types_that_are_not_there_are_named(path, column, words):
    with pytest.raises(shmcol.UnsupportedTypeError, match=words) as caught:
        shmcol.write(pd.DataFrame({"odd": column}), path)
    assert '"odd"' in str(caught.value)


def test_the_index(path):
    frame = pd.DataFrame({"x": [1, 2]}, index=["a", "b"])
    assert written(frame, path).columns == ["x"]
    assert written(frame, path, index=True)["index"].tolist() == ["a", "b"]
    named = frame.rename_axis("key")
    assert written(named, path).columns == ["key", "x"]
    assert written(named, path)["key"].tolist() == ["a", "b"]
    assert written(named, path, index=False).columns == ["x"]
    several = pd.DataFrame({"x": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]))
    assert written(several, path).columns == ["x"]
    assert written(several, path, index=True).columns == ["level_0", "level_1", "x"]
    assert written(several.rename_axis(["p", "q"]), path)["q"].tolist() == [1, 2]
    filtered = pd.DataFrame({"x": [1, 2, 3]})[lambda frame: frame.x > 1]
    assert written(filtered, path)["x"].tolist() == [2, 3]


def test_names_are_unique(path):
    with pytest.raises(shmcol.DataError, match="same name"):
        shmcol.write(pd.DataFrame([[1, 2]], columns=["x", "x"]), path)


def test_series_in_a_dict(path):
    shmcol.write(
        {
            "a": pd.Series(["x", None], dtype=object),
            "b": pd.array([1, None], dtype="Int64"),
            "c": pd.Index([1, 2]),
        },
        path,
    )
    table = shmcol.open(path)
    assert (
        table["a"].tolist() == ["x", None]
        and table["b"].tolist() == [1, None]
        and table["c"].tolist() == [1, 2]
    )


def test_frames_as_batches(path):
    shmcol.write(
        (
            pd.DataFrame({"k": [i, i + 1], "c": pd.Categorical(["a", f"b{i}"])})
            for i in range(0, 6, 2)
        ),
        path,
    )
    table = shmcol.open(path, verify="full")
    assert table["k"].tolist() == list(range(6))
    assert table["c"].tolist() == ["a", "b0", "a", "b2", "a", "b4"]


WITHOUT = """
import sys
sys.modules["pyarrow"] = None
import numpy as np, pandas as pd, shmcol
frame = pd.DataFrame({
    "s": ["a", None, "ü"],
    "c": pd.Categorical(["x", None, "y"]),
    "n": pd.array([1, None, 3], dtype="Int64"),
    "f": [1, np.nan, 2],
    "b": pd.array([True, None, False], dtype="boolean"),
    "t": pd.date_range("2020", periods=3, tz="Europe/Paris"),
    "o": pd.Series(["a", None, "b"], dtype=object),
})
shmcol.write(frame, sys.argv[1])
table = shmcol.open(sys.argv[1], verify="full")
print(table.id)
back = table.to_pandas()
assert back["s"].isna().tolist() == [False, True, False] and back["s"][2] == "ü"
for name in ("c", "n", "b", "t", "f"):
    pd.testing.assert_series_equal(back[name], frame[name], check_freq=False)
"""


def test_pyarrow_is_not_needed_and_changes_nothing(path):
    without = subprocess.run(
        [sys.executable, "-c", WITHOUT, path], check=True, capture_output=True, text=True
    ).stdout
    pytest.importorskip("pyarrow")
    with_it = subprocess.run(
        [
            sys.executable,
            "-c",
            WITHOUT.replace('sys.modules["pyarrow"] = None', ""),
            str(path) + "2",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert without == with_it != ""


def test_nulls_in_a_dictionary_without_values(path):
    pyarrow = pytest.importorskip("pyarrow")
    empty = pyarrow.DictionaryArray.from_arrays(
        pyarrow.array([None, None], pyarrow.int32()), pyarrow.array([], pyarrow.large_string())
    )
    shmcol.write(pyarrow.table({"d": empty}), path)
    table = shmcol.open(path)
    frame = table.to_pandas()
    assert frame["d"].isna().all() and len(frame["d"].cat.categories) == 0
    assert (
        table["d"].to_numpy().tolist() == list(table["d"]) == [None, None]
        and table.to_arrow()["d"].null_count == 2
    )
