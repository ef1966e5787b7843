"""Tables in directories that are damaged, held, full, forbidden or interrupted."""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import cli
import pytest
from cli import ROOT, cat_bytes, good, is_sanitized, json_of, path_of, run
from model import INT32, INT64, TIMESTAMP, Type
from tables import ZONE, Grown, columns
from test_publish import as_nobody
from writer import Col

BAD = ROOT / "spec" / "corpus" / "bad"
ZERO = "00000000000000000000.shmcol"
MARKER = ".shmcol-appending"


def grown(tmp_path, cols=columns, last=5, **extra):
    """A table of a whole part and a last one, which may be wrong."""
    made = Grown(tmp_path / "t").add(cols(0, ZONE))
    return made.add(cols(ZONE, last), **extra)


def times(zone):
    """Returns what makes the columns of a table: of times in a zone."""
    return lambda first, rows: [Col("t", Type(TIMESTAMP, 2, zone=zone), list(range(rows)))]


def with_another_schema(made):
    made.again([Col("n", Type(INT64), [1]), Col("other", Type(INT64), [1])])


def with_another_type(made):
    cols = columns(ZONE, 5)
    made.again([Col("n", Type(INT32), [1, 2, 3, 4, 5]), *cols[1:]])


def with_another_name(made):
    shutil.copy(made.path(ZONE), made.path(2 * ZONE))
    shutil.copy(made.path(0), made.path(ZONE))


def of_another_table(made):
    made.again(columns(ZONE, 5), table_id=b"another table's!")


def without_a_part_of_an_append(made):
    made.again(columns(ZONE, ZONE), table_rows=3 * ZONE)


def no_part_at_all(made):
    good("pack", "-q", "-", "-o", made.directory / "f", input="n,s,w\n1,a,b\n")
    (made.directory / "f").rename(made.path(0))


def compressed(made):
    shutil.copy(BAD / "part-compressed.shmcol", made.path(0))


def without_the_first(made):
    made.path(0).unlink()


def with_a_manifest(made):
    (made.directory / "_manifest").touch()


def cut_short(made):
    os.truncate(made.path(ZONE), 70000)


def no_file(made):
    made.path(ZONE).unlink()
    made.path(ZONE).mkdir()


WRONG = [
    (with_another_schema, "WRONG_PART", 1, ZONE),
    (with_another_type, "WRONG_PART", 1, ZONE),
    (with_another_name, "WRONG_PART", 1, ZONE),
    (of_another_table, "WRONG_PART", 1, ZONE),
    (without_a_part_of_an_append, "PARTS_MISSING", 1, None),
    (no_part_at_all, "WRONG_PART", 1, 0),
    (compressed, "HEADER_FIELD", 1, 0),
    (without_the_first, "PARTS_MISSING", 1, None),
    (with_a_manifest, "FEATURE", 4, None),
    (cut_short, "TRUNCATED", 1, ZONE),
    (no_file, "WRONG_PART", 1, ZONE),
]


