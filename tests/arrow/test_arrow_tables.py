"""Readers of Arrow take DIR/*.shmcol of a table that grows (F-84), by the page shows.md.

SHMCOL_ARROW_SCANS: how often each reader scans a table while rows are appended.
"""

import glob
import os
import subprocess
import threading

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from built import BIN

SCANS = int(os.environ.get("SHMCOL_ARROW_SCANS", "4"))
ZONE = 65536


def files(folder):
    return sorted(glob.glob(f"{folder}/*.shmcol"))


def over_files(folder):
    return ds.dataset(files(folder), format="ipc").to_table()


def over_directory(folder):
    return ds.dataset(str(folder), format="ipc").to_table()


def polars_glob(folder):
    return pl.scan_ipc(f"{folder}/*.shmcol").collect().to_arrow()


def duckdb_dataset(folder):
    rows = ds.dataset(files(folder), format="ipc")
    return duckdb.from_arrow(rows).to_arrow_table()


READERS = {f.__name__: f for f in (over_files, over_directory, polars_glob, duckdb_dataset)}


def csv_of(first, rows, batch):
    lines = (
        f"{i},b{batch},{'' if i % 5 == 0 else i / 2},text {i}" for i in range(first, first + rows)
    )
    return "row,word,half,text\n" + "\n".join(lines) + "\n"


def append(folder, first, rows, batch):
    subprocess.run(
        [
            *(BIN / "shmcol-pack", "-q", "--no-sync", "--threads", "1", "--part-rows", str(ZONE)),
            *("--dictionary", "word=always", "--dictionary", "text=never", "-", "--append", folder),
        ],
        input=csv_of(first, rows, batch),
        text=True,
        check=True,
    )


def check(table, rows=None):
    """All rows once; returns their numbers."""
    row = table["row"].to_pylist()
    assert len(set(row)) == len(row)
    if rows is not None:
        assert sorted(row) == list(range(rows))
    half, text = table["half"].to_pylist(), table["text"].to_pylist()
    word = table["word"].cast(pa.large_string()).to_pylist()
    assert half == [None if i % 5 == 0 else i / 2 for i in row]
    assert text == [f"text {i}" for i in row]
    return dict(zip(row, word))


def test_all_rows_once_between_appends(tmp_path):
    folder, first = tmp_path / "t", 0
    words = {}
    for batch, rows in enumerate((3, ZONE, 1, ZONE - 4)):
        append(folder, first, rows, batch)
        words |= dict.fromkeys(range(first, first + rows), f"b{batch}")
        first += rows
        for name, read in READERS.items():
            assert check(read(folder), first) == words, name


@pytest.fixture(scope="module")
def growing(tmp_path_factory):
    """A table to which rows are appended all the time; gives its directory."""
    folder, end, first, failed = tmp_path_factory.mktemp("grows") / "t", threading.Event(), [0], []
    sizes = (1, 700, 30000, 70000, 2, 65000)

    def grow():
        batch = 0
        while not end.is_set() and not failed:
            rows = sizes[batch % len(sizes)] if first[0] < 200000 else 1
            try:
                append(folder, first[0], rows, batch)
            except subprocess.CalledProcessError as error:
                failed.append(error)
            first[0] += rows
            batch += 1

    append(folder, 0, 10, 0)
    first[0] = 10
    thread = threading.Thread(target=grow)
    thread.start()
    yield folder, first
    end.set()
    thread.join()
    assert not failed


def read_while_it_grows(name, folder):
    """Polars opens a file twice. Where the last part is replaced between, it fails and says so."""
    for _ in range(20):
        try:
            return READERS[name](folder)
        except OSError:
            if name != "polars_glob":
                raise
    raise AssertionError(f"{name} failed 20 times")


@pytest.mark.parametrize("name", READERS)
def test_no_row_twice_while_rows_are_appended(growing, name):
    """Files are whole; of the append that runs there may be some rows, and of others all."""
    folder, first = growing
    for _ in range(SCANS):
        before = first[0]
        found = check(read_while_it_grows(name, folder))
        assert set(range(before)) <= set(found)
