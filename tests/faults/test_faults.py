"""A short pass of ./dev faults: first and last k of each call, one errno each. Bounded by count."""

import errno
import os

import inside
import outcome
import power
import pytest
from injector import Case, Injector
from plan import ERRORS, NEVER_FAIL, Fault, inside_faults, kinds
from targets import TARGETS, Place, is_root

# Root with O_TMPFILE, and another user without it and without hard links.
VARIANTS = [("root", "unnamed"), ("other", "no-links")]
KILLED = ["pack.force-zstd", "pack.rejects", "writer", "populate", "cache.fill"]
KILLED += ["append.first", "append.new-tail", "append.token"]
KILLS = 12  # spread over the calls of a run
# The others differ from these in what ./dev faults tries anyway.
SHORT = [name for name in TARGETS if not name.startswith("append.") and name != "cat.table"]
SHORT += ["append.first", "append.new-tail", "append.whole", "append.csv"]
INSIDE = [
    "open.copy",
    "open.cache",
    "verify.stored",
    "pack.zstd",
    "pack.declared",
    "pack.union",
    "arrow.import",
    "writer.zstd",
    "writer.lists",
    "populate",
    "table.read",
    "append.first",
    "append.tail",
]
CUT = ["pack.force", "writer", "append.first", "append.new-tail"]


@pytest.fixture(scope="module")
def place():
    made = Place()
    yield made
    made.close()


@pytest.fixture(scope="module")
def injector(place):
    return Injector(place, "w")


def needs(user):
    if user == "other" and not is_root():
        pytest.skip("not root: there is no other user")


def unexplained(injector, cases):
    found = []
    for case in cases:
        result = injector.run(case)
        if result.kind == outcome.UNEXPLAINED:
            found.append(f"./dev faults --only '{case}'\n    {result.detail}")
    return "\n".join(found)


@pytest.mark.parametrize("user, temporary", VARIANTS)
@pytest.mark.parametrize("target", SHORT)
def test_a_call_fails(injector, target, user, temporary):
    needs(user)
    calls = injector.good(target, user, temporary).calls
    cases = [
        Case(target, user, temporary, Fault(call, k, action, lasting))
        for call in ERRORS
        if call in calls
        for action, lasting in kinds(call, short=True)
        for k in sorted({1, calls[call]})
    ]
    assert not (found := unexplained(injector, cases)), found


@pytest.mark.parametrize("target", SHORT)
def test_every_call_moves_half(injector, target):
    calls = injector.good(target, "root", "unnamed").calls
    cases = [
        Case(target, "root", "unnamed", fault)
        for call in ("read", "write", "pread64", "pwrite64")
        if call in calls
        for fault in (Fault(call, 1, "short", True), Fault(call, calls[call], "EINTR"))
    ]
    assert not (found := unexplained(injector, cases)), found


