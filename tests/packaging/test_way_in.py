"""HACKING.md can be read in one sitting, and the files and names in it are there."""

import fnmatch
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HACKING = (ROOT / "HACKING.md").read_text(encoding="utf-8")
SKIPPED = {".git", ".venv", "build"}
FILES = [
    path.relative_to(ROOT).as_posix()
    for path in ROOT.rglob("*.*")
    if not SKIPPED.intersection(path.relative_to(ROOT).parts)
]


def prose():
    """The page without its blocks of code, which are made up."""
    return re.sub(r"^```.*?^```", "", HACKING, flags=re.DOTALL | re.MULTILINE)


def test_it_fits_a_sitting():
    assert HACKING.count("\n") <= 250


def test_its_files_are_there():
    named = set(re.findall(r"[\w./*-][\w./\[\]*-]*\w[\w\]*]*\.(?:\[ch\]|\w{1,5}\b)", prose()))
    named = {n for n in named if re.search(r"\.(\[ch\]|c|h|py|md|cmake|in|sh|1)$", n)}
    assert len(named) > 60
    missing = [
        name
        for name in sorted(named)
        if not any(fnmatch.fnmatch("/" + f, "*/" + name.replace("NAME", "*")) for f in FILES)
    ]
    assert not missing


def test_its_names_are_in_the_code():
    named = set(re.findall(r"`(\w+_\w+)`", prose()))
    assert len(named) > 12
    sources = [f for f in FILES if f.endswith((".c", ".h", ".py"))]
    text = "\n".join((ROOT / f).read_text(encoding="utf-8") for f in sources)
    words = set(re.findall(r"\w+", text))
    assert not [name for name in sorted(named) if name not in words]


def test_its_commands_exist():
    usage = subprocess.run(
        [ROOT / "dev", "help"], capture_output=True, text=True, check=True
    ).stdout
    for command in set(re.findall(r"`\./dev (\w+)", HACKING)):
        assert re.search(rf"^  {command}\b", usage, re.MULTILINE), command
