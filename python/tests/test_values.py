"""Columns as arrays: each lies in the map, or is an allowed copy, or is refused."""

import numpy as np
import pytest
import shmcol
from conftest import GOOD, every_column, in_map

CONVERTED = {"date"}
TEXT = {"text", "bytes", "word"}
MASKED = {"int_null", "bool_null"}


@pytest.mark.parametrize("name", sorted(every_column(8).keys() - TEXT))
def test_a_column_is_the_array_that_was_written(every, name):
    written, read = every_column()[name], every[name]
    assert read.dtype == written.dtype and read.shape == written.shape
    np.testing.assert_array_equal(read, written)
    assert np.array_equal(
        every.nulls(name),
        np.ma.getmaskarray(written)
        if name in MASKED
        else np.isnat(written)
        if written.dtype.kind in "mM"
        else np.zeros(1000),
    )


@pytest.mark.parametrize("name", sorted(every_column(8).keys() - TEXT))
def test_an_array_lies_in_the_map(every, name):
    array = every[name]
    if name not in CONVERTED:
        assert in_map(every, np.ma.getdata(array))
        assert in_map(every, np.ma.getdata(every[100:200][name]))
    assert not np.ma.getdata(array).flags.writeable
    stored = every.storage(name)
    assert in_map(every, stored) and not stored.flags.writeable


@pytest.mark.parametrize("name", sorted(TEXT))
def test_text_lies_in_the_map(every, name):
    column = every[name]
    assert in_map(every, column.offsets) and in_map(every, column.data)
    validity = every.validity(name)
    assert in_map(every, validity)
    assert np.array_equal(
        np.unpackbits(validity, bitorder="little")[: len(every)] == 0, every.nulls(name)
    )
    if name == "word":
        assert in_map(every, np.ma.getdata(column.codes)) and column.codes.dtype == np.int8
        assert in_map(every, every.storage(name))


def test_every_file_of_the_corpus_shows_its_values():
    files = sorted(GOOD.glob("*.shmcol"))
    assert len(files) > 40
    for path in files:
        with shmcol.open(path, cache=False, verify="full") as table:
            assert str(path) in repr(table) and "<table>" in table._repr_html_()
            for field in table.schema:
                column = table[field.name]
                assert len(column) == len(table)
                assert (
                    column.dtype == field.dtype
                    if isinstance(column, np.ndarray)
                    else len(column.tolist()) == len(table)
                )
                assert (
                    table.stats(field.name).nulls
                    == np.count_nonzero(table.nulls(field.name))
                    == field.nulls
                )
                if (
                    isinstance(column, np.ndarray)
                    and field.kind not in ("date32", "time32")
                    and field.element not in ("date32", "time32")
                    and len(table)
                ):
                    assert in_map(table, np.ma.getdata(column)), (path, field)


def test_copy_never_refuses_what_must_be_made(every_path):
    table = shmcol.open(every_path, copy="never")
    for name in every_column(8).keys() - TEXT - MASKED - CONVERTED:
        assert in_map(table, table[name])
    for name, instead in {
        "date": "storage('date')",
        "int_null": "validity('int_null')",
        "bool_null": "mask",
    }.items():
        with pytest.raises(shmcol.CopyError, match="copy='never'") as caught:
            table[name]
        assert f'column "{name}"' in str(caught.value) and instead in str(caught.value)
        assert in_map(table, table.storage(name)) and in_map(table, table.validity(name))
    with pytest.raises(shmcol.CopyError, match="offsets"):
        table["text"].to_numpy()
    with pytest.raises(shmcol.CopyError, match="storage"):
        table["word"].codes
    with pytest.raises(shmcol.CopyError):
        table.nulls("int_null")
    assert not table.nulls("i4").any()
    assert table["text"][0] == "ä0" and table["word"][1] == "green"


def test_private_pages_can_be_written_to(every_path):
    with shmcol.open(every_path, mode="c") as table, shmcol.open(every_path) as other:
        table["i4"][5] = -1
        table.storage("date")[0] = 7
        assert table["i4"][5] == -1 and other["i4"][5] == 5
        assert table["date"][0] == np.datetime64("1970-01-08")
    with shmcol.open(every_path, verify="full") as again:
        assert again["i4"][5] == 5


def test_views_are_parts(every):
    part = every[3:990][["f8", "text", "word", "int_null", "date"]][10:20]
    assert (
        len(part) == 10
        and part.columns == ["f8", "text", "word", "int_null", "date"]
        and part.shape == (10, 5)
    )
    written = every_column()
    np.testing.assert_array_equal(part["f8"], written["f8"][13:23])
    np.testing.assert_array_equal(part["int_null"].mask, written["int_null"].mask[13:23])
    np.testing.assert_array_equal(part["date"], written["date"][13:23])
    assert (
        part["text"].tolist() == written["text"][13:23]
        and list(part["word"]) == written["word"][13:23]
    )
    np.testing.assert_array_equal(part.nulls("word"), written["int_null"].mask[13:23])
    with pytest.raises(ValueError, match="nulls"):
        part.validity("int_null")
    assert every[16:32].validity("int_null").size == 2
    with pytest.raises(shmcol.ColumnError, match="in this view"):
        part["i4"]
    with pytest.raises(ValueError, match="step"):
        every[::2]
    with pytest.raises(ValueError, match="zone maps"):
        part.stats("f8")
    assert len(every[5:3]) == 0 and len(every[990:2000]) == 10 and "i4" not in part and "f8" in part


