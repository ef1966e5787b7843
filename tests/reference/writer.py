"""An encoder written from spec/format.md alone: Python values to the bytes of a file.

It makes the conformance corpus. It keeps everything in memory and is slow; it
is meant to be read.
"""

import struct
from dataclasses import dataclass, field

import numpy as np

import frames
import places
import sealing
import zones
from ascending import ascends
from directory import zone_shift
from fields import DESCRIPTOR_ALL, ELEMENT_AT, HEADER, put
from model import (
    ARROW_MAGIC,
    ASCENDING,
    BIG_PAGE,
    BYTE_ORDER,
    DECIMAL128,
    DICTIONARY,
    DTYPES,
    FIXED_BINARY,
    LIST,
    NAN_BITS,
    NONE32,
    NONE64,
    NULL_VALUE,
    NULLABLE,
    ORDERED,
    SHMCOL_MAGIC,
    SORTED,
    STRING,
    TENSOR,
    UNITS_OF,
    Column,
    Dictionary,
    Directory,
    Type,
    encode_metadata,
    encode_names,
    i128,
    slot_lengths,
)

WRITER_ID = 2  # F-10: 1 is the shmcol library; this is another writer
WRITER_VERSION = 1000000


@dataclass
class Words:
    """A dictionary's values; shared by the columns that hold the same object."""

    values: list
    sorted: bool = False
    ordered: bool = False


@dataclass
class Col:
    """A column to be written; None is null. A decimal is its integer, whatever the scale."""

    name: str
    type: Type
    values: object  # list, or numpy array without nulls
    nullable: bool = None  # default: whether a null occurs
    metadata: list = field(default_factory=list)
    words: Words = None


def as_bytes(text):
    return text.encode("utf-8") if isinstance(text, str) else bytes(text)


def _pairs(metadata):
    return [(as_bytes(k), as_bytes(v)) for k, v in metadata]


def _valid(values):
    if isinstance(values, np.ndarray):
        return np.ones(len(values), bool)
    return np.array([v is not None for v in values], bool)


def _numbers(type_id, values, valid):
    """Fixed-width values as an array, null slots as F-24 says."""
    if type_id == DECIMAL128:
        array = np.zeros(len(valid), object)
        array[valid] = [v for v in values if v is not None]
        return array
    if isinstance(values, np.ndarray):
        return values.astype(DTYPES[type_id], copy=False)
    filler = NULL_VALUE.get(type_id, 0)
    array = np.array([filler if v is None else v for v in values], dtype=DTYPES[type_id])
    if type_id in NAN_BITS:
        form, bits = NAN_BITS[type_id]
        array.view(form)[~valid] = bits
    return array


def _stored(array):
    return b"".join(map(i128, array)) if array.dtype == object else array.tobytes()


def encode_strings(values):
    """F-36: offsets and bytes."""
    offsets = np.zeros(len(values) + 1, "<i8")
    if values:
        offsets[1:] = np.cumsum([len(v) for v in values])
    return offsets.tobytes(), b"".join(values)


def _lists(t, values):
    """F-36: offsets, then the elements of all rows in one run."""
    rows = [() if v is None else v for v in values]
    offsets = np.zeros(len(rows) + 1, "<i8")
    offsets[1:] = np.cumsum([len(r) for r in rows])
    flat = [element for r in rows for element in r]
    if t.element == STRING:
        return (offsets.tobytes(),) + encode_strings([as_bytes(v) for v in flat])
    array = _numbers(t.element, flat, np.ones(len(flat), bool))
    return offsets.tobytes(), _stored(array), b""


def _encode(col, valid):
    """Slots 1, 2 and 3, and the values that zone entries are made of."""
    t = col.type
    if t.id == LIST:
        return _lists(t, col.values) + (None,)
    if t.has_bytes:
        values = [b"" if v is None else as_bytes(v) for v in col.values]
        return encode_strings(values) + (b"", values)
    if t.id == DICTIONARY:
        code = {as_bytes(v): i for i, v in enumerate(col.words.values)}
        array = np.array(
            [0 if v is None else code[as_bytes(v)] for v in col.values], f"<i{t.width}"
        )
        return array.tobytes(), b"", b"", array
    if t.id == FIXED_BINARY:
        empty = bytes(t.width)
        parts = [empty if v is None else bytes(v) for v in col.values]
        return b"".join(parts), b"", b"", None
    if t.id == TENSOR:
        array = np.zeros((len(valid),) + t.shape, DTYPES[t.element])
        for i, v in enumerate(col.values):
            if v is not None:
                array[i] = v
        return array.tobytes(), b"", b"", None
    array = _numbers(t.id, col.values, valid)
    return _stored(array), b"", b"", array


