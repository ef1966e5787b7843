"""How the tests of create() fill a table; worker processes import this."""

import os
import pickle
import signal

import numpy as np

METHODS = ["fork", "spawn", "forkserver"]
ROWS = 1000


def fill_x(w, start, stop, then=None):
    """Fills rows of the column x, and may fail then."""
    with w.rows(start, stop) as v:
        v["x"][:] = np.arange(start, stop)
        if then == "raise":
            raise ZeroDivisionError
        if then == "die":
            os.kill(os.getpid(), signal.SIGKILL)
    return len(pickle.dumps(w))