@pytest.mark.parametrize("user, temporary", VARIANTS)
@pytest.mark.parametrize("target", KILLED)
def test_killed(injector, target, user, temporary):
    needs(user)
    n = sum(injector.good(target, user, temporary).calls.values())
    cases = [
        Case(target, user, temporary, Fault("any", 1 + k * (n - 1) // (KILLS - 1), "kill"))
        for k in range(KILLS)
    ]
    # The moments at which there are temporaries: while they are filled, synced and named.
    for call in ("fsync", "linkat", "renameat", "renameat2", "flock"):
        times = injector.good(target, user, temporary).calls.get(call, 0)
        cases += [
            Case(target, user, temporary, Fault(call, k, "kill"))
            for k in sorted({1, times})
            if times
        ]
    assert not (found := unexplained(injector, cases)), found


def test_killed_between_two_names(injector):
    """A named temporary never has the entry's name beside its own: the next run finds the entry
    and has no reason to sweep."""
    times = injector.good("cache.fill", "root", "named").calls["unlinkat"]
    cases = [
        Case("cache.fill", "root", "named", Fault("unlinkat", k, "kill"))
        for k in range(1, times + 1)
    ]
    assert not (found := unexplained(injector, cases)), found


@pytest.mark.parametrize("target", ["append.new-tail", "append.token"])
def test_killed_at_any_time(injector, target):
    microseconds = injector.duration(target, "root", "unnamed")
    cases = [
        Case(target, "root", "unnamed", Fault("time", k * microseconds // 10, "kill"))
        for k in range(1, 11)
    ]
    assert not (found := unexplained(injector, cases)), found


@pytest.mark.parametrize("user, temporary", VARIANTS)
@pytest.mark.parametrize("scenario", INSIDE)
def test_a_call_inside_fails(place, scenario, user, temporary):
    needs(user)
    found, runs = [], 0

    def told(fault, counts, problem):
        nonlocal runs
        runs += counts[0] if counts else 0
        if problem:
            found.append(f"{scenario} {fault}: {problem}")

    said = inside.run(
        place, "i", scenario, user, temporary, "ends", list(inside_faults(short=True)), told
    )
    assert not found, "\n".join(found) + said
    assert runs > 10


def test_a_table_is_read_without_memory(place):
    """The status of the error is that of the function, for every part."""
    found = []
    faults = [f"{call}:{errno.ENOMEM}" for call in ("openat", "fstat", "pread64", "mmap", "mremap")]
    inside.run(
        *(place, "i", "table.read", "root", "unnamed", "all", faults),
        lambda fault, counts, problem: problem and found.append(f"{fault}: {problem}"),
    )
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scenario", ["pack.declared", "pack.union"])
def test_no_memory_for_a_try(place, scenario):
    """A delimiter that is only tried says nothing of the input where memory fails."""
    found, runs = [], 0

    def told(fault, counts, problem):
        nonlocal runs
        runs += counts[0] if counts else 0
        if problem:
            found.append(f"{scenario} {fault}: {problem}")

    inside.run(place, "i", scenario, "root", "named", "all", [f"memory:{errno.ENOMEM}"], told)
    assert not found and runs > 100, "\n".join(found)


@pytest.mark.parametrize("target", CUT)
def test_the_power_is_cut(place, target):
    if why := power.missing(place):
        pytest.skip(why)
    disk = power.Disk(place, f"disk-{target}")
    calls = disk.good(target, "root", "unnamed").calls
    cases = [
        Case(target, "root", "unnamed", Fault(call, calls[call], "cut=nothing"))
        for call in ("fsync", "linkat", "renameat", "exit_group")
        if call in calls
    ]
    assert not (found := unexplained(disk, cases)), found


def test_what_the_injector_finds(injector, tmp_path):
    """The injector reports a file left, a message without a name, and a wrong exit status."""
    target = TARGETS["pack.force"]
    good = injector.good("pack.force", "root", "unnamed")
    done = injector.work(target, "root").run(
        target, before=["/bin/sh", "-c", "echo nothing >&2; exit 1", "-"]
    )
    fault = Fault("fsync", 1, "EIO")
    left = {**good.before, "out/.shmcol-0000000000000000.tmp": (0o444, b"")}
    found = outcome.judge_failure(target, good, fault, done, left, [str(tmp_path)])
    assert [
        part
        for part in ("no file", "no error", "exit status 1", "left out/.shmcol-")
        if part not in ", ".join(found)
    ] == []
    assert outcome.judge_failure(target, good, fault, done, {}, [])[-1] == "out/out.shmcol is gone"
    assert outcome.judge_success(target, good, done, good.before) != []
    assert outcome.judge_killed(good, {"out/out.shmcol": (0o444, b"half")}) != []
    assert outcome.judge_killed(good, good.before) == outcome.judge_killed(good, good.files) == []


def test_every_call_has_its_errors(injector):
    """A system call that the library begins to use is added to plan.py."""
    for target in TARGETS:
        for temporary in ("unnamed", "no-links"):
            assert set(injector.good(target, "root", temporary).calls) <= set(ERRORS) | NEVER_FAIL


def test_the_k_th_call_and_no_other(injector):
    """Every k up to the last is hit, and none beyond."""
    calls = injector.good("pack.csv", "root", "unnamed").calls
    work, target = injector.work(TARGETS["pack.csv"], "root"), TARGETS["pack.csv"]
    for k, hits in ((1, 1), (calls["pwrite64"], 1), (calls["pwrite64"] + 1, 0)):
        work.reset(target)
        done, counts = injector.disturb(work, target, "unnamed", "-f", f"pwrite64:{k}:5")
        assert counts["hit"] == hits and done.returncode == (3 if hits else 0)
        assert counts["pwrite64"] == (k if hits else calls["pwrite64"])
    assert os.listdir(work.path / "out") == ["out.shmcol"]
