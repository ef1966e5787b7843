"""Power losses: a file system stops in the middle of a run, without writing what it still holds."""

import shutil
import subprocess
import time

import outcome
from injector import Injector, Result, judge_next
from targets import TARGETS, Work, is_root

TARGETS_ON_DISK = (
    "pack.csv",
    "pack.force",
    "pack.force-zstd",
    "pack.rejects",
    "writer",
    "writer.force",
    "populate",
    "populate.force",
    "cache.fill",
    "append.first",
    "append.first-parts",
    "append.tail",
    "append.new-tail",
    "append.whole",
    "append.parts",
    "append.token",
)
# Between two of these nothing changes on the disk.
CHANGING = (
    "openat",
    "pwrite64",
    "write",
    "ftruncate",
    "fallocate",
    "fchmod",
    "fsync",
    "linkat",
    "renameat",
    "renameat2",
    "unlinkat",
    "close",
    "exit_group",
)
FLAGS = {"log": 1, "nothing": 2}  # what is still written: the journal, or not even that
MEGABYTES = 32


def _run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{command[0]}: {done.stderr.strip()}")


class Disk(Injector):
    """An ext4 image; every case begins with a fresh copy of it."""

    def __init__(self, place, name):
        super().__init__(place, name)
        self.at = place.root / f"{name}-disk"
        folder = place.memory or place.root  # in memory it is quick
        self.image, self.base = folder / f"{name}.img", folder / f"{name}.base"
        self.at.mkdir(exist_ok=True)
        with open(self.base, "wb") as f:
            f.truncate(MEGABYTES << 20)
        _run("mkfs.ext4", "-q", "-F", "-O", "^metadata_csum", self.base)

    def mount(self):
        _run("mount", "-o", "loop", self.image, self.at)

    def unmount(self):
        for attempt in range(100):
            try:
                return _run("umount", self.at)
            except OSError:
                if attempt == 99:
                    raise
                time.sleep(0.02)

    def _files_after(self, work):
        """Mounts the disk again and reads it; anew where the kernel still holds the old mount."""
        for attempt in range(5):
            self.mount()
            try:
                return work.files()
            except OSError:
                self.unmount()
                time.sleep(0.1)
                if attempt == 4:
                    raise

    def begin(self, target):
        self.image.unlink(missing_ok=True)
        shutil.copy(self.base, self.image)
        self.mount()
        work = Work(self.place, "", "root", path=self.at / "work")
        work.reset(target)
        _run("sync", "-f", self.at)
        return work

    def good(self, name, user, temporary):
        key = (name, user, temporary)
        if key not in self._goods:
            target = TARGETS[name]
            work = self.begin(target)
            try:
                self._goods[key] = self.run_well(work, target, temporary, durable=True)
            finally:
                self.unmount()
        return self._goods[key]

    def run(self, case):
        target, fault = TARGETS[case.target], case.fault
        good = self.good(case.target, case.user, case.temporary)
        flag = FLAGS[fault.action.removeprefix("cut=")]
        work = self.begin(target)
        try:
            done, counts = self.disturb(
                work,
                target,
                case.temporary,
                "-f",
                f"{fault.call}:{fault.k}:cut={flag}:{self.at}",
                durable=True,
            )
        finally:
            self.unmount()
        files = self._files_after(work)
        try:
            problems = outcome.judge_killed(good, files)
            if (
                done.returncode == 0
                and outcome.OUT in good.files
                and not outcome.is_new(good, files)
            ):
                problems.append("lost after exit status 0")
            appended = True if done.returncode == 0 else None
            problems += judge_next(case, target, work, good, appended)
        finally:
            self.unmount()
        kind = (
            outcome.UNEXPLAINED
            if problems
            else outcome.SURVIVED
            if done.returncode == 0
            else outcome.FAILED
        )
        return Result(kind, ", ".join(problems), counts["hit"] > 0)


def missing(place):
    """Returns the reason why no power loss is possible here, or None."""
    if not is_root():
        return "no root"
    if not shutil.which("mkfs.ext4") or not shutil.which("mount"):
        return "no mkfs.ext4 or mount"
    try:
        disk = Disk(place, "try")
        disk.begin(TARGETS["pack.csv"])
        disk.unmount()
    except OSError as problem:
        return f"no loop device ({problem})"
    return None
