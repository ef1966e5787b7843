"""Judges a disturbed run: it survives, or it fails cleanly. Anything else is unexplained."""

from targets import OUT

SURVIVED, FAILED, UNEXPLAINED = "survived", "failed cleanly", "unexplained"
SYSTEM, USAGE, DATA = 3, 2, 1
# Errors that are answers: the name is taken, the table is gone, another process holds the rows.
ANSWERS = {
    ("linkat", "EEXIST"),
    ("renameat2", "EEXIST"),
    ("openat", "ENOENT"),
    ("fcntl", "EACCES"),
    ("fcntl", "EAGAIN"),
}
# An input that is not seen at the first look is taken for text.
NOT_SEEN = {("newfstatat", "ENOENT"), ("newfstatat", "ENOTDIR")}
# A file system that knows no modes; an old file, and with it its mode, that was not seen.
MODE_IS_OPEN = {("fchmod", "EPERM"), ("newfstatat", "ENOENT")}
# Another process holds a lock, and also removes it.
LOCK_IS_HELD = ("flock", "EWOULDBLOCK")
REJECTS = "out/rejects.csv"
# The messages of a failed sync of the directory: the new file is there.
IN_PLACE = ("in place", "the rows are in the table")
# F-84: it stays where the last name of an append may not be durable.
MARKER = "/.shmcol-appending"


def _named(before, files, good):
    """Returns the files that should not exist, or that have wrong contents."""
    return [
        f"{name} ({len(data)} bytes, mode {mode:03o})"
        for name, (mode, data) in sorted(files.items())
        if before.get(name) != (mode, data) and good.get(name) != (mode, data)
    ]


def judge_success(target, good, done, files, fault=None):
    if fault and (fault.call, fault.action) in MODE_IS_OPEN:
        files = {name: (good.files.get(name, entry)[0], entry[1]) for name, entry in files.items()}
    if fault and (fault.call, fault.action) == LOCK_IS_HELD:
        files = {name: entry for name, entry in files.items() if not name.endswith(".lock")}
    problems = [f"left {left}" for left in _named({}, files, good.files)]
    needed = [
        name for name in good.files if not (target.may_skip_cache and name.startswith("cache/"))
    ]
    problems += [f"no {name}" for name in needed if name not in files]
    if done.stdout != good.stdout:
        problems.append(f"{len(done.stdout)} bytes of output, not {len(good.stdout)}")
    return problems


def judge_message(text, paths):
    lines = text.strip().splitlines()
    if not lines:
        return ["no message"]
    problems = []
    if len(lines) > 1:
        problems.append("more than one line of message")
    if ": error: " not in lines[0]:
        problems.append("no error in the message")
    if "out of memory" not in lines[0] and not any(
        path in lines[0] for path in (*paths, "standard output", "standard input")
    ):
        problems.append("the message names no file")
    return problems


def judge_failure(target, good, fault, done, files, paths):
    text = done.stderr.decode(errors="replace")
    problems = judge_message(text, paths)
    allowed = {SYSTEM, USAGE} if (fault.call, fault.action) in ANSWERS else {SYSTEM}
    if (fault.call, fault.action) in NOT_SEEN:
        allowed = {SYSTEM, DATA}
    if done.returncode not in allowed:
        problems.append(f"exit status {done.returncode}")
    before = good.before
    in_place = any(words in text for words in IN_PLACE) and fault.call == "fsync"
    cached = {name: entry for name, entry in good.files.items() if name.startswith("cache/")}
    # The rejects come before the output: where only the output fails they are there, and right.
    first = {name: entry for name, entry in good.files.items() if name == REJECTS}
    new = good.files if in_place else {**cached, **first}
    unmarked = {name: entry for name, entry in files.items() if not name.endswith(MARKER)}
    problems += [f"left {left}" for left in _named(before, unmarked if in_place else files, new)]
    # A cache's file that cannot be read is taken away.
    problems += [f"{name} is gone" for name in before if name not in files and name not in cached]
    if not target.reports and not good.stdout.startswith(done.stdout):
        problems.append("wrong output")
    return problems


def judge_next(target, good, done, files):
    """Judges the run after one that was killed."""
    problems = judge_success(target, good, done, files)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[:200]
        problems.append(f"exit status {done.returncode}: {said}")
    return ["the next run: " + text for text in problems]


def judge_killed(good, files):
    """After SIGKILL each file is the old one or the new one, or not there if there was no old one.
    Temporaries may be left."""
    problems = []
    for name in {*good.before, *good.files}:
        entry = files.get(name)
        if entry is None and name in good.before:
            problems.append(f"{name} is gone")
        if entry is not None and entry not in (good.before.get(name), good.files.get(name)):
            problems.append(f"{name} is neither old nor new ({len(entry[1])} bytes)")
    return problems


def is_new(good, files):
    """Returns True if the output is there, and not the old one."""
    return (
        OUT in good.files
        and files.get(OUT) == good.files[OUT]
        and good.before.get(OUT) != good.files[OUT]
    )
