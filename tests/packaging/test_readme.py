"""The code in README.md is compiled and run as it stands there.

Every command in it names files and options that exist.
"""

import csv
import os
import re
import shutil
import subprocess

import pytest
from built import BIN, BUILD, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(marker):
    """The code block that follows <!-- marker -->."""
    found = re.search(rf"<!-- {re.escape(marker)} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, f"README.md has no block {marker}"
    return found.group(1)


def parts(name):
    """Returns the texts of an example that README.md may show.

    The whole file, and each part of it between two marks /* [part] */.
    """
    text = (ROOT / name).read_text(encoding="utf-8")
    found = {"": text}
    for part in set(re.findall(r"^/\* \[(\w+)\] \*/$", text, re.MULTILINE)):
        found[part] = text.split(f"/* [{part}] */\n")[1]
    return found


def test_the_c_code_is_that_of_the_examples():
    shown = re.findall(
        r"<!-- (examples/\w+\.c)(?: \[(\w+)\])? -->\n```c\n(.*?)```", README, re.DOTALL
    )
    assert {name for name, _, _ in shown} == {
        "examples/read.c",
        "examples/populate.c",
        "examples/grow.c",
        "examples/take.c",
    }
    assert len(re.findall(r"^```c$", README, re.MULTILINE)) == len(shown), (
        "a block of C that is no example's"
    )
    for name, part, text in shown:
        assert text == parts(name)[part], f"README.md shows another {name} {part}"


@pytest.fixture(scope="module")
def weather(tmp_path_factory):
    """A directory as the reader's after README.md's first commands."""
    place = tmp_path_factory.mktemp("readme")
    shutil.copy(ROOT / "tests/data/seattle-weather.csv", place)
    subprocess.run([BIN / "shmcol-pack", "--quiet", "seattle-weather.csv"], cwd=place, check=True)
    return place


def test_its_lines_for_other_csvs_make_these_tables(tmp_path):
    environment = dict(os.environ, PATH=f"{BIN}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
    lines = block("different.sh").splitlines()
    assert len(lines) == 12
    for line in lines:  # a reader copies one after the other
        subprocess.run(["sh", "-ec", line], cwd=tmp_path, env=environment, check=True)
    told = {
        "dates": "day,at\n2024-12-31,2024-12-31T05:40:00\n",
        "prices": "item,price,stock\ntea,1234.50,12000\n",
        "texts": 'text,tokens\na cat,"[64,2355]"\nnone,[]\n',
        "units": "time,speed\n1,2.5\n2,3.5\n",
        "export": 'name,price\n"a;b",1234.5\n',
        "year": "x,y,z,part\n1,a,,jan.csv\n,b,2.5,feb.csv\n",
    }
    assert {path.stem for path in tmp_path.glob("*.shmcol")} == set(told)
    for name, text in told.items():
        cat = [BIN / "shmcol-cat", f"{name}.shmcol"]
        done = subprocess.run(cat, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout == text


def build_and_run(place, name, *arguments):
    """Builds an example as README.md says and returns what it printed."""
    subprocess.run(
        [
            "cc",
            "-Wall",
            "-Wextra",
            "-Werror",
            f"-I{ROOT}/lib/include",
            ROOT / "examples" / f"{name}.c",
            "-o",
            name,
            f"-L{BUILD}",
            "-lshmcol",
        ],
        cwd=place,
        check=True,
    )
    environment = dict(os.environ, LD_LIBRARY_PATH=str(BUILD))
    return subprocess.run(
        [f"./{name}", *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_c_reader(weather):
    assert block("examples/read.c").count("\n") <= 45
    printed = build_and_run(weather, "read", "seattle-weather.shmcol")
    with open(ROOT / "tests/data/seattle-weather.csv", newline="") as source:
        wind = [float(row["wind"]) for row in csv.DictReader(source)]
    assert f"{max(wind):.1f} m/s" in printed
    assert f"of {len(wind)} days" in printed
    assert printed in README, "README.md shows what it prints"


def test_the_c_processes(tmp_path):
    build_and_run(tmp_path, "populate", "halves.shmcol")
    subprocess.run([BIN / "shmcol-check", "halves.shmcol"], cwd=tmp_path, check=True)
    printed = subprocess.run(
        [BIN / "shmcol-cat", "--rows", "999998:1000000", "halves.shmcol"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.split() == ["half", "499999.0", "499999.5"]


def test_its_session_of_a_table_that_grows(tmp_path):
    environment = dict(os.environ, PATH=f"{BIN}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
    lines = block("grow.sh").splitlines()
    assert len(lines) == 9
    printed = [
        subprocess.run(
            ["sh", "-ec", line],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for line in lines
    ]
    assert "ticks/: 2 rows added, 2 in all" in printed[2] and "3 in all" in printed[3]
    assert "nothing was added; 3 rows" in printed[4]
    assert printed[5] == "time,price\n2026-12-01T09:00:00,11.0\n" and "ticks/: ok" in printed[6]
    for place in ("ticks.shmcol", "packed"):
        done = subprocess.run(
            [BIN / "shmcol-cat", tmp_path / place], capture_output=True, check=True
        )
        assert len(done.stdout.splitlines()) == 4


def test_the_c_program_of_a_table_that_grows(tmp_path):
    assert build_and_run(tmp_path, "grow", "prices") == (
        "200000 rows, the last price is 100999\n"
        "300000 rows, the last price is 101999\n"
        "400000 rows, the last price is 102999\n"
    )
    subprocess.run([BIN / "shmcol-check", "prices"], cwd=tmp_path, check=True)


def test_the_c_program_of_rows(tmp_path):
    (tmp_path / "p.csv").write_text("time,price\n10,1.5\n20,2.5\n20,3.5\n30,4.5\n")
    subprocess.run([BIN / "shmcol-pack", "-q", "p.csv"], cwd=tmp_path, check=True)
    made = build_and_run(tmp_path, "take", "p.shmcol", "9", "10", "25", "99")
    assert made == "9: nan\n10: 1.5\n25: 3.5\n99: 4.5\n"


def test_the_python_readers(weather):
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    pytest.importorskip("duckdb")
    subprocess.run(
        [os.sys.executable, "-c", block("readers.py")], cwd=weather, check=True, capture_output=True
    )


def test_its_options_exist():
    commands = [[BIN / f"shmcol-{tool}", "--help"] for tool in ("pack", "check", "info", "cat")]
    helps = "".join(
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for command in [*commands, [ROOT / "dev", "help"], ["cmake", "--help"]]
    )
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", re.sub("<!--.*?-->", "", README)))
    named -= {"--preset", "--cflags", "--libs", "--readme"}  # of cmake, pkg-config, the bench
    assert len(named) >= 8
    assert not [option for option in sorted(named) if option not in helps]


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target
