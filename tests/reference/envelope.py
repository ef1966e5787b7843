"""The Arrow envelope, version 1 (F-50 … F-59): its flatbuffers from the directory."""

import struct

from model import (
    ARROW_MAGIC,
    BINARY,
    BOOL8,
    DATE32,
    DATE64,
    DECIMAL128,
    DICTIONARY,
    DURATION,
    FIXED_BINARY,
    FLOATS,
    INT8,
    INT64,
    LIST,
    STRING,
    TENSOR,
    TIME32,
    TIME64,
    TIMESTAMP,
    UINT8,
    UINT64,
    WIDTHS,
)

CONTINUATION = b"\xff\xff\xff\xff"

# F-53
VTABLES = (
    (12, 24, 16, 18, 4, 8),
    (8, 16, 12, 4),
    (10, 16, 12, 4, 8),
    (16, 32, 4, 24, 25, 8, 0, 12),
    (16, 32, 4, 24, 25, 8, 20, 12),
    (18, 32, 4, 24, 25, 8, 0, 12, 16),
    (18, 32, 4, 24, 25, 8, 20, 12, 16),
    (8, 16, 4, 8),
    (6, 8, 4),
    (8, 16, 8, 4),
    (4, 8),
    (10, 24, 8, 4, 16),
    (12, 24, 16, 4, 8, 12),
    (12, 24, 8, 4, 16, 20),
    (8, 8, 4, 5),
)
VTABLE_AT = []
VTABLE_BLOCK = b""
for _v in VTABLES:
    VTABLE_AT.append(len(VTABLE_BLOCK))
    VTABLE_BLOCK += struct.pack(f"<{len(_v)}H", *_v)
VTABLE_BLOCK += bytes(-len(VTABLE_BLOCK) % 8)

SCHEMA, DICTIONARY_BATCH, RECORD_BATCH = 1, 2, 3  # Message's header type


class Flatbuffer:
    """Emits objects in the order they are asked for (F-51, F-54)."""

    def __init__(self, first=8):
        self.first = first  # where the first object lies
        self.out = bytearray()
        self.tables = []

    def _end(self):
        return self.first + len(self.out)

    def _add(self, data):
        position = self._end()
        self.out += data + bytes(-len(data) % 8)
        return position

    def put(self, position, form, value):
        struct.pack_into("<" + form, self.out, position - self.first, value)

    def point(self, position):
        """The next object is what the offset field here points at."""
        self.put(position, "I", self._end() - position)

    def table(self, size, vtable):
        position = self._add(bytes(size))
        self.tables.append((position, vtable))
        return position

    def string(self, data):
        return self._add(struct.pack("<I", len(data)) + data + b"\0")

    def offsets(self, count):
        """An empty vector of offsets; gives the place of element 0."""
        return self._add(struct.pack("<I", count) + bytes(4 * count)) + 4

    def structs(self, form, rows):
        # F-52: an offset to a vector of structs points at the count, which
        # stands 4 bytes after the object's start
        body = b"".join(struct.pack("<" + form, *r) for r in rows)
        self._add(struct.pack("<II", 0, len(rows)) + body)

    def point_structs(self, position, form, rows):
        self.put(position, "I", self._end() + 4 - position)
        self.structs(form, rows)

    def finish(self):
        """Objects and vtable block, without what comes before the first."""
        block = self._end()
        for position, vtable in self.tables:
            self.put(position, "i", position - (block + VTABLE_AT[vtable]))
        return bytes(self.out) + VTABLE_BLOCK


def _two_numbers(f, first):
    """A table of two fields, at 4 and at 8; the caller writes the second."""
    t = f.table(16, 7)
    f.put(t + 4, "i", first)
    return t


def _int(f, bits, signed):
    f.put(_two_numbers(f, bits) + 8, "B", signed)


def _unit(f, value):
    t = f.table(8, 8)
    f.put(t + 4, "h", value)


