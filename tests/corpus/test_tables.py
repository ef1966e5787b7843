"""One directory has one answer, from tests/reference and from the C library (F-80 … F-87)."""

import json
import re
import subprocess

import pytest
from built import BIN
from canonical import canonical, dumps
from shmcol_reference import read
from source_tree import ROOT
from table_folders import LEVELS, folders
from chain import check_table, part_name, read_table

FOLDERS = folders()


@pytest.fixture(scope="module", params=FOLDERS)
def made(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "t"
    FOLDERS[request.param].make(path)
    return path, FOLDERS[request.param].answers


def test_the_reference_answers(made):
    path, answers = made
    found = check_table(path)
    assert {level: answer and answer[:2] for level, answer in found.items()} == answers


def test_shmcol_check_answers_the_same(made):
    path, answers = made
    for level in LEVELS:
        done = subprocess.run(
            [BIN / "shmcol-check", "--json", "--threads", "1", "--level", level, path],
            stdout=subprocess.PIPE,
            check=False,
        )
        found = json.loads(done.stdout)["files"][0]
        first = found["problems"][0] if found["problems"] else None
        assert (first and (first["status"], first["rule"])) == answers[level], level
        assert found["first"] == (first and first["status"])


@pytest.mark.parametrize("name", [name for name in FOLDERS if name.startswith("good/")])
def test_values(name, tmp_path):
    """The reference's rows are those that shmcol-cat prints."""
    FOLDERS[name].make(tmp_path / "t")
    table = read_table(tmp_path / "t")
    printed = subprocess.run(
        [BIN / "shmcol-cat", tmp_path / "t"], stdout=subprocess.PIPE, check=True, text=True
    ).stdout.splitlines()
    text = {None: "", "": '""'}
    rows = zip(*(c.values for c in table.columns))
    lines = [",".join(c.name for c in table.columns)] if table.columns else []
    lines += [",".join(text.get(v, str(v)) for v in row) for row in rows]
    assert printed == lines


def test_a_table_of_one_part_is_that_file(tmp_path):
    FOLDERS["good/one"].make(tmp_path / "t")
    one = read(tmp_path / "t" / part_name(0))
    assert dumps(canonical(read_table(tmp_path / "t"))) == dumps(canonical(one))


def test_every_answer_of_the_specification_has_a_directory():
    """F-86."""
    text = (ROOT / "spec" / "format.md").read_text("utf-8").split("**F-86**")[1]
    rows = set(re.findall(r"^\| ([A-Z_]+) \| (F-\d+) \|", text, re.MULTILINE))
    found = {answer for folder in FOLDERS.values() for answer in folder.answers.values()}
    assert len(rows) == 5 and rows <= found
