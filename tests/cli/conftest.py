"""What the tests of the tools share: the reference reader in reach, and a packer with a directory of its own."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reference")]

from cli import Packer  # noqa: E402


@pytest.fixture
def pack(tmp_path):
    return Packer(tmp_path)
