"""The rows as a table to read, as CSV, and as the table in bench/README.md with a few lines."""

import csv
import dataclasses

from race import LIMIT, PEER, SHMCOL, Row

# The works that README.md shows: a CSV with the largest lead and one with the smallest, opening,
# reading, memory.
IN_README = ("1", "3b", "4a", "4d", "5, N=16")
BEGIN, END = "<!-- bench: made by ./dev bench --readme -->", "<!-- bench: end -->"


def seconds(value):
    if value is None:
        return ""
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "us")):
        if value * factor >= 1 or unit == "us":
            return f"{value * factor:.3g} {unit}"
    return ""


def size(value, unit=1e6, name="MB"):
    return "" if value is None else f"{value / unit:,.{0 if value >= 100 * unit else 1}f} {name}"


def times(value):
    return "" if value is None else f"{value:.2f}"


def text(works, rows):
    """`works`: {key: (title, meaning of the ratio)} in order."""
    lines, notes = [], []
    for key, (title, against) in works.items():
        lines += [
            "",
            f"{key}  {title}",
            f"    {'':44} {'wall':>8} {'CPU':>8} {'peak':>9} {'size':>9} {'ratio':>6} {'CPU':>6} "
            "runs",
        ]
        for row in (r for r in rows if r.work == key):
            if row.note:
                notes.append(f"[{len(notes) + 1}] {key}, {row.tool}: {row.note}")
                lines.append(f"    {row.tool:44} {'-':>8} [{len(notes)}]")
                continue
            figures = (
                f"{seconds(row.wall):>8} {seconds(row.cpu):>8} {size(row.peak, 2**20, 'MiB'):>9} "
                f"{size(row.size):>9}"
            )
            ratios = f"{times(row.ratio):>6} {times(row.cpu_ratio):>6} {row.runs:4}"
            lines.append(f"    {row.tool:44} {figures} {ratios}  {row.more}".rstrip())
        lines.append(f"    (ratio: {against})")
    return "\n".join(lines + ([""] + notes if notes else []))


def write_csv(path, works, rows):
    names = [f.name for f in dataclasses.fields(Row)]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["title", "ratio_is", *names])
        for row in rows:
            values = [getattr(row, n) for n in names]
            writer.writerow(
                [
                    *works[row.work],
                    *(
                        "" if v is None else f"{v:.6g}" if isinstance(v, float) else v
                        for v in values
                    ),
                ]
            )


def read_csv(path):
    """(works, rows) as write_csv was given them."""
    works, rows = {}, []
    types = {
        "runs": int,
        "wall": float,
        "cpu": float,
        "peak": lambda v: int(float(v)),
        "size": int,
        "ratio": float,
        "cpu_ratio": float,
    }
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            works.setdefault(line["work"], (line.pop("title"), line.pop("ratio_is")))
            line.pop("title", None), line.pop("ratio_is", None)
            rows.append(
                Row(
                    **{
                        k: types[k](v) if k in types and v != "" else None if k in types else v
                        for k, v in line.items()
                    }
                )
            )
    return works, rows


def brief(row):
    """A row's figures in one cell."""
    parts = [
        seconds(row.wall),
        f"{seconds(row.cpu)} CPU" if row.cpu is not None else "",
        size(row.peak, 2**20, "MiB"),
        size(row.size),
    ]
    return ", ".join(p for p in parts if p)


def markdown(works, rows, keys=None):
    """One line a work, of those in `keys` (None: of all): shmcol, the fastest peer, the number of
    times faster, the machine's limit that lies nearest."""
    lines = [
        "| work | shmcol | the fastest peer | times faster, in CPU | the machine's limit |",
        "|---|---|---|---|---|",
    ]
    for key, (title, _) in works.items():
        if keys is not None and key not in keys:
            continue
        title = title.replace("CSV to typed file: ", "CSV, ")
        mine = [r for r in rows if r.work == key and not r.note]
        ours = next((r for r in mine if r.side == SHMCOL), None)
        peer = min(
            (r for r in mine if r.side == PEER and r.wall), key=lambda r: r.wall, default=None
        )
        limit = max(
            (r for r in mine if r.side == LIMIT and r.wall), key=lambda r: r.wall, default=None
        )
        if ours is None:
            continue
        if key.startswith("5"):
            lines.append(
                f"| {title} | {size(ours.peak, 2**20, 'MiB')}: {ours.ratio:.2f} of the bytes read "
                "| "
                + "; ".join(f"{r.tool} {r.ratio:.2f}" for r in mine if r.side == PEER)
                + " | | |"
            )
            continue
        faster = times(ours.ratio) + ("" if peer else " of the limit")
        if peer and ours.cpu_ratio is not None:
            faster += f", {ours.cpu_ratio:.2f}"
        near = "" if limit is None else f"{limit.tool}: {seconds(limit.wall)}"
        lines.append(
            f"| {title} | {brief(ours)} | {f'{peer.tool}: {brief(peer)}' if peer else ''} | "
            f"{faster} | {near} |"
        )
    return "\n".join(lines)


def into_readme(path, table, command, machine):
    old = path.read_text(encoding="utf-8")
    if BEGIN not in old or END not in old:
        raise SystemExit(f"bench: {path}: no markers '{BEGIN}' and '{END}'")
    head, rest = old.split(BEGIN, 1)
    path.write_text(
        f"{head}{BEGIN}\n{table}\n\nMade by `{command}`: {machine}.\n{END}{rest.split(END, 1)[1]}",
        encoding="utf-8",
    )
