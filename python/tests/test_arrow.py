"""Arrow out: through the PyCapsule interface to every consumer, in place where it can.

Each consumer's addresses are compared with the map's.
"""

import subprocess
import sys

import numpy as np
import pytest
import shmcol
from conftest import GOOD, every_column, in_map

pa = pytest.importorskip("pyarrow")
TEXT = {"text", "bytes", "word"}


def address(chunk, buffer=1):
    return chunk.buffers()[buffer].address


def same(a, b):
    """Equal tables; NaN, which equals nothing, only in one column that is compared by its bytes."""
    return (
        a.drop_columns(["f8"]).combine_chunks().equals(b.drop_columns(["f8"]).combine_chunks())
        and a["f8"].to_numpy().tobytes() == b["f8"].to_numpy().tobytes()
    )


def inner(chunk):
    """The storage of an extension array."""
    return getattr(chunk, "storage", chunk)


def test_pyarrow_reads_every_column_in_place(every):
    table = pa.table(every)
    assert (
        table.column_names == every.columns
        and table.num_rows == 1000
        and table.schema.metadata == {b"made": b"by a test"}
    )
    for name in every.columns:
        assert table[name].num_chunks == 1
        chunk, info = inner(table[name].chunk(0)), every._file.info()
        for buffer in chunk.buffers():
            assert (
                buffer is None or info["map"] <= buffer.address < info["map"] + info["file_size"]
            ), name
        if name not in TEXT:
            assert address(chunk, -1 if name == "tensor" else 1) == every.storage(name).ctypes.data
        assert chunk.null_count == every.schema[name].nulls
    table.validate(full=True)
    assert (
        table["text"].to_pylist() == every_column()["text"]
        and table["word"].to_pylist() == every_column()["word"]
    )
    assert same(every.to_arrow(), table)


def test_pyarrow_reads_the_whole_corpus_in_place():
    seen = set()
    for path in sorted(GOOD.glob("*.shmcol")):
        with shmcol.open(path, cache=False) as table:
            info = table._file.info()
            for field, column in zip(table.schema, pa.table(table).columns, strict=True):
                for chunk in column.chunks:
                    values = [chunk.dictionary] if field.kind == "dictionary" else []
                    for buffer in [
                        buffer
                        for part in [inner(chunk), *values]
                        for buffer in part.buffers()
                        if buffer is not None and buffer.size
                    ]:
                        assert (
                            info["map"] <= buffer.address
                            and buffer.address + buffer.size <= info["map"] + info["file_size"]
                        ), (
                            path,
                            field,
                        )
                seen.add(field.kind)
    assert len(seen) == 25


def test_a_view_goes_out_as_a_slice(every):
    view = every[13:500][["text", "int_null", "tensor", "word", "bool"]]
    table = pa.table(view)
    assert table.equals(pa.table(every).select(view.columns).slice(13, 487))
    for name in ("int_null",):
        assert address(table[name].chunk(0)) == every.storage(name).ctypes.data
    assert table["text"].chunk(0).null_count == view.nulls("text").sum()


def test_as_batch_as_array_as_schema(every):
    batch = pa.record_batch(every)
    assert batch.num_rows == 1000 and pa.schema(every).equals(batch.schema, check_metadata=True)
    for name in TEXT:
        array = pa.array(every[name][5:50])
        assert (
            array.to_pylist() == every_column()[name][5:50]
            and pa.field(every[name]).type == array.type
        )
        assert (
            address(array) == every[name].offsets.ctypes.data
            if name != "word"
            else address(array) == every.storage("word").ctypes.data
        )
    categories = pa.array(every["word"].categories)
    assert (
        categories.to_pylist() == ["blue", "green", "red"]
        and address(categories) == every["word"].offsets.ctypes.data
    )
    assert (
        pa.array(every["word"].categories[1:]).to_pylist() == ["green", "red"]
        and categories.type == pa.large_string()
    )
    again = pa.table(every), pa.table(every)
    assert same(*again)


def test_tables_of_no_rows_and_of_no_columns(every):
    for view in (every[7:7], every[[]][:0]):
        assert pa.table(view).num_rows == 0 and pa.record_batch(view).num_columns == view.shape[1]
    assert pa.record_batch(every[[]]).num_rows == 1000


