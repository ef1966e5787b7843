"""The level full of F-62: envelope, dictionaries, columns."""

import numpy as np

import envelope
import frames
import sealing
import zones
from ascending import ascends
from header import ENVELOPE_VERSIONS
from model import (
    BOOL8,
    DATE64,
    DAY_MS,
    DECIMAL128,
    DICTIONARY,
    DTYPES,
    INT64_MIN,
    LIST,
    NAN_BITS,
    NULL_VALUE,
    PAGE,
    STRING,
    TIME32,
    TIME64,
    UNITS,
    decode_utf8,
    require,
)

DAY = {"s": 86400, "ms": DAY_MS, "us": DAY_MS * 1000, "ns": DAY_MS * 1000000}


def check_envelope(data, h, d):
    """F-50: encode again and compare; schema, dictionaries, batch, footer."""
    require(
        h.envelope_version in ENVELOPE_VERSIONS,
        "ENVELOPE_VERSION",
        f"envelope version {h.envelope_version}",
    )
    at = h.regions["schema"][0]
    schema = envelope.encode_schema(d, at)
    schema += bytes(-(at + len(schema)) % PAGE)
    require(sealing.region_bytes(data, "schema") == schema, "ENVELOPE", "schema")
    for k, x in enumerate(d.dictionaries):
        end = x.message_offset + x.message_length
        require(
            bytes(data[x.message_offset : end]) == envelope.encode_dictionary(k, x, d.compressed),
            "ENVELOPE",
            f"dictionary {k}",
        )
    at, length = h.regions["batch"]
    require(
        sealing.region_bytes(data, "batch")
        == envelope.encode_batch(d, length, h.body_offset, h.body_length),
        "ENVELOPE",
        "batch",
    )
    require(
        sealing.region_bytes(data, "footer")
        == envelope.encode_footer(d, at, length, h.body_length),
        "ENVELOPE",
        "footer",
    )


def buffer(data, slot):
    return bytes(data[slot.offset : slot.offset + slot.length])


def validity(data, c, rows):
    """Returns the valid rows; the bitmap exists only with nulls, or in a part (F-27)."""
    if not c.slots[0].length:
        return np.ones(rows, bool)
    bits = np.frombuffer(buffer(data, c.slots[0]), "u1")
    return np.unpackbits(bits, bitorder="little")[:rows].astype(bool)


def check_validity(data, c, valid, rows, what):
    """F-35."""
    if c.slots[0].length:
        bits = np.frombuffer(buffer(data, c.slots[0]), "u1")
        spare = np.unpackbits(bits, bitorder="little")[rows:]
        require(not spare.any(), "VALIDITY", f"{what}: spare bits")
    zeros = rows - int(np.count_nonzero(valid))
    require(
        zeros == c.null_count, "VALIDITY", f"{what}: {zeros} nulls, null_count says {c.null_count}"
    )


def check_offsets(data, slot, end, what):
    """F-36: the offsets, once they are proved; end: what the last must be."""
    offsets = np.frombuffer(buffer(data, slot), "<i8")
    require(offsets[0] == 0, "OFFSETS", f"{what}: the first is {offsets[0]}")
    require(
        not (offsets[1:] < offsets[:-1]).any(),
        "OFFSETS",
        f"{what}: one is less than the one before",
    )
    require(offsets[-1] == end, "OFFSETS", f"{what}: the last is {offsets[-1]}, not {end}")
    return offsets


def byte_values(data, slot, offsets):
    raw = buffer(data, slot)
    return [raw[a:b] for a, b in zip(offsets[:-1], offsets[1:])]


def check_utf8(values, what):
    """F-37: each value by itself, so that none is cut in a character."""
    for i, v in enumerate(values):
        require(decode_utf8(v) is not None, "UTF8", f"{what}, value {i}")


def check_dictionary(data, k, x):
    """F-36, F-37, F-39; returns the values."""
    what = f"dictionary {k}"
    offsets = check_offsets(data, x.slots[1], x.slots[2].length, what)
    values = byte_values(data, x.slots[2], offsets)
    check_utf8(values, what)
    if x.sorted:
        require(all(a < b for a, b in zip(values, values[1:])), "DICTIONARY", f"{what}: not sorted")
    require(len(set(values)) == len(values), "DICTIONARY", f"{what}: values are not unique")
    return values


def _integers(raw):
    """The integers of decimals, in an array of Python's own."""
    every = range(0, len(raw), 16)
    out = np.empty(len(every), object)
    out[:] = [int.from_bytes(raw[i : i + 16], "little", signed=True) for i in every]
    return out