def _validity(valid):
    return np.packbits(valid, bitorder="little").tobytes()


class _Parts:
    """The buffers of a table, with its directory."""

    def __init__(self, cols, metadata, rows, part):
        self.directory = Directory(rows, [], [], _pairs(metadata), part=part)
        self.words, self.buffers, self.zone_entries = [], [], []
        self.word_buffers = []
        for col in cols:
            self._add(col)
        for words in self.words:
            values = [as_bytes(v) for v in words.values]
            buffers = (b"",) + encode_strings(values) + (b"",)
            d = Dictionary(len(values), words.sorted, words.ordered)
            for slot, data in zip(d.slots, buffers):
                slot.length = len(data)
            self.directory.dictionaries.append(d)
            self.word_buffers.append(buffers)

    def _number(self, words):
        """F-29: dictionaries are numbered by first use."""
        if words is None:
            return NONE32
        for i, w in enumerate(self.words):
            if w is words:
                return i
        self.words.append(words)
        return len(self.words) - 1

    def _add(self, col):
        valid = _valid(col.values)
        rows = self.directory.rows
        assert len(valid) == rows, col.name
        nulls = rows - int(np.count_nonzero(valid))
        part = self.directory.part
        nullable = (part or bool(nulls)) if col.nullable is None else col.nullable
        c = Column(
            as_bytes(col.name),
            col.type,
            nullable,
            nulls,
            dictionary=self._number(col.words),
            metadata=_pairs(col.metadata),
        )
        *stored, plain = _encode(col, valid)
        buffers = (_validity(valid) if nulls or part else b"", *stored)
        wanted = slot_lengths(c, rows, part, [len(b) for b in stored[1:]])
        for slot, buffer, length in zip(c.slots, buffers, wanted):
            assert len(buffer) == length, (col.name, len(buffer), length)
            slot.length = length
        words = col.words and [as_bytes(v) for v in col.words.values]
        c.ascending = ascends(col.type, plain, valid, words)
        self.directory.columns.append(c)
        self.buffers.append(buffers)
        if col.type.has_zones:
            self.zone_entries.append(zones.entries(col.type.id, plain, valid))


def _put_own(out, base, t, shift):
    """F-25: the parameters that a column and an element of a list have alike."""

    def set_(name, value):
        put(DESCRIPTOR_ALL, out, name, value, base + shift)

    if t.id in UNITS_OF:
        set_("unit", t.unit)
    elif t.id == DECIMAL128:
        set_("precision", t.precision)
        set_("scale", t.scale)


def _put_zone(out, base, t, zone_at):
    for name, value in (
        ("zone_length", len(t.zone)),
        ("zone_offset", zone_at),
        ("zone_hash", sealing.xxh3(t.zone)),
    ):
        put(DESCRIPTOR_ALL, out, name, value, base + zone_shift(t))


def _put_parameters(out, base, t, zone_at):
    """F-25."""

    def set_(name, value):
        put(DESCRIPTOR_ALL, out, name, value, base)

    _put_own(out, base, t, 0)
    if t.zone:
        _put_zone(out, base, t, zone_at)
    if t.id == FIXED_BINARY:
        set_("width", t.width)
    elif t.id == DICTIONARY:
        set_("code_width", t.width)
    elif t.id == TENSOR:
        set_("element", t.element)
        set_("dimensions", len(t.shape))
        set_("element_unit", t.unit)
        set_("shape", t.shape + (0,) * (7 - len(t.shape)))
    elif t.id == LIST:
        set_("element", t.element)
        _put_own(out, base, t.element_type, ELEMENT_AT)


def _put_slots(out, base, slots):
    for i, slot in enumerate(slots):
        if slot.length:
            for name, value in (
                ("offset", slot.offset),
                ("stored", slot.length),
                ("logical", slot.length),
                ("first_checksum", slot.first_checksum),
            ):
                put(DESCRIPTOR_ALL, out, f"slot{i}.{name}", value, base)


