"""Where the suites in Python find what was built.

SHMCOL_BIN is the directory of the tools, SHMCOL_BUILD the build's; ctest sets both.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_bin = os.environ.get("SHMCOL_BIN")
_build = os.environ.get("SHMCOL_BUILD")
BUILD = Path(_build or (Path(_bin).parent if _bin else ROOT / "build" / "release"))
BIN = Path(_bin or BUILD / "bin")
TOOLS = ("shmcol-pack", "shmcol-check", "shmcol-info", "shmcol-cat")


def missing():
    """One sentence that names what is not built, or None."""
    absent = [tool for tool in TOOLS if not (BIN / tool).exists()]
    if not absent:
        return None
    return (
        f"{BIN} has no {absent[0]}: build the tools, or name their directory in SHMCOL_BIN "
        f"and the build's in SHMCOL_BUILD"
    )
