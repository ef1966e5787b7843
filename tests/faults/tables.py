"""Judges a table in a directory after a fault: it is the one before, or the one after."""

import subprocess

import outcome
from plan import TEMPORARIES
from targets import TABLE, Target

# The message of an append whose rows are in the table, although it failed.
APPENDED = "the rows are in the table"
_NOTHING = ("{bin}/faults_inprocess", "once", "append.nothing", "{in}", "{work}")


def read(work, path=None, *more):
    """Returns what faults_table says about a table, having checked each row of it, and a problem
    or None."""
    done = subprocess.run(
        [work.place.bin / "faults_table", "read", path or work.path / TABLE, *map(str, more)],
        capture_output=True,
        text=True,
        check=False,
        env=work.environment(),
        timeout=60,
        **work.as_user(),
    )
    said = done.stdout.strip()
    return (
        said,
        f"the table is wrong: {said} {done.stderr.strip()[:300]}" if done.returncode else None,
    )


def state(work, good):
    """Returns (what faults_table says about the table, a problem or None). Files that are those of
    an undisturbed run to the byte need not be read again."""
    files = work.files()
    if files == good.files:
        return good.rows_after, None
    return (good.rows_before, None) if files == good.before else read(work)


def judge(work, good, appended):
    """Judges the table: `appended` says whether its rows are in it; None: they may be."""
    said, problem = state(work, good)
    if problem:
        return [problem]
    if said not in (good.rows_before, good.rows_after):
        return [f"the table is between: {said}"]
    if appended is not None and said != (good.rows_after if appended else good.rows_before):
        return [f"the table has {said}, and the append said otherwise"]
    return []


def judge_syncs(good, done, counts, fault):
    """An append that succeeds has synced all: a directory above that it may not read is none of
    it."""
    if done.returncode == 0 and fault.call == "fsync" and counts["hit"]:
        # EINVAL and EROFS say that there is nothing to sync.
        return [] if fault.action in ("EINVAL", "EROFS") else ["a sync failed, and it said nothing"]
    synced = counts.get("fsync", 0) >= good.calls["fsync"]
    if done.returncode == 0 and not synced and (fault.call, fault.action) != ("openat", "EACCES"):
        return [f"only {counts.get('fsync', 0)} calls of fsync"]
    return []


def judge_next(case, target, work, good):
    """Appends again after a kill, or nothing where the rows are in the table. Then all files are
    those of a good run, and no others are there."""
    before = state(work, good)[0] == good.rows_before
    again = target if target.named or before else Target("again", _NOTHING)
    done = work.run(again, hide=TEMPORARIES[case.temporary])
    return outcome.judge_next(target, good, done, work.files()) + judge(work, good, True)


def check(work):
    """Returns what shmcol-check finds."""
    command = ("{bin}/shmcol-check", "--threads", "1", "{work}/" + TABLE)
    done = work.run(Target("check", command))
    said = done.stdout.decode(errors="replace").strip()[:300]
    return [f"shmcol-check: {said}"] if done.returncode else []
