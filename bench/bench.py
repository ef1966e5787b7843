"""What shmcol is measured against. Whole processes, in turn (so that a slow minute of the machine hits all alike), medians and ratios.

This process imports nothing large on purpose: a child's peak memory (ru_maxrss) begins with what its parent had.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
MIB = 1 << 20

# Each gets the CSV and the output's name, and prints the seconds its work took without the start of Python.
TIMED = """
import sys, time
source, output = sys.argv[1:]
{imports}
begin = time.perf_counter()
{work}
print(time.perf_counter() - begin)
"""
PEERS = {
    "Polars scan_csv, sink_ipc": ("import polars as pl", "pl.scan_csv(source, try_parse_dates=True).sink_ipc(output, compression='uncompressed')"),
    "Polars read_csv, write_ipc": ("import polars as pl", "pl.read_csv(source, try_parse_dates=True).write_ipc(output, compression='uncompressed')"),
    "pyarrow read_csv, feather": (
        "import pyarrow.csv as csv, pyarrow.feather as feather",
        "feather.write_feather(csv.read_csv(source), output, compression='uncompressed')",
    ),
    "pyarrow open_csv, streamed": (
        "import pyarrow as pa, pyarrow.csv as csv",
        "reader = csv.open_csv(source)\n"
        "with pa.OSFile(output, 'wb') as sink, pa.ipc.new_file(sink, reader.schema) as writer:\n"
        "    for batch in reader:\n"
        "        writer.write_batch(batch)",
    ),
}
SUMS = "import pyarrow as pa, pyarrow.compute as pc, sys; t = pa.ipc.open_file(pa.memory_map(sys.argv[1])).read_all(); " \
    "print(t.num_rows, t['val'].null_count, f\"{pc.sum(t['val']).as_py():.6f}\", pc.min(t['name'].cast(pa.large_string())))"


def run(command):
    """Runs a process: (wall seconds, CPU seconds, peak bytes, its output)."""
    begin = time.perf_counter()
    child = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True)
    printed = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"bench: {command[0]} failed with status {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, printed


def seed_table(build, directory, rows):
    path = directory / f"seed-{rows}.csv"
    if not path.exists():
        part = path.with_suffix(".part")
        run([build / "bin" / "gen_seed", rows, part])
        part.rename(path)
    with open(path, "rb") as file:  # into the page cache, and not into this process
        while file.read(MIB):
            pass
    return path


def contenders(build, source, directory):
    """name: (command, output, whether it prints its own seconds)"""
    result = {"shmcol-pack": ([build / "bin" / "shmcol-pack", "--no-sync", "--quiet", source, directory / "shmcol-pack.shmcol"], directory / "shmcol-pack.shmcol", False)}
    for name, (imports, work) in PEERS.items():
        output = directory / (name.split(",")[0].replace(" ", "-") + ".arrow")
        result[name] = ([sys.executable, "-c", TIMED.format(imports=imports, work=work), source, output], output, True)
    return result


def pack(build, directory, rows, runs):
    source = seed_table(build, directory, rows)
    print(f"\nCSV to typed file: {rows:,} rows, {source.stat().st_size / 1e6:.0f} MB; median of {runs}, in turn; peers without the start of Python\n")
    rivals = contenders(build, source, directory)
    measured = {name: [] for name in rivals}
    sizes, sums = {}, {}
    for number in range(runs):
        for name, (command, output, own_time) in rivals.items():
            output.unlink(missing_ok=True)
            wall, cpu, peak, printed = run(command)
            measured[name].append((float(printed) if own_time else wall, wall, cpu, peak))
            sizes[name] = output.stat().st_size
            if number == 0:
                sums[name] = run([sys.executable, "-c", SUMS, output])[3].strip()
            output.unlink()
    ours = statistics.median(m[0] for m in measured["shmcol-pack"])
    print(f"{'':28} {'seconds':>8} {'ratio':>6} {'process':>8} {'CPU s':>6} {'peak MiB':>9} {'file MB':>8}")
    for name, rows_of in measured.items():
        median = [statistics.median(column) for column in zip(*rows_of)]
        print(f"{name:28} {median[0]:8.3f} {median[0] / ours:6.2f} {median[1]:8.3f} {median[2]:6.2f} {median[3] / MIB:9.0f} {sizes[name] / 1e6:8.0f}")
    different = {name: s for name, s in sums.items() if s != sums["shmcol-pack"]}
    print("rows, nulls, sum and smallest name: " + (f"different! {sums}" if different else f"the same in all ({sums['shmcol-pack']})"))
    return not different


def memory(build, directory, rows):
    """Peak memory of one pack of a longer table: it must not grow."""
    source = seed_table(build, directory, rows)
    output = directory / "shmcol-pack.shmcol"
    output.unlink(missing_ok=True)
    wall, _, peak, _ = run([build / "bin" / "shmcol-pack", "--no-sync", "--quiet", source, output])
    print(f"\nshmcol-pack of {rows:,} rows ({source.stat().st_size / 1e6:.0f} MB): {wall:.2f} s, peak {peak / MIB:.0f} MiB (bound 256)")
    output.unlink()
    return peak <= 256 * MIB


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release", help="build directory (build/release)")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the seed table")
    parser.add_argument("--memory-rows", type=int, default=50_000_000, help="rows of the table for the memory bound; 0: leave it out")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=["pack", "memory", "open"], help="one part")
    arguments = parser.parse_args()
    directory = ROOT / "bench" / "data"
    directory.mkdir(exist_ok=True)
    good = True
    if arguments.only in (None, "pack"):
        good &= pack(arguments.build, directory, arguments.rows, arguments.runs)
    if arguments.only in (None, "memory") and arguments.memory_rows:
        good &= memory(arguments.build, directory, arguments.memory_rows)
    if arguments.only in (None, "open"):
        sys.stdout.flush()
        subprocess.run([arguments.build / "bin" / "open_bench", directory], check=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
