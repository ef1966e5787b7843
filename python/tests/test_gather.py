"""A gather of some rows costs these rows: memory and pages as for a small table."""

import itertools
import pickle
import re
import tracemalloc

import numpy as np
import pytest
import shmcol
from conftest import every_column

pa = pytest.importorskip("pyarrow")

FEW, MANY = 8_000, 400_000


def arrow_columns(n):
    """Types that only Arrow makes, and each type with nulls."""
    rows = np.arange(n)
    null = rows % 7 == 2
    words = [f"w{i:06}" for i in range(n)]
    made = {
        "time32": pa.array((rows % 86400).astype("i4"), pa.int32()).view(pa.time32("s")),
        "time64": pa.array(rows, mask=null).view(pa.time64("us")),
        "date32": pa.array((rows % 20000).astype("i4"), mask=null).view(pa.date32()),
        "date64": pa.array(rows % 20000 * 86_400_000, mask=null).view(pa.date64()),
        "zone": pa.array(rows, mask=null).view(pa.timestamp("us", "Europe/Paris")),
        "duration": pa.array(rows, mask=null).view(pa.duration("ms")),
        "decimal": pa.array([int(row) for row in rows], pa.decimal128(9, 0), mask=null),
        "list": pa.LargeListArray.from_arrays(
            np.arange(n + 1) * 3, np.arange(3 * n), mask=pa.array(null)
        ),
        "string": pa.array(words, pa.large_string(), mask=null),
        "binary": pa.array([word.encode() for word in words], pa.large_binary(), mask=null),
        "codes": pa.DictionaryArray.from_arrays(
            pa.array(rows.astype("i4"), mask=null), pa.array(words, pa.large_string())
        ),
    }
    return made | {"fixed": pa.array([word.encode() for word in words], pa.binary(7), mask=null)}


