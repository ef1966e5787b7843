"""Tools that do the same work take turns, A B C, A B C, …, so that a slow minute of the machine
hits all alike.

What comes of it are medians, and medians of the rounds' ratios.
"""

import dataclasses
import json
import os
import pathlib
import sys
from typing import Callable, Optional

import measure

SHMCOL, PEER, LIMIT = "shmcol", "peer", "limit"
SLOW, SLOW_ROUNDS, VERY_SLOW = (
    4,
    3,
    30,
)  # times the fastest peer: this many rounds; seconds: one round


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    side: str  # SHMCOL, PEER or LIMIT
    command: Callable[[pathlib.Path], list]  # of the output's path
    suffix: str = ""  # of the output; "": it writes none
    format: str = ""  # the format that verify.py reads it as; "": not checked
    env: tuple = ()
    package: str = ""  # the package that it needs


@dataclasses.dataclass
class Row:
    """One line of the table. Times in seconds, sizes in bytes; None: it has none."""

    work: str
    tool: str
    side: str
    runs: int = 0
    wall: Optional[float] = None
    cpu: Optional[float] = None
    peak: Optional[int] = None
    size: Optional[int] = None
    ratio: Optional[float] = (
        None  # wall of the one it is compared with / its own: above 1 it is faster
    )
    cpu_ratio: Optional[float] = None
    more: str = ""
    note: str = ""  # why there are no figures


class Bench:
    """The common ground of all works: paths, turns, and the process that reads outputs back."""

    def __init__(self, programs, python, directory, runs, packages, verifier):
        self.programs, self.python, self.runs, self.packages, self.verifier = (
            programs,
            python,
            runs,
            packages,
            verifier,
        )
        self.cores = len(os.sched_getaffinity(0))
        self.directory, self.out = directory, directory / "out"

    def ours(self, program, *arguments):
        return [self.programs / program, *arguments]

    def peer(self, tool, source, output="", table=None, **more):
        job = {
            "tool": tool,
            "source": str(source),
            "output": str(output),
            "nulls": [],
            "times": [],
            "newlines": False,
            **more,
        }
        if table is not None:
            job.update(nulls=list(table.nulls), times=list(table.times), newlines=table.newlines)
        return [self.python, "-B", pathlib.Path(__file__).parent / "peers.py", json.dumps(job)]

    def contents(self, path, kind):
        return json.loads(self.verifier(json.dumps({"path": str(path), "format": kind})))


def one(bench, tool):
    """One run: its Sample and its output, which the caller removes."""
    output = bench.out / ("output" + tool.suffix)
    measure.remove(output)
    sample = measure.run(tool.command(output), env=dict(tool.env), cwd=bench.out)
    return sample, output


def different(a, b):
    """(the difference of table b from a, in a few words, "" where they are the same; a remark).

    Floats may differ in their last digits: that is remarked, not held against it.
    """
    if "error" in b:
        return f"its output cannot be read: {b['error']}", ""
    if a["rows"] != b["rows"]:
        return f"{b['rows']:,} rows instead of {a['rows']:,}", ""
    if [c[0] for c in a["columns"]] != [c[0] for c in b["columns"]]:
        return "other column names", ""
    rounding = 0
    for (name, kind, nulls, crc, total), (_, kind_b, nulls_b, crc_b, total_b) in zip(
        a["columns"], b["columns"]
    ):
        if kind != kind_b:
            return f"column {name} is {kind_b} instead of {kind}", ""
        if nulls != nulls_b:
            return f"column {name} has {nulls_b:,} nulls instead of {nulls:,}", ""
        if crc != crc_b:
            if kind != "float" or abs(total - total_b) > 1e-9 * max(abs(total), 1):
                return f"column {name} has other values", ""
            rounding += 1
    return "", f"{rounding} float columns are not the nearest doubles" if rounding else ""


def agree(found, peers):
    """The right table: the one that most of the peers, which are independent, found. {tool:
    (reason, remark)}"""
    names = [n for n in found if "error" not in found[n]]
    voters = [n for n in names if n in peers]
    votes = {n: sum(not different(found[n], found[m])[0] for m in voters) for n in voters or names}
    if not votes:
        return {n: different({"rows": 0, "columns": []}, found[n]) for n in found}
    right = max(votes, key=votes.get)
    return {n: different(found[right], found[n]) for n in found}


def rounds(bench, work, tools, runs, samples, sizes, failed):
    """Fills samples, sizes and failed; in the first round every output is read back."""
    found = {}
    for turn in range(runs):
        fastest = min(
            (
                measure.median([s.wall for s in samples[t.name]])
                for t in tools
                if t.side == PEER and samples[t.name]
            ),
            default=None,
        )
        for tool in tools:
            if tool.name in failed:
                continue
            first = samples[tool.name][0].wall if samples[tool.name] else 0
            slow = tool.side == PEER and fastest is not None and first > SLOW * fastest
            if slow and turn >= (1 if first > VERY_SLOW else SLOW_ROUNDS):
                continue
            if sys.stderr.isatty():
                print(
                    f"\rbench: work {work}, round {turn + 1} of {runs}: {tool.name:40.40}",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )
            try:
                sample, output = one(bench, tool)
                samples[tool.name].append(sample)
                sizes[tool.name] = measure.size(output) if tool.suffix else None
                if tool.format and turn == 0:
                    found[tool.name] = bench.contents(output, tool.format)
            except measure.Failed as why:
                failed[tool.name] = str(why)
            finally:
                measure.remove(bench.out / ("output" + tool.suffix))
        if turn == 0:
            for name, (why, remark) in agree(
                found, [t.name for t in tools if t.side == PEER]
            ).items():
                if why:
                    failed[name] = (
                        f"not the same table: {why} (after {samples[name][0].wall:.2f} s)"
                    )
                elif remark:
                    samples[name][0].printed = remark
    if sys.stderr.isatty():
        print(f"\r{'':80}\r", end="", file=sys.stderr, flush=True)


def race(bench, work, tools, runs=None, against=None):
    """Rows of one work. `against`: the tool all are compared with; None: the peer of the smallest
    median wall time."""
    samples, sizes, failed = {t.name: [] for t in tools}, {}, {}
    for tool in tools:
        if tool.package and tool.package not in bench.packages:
            failed[tool.name] = f"{tool.package} is not installed"
    rounds(bench, work, tools, runs or bench.runs, samples, sizes, failed)
    walls = {
        t.name: measure.median([s.wall for s in samples[t.name]])
        for t in tools
        if t.name not in failed
    }
    if against is None:
        against = min(
            (t.name for t in tools if t.side == PEER and t.name in walls),
            key=walls.get,
            default=None,
        )
    result = []
    for tool in tools:
        if tool.name in failed:
            result.append(Row(work, tool.name, tool.side, note=failed[tool.name]))
            continue
        mine, theirs = samples[tool.name], samples.get(against, [])
        middle = lambda what: measure.median([getattr(s, what) for s in mine])  # noqa: E731
        row = Row(
            work,
            tool.name,
            tool.side,
            len(mine),
            middle("wall"),
            middle("cpu"),
            int(middle("peak")),
            sizes[tool.name],
        )
        row.ratio = measure.median([b.wall / a.wall for a, b in zip(mine, theirs)])
        row.cpu_ratio = measure.median([b.cpu / a.cpu for a, b in zip(mine, theirs) if a.cpu > 0])
        if mine[0].printed and not mine[0].printed.startswith("{"):
            row.more = mine[0].printed
        result.append(row)
    return result
