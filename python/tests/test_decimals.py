"""Decimal columns, and columns of float16."""

import multiprocessing
import pickle
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
import shmcol
from conftest import in_map
from hypothesis import given, settings
from hypothesis import strategies as st

VALUES = [Decimal("1.10"), None, Decimal("-20"), Decimal(0), Decimal("0.01")]


@pytest.fixture
def table(path):
    shmcol.write({"price": VALUES, "n": range(5)}, path)
    with shmcol.open(path, verify="full") as made:
        yield made


def test_a_column_is_a_sequence_of_decimals(table):
    column = table["price"]
    assert isinstance(column, shmcol.DecimalColumn) and column.field.type == "decimal128(4,2)"
    assert (
        (column.precision, column.scale)
        == (4, 2)
        == (
            table.schema["price"].precision,
            table.schema["price"].scale,
        )
    )
    assert column.tolist() == VALUES == list(column) == [column[i] for i in range(5)]
    assert str(column[0]) == "1.10" and str(column[3]) == "0.00" and column[-1] == VALUES[-1]
    part = column[1:4]
    assert isinstance(part, shmcol.DecimalColumn) and part.tolist() == VALUES[1:4]
    assert part[1:].tolist() == table[2:4]["price"].tolist() == VALUES[2:4]
    assert column[[4, 0]].tolist() == [VALUES[4], VALUES[0]] and column[::2].tolist() == VALUES[::2]
    assert column[np.array([True, False, False, False, True])].tolist() == [VALUES[0], VALUES[4]]
    assert column.nulls().tolist() == [False, True, False, False, False] and len(column) == 5
    assert "DecimalColumn 'price': 5 values" in repr(column) and "1.10" in repr(table)
    with pytest.raises(IndexError, match='column "price"'):
        column[5]


def test_storage_and_validity_lie_in_the_map(table):
    column = table["price"]
    for storage in (column.storage, table.storage("price")):
        assert in_map(table, storage) and not storage.flags.writeable
        assert storage.dtype == np.int64 and storage.tolist() == [
            [110, 0],
            [0, 0],
            [-2000, -1],
            [0, 0],
            [1, 0],
        ]
    assert in_map(table, column.validity) and column.validity.tolist() == [0b11101]
    with pytest.raises(ValueError, match="nulls"):
        column[1:].validity
    arrow = column[1:].to_arrow()
    assert arrow.to_pylist() == VALUES[1:] and str(arrow.type) == "decimal128(4, 2)"
    info = table._file.info()
    assert info["map"] <= arrow.buffers()[1].address < info["map"] + info["file_size"]


def test_comparisons(table):
    column = table["price"]
    assert (column == Decimal("1.1")).tolist() == [True, False, False, False, False]
    assert (column == 0).tolist() == [False, False, False, True, False]
    assert (column != -20).tolist() == [True, True, False, True, True]
    assert not (column == 0.1).any() and not (column == Decimal("1.101")).any()
    assert not (column == Decimal("NaN")).any() and not (column == Decimal("1e900")).any()
    assert (column == None).tolist() == column.nulls().tolist()  # noqa: E711
    assert (column == VALUES).tolist() == [True] * 5 and (column == Decimal("0e999")).sum() == 1


def test_copy_never(path, table):
    never = shmcol.open(path, copy="never")
    assert never["price"][0] == VALUES[0] and in_map(never, never["price"].storage)
    for ask in (never["price"].to_float64, never["price"].to_numpy):
        with pytest.raises(shmcol.CopyError, match="storage"):
            ask()
    with pytest.raises(shmcol.CopyError):
        table[["price"]].to_pandas(copy="never")
    assert np.asarray(table["price"]).tolist() == VALUES
    assert np.asarray(table["price"], float)[2] == -20.0
    assert in_map(table, np.asarray(table["price"].storage))


def _total(column):
    return sum(value for value in column if value is not None)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_columns_pickle_by_reference(table, method):
    assert len(pickle.dumps(table["price"])) < 200 + len(table.path)
    with multiprocessing.get_context(method).Pool(1) as pool:
        found = pool.map(_total, [table["price"], table["price"][2:]])
    assert found == [Decimal("-18.89"), Decimal("-19.99")]


def test_stats(path):
    n = 65536 + 10
    values = [Decimal(i - 5).scaleb(-1) for i in range(n)]
    shmcol.write({"d": values, "h": np.arange(n) % 2048 - np.float16(0.5)}, path, sync=False)
    with shmcol.open(path, verify="full") as table:
        stats = table.stats("d")
        assert (stats.min, stats.max) == (values[0], values[-1]) and isinstance(stats.min, Decimal)
        assert table.stats("d", 1).min == values[65536] and str(stats.min) == "-0.5"
    wide = [Decimal(10**38 - 1), Decimal(1 - 10**38)]
    shmcol.write({"d": wide}, path, overwrite=True)
    with shmcol.open(path, verify="full") as table:
        assert table.stats("d")[3:5] == (wide[1], wide[0]) and table["d"].tolist() == wide


