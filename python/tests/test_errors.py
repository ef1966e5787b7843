"""Every exception of shmcol can be made, raised, caught by its bases, and sent to a process."""

import copy
import multiprocessing
import pickle
import re
import subprocess
import sys

import pytest
import shmcol
from conftest import ROOT
from shmcol import _errors

NAMES = [
    name
    for name in shmcol.__all__
    if isinstance(getattr(shmcol, name), type) and issubclass(getattr(shmcol, name), shmcol.Error)
]
HEADER = (ROOT / "lib" / "include" / "shmcol.h").read_text(encoding="utf-8")
STATUSES = {
    name: int(number)
    for name, number in re.findall(r"^ *SHMCOL_ERR_(\w+) = (\d+)", HEADER, re.MULTILINE)
}
SYSTEM = 3


def same(first, second):
    assert type(first) is type(second) and first.args == second.args and str(first) == str(second)
    assert repr(first.__dict__) == repr(second.__dict__) and repr(first) == repr(second)
    if isinstance(first, OSError):
        assert (first.errno, first.strerror, first.filename) == (
            second.errno,
            second.strerror,
            second.filename,
        )


def sent(error):
    """Raises and catches the error, and sends it in every way."""
    for kind in (shmcol.Error, *type(error).__mro__[:-1]):
        with pytest.raises(kind) as caught:
            raise error
        assert caught.value is error
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        same(pickle.loads(pickle.dumps(error, protocol)), error)
    same(copy.copy(error), error)
    same(copy.deepcopy(error), error)


@pytest.mark.parametrize("name", NAMES)
def test_each_class_can_be_made(name):
    made = getattr(shmcol, name)
    assert made.__module__ == "shmcol" and len(NAMES) > 15
    sent(made())
    error = made("what is wrong", code=3, row=5)
    assert str(error) == "what is wrong" and (error.code, error.row, error.column) == (3, 5, None)
    error.add_note("a note")
    sent(error)
    assert _errors.make(made, "text", path="p").message == "text"
    sent(
        _errors.make(
            made, "text", path="p", problems=(error,) if made is shmcol.FormatError else ()
        )
    )


def test_an_error_of_the_system_as_python_makes_it():
    error = shmcol.FileError(2, "No such file", "name")
    assert (error.errno, error.strerror, error.filename) == (
        2,
        "No such file",
        "name",
    ) and "No such file" in str(error)
    sent(error)


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_becomes_an_exception(status):
    code = STATUSES[status]
    kind = SYSTEM if 20 <= code < 40 else 1
    places = (
        "x: error: text; hint",
        "text",
        "hint",
        "x",
        12 if kind == SYSTEM else 0,
        "F-1",
        1,
        2,
        3,
        -1,
        -1,
    )
    error = _errors.from_c(code, kind, status, *places)
    assert (error.code, error.status, error.message, error.row) == (code, status, "text", 3)
    assert (
        isinstance(error, MemoryError)
        == (status in ("NO_MEMORY", "MEMORY_BOUND"))
        == isinstance(error, shmcol.OutOfMemory)
    )
    sent(error)


def test_a_bound_that_is_too_small_is_a_memory_error(path, tmp_path):
    with pytest.raises(MemoryError, match="4 MiB") as caught:
        shmcol.write({"x": [1]}, path, memory=1)
    assert type(caught.value) is shmcol.OutOfMemory and caught.value.status == "MEMORY_BOUND"
    words = [f"word {i:60}" for i in range(100_000)]
    with pytest.raises(shmcol.OutOfMemory, match="dictionary does not fit") as caught:
        shmcol.write({"s": words}, path, dictionary="always", memory=4 << 20)
    sent(caught.value)
    (tmp_path / "t.csv").write_text("s\n" + "\n".join(words * 4))
    with pytest.raises(shmcol.OutOfMemory, match='"s" does not fit'):
        shmcol.pack(tmp_path / "t.csv", path, dictionary="always", memory=16 << 20)
    assert not path.exists()


NO_MEMORY = """
import pickle, resource, sys
import numpy, shmcol

values = numpy.arange(3_000_000) % 1000
for spare, step in (
    (1 << 20, lambda: shmcol.write({"x": values}, sys.argv[1], zstd=19)),
    (1 << 20, lambda: shmcol.pack(sys.argv[2], sys.argv[3], memory=512 << 20)),
):
    with open("/proc/self/statm") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + spare, resource.RLIM_INFINITY))
    try:
        step()
    except MemoryError as error:
        assert type(error) is shmcol.OutOfMemory and error.status == "NO_MEMORY", error
        assert type(pickle.loads(pickle.dumps(error))) is shmcol.OutOfMemory
        print("MemoryError")
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


def test_no_memory_is_a_memory_error(path, tmp_path):
    """The process gets no more address space than it has."""
    (tmp_path / "t.csv").write_text(
        "x,s\n" + "".join(f"{row},w{row:040}\n" for row in range(300_000))
    )
    command = [
        sys.executable,
        "-c",
        NO_MEMORY,
        path,
        tmp_path / "t.csv",
        tmp_path / "packed.shmcol",
    ]
    assert (
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        == ["MemoryError"] * 2
    )


def write_in_no_memory(path):
    shmcol.write({"x": [1]}, path, memory=1)


def test_it_comes_back_from_a_worker(path):
    with (
        multiprocessing.get_context("forkserver").Pool(1) as pool,
        pytest.raises(shmcol.OutOfMemory, match="4 MiB") as caught,
    ):
        pool.apply(write_in_no_memory, (path,))
    assert caught.value.status == "MEMORY_BOUND"
