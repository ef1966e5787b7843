"""Works 4 and 5: open and first value, sum of a column, many processes over one file, the check,
the cache."""

import contextlib
import json
import pathlib
import time

import measure
from race import LIMIT, PEER, SHMCOL, Row, Tool, race

HERE = pathlib.Path(__file__).resolve().parent
SUM_TURNS, OPEN_ROUNDS = 21, 41


def reader(bench, mode, **job):
    return [bench.python, "-B", HERE / "readers.py", mode, json.dumps(job)]


def packed(bench, table):
    """The table's shmcol file in the data directory; the caller removes it."""
    path = bench.directory / f"packed-{table.key}.shmcol"
    measure.remove(path)
    measure.run(bench.ours("shmcol-pack", "--quiet", "--no-sync", table.path, path))
    return path


def opened(bench, work, file, column, compressed=None):
    """Open, one column by name, its first value, close; from C in turn with the bare system calls,
    the peers in turn within one Python process."""
    scratch = bench.out / "open"
    scratch.mkdir(exist_ok=True)
    cache = {"SHMCOL_CACHE": str(bench.out / "cache")}
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(
            measure.served(
                bench.ours("open_bench", file, column, *([compressed] if compressed else [])),
                env=cache,
            )
        )
        theirs = stack.enter_context(
            measure.served(
                reader(bench, "open", shmcol=str(file), column=column, scratch=str(scratch))
            )
        )
        left_out = json.loads(theirs())
        turns = [
            (json.loads(ours("round")), json.loads(theirs("round")))
            for _ in range(3 if bench.runs == 1 else OPEN_ROUNDS)
        ]
    measure.remove(scratch)
    measure.remove(bench.out / "cache")

    def of(name, other):
        return measure.median([own[name] / own[other] for own, _ in turns])

    every = [{**own, **peers} for own, peers in turns]
    walls = {name: measure.median([t[name] for t in every]) for name in every[0]}
    fastest = min(turns[0][1], key=walls.get)

    def row(tool, side, key, more=""):
        ratio = measure.median([t[fastest] / t[key] for t in every])
        return Row(work, tool, side, len(turns), walls[key], ratio=ratio, more=more)

    rows = [
        row(
            "shmcol from C",
            SHMCOL,
            "shmcol",
            f"{of('shmcol', 'bare'):.2f} of the bare calls; a lookup by name "
            f"{walls['lookup'] * 1e9:.0f} ns",
        )
    ]
    if compressed:
        rows.append(
            row(
                "shmcol from C, compressed, by the cache",
                SHMCOL,
                "cached",
                f"{of('cached', 'shmcol'):.2f} of the plain file",
            )
        )
    rows += [row(name, PEER, name) for name in turns[0][1]]
    rows += [Row(work, name, PEER, note=why) for name, why in left_out.items()]
    rows.append(row("bare open, fstat, mmap, touch, munmap, close", LIMIT, "bare"))
    return rows


def summed(bench, file, column):
    """The sum of a float64 column of the same file: C and numpy in two processes that take turns;
    21 alternations of each kind."""
    rows = []
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(measure.served(bench.ours("reader_bench", "sum", file, column)))
        theirs = stack.enter_context(
            measure.served(reader(bench, "sum", shmcol=str(file), column=column))
        )
        theirs()
        for work, kind in (("4c", "mapped"), ("4d", "opened")):
            a, b = [], []
            for _ in range(SUM_TURNS):
                for say, seconds in ((ours, a), (theirs, b)):
                    wall, total = say(kind).split()
                    seconds.append((float(wall), float(total)))
            if abs(a[0][1] - b[0][1]) > 1e-9 * abs(b[0][1]):
                raise measure.Failed(f"the sums differ: {a[0][1]!r} from C, {b[0][1]!r} from numpy")
            ratio = measure.median([y[0] / x[0] for x, y in zip(a, b)])
            rows.append(
                Row(
                    work,
                    "shmcol from C",
                    SHMCOL,
                    SUM_TURNS,
                    measure.median([x[0] for x in a]),
                    ratio=ratio,
                    more=f"{1 / ratio:.3f} of numpy's time",
                )
            )
            rows.append(
                Row(
                    work,
                    "numpy over np.memmap",
                    PEER,
                    SUM_TURNS,
                    measure.median([y[0] for y in b]),
                    ratio=1.0,
                )
            )
    return rows


