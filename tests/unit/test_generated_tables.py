"""The committed tables are those that their scripts print."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("script", "table"),
    [
        ("lib/parse/gen_powers.py", "lib/parse/powers.h"),
        ("tools/gen_shortest_powers.py", "tools/shortest_powers.h"),
    ],
)
def test_table_is_what_its_script_prints(script: str, table: str) -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / script)], capture_output=True, text=True, check=True
    )
    assert result.stdout == (ROOT / table).read_text()


def bits_of(table: str) -> dict[int, int]:
    """{exponent: the 128 leading bits of its power} of a committed table."""
    rows = re.findall(
        r"\{0x([0-9a-f]{16})u, 0x([0-9a-f]{16})u\}, /\* (-?\d+) \*/", (ROOT / table).read_text()
    )
    return {int(exponent): int(high + low, 16) for high, low, exponent in rows}


def test_the_two_tables_of_powers_agree() -> None:
    """Reading numbers and writing them have a table each, since the tools know only the public
    header. 5^q and 10^q have the same leading bits, which one table cuts where the other rounds up,
    but for what is exact (q from 0 to 55) and for q from -27 to -1, which both round up."""
    parse, write = bits_of("lib/parse/powers.h"), bits_of("tools/shortest_powers.h")
    common = parse.keys() & write.keys()
    assert len(parse) == 651 and len(write) == 617 and len(common) == 601
    assert {q: write[q] - parse[q] for q in common} == {q: int(not -27 <= q <= 55) for q in common}
