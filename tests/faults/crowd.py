"""Many processes and one table: appenders at once, a directory that changes under them, copies.

Each function does one of these things in a work folder, and returns what is wrong."""

import functools
import os
import select
import shutil
import signal
import stat
import subprocess
import time

import outcome
import tables
from injector import Result
from plan import TEMPORARIES
from targets import TABLE, Work, is_root

PART = "00000000000000065536.shmcol"
PATIENCE = 60


class Crowd:
    """A work folder, and the appenders in it."""

    def __init__(self, place, name, user, hide=""):
        self.work, self.hide = Work(place, name, user), hide
        self.table = self.work.path / TABLE
        self.processes = []
        self.missing = 0  # copies

    def begin(self, table=""):
        """Makes the table anew."""
        shutil.rmtree(self.work.path)
        self.work = Work(self.work.place, self.work.path.name, self.work.user)
        if table:
            shutil.copytree(self.work.place.inputs / table, self.table)
            for path in (self.table, *self.table.iterdir()):
                path.chmod(0o755 if path.is_dir() else 0o444)
                shutil.chown(path, *os.stat(self.work.path)[4:6])

    def append(self, first, rows, times, *options):
        program = self.work.place.bin / "faults_table"
        numbers = map(str, (first, rows, times))
        process = subprocess.Popen(
            [program, "append", self.table, *numbers, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.work.environment(self.hide),
            **self.work.as_user(),
        )
        self.processes.append(process)
        return process

    def ask(self, first, rows, *options):
        """An appender that waits for an answer, under the lock or for it."""
        process = self.append(first, rows, 1, "ask", *options)
        assert process.stdout.readline() == "asked\n", process.stderr.read()
        return process

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.processes.clear()

    def expect(self, said, *more, table=None):
        """What is wrong with a table, if it is not as faults_table should say."""
        got, problem = tables.read(self.work, table, *more)
        if problem or not got.startswith(said):
            return [problem or f"the table has {got}, not {said}"]
        return []

    def leftovers(self):
        """What is there beside the table's parts."""
        parts = sorted(path.name for path in self.table.iterdir())
        found = [path.name for path in self.table.parent.iterdir() if path != self.table]
        got = tables.read(self.work)[0]
        if got.startswith("rows ") and got.split()[-1] != str(len(parts)):
            found += parts
        return [f"left {', '.join(found)}"] if found else []


def finish(process, said, answer=""):
    """Lets an appender go on, and checks what it says at last."""
    out, err = process.communicate(answer, timeout=PATIENCE)
    return (
        [] if out == said else [f"it said {out.split()}, not {said.split()}: {err.strip()[:300]}"]
    )


def at_once(crowd, processes, times, rows):
    """All rows are there once, those of each process in its order."""
    crowd.begin()
    begun = [crowd.append(1_000_000 * p, rows, times) for p in range(processes)]
    problems = [text for process in begun for text in finish(process, "OK\n" * times)]
    problems += crowd.expect(f"rows {processes * times * rows} ", processes, times * rows)
    return problems + crowd.leftovers()


def is_locked(crowd):
    """One that does not wait is told so, and the one that holds the lock appends."""
    crowd.begin("tail")
    holder = crowd.ask(1000, 500)
    problems = finish(crowd.append(1000, 500, 1, "no-wait"), "LOCKED\n")
    problems += crowd.expect("rows 1000 ")
    problems += finish(holder, "OK\n", "\n")
    return problems + crowd.expect("rows 1500 ") + crowd.leftovers()


def holder_is_killed(crowd):
    """Its lock is free, and its rows are not there."""
    crowd.begin("near")
    holder = crowd.ask(65000, 2000)
    waiter = crowd.append(65000, 3000, 1)
    time.sleep(0.02)
    holder.send_signal(signal.SIGKILL)
    problems = finish(waiter, "OK\n")
    for path in crowd.table.parent.glob("*.rows"):  # the holder's own input
        path.unlink()
    return problems + crowd.expect("rows 68000 ") + crowd.leftovers()


def first_is_cancelled(crowd):
    """It removes the directory that it has made, for which another one waits: that one makes it
    anew. With nobody else there is no trace."""
    crowd.begin()
    holder = crowd.ask(0, 500, "cancel")
    waiter = crowd.ask(0, 700)
    waiter.stdin.write("\n")
    waiter.stdin.flush()
    problems = finish(holder, "CANCELLED\n", "\n")
    problems += finish(waiter, "OK\n") + crowd.expect("rows 700 ") + crowd.leftovers()
    crowd.begin()
    problems += finish(crowd.ask(0, 500, "cancel"), "CANCELLED\n", "\n")
    return problems + (["left the directory"] if crowd.table.exists() else [])


def disk_is_full(crowd):
    """The append that does not fit changes nothing, and the next one that fits does."""
    crowd.begin()
    out, size = crowd.table.parent, "size=6m,mode=0777"
    mount = ["mount", "-t", "tmpfs", "-o", size, "shmcol", out]
    if not is_root() or not shutil.which("mount") or subprocess.run(mount, check=False).returncode:
        return []
    try:
        appended = crowd.append(0, 20000, 1000).communicate(timeout=PATIENCE)[0].split()
        rows = 20000 * (len(appended) - 1)
        for path in out.glob("*.rows"):  # the appender's own input
            path.unlink()
        problems = crowd.expect(f"rows {rows} ") + crowd.leftovers()
        if appended[-1] != "IO" or rows == 0:
            problems.append(f"it said {appended}")
        subprocess.run(["mount", "-o", "remount,size=64m", out], check=True)
        problems += finish(crowd.append(rows, 20000, 1), "OK\n")
        return problems + crowd.expect(f"rows {rows + 20000} ") + crowd.leftovers()
    finally:
        subprocess.run(["umount", out], check=True)


def child_goes_on(crowd):
    """A child of fork neither publishes nor lets the lock go."""
    crowd.begin("near")
    child = "WRITER_STATE\nchild 2, locked\nOK\n"
    problems = finish(crowd.append(65000, 2000, 1, "fork"), child)
    return problems + crowd.expect("rows 67000 ") + crowd.leftovers()


def made_anew(crowd, removed):
    """The directory is another one by now: nothing is published in the old one. The one that waits
    for the lock sees the new one as if it came later, whole."""
    crowd.begin("near")
    old = crowd.table.with_name("old")
    holder = crowd.ask(65000, 2000)
    waiter = crowd.ask(0, 3000)
    waiter.stdin.write("\n")
    waiter.stdin.flush()
    if removed:
        shutil.rmtree(crowd.table)
    else:
        crowd.table.rename(old)
    crowd.table.mkdir()
    shutil.chown(crowd.table, *os.stat(crowd.work.path)[4:6])
    problems = finish(holder, "FILE_REPLACED\n", "\n")
    problems += finish(waiter, "OK\n")
    problems += crowd.expect("rows 3000 parts 1")
    if not removed:
        problems += crowd.expect("rows 65000 parts 1", table=old)
        problems += [f"left {path.name}" for path in old.iterdir() if path.name == PART]
        shutil.rmtree(old)
    return problems + crowd.leftovers()


def removed_while_held(crowd):
    """A directory that is made anew empty stays so."""
    crowd.begin("tail")
    holder = crowd.ask(1000, 500)
    shutil.rmtree(crowd.table)
    crowd.table.mkdir()
    problems = finish(holder, "FILE_REPLACED\n", "\n")
    return problems + crowd.expect("none") + crowd.leftovers()


# ---- something else has the next part's name ----


def _make(kind, path, victim):
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(victim)
    elif kind == "dangling link":
        path.symlink_to(victim.with_name("nothing"))
    else:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))