def test_stats_come_from_zone_maps(every):
    written = every_column()
    for name in ("i1", "u8", "f4", "f8", "ts_us", "td_ns", "date", "int_null", "bool"):
        stats, values = every.stats(name), written[name]
        values = (
            values[~np.isnat(values)] if values.dtype.kind in "mM" else np.ma.compressed(values)
        )
        assert (stats.min, stats.max) == (np.nanmin(values), np.nanmax(values)), name
        assert type(stats.min) is type(np.nanmin(values)) or name == "int_null"
    assert (
        every.stats("f8").nans == np.count_nonzero(np.isnan(written["f8"]))
        and every.stats("int_null").nulls == written["int_null"].mask.sum()
    )
    text = [value for value in written["text"] if value is not None]
    assert every.stats("text")[3:] == (min(text), max(text), True)
    assert every.stats("word")[3:5] == ("blue", "red")
    assert every.stats("tensor").min is None and every.stats("i4", 0).max == 999
    with pytest.raises(shmcol.Error):
        every.stats("i4", 1)


def test_long_strings_have_inexact_bounds(path):
    shmcol.write({"s": ["a" * 40, "b" * 3]}, path)
    assert shmcol.open(path).stats("s")[3:] == (b"a" * 16, b"bbb", False)


def test_schema_says_what_is_there(every):
    schema = every.schema
    assert schema.names == every.columns == list(every) == list(every_column(8))
    assert (
        schema["ts_us"].type == "timestamp[us]"
        and schema["tensor"].type == "tensor[float32, 2 x 3]"
        and schema["fixed"].type == "fixed_binary[6]"
    )
    assert (
        schema["text"].nulls == 143
        and schema["word"].distinct == 3
        and schema["bool"].dtype == bool
    )
    assert (
        schema == schema[:]
        and schema[0].name == "i1"
        and "int_null" in repr(schema)
        and "143 null" in repr(schema["text"])
    )
    assert every.metadata() == {b"made": b"by a test"} and every.metadata("i4") == {}
    with pytest.raises(KeyError):
        schema["nothing"]


def test_numbers_are_of_python_or_numpy_but_not_lost(path):
    values = [0, 2**63 - 1, -(2**63)]
    shmcol.write({"i": values, "u": np.array([0, 1, 2**64 - 1], "u8")}, path)
    table = shmcol.open(path)
    assert table["i"].tolist() == values and int(table["u"][2]) == 2**64 - 1


def test_a_table_of_no_rows(path):
    shmcol.write(
        {name: values[:0] for name, values in every_column(8).items()}, path, dictionary=["word"]
    )
    with shmcol.open(path, verify="full") as table:
        assert len(table) == 0 and len(table.columns) == len(every_column(8))
        for name in table.columns:
            assert len(table[name]) == 0
        assert (
            table["tensor"].shape == (0, 2, 3)
            and table["text"].tolist() == []
            and (table["word"] == "x").shape == (0,)
        )
        assert "0 rows" in repr(table)


def test_zones_have_their_own_stats(path):
    n = 3 * 65536 + 5
    values = np.arange(n)
    shmcol.write({"x": values, "s": np.ma.MaskedArray(values, values >= 2 * 65536)}, path)
    table = shmcol.open(path)
    for zone in range(4):
        stats = table.stats("x", zone)
        assert (stats.rows, stats.min, stats.max) == (
            min(65536, n - zone * 65536),
            zone * 65536,
            min(n, (zone + 1) * 65536) - 1,
        )
    assert (
        table.stats("s", 2).nulls == 65536
        and table.stats("s", 2).min is None
        and table.stats("s").max == 2 * 65536 - 1
    )


def test_large_tables_are_made_in_batches(path):
    """More rows than a batch has: strings, masks and days of every batch are where they belong."""
    n = (1 << 20) + 17
    rows = np.arange(n)
    days = (rows % 20000).astype("M8[D]")
    shmcol.write(
        {
            "s": [f"{i % 977}" for i in range(n)],
            "d": days,
            "m": np.ma.MaskedArray(rows, rows % 5 == 0),
            "b": rows % 3 == 0,
        },
        path,
        sync=False,
    )
    with shmcol.open(path, verify="full") as table:
        np.testing.assert_array_equal(table["d"], days)
        np.testing.assert_array_equal(table["m"].mask, rows % 5 == 0)
        np.testing.assert_array_equal(table["b"], rows % 3 == 0)
        assert table["s"][-1] == f"{(n - 1) % 977}" and table["s"].count("976") == n // 977
        np.testing.assert_array_equal(np.flatnonzero(table["s"] == "5"), rows[rows % 977 == 5])
