"""The inputs that write() takes or refuses: an error names column and row and leaves no file."""

import datetime
import os

import numpy as np
import pytest
import shmcol
from conftest import every_column


def read(path, **options):
    return shmcol.open(path, verify="full", **options)


def test_a_dict_of_arrays_and_lists_comes_back(every_path):
    written = every_column()
    with read(every_path) as table:
        for name, values in written.items():
            column = table[name]
            assert (
                column.tolist() == values
                if isinstance(values, list)
                else np.ma.allequal(column, values)
                or np.array_equal(column, values, equal_nan=True)
            )


def test_memory_layouts_and_byte_orders(path):
    values = np.arange(24)
    columns = {
        "strided": values[::2],
        "back": values[::-2],
        "big": values[:12].astype(">i8"),
        "bigf": values[:12].astype(">f4"),
        "bigt": values[:12].astype(">M8[s]"),
        "fortran": np.asfortranarray(values[:24].reshape(12, 2)),
        "matrix": values.reshape(12, 2)[:, ::-1],
        "u": np.array(list("abcdefghijkl")),
        "t": np.array(
            ["äöü"] * 12, np.dtypes.StringDType() if hasattr(np.dtypes, "StringDType") else "U3"
        ),
        "s": np.array([b"ab", b"c"] * 6)[::-1],
    }
    shmcol.write(columns, path)
    with read(path) as table:
        for name, wanted in columns.items():
            assert table[name].tolist() == wanted.tolist(), name
        assert table["big"].dtype.isnative and table.schema["fortran"].type == "tensor[int64, 2]"


def test_structured_and_record_arrays(path):
    records = np.zeros(
        100,
        dtype=[
            ("x", "f8"),
            ("name", "S5"),
            ("when", "M8[ms]"),
            ("rgb", "u1", (3,)),
            ("title", "U4"),
        ],
    )
    records["x"], records["name"], records["rgb"][:, 1], records["title"] = (
        np.arange(100),
        b"abc",
        7,
        "ü",
    )
    for array in (records, records.view(np.recarray), records[::3]):
        shmcol.write(array, path, overwrite=True)
        with read(path) as table:
            assert table.columns == ["x", "name", "when", "rgb", "title"] and len(table) == len(
                array
            )
            for name in ("x", "name", "when", "rgb"):
                np.testing.assert_array_equal(table[name], array[name])
            assert table["title"].tolist() == array["title"].tolist()


def test_lists_of_python_values(path):
    day, moment = datetime.date(2020, 2, 29), datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)
    shmcol.write(
        {
            "int": [1, None, 3],
            "float": [1, 2.5, None],
            "bool": [True, None, False],
            "date": [day, None, day],
            "time": [moment, moment, None],
            "delta": [datetime.timedelta(1, 2, 3), None, None],
            "none": [None] * 3,
            "str": ["", None, "a"],
            "bytes": [b"", None, b"\0"],
            "nested": [[1, 2]] * 3,
        },
        path,
    )
    with read(path) as table:
        assert table["int"].tolist() == [1, None, 3] and table["bool"].tolist() == [
            True,
            None,
            False,
        ]
        assert table["float"][:2].tolist() == [1, 2.5] and table.nulls("float").tolist() == [
            False,
            False,
            True,
        ]
        assert table["date"].tolist() == [day, None, day] and table["time"].tolist() == [
            moment,
            moment,
            None,
        ]
        assert table["delta"][0] == np.timedelta64(datetime.timedelta(1, 2, 3)) and np.isnat(
            table["delta"][1]
        )
        assert (
            table["none"].tolist() == [None] * 3
            and table["str"].tolist() == ["", None, "a"]
            and table["bytes"].tolist() == [b"", None, b"\0"]
        )
        assert table["nested"].shape == (3, 2)


