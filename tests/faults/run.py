"""./dev faults: every fault of plan.py in every target, for each user and kind of temporary."""

import argparse
import concurrent.futures
import itertools
import os
import random
import sys
import threading
import time

import crowd
import inside
import outcome
import power
from injector import Case, Injector, Result
from plan import ERRORS, TEMPORARIES, USERS, Fault, inside_faults, kinds
from report import Report
from targets import TARGETS, Place, is_root

TIMES = 100  # kills at random times, of each target
COMMAND = "./dev faults --only"
CLASSES = "errors,kill,time,inside,power,crowd"
# In one process only the two ends: all that is unlike root and O_TMPFILE is in the second.
INSIDE = (("root", "unnamed"), ("other", "no-links"))
# The user matters to an append in its directory alone.
APPENDING = (*INSIDE, ("other", "named"))


def cases_of(injector, fault_class, target, user, temporary):
    """The cases of one job."""
    if fault_class == "crowd":
        faults = [Fault("crowd", 1, "run")]
    elif fault_class == "time":
        moments, longest = random.Random(1), injector.duration(target, user, temporary)
        faults = (Fault("time", moments.randrange(longest), "kill") for _ in range(TIMES))
    else:
        calls = injector.good(target, user, temporary).calls
        faults = faults_of(fault_class, calls, temporary)
    for fault in faults:
        yield Case(target, user, temporary, fault)


def faults_of(fault_class, calls, temporary):
    """The faults of a class, by the calls of a good run."""
    if fault_class == "kill":
        return (Fault("any", k, "kill") for k in range(1, sum(calls.values()) + 1))
    if fault_class == "power":
        flags = power.FLAGS if temporary == "unnamed" else ["nothing"]
        return (
            Fault(call, k, f"cut={flag}")
            for call in power.CHANGING
            for k in range(1, calls.get(call, 0) + 1)
            for flag in flags
        )
    return (
        Fault(call, k, action, lasting)
        for call, n in calls.items()
        if call in ERRORS
        for action, lasting in kinds(call)
        for k in range(1, n + 1)
    )


def class_of(fault):
    if fault.action == "kill":
        return "kill, time" if fault.call == "time" else "kill"
    if fault.action.startswith("cut="):
        return "power"
    if fault.call == "crowd":
        return "crowd"
    return "errors" if fault.number() and fault.action != "EINTR" else "short, EINTR"


class Runner:
    def __init__(self, place, report, deadline):
        self.place, self.report, self.deadline = place, report, deadline
        self._local = threading.local()
        self._names = itertools.count()

    def _mine(self, kind):
        """This thread's own injector or disk."""
        if not hasattr(self._local, kind):
            prefix = "w" if kind == "Injector" else "d"
            maker = Injector if kind == "Injector" else power.Disk
            setattr(self._local, kind, maker(self.place, f"{prefix}{next(self._names)}"))
        return getattr(self._local, kind)

    def over(self):
        return self.deadline is not None and time.monotonic() > self.deadline

    def case(self, case):
        injector = self._mine("Disk" if case.fault.action.startswith("cut=") else "Injector")
        try:
            if case.fault.call == "crowd":
                result = crowd.run(self.place, case, f"{injector.name}-crowd")
            else:
                result = injector.run(case)
        except (OSError, RuntimeError) as problem:
            result = Result(outcome.UNEXPLAINED, f"the injector itself: {problem}")
        if not result.hit and result.kind != outcome.UNEXPLAINED:
            return
        self.report.add(case.target, class_of(case.fault), result.kind)
        if result.kind == outcome.UNEXPLAINED:
            self.report.add_unexplained(f"{COMMAND} '{case}'", f"{case.target}: {result.detail}")

    def job(self, fault_class, target, user, temporary):
        if fault_class == "inside":
            return self._inside(target, user, temporary, "all", list(inside_faults()))
        injector = self._mine("Disk" if fault_class == "power" else "Injector")
        for case in cases_of(injector, fault_class, target, user, temporary):
            if self.over():
                return self.report.skip("the minutes were over")
            self.case(case)

    def _inside(self, scenario, user, temporary, mode, faults):
        def told(fault, counts, problem):
            fault_class = "memory" if fault.startswith("memory") else "calls inside"
            if counts:
                for kind, number in zip(
                    (outcome.SURVIVED, outcome.FAILED, outcome.UNEXPLAINED), counts[1:]
                ):
                    self.report.add(scenario, fault_class, kind, number)
            else:
                k, what = problem.split(" ", 1)
                kind, action = fault.split(":") if ":" in fault else (fault, "")
                lasting = action.endswith("+")
                again = Fault(kind, k, action.rstrip("+"), lasting)
                again = Case(f"{scenario}@inside", user, temporary, again)
                self.report.add_unexplained(f"{COMMAND} '{again}'", f"{scenario}: {what}")

        name = f"i{threading.get_ident()}"
        seconds = max(0.0, self.deadline - time.monotonic()) if self.deadline is not None else None
        errors = inside.run(
            self.place, name, scenario, user, temporary, mode, faults, told, seconds
        )
        if self.over():
            self.report.skip("the minutes were over")
        return errors

    def only(self, text):
        """Runs one case again and prints all of its output."""
        if "@inside" not in text:
            return self.case(Case.parse(text))
        case = Case.parse(text)
        fault = case.fault
        spelled = inside.unspelled(fault.call, fault.action, fault.lasting)
        print(
            self._inside(
                case.target.removesuffix("@inside"),
                case.user,
                case.temporary,
                str(fault.k),
                [spelled],
            )
        )


