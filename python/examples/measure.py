"""Measures all examples: each way in processes of its own, the ways taking turns, medians. Prints a
table; writes it as CSV and as a picture.

usage: measure.py [--size smoke|full] [--rounds N] [--only 1,5] [--out DIRECTORY] [--readme]
"""

import argparse
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import picture
from scene import MIB, agree, combine, run_once, temporary

HERE = pathlib.Path(__file__).resolve().parent
README = HERE.parent / "README.md"
HEAD = [
    "scenario",
    "way",
    "start",
    "rows",
    "workers",
    "share_s",
    "start_s",
    "work_s",
    "result_s",
    "times_the_best_other",
    "mapping_pss_over_bytes",
    "memory_mib",
    "private_mib_per_worker",
    "swap_bytes",
    "rounds",
]


def describe(file):
    done = subprocess.run(
        [sys.executable, str(file), "--describe"], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def one_size(file, about, rows, workers, rounds, place):
    """All ways of a scenario with so many rows, measured in turns."""
    turns = [
        (way, method) for way in about["ways"] for method in way["methods"] if not way["missing"]
    ]
    runs = {(way["key"], method): [] for way, method in turns}
    for number in range(rounds):
        for way, method in turns if number % 2 == 0 else turns[::-1]:
            runs[way["key"], method].append(
                run_once(str(file), way["key"], method, rows, workers, place)
            )
    measured = []
    for way, method in turns:
        little = run_once(str(file), way["key"], method, about["few"], workers, place)
        row = combine(runs[way["key"], method], little, about["apart"])
        measured.append(
            row
            | {
                "title": way["title"],
                "scenario": about["title"],
                "rounds": rounds,
                "is_ours": way["title"].startswith("shmcol"),
            }
        )
    agree(measured)
    for row in measured:
        others = [
            other["time"]
            for other in measured
            if not other["is_ours"]
            and (other["method"] == row["method"] or row["method"] not in methods_of(measured))
        ]
        row["ratio"] = row["time"] / min(others) if row["is_ours"] else None
    return measured


def methods_of(measured):
    """The start methods under which there is something to compare with."""
    return {row["method"] for row in measured if not row["is_ours"]}


def measure_all(options):
    rows = read_csv(options.out / "result.csv") if options.only else []
    for file in sorted(HERE.glob("[0-9][0-9]_*.py")):
        about = describe(file)
        if options.only and int(file.name[:2]) not in options.only:
            continue
        if about["missing"]:
            print(f"{about['title']}: skipped, this shmcol has no {about['missing']}()", flush=True)
            continue
        full = options.size == "full"
        for size in about["full"] if full else [about["rows"]]:
            with temporary(None) as place:
                workers = about["full_workers"] if full else about["workers"]
                measured = one_size(
                    file, about, size, workers, options.rounds or (3 if full else 1), place
                )
            rows = [
                row for row in rows if (row["scenario"], row["rows"]) != (about["title"], size)
            ] + measured
            rows.sort(key=lambda row: (row["scenario"], row["rows"]))
            show(measured)
            write(options, rows)  # keeps this result, whatever happens to the others
    return rows


def write(options, rows):
    options.out.mkdir(parents=True, exist_ok=True)
    write_csv(options.out / "result.csv", rows)
    picture.draw(options.out / "result.svg", rows)
    if options.readme:
        into_readme(rows)


def cells(row):
    """A row as it is shown."""
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    mapping = "" if row["mapping"] is None else f"{row['mapping']:.3f}"
    return [
        row["title"],
        row["method"],
        f"{row['share']:.3f}",
        f"{row['time']:.3f}",
        ratio,
        mapping,
        f"{row['memory'] / MIB:,.0f}",
        f"{row['private'] / MIB:,.1f}",
    ]


SHOWN = [
    "way",
    "start",
    "share s",
    "result s",
    "× best other",
    "mapping PSS / bytes",
    "memory MiB",
    "private MiB a worker",
]


def show(measured):
    print(
        f"\n{measured[0]['scenario']} ({measured[0]['rows']:,} rows, {measured[0]['workers']} "
        "workers)"
    )
    lines = [SHOWN, *map(cells, measured)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(SHOWN))]
    for line in lines:
        print(
            "  "
            + "  ".join(
                c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))
            ).rstrip(),
            flush=True,
        )