@pytest.mark.parametrize(
    "values, row, words",
    [
        (["a", "b", 3], 2, "a int .3. among str"),
        ([None, "a", b"b"], 2, "a bytes"),
        ([b"a", "x"], 1, "a str .'x'. among bytes"),
        (np.array(["a", None, 2.5], object), 2, "a float"),
        ([1, "a"], 1, "a str among values of type int"),
        ([1.5, 2**53 + 1], 1, "no double holds exactly"),
        ([True, 2], 1, "a int among values of type bool"),
        ([object()], 0, "make no column"),
        (np.zeros(3, "c16"), None, "complex128"),
        (np.zeros(3, "M8[h]"), None, "unit"),
        (np.zeros(3, "M8[10ms]"), None, "unit"),
        (
            np.array(["0001-01-01", "200000000-01-01"], "M8[D]").astype("M8[D]")[[0, 1]]
            + np.array([0, 2**40]),
            1,
            "date32",
        ),
        (np.zeros((3, 0)), None, "no elements"),
        (np.zeros(3, [("a", "i4")]), None, "structured"),
        (np.float64(3), None, "is no column"),
        ("text", None, "is no column"),
        ([datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)], None, "time zone"),
        (np.ma.MaskedArray(np.zeros((2, 2)), [[0, 1], [0, 0]]), None, "null as a whole"),
    ],
)
def test_what_has_no_place_is_refused_by_name(path, values, row, words):
    with pytest.raises(shmcol.DataError, match=words) as caught:
        shmcol.write(
            {"good": [1] * (len(values) if hasattr(values, "__len__") else 1), "bad": values}, path
        )
    assert (
        'column "bad"' in str(caught.value)
        and caught.value.row == row
        and isinstance(caught.value, TypeError)
    )
    assert os.listdir(path.parent) == []


def test_errors_of_the_library_name_the_column(path):
    for columns, words in [
        ({"a": [1], "b": [1, 2]}, 'column "b" has 2 rows'),
        ({"": [1], "a\0b": [1]}, "NUL|null"),
        ({"x" * 70000: [1]}, "65,535|long"),
    ]:
        with pytest.raises(ValueError, match=words):
            shmcol.write(columns, path)
    with pytest.raises(shmcol.DataError, match="NaT|INT64_MIN|minimum|-9223372036854775808"):
        pa = pytest.importorskip(
            "pyarrow"
        )  # a valid INT64_MIN where it means NaT: only Arrow can say it
        shmcol.write(pa.table({"d": pa.array([-(2**63)], pa.duration("s"))}), path)
    assert os.listdir(path.parent) == []


def test_existing_files_and_missing_directories(path, tmp_path):
    shmcol.write({"x": [1]}, path)
    with pytest.raises(FileExistsError) as caught:
        shmcol.write({"x": [2]}, path)
    assert (
        caught.value.filename == str(path)
        and caught.value.status == "EXISTS"
        and caught.value.errno == 17
    )
    assert read(path)["x"].tolist() == [1]
    shmcol.write({"x": [2]}, path, overwrite=True, sync=False)
    assert read(path)["x"].tolist() == [2]
    with pytest.raises(FileNotFoundError):
        shmcol.write({"x": [1]}, tmp_path / "no" / "where.shmcol")
    with pytest.raises(ValueError):
        shmcol.write({"x": [1]}, str(path) + "\0")
    for wrong in (None, 3, "text", [], object()):
        with pytest.raises((TypeError, ValueError)):
            shmcol.write(wrong, tmp_path / "other.shmcol")
    assert os.listdir(tmp_path) == ["t.shmcol"]


def test_options(path):
    words = {"a": ["x", "y"] * 500, "b": [f"{i}" for i in range(1000)]}
    for dictionary, kinds in [
        (None, "ss"),
        ("auto", "ds"),
        ("always", "dd"),
        ("never", "ss"),
        (["b"], "sd"),
        ({"a": "never", "b": "always"}, "sd"),
    ]:
        shmcol.write(words, path, dictionary=dictionary, overwrite=True)
        with read(path) as table:
            assert (
                "".join(field.kind[0] for field in table.schema) == kinds
                and {name: table[name].tolist() for name in table} == words
            )
    with pytest.raises(shmcol.ColumnError, match="c=always"):
        shmcol.write(words, path, dictionary=["c"], overwrite=True)
    with pytest.raises(shmcol.UsageError, match="sometimes"):
        shmcol.write(words, path, dictionary="sometimes", overwrite=True)
    shmcol.write(
        words,
        path,
        zstd=9,
        threads=1,
        memory=8 << 20,
        metadata={"k": "v", b"\0raw": "ü"},
        overwrite=True,
    )
    with read(path, cache=False) as table:
        assert (
            table.compressed
            and table.metadata() == {b"k": b"v", b"\0raw": "ü".encode()}
            and table["b"].tolist() == words["b"]
        )
    with pytest.raises(shmcol.DataError, match="UTF-8"):
        shmcol.write(words, path, metadata={"k": b"\xff"}, overwrite=True)
    with pytest.raises(shmcol.UsageError, match="zstd"):
        shmcol.write(words, path, zstd=99, overwrite=True)


