"""How the tools publish a file: replacing, modes, leftovers of killed tools, dry runs."""

import gzip
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import cli
import pytest
from cli import good, path_of, run

NOBODY = 65534


@pytest.fixture
def made(tmp_path):
    """A folder with a CSV, a table, its compressed form, and files that are not regular."""
    (tmp_path / "in.csv").write_text("a,b\n1,x\n2,y\n")
    (tmp_path / "bad.csv").write_text("a,b\n1,x\n2\n")
    good("pack", tmp_path / "in.csv", "-o", tmp_path / "t")
    good("pack", "--zstd", tmp_path / "t", "-o", tmp_path / "z")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "dir").mkdir()
    return tmp_path


WRITERS = {
    "pack": lambda folder, out: ["pack", folder / "in.csv", "-o", out],
    "zstd": lambda folder, out: ["pack", "--zstd", folder / "t", "-o", out],
    "plain": lambda folder, out: ["pack", "--plain", folder / "z", "-o", out],
    "cat": lambda folder, out: ["cat", folder / "t", "-o", out],
    "rejects": lambda folder, out: [
        "pack",
        folder / "bad.csv",
        "-o",
        folder / "new",
        "--on-error",
        "skip",
        "--rejects",
        out,
    ],
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_link_is_followed_with_f_only(made, writer):
    for name, target in (("link", "old"), ("dangling", "none")):
        (made / "old").write_text("old")
        (made / "old").chmod(0o640)
        (made / name).symlink_to(target)
        done = run(*WRITERS[writer](made, made / name))
        assert done.returncode == 2 and "exists" in done.stderr and "-f replaces it" in done.stderr
        assert (made / "old").read_text() == "old" and not (made / "none").exists()
        good(*WRITERS[writer](made, made / name), "-f")
        assert (
            (made / name).is_symlink()
            and (made / target).is_file()
            and (made / target).read_bytes() != b"old"
        )
        if name == "link":
            assert (made / "old").stat().st_mode & 0o777 == (
                0o640 if writer in ("cat", "rejects") else 0o440
            )
    assert not [p.name for p in made.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize("force", [[], ["-f"]])
@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_no_regular_file_is_refused(made, writer, force):
    before = {p.name: p.lstat().st_ino for p in made.iterdir()}
    kinds = (
        {"dir": "a directory"} if writer == "rejects" else {"dir": "a directory", "fifo": "a FIFO"}
    )
    for name, kind in kinds.items():
        done = run(*WRITERS[writer](made, made / name), *force)
        assert (
            done.returncode == 3 and f"{made / name}: error:" in done.stderr and kind in done.stderr
        ), done.stderr
    assert {p.name: p.lstat().st_ino for p in made.iterdir()} == before


@pytest.mark.parametrize("writer", WRITERS)
def test_a_link_to_standard_output_stays(made, writer):
    """A link such as /dev/stdout, with a file as standard output."""
    link = made / "stdout"
    link.symlink_to("/proc/self/fd/1")
    tool, *args = WRITERS[writer](made, link)
    for force in (["-f"], []):
        command = [path_of(tool), *map(str, args), *force]
        with open(made / "out", "wb") as out:
            done = subprocess.run(
                command, stdout=out, stderr=subprocess.PIPE, text=True, check=False
            )
        if force:
            assert done.returncode == 3 and "a link to an open file" in done.stderr
        else:
            assert done.returncode == 2 and "-f replaces" not in done.stderr  # it would not
        assert os.readlink(link) == "/proc/self/fd/1" and (made / "out").read_bytes() == b""


def test_rejects_to_a_fifo_come_while_it_is_packed(made):
    got = []
    reader = threading.Thread(target=lambda: got.append((made / "fifo").read_text()))
    reader.start()
    good(
        "pack", made / "bad.csv", "-o", made / "o", "--on-error", "skip", "--rejects", made / "fifo"
    )
    reader.join(timeout=10)
    assert got == ["2\n"] and (made / "fifo").is_fifo()


def test_rejects_to_standard_error(made):
    done = run(
        "pack",
        "-q",
        made / "bad.csv",
        "-o",
        made / "o",
        "--on-error",
        "skip",
        "--rejects",
        "/dev/stderr",
    )
    assert done.returncode == 0 and done.stderr == "2\n"


def test_rejects_wait_for_their_reader_until_a_signal(made):
    args = [
        "pack",
        made / "bad.csv",
        "-o",
        made / "o",
        "--on-error",
        "skip",
        "--rejects",
        made / "fifo",
    ]
    with subprocess.Popen(
        [*map(str, [path_of(args[0]), *args[1:]])], stderr=subprocess.PIPE, text=True
    ) as child:
        time.sleep(0.3)
        assert child.poll() is None
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=30)
    assert child.returncode == -signal.SIGINT and not (made / "o").exists()


def test_the_output_is_not_the_rejects(made):
    (made / "link").symlink_to("o")
    done = run(
        "pack",
        "-f",
        made / "bad.csv",
        "-o",
        made / "o",
        "--on-error",
        "skip",
        "--rejects",
        made / "link",
    )
    assert done.returncode == 2 and "have to differ" in done.stderr


@pytest.fixture
def for_all(monkeypatch):
    """A folder that every user may search, with the tools in it: neither pytest's own folders nor
    the checkout need to be of that kind."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shmcol-publish-"))
    folder.chmod(0o755)
    (folder / "bin").mkdir(mode=0o755)
    for tool in ("pack", "cat"):
        shutil.copy(path_of(tool), folder / "bin")
    monkeypatch.setattr(cli, "BIN", folder / "bin")
    yield folder
    for part in folder.iterdir():
        part.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(folder):
    """Options of subprocess that make root another user, if that one may search the folder."""
    if os.geteuid() != 0 or not all(p.stat().st_mode & 0o001 for p in folder.parents):
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


@pytest.mark.parametrize("next_one", ["pack", "cat"])
def test_what_a_killed_tool_left_goes_with_the_next(for_all, next_one):
    """Without O_TMPFILE the temporary has a name. A user who is not root removes it, too."""
    place, user = for_all / "place", as_nobody(for_all)
    place.mkdir()
    place.chmod(0o777)
    (place / "in.csv").write_text("a\n1\n")
    os.mkfifo(place / "pipe")
    (place / "pipe").chmod(0o666)
    feed = os.open(place / "pipe", os.O_RDWR)
    hide = {**os.environ, "SHMCOL_HIDE": "tmpfile"}
    started = [
        subprocess.Popen([path_of("pack"), "pipe", "-o", f"o{i}"], cwd=place, env=hide, **user)
        for i in range(2)
    ]
    for _ in range(200):
        left = [p for p in place.iterdir() if p.name.startswith(".shmcol-")]
        if len(left) == 2 and all(p.stat().st_mode & 0o777 == 0o600 for p in left):
            break
        time.sleep(0.02)
    else:
        pytest.fail(
            f"no two temporaries of mode 0600: {[(p, oct(p.stat().st_mode)) for p in left]}"
        )
    good("pack", "in.csv", "-o", "t", cwd=place, **user)
    assert len([p for p in place.iterdir() if p.name.startswith(".shmcol-")]) == 2  # both live
    started[0].kill()
    started[0].wait(timeout=10)
    left = {p.name for p in place.iterdir() if p.name.startswith(".shmcol-")}
    assert len(left) == 2
    after = {"pack": ["pack", "-f", "in.csv", "-o", "t"], "cat": ["cat", "t", "-o", "t.csv"]}[
        next_one
    ]
    good(*after, cwd=place, **user)
    assert len(left & {p.name for p in place.iterdir()}) == 1
    started[1].kill()
    started[1].wait(timeout=10)
    os.close(feed)


@pytest.mark.parametrize("kind", ["gz", "stdin", "encoding", "skip"])
@pytest.mark.parametrize("hide", ["", "tmpfile"])
def test_a_dry_run_needs_no_place_here(for_all, kind, hide):
    here, temporary, user = for_all / "here", for_all / "temporary", as_nobody(for_all)
    here.mkdir()
    temporary.mkdir()
    temporary.chmod(0o777)
    (here / "in.csv").write_bytes(b"a,b\n1,x\n2\n" if kind == "skip" else b"a,b\n1,x\n")
    (here / "in.csv.gz").write_bytes(gzip.compress(b"a,b\n1,x\n"))
    here.chmod(0o555)
    args = {
        "gz": ["in.csv.gz"],
        "stdin": ["-"],
        "encoding": ["--encoding", "latin1", "in.csv"],
        "skip": ["--on-error", "skip", "in.csv"],
    }[kind]
    environment = {**os.environ, "TMPDIR": str(temporary), "SHMCOL_HIDE": hide}
    text = good("pack", "--dry-run", *args, cwd=here, input="a,b\n1,x\n", env=environment, **user)
    assert "int64" in text and list(temporary.iterdir()) == []


def test_cat_makes_a_file_that_may_be_written(made):
    mask = os.umask(0o027)
    good("cat", made / "t", "-o", made / "o.csv")
    os.umask(mask)
    assert (made / "o.csv").stat().st_mode & 0o777 == 0o640