STRANGE = ("fifo", "directory", "link", "dangling link", "device")


def strange(crowd, kind, base):
    """It is neither replaced nor opened for writing, and the table is as it was without it."""
    crowd.begin(base)
    node, victim = crowd.table / PART, crowd.work.path / "tmp" / "victim"
    victim.write_bytes(b"precious")
    _make(kind, node, victim)
    before = os.lstat(node)
    poll, reader = select.poll(), -1
    if kind == "fifo":
        reader = os.open(node, os.O_RDONLY | os.O_NONBLOCK)
        poll.register(reader, select.POLLIN | select.POLLHUP)
    out, _ = crowd.append(65536 if base == "whole" else 65000, 2000, 1).communicate(
        timeout=PATIENCE
    )
    problems = [f"it appended over a {kind}"] if "OK" in out else []
    if poll.poll(0):
        problems.append("the FIFO was opened for writing")
    if reader >= 0:
        os.close(reader)
    after = os.lstat(node)
    if (before.st_ino, before.st_mode) != (after.st_ino, after.st_mode):
        problems.append(f"the {kind} was replaced")
    if victim.read_bytes() != b"precious" or victim.with_name("nothing").exists():
        problems.append("it wrote through the link")
    node.rmdir() if kind == "directory" else node.unlink()
    rows = 65536 if base == "whole" else 65000
    return problems + crowd.expect(f"rows {rows} parts 1") + crowd.leftovers()


