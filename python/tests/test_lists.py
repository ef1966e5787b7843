"""List columns: rows lie in the map, by address; what they are written from; how they travel."""

import datetime
import multiprocessing
import pickle
import threading
from decimal import Decimal

import numpy as np
import pytest
import shmcol
from conftest import in_map

pa = pytest.importorskip("pyarrow")

ROWS = [[1, 2, 3], None, [], [4], [5, 6]]
COLUMNS = {
    "i": (ROWS, "list[int64]"),
    "s": ([["a", "bc"], None, [], ["ü"], ["", "x"]], "list[string]"),
    "d": ([[Decimal("1.5")], None, [], [Decimal(-2), Decimal(3)], [Decimal(0)]], None),
    "f": ([np.array(row or [], "f4") if row != [] else None for row in ROWS], "list[float32]"),
    "h": ([np.array(row or [], "f2") for row in ROWS], "list[float16]"),
    "b": ([[True, False], None, [], [True], [False]], "list[bool8]"),
    "t": ([np.array(row or [], "M8[ms]") for row in ROWS], "list[timestamp[ms]]"),
    "day": ([np.array(row or [], "M8[D]") for row in ROWS], "list[date32]"),
}
ARRAYS = sorted(COLUMNS.keys() - {"s", "d", "day"})


@pytest.fixture
def table(path):
    shmcol.write({name: rows for name, (rows, _) in COLUMNS.items()}, path)
    with shmcol.open(path, verify="full") as made:
        yield made


def same(column, rows):
    shown = [row.tolist() if isinstance(row, np.ndarray) else row for row in rows]
    assert column.tolist() == shown and len(column) == len(rows)
    for row, wanted in zip(column, rows):
        assert (row is None) == (wanted is None)
        if wanted is not None:
            assert list(row) == list(wanted)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_rows_are_those_that_were_written(table, name):
    rows, words = COLUMNS[name]
    column = table[name]
    assert isinstance(column, shmcol.ListColumn)
    assert words is None or column.field.type == words
    same(column, rows)
    same(column[1:4], rows[1:4])
    same(column[-2:][1:], rows[-1:])
    same(table[2:][name], rows[2:])
    same(table[2:][name][1:], rows[3:])
    for taken, wanted in ((column[[3, 0]], [rows[3], rows[0]]), (column[::-2], rows[::-2])):
        assert taken.dtype == object and [row is None for row in taken] == [
            row is None for row in wanted
        ]
    assert [row is None for row in rows] == column.nulls().tolist() == table.nulls(name).tolist()
    assert column.lengths.tolist() == [0 if row is None else len(row) for row in rows]
    for wrong in (5, -6):
        with pytest.raises(IndexError, match=f'column "{name}"'):
            column[wrong]
    assert "list[" in repr(column) and "list[" in repr(table)
    assert table.stats(name).min is None and table.stats(name).nulls == column.nulls().sum()


@pytest.mark.parametrize("name", ARRAYS)
def test_rows_lie_in_the_map(table, name):
    column = table[name]
    assert in_map(table, column.offsets) and in_map(table, column.values)
    assert in_map(table, column.storage) and column.values.dtype == column.field.dtype
    begin = column.values.__array_interface__["data"][0]
    for i in range(len(column)):
        if column[i] is not None and len(column[i]):
            at = column[i].__array_interface__["data"][0]
            assert at == begin + column.offsets[i] * column.values.itemsize
            assert not column[i].flags.writeable
    if column.nulls().any():
        assert in_map(table, column.validity) and in_map(table, table.validity(name))
    else:
        assert column.validity is None and table.validity(name) is None


def test_arrow_has_values_and_offsets_in_the_map(table):
    for name in ARRAYS:
        made = table[name].to_arrow()
        assert pa.types.is_large_list(made.type) and made.to_pylist() == table[name].tolist()
        info = table._file.info()
        for buffer in (made.buffers()[1], made.buffers()[3]):
            assert info["map"] <= buffer.address < info["map"] + info["file_size"]
        assert table[name][1:4].to_arrow().to_pylist() == table[name][1:4].tolist()


def test_other_elements_lie_in_the_map(table):
    texts, decimals = table["s"].values, table["d"].values
    assert isinstance(texts, shmcol.StringColumn) and isinstance(decimals, shmcol.DecimalColumn)
    assert in_map(table, texts.offsets) and in_map(table, texts.data)
    assert texts.tolist() == ["a", "bc", "ü", "", "x"] and texts.count("x") == 1
    assert in_map(table, decimals.storage) and in_map(table, table["d"].storage)
    assert decimals.to_arrow().to_pylist() == decimals.tolist()
    assert pa.array(texts).to_pylist() == texts.tolist()
    assert pa.array(texts[2:4]).to_pylist() == ["ü", ""]
    assert in_map(table, table["day"].storage) and table["day"].storage.dtype == np.int32
    assert table["day"].values.dtype == np.dtype("M8[D]")
    with pytest.raises(shmcol.UnsupportedTypeError, match="has strings"):
        table["s"].storage
    with pytest.raises(shmcol.UnsupportedTypeError, match="offsets"):
        table.storage("i")
    with pytest.raises(TypeError, match="pickle the column"):
        pickle.dumps(texts)


