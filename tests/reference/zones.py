"""Zone maps: the entry that each zone must have (F-46, F-47)."""

import struct

import numpy as np

from fields import ZONE_ENTRY
from model import BOOL8, DECIMAL128, FLOATS, STRING, UINT8, UINT64, ZONE, i128

NO_BOUNDS = 1


def _strings(values, valid):
    present = [v for v, ok in zip(values, valid) if ok]
    if not present:
        return None
    low, high = min(present), max(present)
    return (low[:16].ljust(16, b"\0"), high[:16].ljust(16, b"\0"), len(low), len(high))


def _numbers(form, values):
    if not len(values):
        return None
    low, high = values.min(), values.max()
    if form == "d":
        # F-47: which of the two zeros a column holds must not matter
        low = -0.0 if low == 0 else float(low)
        high = 0.0 if high == 0 else float(high)
    else:
        low, high = int(low), int(high)
    return (
        struct.pack("<" + form, low).ljust(16, b"\0"),
        struct.pack("<" + form, high).ljust(16, b"\0"),
        0,
        0,
    )


def _decimals(values):
    """values: an array of Python's integers, which have any number of bits."""
    return (i128(min(values)), i128(max(values)), 0, 0) if len(values) else None


def entry(type_id, values, valid):
    """One zone's 64 bytes; values and valid are those of the zone."""
    nulls = len(valid) - int(np.count_nonzero(valid))
    nans = 0
    if type_id == STRING:
        bounds = _strings(values, valid)
    elif type_id == DECIMAL128:
        bounds = _decimals(values[valid])
    elif type_id in FLOATS:
        present = values[valid]
        numbers = present[~np.isnan(present)]
        nans = len(present) - len(numbers)
        bounds = _numbers("d", numbers)
    else:
        unsigned = type_id == BOOL8 or UINT8 <= type_id <= UINT64
        bounds = _numbers("Q" if unsigned else "q", values[valid])
    if bounds is None:
        return ZONE_ENTRY.pack(nulls, nans, NO_BOUNDS, 0, b"", b"", 0, 0)
    return ZONE_ENTRY.pack(nulls, nans, 0, 0, *bounds)


def entries(type_id, values, valid):
    """All entries of a column, one for each 65,536 rows."""
    return b"".join(
        entry(type_id, values[i : i + ZONE], valid[i : i + ZONE])
        for i in range(0, len(valid), ZONE)
    )
