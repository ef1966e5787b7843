"""The goals of the project for these figures, and a check of a run against them. Only a full run
on an idle machine says anything."""

import re

from race import PEER, SHMCOL


def find(rows, work, tool):
    return next((r for r in rows if r.work == work and r.tool == tool and not r.note), None)


def number(row, pattern):
    match = re.search(pattern, row.more) if row else None
    return float(match.group(1)) if match else None


def conversions(rows):
    for work, least in (("1", 4), ("2", 4), ("3a", 3), ("3b", 3), ("3c", 3)):
        row = find(rows, work, "shmcol-pack")
        yield f"work {work}: times the fastest peer", row and row.ratio, least, None
        if work in "12":
            yield f"work {work}: times fewer CPU seconds than it", row and row.cpu_ratio, 3, None
            forced = find(rows, work, "shmcol-pack, AVX2")
            yield (
                f"work {work} forced to AVX2: times the fastest peer",
                forced and forced.ratio,
                2.5,
                None,
            )
        yield f"work {work}: peak memory, MiB", row and row.peak / 2**20, None, 256
    plain = find(rows, "1", "shmcol-pack")
    yield "work 1: size of the plain file, MB", plain and plain.size / 1e6, None, 185


def readings(rows):
    for work, words in (("4a", "seed table"), ("4b", "wide table")):
        yield (
            f"open and first value, {words}: of the bare calls",
            number(find(rows, work, "shmcol from C"), r"([\d.]+) of the bare"),
            None,
            1.5,
        )
    wide = find(rows, "4b", "shmcol from C")
    yield "open one of 10,000 columns, ms", wide and wide.wall * 1e3, None, 0.5
    yield (
        "column sum: of numpy's time",
        number(find(rows, "4c", "shmcol from C"), r"([\d.]+) of numpy"),
        None,
        1.05,
    )
    yield (
        "open through the cache the second time: of a plain file's",
        number(
            find(rows, "4a", "shmcol from C, compressed, by the cache"), r"([\d.]+) of the plain"
        ),
        None,
        1.05,
    )
    for n in (1, 4, 16):
        row = find(rows, f"5, N={n}", "shmcol from C")
        yield (
            f"{n} processes: PSS of the mapping, of the bytes read",
            number(row, r"mapping ([\d.]+)"),
            0.98,
            1.02,
        )
        yield f"{n} processes: private memory, MiB each", number(row, r"private ([\d.]+)"), None, 2
    for threads, least in ((1, 0.9), (2, 1.8)):
        row = find(rows, "4e", f"shmcol-check, {threads} thread{'s' * (threads > 1)}")
        yield f"check by {threads}: of XXH3's rate on one core", row and row.ratio, least, None
    yield (
        "zstd: of DuckDB's Parquet zstd",
        number(find(rows, "6a", "shmcol-pack --zstd"), r"([\d.]+) of DuckDB"),
        None,
        1.15,
    )


def judge(rows):
    """Lines: reached or not, the figure, the bound."""
    lines = []
    for words, figure, least, most in [*conversions(rows), *readings(rows)]:
        if figure is None:
            lines.append(f"  not measured  {words}")
            continue
        good = (least is None or figure >= least) and (most is None or figure <= most)
        bound = (
            f"{least} to {most}"
            if least is not None and most is not None
            else f"at least {least}"
            if least is not None
            else f"at most {most}"
        )
        lines.append(
            f"  {'reached' if good else 'NOT REACHED':12}  {words}: {figure:.3g} ({bound})"
        )
    if not any(find(rows, work, "shmcol-pack") for work in ("1", "2", "3a", "3b", "3c")):
        return lines
    slower = [
        f"{r.tool} in work {r.work}"
        for r in rows
        if r.side == PEER
        and r.work[0] in "123"
        and r.wall
        and (o := find(rows, r.work, "shmcol-pack"))
        and r.wall < o.wall
    ]
    lines.append(
        f"  {'NOT REACHED' if slower else 'reached':12}  works 1 to 3: slower than no peer"
        + (f": {', '.join(slower)}" if slower else "")
    )
    return lines


def wrong(rows):
    """Rows of shmcol that have no figures: the bench has failed."""
    return [f"{r.tool} in work {r.work}: {r.note}" for r in rows if r.side == SHMCOL and r.note]