digits = st.integers(1 - 10**38, 10**38 - 1) | st.integers(-(2**60), 2**60) | st.integers(-99, 99)


@settings(max_examples=60, deadline=None, database=None)
@given(numbers=st.lists(st.none() | digits, min_size=1, max_size=20), scale=st.integers(0, 38))
def test_doubles_are_the_nearest(tmp_path_factory, numbers, scale):
    path = tmp_path_factory.mktemp("d") / "d"
    with localcontext() as context:
        context.prec = 50
        values = [None if n is None else Decimal(n).scaleb(-scale) for n in numbers]
    with localcontext() as context:
        context.prec = 3  # the caller's context changes nothing
        shmcol.write({"d": values}, path, sync=False, types={"d": f"decimal128(38,{scale})"})
        with shmcol.open(path, verify="full") as table:
            assert table["d"].tolist() == values
            shown = table["d"].to_float64()
    wanted = [float("nan") if n is None else float(Fraction(n, 10**scale)) for n in numbers]
    np.testing.assert_array_equal(shown, wanted)


def test_precision_and_scale_hold_all_values(path):
    for values, words in (
        ([Decimal("1.5"), Decimal("100")], "decimal128(4,1)"),
        ([Decimal("1E+3"), Decimal("0.001")], "decimal128(7,3)"),
        ([Decimal("0.00")], "decimal128(2,2)"),
        ([Decimal(0)], "decimal128(1,0)"),
        ([None, Decimal("-0.05")], "decimal128(2,2)"),
    ):
        shmcol.write({"d": values}, path, overwrite=True)
        with shmcol.open(path, verify="full") as table:
            assert table.schema["d"].type == words and table["d"].tolist() == values


@pytest.mark.parametrize(
    "value, row", [("0.001", 1), ("1000", 1), ("NaN", 1), ("1e-400", 1), ("-999.995", 1)]
)
def test_a_value_that_does_not_fit(path, value, row):
    with pytest.raises(shmcol.UnsupportedTypeError, match='column "d", row 1') as caught:
        values = np.array([Decimal(1), Decimal(value)])
        shmcol.write({"d": values}, path, types={"d": "decimal128(5,2)"})
    assert caught.value.row == row and not path.exists()


def test_frames(path):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pa = pytest.importorskip("pyarrow")
    arrow = pa.array(VALUES, pa.decimal128(9, 2))
    lazy = pandas.Series(VALUES, dtype=pandas.ArrowDtype(pa.decimal128(9, 2)))
    for given in (
        arrow,
        polars.Series(VALUES, dtype=polars.Decimal(9, 2)),
        lazy,
        pandas.Series(VALUES),
        np.ma.MaskedArray([value or 0 for value in VALUES], [v is None for v in VALUES], object),
    ):
        if isinstance(given, np.ma.MaskedArray):
            given[3] = Decimal(0)
        shmcol.write({"d": given}, path, overwrite=True)
        with shmcol.open(path, verify="full") as table:
            assert table["d"].tolist() == VALUES
            frame = table.to_pandas()
            assert frame["d"].tolist() == VALUES and table.to_polars()["d"].to_list() == VALUES
    shmcol.write(frame, path, overwrite=True)
    assert shmcol.open(path)["d"].tolist() == VALUES


def test_packed_decimals(path, tmp_path):
    (tmp_path / "d.csv").write_text("d,h\n1.10,0.5\n,65504\n-20,\n")
    shmcol.pack(tmp_path / "d.csv", path, types={"d": "decimal(18,2)", "h": "float16"})
    with shmcol.open(path, verify="full") as table:
        assert table["d"].tolist() == [Decimal("1.10"), None, Decimal(-20)]
        assert table["h"].dtype == np.float16 and table["h"].tolist()[:2] == [0.5, 65504.0]
        assert np.isnan(table["h"][2]) and table.nulls("h").tolist() == [False, False, True]


