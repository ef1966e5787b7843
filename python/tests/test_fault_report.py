"""The last words of a process that reads a file which was cut short."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import shmcol

READ = """
import faulthandler, os, sys
import shmcol
if "before" in sys.argv:
    faulthandler.enable()
if "report" in sys.argv:
    assert shmcol.fault_report() is None
if "after" in sys.argv:
    faulthandler.enable()
    shmcol.fault_report()
table = shmcol.open(sys.argv[1])
values = table["price"]
os.truncate(sys.argv[1], 12288)
print(values.sum())
"""


@pytest.mark.parametrize("how", [[], ["report"], ["report", "before"], ["report", "after"]])
def test_the_file_and_the_column_are_named(path, how):
    shmcol.write({"id": np.arange(100_000), "price": np.arange(100_000) * 0.5}, path)
    os.chmod(path, 0o644)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path), *how], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGBUS and done.stdout == ""
    assert (str(path) in done.stderr and "price" in done.stderr) == bool(how)
    assert ("Fatal Python error" in done.stderr) == (len(how) > 1)