# ---- copies and readers while it grows ----


def copy_by_name(table, copy):
    """Copies it with cp, and returns what cp says. A name of the writer's own that cp lists may be
    gone before cp reaches it, as with any directory that changes: cp says so, and copies the rest.
    """
    done = subprocess.run(
        ["cp", "-r", table, copy], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
    )
    gone = f"'{table}/.shmcol-", "No such file or directory"
    said = [line for line in done.stderr.splitlines() if not all(part in line for part in gone)]
    return said or ([] if done.returncode == 0 or done.stderr else ["cp failed"])


def copies(crowd, number):
    """Copies by name of a table that grows are whole or PARTS_MISSING, and readers of the table
    itself always see a whole one."""
    problems, copy, grower = [], crowd.work.path / "tmp" / "copy", None
    for _ in range(number):
        if grower is None or grower.poll() is not None:
            problems += finish(grower, "OK\n" * 30) if grower else []
            crowd.begin("near")
            grower = crowd.append(65000, 30000, 30)
        problems += copy_by_name(crowd.table, copy)
        said, problem = tables.read(crowd.work, copy)
        if problem or not said.startswith(("rows ", "PARTS_MISSING")):
            problems.append(problem or f"a copy has {said}")
        crowd.missing += said == "PARTS_MISSING"
        problems += crowd.expect("rows ")
        shutil.rmtree(copy)
    return problems


# ---- all of them, as ./dev faults does them ----

ALL = {
    "crowd.two": lambda crowd: at_once(crowd, 2, 50, 1500),
    "crowd.eight": lambda crowd: at_once(crowd, 8, 50, 400),
    "crowd.locked": is_locked,
    "crowd.killed": holder_is_killed,
    "crowd.child": child_goes_on,
    "crowd.cancelled": first_is_cancelled,
    "crowd.full": disk_is_full,
    "crowd.removed": lambda crowd: made_anew(crowd, True),
    "crowd.moved": lambda crowd: made_anew(crowd, False),
    "crowd.held": removed_while_held,
    "crowd.copies": lambda crowd: copies(crowd, 100),
    **{
        f"crowd.{kind.replace(' ', '-')}.{base}": functools.partial(strange, kind=kind, base=base)
        for kind in STRANGE
        for base in ("whole", "near")
    },
}


def run(place, case, name, function=None):
    """Does one of these things, and returns its result."""
    if case.user == "other" and ".device." in case.target:
        return Result(outcome.SURVIVED, hit=False)
    crowd = Crowd(place, name, case.user, TEMPORARIES[case.temporary])
    try:
        problems = (function or ALL[case.target])(crowd)
    except subprocess.TimeoutExpired:
        problems = ["hangs"]
    finally:
        crowd.end()
    return Result(outcome.UNEXPLAINED if problems else outcome.SURVIVED, ", ".join(problems))
