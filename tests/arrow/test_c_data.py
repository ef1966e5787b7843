"""The Arrow C data interface with pyarrow on the other side.

Every type goes both ways, on the way out in place; other consumers read our streams.
"""

import datetime
import decimal
import math
import random

import c_data
import pyarrow as pa
import pytest

PATH = c_data.library_path()
pytestmark = pytest.mark.skipif(PATH is None, reason=c_data.NO_LIBRARY)

DAY = datetime.date(1970, 1, 1)


@pytest.fixture(scope="module")
def shmcol():
    return c_data.Library(PATH)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.shmcol"


def integers(bits, signed=True):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return [low, high, None, 0, 1, high // 3]


def tensors(element, shape, rows):
    size = math.prod(shape)
    flat = pa.array([i % 100 for i in range(rows * size)], pa.int64()).cast(element)
    storage = pa.FixedSizeListArray.from_arrays(
        flat, size, mask=pa.array([i % 3 == 1 for i in range(rows)])
    )
    return pa.ExtensionArray.from_storage(pa.fixed_shape_tensor(element, shape), storage)


NOW = 1_700_000_000
TIMES = [0, 86399, None, 3600, 1, 2]
INSTANTS = [0, NOW, None, -NOW, 1, 2]

# (array as it goes in, type as it comes out if it is another one)
ARRAYS = {
    "bool": (pa.array([True, False, None, True, False, None]), pa.bool8()),
    "bool8": (
        pa.ExtensionArray.from_storage(pa.bool8(), pa.array([0, 1, None, 0, 1, 1], pa.int8())),
        None,
    ),
    **{
        f"int{b}": (pa.array(integers(b), pa.type_for_alias(f"int{b}")), None)
        for b in (8, 16, 32, 64)
    },
    **{
        f"uint{b}": (pa.array(integers(b, False), pa.type_for_alias(f"uint{b}")), None)
        for b in (8, 16, 32, 64)
    },
    "float32": (pa.array([0.0, -0.0, None, 1.5, math.inf, -math.inf], pa.float32()), None),
    "float64": (pa.array([0.1, -0.0, None, 1e300, math.inf, 5e-324]), None),
    "date32": (pa.array([DAY, None, datetime.date(2262, 4, 12), datetime.date(1, 1, 1)]), None),
    "date64": (
        pa.array([DAY, None, datetime.date(2262, 4, 12), datetime.date(1, 1, 1)], pa.date64()),
        None,
    ),
    **{
        f"timestamp-{u}": (pa.array(INSTANTS, pa.timestamp(u)), None)
        for u in ("s", "ms", "us", "ns")
    },
    "timestamp-zone": (pa.array(INSTANTS, pa.timestamp("us", "America/New_York")), None),
    **{
        f"duration-{u}": (pa.array(INSTANTS, pa.duration(u)), None) for u in ("s", "ms", "us", "ns")
    },
    **{f"time32-{u}": (pa.array(TIMES, pa.int32()).cast(pa.time32(u)), None) for u in ("s", "ms")},
    **{f"time64-{u}": (pa.array(TIMES, pa.int64()).cast(pa.time64(u)), None) for u in ("us", "ns")},
    "string": (pa.array(["", "ä", None, "long " * 50, "\0", "z"]), pa.large_string()),
    "large_string": (pa.array(["", "ä", None, "long " * 50], pa.large_string()), None),
    "string_view": (
        pa.array(["", "ä", None, "long " * 50, "exactly twelv", "twelve chars"], pa.string_view()),
        pa.large_string(),
    ),
    "binary": (pa.array([b"", b"\xff\xfe", None, b"x" * 100]), pa.large_binary()),
    "large_binary": (pa.array([b"", b"\xff\xfe", None], pa.large_binary()), None),
    "binary_view": (
        pa.array([b"", b"\xff\xfe", None, b"x" * 100], pa.binary_view()),
        pa.large_binary(),
    ),
    "fixed_binary": (pa.array([b"abc", b"\0\0\0", None], pa.binary(3)), None),
    "uuid": (
        pa.ExtensionArray.from_storage(
            pa.uuid(), pa.array([b"0" * 16, None, b"f" * 16], pa.binary(16))
        ),
        None,
    ),
    "json": (
        pa.ExtensionArray.from_storage(
            pa.json_(pa.large_string()), pa.array(["{}", None], pa.large_string())
        ),
        None,
    ),
    "null": (pa.nulls(4), pa.large_string()),
    "tensor": (tensors(pa.float32(), [2, 3], 7), None),
    "tensor-1": (tensors(pa.int8(), [1], 4), None),
    "tensor-time": (tensors(pa.timestamp("ns"), [2], 4), None),
}
DICTIONARY = pa.dictionary(pa.int8(), pa.large_string())


def index(bits, signed=True):
    return pa.type_for_alias(f"{'' if signed else 'u'}int{bits}")


ARRAYS |= {
    f"dictionary-{index(b, s)}": (
        pa.DictionaryArray.from_arrays(
            pa.array([1, 0, None, 2, 1], index(b, s)), pa.array(["z", "a", ""])
        ),
        DICTIONARY,
    )
    for b in (8, 16, 32, 64)
    for s in (True, False)
}


def canonical(array, type_):
    """Returns the values that the file must hold. Floats as text, so that -0.0 and 0.0 differ."""
    if type_ is not None and isinstance(type_, pa.DictionaryType):
        array = pa.array(array.to_pylist(), type_.value_type)
    storage = array.storage if isinstance(array, pa.ExtensionArray) else array
    if (
        pa.types.is_timestamp(storage.type)
        or pa.types.is_duration(storage.type)
        or pa.types.is_time64(storage.type)
    ):
        storage = storage.cast(pa.int64())
    if pa.types.is_boolean(storage.type):
        storage = storage.cast(pa.int8())
    if isinstance(storage, pa.FixedSizeListArray):
        return [None if v is None else [repr(x) for x in v] for v in storage.to_pylist()]
    return [repr(v) for v in storage.to_pylist()]


def read(path):
    """Reads the file with pyarrow alone and without a map, so that every map is ours."""
    return pa.ipc.open_file(path.read_bytes()).read_all()


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("first", [0, 1])
def test_in(shmcol, path, name, first):
    array, type_ = ARRAYS[name]
    array = array.slice(first)
    metadata = {b"unit": b"kg", b"": b"\xc3\xa4"}
    schema = pa.schema(
        [pa.field("column ä", array.type, metadata=metadata)], metadata={b"made": b"here"}
    )
    shmcol.write_reader(
        path, pa.Table.from_arrays([pa.chunked_array([array])], schema=schema).to_reader()
    )
    with shmcol.open(path) as file:
        file.verify()
    got = read(path)
    column = got.column(0).chunk(0)
    column.validate(full=True)
    assert got.column_names == ["column ä"]
    assert column.type == (type_ or array.type)
    assert canonical(column, None if type_ is None else type_) == canonical(array, type_)
    assert column.null_count == array.null_count
    assert got.schema.metadata == {b"made": b"here"}
    kept = {
        k: v for k, v in (got.schema.field(0).metadata or {}).items() if not k.startswith(b"ARROW:")
    }
    assert kept == metadata


def reader_of(stream):
    return pa.RecordBatchReader._import_from_c(stream.address)


def buffers(array):
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    found = [b for b in array.buffers() if b is not None and b.size > 0]
    return found + (buffers(array.dictionary) if isinstance(array, pa.DictionaryArray) else [])


@pytest.mark.parametrize("name", ARRAYS)
def test_out_in_place(shmcol, path, name):
    array, _ = ARRAYS[name]
    shmcol.write_reader(path, pa.table({"x": array}).to_reader())
    expected = read(path).column(0).chunk(0)
    file = shmcol.open(path)
    places = c_data.mapped(path)
    schema, exported = file.column(0)
    file.close()
    got = pa.Array._import_from_c(exported.address, schema.address)
    got.validate(full=True)
    assert got.type == expected.type
    assert canonical(got, None) == canonical(expected, None)
    assert got.null_count == expected.null_count
    assert buffers(got)
    for buffer in buffers(got):
        assert any(
            begin <= buffer.address and buffer.address + buffer.size <= end for begin, end in places
        )
    assert c_data.mapped(path)
    del got, buffer
    assert not c_data.mapped(path), "the map goes with the last export"


def whole_table(rows=1000, seed=1):
    """A table of most types at once."""
    random.seed(seed)

    def some(make):
        return [None if random.random() < 0.1 else make() for _ in range(rows)]

    words = ["".join(random.choices("abcä ", k=random.randrange(30))) for _ in range(40)]
    return pa.table(
        {
            "flag": pa.array(some(lambda: random.random() < 0.5)),
            "i32": pa.array(some(lambda: random.randrange(-1000, 1000)), pa.int32()),
            "u64": pa.array(some(lambda: random.getrandbits(64)), pa.uint64()),
            "f": pa.array(some(random.random)),
            "day": pa.array(some(lambda: random.randrange(-99999, 99999)), pa.int32()).cast(
                pa.date32()
            ),
            "at": pa.array(some(lambda: random.getrandbits(50)), pa.timestamp("us", "UTC")),
            "s": pa.array(some(lambda: random.choice(words))),
            "v": pa.array(some(lambda: random.choice(words)), pa.string_view()),
            "d": pa.array(some(lambda: random.choice(words))).dictionary_encode(),
            "b": pa.array(some(lambda: random.randbytes(random.randrange(9))), pa.binary()),
        }
    )


def plain(table):
    """Returns columns as lists of Python values, for any width of strings, codes and booleans."""
    columns = {}
    for name in table.column_names:
        column = table.column(name)
        if isinstance(column.type, pa.DictionaryType):
            column = column.cast(column.type.value_type)
        columns[name] = [
            bool(v) if name == "flag" and v is not None else v for v in column.to_pylist()
        ]
    return columns


@pytest.mark.parametrize("batch_rows", [0, 1, 7, 64, 999, 1000, 5000])
def test_streams_out(shmcol, path, batch_rows):
    table = whole_table()
    shmcol.write_reader(path, table.to_reader())
    with shmcol.open(path) as file:
        reader = reader_of(file.stream(batch_rows=batch_rows))
    batches = list(reader)
    assert len(batches) == (-(-1000 // batch_rows) if batch_rows else 1)
    for batch in batches:
        batch.validate(full=True)
    assert plain(pa.Table.from_batches(batches)) == plain(table)


def test_columns_are_picked(shmcol, path):
    table = whole_table(100)
    shmcol.write_reader(path, table.to_reader())
    with shmcol.open(path) as file:
        got = reader_of(file.stream(columns=[6, 1], batch_rows=30)).read_all()
    assert got.column_names == ["s", "i32"]
    assert plain(got) == plain(table.select(["s", "i32"]))


@pytest.mark.parametrize("seed", range(20))
def test_cut_and_chunked_tables_come_in_whole(shmcol, path, seed):
    table = whole_table(500, seed)
    pieces, at = [], 0
    while at < table.num_rows:
        length = random.randrange(0, 120)
        pieces.append(table.slice(at, length))
        at += length
    shmcol.write_reader(
        path, pa.concat_tables(pieces).to_reader(max_chunksize=random.choice([None, 1, 10, 77]))
    )
    with shmcol.open(path) as file:
        file.verify()
        schema, array = file.table()
        got = pa.Table.from_batches([pa.RecordBatch._import_from_c(array.address, schema.address)])
    assert plain(got) == plain(table)


def test_how_a_table_is_cut_does_not_show(shmcol, path, tmp_path):
    table = whole_table(3000)
    shmcol.write_reader(path, table.to_reader())
    for size in (1, 100, 2999):
        other = tmp_path / "other.shmcol"
        shmcol.write_reader(other, table.to_reader(max_chunksize=size))
        assert other.read_bytes() == path.read_bytes()


REFUSED = {
    "decimal256(40, 2)": pa.array([decimal.Decimal("1.25")], pa.decimal256(40, 2)),
    "decimal128(10, -2)": pa.array([decimal.Decimal("100")], pa.decimal128(10, -2)),
    "list<item: list<item: int64>>": pa.array([[[1]]]),
    "large_list<item: binary>": pa.array([[b"a"]], pa.large_list(pa.binary())),
    "list_view<item: struct<a: int64>>": pa.ListViewArray.from_arrays([0], [1], [{"a": 1}]),
    "list<item: null>": pa.array([[]], pa.list_(pa.null())),
    "list<item: dictionary<values=string, indices=int8>>": pa.ListArray.from_arrays(
        [0, 1], pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), ["a"])
    ),
    "fixed_size_list<item: bool>[2]": pa.array([[True, False]], pa.list_(pa.bool_(), 2)),
    "fixed_size_list<item: fixed_size_list<item: int64>[1]>[2]": pa.array(
        [[[1], [2]]], pa.list_(pa.list_(pa.int64(), 1), 2)
    ),
    "fixed_size_list": pa.array([[]], pa.list_(pa.int64(), 0)),
    "struct": pa.array([{"a": 1}]),
    "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
    "dense_union": pa.UnionArray.from_dense(
        pa.array([0], pa.int8()), pa.array([0], pa.int32()), [pa.array([1])]
    ),
    "sparse_union": pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])]),
    "run_end_encoded": pa.RunEndEncodedArray.from_arrays([1], [1]),
    "month_day_nano_interval": pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
    "dictionary<values=int64, indices=int64>": pa.DictionaryArray.from_arrays([0], [7]),
    "permutation": pa.ExtensionArray.from_storage(
        pa.fixed_shape_tensor(pa.int8(), [1, 2], permutation=[1, 0]),
        pa.array([[1, 2]], pa.list_(pa.int8(), 2)),
    ),
    "dim_names": pa.ExtensionArray.from_storage(
        pa.fixed_shape_tensor(pa.int8(), [1, 2], dim_names=["a", "b"]),
        pa.array([[1, 2]], pa.list_(pa.int8(), 2)),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_types_we_do_not_have(shmcol, path, name):
    with pytest.raises(c_data.ShmcolError) as raised:
        shmcol.write_reader(
            path, pa.table({"first": [0] * len(REFUSED[name]), "second": REFUSED[name]}).to_reader()
        )
    assert raised.value.status == "TYPE_UNSUPPORTED"
    assert name in raised.value.message and '"second"' in raised.value.message
    assert raised.value.column == 1
    assert not path.exists()


def test_a_failing_producer(shmcol, path):
    def batches():
        yield pa.record_batch({"a": [1]})
        raise ValueError("no more milk")

    with pytest.raises(c_data.ShmcolError, match="no more milk") as raised:
        shmcol.write_reader(
            path, pa.RecordBatchReader.from_batches(pa.schema({"a": pa.int64()}), batches())
        )
    assert raised.value.status == "IO"
    assert not path.exists()


def test_nulls_where_none_may_be(shmcol, path):
    schema = pa.schema([pa.field("a", pa.int64(), nullable=False)])
    with pytest.raises(c_data.ShmcolError) as raised:
        shmcol.write_reader(
            path, pa.Table.from_arrays([pa.array([1, None])], schema=schema).to_reader()
        )
    assert raised.value.column == 0
    assert not path.exists()


@pytest.mark.parametrize("order", [["low", "high", "middle"], ["b", "a"]])
@pytest.mark.parametrize("ordered", [False, True])
def test_the_order_of_a_dictionary_is_kept(shmcol, path, order, ordered):
    values = pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 1]), order, ordered=ordered)
    shmcol.write_reader(path, pa.table({"x": values}).to_reader(max_chunksize=2))
    with shmcol.open(path) as file:
        got = reader_of(file.stream()).read_all().column(0).chunk(0)
    assert got.type.ordered == ordered
    assert got.dictionary.to_pylist() == order
    assert got.to_pylist() == values.to_pylist()


