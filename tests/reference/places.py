"""Where every part and every buffer lies: a function of lengths alone (F-4, F-40 … F-46)."""

from dataclasses import dataclass, field

import envelope
from model import (
    BIG,
    BIG_PAGE,
    BLOCK,
    BYTES,
    CODES,
    ELEMENT_OFFSETS,
    NONE64,
    OFFSETS,
    PAGE,
    VALIDITY,
    VALUES,
    ZONE,
    align,
    encode_metadata,
    encode_names,
)


@dataclass
class Places:
    """Offsets and lengths as F-4 puts them; slots in descriptor order."""

    regions: dict = field(default_factory=dict)
    columns: list = field(default_factory=list)  # [offset x 4]
    dictionaries: list = field(default_factory=list)  # [offset x 4]
    messages: list = field(default_factory=list)  # (offset, length, body)
    checksums: list = field(default_factory=list)  # [first x 4], all
    zones: list = field(default_factory=list)  # first_zone
    body_offset: int = 0
    body_length: int = 0
    file_size: int = 0


def body_alignment(lengths, small, part=False):
    """F-40, F-41: A, by the lengths of the buffers."""
    return BIG_PAGE if part or any(n >= BIG for n in lengths) else small


def _body_start(message_offset, message, a):
    """F-40, F-41: the first multiple of A that leaves room for the message."""
    return align(message_offset + 8 + message, a)


class _Cursor:
    """F-42: each buffer after the one before it, aligned by its length."""

    def __init__(self, start):
        self.end = start

    def place(self, length, mapped=False):
        """mapped: parts of a table are mapped back to back here (F-79)."""
        if not length:
            return 0
        offset = align(self.end, BIG_PAGE if mapped or length >= BIG else 64)
        self.end = offset + length
        return offset


def _directory_regions(p, d, header):
    names = len(encode_names(d.columns)[0])
    metadata = len(encode_metadata(d.metadata)) + sum(
        len(encode_metadata(c.metadata)) for c in d.columns
    )
    at = d.header_size
    length = (len(d.columns) + len(d.dictionaries)) * d.descriptor_size
    for name, length in (
        ("descriptors", length),
        ("name_index", 16 * len(d.columns)),
        ("names", names),
        ("metadata", metadata),
    ):
        at = align(at, 8)
        p.regions[name] = (at, length)
        at += length
    at = align(at, 64)
    end = (
        sum(header.regions["schema"])
        if header
        else align(at + len(envelope.encode_schema(d, at)), PAGE)
    )
    p.regions["schema"] = (at, end - at)
    return end


def _dictionaries(p, d, at, header):
    for number, x in enumerate(d.dictionaries):
        lengths = [s.length for s in x.slots]
        if header:
            start = at + x.message_length
        else:
            flatbuffer = len(envelope.dictionary_flatbuffer(number, x, 0, d.compressed))
            start = _body_start(at, flatbuffer, body_alignment(lengths, 64))
        cursor = _Cursor(start)
        p.dictionaries.append([cursor.place(n) for n in lengths])
        end = align(cursor.end, 64)
        p.messages.append((at, start - at, end - start))
        at = end
    return at


def is_mapped(number, group):
    """F-42: the slots that parts of a table map back to back: validity, values and codes."""
    return number == 0 or (number == 1 and group in (VALUES, CODES))


def _buffers(p, d):
    """F-43: group by group, and within each by column."""
    cursor = _Cursor(p.body_offset)
    p.columns = [[0, 0, 0, 0] for _ in d.columns]
    for group in (VALUES, OFFSETS, ELEMENT_OFFSETS, CODES, VALIDITY, BYTES):
        for place, c in zip(p.columns, d.columns):
            for number, (slot, own) in enumerate(zip(c.slots, c.type.groups)):
                if own == group:
                    place[number] = cursor.place(slot.length, d.part and is_mapped(number, group))
    return cursor.end


def _tables(p, d, end):
    """F-44 … F-46: checksums and zone maps close the body."""
    count = 0
    for x in d.columns + d.dictionaries:
        first = []
        for slot in x.slots:
            first.append(count if slot.length else 0)
            count += -(-slot.length // BLOCK)
        p.checksums.append(first)
    zones = 0
    for c in d.columns:
        p.zones.append(zones if c.type.has_zones else NONE64)
        zones += -(-d.rows // ZONE) if c.type.has_zones else 0
    at = align(end, 64)
    p.regions["checksums"] = (at, 8 * count)
    at = align(at + 8 * count, 64)
    p.regions["zones"] = (at, 64 * zones)
    at = align(at + 64 * zones, 64)
    if d.compressed:  # F-74
        frames = sum(s.frames for x in d.columns + d.dictionaries for s in x.slots)
        p.regions["frames"] = (at, 4 * frames)
        at = align(at + 4 * frames, 64)
    return at


def compute(d, header=None, later=0):
    """The places of a directory whose slots carry their lengths.

    With a header (of a file whose envelope version is not known, F-19) the
    lengths of the envelope's parts are taken from the file. `later` bytes of
    the body are not known (F-65).
    """
    p = Places()
    at = _dictionaries(p, d, _directory_regions(p, d, header), header)
    if header:
        p.body_offset = header.body_offset
    else:
        lengths = [s.length for c in d.columns for s in c.slots]
        flatbuffer = len(envelope.batch_flatbuffer(d, 0, 0))
        p.body_offset = _body_start(at, flatbuffer, body_alignment(lengths, PAGE, d.part))
    p.regions["batch"] = (at, p.body_offset - at)
    end = _tables(p, d, _buffers(p, d)) + later
    p.body_length = end - p.body_offset
    # the footer's length does not depend on the places it names
    length = header.regions["footer"][1] if header else len(envelope.encode_footer(d, 0, 0, 0))
    p.regions["footer"] = (end, length)
    p.file_size = end + length
    return p


def assign(d, p):
    """Writes the places into the directory's slots."""
    for c, offsets, zone in zip(d.columns, p.columns, p.zones):
        c.first_zone = zone
        for slot, offset in zip(c.slots, offsets):
            slot.offset = offset
    for x, offsets, message in zip(d.dictionaries, p.dictionaries, p.messages):
        x.message_offset, x.message_length, x.body_length = message
        for slot, offset in zip(x.slots, offsets):
            slot.offset = offset
    for x, first in zip(d.columns + d.dictionaries, p.checksums):
        for slot, number in zip(x.slots, first):
            slot.first_checksum = number
