"""The reference reader can be imported."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reference")]
# a reader that panics must not print a page for each expected refusal
os.environ["RUST_BACKTRACE"] = "0"