def jobs(place, report):
    """(class, target, user, temporary) of all that can be done. The rest is counted as skipped."""
    users = USERS if is_root() else ("root",)
    no_power = power.missing(place)
    all_jobs = []
    for target, user, temporary in itertools.product(TARGETS, USERS, TEMPORARIES):
        if TARGETS[target].appends and (user, temporary) not in APPENDING:
            continue
        for fault_class in ("errors", "kill"):
            if user in users:
                all_jobs.append((fault_class, target, user, temporary))
            else:
                report.skip("not root: there is no other user")
    for target, (user, temporary) in itertools.product(crowd.ALL, INSIDE):
        if user in users:
            all_jobs.append(("crowd", target, user, temporary))
    all_jobs += [("time", name, "root", "unnamed") for name in TARGETS if TARGETS[name].appends]
    for scenario, (user, temporary) in itertools.product(inside.scenarios(place), INSIDE):
        if user not in users:
            report.skip("not root: there is no other user")
        all_jobs.append(("inside", scenario, user if user in users else "root", temporary))
    if not place.leaks_are_seen:
        report.skip(
            "build/asan is not built: no leak of memory is seen", len(inside.scenarios(place))
        )
    for target, temporary in itertools.product(power.TARGETS_ON_DISK, TEMPORARIES):
        if no_power:
            report.skip(f"power: {no_power}")
        else:
            all_jobs.append(("power", target, "root", temporary))
    if place.memory is None:
        report.skip("no tmpfs: populate.again takes no memory over")
    return all_jobs


def arguments():
    parser = argparse.ArgumentParser(prog="./dev faults", description=__doc__)
    parser.add_argument(
        "minutes", nargs="?", type=float, help="stop after so many minutes; without, run all"
    )
    parser.add_argument("--only", metavar="CASE", help="repeat one run, as it was printed")
    parser.add_argument("--classes", default=CLASSES, help=f"of {CLASSES}")
    parser.add_argument("--targets", help="only these, with commas")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def main():
    options = arguments()
    report = Report()
    place = Place()
    try:
        runner = Runner(
            place, report, time.monotonic() + 60 * options.minutes if options.minutes else None
        )
        if options.only:
            runner.only(options.only)
        else:
            wanted = [
                job
                for job in jobs(place, report)
                if job[0] in options.classes.split(",")
                and (not options.targets or job[1] in options.targets.split(","))
            ]
            random.Random(1).shuffle(wanted)  # when time is short, something of everything
            with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
                try:
                    for done in concurrent.futures.as_completed(
                        [pool.submit(runner.job, *job) for job in wanted]
                    ):
                        done.result()
                except BaseException:
                    runner.deadline = 0  # the others end after the run they are at
                    raise
    finally:
        place.close()
    print(report.table())
    print(report.summary())
    return 1 if report.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