def test_exports_outlive_the_table(every_path):
    table = shmcol.open(every_path)
    arrow, stream = pa.table(table), table.__arrow_c_stream__()
    table.close()
    del table
    assert arrow["i8"].to_numpy().sum() == 499500
    assert pa.RecordBatchReader._import_from_c_capsule(stream).read_all().num_rows == 1000


def test_a_damaged_file_does_not_go_out():
    for path in sorted((GOOD.parent / "bad").glob("offsets-*.shmcol")) + sorted(
        (GOOD.parent / "bad").glob("codes-*.shmcol")
    ):
        table = shmcol.open(path, cache=False)
        with pytest.raises(shmcol.FormatError) as caught:
            pa.table(table)
        assert caught.value.status in ("OFFSETS", "CODES", "DICTIONARY", "NULL_SLOT", "VALIDITY")


def test_batches(every):
    parts = list(every.batches(300))
    assert [len(part) for part in parts] == [300, 300, 300, 100]
    assert same(pa.concat_tables(map(pa.table, parts)), pa.table(every))


def test_polars(every):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(every)
    assert frame.shape == (1000, 27)
    back = pa.table(frame)  # Polars gives out its own memory
    for name in every.columns:
        if name not in TEXT | {"fixed", "ts_s", "td_s"}:
            assert (
                address(inner(back[name].chunk(0)), -1 if name == "tensor" else 1)
                == every.storage(name).ctypes.data
            ), name
    whole = every.to_polars()
    assert whole["bool"].dtype == polars.Boolean and whole["bool_null"].to_list() == [
        None if v is np.ma.masked else bool(v) for v in every_column()["bool_null"]
    ]
    assert whole["tensor"].to_numpy().reshape(1000, 2, 3).sum() == every["tensor"].sum()
    assert (
        whole["text"].to_list() == every_column()["text"]
        and whole["word"].cast(polars.String).to_list() == every_column()["word"]
    )
    assert whole["i8"].to_numpy(allow_copy=False).ctypes.data == every["i8"].ctypes.data
    assert every[10:20].to_polars()["date"].to_list() == every_column()["date"][10:20].tolist()
    allowed = [
        name
        for name in every.columns
        if name not in TEXT | {"bool", "bool_null", "fixed", "ts_s", "td_s"}
    ]
    every[allowed].to_polars(copy="never")
    for name in set(every.columns) - set(allowed):
        with pytest.raises(shmcol.CopyError, match=f'column "{name}"'):
            every[[name]].to_polars(copy="never")


def test_polars_series_from_arrow(every):
    polars = pytest.importorskip("polars")
    assert polars.from_arrow(every[["i8", "text"]]).struct.unnest().shape == (
        1000,
        2,
    )  # Polars makes a struct of a stream that is not pyarrow's
    assert polars.Series(every["text"]).to_list() == every_column()["text"]


def test_pandas_takes_it_by_itself(every):
    pandas = pytest.importorskip("pandas", "3")
    frame = pandas.DataFrame.from_arrow(every[["i8", "f8", "text", "ts_us"]])
    assert frame["i8"].sum() == 499500 and frame["text"][1] == "ä1"


def test_duckdb(every):  # it finds `weather` by its name in the caller's frame
    duckdb = pytest.importorskip("duckdb")
    weather = every[["i8", "f8", "text", "word", "int_null", "bool", "ts_us", "date"]]
    for _ in range(3):  # the same table again and again
        assert duckdb.sql(
            "select count(*), sum(i8), count(text), count(int_null), count(distinct word)"
            " from weather"
        ).fetchall() == [(1000, 499500, 857, 857, 3)]
    assert duckdb.sql("select i8 from weather where text = 'ä7' order by i8").fetchall() == [
        (i,) for i in range(1000) if i % 50 == 7 and i % 7 != 2
    ]
    part = weather[100:200]
    assert duckdb.sql("select min(i8), max(i8), count(*) from part").fetchall() == [(100, 199, 100)]


def test_nanoarrow(every):
    nanoarrow = pytest.importorskip("nanoarrow")
    stream = nanoarrow.ArrayStream(every[["i8", "text", "int_null"]])
    array = stream.read_all()
    assert len(array) == 1000 and array.child(1).to_pylist() == every_column()["text"]


