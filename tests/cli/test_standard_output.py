"""Standard streams that are full or closed: the error has the reason, and no file replaces them."""

import contextlib
import os
import subprocess
import time

import pytest
from cli import TOOLS, path_of, run

FULL = "standard output: error: cannot write: No space left on device"


@pytest.fixture
def table(pack):
    """A report, an overview and a text that are longer than any buffer."""
    data = (
        ",".join(f"column {i}" for i in range(3000))
        + "\n"
        + ",".join("1" for _ in range(3000))
        + "\n"
    )
    return pack(data)[0]


def to_full(tool, *args):
    with open("/dev/full", "wb") as full:
        return subprocess.run(
            [path_of(tool), *map(str, args)],
            stdout=full,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )


@pytest.mark.parametrize(
    "args",
    [
        ("pack", "--dry-run", "{csv}"),
        ("pack", "--dry-run", "--json", "{csv}"),
        ("pack", "--help"),
        ("pack", "--version"),
        ("pack", "--json"),
        ("pack", "-f", "{csv}", "-o", "{out}"),
        ("pack", "-f", "--zstd", "{table}", "-o", "{out}"),
        ("check", "{table}"),
        ("check", "--json", "{table}"),
        ("check", "{csv}"),
        ("check", "--help"),
        ("info", "{table}"),
        ("info", "--json", "{table}"),
        ("info", "--help"),
        ("cat", "--help"),
        ("cat", "{table}"),
        ("cat", "--format", "jsonl", "{table}"),
        ("cat", "--json", "{table}"),
        ("cat", "--json", "{csv}"),
    ],
    ids=" ".join,
)
def test_full(table, args):
    names = {
        "{csv}": table.with_name("in.csv"),
        "{table}": table,
        "{out}": table.with_name("other"),
    }
    done = to_full(args[0], *[names.get(arg, arg) for arg in args[1:]])
    assert done.returncode == 3 and "No space left on device" in done.stderr, done.stderr
    if "{csv}" not in args or args[0] == "pack":
        assert "standard output" in done.stderr


def test_full_with_small_output(pack):
    out = pack("a\n1\n")[0]
    for tool in TOOLS[1:]:
        done = to_full(tool.removeprefix("shmcol-"), out)
        assert done.returncode == 3 and "No space left on device" in done.stderr, (
            tool,
            done.stderr,
        )
    assert to_full("pack", "-f", out.with_name("in.csv"), "-o", out).stderr.endswith(FULL + "\n")
    assert (
        to_full("pack", "-q", "-f", out.with_name("in.csv"), "-o", out).returncode == 0
    )  # nothing to say


def closed(*descriptors):
    def close():
        for descriptor in descriptors:
            os.close(descriptor)

    return close


def test_closed_standard_input(pack, tmp_path):
    pack.write("a\n1\n")
    for extra in (["--encoding", "latin1"], []):
        done = run("pack", *extra, "-", "-o", tmp_path / "o", preexec_fn=closed(0))
        assert (
            done.returncode == 3
            and "(standard input): error: standard input is closed" in done.stderr
        ), done.stderr
        assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv"]


def test_closed_streams_are_no_files(tmp_path):
    """Nothing that is written to standard output and error, as progress is, gets into the file."""
    command = [path_of("pack"), "-", "-o", tmp_path / "o"]
    with subprocess.Popen(command, preexec_fn=closed(1, 2), stdin=subprocess.PIPE) as child:
        child.stdin.write(b"a,b\n")
        child.stdin.flush()
        opened = {}
        for _ in range(1000):  # until the output is in the making
            with contextlib.suppress(FileNotFoundError):  # a stream that is closed meanwhile
                opened = {
                    int(fd.name): os.readlink(fd) for fd in os.scandir(f"/proc/{child.pid}/fd")
                }
            if sum(path.startswith(str(tmp_path)) for path in opened.values()) > 1:
                break
            time.sleep(0.01)
        assert opened[1] == opened[2] == "/dev/null", opened
        child.communicate(b"1,2\n")
    assert (
        child.returncode == 3 and run("check", tmp_path / "o").returncode == 0
    )  # the report could not be written