def test_the_same_table_makes_the_same_bytes(path, tmp_path):
    other = tmp_path / "other.shmcol"
    shmcol.write(every_column(), path, threads=1)
    shmcol.write(every_column(), other, threads=2)
    assert path.read_bytes() == other.read_bytes()
    with shmcol.open(path) as table:
        shmcol.write(table, other, overwrite=True)
    assert path.read_bytes() == other.read_bytes()


def test_long_tables_go_in_batches(path, monkeypatch):
    import shmcol._write

    monkeypatch.setattr(shmcol._write, "_BATCH", 64)
    shmcol.write(every_column(), path, dictionary=["word"])
    with read(path) as table, pytest.raises(shmcol.DataError, match="row 900"):
        assert (
            table["text"].tolist() == every_column()["text"]
            and table["word"].tolist() == every_column()["word"]
        )
        assert table["int_null"].tolist() == every_column()["int_null"].tolist()
        words = ["x"] * 1000
        words[900] = 5
        shmcol.write({"w": words}, path, overwrite=True)


def test_an_iterator_of_batches(path):
    pa = pytest.importorskip("pyarrow")

    def batches():
        yield {"i": np.arange(3), "s": ["a", None, "b"]}
        yield pa.record_batch(
            {"i": pa.array([7, None], pa.int64()), "s": pa.array(["x", "y"], pa.large_string())}
        )
        yield pa.table(
            {
                "i": pa.chunked_array([[1], [2, 3]], pa.int64()),
                "s": pa.chunked_array([["c"], ["d", "e"]], pa.large_string()),
            }
        )
        yield {"i": np.arange(0), "s": []}

    shmcol.write(batches(), path)
    with read(path) as table:
        assert table["i"].tolist() == [0, 1, 2, 7, None, 1, 2, 3] and table["s"].tolist() == [
            "a",
            None,
            "b",
            "x",
            "y",
            "c",
            "d",
            "e",
        ]
    with shmcol.open(path) as first:
        shmcol.write(iter([first[:3], first[3:8]]), path, overwrite=True)
        assert read(path).id == first.id


def test_batches_that_fail_leave_nothing(path):
    def fails():
        yield {"i": np.arange(3)}
        raise LookupError("the third")

    with pytest.raises(LookupError, match="the third"):
        shmcol.write(fails(), path)
    for second in (
        {"i": np.arange(3.0)},
        {"j": np.arange(3)},
        {"i": np.arange(3), "j": np.arange(3)},
        {"i": ["a"]},
    ):
        with pytest.raises(shmcol.DataError, match="batch 2"):
            shmcol.write(iter([{"i": np.arange(3)}, second]), path)
    with pytest.raises(TypeError, match="no batch"):
        shmcol.write(iter([5]), path)
    with pytest.raises(ValueError, match="no batch"):
        shmcol.write(iter([]), path)
    assert os.listdir(path.parent) == []


