"""share(): a table in memory that other processes reach, and that is gone with its last user."""

import contextlib
import gc
import mmap
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import shmcol
from conftest import every_column
from test_life import steady

METHODS = ["fork", "spawn", "forkserver"]
PLACES = [None, "/dev/shm"]


def named():
    return {name for name in os.listdir("/dev/shm") if name.startswith("shmcol-shared-")}


def look(table):
    """Runs in a worker; returns the values that it reads, and how often it maps the memory."""
    mapped = sum(
        "memfd:shmcol" in line or "shmcol-shared-" in line for line in open("/proc/self/maps")
    )
    return float(table["x"].sum()), table["s"][1], len(table), mapped, os.getpid()


def table_of(rows=1000):
    return {"x": np.arange(float(rows)), "s": ["a", "b"] * (rows // 2)}


def users(status):
    """Processes that have a file open or mapped."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(FileNotFoundError):  # that of listdir itself
                    each = os.stat(f"/proc/{pid}/fd/{fd}")
                    if (each.st_dev, each.st_ino) == (status.st_dev, status.st_ino):
                        found.add(int(pid))
            with open(f"/proc/{pid}/maps") as lines:
                if any(
                    "memfd:shmcol" in line and line.split()[4] == str(status.st_ino)
                    for line in lines
                ):
                    found.add(int(pid))
        except OSError:
            pass
    return found


OWNER = """
import os, pickle, sys, time
import numpy as np, shmcol
table = shmcol.share({"x": np.arange(1000.0), "s": ["a", "b"] * 500}, where=eval(sys.argv[1]))
sys.stdout.buffer.write(pickle.dumps(table)); sys.stdout.buffer.flush()
os.close(1)
if sys.argv[2] == "stay":
    time.sleep(20)
"""


def owner(where=None, then="stay"):
    """Another process that shares a table, and the table's pickle."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, repr(where), then], stdout=subprocess.PIPE
    )
    return process, process.stdout.read()


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("method", METHODS)
def test_a_pool_reads_it(method, where):
    with (
        shmcol.share(table_of(), where=where) as table,
        multiprocessing.get_context(method).Pool(2) as pool,
    ):
        for total, word, rows, mapped, pid in pool.map(look, [table] * 8):
            assert (total, word, rows, mapped) == (499500, "b", 1000, 1) and pid != os.getpid()
        assert [r[2] for r in pool.map(look, table.batches(100))] == [100] * 10


@pytest.mark.parametrize("where", PLACES)
def test_it_pickles_to_little(where):
    with shmcol.share(table_of(100_000), where=where) as table:
        for each in (table, table[5:10], table[["x"]]):
            assert len(pickle.dumps(each)) < 200
            back = pickle.loads(pickle.dumps(each))
            assert (
                back._file is table._file
                and back.shape == each.shape
                and back.columns == each.columns
                and back.path == table.path
            )
            assert (
                type(back) is shmcol.Table
                and pickle.loads(pickle.dumps(back))["x"].sum() == each["x"].sum()
            )  # the process that got it passes it on


def test_nobody_can_write_to_it():
    with shmcol.share(table_of()) as table:
        assert not table["x"].flags.writeable
        fd = os.open(table.path, os.O_RDWR)
        size = os.fstat(fd).st_size
        for wrong in (
            lambda: os.write(fd, b"x"),
            lambda: os.ftruncate(fd, 0),
            lambda: os.ftruncate(fd, size + 1),
            lambda: mmap.mmap(fd, size),
        ):
            with pytest.raises(PermissionError):
                wrong()
        os.close(fd)
        table.verify("full")
    with shmcol.share(table_of(), where="/dev/shm") as table:
        assert os.stat(table.path).st_mode & 0o777 == 0o400


@pytest.mark.parametrize("where", PLACES)
def test_the_end_of_with_ends_the_sharing_and_no_array(where):
    before = named()
    with shmcol.share(table_of(), where=where) as table:
        data, part, array = pickle.dumps(table), table[5:], table["x"]
    assert table.closed and part["s"][0] == "b" and array.sum() == 499500 and named() == before
    with pytest.raises(ValueError, match="no longer"):
        pickle.dumps(part)
    with pytest.raises(ValueError, match="closed"):
        pickle.dumps(table)
    pickle.loads(data).close()  # this process has it still
    code = "import pickle, shmcol, sys; pickle.loads(sys.stdin.buffer.read()).columns"
    done = subprocess.run(
        [sys.executable, "-c", code], input=data, capture_output=True, check=False
    )
    last = done.stderr.decode().splitlines()[-1]
    assert (
        done.returncode == 1
        and last.startswith("shmcol.FileMissing")
        and "no longer" in last
        and "keep the `with`" in last
    )
    table.close()


def test_a_child_of_fork_has_it_already():
    with shmcol.share(table_of()) as table:
        data = pickle.dumps(table[10:])
        before = len(os.listdir("/proc/self/fd"))
        child = os.fork()
        if child == 0:
            back = pickle.loads(data)
            good = (
                back._file is table._file
                and back["x"][0] == 10
                and len(os.listdir("/proc/self/fd")) <= before
            )
            table.close()  # its own; the parent's sharing goes on
            os._exit(0 if good else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert pickle.loads(data)["x"][0] == 10 and os.path.exists(table.path)


def test_a_file_is_not_removed_by_a_child_of_fork():
    with shmcol.share(table_of(), where="/dev/shm") as table:
        child = os.fork()
        if child == 0:
            table.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert os.path.exists(table.path)


def test_it_outlives_its_killed_owner_and_goes_with_its_last_user():
    process, data = owner()
    table = pickle.loads(data)
    status = os.stat(table.path)
    assert users(status) == {process.pid, os.getpid()}
    process.kill()
    process.wait()
    assert table["x"].sum() == 499500 and users(status) == {os.getpid()}
    array = table["x"]
    del table
    gc.collect()
    assert users(status) == {os.getpid()} and array[-1] == 999
    del array
    gc.collect()
    assert users(status) == set()
    with pytest.raises(shmcol.FileMissing, match="has ended") as caught:
        pickle.loads(data).columns
    assert (
        isinstance(caught.value, FileNotFoundError)
        and caught.value.filename.startswith(f"/proc/{process.pid}/fd/")
        and caught.value.errno == 2
    )


def shared_memory():
    with open("/proc/meminfo") as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Shmem:"))


def test_a_killed_owner_leaves_no_memory():
    """256 MB appear and go. Others may use shared memory meanwhile, so it is tried again."""
    code = (
        "import numpy, shmcol, time; t = shmcol.share({'x': numpy.ones(1 << 25)}); "
        "print('made', flush=True); time.sleep(60)"
    )
    for attempt in range(5):
        before = shared_memory()
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        process.stdout.readline()
        made = shared_memory() - before
        process.kill()
        process.wait()
        left = shared_memory() - before
        if abs(made - (256 << 20)) < 32 << 20 and abs(left) < 32 << 20:
            return
    pytest.fail(f"{made:,} bytes made, {left:,} left")


@pytest.mark.parametrize("what", ["file", "fifo", "memory", "shared"])
def test_a_reused_descriptor_is_seen(what, tmp_path):
    """In the same process, whose table is gone: the descriptor's number names something else."""
    table = shmcol.share(table_of())
    data, fd = pickle.dumps(table), int(table.path.rpartition("/")[2])
    table.close()
    del table
    gc.collect()
    if what == "file":
        other = os.open(tmp_path / "x", os.O_RDWR | os.O_CREAT)
    elif what == "fifo":
        os.mkfifo(tmp_path / "x")  # an open of this would wait for ever
        other = os.open(tmp_path / "x", os.O_RDWR)
    elif what == "memory":
        other = os.memfd_create("x")
    else:
        keep = shmcol.share({"x": np.arange(7.0)})
        other = os.open(keep.path, os.O_RDONLY)
    if other != fd:
        os.dup2(other, fd)
    try:
        with pytest.raises(
            shmcol.FileReplacedError, match=f"descriptor {fd} is something else now"
        ):
            pickle.loads(data).columns
    finally:
        for each in {fd, other}:
            os.close(each)


def test_a_reused_process_number_is_seen():
    process, data = owner()
    other, _ = owner()
    try:
        attach, (address, *rest) = pickle.loads(data).__reduce__()
        process.kill()
        process.wait()
        gc.collect()
        with pytest.raises(
            shmcol.FileReplacedError,
            match=f"process {other.pid}, which shared the table, has ended; "
            "its number is another process's",
        ):
            attach((other.pid, *address[1:]), *rest).columns
    finally:
        for each in (process, other):
            each.kill()
            each.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_another_user_is_told():
    with shmcol.share(table_of()) as table:
        reduced = table.__reduce__()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            shmcol._opening.open_files.clear()
            os.setgid(65534)
            os.setuid(65534)
            try:
                reduced[0](*reduced[1]).columns
            except shmcol.FileDenied as error:
                os.write(write, str(error).encode())
            finally:
                os._exit(0)
        os.close(write)
        text = os.read(read, 4096).decode()
        os.waitpid(child, 0)
        os.close(read)
        assert "it is another user's" in text and "write() a file" in text


def test_another_pid_namespace_is_told_and_sees_the_named_file():
    unshare = ["unshare", "--fork", "--pid", "--mount-proc"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no PID namespaces to be had")
    code = "import pickle, shmcol, sys; print(pickle.loads(sys.stdin.buffer.read())['x'].sum())"
    with shmcol.share(table_of()) as table, shmcol.share(table_of(), where="/dev/shm") as in_file:
        try_it = lambda each: subprocess.run(
            [*unshare, sys.executable, "-c", code],
            input=pickle.dumps(each),
            capture_output=True,
            check=False,
        )
        last = try_it(table).stderr.decode().splitlines()[-1]
        assert (
            last.startswith("shmcol.FileMissing")
            and "another PID namespace" in last
            and 'share(where="/dev/shm")' in last
        )
        assert try_it(in_file).stdout.decode() == "499500.0\n"


def test_a_file_goes_at_exit():
    before = named()
    process, data = owner("/dev/shm", "leave")
    assert process.wait() == 0 and named() == before
    with pytest.raises(shmcol.FileMissing, match="no longer shared"):
        pickle.loads(data).columns


def test_a_file_of_a_killed_owner_goes_with_the_next_share():
    process, data = owner("/dev/shm")
    table = pickle.loads(data)
    assert shmcol.share(table_of(2), where="/dev/shm").close() is None and os.path.exists(
        table.path
    )  # its owner lives
    process.kill()
    process.wait()
    assert os.path.exists(table.path)
    shmcol.share(table_of(2), where="/dev/shm").close()
    assert not os.path.exists(table.path) and table["x"].sum() == 499500


RACE = """
import shmcol, sys
for i in range(150):
    with shmcol.share({"x": [i]}, where=sys.argv[1]) as table:
        assert shmcol.open(table.path)["x"][0] == i
"""


def test_sharing_at_once_takes_nobodys_file(tmp_path):
    """Each process removes leftovers while the others make tables."""
    workers = [subprocess.Popen([sys.executable, "-c", RACE, tmp_path]) for _ in range(4)]
    assert [worker.wait() for worker in workers] == [0] * 4 and os.listdir(tmp_path) == []


def test_without_memory_files_it_is_a_file(monkeypatch):
    def none():
        raise shmcol.FileError("no such call")

    monkeypatch.setattr(shmcol._shmcol, "memory_create", none)
    with shmcol.share(table_of()) as table:
        assert table.path.startswith("/dev/shm/shmcol-shared-") and table["x"].sum() == 499500
    monkeypatch.undo()
    monkeypatch.setattr(
        os, "getpid", lambda: 1 << 30
    )  # a /proc of another PID namespace, where we are not
    source = shmcol.share(table_of())
    monkeypatch.undo()
    assert source.path.startswith("/dev/shm/")
    os.unlink(source.path)


def test_everything_that_write_takes(every_path):
    with (
        shmcol.share(every_column(), dictionary=["word"], metadata={"made": "by a test"}) as table,
        shmcol.open(every_path) as written,
    ):
        assert table.id == written.id and table.metadata() == {b"made": b"by a test"}
        with shmcol.share(written) as again:
            assert (
                again.columns == written.columns
                and again["text"].tolist() == written["text"].tolist()
            )
    with shmcol.share({"x": np.arange(3)} for _ in range(5)) as table:
        assert table["x"].tolist() == [0, 1, 2] * 5
    with (
        shmcol.share({"d": np.arange(3).astype("M8[D]")}, copy="never") as table,
        pytest.raises(shmcol.CopyError),
    ):
        pickle.loads(pickle.dumps(table))["d"]


def test_a_table_of_many_batches():
    """The number of rows is known before, or not: the table is the same."""
    rows = 2_500_000
    source = {
        "x": np.arange(rows),
        "s": np.array(["a", "bcd", ""])[np.arange(rows) % 3],
        "d": np.arange(rows).astype("M8[D]"),
        "f": np.arange(rows) / 7,
    }
    parts = [
        {name: values[start : start + 300_000] for name, values in source.items()}
        for start in range(0, rows, 300_000)
    ]
    with (
        shmcol.share(source) as known,
        shmcol.share(iter(parts)) as unknown,
        shmcol.share(known) as again,
    ):
        assert known.id == unknown.id == again.id
        for name in ("x", "d", "f"):
            assert np.array_equal(known[name], source[name])
        assert known["s"][rows - 3 :].tolist() == source["s"][-3:].tolist()


def test_a_table_that_cannot_be_written_leaves_nothing():
    gc.collect()
    before, descriptors = named(), os.listdir("/proc/self/fd")
    for where in PLACES:
        with pytest.raises(shmcol.UnsupportedTypeError, match='column "x", row 1'):
            shmcol.share({"x": ["a", 1]}, where=where)
        with pytest.raises(ZeroDivisionError):
            shmcol.share(({"x": [1 // (2 - i)]} for i in range(5)), where=where)
    with pytest.raises(shmcol.FileMissing) as caught:
        shmcol.share({"x": [1]}, where="/no/such/directory")
    assert caught.value.filename == "/no/such/directory"
    gc.collect()
    assert named() == before and len(os.listdir("/proc/self/fd")) == len(descriptors)


SPAWN = """
import multiprocessing, shmcol
def work(table):
    return len(table)
if __name__ == "__main__":
    for method in ("spawn", "forkserver"):
        for where in (None, "/dev/shm"):
            context = multiprocessing.get_context(method)
            with shmcol.share({"x": [1, 2, 3]}, where=where) as table, context.Pool(2) as pool:
                assert pool.map(work, [table] * 4) == [3] * 4
                pool.close()
                pool.join()
    kept = shmcol.share({"x": [1]}, where="/dev/shm")
"""


def test_no_tracker_has_anything_to_say(tmp_path):
    (tmp_path / "main.py").write_text(SPAWN)
    before = named()
    quiet = {
        **os.environ,
        "PYTHON_GIL": "1",
    }  # a free-threaded Python says at each import that it has turned its GIL on
    done = subprocess.run(
        [sys.executable, "-W", "error", tmp_path / "main.py"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=quiet,
    )
    assert done.stderr == "" and named() == before


@pytest.mark.parametrize("where", PLACES)
def test_a_thousand_shares(where):
    before = named()
    columns = table_of(100)

    def step():
        with shmcol.share(columns, where=where) as table:
            data = pickle.dumps(table)
            assert pickle.loads(data)["x"][3] == 3

    steady(step, 1000)
    assert named() == before


def test_dropped_without_an_end():
    steady(lambda: shmcol.share({"x": [1]})["x"], 50)
    before = named()
    steady(lambda: shmcol.share({"x": [1]}, where="/dev/shm")["x"], 50)
    assert named() == before


def test_a_descriptor_that_was_closed_by_others_is_not_closed_again(tmp_path):
    table = shmcol.share(table_of())
    fd = int(table.path.rpartition("/")[2])
    os.close(fd)
    other = os.open(tmp_path / "x", os.O_RDWR | os.O_CREAT)
    if other != fd:
        os.dup2(other, fd)
    table.close()
    os.fstat(fd)
    for each in {fd, other}:
        os.close(each)


ENDLESS = """
import shmcol
def batches():
    for i in range(10**6):
        yield {'x': [i]}
        print(i, flush=True)
shmcol.share(batches(), where='/dev/shm')
"""


def test_ctrl_c_ends_it(tmp_path):
    before = named()
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    begin = time.monotonic()
    assert (
        b"KeyboardInterrupt" in process.communicate()[1]
        and time.monotonic() - begin < 20
        and named() == before
    )


def test_no_space_names_the_file_and_leaves_nothing(tmp_path):
    code = """
import resource, shmcol, sys
import numpy as np
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    shmcol.share({"x": np.arange(1_000_000)}, where=sys.argv[1])
except shmcol.FileError as error:
    print(error.filename, str(error).startswith(f"{error.filename}: error: "))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    name, named = done.stdout.split()
    assert (
        name.startswith(f"{tmp_path}/shmcol-shared-")
        and named == "True"
        and list(tmp_path.iterdir()) == []
    )
