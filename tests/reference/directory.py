"""Descriptors, names, metadata and name index (F-21 … F-34)."""

import struct
from dataclasses import replace

import sealing
from fields import DESCRIPTOR_ALL, ELEMENT_AT, PARAMETERS, get
from model import (
    ASCENDING,
    BLOCK,
    BOOL8,
    DECIMAL128,
    DICTIONARY,
    FIXED_BINARY,
    FRAME_MAX,
    LIST,
    LIST_ELEMENTS,
    NEVER_ASCENDING,
    NONE32,
    NONE64,
    NULLABLE,
    ORDERED,
    PRECISION_MAX,
    SORTED,
    STRING,
    TENSOR,
    TENSOR_ELEMENTS,
    TIMESTAMP,
    TYPE_NAMES,
    UNITS_OF,
    ZONE,
    Column,
    Dictionary,
    Directory,
    Slot,
    Type,
    Wrong,
    decode_utf8,
    require,
    slot_lengths,
)

KNOWN_FLAGS = NULLABLE | SORTED | ORDERED | ASCENDING
LIMIT31 = (1 << 31) - 1

# F-25: which of the 32 parameter bytes a type uses
USED = {
    TIMESTAMP: ((0, 1), (4, 24)),
    FIXED_BINARY: ((0, 4),),
    DICTIONARY: ((0, 1),),
    DECIMAL128: ((0, 2),),
    TENSOR: ((0, 32),),
} | {t: ((0, 1),) for t in UNITS_OF if t != TIMESTAMP}


def used_parameters(type_id, element):
    """F-25: the parameter bytes of a type, of a list also those of its element."""
    if type_id != LIST:
        return USED.get(type_id, ())
    own = tuple((a + ELEMENT_AT, b + ELEMENT_AT) for a, b in USED.get(element, ()))
    return ((0, 2),) + own