def test_arrow_of_every_type(path):
    pa = pytest.importorskip("pyarrow")
    arrays = {
        "bits": pa.array([True, None, False]),
        "view": pa.array(["a", None, "long enough to be out of line"], pa.string_view()),
        "small": pa.array(["a", None, ""]),
        "large": pa.array(["a", None, ""], pa.large_string()),
        "binary": pa.array([b"a", None, b""]),
        "fixed": pa.array([b"ab", None, b"cd"], pa.binary(2)),
        "dictionary": pa.array(["x", None, "y"]).dictionary_encode(),
        "date32": pa.array([1, None, -1], pa.date32()),
        "date64": pa.array([86400000, None, 0], pa.date64()),
        "time32": pa.array([1, None, 2], pa.time32("ms")),
        "time64": pa.array([1, None, 2], pa.time64("ns")),
        "null": pa.nulls(3),
        "u64": pa.array([2**64 - 1, None, 0], pa.uint64()),
        "zone": pa.array([0, None, 1], pa.timestamp("ns", "America/New_York")),
        "duration": pa.array([0, None, 1], pa.duration("ms")),
    }
    shmcol.write(pa.table(arrays), path)
    with read(path) as table:
        back = pa.table(table)
        for name, array in arrays.items():
            assert [
                v if name != "bits" else v for v in back[name].to_pylist()
            ] == array.to_pylist(), name
        assert (
            table["time32"].dtype == "m8[ms]"
            and np.isnat(table["time32"][1])
            and table["time32"][2] == np.timedelta64(2, "ms")
        )
        assert (
            np.ma.is_masked(table["time64"])
            and table["time64"][2] == np.timedelta64(2, "ns")
            and table["date32"][2] == np.datetime64("1969-12-31")
        )
    for array, words in [
        (pa.array([[[1]]]), "list"),
        (pa.array([{"a": 1}]), "struct"),
        (pa.array([1]).cast(pa.decimal256(25, 2)), "decimal"),
        (pa.array([1, 1]).dictionary_encode(), "dictionary"),
    ]:
        with pytest.raises(shmcol.UnsupportedTypeError, match=words) as caught:
            shmcol.write(pa.table({"x": array}), path, overwrite=True)
        assert '"x"' in str(caught.value) and caught.value.column == 0
    shmcol.write(
        {"a": arrays["dictionary"], "b": pa.chunked_array([["p"], ["q", None]]), "c": [1, 2, 3]},
        path,
        overwrite=True,
    )
    with read(path) as table:
        assert (
            table["a"].tolist() == ["x", None, "y"]
            and table["b"].tolist() == ["p", "q", None]
            and table["c"].tolist() == [1, 2, 3]
        )


def test_polars_and_duckdb(path):
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    frame = polars.DataFrame(
        {
            "s": ["a", None],
            "c": polars.Series(["x", "y"], dtype=polars.Categorical),
            "d": [datetime.date(2020, 1, 1), None],
            "b": [True, None],
            "e": polars.Series(["hi", "lo"], dtype=polars.Enum(["lo", "hi"])),
        }
    )
    shmcol.write(frame, path)
    with read(path) as table:
        assert (
            table["s"].tolist() == ["a", None]
            and table["c"].tolist() == ["x", "y"]
            and table["b"].tolist() == [True, None]
        )
        assert table["e"].categories.tolist() == ["lo", "hi"] and table["d"].tolist() == [
            datetime.date(2020, 1, 1),
            None,
        ]
    shmcol.write(
        duckdb.sql("select range as i, 'w' || range as w from range(5000)"), path, overwrite=True
    )
    with read(path) as table:
        assert table["i"].sum() == 12497500 and table["w"][4999] == "w4999"
    with pytest.raises(TypeError, match="collect"):
        shmcol.write(frame.lazy(), path, overwrite=True)


def test_polars_null_columns(path):
    """Polars counts a buffer for them that Arrow's null type does not have."""
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"n": [None, None], "i": [1, 2]})
    assert frame.schema["n"] == polars.Null
    for table in (frame, frame.slice(1), iter([frame, frame]), {"n": frame["n"], "i": [3, 4]}):
        shmcol.write(table, path, overwrite=True)
        assert set(read(path)["n"].tolist()) == {None}


def test_polars_objects_are_refused_by_name(path):
    polars = pytest.importorskip("polars")
    series = polars.Series("o", [object(), None], dtype=polars.Object)
    frame = polars.DataFrame({"i": [1, 2], "o": series})
    batches = iter([frame.select("i"), frame])
    for table in (frame, iter([frame]), batches, {"o": series}, {"o": frame["o"].slice(1)}):
        with pytest.raises(shmcol.UnsupportedTypeError, match='"o".*Polars type Object'):
            shmcol.write(table, path)
        assert not os.path.exists(path)
    shmcol.write(polars.DataFrame({"w": [b"12345678"]}), path)  # bytes are bytes
    assert read(path)["w"].tolist() == [b"12345678"]


