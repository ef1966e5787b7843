"""The common parts of the examples: the command line, the clock, and the kernel's numbers for
memory. Nothing in it is needed to use shmcol.

An example declares its ways (what it replaces, and shmcol) and each way does the same work in a
pool of workers. Every way runs in a process of its own, so that none inherits another's memory, and
once more with a few rows: what a way costs is the difference, so that interpreters and modules do
not count.
"""

import argparse
import contextlib
import importlib.util
import json
import math
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import traceback

import shmcol

MIB = 2**20
PATIENCE = 300  # seconds until a worker that says nothing counts as dead

_reading = set()  # (device, inode) of the mappings that the data lie in
_kept = []
_meet = None


# ---- the kernel's numbers for a process ----


def mappings():
    """(first address, end, (device, inode), {"Pss": bytes, "Private_Dirty": bytes, ...}) of each
    mapping of this process."""
    with open("/proc/self/smaps", encoding="utf-8") as file:
        entry = None
        for line in file:
            words = line.split()
            if not words[0].endswith(":"):
                if entry:
                    yield entry
                first, end = (int(number, 16) for number in words[0].split("-"))
                entry = first, end, (words[3], words[4]), {}
            elif words[-1] == "kB":
                entry[3][words[0][:-1]] = int(words[1]) * 1024
        if entry:
            yield entry


def memory(reading, found=None):
    """This process in bytes: PSS in all and of the mappings that the data lie in; private pages
    outside of those; swapped pages. `found`: its mappings as they were."""
    made = {"pid": os.getpid(), "pss": 0, "mapping": 0, "private": 0, "swap": 0}
    for _, _, file, kinds in mappings() if found is None else found:
        made["pss"] += kinds.get("Pss", 0)
        made["swap"] += kinds.get("Swap", 0)
        if file in reading:
            made["mapping"] += kinds.get("Pss", 0)
            made["private"] += kinds.get("Anonymous", 0)  # copied on write: private after all
        else:
            made["private"] += kinds.get("Private_Dirty", 0) + kinds.get("Private_Clean", 0)
    return made


def lies_in(*arrays):
    """Notes which mappings the arrays lie in, by their addresses, and returns their bytes."""
    places = {array.__array_interface__["data"][0] for array in arrays if array.nbytes}
    for first, end, file, _ in mappings():
        if file[1] != "0" and any(first <= place < end for place in places):
            _reading.add(file)
    return sum(array.nbytes for array in arrays)


def keep(*things):
    """Keeps a worker's data until its memory was measured: a real worker holds it for as long
    as it works."""
    _kept.extend(things)


# ---- in a worker ----


def _begin(meet, initializer, initargs):
    global _meet
    _meet = meet
    if initializer:
        initializer(*initargs)


def _ready(_):
    _meet.wait(PATIENCE)


def _task(job):
    """One worker's share: the result, when it was there, and the worker's memory while all
    others had theirs, too."""
    function, argument, reading = job
    made = error = None
    try:
        made = function(argument)
    except BaseException:
        error = traceback.format_exc()
    end = time.perf_counter()
    _meet.wait(PATIENCE)
    found = memory(_reading | reading)
    _meet.wait(PATIENCE)
    _kept.clear()
    return made, end, found, error, _reading


# ---- one way, once ----