def test_a_table_that_is_filled(path):
    with shmcol.create(path, {"d": "decimal128(9,2)", "h": "f2"}, rows=128, nullable=["d"]) as w:
        assert [field.type for field in w.schema] == ["decimal128(9,2)", "float16"]
        with w.rows(0, 64) as v:
            v["d"] = [Decimal(i).scaleb(-2) if i % 3 else None for i in range(64)]
            v["h"] = [i / 2 for i in range(64)]
            with pytest.raises(shmcol.UnsupportedTypeError, match="storage"):
                v["d"]
            with pytest.raises(shmcol.UnsupportedTypeError, match="row 5") as caught:
                v["d"] = [Decimal(0)] * 5 + [Decimal("0.001")] + [Decimal(0)] * 58
            assert caught.value.row == 5
            with pytest.raises(shmcol.UnsupportedTypeError, match="does not fit into float16"):
                v["h"] = [65520] + [0] * 63
            with pytest.raises(shmcol.UnsupportedTypeError, match="2 values for 64"):
                v["d"] = [1, 2]
        with w.rows(64, 128) as v:
            v.storage("d")[:, 0] = np.arange(64)
            v["h"][:] = 1
        w.commit()
    with shmcol.open(path, verify="full") as table:
        wanted = [Decimal(i).scaleb(-2) if i % 3 else None for i in range(64)]
        assert table["d"][:64].tolist() == wanted and table["d"][127] == Decimal("0.63")
        assert table["h"][3] == 1.5 and table["h"].dtype == np.float16
    shmcol.create(path, {"d": "decimal128(3,1)"}, rows=5, overwrite=True)


def test_halves(path):
    values = np.array([1.5, np.nan, -np.inf, 65504, 6e-8], "f2")
    masked = np.ma.MaskedArray(values, [False, False, True, False, False])
    shmcol.write({"h": values, "m": masked, "t": np.ones((5, 2, 2), "f2")}, path)
    with shmcol.open(path, verify="full") as table:
        np.testing.assert_array_equal(table["h"], values)
        assert in_map(table, table["h"]) and table["h"].dtype == np.float16
        assert (
            np.isnan(table["m"][2])
            and table.nulls("m").tolist() == [False] * 2 + [True] + [False] * 2
        )
        assert table["t"].dtype == np.float16 and table["t"].shape == (5, 2, 2)
        assert in_map(table, table["t"]) and table.schema["t"].type == "tensor[float16, 2 x 2]"
        assert table.stats("h")[2:5] == (1, -np.inf, 65504.0)
        assert isinstance(table.stats("h").min, np.float16)
        frame = pytest.importorskip("pandas") and table[["h", "m"]].to_pandas()
        assert (
            frame["h"].dtype == np.float16
            and frame["m"].isna().tolist() == [False, True, True] + [False] * 2
        )
        shmcol.write(frame, path.with_suffix(".p"))
        assert shmcol.open(path.with_suffix(".p"))["h"].dtype == np.float16


def test_ascending_columns_say_so(path):
    shmcol.write(
        {
            "up": [1, 1, 2],
            "down": [2, 1, 1],
            "null": np.ma.MaskedArray([1, 2, 3], [False, True, False]),
            "nan": [1.0, 2.0, float("nan")],
            "half": np.array([-1, 0, 2], "f2"),
            "money": [Decimal(1), Decimal(1), Decimal("1.5")],
            "text": ["a", "ab", "b"],
            "list": [[1], [2, 3], []],
            "day": np.array([1, 2, 3], "M8[D]"),
        },
        path,
    )
    with shmcol.open(path, verify="full") as table:
        found = [field.name for field in table.schema if field.ascending]
        shown = [line.split()[0] for line in repr(table.schema).splitlines() if "ascending" in line]
        assert shown == found
        assert found == ["up", "half", "money", "text", "day"]


def test_a_part_of_a_table(path):
    n = 65536
    columns = {"x": np.arange(n), "d": VALUES + [None] * (n - 5), "l": [[1]] * (n - 1) + [[1, 2]]}
    part = shmcol.Part(first_row=n, table_rows=3 * n, table_id=b"t" * 16, previous_id=b"p" * 16)
    shmcol.write(columns, path, part=part)
    shmcol.write(columns, path.with_suffix(".plain"))
    plain = shmcol.open(path.with_suffix(".plain"))
    with shmcol.open(path, verify="full") as table:
        assert table.part == part and plain.part is None
        assert table["x"].__array_interface__["data"][0] % 65536 == 0
        assert all(field.nullable for field in table.schema) and table.validity("x") is None
        assert table.to_arrow().equals(plain.to_arrow())
        assert table["d"].tolist() == plain["d"].tolist() and table["l"][-1].tolist() == [1, 2]
    for wrong in (
        {"first_row": 5},
        {"table_rows": 1},
        {"alignment": 64},
        {"previous_id": bytes(16)},
    ):
        with pytest.raises(ValueError):
            shmcol.write(columns, path, part=part._replace(**wrong), overwrite=True)
    for wrong in ({"table_id": b"t"}, {"table_id": "t" * 16}, {"first_row": "5"}):
        with pytest.raises(TypeError):
            shmcol.write(columns, path, part=part._replace(**wrong), overwrite=True)
    with pytest.raises(TypeError, match="Part"):
        shmcol.write(columns, path, part=tuple(part), overwrite=True)
    with pytest.raises(ValueError):
        shmcol.write(columns, path, part=part, zstd=True, overwrite=True)