def _put_column(out, base, c, rows, name_at, zone_at, metadata_at):
    values = {
        "type": c.type.id,
        "flags": (NULLABLE if c.nullable else 0) | (ASCENDING if c.ascending else 0),
        "dictionary": c.dictionary,
        "name_offset": name_at,
        "name_length": len(c.name),
        "name_hash": sealing.xxh3(c.name),
        "length": rows,
        "null_count": c.null_count,
        "first_zone": c.first_zone,
    }
    if c.metadata:
        block = encode_metadata(c.metadata)
        values |= {
            "metadata_offset": metadata_at,
            "metadata_length": len(block),
            "metadata_hash": sealing.xxh3(block),
        }
    for name, value in values.items():
        put(DESCRIPTOR_ALL, out, name, value, base)
    _put_parameters(out, base, c.type, zone_at)
    _put_slots(out, base, c.slots)


def _put_dictionary(out, base, d):
    flags = (SORTED if d.sorted else 0) | (ORDERED if d.ordered else 0)
    for name, value in (
        ("type", STRING),
        ("flags", flags),
        ("dictionary", NONE32),
        ("length", d.length),
        ("first_zone", NONE64),
        ("message_offset", d.message_offset),
        ("message_length", d.message_length),
        ("body_length", d.body_length),
    ):
        put(DESCRIPTOR_ALL, out, name, value, base)
    _put_slots(out, base, d.slots)


def _put_directory(out, d, p):
    """Descriptors (hashes left to sealing), name index, names, metadata."""
    names, offsets = encode_names(d.columns)
    at = p.regions["names"][0]
    out[at : at + len(names)] = names
    block = encode_metadata(d.metadata)
    start = at = p.regions["metadata"][0]
    out[at : at + len(block)] = block
    at += len(block)
    base = p.regions["descriptors"][0]
    for c, (name_at, zone_at) in zip(d.columns, offsets):
        _put_column(out, base, c, d.rows, name_at, zone_at, at - start)
        own = encode_metadata(c.metadata)
        out[at : at + len(own)] = own
        at += len(own)
        base += d.descriptor_size
    for x in d.dictionaries:
        _put_dictionary(out, base, x)
        base += d.descriptor_size
    # F-32
    index = sorted((sealing.xxh3(c.name), c.name, i) for i, c in enumerate(d.columns))
    for i, (h, _, column) in enumerate(index):
        struct.pack_into("<QII", out, p.regions["name_index"][0] + 16 * i, h, column, 0)


def _put_header(out, d, p, extra):
    schema = p.regions["schema"]
    block = encode_metadata(d.metadata)
    values = {
        "arrow_magic": ARROW_MAGIC,
        "continuation": NONE32,
        "schema_message_length": sum(schema) - 16,
        "schema_root": schema[0] - 16,
        "magic": SHMCOL_MAGIC,
        "header_size": d.header_size,
        "descriptor_size": d.descriptor_size,
        "version_major": 1,
        "envelope_version": 1,
        "writer_id": WRITER_ID,
        "writer_version": WRITER_VERSION,
        "byte_order": BYTE_ORDER,
        "rows": d.rows,
        "columns": len(d.columns),
        "dictionaries": len(d.dictionaries),
        "file_size": p.file_size,
        "body_offset": p.body_offset,
        "body_length": p.body_length,
        "table_metadata_length": len(block),
        "table_metadata_hash": sealing.xxh3(block) if block else 0,
    }
    for name, (offset, length) in p.regions.items():
        values[name + ".offset"] = offset
        values[name + ".length"] = length
    for name, value in (values | extra).items():
        put(HEADER, out, name, value)


def write(cols, metadata=(), rows=None, header_size=512, descriptor_size=320, move=None, **extra):
    """The bytes of the file of a table; extra sets header fields by name.

    move may change the places before anything is written: the corpus maker
    makes files with it whose parts lie where the specification does not put
    them, and everything else is right.
    """
    if rows is None:
        rows = len(cols[0].values) if cols else 0
    parts = _Parts(cols, metadata, rows, extra.get("alignment") == BIG_PAGE)
    d = parts.directory
    d.header_size, d.descriptor_size = header_size, descriptor_size
    p = places.compute(d)
    if move:
        move(p)
    places.assign(d, p)
    out = bytearray(p.file_size)
    _put_header(out, d, p, extra)
    _put_directory(out, d, p)
    frames.put_envelope(out, d, p)
    for slots, buffers in zip(
        [x.slots for x in d.columns + d.dictionaries], parts.buffers + parts.word_buffers
    ):
        for slot, data in zip(slots, buffers):
            out[slot.offset : slot.offset + slot.length] = data
    at = p.regions["zones"][0]
    data = b"".join(parts.zone_entries)
    out[at : at + len(data)] = data
    sealing.seal(out)
    return bytes(out)