def numbers(data, t, slot):
    """The stored array of a type that has values of fixed width."""
    raw = buffer(data, slot)
    if t.id == DECIMAL128:
        return _integers(raw)
    return np.frombuffer(raw, f"<i{t.width}" if t.id == DICTIONARY else DTYPES[t.id])


def fixed_rows(data, c, rows):
    """fixed_binary and tensor: the bytes of each row."""
    raw = np.frombuffer(buffer(data, c.slots[1]), "u1")
    return raw.reshape(rows, c.type.value_width)


def check_values(t, values, valid, what):
    """F-38, valid slots."""
    present = values[valid]
    if t.id == BOOL8:
        good = present <= 1
    elif t.id == DATE64:
        good = (present % DAY_MS == 0) & (present != INT64_MIN)
    elif t.id in NULL_VALUE:
        good = present != INT64_MIN
    elif t.id in (TIME32, TIME64):
        good = (present >= 0) & (present < DAY[UNITS[t.unit]])
    elif t.id == DECIMAL128:
        good = abs(present) < 10**t.precision
    else:
        return
    require(good.all(), "VALUE", f"{what}: a value its type does not allow")


def check_null_slots(t, values, valid, what):
    """F-38, null slots of fixed-width types."""
    if t.id in NAN_BITS:
        form, canonical = NAN_BITS[t.id]
        values = values.view(form)
    else:
        canonical = NULL_VALUE.get(t.id, 0)
    require((values[~valid] == canonical).all(), "NULL_SLOT", f"{what}: a null slot")


def _check_elements(data, c, what):
    """F-36 … F-38: the elements of a list, of which none is null."""
    t, what = c.type.element_type, f"{what}, elements"
    if t.id == STRING:
        offsets = check_offsets(data, c.slots[2], c.slots[3].length, what)
        check_utf8(byte_values(data, c.slots[3], offsets), what)
        return
    values = numbers(data, t, c.slots[2])
    check_values(t, values, np.ones(len(values), bool), what)


def _check_null_lengths(offsets, valid, what):
    lengths = offsets[1:] - offsets[:-1]
    require(not lengths[~valid].any(), "NULL_SLOT", f"{what}: a null of length > 0")


def _column_values(data, d, c, valid, what):
    """F-36 … F-39 of one column; returns the values that its zone entries are made from."""
    t = c.type
    if t.id == LIST:
        count = t.element_count(c.slots[2].length)
        offsets = check_offsets(data, c.slots[1], count, what)
        _check_elements(data, c, what)
        _check_null_lengths(offsets, valid, what)
        return None
    if t.has_bytes:
        offsets = check_offsets(data, c.slots[1], c.slots[2].length, what)
        values = byte_values(data, c.slots[2], offsets)
        if t.id == STRING:
            check_utf8(values, what)
        _check_null_lengths(offsets, valid, what)
        return values
    if not t.has_zones:
        values = fixed_rows(data, c, d.rows)
        require(not values[~valid].any(), "NULL_SLOT", f"{what}: a null slot")
        return None
    values = numbers(data, t, c.slots[1])
    if t.id == DICTIONARY:
        size = d.dictionaries[c.dictionary].length
        present = values[valid]
        require(
            ((present >= 0) & (present < size)).all(),
            "CODES",
            f"{what}: a code outside the dictionary",
        )
    check_values(t, values, valid, what)
    check_null_slots(t, values, valid, what)
    return values


def check_column(data, h, d, i, words):
    """One column, completely; words: the values of each dictionary."""
    c = d.columns[i]
    what = f"column {i}"
    valid = validity(data, c, d.rows)
    check_validity(data, c, valid, d.rows, what)
    values = _column_values(data, d, c, valid, what)
    if not c.type.has_zones:
        return
    wanted = zones.entries(c.type.id, values, valid)
    at = h.regions["zones"][0] + 64 * c.first_zone
    there = bytearray(data[at : at + len(wanted)])
    if h.relaxed:
        for entry in range(0, len(there), 64):
            there[entry + 12 : entry + 16] = bytes(4)
    require(there == wanted, "ZONE_MAP", what)
    own = words[c.dictionary] if c.type.id == DICTIONARY else None
    flag = ascends(c.type, values, valid, own)
    require(c.ascending == flag, "ASCENDING", f"{what}: {'not ' * c.ascending}ascending")


def check_full(data, h, d):
    check_envelope(data, h, d)
    if h.compressed and h.later:
        return  # F-75: its plain form is not known
    if h.compressed:  # F-77
        data, h, d = frames.plain_form(data, h, d)
    words = [check_dictionary(data, k, x) for k, x in enumerate(d.dictionaries)]
    for i in range(len(d.columns)):
        check_column(data, h, d, i, words)
