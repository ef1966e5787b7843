"""The corpus agrees with the specification and with the program that makes it."""

import json
import re
import subprocess
import sys

import pytest
from canonical import canonical, digest, dumps
from model import AT_CHECKSUMS, AT_FULL, REQUIREMENT, UNSUPPORTED
from shmcol_reference import check, read
from source_tree import CORPUS, ROOT

EXPECTED = json.loads((CORPUS / "expected.json").read_text("ascii"))
FILES = sorted(EXPECTED)

# Compressed files that are found bad in their plain form only (F-77).
IN_PLAIN_FORM = {"bad/zstd-content-id.shmcol"}


@pytest.mark.parametrize("path", FILES)
def test_answer(path):
    """F-62: one answer for each file, with the code and number of section 12."""
    data = (CORPUS / path).read_bytes()
    entry = EXPECTED[path]
    answer = check(data)
    if entry["code"] == "OK":
        assert answer is None
    else:
        assert answer[:2] == (entry["code"], entry["requirement"])


@pytest.mark.parametrize("path", FILES)
def test_answer_at_lower_levels(path):
    """F-62: a level finds what belongs to it and nothing of the next."""
    data = (CORPUS / path).read_bytes()
    code = EXPECTED[path]["code"]
    structure = check(data, "structure")
    checksums = check(data, "checksums")
    at_structure = code != "OK" and code not in AT_CHECKSUMS | AT_FULL and path not in IN_PLAIN_FORM
    # F-65: the last step of each level, so damage of a higher level is not seen yet
    otherwise = "FEATURE" if path.startswith("bad/later-region") else None
    assert (structure and structure[0]) == (code if at_structure else otherwise)
    at_checksums = at_structure or code in AT_CHECKSUMS
    assert (checksums and checksums[0]) == (code if at_checksums else otherwise)


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
        if EXPECTED[path]["code"] != "COLUMN_UNSUPPORTED":
            continue
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
    text = (ROOT / "spec" / "format.md").read_text("utf-8").split("## 12.")[1]
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
    assert sum(p.stat().st_size for p in CORPUS.rglob("*.shmcol")) < 12 << 20
