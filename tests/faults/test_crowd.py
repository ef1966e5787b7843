"""A short pass over many processes and one table (F-84)."""

import os

import crowd
import outcome
import pytest
from injector import Case
from plan import Fault
from targets import Place, is_root

SHORT = {
    **crowd.ALL,
    "crowd.two": lambda work: crowd.at_once(work, 2, 10, 4000),
    "crowd.eight": lambda work: crowd.at_once(work, 8, 5, 2000),
    "crowd.copies": lambda work: crowd.copies(work, 4),
}


@pytest.fixture(scope="module")
def place():
    made = Place()
    yield made
    made.close()


@pytest.mark.parametrize("user, temporary", [("root", "unnamed"), ("other", "no-links")])
@pytest.mark.parametrize("what", SHORT)
def test_crowd(place, what, user, temporary):
    if user == "other" and not is_root():
        pytest.skip("not root: there is no other user")
    case = Case(what, user, temporary, Fault("crowd", 1, "run"))
    result = crowd.run(place, case, "crowd", SHORT[what])
    assert result.kind != outcome.UNEXPLAINED, f"./dev faults --only '{case}': {result.detail}"


def test_what_the_crowd_finds(place):
    """A row that is there twice, a row that is missing, a file that is left, a wrong answer."""
    work = crowd.Crowd(place, "found", "root")
    work.begin("tail")
    assert crowd.finish(work.append(999, 10, 1), "LOCKED\n") != []
    assert "row 1000 is wrong" in work.expect("rows 1010 ")[0]
    work.begin("tail")
    assert work.expect("rows 1001 ") != [] and work.expect("rows 1000 ", 1, 1001) != []
    assert work.expect("rows 1000 ", 1, 1000) == [] == work.leftovers()
    (work.table / crowd.PART).write_bytes(b"left")
    assert work.leftovers() != []


def test_a_copy_with_a_name_that_goes(tmp_path, monkeypatch):
    """A marker that is gone when cp reaches it is no fault; a part that is gone is one."""
    fake = tmp_path / "cp"
    fake.write_text(
        "#!/bin/sh\necho \"cp: cannot stat '$2/$GONE': No such file or directory\" >&2; exit 1\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("GONE", ".shmcol-appending")
    assert crowd.copy_by_name(tmp_path / "table", tmp_path / "copy") == []
    monkeypatch.setenv("GONE", crowd.PART)
    assert len(crowd.copy_by_name(tmp_path / "table", tmp_path / "copy")) == 1
    fake.write_text("#!/bin/sh\nexit 1\n")
    assert crowd.copy_by_name(tmp_path / "table", tmp_path / "copy") == ["cp failed"]
