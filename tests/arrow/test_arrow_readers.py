"""Every reader of Arrow reads our files (F-50 … F-58).

Every good file of the corpus, by the page shows.md.
"""

import io
import warnings

import nanoarrow
import pyarrow as pa
import pytest
from nanoarrow.ipc import InputStream

import readers
import shows
from canonical import canonical, dumps
from model import BOOL8, DICTIONARY, LIST, TENSOR
from shmcol_reference import read
from source_tree import CORPUS, GOOD, PLAIN

BOOL8_PAIRS = [("ARROW:extension:name", "arrow.bool8"), ("ARROW:extension:metadata", "")]
TABLES = {}


def table_of(path):
    if path not in TABLES:
        table = read(path)
        TABLES[path] = table, canonical(table)["columns"]
    return TABLES[path]


def refused(name, path):
    """Returns true if a reader refuses a file; its message must be that of shows.md."""
    answer = shows.LIMITS.get((name.split()[0], path.stem))
    if answer is None:
        return False
    # Polars' panic is no Exception
    with pytest.raises(BaseException) as caught:
        readers.READ[name](path)
    assert answer in str(caught.value)
    return True


@pytest.mark.parametrize("path", GOOD, ids=lambda p: p.stem)
@pytest.mark.parametrize("name", readers.READ)
def test_reader_shows_every_value(name, path):
    if refused(name, path):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shown = readers.READ[name](path)
    table, values = table_of(path)
    reader = name.split()[0]
    assert len(shown) == len(table.columns)
    for column, plain, (dtype, got) in zip(table.columns, values, shown):
        ordered = column.type.id == DICTIONARY and table.dictionaries[column.dictionary].ordered
        assert dtype == shows.dtype(reader, column, ordered), column.name
        wanted = readers.expect(reader, column, plain["values"])
        assert dumps(got) == dumps(wanted), column.name


def _pairs(metadata):
    return [(k.decode(), v.decode()) for k, v in (metadata or {}).items()]


def _own(column):
    """F-55: the pairs that bool8 and tensor fields begin with."""
    if column.type.id == BOOL8:
        return BOOL8_PAIRS
    if column.type.id == TENSOR:
        shape = ",".join(map(str, column.type.shape))
        return [
            ("ARROW:extension:name", "arrow.fixed_shape_tensor"),
            ("ARROW:extension:metadata", '{"shape":[%s]}' % shape),
        ]
    return []


@pytest.mark.parametrize("path", GOOD, ids=lambda p: p.stem)
def test_names_and_metadata(path):
    """F-33, F-55: nothing is lost, neither order nor duplicates."""
    table, _ = table_of(path)
    stream = nanoarrow.ArrayStream(InputStream.from_readable(io.BytesIO(path.read_bytes()[8:])))
    assert _pairs(stream.schema.metadata) == table.metadata
    fields = list(stream.schema.fields)
    assert [f.name for f in fields] == [c.name for c in table.columns]
    for column, field in zip(table.columns, fields):
        assert _pairs(field.metadata) == _own(column) + column.metadata
        items = list(field.fields) if column.type.id in (LIST, TENSOR) else []
        assert len(items) == (column.type.id in (LIST, TENSOR))
        for item in items:
            assert item.name == "item" and item.nullable
            assert _pairs(item.metadata) == (BOOL8_PAIRS if column.type.element == BOOL8 else [])
    schema = pa.ipc.open_file(pa.memory_map(str(path))).schema
    assert schema.names == [c.name for c in table.columns]
    assert [f.nullable for f in schema] == [c.nullable for c in table.columns]
    # pyarrow's dict keeps the first of each key
    assert dict(_pairs(schema.metadata)) == dict(reversed(table.metadata))


def _buffers(array):
    """Returns the buffers of the slots in their order, those that exist."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    buffers = array.buffers()
    if pa.types.is_fixed_size_list(array.type):
        return [buffers[0], buffers[2]]
    if pa.types.is_large_list(array.type):
        return buffers[:2] + buffers[3:]  # without the validity of the elements
    return buffers


def _at_their_places(base, buffers, slots):
    compared = 0
    for buffer, slot in zip(buffers, slots):
        if not slot.length:
            continue
        compared += 1
        if buffer is not None or slot is not slots[0]:  # pyarrow drops a bitmap without a null
            assert buffer.address - base == slot.offset
            assert buffer.size == slot.length
    assert compared == sum(s.length > 0 for s in slots)


@pytest.mark.parametrize("path", PLAIN, ids=lambda p: p.stem)
def test_pyarrow_copies_nothing(path):
    """Promise 1: every buffer of a mapped file lies at its slot's offset."""
    table, _ = table_of(path)
    source = pa.memory_map(str(path))
    base = source.read_buffer(path.stat().st_size).address
    source.seek(0)
    arrow = pa.ipc.open_file(source).read_all()
    for column, chunked in zip(table.columns, arrow.columns):
        assert chunked.num_chunks == 1
        array = chunked.chunk(0)
        _at_their_places(base, _buffers(array), column.slots)
        if column.type.id == DICTIONARY:
            words = table.dictionaries[column.dictionary]
            _at_their_places(base, _buffers(array.dictionary), words.slots)


def test_every_limit_of_the_page_is_of_a_file():
    names = {p.stem for p in GOOD}
    for reader, file in shows.LIMITS:
        assert reader in shows.READERS and file in names


def test_the_plain_arrow_file_is_one():
    """bad/plain-arrow is refused only because it has no header of ours."""
    table = pa.ipc.open_file(CORPUS / "bad" / "plain-arrow.shmcol").read_all()
    table.validate(full=True)
    assert table.to_pydict() == {"a": [1, 2, 3]}
