"""The picture of a small file in spec/format.md is the file that stands in the corpus."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_picture_is_the_file():
    shown = subprocess.run(
        [sys.executable, ROOT / "spec/corpus/picture.py", "--print"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown in (ROOT / "spec/format.md").read_text(encoding="utf-8")
