"""Lists, decimals and half floats through the Arrow C data interface, both ways."""

import datetime
import decimal

import c_data
import pyarrow as pa
import pytest

PATH = c_data.library_path()
pytestmark = pytest.mark.skipif(PATH is None, reason=c_data.NO_LIBRARY)

D = decimal.Decimal
LISTS = {
    "list": pa.list_,
    "large_list": pa.large_list,
    "list_view": pa.list_view,
    "large_list_view": pa.large_list_view,
}
AT = datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc)
ELEMENTS = {
    "bool": (pa.bool_(), [True, False, False, True, True]),
    "int8": (pa.int8(), [-128, 127, 0, 1, -1]),
    "int32": (pa.int32(), [1, 2, 3, -4, 5]),
    "uint64": (pa.uint64(), [0, 2**64 - 1, 1, 2, 3]),
    "halffloat": (pa.float16(), [0.5, -0.0, 65504.0, 1.0, 2.0]),
    "double": (pa.float64(), [0.1, -0.0, 1e300, 5e-324, 2.0]),
    "decimal32": (pa.decimal32(5, 2), [D("1.25"), D("-999.99"), D("0.00"), D("7.00"), D("0.01")]),
    "decimal64": (pa.decimal64(18, 0), [D(10**18 - 1), D(-1), D(0), D(1), D(2)]),
    "decimal128": (pa.decimal128(38, 10), [D("1E-10"), D("-0.5"), D(10**27), D(1), D(2)]),
    "date32": (pa.date32(), [datetime.date(2024, 2, 29)] * 5),
    "timestamp": (pa.timestamp("us", "Europe/Paris"), [AT, AT, AT, AT, AT]),
    "duration": (pa.duration("ms"), [datetime.timedelta(milliseconds=i) for i in range(5)]),
    "time64": (pa.time64("us"), [datetime.time(1, 2, 3, i) for i in range(5)]),
    "string": (pa.string(), ["", "ä", "long " * 9, "b", "c"]),
    "large_string": (pa.large_string(), ["", "ä", "long " * 9, "b", "c"]),
    "string_view": (pa.string_view(), ["", "exactly twelv", "long " * 9, "b", "c"]),
}


@pytest.fixture(scope="module")
def shmcol():
    return c_data.Library(PATH)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.shmcol"


def ours(element):
    """The type that elements come back with."""
    if element == pa.bool_():
        return pa.bool8()
    if pa.types.is_string(element) or element == pa.string_view():
        return pa.large_string()
    if pa.types.is_decimal(element):
        return pa.decimal128(element.precision, element.scale)
    return element


def rows_of(values, times=1):
    """Lists of every length, an empty one, a null."""
    return [values[:2], [], None, values[2:], values, values[:1], None, values[1:4]] * times


def table_of(make, element, values, times=1):
    rows = rows_of(values, times)
    return pa.table({"n": range(len(rows)), "x": pa.array(rows, make(element))})


def wanted_of(element, values, times=1):
    """The same table in the types that the file has: pyarrow's own."""
    rows = rows_of(values, times)
    plain = pa.array(rows, pa.large_list(element if element == pa.bool_() else ours(element)))
    if element == pa.bool_():
        flat = pa.ExtensionArray.from_storage(pa.bool8(), plain.values.cast(pa.int8()))
        plain = pa.LargeListArray.from_arrays(
            plain.offsets, flat, mask=pa.array([r is None for r in rows])
        )
    return pa.table({"n": range(len(rows)), "x": plain})


def opened(shmcol, path, batch_rows=0):
    with shmcol.open(path) as file:
        file.verify()
        stream = file.stream(batch_rows=batch_rows)
        return pa.RecordBatchReader._import_from_c(stream.address)


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("form", LISTS)
def test_there_and_back(shmcol, path, form, element):
    """Values and schema are those of pyarrow's own table, with which it can be joined."""
    element, values = ELEMENTS[element]
    table, wanted = table_of(LISTS[form], element, values), wanted_of(element, values)
    shmcol.write_reader(path, table.to_reader())
    got = opened(shmcol, path).read_all()
    got.validate(full=True)
    assert got.schema.equals(wanted.schema, check_metadata=True)
    assert got.equals(wanted)
    both = pa.concat_tables([got, wanted])
    both.validate(full=True)
    assert both.num_rows == 2 * wanted.num_rows
    assert both["x"].to_pylist() == wanted["x"].to_pylist() * 2
    assert pa.ipc.open_file(path.read_bytes()).read_all().equals(wanted)


@pytest.mark.parametrize("element", ["int32", "bool", "string", "string_view", "decimal32"])
@pytest.mark.parametrize("form", LISTS)
def test_how_lists_are_cut_does_not_show(shmcol, path, tmp_path, form, element):
    """Slices, empty batches and batches of any size give the same bytes."""
    element, values = ELEMENTS[element]
    table = table_of(LISTS[form], element, values, 40)
    shmcol.write_reader(path, table.to_reader())
    bytes_ = path.read_bytes()
    for size in (1, 7, 100):
        pieces = [table.slice(i, size) for i in range(0, table.num_rows, size)]
        pieces.insert(1, table.slice(3, 0))
        shmcol.write_reader(path, pa.concat_tables(pieces).to_reader())
        assert path.read_bytes() == bytes_
    shmcol.write_reader(path, table.slice(5, 200).to_reader(max_chunksize=13))
    assert opened(shmcol, path).read_all()["x"].to_pylist() == table["x"].to_pylist()[5:205]


