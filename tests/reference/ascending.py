"""The flag ascending: no value is less than the one before it (F-23)."""

import numpy as np

from model import DICTIONARY, FLOATS, NEVER_ASCENDING, STRING


def _no_less(values):
    return all(a <= b for a, b in zip(values, values[1:]))


def ascends(t, values, valid, words):
    """What the flag must be; words: the values of a dictionary column's dictionary."""
    if t.id in NEVER_ASCENDING or not valid.all():
        return False
    if t.id == STRING:
        return _no_less(values)
    if t.id == DICTIONARY:
        # within a run of one code nothing descends
        changes = np.flatnonzero(values[1:] != values[:-1]) + 1
        return _no_less([words[code] for code in np.concatenate((values[:1], values[changes]))])
    if t.id in FLOATS and np.isnan(values).any():
        return False
    return bool((values[1:] >= values[:-1]).all())  # -0.0 and 0.0 are equal
