"""Hashes of a file from the bottom up: blocks, messages, descriptors, regions, ids, header.

The writer seals what it wrote with this; the corpus maker seals a file again
after it damaged it on purpose, so that the deeper check has something to find.
"""

import struct

import xxhash

from fields import DESCRIPTOR_ALL, HEADER, get, put
from model import BLOCK, COMPRESSED, regions_of


def xxh3(data, seed=0):
    return xxhash.xxh3_64_intdigest(bytes(data), seed)


def xxh128(data):
    """F-2: low 64 bits, then high 64 bits."""
    value = xxhash.xxh3_128_intdigest(bytes(data))
    return struct.pack("<QQ", value & 0xFFFFFFFFFFFFFFFF, value >> 64)


def region(data, name):
    offset = get(HEADER, data, name + ".offset")
    return offset, get(HEADER, data, name + ".length")


def region_bytes(data, name):
    offset, length = region(data, name)
    return bytes(data[offset : offset + length])


def block_hashes(data):
    """F-45: the hashes of one buffer."""
    return [xxh3(data[i : i + BLOCK]) for i in range(0, len(data), BLOCK)]


def header_hash(data, header_size):
    """F-10: the 8 bytes of the hash itself are taken as 0."""
    return xxh3(bytes(data[:48]) + bytes(8) + bytes(data[56:header_size]))


def file_id(data):
    """F-15."""
    size = get(HEADER, data, "header_size")
    header = bytearray(data[:size])
    header[48:56] = bytes(8)
    header[128:160] = bytes(32)
    end = sum(region(data, "metadata"))
    return xxh128(bytes(header) + bytes(data[size:end]) + region_bytes(data, "checksums"))


def descriptor_base(data, i):
    return get(HEADER, data, "descriptors.offset") + i * get(HEADER, data, "descriptor_size")


def _count(data):
    return get(HEADER, data, "columns") + get(HEADER, data, "dictionaries")


def _seal_blocks(data):
    at, length = region(data, "checksums")
    hashes = []
    for i in range(_count(data)):
        base = descriptor_base(data, i)
        for s in range(4):
            offset = get(DESCRIPTOR_ALL, data, f"slot{s}.offset", base)
            stored = get(DESCRIPTOR_ALL, data, f"slot{s}.stored", base)
            hashes += block_hashes(data[offset : offset + stored])
    packed = struct.pack(f"<{len(hashes)}Q", *hashes)
    assert len(packed) == length, "blocks do not fill the checksums region"
    data[at : at + length] = packed


def _seal_messages(data):
    for i in range(get(HEADER, data, "columns"), _count(data)):
        base = descriptor_base(data, i)
        at = get(DESCRIPTOR_ALL, data, "message_offset", base)
        length = get(DESCRIPTOR_ALL, data, "message_length", base)
        put(DESCRIPTOR_ALL, data, "message_hash", xxh3(data[at : at + length]), base)


def _seal_descriptors(data):
    size = get(HEADER, data, "descriptor_size")
    for i in range(_count(data)):
        base = descriptor_base(data, i)
        put(DESCRIPTOR_ALL, data, "hash", xxh3(data[base + 8 : base + size], i), base)


def _seal_regions(data):
    for name in regions_of(get(HEADER, data, "incompat") & COMPRESSED):
        put(HEADER, data, name + ".hash", xxh3(region_bytes(data, name)))


def _seal_ids(data):
    value = file_id(data)
    put(HEADER, data, "file_id", value)
    if not get(HEADER, data, "incompat") & COMPRESSED:  # F-16
        put(HEADER, data, "content_id", value)


STEPS = {
    "blocks": _seal_blocks,
    "messages": _seal_messages,
    "descriptors": _seal_descriptors,
    "regions": _seal_regions,
    "ids": _seal_ids,
}


def seal(data, leave=()):
    """Computes all hashes again, but for the steps named in leave."""
    for name, step in STEPS.items():
        if name not in leave:
            step(data)
    if "header" not in leave:
        size = get(HEADER, data, "header_size")
        put(HEADER, data, "header_hash", header_hash(data, size))
