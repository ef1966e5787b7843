"""The code in README.md is compiled and run as it stands there, and every command in it names files and options that exist."""

import csv
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SHMCOL_BUILD", ROOT / "build" / "release"))
BIN = pathlib.Path(os.environ.get("SHMCOL_BIN", BUILD / "bin"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(marker):
    """The code block that follows <!-- marker -->."""
    found = re.search(rf"<!-- {re.escape(marker)} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, f"README.md has no block {marker}"
    return found.group(1)


@pytest.fixture(scope="module")
def weather(tmp_path_factory):
    place = tmp_path_factory.mktemp("readme")
    subprocess.run(
        [
            BIN / "shmcol-pack",
            "--quiet",
            ROOT / "tests/data/seattle-weather.csv",
            place / "seattle-weather.shmcol",
        ],
        check=True,
    )
    return place


def test_the_c_reader(weather):
    text = block("reader.c")
    assert text.count("\n") <= 25
    (weather / "reader.c").write_text(text)
    subprocess.run(
        [
            "cc",
            "-Wall",
            "-Wextra",
            "-Werror",
            f"-I{ROOT}/lib/include",
            "reader.c",
            "-o",
            "reader",
            f"-L{BUILD}",
            "-lshmcol",
        ],
        cwd=weather,
        check=True,
    )
    environment = dict(os.environ, LD_LIBRARY_PATH=str(BUILD))
    printed = subprocess.run(
        ["./reader"], cwd=weather, env=environment, capture_output=True, text=True, check=True
    ).stdout
    with open(ROOT / "tests/data/seattle-weather.csv", newline="") as source:
        wind = [float(row["wind"]) for row in csv.DictReader(source)]
    assert f"{max(wind):.1f} m/s" in printed
    assert f"of {len(wind)} days" in printed


def test_the_c_processes(tmp_path):
    (tmp_path / "fill.c").write_text(block("fill.c"))
    subprocess.run(
        [
            "cc",
            "-Wall",
            "-Wextra",
            "-Werror",
            f"-I{ROOT}/lib/include",
            "fill.c",
            "-o",
            "fill",
            f"-L{BUILD}",
            "-lshmcol",
        ],
        cwd=tmp_path,
        check=True,
    )
    subprocess.run(
        ["./fill"], cwd=tmp_path, env=dict(os.environ, LD_LIBRARY_PATH=str(BUILD)), check=True
    )
    subprocess.run([BIN / "shmcol-check", "halves.shmcol"], cwd=tmp_path, check=True)
    printed = subprocess.run(
        [BIN / "shmcol-cat", "--rows", "999998:1000000", "halves.shmcol"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.split() == ["half", "499999.0", "499999.5"]


def test_the_python_readers(weather):
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    pytest.importorskip("duckdb")
    subprocess.run(
        [os.sys.executable, "-c", block("readers.py")], cwd=weather, check=True, capture_output=True
    )


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target