def write_csv(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(HEAD)
        for row in rows:
            out.writerow(
                [
                    row["scenario"],
                    row["title"],
                    row["method"],
                    row["rows"],
                    row["workers"],
                    *(f"{row[key]:.4f}" for key in ("share", "start", "work", "time")),
                    "" if row["ratio"] is None else f"{row['ratio']:.3f}",
                    "" if row["mapping"] is None else f"{row['mapping']:.4f}",
                    f"{row['memory'] / MIB:.2f}",
                    f"{row['private'] / MIB:.2f}",
                    row["swap"],
                    row["rounds"],
                ]
            )


def read_csv(path):
    """The rows of an earlier measurement, to which some scenarios are added."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [
            {
                "scenario": row["scenario"],
                "title": row["way"],
                "method": row["start"],
                "rows": int(row["rows"]),
                "workers": int(row["workers"]),
                "share": float(row["share_s"]),
                "start": float(row["start_s"]),
                "work": float(row["work_s"]),
                "time": float(row["result_s"]),
                "ratio": float(row["times_the_best_other"])
                if row["times_the_best_other"]
                else None,
                "mapping": float(row["mapping_pss_over_bytes"])
                if row["mapping_pss_over_bytes"]
                else None,
                "memory": float(row["memory_mib"]) * MIB,
                "private": float(row["private_mib_per_worker"]) * MIB,
                "swap": int(row["swap_bytes"]),
                "rounds": int(row["rounds"]),
                "is_ours": row["way"].startswith("shmcol"),
            }
            for row in csv.DictReader(file)
        ]


def markdown(rows):
    lines, last = ["| " + " | ".join(SHOWN) + " |", "|---|---|" + "---:|" * (len(SHOWN) - 2)], None
    for row in rows:
        if (row["scenario"], row["rows"]) != last:
            last = row["scenario"], row["rows"]
            turns = f"{row['rounds']} rounds" if row["rounds"] > 1 else "1 round"
            lines.append(
                f"| **{row['scenario']}** ({row['rows']:,} rows, {row['workers']} workers, "
                f"{turns}) |" + " |" * (len(SHOWN) - 1)
            )
        lines.append("| " + " | ".join(cells(row)) + " |")
    return "\n".join(lines) + "\n"


def into_readme(rows):
    begin, end = "<!-- scenarios: made by ./dev scenarios --readme -->\n", "<!-- scenarios: end -->"
    text = README.read_text(encoding="utf-8")
    assert begin in text and end in text, f"{README} has no place for the table"
    made = re.sub(
        re.escape(begin) + ".*?" + re.escape(end),
        lambda _: begin + markdown(rows) + end,
        text,
        flags=re.DOTALL,
    )
    README.write_text(made, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=("smoke", "full"), default="smoke")
    parser.add_argument("--rounds", type=int, help="default: 1 at smoke size, 3 at full")
    parser.add_argument(
        "--only",
        type=lambda words: [int(word) for word in words.split(",")],
        help="numbers of scenarios; in an earlier result.csv the others stay",
    )
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        default=pathlib.Path("build/scenarios"),
        help="where result.csv and result.svg go (build/scenarios)",
    )
    parser.add_argument("--readme", action="store_true", help="put the table into python/README.md")
    options = parser.parse_args()
    free = shutil.disk_usage("/dev/shm" if os.path.isdir("/dev/shm") else "/tmp").free
    if options.size == "full" and free < 4 * 1024 * MIB:
        raise SystemExit(
            f"measure.py: the full size needs 4 GiB free in /dev/shm, there are {free / MIB:,.0f} "
            "MiB"
        )
    measure_all(options)
    print(f"\nwritten: {options.out / 'result.csv'}, {options.out / 'result.svg'}")


if __name__ == "__main__":
    main()