def possible(stored, logical, encoding):
    """F-71: the sizes to which a buffer of so many plain bytes can be compressed."""
    blocks = -(-logical // BLOCK)
    if not logical:
        return stored == 0
    if encoding == 0:
        return stored == 8 + logical
    return 8 + blocks <= stored <= 8 + blocks * FRAME_MAX


class Descriptor:
    """One descriptor's fields by name, its hash proved (F-22)."""

    def __init__(self, data, h, i):
        self.compressed = h.compressed
        base = h.regions["descriptors"][0] + i * h.descriptor_size
        self.index = i
        self.raw = bytes(data[base : base + h.descriptor_size])
        require(self["hash"] == sealing.xxh3(self.raw[8:], i), "DESCRIPTOR_HASH", f"descriptor {i}")

    def __getitem__(self, name):
        return get(DESCRIPTOR_ALL, self.raw, name)

    def parameter(self, name, shift):
        """A parameter by the name of its type; shift is ELEMENT_AT for a list's element."""
        return get(PARAMETERS, self.raw, name, shift)

    def field(self, condition, what):
        require(condition, "DESCRIPTOR_FIELD", f"descriptor {self.index}: {what}")

    def unsupported(self):
        """F-28: the reason why this version does not support the column, or nothing."""
        if self["type"] not in TYPE_NAMES:
            return f"type {self['type']}"
        if self["flags"] & ~KNOWN_FLAGS:
            return f"flags {self['flags']:#x}"
        if self["child_count"]:
            return f"child_count {self['child_count']}"
        for s in range(4):
            if self[f"slot{s}.encoding"] > self.compressed:  # F-71
                return f"encoding {self[f'slot{s}.encoding']} of slot {s}"
        return ""

    def check_zeros(self):
        for name in (
            "zero10",
            "zero36",
            "zero128",
            "reserved",
            "slot0.zero",
            "slot1.zero",
            "slot2.zero",
            "slot3.zero",
        ):
            value = self[name]
            self.field(
                not (any(value) if isinstance(value, bytes) else value), f"{name} is not zero"
            )
        self.field(not any(self.raw[320:]), "bytes beyond 320 are not zero")

    def check_unused_parameters(self, used):
        left = bytearray(self["parameters"])
        for a, b in used:
            left[a:b] = bytes(b - a)
        self.field(not any(left), "unused parameter bytes are not zero")

    def slots(self, lengths):
        """F-26, F-27; a length of None is free."""
        slots = []
        for s, wanted in enumerate(lengths):
            one = [self[f"slot{s}.{n}"] for n in ("offset", "stored", "logical", "first_checksum")]
            offset, stored, logical, first = one
            at = 136 + 40 * s
            encoding = self[f"slot{s}.encoding"]
            if self.compressed:
                self.field(
                    possible(stored, logical, encoding), f"slot {s}: lengths or encoding (F-71)"
                )
            else:
                self.field(stored == logical, f"slot {s}: stored and logical")
            self.field(
                wanted is None or logical == wanted,
                f"slot {s}: length {logical}, not {wanted} (F-27)",
            )
            self.field(
                stored or not any(self.raw[at : at + 40]),
                f"slot {s}: empty but not all zero (F-26)",
            )
            slots.append(Slot(offset, stored, first, logical, encoding))
        return slots


def _shape(d):
    """F-25: element and dimensions of a tensor."""
    element, count, unit = d["element"], d["dimensions"], d["element_unit"]
    d.field(element in TENSOR_ELEMENTS, "tensor's element type")
    d.field(unit in UNITS_OF.get(element, (0,)), "tensor's element unit")
    d.field(1 <= count <= 7, "number of dimensions")
    shape = d["shape"]
    d.field(all(shape[:count]) and not any(shape[count:]), "dimensions")
    t = Type(TENSOR, unit=unit, element=element, shape=shape[:count])
    d.field(t.elements <= LIMIT31 and t.value_width <= LIMIT31, "tensor too large")
    return t


def _own(d, type_id, shift):
    """The type by the parameters that a column and an element of a list have alike."""
    if type_id in UNITS_OF:
        unit = d.parameter("unit", shift)
        d.field(unit in UNITS_OF[type_id], f"unit {unit}")
        if type_id == TIMESTAMP and not d.parameter("zone_length", shift):
            nothing = not d.parameter("zone_offset", shift) and not d.parameter("zone_hash", shift)
            d.field(nothing, "no zone, but its offset or hash")
        return Type(type_id, unit=unit)
    if type_id == DECIMAL128:
        precision, scale = d.parameter("precision", shift), d.parameter("scale", shift)
        d.field(1 <= precision <= PRECISION_MAX, f"precision {precision}")
        d.field(scale <= precision, f"scale {scale}")
        return Type(type_id, precision=precision, scale=scale)
    return Type(type_id)


def _list(d):
    """F-25: the element of a list, and its parameters."""
    element = d["element"]
    d.field(element in LIST_ELEMENTS, "list's element type")
    t = _own(d, element, ELEMENT_AT)
    return Type(LIST, element=element, unit=t.unit, precision=t.precision, scale=t.scale)


def _type(d, part):
    """The type; a zone is filled in when names are checked."""
    type_id = d["type"]
    d.check_unused_parameters(used_parameters(type_id, d["element"]))  # whatever F-3 allows
    if type_id == FIXED_BINARY:
        d.field(1 <= d["width"] <= LIMIT31, f"width {d['width']}")
        return Type(type_id, width=d["width"])
    if type_id == DICTIONARY:
        d.field(d["code_width"] in (1, 2, 4), f"code width {d['code_width']}")
        d.field(not part or d["code_width"] == 4, "codes of a part (F-79)")
        return Type(type_id, width=d["code_width"])
    if type_id == TENSOR:
        return _shape(d)
    return _list(d) if type_id == LIST else _own(d, type_id, 0)


def zone_shift(t):
    """How much later than a timestamp's a type has the fields of a zone, or None."""
    if t.id == TIMESTAMP:
        return 0
    return ELEMENT_AT if t.id == LIST and t.element == TIMESTAMP else None


def _inside(offset, length, start, end):
    """Returns true if the range lies inside; nothing wraps with numbers of 64 bits."""
    return start <= offset <= end and length <= end - offset


def check_slots(h, x, start, end, what):
    """F-61: slots inside their body, their checksums inside the region."""
    sums = h.regions["checksums"][1] // 8
    for n, s in enumerate(x.slots):
        if s.length:
            good = (
                _inside(s.offset, s.length, start, end)
                and s.offset % 64 == 0
                and _inside(s.first_checksum, -(-s.length // BLOCK), 0, sums)
            )
            require(good, "LAYOUT", f"{what}, slot {n}: outside (F-61)")


def check_column_bounds(h, i, c):
    """F-61, for a column that is supported."""
    check_slots(h, c, h.body_offset, h.regions["checksums"][0], f"column {i}")
    zones = h.regions["zones"][1] // 64
    good = (
        _inside(c.first_zone, -(-h.rows // ZONE), 0, zones)
        if c.type.has_zones
        else c.first_zone == NONE64
    )
    require(good, "LAYOUT", f"column {i}: first_zone (F-61)")


def check_dictionary_bounds(h, k, x):
    """F-61: message and body lie between the schema and the batch message."""
    end = h.regions["batch"][0]
    body = x.message_offset + x.message_length
    require(
        _inside(x.message_offset, x.message_length, sum(h.regions["schema"]), end)
        and _inside(body, x.body_length, body, end),
        "LAYOUT",
        f"dictionary {k} lies outside its part of the file (F-61)",
    )
    check_slots(h, x, body, body + x.body_length, f"dictionary {k}")


def _no_metadata(d):
    return d["metadata_offset"] == 0 and d["metadata_hash"] == 0


def decode_column(data, h, i):
    d = Descriptor(data, h, i)
    problem = d.unsupported()
    if problem:
        return d, Column(b"", None, problem=problem)
    if not h.relaxed:
        d.check_zeros()
    flags, rows, nulls = d["flags"], h.rows, d["null_count"]
    d.field(not flags & (SORTED | ORDERED), "a column is sorted or ordered")
    d.field(not h.alignment or flags & NULLABLE, "a part's column is not nullable (F-79)")
    t = _type(d, h.alignment)
    if t.id == DICTIONARY:
        d.field(d["dictionary"] < h.dictionaries, "dictionary number")
    else:
        d.field(d["dictionary"] == NONE32, "dictionary on another type")
    d.field(d["length"] == rows, f"length {d['length']}, not {rows}")
    d.field(nulls <= rows, f"null_count {nulls}")
    d.field(not nulls or flags & NULLABLE, "nulls, but not nullable")
    d.field(d["metadata_length"] or _no_metadata(d), "no metadata, but its offset or hash")
    ascending = bool(flags & ASCENDING)
    d.field(not ascending or t.id not in NEVER_ASCENDING, "ascending, on a type without an order")
    d.field(not ascending or not nulls, "ascending, with nulls")
    c = Column(b"", t, bool(flags & NULLABLE), nulls, ascending, d["dictionary"])
    c.first_zone = d["first_zone"]
    c.slots = d.slots(slot_lengths(c, rows, h.alignment, (None, None)))
    if t.id == LIST:
        d.field(t.element_count(c.slots[2].plain) is not None, "slot 2: no whole elements (F-27)")
    return d, c


def decode_dictionary_fields(data, h, k):
    """F-22, F-25, F-61: a dictionary's descriptor."""
    d = Descriptor(data, h, h.columns + k)
    problem = d.unsupported()
    if problem:
        return d, Dictionary(0, problem=problem)
    if not h.relaxed:
        d.check_zeros()
    d.field(d["type"] == STRING, "a dictionary of another type than string")
    for name in (
        "name_offset",
        "name_length",
        "name_hash",
        "null_count",
        "metadata_offset",
        "metadata_length",
        "metadata_hash",
    ):
        d.field(d[name] == 0, f"{name} of a dictionary")
    d.field(not d["flags"] & (NULLABLE | ASCENDING), "a dictionary is nullable or ascending")
    d.field(d["dictionary"] == NONE32, "dictionary of a dictionary")
    d.field(d["first_zone"] == NONE64, "zones of a dictionary")
    x = Dictionary(d["length"], bool(d["flags"] & SORTED), bool(d["flags"] & ORDERED))
    x.slots = d.slots((0, 8 * (x.length + 1), None, 0))
    x.message_offset, x.message_length = d["message_offset"], d["message_length"]
    x.body_length = d["body_length"]
    check_dictionary_bounds(h, k, x)
    return d, x


def decode_dictionary(data, h, k):
    """A dictionary's descriptor, and its message's hash."""
    d, x = decode_dictionary_fields(data, h, k)
    if x.problem:
        return d, x
    end = x.message_offset + x.message_length
    require(
        d["message_hash"] == sealing.xxh3(data[x.message_offset : end]),
        "REGION_HASH",
        f"message of dictionary {k}",
    )
    return d, x


def _check_use(d, descriptors):
    """F-29, once all descriptors are known."""
    used = 0
    for c, one in zip(d.columns, descriptors):
        if c.type.id == DICTIONARY:
            one.field(c.dictionary <= used, "dictionaries are not numbered by first use")
            used = max(used, c.dictionary + 1)
    require(
        used == len(d.dictionaries), "DESCRIPTOR_FIELD", "a dictionary that no column uses (F-29)"
    )


def decode(data, h, tolerant=False):
    """All descriptors; a tolerant reader keeps unsupported columns as such."""
    d = Directory(
        h.rows,
        [],
        [],
        header_size=h.header_size,
        descriptor_size=h.descriptor_size,
        compressed=h.compressed,
        part=bool(h.alignment),
    )
    descriptors = []
    for i in range(h.columns + h.dictionaries):
        if i < h.columns:
            one, x = decode_column(data, h, i)
            d.columns.append(x)
        else:
            one, x = decode_dictionary(data, h, i - h.columns)
            d.dictionaries.append(x)
        require(tolerant or not x.problem, "COLUMN_UNSUPPORTED", f"descriptor {i}: {x.problem}")
        descriptors.append(one)
    if not tolerant:  # an unsupported column may be a dictionary's first user
        _check_use(d, descriptors)
    return d, descriptors


def text_at(names, at, length, limit, wanted_hash, what):
    """One name or zone with its NUL, which must stand at `at`."""
    require(length <= limit, "NAME", f"{what}: {length} bytes")
    require(at + length + 1 <= len(names), "NAME", f"{what} lies outside the names")
    text = names[at : at + length]
    require(sealing.xxh3(text) == wanted_hash, "NAME", f"{what}: its hash")
    require(names[at + length] == 0, "NAME", f"{what}: no NUL after it")
    require(0 not in text, "NAME", f"{what}: a NUL in it")
    require(decode_utf8(text) is not None, "NAME", f"{what}: not UTF-8")
    return text


def read_names(data, h, d, descriptors):
    """F-30, F-31, and the zones of F-25."""
    names = sealing.region_bytes(data, "names")
    at = 0
    skipped = False
    for c, one in zip(d.columns, descriptors):
        i, offset = one.index, one["name_offset"]
        require(skipped or offset == at, "NAME", f"name {i} is not at {at}")
        c.name = text_at(names, offset, one["name_length"], 65535, one["name_hash"], f"name {i}")
        at = offset + len(c.name) + 1
        # an unsupported type may keep more in the names than we know
        skipped = bool(c.problem)
        shift = None if c.problem else zone_shift(c.type)
        if shift is not None and one.parameter("zone_length", shift):
            offset, length, hashed = (
                one.parameter("zone_" + n, shift) for n in ("offset", "length", "hash")
            )
            require(offset == at, "NAME", f"zone {i} is not at {at}")
            zone = text_at(names, at, length, 255, hashed, f"zone {i}")
            c.type = replace(c.type, zone=zone)
            at += len(zone) + 1
    require(skipped or at == len(names), "NAME", "bytes after the last name (F-30)")


def parse_block(block, what):
    """F-33: the pairs of one metadata block."""

    def fail(why):
        raise Wrong("METADATA", f"{what}: {why}")

    if len(block) < 4:
        fail("no room for a count")
    count, at, pairs = struct.unpack_from("<I", block)[0], 4, []
    if not count:
        fail("a block of no pairs")
    for _ in range(count):
        if len(block) - at < 8:
            fail("pairs run over the end")
        key, value = struct.unpack_from("<II", block, at)
        at += 8
        if key + value > len(block) - at:
            fail("a pair runs over the end")
        pair = block[at : at + key], block[at + key : at + key + value]
        if None in map(decode_utf8, pair):
            fail("not UTF-8")
        pairs.append(pair)
        at += key + value
    if at != len(block):
        fail("bytes after the last pair")
    return pairs


def read_metadata(data, h, d, descriptors):
    """F-33, F-34: the table's block, then the columns', without gaps."""
    part = sealing.region_bytes(data, "metadata")
    blocks = [("table", d, h.table_metadata_offset, h.table_metadata_length, h.table_metadata_hash)]
    for c, one in zip(d.columns, descriptors):
        blocks.append(
            (
                f"column {one.index}",
                c,
                one["metadata_offset"],
                one["metadata_length"],
                one["metadata_hash"],
            )
        )
    at = 0
    for what, owner, offset, length, wanted in blocks:
        if not length:
            continue
        require(
            offset == at and length <= len(part) - at,
            "METADATA",
            f"{what}: its block is not at {at}",
        )
        block = part[at : at + length]
        require(sealing.xxh3(block) == wanted, "METADATA", f"{what}: its hash")
        owner.metadata = parse_block(block, what)
        at += length
        if owner is not d and owner.type and owner.type.id in (BOOL8, TENSOR):
            require(
                not any(
                    k in (b"ARROW:extension:name", b"ARROW:extension:metadata")
                    for k, _ in owner.metadata
                ),
                "METADATA",
                f"{what}: an extension key on an extension type (F-34)",
            )
    require(at == len(part), "METADATA", "bytes after the last block")


def check_name_index(data, h, d):
    """F-32: strictness proves that names are unique."""
    part = sealing.region_bytes(data, "name_index")
    before = None
    for i in range(len(d.columns)):
        wanted, column, zero = struct.unpack_from("<QII", part, 16 * i)
        require(column < len(d.columns), "NAME_INDEX", f"entry {i}: column {column}")
        require(zero == 0 or h.relaxed, "NAME_INDEX", f"entry {i}: not zero")
        name = d.columns[column].name
        require(
            sealing.xxh3(name) == wanted,
            "NAME_INDEX",
            f"entry {i}: not the hash of its column's name",
        )
        require(
            before is None or before < (wanted, name),
            "NAME_INDEX",
            f"entry {i}: not above the one before",
        )
        before = wanted, name