def numpy_columns(n):
    rows = np.arange(n)
    by_row = np.broadcast_to((rows % 7 == 2)[:, None], (n, 3))
    tensor = np.arange(3 * n, dtype="f4").reshape(n, 3)
    made = {"tensor": tensor, "tensor_null": np.ma.MaskedArray(tensor, by_row)}
    return made | {
        "tensor_day": np.ma.MaskedArray((tensor % 20000).astype("i8").view("M8[D]"), by_row)
    }


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The same columns with few rows and with many."""
    place = tmp_path_factory.mktemp("gather")
    opened = {}
    for n in (FEW, MANY):
        columns = {
            name: values for name, values in every_column(n).items() if not isinstance(values, list)
        }
        columns |= arrow_columns(n) | numpy_columns(n)
        shmcol.write(columns, place / f"{n}", sync=False)
        opened[n] = shmcol.open(place / f"{n}")
    return opened


COLUMNS = sorted(
    every_column(8).keys() - {"text", "bytes", "word"}
    | arrow_columns(8).keys()
    | numpy_columns(8).keys()
)
OBJECTS = (shmcol.StringColumn, shmcol.DecimalColumn, shmcol.ListColumn)
PICKED = np.random.default_rng(5).integers(0, FEW, 256)
PICKS = {
    "a row": lambda table, name: table[name][FEW - 5],
    "a null": lambda table, name: table[name][2],
    "rows": lambda table, name: table[name][PICKED],
    "a list": lambda table, name: table[name][[5, -1, 2]],
    "a slice": lambda table, name: table[name][1000:1300],
    "a step": lambda table, name: table[name][1300:1000:-3],
    "a view": lambda table, name: table[1000:1300][name][PICKED % 300],
    "a loop": lambda table, name: [table[name][row] for row in range(0, 70)],
    "the first": lambda table, name: list(itertools.islice(table[name], 9)),
}
ARRAYS = {
    "take": lambda table, name: table[name].take(PICKED),
    "np.take": lambda table, name: np.take(table[name], PICKED, axis=0),
}
CODES = {
    "codes": lambda table, name: table[name].codes[PICKED],
    "categories": lambda table, name: table[name].categories[PICKED],
}


def peak(pick, table, name):
    pick(table, name)
    tracemalloc.start()
    try:
        pick(table, name)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", COLUMNS)
def test_some_rows_take_the_memory_of_some_rows(tables, name):
    """Picks rows in a table of 50 times as many. A mask of all of them would be 400 kB."""
    picks = dict(PICKS)
    if not isinstance(tables[FEW][name], OBJECTS):
        picks |= (
            ARRAYS
            if tables[FEW][name].ndim == 1
            else {"take": lambda table, name: table[name].take(PICKED, axis=0)}
        )
    elif name == "codes":
        picks |= CODES
    for what, pick in picks.items():
        few, many = peak(pick, tables[FEW], name), peak(pick, tables[MANY], name)
        assert many < 1.1 * few + 5_000 and many < MANY, (what, few, many)


def check(picked, stored, null):
    """Checks that the picked rows are those in the map, and null where they have to be."""
    values = np.ma.getdata(picked)
    times = values.dtype.kind in "mM"
    if isinstance(picked, np.ma.MaskedArray):
        shown = np.ma.getmaskarray(picked)
    else:
        shown = np.isnat(values) if times else False
    null = np.broadcast_to(
        null.reshape(null.shape + (1,) * (stored.ndim - null.ndim)), stored.shape
    )
    assert values.shape == stored.shape and np.array_equal(
        np.broadcast_to(shown, values.shape), null
    )
    raw = values.astype("i8") if times else values
    np.testing.assert_array_equal(raw[~null], stored[~null])


KEYS = [
    PICKED,
    [5, -1, 2],
    slice(1000, 1300),
    slice(1300, 1000, -3),
    np.arange(6).reshape(2, 3),
    [],
    np.arange(FEW - 3) % 9 == 4,
    ...,
]


@pytest.mark.parametrize("name", [name for name in COLUMNS if name != "list"])
def test_what_is_picked_is_what_is_there(tables, name):
    table = tables[FEW][3:]
    nulls = table.nulls(name)
    if name in ("string", "binary", "codes", "decimal"):
        wanted = np.array(table.to_arrow()[name].to_pylist(), object)
        for key in KEYS:
            assert np.asarray(table[name][key]).tolist() == wanted[key].tolist(), key
        assert [table[name][row] for row in (0, 6, -1)] == [wanted[row] for row in (0, 6, -1)]
    else:
        stored = table.storage(name)
        stored = (
            stored.view(f"S{stored.shape[1]}")[:, 0]
            if table.schema[name].kind == "fixed_binary"
            else stored
        )
        for key in [*KEYS, 0, 6, -1, np.int32(-6)]:
            check(table[name][key], np.asarray(stored[key]), np.asarray(nulls[key]))
    rows = len(table)
    for wrong in (rows, -rows - 1, [0, rows], [-rows - 1], np.ones(5, bool), [0.5], "x"):
        with pytest.raises(IndexError):
            table[name][wrong]


def touched(table, name):
    """Counts the bytes of the pages that are read for some rows. The processor marks them."""
    try:
        with open("/proc/self/clear_refs", "w") as marks:
            marks.write("1")
    except OSError:
        pytest.skip("this system does not let a process clear the marks of its pages")
    for what in ("a row", "a null", "rows", "a slice", "a loop"):
        PICKS[what](table, name)
    return marked(table.path)


def marked(path):
    with open("/proc/self/smaps") as maps:
        parts = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", maps.read(), flags=re.MULTILINE)
    mine = [part for part in parts if f"{path}\n" in part]
    return sum(1024 * int(re.search(r"^Referenced: *(\d+) kB", part, re.M)[1]) for part in mine)


def test_no_bytes_of_other_rows_are_read(tables):
    """Reads the same rows in a table of 50 times as many. Buffers may begin elsewhere in a page."""
    for table in tables.values():
        table.prefault()
    for name in COLUMNS:
        few, many = (touched(table, name) for table in tables.values())
        assert 0 < many <= 2 * few, (name, few, many)


def test_a_dictionary_makes_no_objects_of_what_is_not_picked(tables):
    """As many categories as rows: their objects would be 25 MB."""
    column = tables[MANY]["codes"]
    rows = np.random.default_rng(5).integers(0, MANY, 256)
    assert column[rows].tolist() == [None if row % 7 == 2 else f"w{row:06}" for row in rows]
    assert peak(lambda table, name: table[name][rows], tables[MANY], "codes") < 100_000
    assert (
        peak(lambda table, name: [next(iter(table[name])) for _ in range(3)], tables[MANY], "codes")
        < 2_000_000
    )
    assert list(column) == column.tolist()


def test_a_mask_is_made_once(tables):
    column = tables[MANY]["int_null"]
    assert (
        isinstance(column, np.ma.MaskedArray)
        and column[2] is np.ma.masked
        and column[PICKED].mask.sum() == (PICKED % 7 == 2).sum()
    )
    assert column.mask.sum() == tables[MANY].schema["int_null"].nulls
    tracemalloc.start()
    assert column.count() + column.mask.sum() == MANY and column[2] is np.ma.masked
    assert tracemalloc.get_traced_memory()[0] < 5_000
    tracemalloc.stop()
    for made in (
        column + 1,
        column[:9],
        column.view(),
        pickle.loads(pickle.dumps(column)),
        tables[FEW]["int_null"].copy(),
    ):
        assert type(made) is np.ma.MaskedArray and made.mask.any()


@pytest.mark.parametrize("name", ["int_null", "date32", "time64", "tensor_null"])
def test_take_is_numpys(tables, name):
    """Bools count as numbers there, floats are refused, everything else is as with an array."""
    table = tables[FEW]
    column, whole = table[name], np.ma.copy(np.ma.asarray(table[name][:]))
    for how in ({}, {"axis": 0}, {"axis": 0, "mode": "clip"}, {"axis": -1}):
        for rows in ([1, 2], [[True, False]], np.uint8(2), np.array([], int)):
            found, wanted = (np.asarray(each.take(rows, **how)) for each in (column, whole))
            assert found.dtype == wanted.dtype and np.array_equal(found, wanted, equal_nan=True)
    with pytest.raises(TypeError):
        column.take(np.array([1.5]))
    with pytest.raises(IndexError):
        column.take([FEW], axis=0)


def test_a_masked_column_may_be_masked_further(tables):
    column = tables[FEW]["int_null"]
    column[3] = np.ma.masked
    column.fill_value = 7
    assert column[[2, 3, 4]].filled().tolist() == [7, 7, 4] and tables[FEW]["int_null"][3] == 3


@pytest.mark.parametrize(
    "key",
    [
        (5, 1),
        (2, 1),
        (PICKED, 1),
        (PICKED, slice(None), None),
        (slice(1, 9), [0, 2]),
        (..., 0),
        (),
        None,
    ],
)
@pytest.mark.parametrize("name", ["tensor_null", "tensor_day"])
def test_parts_of_rows(tables, name, key):
    table = tables[FEW]
    values = table.storage(name)
    null = np.broadcast_to(table.nulls(name)[:, None], values.shape)
    picked = table[name][key]
    if name == "tensor_day":
        assert np.array_equal(np.isnat(picked), null[key]) and picked.dtype == "M8[D]"
        assert np.array_equal(np.asarray(picked)[~null[key]].astype("i8"), values[key][~null[key]])
    else:
        assert np.array_equal(np.ma.getmaskarray(picked), null[key])
        assert np.ma.allequal(picked, np.ma.MaskedArray(values[key], null[key]))


def test_columns_of_one_table_fill_another(tables, path):
    """Writes columns, and rows of them, with their nulls."""
    table = tables[FEW]
    names = [
        "int_null",
        "bool_null",
        "date32",
        "time32",
        "time64",
        "tensor_null",
        "tensor_day",
        "zone",
    ]
    shmcol.write({name: table[name] for name in names}, path)
    with shmcol.create(path, table[names].schema, rows=FEW, overwrite=True) as filled:
        with filled.rows(0, 4096) as rows:
            for name in names:
                rows[name] = table[:4096][name]
        with filled.rows(4096, FEW) as rows:
            for name in names:
                rows[name] = table[name][4096:]
        assert (
            shmcol.open(path)[["int_null", "date32", "time32"]]
            .to_arrow()
            .equals(table[["int_null", "date32", "time32"]].to_arrow())
        )
        filled.commit()
    assert shmcol.open(path).to_arrow().equals(table[names].to_arrow())