def test_copy_never(path, table):
    never = shmcol.open(path, copy="never")
    assert never["i"][0].tolist() == [1, 2, 3] and never["s"][0] == ["a", "bc"]
    assert never["day"][0].tolist() == table["day"][0].tolist()
    for ask in (never["i"].to_numpy, lambda: never["day"].values, lambda: np.asarray(never["i"])):
        with pytest.raises(shmcol.CopyError, match="copy='never'"):
            ask()
    with pytest.raises(shmcol.CopyError):
        table.to_pandas(copy="never")
    assert np.asarray(table["i"])[3].tolist() == [4]


def _sum(column):
    return sum(int(row.sum()) for row in column if row is not None)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_columns_pickle_by_reference(table, method):
    assert len(pickle.dumps(table["i"])) < 200 + len(table.path)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(_sum, [table["i"], table["i"][2:], table[3:]["i"]]) == [21, 15, 15]
    for name in COLUMNS:
        same(pickle.loads(pickle.dumps(table[name][1:4])), COLUMNS[name][0][1:4])


def test_other_columns_pickle_by_reference(every):
    for name in ("text", "bytes", "word"):
        back = pickle.loads(pickle.dumps(every[name][5:9]))
        assert type(back) is type(every[name]) and back.tolist() == every[name][5:9].tolist()


def test_a_column_outlives_its_table(path, table):
    row, column = table["i"][0], table["i"]
    table.close()
    with pytest.raises(ValueError, match="closed"):
        table["i"]
    assert row.tolist() == [1, 2, 3] and column[4].tolist() == [5, 6]
    assert pickle.loads(pickle.dumps(column))[3].tolist() == [4]


def test_a_shared_table(table):
    with shmcol.share({"i": ROWS}) as shared:
        same(shared["i"], ROWS)
        same(pickle.loads(pickle.dumps(shared["i"])), ROWS)


def test_frames_take_them_and_give_them_back(path, table):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    frame = table.to_pandas()
    assert (
        type(frame["i"][0]) is np.ndarray and frame["i"][1] is None and frame["s"][0] == ["a", "bc"]
    )
    for given in (frame, table.to_polars(), table.to_arrow(), table):
        shmcol.write(given, path.with_suffix(".again"), overwrite=True)
        with shmcol.open(path.with_suffix(".again"), verify="full") as back:
            for name, (rows, _) in COLUMNS.items():
                same(back[name], rows)
    assert table.to_polars()["b"].to_list() == COLUMNS["b"][0]
    assert table.to_polars()["b"].dtype == polars.List(polars.Boolean)
    assert table.to_polars()["h"].dtype == polars.List(polars.Float16)
    column = pandas.Series([[1], [2, 3]], dtype=pandas.ArrowDtype(pa.list_(pa.int16())))
    shmcol.write(pandas.DataFrame({"x": column}), path.with_suffix(".again"), overwrite=True)
    assert shmcol.open(path.with_suffix(".again")).schema["x"].type == "list[int16]"


NOON = datetime.timedelta(hours=12)
TYPED = [
    ([], "list[int32]", []),
    ([None, []], "list[string]", [None, []]),
    ([[], []], "list[decimal128(18,2)]", [[], []]),
    ([[1, 2], [3, 4]], "list[int32]", [[1, 2], [3, 4]]),
    ([[1], [2, 3]], "list[float16]", [[1.0], [2.0, 3.0]]),
    ([np.array([1, 2]), np.array([])], "list[uint8]", [[1, 2], []]),
    ([[], None], "list[timestamp[ms, UTC]]", [[], None]),
    ([[1, Decimal("0.25")]], "list[decimal128(18,2)]", [[Decimal(1), Decimal("0.25")]]),
    ([[True]], "list[bool8]", [[True]]),
    ([[NOON], None], "list[time32[s]]", [[NOON], None]),
    ([[], [NOON]], "list[time64[us]]", [[], [NOON]]),
    ([[datetime.datetime(2020, 1, 2)]], "list[date64]", [[datetime.datetime(2020, 1, 2)]]),
]


@pytest.mark.parametrize("rows, words, wanted", TYPED)
def test_types_that_are_named(path, rows, words, wanted):
    shmcol.write({"x": rows}, path, types={"x": words})
    with shmcol.open(path, verify="full") as table:
        assert table.schema["x"].type == words and table["x"].tolist() == wanted
        shmcol.write({"x": rows}, path.with_suffix(".2"), types={"x": table.schema["x"]})
        assert shmcol.open(path.with_suffix(".2")).id == table.id


def test_types_of_batches(path):
    """The first rows look like a tensor, later ones do not."""
    batches = [{"x": [[1, 2], [3, 4]]}, {"x": [[5], []]}]
    with pytest.raises(shmcol.DataError, match="batch 2"):
        shmcol.write(iter(batches), path)
    shmcol.write(iter(batches), path, types={"x": "list[int8]"})
    assert shmcol.open(path)["x"].tolist() == [[1, 2], [3, 4], [5], []]


