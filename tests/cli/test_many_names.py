"""Long lists of names take time and memory in proportion to their length (C-18, C-51, C-92)."""

import resource

import pytest
from cli import is_sanitized, run

COLUMNS = 100_000
SECONDS = 20  # of a processor; each of these takes less than one
MEMORY = 1 << 30  # of addresses

pytestmark = pytest.mark.skipif(is_sanitized(), reason="addresses are what a sanitizer uses")


def run_within(tool, *args):
    def bound():
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    return run(tool, *args, preexec_fn=bound)


def in_arguments(option, items):
    """Gives the list as several options, as an argument has at most 128 KiB."""
    step = 10_000
    for i in range(0, len(items), step):
        yield option
        yield ",".join(items[i : i + step])


@pytest.fixture
def wide(tmp_path):
    path = tmp_path / "wide.csv"
    names = ",".join(f"c{i}" for i in range(COLUMNS))
    path.write_text(names + "\n" + ",".join("1" * COLUMNS) + "\n")
    return path


def test_columns_that_are_left_out(wide):
    left_out = in_arguments("--columns", [f"!c{i}" for i in range(1, COLUMNS)])
    got = run_within("pack", "--dry-run", *left_out, wide)
    assert got.returncode == 0, got.stderr
    assert "c0" in got.stdout


def test_types_by_name(wide):
    types = in_arguments("--types", [f"c{i}=int8" for i in range(COLUMNS)])
    got = run_within("pack", "--dry-run", *types, "--types", "none=int8", wide)
    assert got.returncode == 2
    assert '"none"' in got.stderr


def test_dictionary_modes_and_null_tokens_by_name(wide):
    modes = [f"--dictionary=c{i}=never" for i in range(COLUMNS // 4)]
    tokens = [f"--null=c{i}=-" for i in range(COLUMNS // 4)]
    got = run_within("pack", "--dry-run", *modes, *tokens, "--types", "none=int8", wide)
    assert got.returncode == 2
    assert '"none"' in got.stderr


def test_one_long_list_of_names(wide):
    """The tool does not copy the list once for each name."""
    names = ",".join(f"!{i}" for i in range(2, 20_002))
    got = run_within("pack", "--dry-run", "--columns", names, "--types", "none=int8", wide)
    assert got.returncode == 2
    assert '"none"' in got.stderr


def test_brackets_that_are_not_closed(wide):
    got = run_within("pack", "--dry-run", "--types", "a" + "=d[" * 40_000, wide)
    assert got.returncode == 2
    assert "is no type" in got.stderr