def maps(pid, file):
    """(PSS of the mappings of the file, private bytes of everything else, PSS of everything), from
    the kernel's own account."""
    of_file, private, everything, ours = 0, 0, 0, False
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as lines:
        for line in lines:
            first, _, rest = line.partition(" ")
            if not first.endswith(":"):
                ours = line.rstrip("\n").endswith(str(file))
                continue
            if first not in ("Pss:", "Private_Clean:", "Private_Dirty:"):
                continue
            kib = int(rest.split()[0])
            everything += kib if first == "Pss:" else 0
            of_file += kib if first == "Pss:" and ours else 0
            private += kib if first != "Pss:" and not ours else 0
    return of_file * 1024, private * 1024, everything * 1024


def shared(bench, file, n):
    """N processes that have read every byte of every column, at the same time: their cost
    together."""
    rows = []
    tools = [("shmcol from C", SHMCOL, bench.ours("reader_bench", "hold", file), "")]
    tools += [
        (name, PEER, reader(bench, "hold", tool=key, shmcol=str(file)), key)
        for name, key in (
            ("pyarrow, mapped", "pyarrow"),
            ("Polars read_ipc", "polars"),
            ("pandas read_feather", "pandas"),
        )
    ]
    own_bytes = 0
    for name, side, command, package in tools:
        work = f"5, N={n}"
        if package and package not in bench.packages:
            rows.append(Row(work, name, side, note=f"{package} is not installed"))
            continue
        try:
            begin = time.perf_counter()
            with contextlib.ExitStack() as stack:
                readers = [stack.enter_context(measure.served(command)) for _ in range(n)]
                said = [int(r().split()[0]) for r in readers]
                wall = time.perf_counter() - begin
                found = [maps(r.pid, file) for r in readers]
        except measure.Failed as why:
            rows.append(Row(work, name, side, note=str(why)))
            continue
        own_bytes = own_bytes or said[0]
        of_file, private, everything = (sum(f[i] for f in found) for i in range(3))
        row = Row(
            work, name, side, 1, wall, peak=everything, size=own_bytes, ratio=everything / own_bytes
        )
        row.more = f"private {max(f[1] for f in found) / 2**20:.1f} MiB each at most"
        row.more = (
            f"PSS of the mapping {of_file / own_bytes:.4f} of the bytes read; " + row.more
            if of_file > own_bytes / 2
            else row.more
        )
        rows.append(row)
    return rows


def checked(bench, file):
    """shmcol-check of every checksum against XXH3 of the same mapped bytes in the same blocks by
    the same instructions: whole processes."""
    tools = []
    for threads in (1, 2):
        noun = "thread" if threads == 1 else "threads"
        tools.append(
            Tool(
                f"shmcol-check, {threads} {noun}",
                SHMCOL,
                lambda output, t=threads: bench.ours(
                    "shmcol-check", "--quiet", "--level", "checksums", "--threads", t, file
                ),
            )
        )
        tools.append(
            Tool(
                f"XXH3 of the mapped file, {threads} {noun}",
                LIMIT,
                lambda output, t=threads: bench.ours("limits", "hash", file, t),
            )
        )
    rows = race(
        bench,
        "4e",
        tools,
        runs=max(bench.runs, 11) if bench.runs > 1 else 1,
        against="XXH3 of the mapped file, 1 thread",
    )
    for row in rows:
        if row.wall:
            row.more = f"{measure.size(file) / row.wall / 1e9:.2f} GB/s"
    return rows
