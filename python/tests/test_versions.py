"""stale(), reload() and release()."""

import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
import shmcol


def resident_of_files():
    with open("/proc/self/status") as f:
        return 1024 * int(re.search(r"RssFile:\s+(\d+)", f.read())[1])


def write(path, value, rows=1000):
    shmcol.write({"x": np.full(rows, value), "y": np.arange(rows)}, path, overwrite=True)


def test_a_replaced_file(path):
    write(path, 1)
    with shmcol.open(path) as t:
        x = t["x"]
        assert not t.stale() and t.reload() is t
        write(path, 2, 10)
        assert t.stale()
        newer = t[["x"]].reload()
        assert newer.columns == ["x"] and newer["x"].tolist() == [2] * 10
        assert not newer.stale() and t.stale() and x.tolist() == [1] * 1000
        with pytest.raises(shmcol.UsageError, match="anew"):
            t[5:10].reload()
        os.unlink(path)
        assert newer.stale()
        with pytest.raises(FileNotFoundError):
            newer.reload()


def test_a_link_that_leads_elsewhere(path, tmp_path):
    write(tmp_path / "a", 1)
    write(tmp_path / "b", 2)
    os.symlink("a", path)
    with shmcol.open(path) as t:
        assert not t.stale()
        os.unlink(path)
        os.symlink("b", path)
        assert t.stale() and t.reload()["x"][0] == 2


def test_a_table_that_grows(tmp_path):
    shmcol.append({"x": [1, 2]}, tmp_path / "d")
    t = shmcol.open(tmp_path / "d")
    assert not t.stale()
    shmcol.append({"x": [3]}, tmp_path / "d")
    assert t.stale()
    assert t.refresh()["x"].tolist() == t.reload()["x"].tolist() == [1, 2, 3]
    assert not t.refresh().stale()


def test_without_a_path():
    with shmcol.share({"x": [1]}) as t:
        assert not t.stale() and t.reload() is t
    t.close()
    with pytest.raises(shmcol.UsageError, match="closed"):
        t.stale()


def test_replacements_under_readers(path):
    """Each reader notices each version that it looks at, and reads none that is torn."""
    write(path, 0)
    wrong, seen, done = [], [set(), set(), set(), set()], threading.Event()

    def read(mine):
        t = shmcol.open(path)
        while not done.is_set():
            t = t.reload()
            x = t["x"]
            mine.add(int(x[0]))
            if (x != x[0]).any():
                wrong.append(x)

    threads = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for thread in threads:
        thread.start()
    for value in range(1, 101):
        write(path, value)
    with shmcol.open(path) as t:
        assert t["x"][0] == 100 and not t.stale()
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong and all(len(mine) > 3 for mine in seen)


def test_a_scan_that_releases(path):
    shmcol.write({"x": np.arange(4_000_000), "s": ["text"] * 4_000_000}, path, sync=False)
    with shmcol.open(path) as t:
        assert t[:1000]["x"].sum() > 0 and t["s"][0] == "text"  # code is in memory, too
        t.release()
        before, most = resident_of_files(), 0
        for part in t.batches(100_000):
            assert part["x"].sum() > 0 and part["s"][0] == "text"
            part.release()
            most = max(most, resident_of_files() - before)
        assert most < 4 << 20
        assert (
            t["x"].sum() == 4_000_000 * 3_999_999 // 2 and resident_of_files() - before > 20 << 20
        )
        t[["x"]].release()
        t.release("s")
        assert resident_of_files() - before < 4 << 20
        with pytest.raises(shmcol.ColumnError):
            t.release("nothing")


def test_values_that_were_written_are_kept(path):
    write(path, 1, 100_000)
    with shmcol.open(path, mode="c") as t:
        t.release()
        t["x"][50_000] = 7
        with pytest.raises(shmcol.UsageError, match="written"):
            t.release("x")
        t.release("y")
        t[:10_000].release("x")
        assert t["x"][50_000] == 7


def test_it_takes_microseconds(path):
    """A service may ask at each request: no file is opened for it."""
    write(path, 1)
    traced = subprocess.run(
        [
            sys.executable,
            "-c",
            "import shmcol, sys, os\n"
            "t = shmcol.open(sys.argv[1])\n"
            "before = len(os.listdir('/proc/self/fd'))\n"
            "assert not any(t.stale() for _ in range(10_000))\n"
            "assert len(os.listdir('/proc/self/fd')) == before\n",
            str(path),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert traced.returncode == 0, traced.stderr