def test_dictionaries_that_differ_become_one(shmcol, path):
    chunks = [
        pa.array(words).dictionary_encode() for words in (["b", "a"], ["c", None], ["a", "c"])
    ]
    shmcol.write_reader(path, pa.table({"x": pa.chunked_array(chunks)}).to_reader())
    got = read(path).column(0).chunk(0)
    assert got.to_pylist() == ["b", "a", "c", None, "a", "c"]
    assert got.dictionary.to_pylist() == ["a", "b", "c"]


def test_polars_both_ways(shmcol, path):
    polars = pytest.importorskip("polars")
    table = whole_table(300)
    frame = polars.from_arrow(table)
    capsule = frame.__arrow_c_stream__(None)
    shmcol.write(path, c_data.capsule_address(capsule))
    del capsule
    with shmcol.open(path) as file:
        file.verify()
        back = polars.DataFrame(c_data.Capsule(file.stream(batch_rows=70)))
    assert plain(back.to_arrow()) == plain(table)


def test_pandas_reads_the_stream(shmcol, path):
    pandas = pytest.importorskip("pandas")
    table = whole_table(50).select(["i32", "f", "s", "at"])
    shmcol.write_reader(path, table.to_reader())
    with shmcol.open(path) as file:
        frame = pandas.DataFrame.from_arrow(c_data.Capsule(file.stream(batch_rows=20)))
    assert [None if pandas.isna(v) else v for v in frame["s"]] == table.column("s").to_pylist()
    assert frame["f"].sum() == pytest.approx(
        math.fsum(v for v in table.column("f").to_pylist() if v is not None)
    )


def test_duckdb_reads_the_stream(shmcol, path):
    duckdb = pytest.importorskip("duckdb")
    table = whole_table(500)
    shmcol.write_reader(path, table.to_reader())
    with shmcol.open(path) as file:
        # duckdb finds it by its name
        stream = reader_of(file.stream(columns=[1, 6, 8], batch_rows=64))  # noqa: F841
        got = (
            duckdb.connect()
            .execute("select sum(i32), count(s), count(distinct d) from stream")
            .fetchone()
        )
    columns = plain(table)
    assert got[0] == sum(v for v in columns["i32"] if v is not None)
    assert got[1] == sum(v is not None for v in columns["s"])
    assert got[2] == len({v for v in columns["d"] if v is not None})


def test_nanoarrow_reads_the_stream(shmcol, path):
    nanoarrow = pytest.importorskip("nanoarrow")
    table = whole_table(200).select(["i32", "f", "s"])
    shmcol.write_reader(path, table.to_reader())
    with shmcol.open(path) as file:
        array = nanoarrow.Array(
            nanoarrow.c_array_stream(c_data.Capsule(file.stream(batch_rows=33)))
        )
    assert list(array.iter_tuples()) == list(zip(*plain(table).values()))
