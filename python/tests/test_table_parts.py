"""Tables in directories: one array over all parts, columns that are one run in each part only."""

import multiprocessing
import os
import pickle
import subprocess
import sys

import growing
import numpy as np
import pytest
import shmcol
from growing import ROWS, ZONE

VALUES = growing.values_of()


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    where = tmp_path_factory.mktemp("table") / "t"
    return growing.make(where, VALUES, ZONE, 2 * ZONE, ROWS)


@pytest.fixture
def t(directory):
    with shmcol.open(directory) as table:
        yield table


def test_a_column_of_numbers_is_one_array(t):
    assert len(t) == ROWS and t.columns == list(VALUES)
    for name in "ifdt":
        made = t[name]
        assert made.dtype == VALUES[name].dtype and (np.asarray(made) == VALUES[name]).all()
    assert isinstance(t["i"], np.ndarray) and not t["i"].flags.writeable
    assert np.shares_memory(t["i"], t[ZONE - 5 : ZONE + 5]["i"])
    assert (t["m"].mask == VALUES["m"].mask).all() and t["m"].sum() == VALUES["m"].sum()
    assert t["dec"][ZONE + 1] == VALUES["dec"][ZONE + 1] and t["dec"].storage.shape == (ROWS, 2)


def test_strings_are_read_by_row(t):
    s, given = t["s"], VALUES["s"]
    assert isinstance(s, shmcol.StringColumn) and len(s) == ROWS
    assert [s[3], s[ZONE], s[-1]] == [None, f"v{ZONE}", f"v{ROWS - 1}"]
    assert s.tolist() == list(s) == s.to_numpy().tolist() == given
    assert s[ZONE - 2 : ZONE + 3].tolist() == given[ZONE - 2 : ZONE + 3]
    assert s[:: -ZONE // 2].tolist() == given[:: -ZONE // 2]
    rows = np.random.default_rng(5).integers(-ROWS, ROWS, (50, 2))
    assert s[rows].tolist() == [[given[row] for row in pair] for pair in rows]
    assert s[s == "v70000"].tolist() == ["v70000"] and s.index("v70000") == 70000
    assert s.index("v131073", ZONE) == 131073 and s.count("v9") == 1 and "nowhere" not in s
    assert s.count(None) == given.count(None) == s.nulls().sum() == t.nulls("s").sum()
    assert s.nbytes == sum(map(len, filter(None, given)))
    assert repr(s).startswith("<StringColumn 's': 132,072 values ['v0', ")
    assert t["b"][ZONE + 1] == b"65537" and t["b"].tolist() == VALUES["b"]
    assert t["w"].tolist() == VALUES["w"] and t["w"].codes.shape == (ROWS,)
    with pytest.raises(IndexError):
        s[ROWS]


def test_lists_are_read_by_row(t):
    column, given = t["l"], VALUES["l"]
    assert isinstance(column, shmcol.ListColumn) and column.tolist() == given
    assert column[ZONE + 3].dtype == np.int32 and column[ZONE + 3].tolist() == given[ZONE + 3]
    assert column[5] is None and (column.nulls() == [row is None for row in given]).all()
    assert column.lengths.tolist() == [len(row or []) for row in given]
    assert column[[ZONE + 2, 3]].tolist()[0].tolist() == given[ZONE + 2]
    assert np.array_equal(column.validity, t.validity("l")) and len(column.validity) == ROWS / 8
    assert repr(column).startswith("<ListColumn 'l': 132,072 rows of list[int32] [[], [0], ")
    assert column.nbytes == 4 * column.lengths.sum()


def test_rows_of_one_part_have_runs(t):
    with pytest.raises(shmcol.UsageError, match="one run of bytes in each part only") as error:
        t["s"].offsets
    assert error.value.status == "NOT_ONE_RUN" and "table.parts" in str(error.value)
    with pytest.raises(shmcol.UsageError):
        t["l"].values
    part = t[ZONE + 5 : ZONE + 9]
    offsets, data = part["s"].offsets, part["s"].data
    texts = [bytes(data[a:b]).decode() or None for a, b in zip(offsets, offsets[1:])]
    assert texts == VALUES["s"][ZONE + 5 : ZONE + 9]
    lists = part["l"]
    assert lists.storage is not None and lists.values[lists.offsets[0]] == 0
    assert t[5:5]["s"].offsets.tolist() == [0] and t[5:5]["l"].tolist() == []


def test_parts(t, directory):
    parts = t.parts
    assert [len(part) for part in parts] == [ZONE, ZONE, 1000] and t.part is None
    assert [part.part.first_row for part in parts] == [0, ZONE, 2 * ZONE]
    assert parts[1]["s"].tolist() == VALUES["s"][ZONE : 2 * ZONE]
    assert np.array_equal(np.concatenate([part["i"] for part in parts]), t["i"])
    assert parts[2].path == str(directory / f"{2 * ZONE:020}.shmcol")
    view = t[ZONE - 5 : ZONE + 5][["i", "s"]].parts
    assert [part["i"].tolist()[0] for part in view] == [ZONE - 5, ZONE]
    assert pickle.loads(pickle.dumps(view[1]))["s"].tolist() == VALUES["s"][ZONE : ZONE + 5]
    (one,) = parts[0].parts
    assert one is parts[0]
    assert "132,072 rows × 10 columns" in repr(t) and "in 3 parts" in repr(t)


def test_arrow(t):
    pyarrow = pytest.importorskip("pyarrow")
    made = t.to_arrow()
    made.validate(full=True)
    assert made["i"].num_chunks == made["s"].num_chunks == 3
    for name in "swlb":
        assert made[name].to_pylist() == VALUES[name]
        assert t[name].to_arrow().to_pylist() == VALUES[name]
    assert t[["i", "w", "m", "dec"]].to_arrow()["w"].num_chunks == 1
    assert t[ZONE - 2 : ZONE + 2].to_arrow()["s"].to_pylist() == VALUES["s"][ZONE - 2 : ZONE + 2]
    assert not hasattr(t, "__arrow_c_array__") and not hasattr(t["s"], "__arrow_c_array__")
    assert pyarrow.array(t["s"][:5]).to_pylist() == VALUES["s"][:5]
    assert pyarrow.record_batch(t[2 * ZONE :])["s"].to_pylist() == VALUES["s"][2 * ZONE :]
    assert pyarrow.record_batch(t[["i"]]).num_rows == ROWS
    assert t[7:7].to_arrow().schema == made.schema


def test_pandas_and_polars(t):
    pytest.importorskip("pyarrow")
    frame = t.to_pandas()
    assert frame["s"].isna().sum() == VALUES["s"].count(None)
    assert frame["s"].dropna().tolist() == [s for s in VALUES["s"] if s is not None]
    assert frame["w"].tolist() == VALUES["w"] and np.shares_memory(frame["i"].to_numpy(), t["i"])
    assert t[["i", "s"]].to_pandas(copy="never").shape == (ROWS, 2)
    polars = pytest.importorskip("polars")
    made = t[["i", "s", "b", "w", "l"]].to_polars()
    for name in "isbwl":
        assert made[name].to_list() == list(VALUES[name])
    assert polars.DataFrame(t[["s"]]).height == ROWS


def test_copy_never(directory):
    with shmcol.open(directory, copy="never") as t:
        assert t["i"].shape == (ROWS,) and t["s"][ZONE] == f"v{ZONE}"
        for name in ("m", "d"):
            with pytest.raises(shmcol.CopyError):
                t[name]
        for name in "sl":
            with pytest.raises(shmcol.CopyError):
                t[name].to_numpy()


def test_what_reads_no_values(t, directory):
    assert t.stats("i")[3:5] == (0, ROWS - 1) and t.stats("i", 2).rows == 1000
    assert t.stats("s").nulls == VALUES["s"].count(None) == t.schema["s"].nulls
    assert (t.validity("s")[:2] == np.packbits(~t.nulls("s")[:16], bitorder="little")).all()
    t.verify()
    t.prefault()
    assert t.resident()[0] > 0 and t.resident("i")[1] >= 8 * ROWS
    assert t.path == str(directory) and t.nbytes == sum(p.nbytes for p in t.parts)
    assert [len(batch) for batch in t.batches(100_000)] == [100_000, ROWS - 100_000]
    assert [len(batch) for batch in t[5:].batches(ZONE)] == [ZONE, ZONE, 995]


def test_it_can_be_written_as_a_file(t, tmp_path):
    shmcol.write(t, tmp_path / "one.shmcol")
    with shmcol.open(tmp_path / "one.shmcol") as one:
        one.verify()
        for name in VALUES:
            assert one[name].tolist() == t[name].tolist()
    with shmcol.share(t[["s", "i"]]) as shared:
        assert shared["s"][ZONE] == f"v{ZONE}"


def test_its_columns_can_be_written(t, tmp_path):
    columns = {name: t[name] for name in "sbliw"}
    shmcol.write(columns, tmp_path / "one.shmcol")
    with shmcol.open(tmp_path / "one.shmcol") as one:
        for name, column in columns.items():
            assert one[name].tolist() == column.tolist()
            assert one.schema[name].kind == t.schema[name].kind


def test_private_pages(directory, t):
    with shmcol.open(directory, mode="c") as own:
        own["i"][ZONE + 1] = -5
        own["f"][:] = 1
        assert t["i"][ZONE + 1] == ZONE + 1
        assert own.to_pandas()["i"][ZONE + 1] == -5
        pytest.importorskip("pyarrow")
        made = own.to_arrow()  # of strings, too: a batch a part
        assert made["i"][ZONE + 1].as_py() == -5 and set(made["f"].to_pylist()) == {1}


def test_a_closed_table(t):
    s, i = t["s"], t["i"]
    t.close()
    with pytest.raises(shmcol.UsageError, match="closed"):
        t.refresh()
    with pytest.raises(shmcol.UsageError, match="closed"):
        t.parts
    assert s[ZONE] == f"v{ZONE}" and i[-1] == ROWS - 1


# ---- growing ----


@pytest.fixture
def small(tmp_path):
    return growing.make(tmp_path / "grows", rows("is", ZONE + 10), ZONE, ZONE + 10)


def rows(names, n):
    return {name: VALUES[name][:n] for name in names}


def grow(directory, n):
    growing.add(directory, rows("is", n), ZONE, n, 0)


def test_refresh(small):
    with shmcol.open(small) as t:
        i, s, some, view = t["i"], t["s"], t[["i"]], t[5:10]
        assert t.refresh() is t
        grow(small, ZONE + 500)
        newer = t.refresh()
        assert (len(newer), len(t), len(s), len(i)) == (ZONE + 500, *[ZONE + 10] * 3)
        assert np.shares_memory(newer["i"], i) and newer["i"][-1] == ZONE + 499
        assert newer["s"].tolist() == VALUES["s"][: ZONE + 500]
        assert s.tolist() == VALUES["s"][: ZONE + 10]
        assert len(some.refresh()) == ZONE + 500 and some.refresh().columns == ["i"]
        assert view.refresh() is view
        assert newer.refresh() is newer and newer.id == t.id


def test_refresh_of_a_file(tmp_path):
    shmcol.write(rows("is", 10), tmp_path / "t.shmcol")
    with shmcol.open(tmp_path / "t.shmcol") as t:
        assert t.refresh() is t


def test_pickles_have_their_rows(small):
    with shmcol.open(small) as t:
        sent = pickle.dumps((t, t["s"], t[3:5]))
        grow(small, ZONE + 77)
        newer = t.refresh()
        got, column, view = pickle.loads(sent)
        assert len(got) == ZONE + 10 and got._file is newer._file
        assert column[-1] == VALUES["s"][ZONE + 9] and view["i"].tolist() == [3, 4]
        assert len(got.refresh()) == ZONE + 77 and view.refresh() is view
        with pytest.raises(shmcol.UsageError, match="refresh"):
            got.stats("i")
        again = pickle.loads(pickle.dumps(newer))
    del t, newer, got, column, view
    assert len(again) == ZONE + 77


WORK = """
import pickle, sys
t, s = pickle.load(sys.stdin.buffer)
print(len(t), t["i"].sum(), s[-1], len(t.refresh()))
"""


def test_pickles_in_another_process(small):
    with shmcol.open(small) as t:
        sent = pickle.dumps((t, t["s"]))
        grow(small, ZONE + 77)
        done = subprocess.run(
            [sys.executable, "-c", WORK], input=sent, capture_output=True, check=True
        )
        n = ZONE + 10
        assert done.stdout.decode().split() == [
            *map(str, (n, sum(range(n)), VALUES["s"][n - 1], ZONE + 77))
        ]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers(small, method):
    with shmcol.open(small) as t, multiprocessing.get_context(method).Pool(1) as pool:
        grow(small, ZONE + 77)
        assert pool.map(len, [t, t["s"], t[5:7]]) == [ZONE + 10, ZONE + 10, 2]
        assert pool.map(len, [t.refresh()]) == [ZONE + 77]


def test_a_table_that_was_replaced(small, tmp_path):
    t = shmcol.open(small)
    sent = pickle.dumps(t)
    os.rename(small, tmp_path / "old")
    with pytest.raises(shmcol.FileReplacedError):
        t.refresh()
    growing.make(small, {"i": np.arange(9)}, 9)
    t.close()
    with pytest.raises(shmcol.FileReplacedError, match="the table was replaced") as error:
        len(pickle.loads(sent))
    assert error.value.status == "FILE_REPLACED"


def test_a_table_made_anew_with_the_same_beginning(tmp_path):
    """Its id is the old one's: the parts behind the first tell them apart."""
    rows, place, old = np.arange(ZONE), tmp_path / "t", tmp_path / "old"
    for k in range(3):
        shmcol.append({"i": rows + k * ZONE}, place, sync=False)
    with shmcol.open(place) as t:
        sent, table_id = pickle.dumps(t), t.id
    del t
    os.rename(place, old)
    for k in (0, 5, 2, 3):
        shmcol.append({"i": rows + k * ZONE}, place, sync=False)
    with shmcol.open(place) as t:
        assert t.id == table_id and len(t) > 3 * ZONE
    with pytest.raises(shmcol.FileReplacedError, match="the table was replaced"):
        len(pickle.loads(sent))


def test_a_pickle_of_more_rows(small):
    grow(small, ZONE + 77)
    with shmcol.open(small) as t:
        sent = pickle.dumps(t)
    del t
    grow(small, ZONE + 10)  # as no append does
    with pytest.raises(shmcol.FileReplacedError):
        len(pickle.loads(sent))


# ---- no table, or a damaged one ----


def test_a_directory_without_a_table(tmp_path):
    with pytest.raises(shmcol.FileMissing) as error:
        shmcol.open(tmp_path)
    assert error.value.status == "NO_TABLE" and error.value.errno == 2


def test_a_lost_part(small):
    os.unlink(small / f"{ZONE:020}.shmcol")
    growing.add(small, rows("is", ZONE), 0, ZONE)
    growing.add(small, rows("is", ZONE + 5), ZONE, ZONE + 5, 0)
    with shmcol.open(small / f"{0:020}.shmcol") as first:
        place = first.part._replace(table_rows=ZONE + 5)
    shmcol.write(rows("is", ZONE), small / f"{0:020}.shmcol", part=place, overwrite=True)
    os.unlink(small / f"{ZONE:020}.shmcol")
    with pytest.raises(shmcol.FormatError) as error:
        shmcol.open(small)
    assert error.value.status == "PARTS_MISSING"


def test_damage_is_found_where_it_is(small):
    part = small / f"{ZONE:020}.shmcol"
    with shmcol.open(part) as t:
        at = t["s"].offsets.__array_interface__["data"][0] - t._file.info()["map"]
    os.chmod(part, 0o600)
    with open(part, "r+b") as file:
        file.seek(at + 16)
        file.write(b"\xff" * 8)
    with shmcol.open(small) as t:
        assert t["s"][ZONE - 1] == VALUES["s"][ZONE - 1]
        with pytest.raises(shmcol.FormatError) as error:
            t["s"].tolist()
        assert error.value.status == "OFFSETS"
        with pytest.raises(shmcol.FormatError):
            t.verify()
        pyarrow = pytest.importorskip("pyarrow")
        with pytest.raises((OSError, pyarrow.ArrowInvalid), match='part 1: column "s"'):
            t.to_arrow()
        with pytest.raises(shmcol.FormatError, match='part 1: column "s"'):
            t[ZONE:].to_arrow()