def _unit_and(f, unit):
    t = f.table(16, 9)
    f.put(t + 8, "h", unit)
    return t


def _width(f, value):
    t = f.table(8, 8)
    f.put(t + 4, "i", value)


def _type(f, t):
    """Emits the type's table; answers its number in Arrow's Type union."""
    if t.id == BOOL8:
        _int(f, 8, 1)
        return 2
    if INT8 <= t.id <= INT64 or UINT8 <= t.id <= UINT64:
        _int(f, 8 * WIDTHS[t.id], t.id <= INT64)
        return 2
    if t.id in FLOATS:
        _unit(f, FLOATS.index(t.id))
        return 3
    if t.id == DECIMAL128:
        f.put(_two_numbers(f, t.precision) + 8, "i", t.scale)
        return 7
    if t.id in (DATE32, DATE64):
        _unit(f, 0 if t.id == DATE32 else 1)
        return 8
    if t.id == DURATION:
        _unit(f, t.unit)
        return 18
    if t.id in (TIME32, TIME64):
        f.put(_unit_and(f, t.unit) + 4, "i", 8 * WIDTHS[t.id])
        return 9
    if t.id == TIMESTAMP:
        if t.zone:
            f.point(_unit_and(f, t.unit) + 4)
            f.string(t.zone)
        else:
            _unit(f, t.unit)
        return 10
    if t.id in (STRING, DICTIONARY, BINARY):
        f.table(8, 10)
        return 19 if t.id == BINARY else 20
    if t.id == LIST:
        f.table(8, 10)
        return 21
    if t.id == FIXED_BINARY:
        _width(f, t.width)
        return 15
    _width(f, t.elements)
    return 16


def _extension(t):
    """F-55: the pairs of an extension type."""
    if t.id == BOOL8:
        own = (b"arrow.bool8", b"")
    elif t.id == TENSOR:
        shape = ",".join(map(str, t.shape))
        own = (b"arrow.fixed_shape_tensor", b'{"shape":[%s]}' % shape.encode())
    else:
        return []
    return [(b"ARROW:extension:name", own[0]), (b"ARROW:extension:metadata", own[1])]


def field_metadata(column):
    """F-55: the custom metadata of a column's Field."""
    return _extension(column.type) + list(column.metadata)


def _pairs(f, position, pairs):
    """A custom_metadata vector, pointed at from position."""
    f.point(position)
    element = f.offsets(len(pairs))
    for key, value in pairs:
        f.point(element)
        element += 4
        t = f.table(16, 7)
        f.point(t + 4)
        f.string(key)
        f.point(t + 8)
        f.string(value)


def _dictionary_encoding(f, position, column, ordered):
    f.point(position)
    t = f.table(24, 11)
    f.put(t + 8, "q", column.dictionary)
    f.put(t + 16, "B", ordered)
    f.point(t + 4)
    _int(f, 8 * column.type.width, 1)


def _field(f, name, type_, nullable, pairs, column=None, ordered=False):
    coded = type_.id == DICTIONARY
    t = f.table(32, 3 + coded + 2 * bool(pairs))
    f.put(t + 24, "B", nullable)
    f.point(t + 4)
    f.string(name)
    f.point(t + 8)
    f.put(t + 25, "B", _type(f, type_))
    if coded:
        _dictionary_encoding(f, t + 20, column, ordered)
    f.point(t + 12)
    if type_.id in (TENSOR, LIST):
        f.point(f.offsets(1))
        # F-55: the child is nullable and has the pairs of an extension type only
        _field(f, b"item", type_.element_type, True, _extension(type_.element_type))
    else:
        f.offsets(0)
    if pairs:
        _pairs(f, t + 16, pairs)


def _schema(f, directory):
    t = f.table(16, 2 if directory.metadata else 1)
    f.point(t + 4)
    element = f.offsets(len(directory.columns))
    for c in directory.columns:
        f.point(element)
        element += 4
        ordered = c.type.id == DICTIONARY and directory.dictionaries[c.dictionary].ordered
        _field(f, c.name, c.type, c.nullable, field_metadata(c), c, ordered)
    if directory.metadata:
        _pairs(f, t + 8, directory.metadata)


