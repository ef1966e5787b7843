"""The tables that are committed are what their scripts print."""

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
