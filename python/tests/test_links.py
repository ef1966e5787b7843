"""Pickles of what was opened through symbolic links name the file that is open."""

import os
import pickle
import subprocess
import sys

import pytest
import shmcol
from shmcol import _opening

LOAD = "import pickle, sys; t = pickle.load(sys.stdin.buffer); print(t.path, t['x'].tolist())"


def elsewhere(table):
    """What another process makes of the pickle: path and values."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD], input=pickle.dumps(table), capture_output=True, check=False
    )
    return (done.stdout or done.stderr.splitlines()[-1]).decode().strip()


def versions(place, make):
    """Two versions of a table, and a link that leads to the first."""
    for name, values in (("first", [1, 2]), ("second", [3, 4])):
        make(values, place / name)
    os.symlink("first", place / "current")
    return place / "current"


def switch(link):
    os.unlink(link)
    os.symlink("second", link)


@pytest.mark.parametrize("how", ["file", "parts", "inside", "view", "column"])
def test_a_link_is_switched(tmp_path, how):
    def make(values, path):
        if how == "parts":
            shmcol.append({"x": values}, path)
        elif how == "inside":
            path.mkdir()
            shmcol.write({"x": values}, path / "t")
        else:
            shmcol.write({"x": values}, path)

    link = versions(tmp_path, make)
    path, opened = (
        (link / "t", tmp_path / "first" / "t") if how == "inside" else (link, tmp_path / "first")
    )
    table = shmcol.open(path)
    for _ in range(2):  # before the link is switched, and after it
        if how == "view":
            assert elsewhere(table[1:]) == f"{opened} [2]"
        elif how == "column":
            shmcol.write({"s": ["a"]}, tmp_path / "first", overwrite=True)
            strings = shmcol.open(path)["s"]
            switch(link)
            assert pickle.loads(pickle.dumps(strings)).tolist() == ["a"]
            return
        else:
            assert elsewhere(table) == f"{opened} [1, 2]"
        assert table.path == str(path)
        switch(link)
    assert table.stale() and table.reload()["x"].tolist() == [3, 4]


def test_an_open_file_is_not_opened_again(tmp_path):
    table = shmcol.open(versions(tmp_path, lambda values, path: shmcol.write({"x": values}, path)))
    again = pickle.loads(pickle.dumps(table))
    assert again["x"].__array_interface__["data"][0] == table["x"].__array_interface__["data"][0]


def test_pages_of_ones_own_and_compressed_files(tmp_path):
    link = versions(
        tmp_path, lambda values, path: shmcol.write({"x": values}, path, zstd=values[0] == 1)
    )
    table = shmcol.open(link, cache_dir=tmp_path / "cache")
    assert elsewhere(table) == f"{link} [1, 2]"  # its map is that of the cache
    switch(link)
    assert "replaced" in elsewhere(table)
    private = shmcol.open(link, mode="c")
    private["x"][0] = 7
    assert elsewhere(private) == f"{tmp_path / 'second'} [3, 4]" and private["x"][0] == 7


def test_a_system_that_does_not_tell(tmp_path, monkeypatch):
    """Without /proc the pickle names the link."""

    def refuse(*_, **__):
        raise FileNotFoundError("/proc/self/maps")

    link = versions(tmp_path, lambda values, path: shmcol.write({"x": values}, path))
    table = shmcol.open(link)
    monkeypatch.setattr(_opening, "open", refuse, raising=False)
    assert elsewhere(table) == f"{link} [1, 2]"
    monkeypatch.undo()
    os.rename(tmp_path / "first", tmp_path / "a\rb ")
    assert elsewhere(table) == f"{tmp_path / 'a'}\rb  [1, 2]"


def test_the_file_is_gone(tmp_path):
    link = versions(tmp_path, lambda values, path: shmcol.write({"x": values}, path))
    table = shmcol.open(link)
    os.unlink(tmp_path / "first")
    assert "No such file" in elsewhere(table)
    os.rename(tmp_path / "second", tmp_path / "a name\nof two lines \\")
    os.unlink(link)
    os.symlink("a name\nof two lines \\", link)
    assert elsewhere(shmcol.open(link)) == f"{link} [3, 4]"
