"""The tests of the tools can import the reference reader and have a packer with a directory."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reference")]

from cli import Packer  # noqa: E402

# No test fills the user's own cache.
CACHE = tempfile.TemporaryDirectory(prefix="shmcol-cache-")
os.environ["SHMCOL_CACHE"] = CACHE.name


@pytest.fixture
def pack(tmp_path):
    return Packer(tmp_path)
