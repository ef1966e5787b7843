"""The corpus agrees with the specification and with the program that makes it."""

import json
import re
import subprocess
import sys

import pytest
from canonical import canonical, digest, dumps
from model import AT_CHECKSUMS, AT_FULL, REQUIREMENT, UNSUPPORTED
from shmcol_reference import check_levels, read
from source_tree import CORPUS, ROOT

# Compressed files that are found bad in their plain form only (F-77).
IN_PLAIN_FORM = {
    "bad/double-zstd-id-ascending.shmcol",
    "bad/double-zstd-id-codes.shmcol",
    "bad/zstd-content-id.shmcol",
    "bad/zstd-uncompressed-content.shmcol",
}
EXPECTED = json.loads((CORPUS / "expected.json").read_text("ascii"))
FILES = sorted(EXPECTED)


@pytest.mark.parametrize("path", FILES)
def test_answer(path):
    """F-62: one answer, with the code and number of section 12, from one level on."""
    entry = EXPECTED[path]
    # F-65: a region of a later version is told by all levels, damage by the one that finds it
    answer = ("FEATURE", "F-20") if entry.get("before") else None
    for level, found in check_levels((CORPUS / path).read_bytes()).items():
        if level == entry.get("level"):
            answer = entry["code"], entry["requirement"]
        assert (found and found[:2]) == answer, level
    assert (answer is None) == (entry["code"] == "OK")


def test_levels_of_the_codes():
    """F-62: nearly every code belongs to one level."""
    for path, entry in EXPECTED.items():
        code = entry["code"]
        level = "checksums" if code in AT_CHECKSUMS else "full" if code in AT_FULL else "structure"
        if code != "OK" and path not in IN_PLAIN_FORM:
            assert entry["level"] == level, path


@pytest.mark.parametrize("path", [p for p in FILES if "sha256" in EXPECTED[p]])
def test_values(path):
    """The values of good files, and of files with a column of an unknown type."""
    text = dumps(canonical(read(CORPUS / path)))
    assert digest(text) == EXPECTED[path]["sha256"]
    if "values" in EXPECTED[path]:
        assert dumps(EXPECTED[path]["values"]) == text


def test_unsupported_columns_leave_the_others():
    """F-28: the unknown column is listed, the rest is read."""
    for path in FILES:
        if EXPECTED[path]["code"] != "COLUMN_UNSUPPORTED" or "sha256" not in EXPECTED[path]:
            continue  # nothing is read of a compressed file with such a column
        columns = read(CORPUS / path).columns
        assert [bool(c.problem) for c in columns].count(True) == 1, path
        assert all(len(c.values) == 5 for c in columns if not c.problem)
        assert [c.name for c in columns] == ["id", "flag", "name", "at", "cat"]


def test_every_code_has_a_file():
    codes = {entry["code"] for entry in EXPECTED.values()}
    assert codes == set(REQUIREMENT) | {"OK"}
    for path, entry in EXPECTED.items():
        folder = (
            "good"
            if entry["code"] == "OK"
            else "unsupported"
            if entry["code"] in UNSUPPORTED
            else "bad"
        )
        assert path.startswith(folder + "/")


def test_codes_are_those_of_the_specification():
    """Section 12 and the reference name the same codes and requirements."""
    text = (ROOT / "spec" / "format.md").read_text("utf-8").split("## 12.")[1].split("## 13.")[0]
    rows = dict(re.findall(r"^\| ([A-Z][A-Z0-9_]+) \| (F-\d+) \|", text, re.M))
    assert rows == REQUIREMENT


def test_every_file_has_a_line_in_its_readme():
    on_disk = {f"{p.parent.name}/{p.name}" for p in CORPUS.glob("*/*.shmcol")}
    assert on_disk == set(FILES)
    for folder in ("good", "bad", "unsupported"):
        text = (CORPUS / folder / "README.md").read_text("utf-8")
        named = re.findall(r"^\| (\S+\.shmcol) \|", text, re.M)
        assert sorted(f"{folder}/{n}" for n in named) == [
            p for p in FILES if p.startswith(folder + "/")
        ]


def test_maker_reproduces_the_committed_files(tmp_path):
    """The same bytes on every run."""
    subprocess.run(
        [sys.executable, CORPUS / "make_corpus.py", tmp_path], check=True, stdout=subprocess.DEVNULL
    )
    made = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert made == sorted(
        FILES + ["expected.json", "good/README.md", "bad/README.md", "unsupported/README.md"]
    )
    for name in made:
        assert (tmp_path / name).read_bytes() == (CORPUS / name).read_bytes()


def test_corpus_stays_small():
    assert sum(p.stat().st_size for p in CORPUS.rglob("*.shmcol")) < 20 << 20