@pytest.mark.parametrize(
    "rows, words, row, message",
    [
        ([[1], [2, 300]], "list[int8]", 1, "300 does not fit"),
        ([[1], [2.5, 1]], "list[int8]", None, "float64 for int8"),
        ([["a"], ["b", 1]], "list[string]", 1, "a int among"),
        (
            [[1], None, [Decimal("0.001")]],
            "list[decimal128(5,2)]",
            2,
            "does not fit into decimal128",
        ),
        ([[0], [1, 65520]], "list[float16]", 1, "does not fit into float16"),
        ([[NOON], [NOON * 10**6]], "list[time32[ms]]", 1, "does not fit"),
        ([[1]], "list[list[int8]]", None, "have no place"),
        ([[1]], "list[fixed_binary[3]]", None, "have no place"),
        ([[1]], "list[nothing]", None, "is no type"),
        ([[1]], "decimal128(39,1)", None, "is no type"),
    ],
)
def test_what_a_type_does_not_hold(path, rows, words, row, message):
    with pytest.raises(shmcol.UnsupportedTypeError, match=message) as caught:
        shmcol.write({"x": rows}, path, types={"x": words})
    assert 'column "x"' in str(caught.value) and not path.exists()
    assert row is None or caught.value.row == row


def test_types_where_they_do_not_belong(path):
    for table, message in (
        ({"x": np.arange(3)}, "a type of their own, int64"),
        ({"y": [[1]]}, "which the table does not have"),
        (pa.table({"x": [1]}), "has types of its own"),
    ):
        with pytest.raises(ValueError, match=message):
            shmcol.write(table, path, types={"x": "list[int8]"})
    with pytest.raises(shmcol.ArgumentTypeError, match="types"):
        shmcol.write({"x": [[1]]}, path, types="list[int8]")


def test_plain_types_that_are_named(path):
    types = {
        "a": "int8",
        "b": "f4",
        "c": "timestamp[s, UTC]",
        "d": "fixed_binary[3]",
        "e": "date32",
    }
    types |= {
        "f": "tensor[int16, 2]",
        "k": "time32[s]",
        "l": "time64[ns]",
        "m": "date64",
        "g": "string",
        "h": "binary",
        "i": float,
        "j": "decimal128(9)",
    }
    shmcol.write({name: [] for name in types}, path, types=types)
    found = {field.name: field.type for field in shmcol.open(path).schema}
    assert found == types | {"b": "float32", "i": "float64", "j": "decimal128(9,0)"}
    rows = {"a": [1, None], "d": [b"ab", None], "f": [[1, 2], None], "b": [None, None]}
    rows |= {"g": [None, "x"], "h": [None, b"y"], "j": [None, 5]}
    shmcol.write(rows, path, types={name: types[name] for name in rows}, overwrite=True)
    with shmcol.open(path, verify="full") as table:
        assert [table.schema[name].nulls for name in rows] == [1, 1, 1, 2, 1, 1, 1]
        assert table["j"].tolist() == [None, Decimal(5)] and table["f"][0].tolist() == [1, 2]


def test_damaged_offsets_are_an_error(path, table):
    """No access reads beyond the elements (F-36, F-63)."""
    raw = bytearray(path.read_bytes())
    offsets = np.array(table["i"].offsets)
    at = raw.find(offsets.tobytes())
    for value in (-1, 1 << 62, 7):
        raw[at + 8 : at + 16] = np.int64(value).tobytes()
        path.with_suffix(".bad").write_bytes(raw)
        bad = shmcol.open(path.with_suffix(".bad"))
        with pytest.raises(shmcol.FormatError) as caught:
            bad["i"][0]
        assert caught.value.status == "OFFSETS" and caught.value.row == 0
        assert bad["i"][4].tolist() == [5, 6]
        with pytest.raises(shmcol.FormatError):
            bad["i"].to_arrow()


def test_batches_are_cut_anywhere(path, monkeypatch):
    from shmcol import _write

    monkeypatch.setattr(_write, "_BATCH", 7)
    rows = [None if i % 5 == 3 else list(range(i % 4)) for i in range(100)]
    texts = [None if row is None else [str(i) for i in row] for row in rows]
    money = [None if row is None else [Decimal(i) for i in row] for row in rows]
    shmcol.write({"i": rows, "s": texts, "d": money, "p": [Decimal(i) for i in range(100)]}, path)
    with shmcol.open(path, verify="full") as table:
        assert table["i"].tolist() == rows and table["s"].tolist() == texts
        assert table["d"].tolist() == money and table["p"][99] == 99


def test_threads_read_rows(table):
    found = []

    def read():
        for _ in range(300):
            found.append([len(row) for row in table["i"] if row is not None])

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1200 and all(lengths == [3, 0, 1, 2] for lengths in found)
