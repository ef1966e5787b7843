"""Interrupted tools leave the old file whole or the new one, no temporary and no lock."""

import os
import signal
import subprocess
import threading
import time

import pytest
from cli import good, path_of, run

ROWS = 400000


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A CSV that takes a while: types change late, so columns are read twice."""
    path = tmp_path_factory.mktemp("big") / "big.csv"
    lines = "".join(
        f'{i},{i * 0.37},name {i % 1000},"text, {i}",2020-01-01T00:00:{i % 60:02d}\n'
        for i in range(ROWS)
    )
    path.write_text("a,b,c,d,e\n" + lines + "x,y,z,w,v\n")
    return path


@pytest.fixture(scope="module")
def whole(big, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "whole.shmcol"
    good("pack", "--no-sync", big, out)
    return out.read_bytes()


def start(tool, *args, **options):
    return subprocess.Popen(
        [path_of(tool), *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("old", [False, True])
def test_a_signal_while_packing(big, whole, tmp_path, number, old):
    out = tmp_path / "out.shmcol"
    ended_early = 0
    for delay in (0.02, 0.05, 0.1, 0.2, 0.4):
        out.unlink(missing_ok=True)
        if old:
            out.write_text("old")
        with start("pack", "-f", "--no-sync", big, out) as child:
            time.sleep(delay)
            child.send_signal(number)
            _, errors = child.communicate(timeout=30)
        assert child.returncode in (0, -number), errors
        left = [p.name for p in tmp_path.iterdir()]
        if child.returncode == 0 or (out.exists() and out.stat().st_size > 3):
            assert left == ["out.shmcol"] and out.read_bytes() == whole
        else:
            ended_early += 1
            assert errors == "" and left == (["out.shmcol"] if old else [])
            assert not old or out.read_text() == "old"
    assert ended_early > 0


@pytest.mark.parametrize("source", ["-", "pipe"])
def test_a_signal_while_waiting_for_input(tmp_path, source):
    """Nothing comes from the pipe, and one signal is enough."""
    name, feed = "-", None
    if source == "pipe":
        name = tmp_path / "pipe"
        os.mkfifo(name)
        feed = os.open(name, os.O_RDWR)
    with start("pack", name, "-o", tmp_path / "o", stdin=subprocess.PIPE) as child:
        if feed is None:
            child.stdin.write("a,b\n1,2\n")
            child.stdin.flush()
        else:
            os.write(feed, b"a,b\n1,2\n")
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        for _ in range(100):
            if child.poll() is not None:
                break
            time.sleep(0.05)
        ended = child.poll()
        child.kill()
        assert ended == -signal.SIGINT
    if feed is not None:
        os.close(feed)
    assert [p.name for p in tmp_path.iterdir()] == (["pipe"] if source == "pipe" else [])


@pytest.mark.parametrize("old", [False, True])
def test_killed(big, whole, tmp_path, old):
    """A replacing file has a temporary name for a moment. A kill in that moment leaves the name,
    with the complete file, and the next run removes it."""
    out = tmp_path / "out.shmcol"
    for delay in (0.005, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5):
        out.unlink(missing_ok=True)
        if old:
            out.write_text("old")
        with start("pack", "-f", "--no-sync", big, out) as child:
            time.sleep(delay)
            child.kill()
        left = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
        found = left.pop("out.shmcol", None)
        assert found in ((b"old", whole) if old else (None, whole))
        assert list(left.values()) in ([], [whole] if found == b"old" else [])
        good("pack", "-q", "-f", "--no-sync", "-", "-o", out, input="a\n1\n")
        assert [p.name for p in tmp_path.iterdir()] == ["out.shmcol"]


def test_readers_keep_the_old_file(tmp_path):
    (tmp_path / "a.csv").write_text("n\n" + "1\n" * 1000000)
    out = tmp_path / "a.shmcol"
    good("pack", tmp_path / "a.csv")
    with start("cat", out) as reader:
        assert reader.stdout.readline() == "n\n"
        (tmp_path / "a.csv").write_text("n\n2\n")
        good("pack", "-f", tmp_path / "a.csv")
        assert set(reader.stdout) == {"1\n"}
    assert reader.returncode == 0 and good("cat", out) == "n\n2\n"


def test_two_packers_for_one_name(big, whole, tmp_path):
    out = tmp_path / "out.shmcol"
    both = [start("pack", "--no-sync", big, out) for _ in range(2)]
    for child in both:
        child.communicate(timeout=120)
    assert sorted(child.returncode for child in both) == [0, 2]
    assert out.read_bytes() == whole and [p.name for p in tmp_path.iterdir()] == ["out.shmcol"]


def test_a_signal_while_cat_writes_a_file(big, tmp_path):
    good("pack", "--no-sync", big, tmp_path / "t.shmcol")
    os.mkfifo(tmp_path / "full")
    with start("cat", tmp_path / "t.shmcol", "-o", tmp_path / "t.csv") as child:
        time.sleep(0.02)
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=30)
    left = sorted(p.name for p in tmp_path.iterdir())
    assert (
        left == ["full", "t.shmcol"]
        if child.returncode == -signal.SIGTERM
        else child.returncode == 0 and "t.csv" in left
    )


def test_cut_short_while_cat_reads(big, tmp_path):
    """The rows before the fault come out whole, then there is an error and not a crash."""
    path = tmp_path / "t.shmcol"
    good("pack", "--no-sync", "--columns", "a,b,d", big, path)
    path.chmod(0o644)
    with start("cat", path) as child:
        first = [child.stdout.readline() for _ in range(3)]
        os.truncate(path, 65536)
        rest = child.stdout.read().splitlines()
        errors = child.stderr.read()
    assert first[0] == "a,b,d\n" and child.returncode == 3
    assert "cut short" in errors or "FAULT" in errors or "truncated" in errors, errors
    assert errors.count("\n") == 1 and rest[-1].endswith('"')


def test_cut_short_while_info_reads(tmp_path):
    names = ",".join(f"c{i}" for i in range(3000))
    (tmp_path / "w.csv").write_text(names + "\n" + ",".join("1" * 3000) + "\n")
    good("pack", "-q", tmp_path / "w.csv")
    path = tmp_path / "w.shmcol"
    data = path.read_bytes()
    path.chmod(0o644)
    for delay in (0, 0.0005, 0.001, 0.002):
        path.write_bytes(data)
        with start("info", "--json", path) as child:
            threading.Event().wait(delay)
            os.truncate(path, 4096)
            output, errors = child.communicate(timeout=30)
        assert child.returncode in (0, 1, 3), errors
        assert output.startswith('{"schema": 1') and output.endswith("}\n")


def test_ignored_signals_stay_ignored(big, tmp_path):
    with start(
        "pack",
        "--no-sync",
        big,
        "-o",
        tmp_path / "o",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    ) as child:
        time.sleep(0.1)
        child.send_signal(signal.SIGHUP)
        child.communicate(timeout=60)
    assert child.returncode == 0 and run("check", tmp_path / "o").returncode == 0
