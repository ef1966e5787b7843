"""Runs one case: a target, as one user, with one kind of temporary file, and one fault."""

import os
import subprocess
import time
from dataclasses import dataclass

import outcome
import tables
from plan import CLEANS_UP, TEMPORARIES, Fault
from targets import TARGETS, Work

INJECTOR_BROKEN = 125
# libc answers this when it cannot even begin; no code of ours has run.
NOT_BEGUN = (
    "error while loading shared libraries",
    "cannot apply additional memory protection",
    "tcache_thread_shutdown",
)


@dataclass(frozen=True)
class Case:
    target: str
    user: str
    temporary: str
    fault: Fault

    def __str__(self):
        return f"{self.target}/{self.user}/{self.temporary}/{self.fault}"

    @staticmethod
    def parse(text):
        target, user, temporary, fault = text.split("/")
        return Case(target, user, temporary, Fault.parse(fault))


@dataclass
class Good:
    """An undisturbed run: the files before it, the files after it, and its system calls."""

    before: dict
    files: dict
    stdout: bytes
    calls: dict
    rows_before: str = ""  # of a table
    rows_after: str = ""


@dataclass
class Result:
    kind: str
    detail: str = ""
    hit: bool = True


class Injector:
    """Belongs to one worker. Has a work folder for each user, and knows each target's good run."""

    def __init__(self, place, name):
        self.place, self.name = place, name
        self._works, self._goods = {}, {}

    def work(self, target, user):
        key = (user, target.in_memory)
        if key not in self._works:
            self._works[key] = Work(self.place, f"{self.name}-{user}", user, target.in_memory)
        return self._works[key]

    def disturb(self, work, target, temporary, *options, durable=False, timeout=30):
        """Runs it under faultrun. Returns (what subprocess.run gives, the counts)."""
        read, write = os.pipe()
        try:
            before = [
                self.place.bin / "faultrun",
                "-c",
                write,
                *(["-d"] if durable else []),
                *options,
                "--",
            ]
            done = work.run(target, before, TEMPORARIES[temporary], timeout, pass_fds=(write,))
        finally:
            os.close(write)
            with os.fdopen(read) as lines:
                counts = dict(line.split() for line in lines.read().splitlines())
        if done.returncode == INJECTOR_BROKEN:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return done, {name: int(count) for name, count in counts.items()}

    def good(self, name, user, temporary):
        key = (name, user, temporary)
        if key not in self._goods:
            target = TARGETS[name]
            work = self.work(target, user)
            work.reset(target)
            self._goods[key] = self.run_well(work, target, temporary)
        return self._goods[key]

    def run_well(self, work, target, temporary, durable=False):
        """Runs a target that is prepared, and nothing disturbs it."""
        before = work.files()
        rows = tables.read(work)[0] if target.appends else ""
        done, counts = self.disturb(
            work, target, temporary, "-f", "any:1000000000:1", durable=durable
        )
        assert done.returncode == 0, (target.name, done.stderr)
        counts.pop("hit")
        good = Good(before, work.files(), done.stdout, counts, rows)
        if target.appends:
            good.rows_after, problem = tables.read(work)
            assert problem is None and not tables.check(work), (target.name, problem)
        return good

    def duration(self, name, user, temporary):
        """Returns the microseconds that a run takes which nobody watches."""
        target = TARGETS[name]
        work = self.work(target, user)
        work.reset(target)
        begun = time.monotonic()
        work.run(target, hide=TEMPORARIES[temporary])
        return int(1e6 * (time.monotonic() - begun))

    def run(self, case):
        """Runs a case and returns its result."""
        target = TARGETS[case.target]
        good = self.good(case.target, case.user, case.temporary)
        work = self.work(target, case.user)
        work.reset(target)
        fault = case.fault
        if fault.call == "time":
            return self._kill_in_time(case, target, work, good)
        spelled = Fault(fault.call, fault.k, str(fault.number() or fault.action), fault.lasting)
        try:
            done, counts = self.disturb(work, target, case.temporary, "-f", spelled)
        except subprocess.TimeoutExpired:
            return Result(outcome.UNEXPLAINED, "hangs")
        hit = counts.get("hit", 0) > 0
        if fault.action == "kill":
            return self._after_kill(case, target, work, good, hit)
        text = done.stderr.decode(errors="replace")
        if any(words in text for words in NOT_BEGUN):
            return Result(outcome.FAILED, hit=hit)
        files = work.files()
        paths = [str(work.path), str(self.place.inputs)]
        if done.returncode == 0:
            kind, problems = (
                outcome.SURVIVED,
                outcome.judge_success(target, good, done, files, fault),
            )
        else:
            kind, problems = (
                outcome.FAILED,
                outcome.judge_failure(target, good, fault, done, files, paths),
            )
        if target.appends:
            appended = done.returncode == 0 or tables.APPENDED in text
            problems += tables.judge(work, good, appended)
            problems += tables.judge_syncs(good, done, counts, fault)
        if fault.call in CLEANS_UP:
            problems = [p for p in problems if "left " not in p]
            if target.appends:
                problems += tables.judge_next(case, target, work, good)
        if problems:
            return Result(
                outcome.UNEXPLAINED,
                f"{', '.join(problems)} [exit status {done.returncode}: {text.strip()[:300]}]",
                hit,
            )
        return Result(kind, hit=hit)

    def _after_kill(self, case, target, work, good, hit):
        """Checks that each file is old or new and whole, and the next run removes leftovers."""
        problems = outcome.judge_killed(good, work.files())
        problems += judge_next(case, target, work, good)
        if problems:
            return Result(outcome.UNEXPLAINED, ", ".join(problems), hit)
        return Result(outcome.SURVIVED, hit=hit)

    def _kill_in_time(self, case, target, work, good):
        """Kills it after so many microseconds."""
        try:
            work.run(target, hide=TEMPORARIES[case.temporary], timeout=case.fault.k / 1e6)
            hit = False
        except subprocess.TimeoutExpired:
            hit = True
        return self._after_kill(case, target, work, good, hit)


def judge_next(case, target, work, good, appended=None):
    """Judges what is there after a kill or a cut, and the next run. `appended`: the rows must be in
    the table."""
    if target.appends:
        return tables.judge(work, good, appended) + tables.judge_next(case, target, work, good)
    if not target.replace:
        for name in good.files:
            if name.startswith("out/"):
                (work.path / name).unlink(missing_ok=True)
    done = work.run(target, hide=TEMPORARIES[case.temporary])
    return outcome.judge_next(target, good, done, work.files())
