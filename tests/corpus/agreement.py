"""shmcol-check and tests/reference answer the same mutants at every level.

python tests/corpus/agreement.py BIN [COUNT [SEED]]: prints what they disagree on, and the counts.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "reference")]

from mutants import mutant, seeds  # noqa: E402
from shmcol_reference import LEVELS, check_levels  # noqa: E402

BATCH = 400


def answers_of(tool, level, paths):
    """Returns the tool's first problem of each file, or "OK"."""
    done = subprocess.run(
        [tool, "--json", "--threads", "1", "--level", level, *paths],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return {f["path"]: f["first"] or "OK" for f in json.loads(done.stdout)["files"]}


def compare(tool, folder, first, end, seed, files, counts):
    """Mutants first … end-1: yields (number, level, reference, tool, what)."""
    made = {}
    for number in range(first, end):
        path, done, data = mutant(number, seed, files)
        name = folder / str(number)
        name.write_bytes(data)
        answers = {
            level: answer[0] if answer else "OK" for level, answer in check_levels(data).items()
        }
        made[str(name)] = number, f"{path.name}: {'; '.join(done)}", answers
        counts[answers["full"]] += 1
        counts["past structure"] += answers["structure"] == "OK"
    for level in LEVELS:
        theirs = answers_of(tool, level, list(made))
        for name, (number, what, answers) in made.items():
            if answers[level] != theirs[name]:
                yield number, level, answers[level], theirs[name], what
    for name in made:
        Path(name).unlink()


def run(tool, count, seed, report):
    """Compares `count` mutants; the counts of the reference's answers."""
    counts, files = Counter(), seeds()
    with tempfile.TemporaryDirectory() as folder:
        for first in range(0, count, BATCH):
            for found in compare(
                tool, Path(folder), first, min(first + BATCH, count), seed, files, counts
            ):
                report(found)
    return counts


def main():
    binaries, count, seed = (sys.argv[1:] + ["50000", "1"][len(sys.argv) - 2 :])[:3]
    wrong = {}

    def report(found):
        wrong.setdefault(found[0], found)
        print("mutant %d, %s: reference %s, shmcol-check %s; %s" % found)

    counts = run(Path(binaries) / "shmcol-check", int(count), seed, report)
    print(", ".join(f"{code} {n}" for code, n in counts.most_common()))
    print(f"{len(wrong)} disagreements over {count} mutants, seed {seed}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