def _message(f, header_type, body_length):
    t = f.table(24, 0)
    f.put(t + 8, "q", body_length)
    f.put(t + 16, "h", 4)
    f.put(t + 18, "B", header_type)
    f.point(t + 4)


def _record_batch(f, length, nodes, buffers, compressed):
    t = f.table(24, 13 if compressed else 11)
    f.put(t + 8, "q", length)
    f.point_structs(t + 4, "qq", nodes)
    f.point_structs(t + 16, "qq", buffers)
    if compressed:  # F-73
        f.point(t + 20)
        b = f.table(8, 14)
        f.put(b + 4, "b", 1)


def _buffer(slot, body):
    return (slot.offset - body, slot.length) if slot.length else (0, 0)


def encode_schema(directory, schema_offset):
    """The schema part, without its padding to a page."""
    f = Flatbuffer(schema_offset - 16)
    _message(f, SCHEMA, 0)
    _schema(f, directory)
    return f.finish()


def framed(flatbuffer, length):
    """F-57: continuation, length, flatbuffer, zeros up to the body."""
    message = CONTINUATION + struct.pack("<i", length - 8) + flatbuffer
    return message + bytes(length - len(message))


ROOT = struct.pack("<II", 8, 0)


def dictionary_flatbuffer(number, dictionary, body, compressed):
    f = Flatbuffer()
    _message(f, DICTIONARY_BATCH, dictionary.body_length)
    t = f.table(24, 11)
    f.put(t + 8, "q", number)
    f.point(t + 4)
    buffers = [(0, 0)] + [_buffer(s, body) for s in dictionary.slots[1:3]]
    _record_batch(f, dictionary.length, [(dictionary.length, 0)], buffers, compressed)
    return ROOT + f.finish()


def encode_dictionary(number, dictionary, compressed=False):
    body = dictionary.message_offset + dictionary.message_length
    return framed(
        dictionary_flatbuffer(number, dictionary, body, compressed), dictionary.message_length
    )


def batch_flatbuffer(directory, body, body_length):
    nodes, buffers = [], []
    for c in directory.columns:
        nodes.append((directory.rows, c.null_count))
        buffers.append(_buffer(c.slots[0], body))
        if c.type.id == TENSOR:
            nodes.append((directory.rows * c.type.elements, 0))
            buffers.append((0, 0))
        buffers.append(_buffer(c.slots[1], body))
        if c.type.id == LIST:
            elements = c.slots[2].plain if directory.compressed else c.slots[2].length
            nodes.append((c.type.element_count(elements), 0))
            buffers.append((0, 0))
        buffers += [
            _buffer(slot, body) for slot, group in zip(c.slots[2:], c.type.groups[2:]) if group
        ]
    f = Flatbuffer()
    _message(f, RECORD_BATCH, body_length)
    _record_batch(f, directory.rows, nodes, buffers, directory.compressed)
    return ROOT + f.finish()


def encode_batch(directory, length, body, body_length):
    return framed(batch_flatbuffer(directory, body, body_length), length)


def encode_footer(directory, batch_offset, batch_length, body_length):
    """F-58."""
    f = Flatbuffer()
    t = f.table(24, 12)
    f.put(t + 16, "h", 4)
    f.point(t + 4)
    _schema(f, directory)
    f.point_structs(
        t + 8,
        "qiIq",
        [(d.message_offset, d.message_length, 0, d.body_length) for d in directory.dictionaries],
    )
    f.point_structs(t + 12, "qiIq", [(batch_offset, batch_length, 0, body_length)])
    flatbuffer = ROOT + f.finish()
    return (
        CONTINUATION + bytes(4) + flatbuffer + struct.pack("<i", len(flatbuffer)) + ARROW_MAGIC[:6]
    )