def test_tensors_come_back_through_frames(path, tmp_path):
    """As Polars and pandas have them: a fixed-size list, and an object column of arrays."""
    polars, pd = pytest.importorskip("polars"), pytest.importorskip("pandas")
    pa = pytest.importorskip("pyarrow")
    nulls = np.ma.MaskedArray(np.arange(6).reshape(3, 2), [[False] * 2, [True] * 2, [False] * 2])
    columns = {
        "f": np.arange(12, dtype="f4").reshape(3, 4),
        "i": np.arange(3, dtype="i1").reshape(3, 1),
        "t": np.arange(6).astype("M8[us]").reshape(3, 2),
        "null": nulls,
        "cube": np.arange(18, dtype="u2").reshape(3, 2, 3),
    }
    shmcol.write(columns, path)
    other = tmp_path / "other.shmcol"
    with read(path) as table:
        shmcol.write(table.to_pandas(), other)
        assert other.read_bytes() == path.read_bytes()
        for part in (
            table.to_polars(),
            table.to_polars().lazy().collect(),
            pa.table(table.to_polars()),
        ):
            shmcol.write(part, other, overwrite=True)
            with read(other) as back:
                for name, field in zip(columns, back.schema):
                    assert field.kind == "tensor" and field.element == table.schema[name].element
                    np.testing.assert_array_equal(
                        np.ma.getdata(back[name]).reshape(3, -1),
                        np.ma.getdata(table[name]).reshape(3, -1),
                    )
                assert back.nulls("null").tolist() == [False, True, False]
                assert back["f"].shape == (3, 4) and back["cube"].shape == (
                    3,
                    6,
                )  # Polars has the rows flat
    for array, words in [
        (pa.array([[1, None], [1, 2]], pa.list_(pa.int64(), 2)), "a null inside a tensor"),
        (pa.array([["a"], ["b"]], pa.list_(pa.string(), 1)), "fixed_size_list<item: string>"),
        (
            pd.Series([np.zeros(2), np.zeros(2, "f4")]),
            "row 1: error: an array of float32 .2,. among arrays",
        ),
        (pd.Series([np.zeros(2), "a"]), "row 1: error: a str .'a'. among arrays"),
        (pd.Series([np.zeros(2), [0.0, 0.0]]), "row 1: error: a list among arrays"),
        (pd.Series(["a", np.zeros(2)]), "row 1: error: a ndarray"),
    ]:
        with pytest.raises(shmcol.DataError, match=words) as caught:
            shmcol.write({"x": array}, other, overwrite=True)
        assert 'column "x"' in str(caught.value)


def test_records_with_lists(path):
    rows = [{"id": 1, "tokens": [1, 2]}, {"id": 2, "tokens": [3]}, {"tokens": None}]
    shmcol.write(rows, path)
    with read(path) as table:
        assert table["tokens"].tolist() == [[1, 2], [3], None] and table["id"][1] == 2
    shmcol.write([{"a": [1, 2], "b": "text"}], path, overwrite=True, types={"a": "list[int8]"})
    assert read(path)["a"].tolist() == [[1, 2]]


def test_records(path):
    rows = [{"a": 1, "b": "x"}, {"b": None, "a": 2}, {"a": 3, "c": 2.5}]
    shmcol.write(rows, path)
    with read(path) as table:
        assert table["a"].tolist() == [1, 2, 3] and table["b"].tolist() == ["x", None, None]
        assert table.nulls("c").tolist() == [True, True, False] and table["c"][2] == 2.5
    shmcol.write(iter([rows, rows[:2] + [{"c": 1.5}]]), path, overwrite=True)
    assert read(path)["b"].tolist() == ["x", None, None] * 2
    with pytest.raises(shmcol.DataError, match='column "a", row 1'):
        shmcol.write([{"a": 1}, {"a": "x"}], path, overwrite=True)
    shmcol.write([{"a": [1, 2]}, {"a": [3]}], path, overwrite=True)  # batches, not rows
    assert read(path)["a"].tolist() == [1, 2, 3]