@pytest.mark.parametrize(
    "damage, code, status, part", WRONG, ids=lambda v: getattr(v, "__name__", None)
)
def test_every_tool_names_what_is_wrong(tmp_path, damage, code, status, part):
    """F-81, F-83, F-86. An append to what is no table changes nothing."""
    made = grown(tmp_path)
    damage(made)
    before = sorted((p, p.stat().st_size) for p in tmp_path.rglob("*"))
    where = str(made.directory if part is None else made.path(part))
    (tmp_path / "in.csv").write_text("n,s,w\n1,a,b\n")
    out = tmp_path / "o.shmcol"
    runs = [("cat", made.directory), ("info", made.directory), ("pack", made.directory, "-o", out)]
    runs.append(("pack", "--append", made.directory, tmp_path / "in.csv"))
    for tool, *args in runs:
        error = json_of(tool, *args, status=status)["error"]
        assert (error["status"], error["path"]) == (code, where), (tool, args, error)
    found = json_of("check", made.directory, status=status)["files"][0]
    assert found["first"] == code and found["problems"][0]["path"] == where
    (tmp_path / "in.csv").unlink()
    assert sorted((p, p.stat().st_size) for p in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("zone", [b"", b"Europe/Paris"])
def test_a_part_with_another_zone(tmp_path, zone):
    made = Grown(tmp_path / "t").add(times(b"UTC")(0, ZONE)).add(times(zone)(ZONE, 5))
    error = json_of("cat", made.directory, status=1)["error"]
    assert error["status"] == "WRONG_PART" and '"t"' in error["message"]
    assert error["path"] == str(made.path(ZONE))


def test_a_part_in_the_middle_of_no_whole_zones_is_the_last(tmp_path):
    """F-80: nothing follows it. F-84: the next append removes what lies behind if one that died
    left it, else it stops."""
    made = grown(tmp_path)
    made.rows = 2 * ZONE
    made.add(columns(2 * ZONE, 9))
    done = run("check", made.directory)
    assert done.returncode == 0 and "beyond the table: 1 file of 9 rows" in done.stderr
    assert "no append has left them" in done.stderr
    assert json_of("info", made.directory)["rows"] == ZONE + 5
    command = ("pack", "--append", made.directory, "-")
    error = json_of(*command, input="n,s,w\n7,x,a\n", status=1)["error"]
    assert (error["status"], error["rule"]) == ("PARTS_MISSING", "F-84")
    assert made.path(2 * ZONE).exists()
    (made.directory / MARKER).touch()
    assert "the next append removes them" in run("check", made.directory).stderr
    found = json_of("pack", "--append", made.directory, "-", input="n,s,w\n7,x,a\n")["append"]
    assert (found["removed"], found["table_rows"]) == (1, ZONE + 6)
    assert run("check", made.directory).stderr == ""
    assert not made.path(2 * ZONE).exists()


# ---- held ----


@contextmanager
def held(directory):
    fd = os.open(directory, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(fd)


@pytest.fixture
def small(tmp_path):
    good("pack", "-q", "--append", tmp_path / "t", "-", input="a,b\n1,x\n")
    return tmp_path / "t"


def start(directory, *args, **options):
    child = subprocess.Popen(
        [path_of("pack"), "--append", str(directory), *args, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    child.stdin.write("a,b\n2,x\n")
    child.stdin.close()
    child.stdin = None
    return child


def test_an_append_does_not_wait_if_it_shall_not(small):
    with held(small):
        error = json_of("pack", "--append", small, "--no-wait", "-", input="a,b\n2,x\n", status=3)
    assert error["error"]["status"] == "LOCKED" and error["error"]["path"] == str(small)
    assert cat_bytes(small) == b"a,b\n1,x\n"


def test_an_append_says_that_it_waits(small):
    with held(small), start(small) as child:
        line = child.stderr.readline()
        assert line == f'shmcol-pack: waiting for another append to "{small}"\n'
        assert cat_bytes(small) == b"a,b\n1,x\n" and child.poll() is None
        os.kill(child.pid, signal.SIGCONT)
        time.sleep(0.1)
        with start(small, "-q") as quiet:
            time.sleep(0.8)
            quiet.send_signal(signal.SIGINT)
            assert quiet.communicate(timeout=60)[1] == "" and quiet.returncode == -signal.SIGINT
        child.send_signal(signal.SIGTERM)
        assert child.communicate(timeout=60)[1] == "" and child.returncode == -signal.SIGTERM
    assert os.listdir(small) == [ZERO] and cat_bytes(small) == b"a,b\n1,x\n"
    with start(small) as child:
        assert child.communicate(timeout=60)[1] == "" and child.returncode == 0
    assert cat_bytes(small) == b"a,b\n1,x\n2,x\n"


def test_a_directory_that_is_made_anew_under_a_waiting_append(small, tmp_path):
    """The append goes to the table that has the path when its turn comes."""
    with held(small):
        child = start(small)
        child.stderr.readline()
        small.rename(tmp_path / "old")
        small.mkdir()
    assert child.communicate(timeout=60)[1] == "" and child.returncode == 0
    assert cat_bytes(tmp_path / "old") == b"a,b\n1,x\n" and cat_bytes(small) == b"a,b\n2,x\n"


# ---- interrupted, forbidden, full ----


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_append_that_is_interrupted_is_whole_or_not_at_all(tmp_path, number):
    directory, rows = tmp_path / "t", 200000
    csv = tmp_path / "in.csv"
    csv.write_text("a,b\n" + "".join(f"{i},text {i}\n" for i in range(rows)))
    done = 0
    for delay in (0.005, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15):
        child = subprocess.Popen(
            [path_of("pack"), "-q", "--no-sync", "--append", directory, csv], stderr=subprocess.PIPE
        )
        with child:
            time.sleep(delay)
            child.send_signal(number)
            child.communicate(timeout=60)
        done += child.returncode == 0
        if not directory.exists() or not (directory / ZERO).exists():
            assert child.returncode != 0
            continue
        found = json_of("check", directory)["files"][0]
        told = json_of("info", directory)["rows"]
        assert told % rows == 0 and told >= done * rows and found["ok"]
        done = told // rows
        if number == signal.SIGINT:
            assert found["orphans"] == []
    before = done * rows
    found = json_of("pack", "--no-sync", "--append", directory, csv)["append"]
    assert (found["first_row"], found["table_rows"]) == (before, before + rows)
    assert json_of("check", directory)["files"][0]["orphans"] == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv", "t"]


@pytest.fixture
def for_all(monkeypatch):
    """A folder that every user may search, with the tools in it."""
    folder = Path(tempfile.mkdtemp(prefix="shmcol-table-"))
    folder.chmod(0o755)
    (folder / "bin").mkdir(mode=0o755)
    for tool in ("pack", "cat", "check", "info"):
        shutil.copy(path_of(tool), folder / "bin")
    monkeypatch.setattr(cli, "BIN", folder / "bin")
    yield folder
    for part in folder.iterdir():
        part.chmod(0o755)
    shutil.rmtree(folder)


def test_other_users_read_a_table_and_cannot_append(for_all):
    user = as_nobody(for_all)
    if not user:
        pytest.skip("needs root, who becomes another user")
    table = for_all / "t"
    good("pack", "-q", "--append", table, "-", input="a,b\n1,x\n")
    assert run("check", table, cwd="/", **user).stdout == f"{table}: ok\n"
    assert good("cat", table, cwd="/", **user) == "a,b\n1,x\n"
    assert json_of("info", table, cwd="/", **user)["rows"] == 1
    for place in (table, for_all / "new"):
        error = json_of(
            "pack", "--append", place, "-", input="a,b\n2,x\n", status=3, cwd="/", **user
        )["error"]
        assert error["status"] == "IO" and error["sys_errno"] == 13
        assert error["path"].startswith(str(place))
    assert os.listdir(table) == [ZERO] and not (for_all / "new").exists()
    (table / ZERO).chmod(0)
    error = json_of("cat", table, status=3, cwd="/", **user)["error"]
    assert error["sys_errno"] == 13 and error["path"] == str(table / ZERO)


@pytest.fixture
def small_disk(tmp_path):
    where = tmp_path / "disk"
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", where]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system needs root")
    yield where
    subprocess.run(["umount", where], check=True)


def test_a_full_disk(small_disk, tmp_path):
    table, csv = small_disk / "t", tmp_path / "in.csv"
    csv.write_text("a,b\n" + "".join(f"{i},text {i}\n" for i in range(300000)))
    good("pack", "-q", "--append", table, "-", input="a,b\n1,x\n")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for name in (table, small_disk / "new"):
        done = run("pack", "--append", name, csv, env=environment)
        assert done.returncode == 3 and "No space left" in done.stderr, done.stderr
    assert os.listdir(small_disk) == ["t"] and os.listdir(table) == [ZERO]
    assert cat_bytes(table) == b"a,b\n1,x\n"
    assert json_of("pack", "--append", table, "-", input="a,b\n2,y\n")["append"]["table_rows"] == 2


PRELOAD = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>
static int named;
int renameat(int a, const char *b, int c, const char *d)
{
    named = 1;
    int (*real)(int, const char *, int, const char *) = dlsym(RTLD_NEXT, "renameat");
    return real(a, b, c, d);
}
int fsync(int fd)
{
    struct stat st;
    if (named && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
"""


def test_rows_that_are_there_but_perhaps_not_durable(small, tmp_path):
    """F-84: the last sync fails. That is said, with exit status 3."""
    compiler = shutil.which("cc")
    if compiler is None or is_sanitized():
        pytest.skip("needs a compiler, and tools that take a preloaded library")
    (tmp_path / "p.c").write_text(PRELOAD)
    command = [compiler, "-shared", "-fPIC", "p.c", "-o", "p.so", "-ldl"]
    subprocess.run(command, cwd=tmp_path, check=True)
    environment = {**os.environ, "LD_PRELOAD": str(tmp_path / "p.so")}
    done = run("pack", "--append", small, "-", input="a,b\n2,x\n", env=environment)
    assert done.returncode == 3 and "APPENDED_NOT_SYNCED" in done.stderr, done.stderr
    assert "the rows are in the table" in done.stderr
    assert "do not append them again" in done.stderr
    assert cat_bytes(small) == b"a,b\n1,x\n2,x\n"


def test_a_table_of_many_small_parts_is_warned_of(tmp_path):
    """Parts without columns are small, so that a table of 1,024 is made in no time."""
    made = Grown(tmp_path / "t")
    for _ in range(1023):
        made.add([], rows=ZONE)
    none = ROOT / "spec" / "corpus" / "good" / "columns-0-rows-5.shmcol"
    done = run("pack", "--append", made.directory, none)
    assert done.returncode == 0, done.stderr
    assert f"1,024 parts of 65,472 rows on average" in done.stderr
    assert f'shmcol-pack "{made.directory}" -o "{made.directory}-new/"' in done.stderr
    assert run("pack", "-q", "--append", made.directory, none).stderr == ""
    good("pack", made.directory, "-o", f"{tmp_path}/new/")
    assert json_of("info", tmp_path / "new")["part_count"] < 10


@pytest.mark.parametrize("types", ["a=int32", "a=string"])
def test_a_signal_while_rows_get_other_types(tmp_path, types):
    """Also on the way by text nothing stays behind: neither an output nor a temporary file."""
    table, out, place = tmp_path / "t", tmp_path / "o.shmcol", tmp_path / "temporary"
    place.mkdir()
    csv = "a,b\n" + "".join(f"{i},text {i}\n" for i in range(300000))
    good("pack", "-q", "--no-sync", "--append", table, "-", input=csv)
    ended = 0
    for delay in (0.002, 0.01, 0.02, 0.05, 0.1):
        child = subprocess.Popen(
            [path_of("pack"), "-q", "--no-sync", table, "--types", types, "-o", out],
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(place)},
        )
        with child:
            time.sleep(delay)
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=60)
        assert child.returncode in (0, -signal.SIGINT), errors
        assert list(place.iterdir()) == []
        if out.exists():
            assert run("check", out).returncode == 0
            out.unlink()
        ended += child.returncode != 0
        assert sorted(p.name for p in tmp_path.iterdir()) == ["t", "temporary"]
    assert ended > 0


def test_a_table_is_no_file(tmp_path):
    """The answer is the same for each kind of file, and nothing changes."""
    source = tmp_path / "rows.csv"
    source.write_text("a\n1\n")
    table = tmp_path / "file.shmcol"
    assert run("pack", source, "-o", table).returncode == 0
    for place in (source, table):
        before = place.read_bytes()
        done = run("pack", "--append", place, source)
        assert done.returncode == 3 and "Not a directory" in done.stderr
        assert f"{place}: error: cannot append" in done.stderr
        assert place.read_bytes() == before