class Run:
    """The arguments of a way: rows, workers, method (of starting processes), a place for files, and
    the clock."""

    def __init__(self, options, place):
        self.rows, self.workers, self.method, self.options, self.place = (
            options.rows,
            options.workers,
            options.method,
            options,
            place,
        )
        self.context = multiprocessing.get_context(options.method)
        self.share = self.start = self.work = 0.0
        self.bytes, self.watched, self.processes, self.notes = 0, slice(None), [], []

    @contextlib.contextmanager
    def sharing(self):
        """Surrounds the code that puts the data where the workers can reach it."""
        begin = time.perf_counter()
        yield
        self.share += time.perf_counter() - begin

    def reads(self, *arrays):
        """Records the reads of all workers together: the bytes, and the mapping they lie in."""
        self.bytes += lies_in(*arrays)

    def parts(self):
        """(first, end) of the rows of each worker; inner bounds are multiples of 64."""
        step = (-(-self.rows // self.workers) + 63) // 64 * 64
        return [
            (min(i * step, self.rows), min((i + 1) * step, self.rows)) for i in range(self.workers)
        ]

    def map(self, function, arguments, initializer=None, initargs=()):
        """Pool(workers).map(function, arguments), one argument for each worker, with the clock
        running and a look at memory before anyone lets go."""
        arguments = list(arguments)
        begin = time.perf_counter()
        meet = self.context.Barrier(len(arguments) + 1)
        with self.context.Pool(len(arguments), _begin, (meet, initializer, initargs)) as pool:
            warm = pool.map_async(_ready, arguments and range(len(arguments)), chunksize=1)
            meet.wait(PATIENCE)
            warm.get(PATIENCE)
            started = time.perf_counter()
            answers = pool.map_async(
                _task, [(function, argument, _reading) for argument in arguments], chunksize=1
            )
            meet.wait(PATIENCE)
            own = list(mappings())
            meet.wait(PATIENCE)
            released = time.perf_counter()
            answers = answers.get(PATIENCE)
            back = (
                time.perf_counter() - released
            )  # the results' way to the parent, which begins when all have looked at their memory
        self.start, self.work = started - begin, max(end for _, end, *_ in answers) - started + back
        workers_read = set().union(
            *(reading for *_, reading in answers)
        )  # the parent may map that, too
        self.processes = [
            memory(_reading | workers_read, own),
            *(found for _, _, found, *_ in answers),
        ]
        for _, _, _, error, _ in answers:
            if error:
                raise RuntimeError(f"a worker failed:\n{error}")
        return [made for made, *_ in answers]

    @contextlib.contextmanager
    def shared(self, table, **options):
        """shmcol.share(table): memory that has no name and is gone with its last user. A file in
        /dev/shm where shmcol has no share() yet."""
        if hasattr(shmcol, "share"):
            begin = time.perf_counter()
            with shmcol.share(table, **options) as opened:
                self.share += time.perf_counter() - begin
                del table  # the caller's, too: the shared table is enough
                yield opened
            return
        path = os.path.join(in_memory(self.place), "shared.shmcol")
        with self.sharing():
            shmcol.write(table, path, sync=False, **options)
            opened = shmcol.open(path)
            del table
        try:
            with opened:
                yield opened
        finally:
            os.unlink(path)


def beside(place):
    """The directory in memory that belongs to one on disk."""
    found = os.stat(place)
    return f"/dev/shm/shmcol-example-{found.st_dev:x}-{found.st_ino:x}"


def in_memory(place):
    """A directory in /dev/shm that goes with the run; where there is no /dev/shm, the place."""
    if not os.path.isdir("/dev/shm"):
        return place
    made = beside(place)
    os.makedirs(made, mode=0o700, exist_ok=True)
    return made


class Way:
    def __init__(self, key, title, function, methods, package):
        self.key, self.title, self.function, self.methods, self.package = (
            key,
            title,
            function,
            methods,
            package,
        )

    def missing(self):
        return (
            self.package
            if self.package and importlib.util.find_spec(self.package) is None
            else None
        )


class Scene:
    """An example: its ways in the order they are shown, and its sizes."""

    def __init__(
        self,
        text,
        *,
        rows,
        full,
        workers=4,
        full_workers=None,
        methods=("fork",),
        few=4096,
        apart=False,
        needs=None,
        arguments=(),
    ):
        """rows, workers: of a first look; full: rows, or several, of the whole measurement; few:
        rows of the run whose memory is taken off; apart: putting the data where workers reach them
        does not count as time to the result; needs: a feature that shmcol must have."""
        self.title, self.text = text.strip().splitlines()[0].rstrip("."), text
        self.rows, self.workers, self.full_workers, self.apart = (
            rows,
            workers,
            full_workers or workers,
            apart,
        )
        self.full = list(full) if isinstance(full, tuple) else [full]
        self.methods, self.few, self.needs, self.arguments, self.ways = (
            methods,
            few,
            needs,
            arguments,
            {},
        )

    def way(self, key, title, methods=None, package=None):
        def add(function):
            self.ways[key] = Way(key, title, function, methods or self.methods, package)
            return function

        return add

    def main(self, file):
        parser = argparse.ArgumentParser(
            description=self.text, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument("--rows", type=int, default=self.rows, help=f"default {self.rows:,}")
        parser.add_argument(
            "--workers", type=int, default=self.workers, help=f"default {self.workers}"
        )
        parser.add_argument(
            "--method",
            choices=("fork", "forkserver", "spawn"),
            help=f"how processes start; default {', '.join(self.methods)}",
        )
        parser.add_argument("--way", choices=list(self.ways), help="only this one; default: each")
        parser.add_argument("--processes", action="store_true", help="a line for each process")
        parser.add_argument(
            "--json",
            action="store_true",
            help="run one way in this process and print what was measured",
        )
        parser.add_argument("--place", help="directory for files; default: a temporary one")
        parser.add_argument("--describe", action="store_true", help="print the ways and sizes")
        for names, options in self.arguments:
            parser.add_argument(*names, **options)
        options = parser.parse_args()
        if options.rows < min(self.few, 64 * options.workers) or options.workers < 1:
            parser.error(f"at least {min(self.few, 64 * options.workers)} rows, and a worker")
        if options.describe:
            print(json.dumps(self.described()))
        elif options.json:
            print(json.dumps(self.run_one(options)))
        else:
            self.show(file, options)

    def described(self):
        return {
            "title": self.title,
            "rows": self.rows,
            "full": self.full,
            "workers": self.workers,
            "full_workers": self.full_workers,
            "few": self.few,
            "apart": self.apart,
            "missing": self.missing(),
            "ways": [
                {"key": w.key, "title": w.title, "methods": list(w.methods), "missing": w.missing()}
                for w in self.ways.values()
            ],
        }

    def missing(self):
        return self.needs if self.needs and not hasattr(shmcol, self.needs) else None

    def run_one(self, options):
        if not options.way or not options.method:
            raise SystemExit("--json takes --way and --method")
        if self.missing():
            raise SystemExit(f"this shmcol has no {self.missing()}() yet")
        with temporary(options.place) as place:
            run = Run(options, place)
            result = self.ways[options.way].function(run)
        private = max(found["private"] for found in run.processes[1:][run.watched])
        return {
            "way": options.way,
            "method": options.method,
            "rows": run.rows,
            "workers": run.workers,
            "share": run.share,
            "start": run.start,
            "work": run.work,
            "bytes": run.bytes,
            "processes": run.processes,
            "private": private,
            "notes": run.notes,
            "result": result,
        }

    def show(self, file, options):
        print(self.text.strip(), end="\n\n")
        if self.missing():
            print(f"skipped: this shmcol has no {self.missing()}() yet")
            return
        rest = [word for argument, _ in self.arguments for word in given(options, argument)]
        measured = []
        with temporary(options.place) as place:
            for way in self.ways.values():
                if way.missing():
                    print(f"left out: {way.title}, for {way.package} is not installed")
                    continue
                for method in [options.method] if options.method else way.methods:
                    if way.key == (options.way or way.key) and method in way.methods:
                        measured.append(
                            measure(
                                file,
                                way.key,
                                method,
                                options.rows,
                                options.workers,
                                self.few,
                                place,
                                rest,
                                self.apart,
                            )
                        )
                        measured[-1]["title"] = way.title
        agree(measured)
        print(
            f"{options.rows:,} rows, {options.workers} workers, {os.cpu_count()} cores; all ways "
            "have the same result\n"
        )
        print_table(measured)
        for row in measured:
            for line in row["notes"]:
                print(f"\n{row['title']}, {row['method']}: {line}", end="")
        print()
        if options.processes:
            print_processes(measured)


def given(options, names):
    value = getattr(options, names[0].lstrip("-").replace("-", "_"))
    return [] if value is None else [names[0], str(value)]


@contextlib.contextmanager
def temporary(place):
    if place:
        os.makedirs(place, exist_ok=True)
    made = tempfile.mkdtemp(prefix="shmcol-example-") if not place else place
    try:
        yield made
    finally:
        shutil.rmtree(beside(made), ignore_errors=True)
        if not place:
            shutil.rmtree(made, ignore_errors=True)


# ---- several ways ----


def run_once(file, way, method, rows, workers, place, rest=()):
    command = [
        sys.executable,
        file,
        "--json",
        "--way",
        way,
        "--method",
        method,
        "--rows",
        str(rows),
        "--workers",
        str(workers),
        "--place",
        place,
        *rest,
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(
            f"{os.path.basename(file)}: {way} under {method} ended with status {done.returncode}"
        )
    return json.loads(done.stdout.splitlines()[-1])


def measure(file, way, method, rows, workers, few, place, rest, apart):
    """A way with all its rows and with a few."""
    return combine(
        [run_once(file, way, method, rows, workers, place, rest)],
        run_once(file, way, method, few, workers, place, rest),
        apart,
    )


def combine(runs, little, apart):
    """Medians of the runs; memory less that of a run with a few rows, in bytes."""
    median = lambda of: statistics.median(of(run) for run in runs)  # noqa: E731
    total = lambda run: sum(process["pss"] for process in run["processes"])  # noqa: E731
    mapping = lambda run: sum(process["mapping"] for process in run["processes"])  # noqa: E731
    made = {
        key: runs[0][key]
        for key in ("way", "method", "rows", "workers", "bytes", "result", "processes", "notes")
    }
    made |= {key: median(lambda run, key=key: run[key]) for key in ("share", "start", "work")}
    made["time"] = median(lambda run: run["share"] * (not apart) + run["work"])
    made["mapping"] = median(mapping) / made["bytes"] if made["bytes"] and median(mapping) else None
    made["memory"] = median(total) - total(little)
    made["private"] = max(median(lambda run: run["private"]) - little["private"], 0)
    made["swap"] = max(process["swap"] for run in runs for process in run["processes"])
    return made


def same(a, b):
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return (
            isinstance(b, dict) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
        )
    if isinstance(a, float) or isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9)
    return a == b


def agree(measured):
    for other in measured[1:]:
        if not same(measured[0]["result"], other["result"]):
            raise SystemExit(
                f"{measured[0]['way']} and {other['way']} do not agree: "
                f"{measured[0]['result']!r}, {other['result']!r}"
            )


COLUMNS = (
    "way",
    "start",
    "share s",
    "work s",
    "result s",
    "mapping PSS / bytes read",
    "memory MiB",
    "private MiB / worker",
)


def cells(row):
    mapping = "-" if row["mapping"] is None else f"{row['mapping']:.3f}"
    return (
        row["title"],
        row["method"],
        f"{row['share']:.3f}",
        f"{row['work']:.3f}",
        f"{row['time']:.3f}",
        mapping,
        f"{row['memory'] / MIB:.1f}",
        f"{row['private'] / MIB:.1f}",
    )


def print_table(measured):
    lines = [COLUMNS, *map(cells, measured)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    for line in lines:
        print(
            "  ".join(
                cell.ljust(width) if i < 2 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths))
            ).rstrip()
        )


def print_processes(measured):
    for row in measured:
        print(f"\n{row['title']}, {row['method']}: memory of each process in MiB")
        print(f"{'':12}{'mapping PSS':>14}{'private':>12}{'PSS in all':>14}")
        for i, process in enumerate(row["processes"]):
            name = f"worker {i}" if i else "parent"
            print(
                f"{name:12}{process['mapping'] / MIB:14.1f}{process['private'] / MIB:12.1f}"
                f"{process['pss'] / MIB:14.1f}"
            )
        total = [
            sum(process[key] for process in row["processes"]) / MIB
            for key in ("mapping", "private", "pss")
        ]
        print(f"{'all':12}{total[0]:14.1f}{total[1]:12.1f}{total[2]:14.1f}")