@pytest.mark.parametrize("batch_rows", [0, 1, 3, 64, 1000])
def test_streams_of_lists(shmcol, path, batch_rows):
    element, values = ELEMENTS["string"]
    table = table_of(pa.large_list, element, values, 9)
    shmcol.write_reader(path, table.to_reader())
    batches = list(opened(shmcol, path, batch_rows))
    for batch in batches:
        batch.validate(full=True)
    assert len(batches) == (-(-72 // batch_rows) if batch_rows else 1)
    assert pa.Table.from_batches(batches)["x"].to_pylist() == table["x"].to_pylist()


def inside(buffer, places):
    return any(a <= buffer.address and buffer.address + buffer.size <= b for a, b in places)


@pytest.mark.parametrize("element", ELEMENTS)
def test_lists_lie_in_the_map(shmcol, path, element):
    """Offsets, elements and their bytes: nothing is copied, also not for a part of the rows."""
    element, values = ELEMENTS[element]
    shmcol.write_reader(path, table_of(pa.large_list, element, values, 5).to_reader())
    reader = opened(shmcol, path, 17)
    places = c_data.mapped(path)
    first = None
    for batch in reader:
        array = batch.column("x")
        found = [b for b in array.buffers() if b is not None and b.size > 0]
        assert len(found) >= 3 and all(inside(b, places) for b in found)
        assert array.values.buffers()[1].address == (first or array.values.buffers()[1].address)
        first = array.values.buffers()[1].address
    del reader, batch, array, found
    assert not c_data.mapped(path), "the map goes with the last export"


@pytest.mark.parametrize(
    "array",
    [
        pa.array([0.5, None, -0.0, 65504.0], pa.float16()),
        pa.array([D("1.25"), None, D("-0.01")], pa.decimal128(38, 2)),
        pa.array([D("1.25"), None, D("-0.01")], pa.decimal32(9, 2)),
        pa.array([D("1.25"), None, D("-0.01")], pa.decimal64(18, 2)),
    ],
    ids=lambda a: str(a.type),
)
@pytest.mark.parametrize("first", [0, 1])
def test_halves_and_decimals(shmcol, path, array, first):
    array = array.slice(first)
    shmcol.write_reader(path, pa.table({"x": array}).to_reader())
    got = opened(shmcol, path).read_all()
    wanted = pa.table({"x": array.cast(ours(array.type))})
    assert got.schema.equals(wanted.schema) and got.equals(wanted)
    places = c_data.mapped(path)
    assert inside(got["x"].chunk(0).buffers()[1], places)
    assert pa.concat_tables([got, wanted])["x"].to_pylist() == array.to_pylist() * 2


@pytest.mark.parametrize("form", LISTS)
def test_a_null_inside_a_list(shmcol, path, form):
    table = pa.table(
        {"n": [1, 2, 3], "x": pa.array([[1], None, [2, None]], LISTS[form](pa.int8()))}
    )
    with pytest.raises(c_data.ShmcolError, match="a null inside a list") as raised:
        shmcol.write_reader(path, table.to_reader(max_chunksize=1))
    assert (raised.value.status, raised.value.column, raised.value.row) == ("BAD_VALUE", 1, 2)
    assert not path.exists()


def test_what_a_null_list_leads_to(shmcol, path):
    """Elements of a null list do not come into the file; they may be null."""
    child = pa.array([1, 2, None, 3])
    array = pa.ListArray.from_arrays([0, 2, 3, 4], child, mask=pa.array([False, True, False]))
    shmcol.write_reader(path, pa.table({"x": array}).to_reader())
    got = opened(shmcol, path).read_all()["x"].chunk(0)
    assert got.to_pylist() == [[1, 2], None, [3]]
    assert got.values.to_pylist() == [1, 2, 3]


def test_duckdb_reads_lists_and_decimals(shmcol, path):
    duckdb = pytest.importorskip("duckdb")
    table = pa.table(
        {
            "x": pa.array([[1, 2], None, [3]], pa.list_(pa.int32())),
            "d": pa.array([D("1.25"), None, D("2.50")], pa.decimal128(9, 2)),
        }
    )
    shmcol.write_reader(path, table.to_reader())
    stream = opened(shmcol, path)  # noqa: F841 (duckdb finds it by its name)
    got = duckdb.connect().execute("select sum(len(x)), sum(d) from stream").fetchone()
    assert got == (3, D("3.75"))


def test_polars_reads_lists_decimals_and_halves(shmcol, path):
    polars = pytest.importorskip("polars")
    table = pa.table(
        {
            "x": pa.array([["a"], None, ["b", ""]], pa.list_view(pa.string_view())),
            "d": pa.array([D("1.25"), None, D("2.50")], pa.decimal128(9, 2)),
            "h": pa.array([0.5, None, 2.0], pa.float16()),
        }
    )
    shmcol.write_reader(path, table.to_reader())
    with shmcol.open(path) as file:
        frame = polars.DataFrame(c_data.Capsule(file.stream(batch_rows=2)))
    assert frame.to_dict(as_series=False) == table.to_pydict()
    capsule = frame.__arrow_c_stream__(None)
    shmcol.write(path, c_data.capsule_address(capsule))
    assert opened(shmcol, path).read_all().to_pydict() == table.to_pydict()
