"""Frames that can be written to, and what says so where an assignment is refused."""

import os

import numpy as np
import pytest
import shmcol

pandas = pytest.importorskip("pandas")


def columns():
    return {
        "x": np.arange(5.0),
        "n": np.ma.MaskedArray([1, 2, 3, 4, 5], [0, 1, 0, 0, 0]),
        "b": np.array([True, False] * 2 + [True]),
        "d": np.arange(5).astype("M8[s]"),
        "s": ["a", "b", "c", "d", "e"],
        "w": pandas.Categorical(list("abcab")),
    }


ASSIGNED = {"x": 9.5, "n": 9, "b": False, "d": pandas.Timestamp(2020, 1, 1), "s": "zz", "w": "b"}


def assign(frame):
    """Assigns a cell of each column."""
    for name, value in ASSIGNED.items():
        frame.loc[0, name] = value
        assert frame.loc[0, name] == value, name


def before(table):
    return table.to_pandas().to_dict("list")


@pytest.mark.parametrize("how", ["file", "private", "cached", "parts", "view", "share", "taken"])
def test_cells_are_assigned(path, tmp_path, how):
    shmcol.write(columns(), path, zstd=how == "cached")
    table = shmcol.open(path, mode="c" if how == "private" else "r", cache=how == "cached")
    if how == "parts":
        for _ in range(2):
            shmcol.append(columns(), tmp_path / "parts")
        table = shmcol.open(tmp_path / "parts")
    elif how == "share":
        table = shmcol.share(columns())
    elif how == "view":
        table = table[1:][["x", "n", "b", "d", "s", "w"]]
    elif how == "taken":
        table = table.take([2, 0, 1])
    old, data = before(table), path.read_bytes()
    assign(table.to_pandas(writable=True))
    if how != "private":
        assert str(before(table)) == str(old)
    assert path.read_bytes() == data and str(before(shmcol.open(path)[:1])) is not None


def test_only_pages_that_are_written_are_copied(path):
    shmcol.write({"x": np.zeros(1 << 20), "y": np.zeros(1 << 20)}, path)
    with shmcol.open(path) as table:
        frame = table.to_pandas(writable=True)
        assert frame["x"].sum() == 0 and private_bytes(path) == 0
        frame.loc[5, "x"] = 1.0
        assert 0 < private_bytes(path) <= 1 << 16 and table["x"][5] == 0


def private_bytes(path):
    """The bytes of the file's maps that this process has alone."""
    found, here = 0, False
    with open("/proc/self/smaps") as smaps:
        for line in smaps:
            if "-" in line.split()[0]:
                here = line.rstrip().endswith(str(path))
            elif here and line.startswith("Anonymous:"):
                found += 1024 * int(line.split()[1])
    return found


@pytest.mark.parametrize("gone", [True, False])
def test_the_path_has_another_file(path, gone):
    shmcol.write(columns(), path)
    with shmcol.open(path) as table:
        os.unlink(path)
        if not gone:
            shmcol.write({"x": [1]}, path)
        frame = table.to_pandas(writable=True)
        assign(frame)
        assert frame["x"].tolist() == [9.5, 1, 2, 3, 4] and table["x"][0] == 0
        with pytest.raises(shmcol.CopyError, match="no file at their path"):
            table[["x"]].to_pandas(writable=True, copy="never")
    with pytest.raises(shmcol.UsageError, match="writable is True or False"):
        shmcol.share({"x": [1]}).to_pandas(writable="yes")


def test_what_is_refused_says_what_to_do(every):
    for what, name in ((every, "f8"), (every["text"], 0), (every["word"], 0), (every["date"], 0)):
        with pytest.raises(TypeError, match=r"read-only; .*to_pandas\(writable=True\)"):
            what[name] = 1
    with pytest.raises(ValueError, match="read-only"):
        every["f8"][0] = 1.0