def test_readers_that_do_not_know_us(every_path):
    import pyarrow.ipc

    with shmcol.open(every_path) as table:
        assert same(
            pyarrow.ipc.open_file(pa.memory_map(str(every_path))).read_all(), pa.table(table)
        )


WITHOUT = """
import sys
sys.modules["pyarrow"] = None
import numpy as np, shmcol, polars
table = shmcol.open(sys.argv[1])
frame = table.to_polars()
assert frame.shape == (1000, 27) and frame["text"][1] == "ä1"
shmcol.write(frame.drop("tensor"), sys.argv[2])
copy = shmcol.open(sys.argv[2], verify="full")
for name in ("text", "bool"):
    assert copy[name].tolist() == table[name].tolist(), name
assert copy["i8"].sum() == 499500
both = {"s": frame["text"], "i": frame["i8"], "w": frame["word"], "c": table["word"]}
shmcol.write(both, sys.argv[2], overwrite=True)
copy = shmcol.open(sys.argv[2], verify="full")
assert copy["s"].tolist() == table["text"].tolist()
assert copy["c"].tolist() == table["word"].tolist() == copy["w"].tolist()
frame = table.to_pandas()
assert frame["i8"].sum() == 499500 and frame["text"][1] == "ä1"
assert frame["word"].dtype == "category"
"""


def test_none_of_it_needs_pyarrow(every_path, path):
    pytest.importorskip("polars")
    pytest.importorskip("pandas")
    subprocess.run([sys.executable, "-c", WITHOUT, every_path, path], check=True)


def test_to_pandas_in_place(every):
    pandas = pytest.importorskip("pandas")
    frame = every.to_pandas()
    written = every_column()
    for name in every.columns:
        column = frame[name]
        if name not in {"date", "fixed", "tensor", "int_null", "bool_null"} | TEXT:
            assert (
                column.dtype == every[name].dtype
                and column.to_numpy().ctypes.data == every[name].ctypes.data
            ), name
    assert frame["int_null"].dtype == "Int64" and frame["bool_null"].dtype == "boolean"
    for name in ("int_null", "bool_null"):
        assert (
            in_map(every, frame[name].array._data)
            and frame[name].isna().tolist() == written[name].mask.tolist()
        )
        assert frame[name].dropna().tolist() == written[name].compressed().tolist()
    assert (
        frame["text"].array._pa_array.chunk(0).buffers()[2].address
        == every["text"].data.ctypes.data
    )
    assert frame["text"].isna().tolist() == every.nulls("text").tolist() and frame[
        "text"
    ].dropna().tolist() == [v for v in written["text"] if v is not None]
    assert (
        frame["word"].cat.categories.tolist() == ["blue", "green", "red"]
        and frame["word"].astype(object).where(frame["word"].notna(), None).tolist()
        == written["word"]
    )
    assert (
        frame["date"].dtype == "datetime64[s]"
        and frame["bytes"].tolist() == written["bytes"]
        and frame["fixed"][7] == b"7\0\0\0\0\0"
    )
    assert frame["tensor"][5].shape == (2, 3) and in_map(every, frame["tensor"][5])
    assert len(every[5:25].to_pandas()) == 20 and every[5:25].to_pandas().index.tolist() == list(
        range(20)
    )
    assert isinstance(frame.index, pandas.RangeIndex)


def test_to_pandas_refuses_copies(every):
    pytest.importorskip("pandas")
    refused = {"date", "fixed", "tensor", "int_null", "bool_null", "bytes", "word"}
    for name in every.columns:
        if name in refused:
            with pytest.raises(shmcol.CopyError, match=f'column "{name}"'):
                every[[name]].to_pandas(copy="never")
        else:
            every[[name]].to_pandas(copy="never")


def test_time_zones_reach_pandas_in_place(path):
    pandas = pytest.importorskip("pandas")
    for zone in ("Europe/Paris", "UTC", "+05:30"):
        times = pa.array([0, None, 10**15], pa.timestamp("us", zone))
        shmcol.write(pa.table({"t": times}), path, overwrite=True)
        table = shmcol.open(path)
        assert table.schema["t"].zone == zone
        column = table.to_pandas(copy="never")["t"]
        assert (
            column[0] == pandas.Timestamp(0, tz="UTC")
            and column[1] is pandas.NaT
            and column.dtype.unit == "us"
        )
        assert in_map(table, column.array._ndarray)
