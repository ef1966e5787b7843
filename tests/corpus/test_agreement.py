"""F-62: one file has one answer, from the C library and from tests/reference.

The long run of this is ./dev agree.
"""

from agreement import run
from built import BIN
from mutants import mutant, seeds

COUNT = 3000  # some 10 seconds
SEED = 1


def test_one_answer():
    found = []
    tool = BIN / "shmcol-check"
    counts = run(tool, COUNT, SEED, found.append)
    assert not found
    # else the mutants end at the first checks and say nothing about the others
    assert counts["past structure"] > COUNT // 10
    assert len(counts) > 25


def test_a_mutant_is_its_number():
    files = seeds()
    assert mutant(3, SEED, files) == mutant(3, SEED, files)
    assert mutant(3, SEED, files) != mutant(4, SEED, files)
