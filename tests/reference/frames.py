"""Compressed files (section 14): frames, and the plain form that they are made into."""

import copy
import struct

import zstandard

import envelope
import places
import sealing
import zstd_frame
from fields import DESCRIPTOR_ALL, HEADER, get, put
from header import ENVELOPE_VERSIONS
from model import BLOCK, FRAME_MAX, require

# F-75: what is another in a descriptor
MOVED = (
    ("offset", "offset"),
    ("stored", "length"),
    ("logical", "plain"),
    ("first_checksum", "first_checksum"),
    ("encoding", "encoding"),
)


def objects(d):
    return d.columns + d.dictionaries


def lengths(data):
    """F-74: the frames region."""
    part = sealing.region_bytes(data, "frames")
    return struct.unpack(f"<{len(part) // 4}I", part)


def check_lengths(data, d):
    """F-74: the lengths of a slot's frames are its stored bytes."""
    every, at = lengths(data), 0
    for i, x in enumerate(objects(d)):
        for s, slot in enumerate(x.slots):
            blocks = slot.frames
            own, at = every[at : at + blocks], at + blocks
            require(
                all(1 <= n <= FRAME_MAX for n in own),
                "LAYOUT",
                f"descriptor {i}, slot {s}: length of a frame",
            )
            require(
                not blocks or 8 + sum(own) == slot.length,
                "LAYOUT",
                f"descriptor {i}, slot {s}: frames and stored bytes",
            )


def _block(frame, length, what):
    """F-72, F-76: the one block of one frame."""
    zstd_frame.check(frame, length, what)
    try:
        block = zstandard.ZstdDecompressor().decompress(frame)
    except zstandard.ZstdError as e:
        block = str(e)
    require(len(block) == length, "FRAME", f"{what}: not a frame of {length} bytes")
    return block


def buffers(data, d):
    """The plain bytes of every slot, in the order of F-45."""
    every, number, out = lengths(data), 0, []
    for i, x in enumerate(objects(d)):
        for s, slot in enumerate(x.slots):
            what, blocks = f"descriptor {i}, slot {s}", []
            at = slot.offset + 8
            if slot.plain:
                prefix = struct.unpack_from("<q", data, slot.offset)[0]
                wanted = slot.plain if slot.encoding else -1
                require(prefix == wanted, "FRAME", f"{what}: its prefix")
            if not slot.encoding:
                out.append(bytes(data[at : at + slot.plain]))
                continue
            for start in range(0, slot.plain, BLOCK):
                frame = bytes(data[at : at + every[number]])
                blocks.append(
                    _block(frame, min(BLOCK, slot.plain - start), f"{what}, block {start // BLOCK}")
                )
                at += every[number]
                number += 1
            out.append(b"".join(blocks))
    return out


def put_places(out, d, p):
    """Slots, messages, regions and body as they are laid out."""
    for i, x in enumerate(objects(d)):
        base = sealing.descriptor_base(out, i)
        for s, slot in enumerate(x.slots):
            if not slot.length:
                continue
            for name, attribute in MOVED:
                put(DESCRIPTOR_ALL, out, f"slot{s}.{name}", getattr(slot, attribute), base)
    for i, x in enumerate(d.dictionaries, len(d.columns)):
        base = sealing.descriptor_base(out, i)
        for name in ("message_offset", "message_length", "body_length"):
            put(DESCRIPTOR_ALL, out, name, getattr(x, name), base)
    for name, (offset, length) in p.regions.items():
        put(HEADER, out, name + ".offset", offset)
        put(HEADER, out, name + ".length", length)
    for name in ("body_offset", "body_length", "file_size"):
        put(HEADER, out, name, getattr(p, name))


def put_envelope(out, d, p):
    at = p.regions["schema"][0]
    data = envelope.encode_schema(d, at)
    out[at : at + len(data)] = data
    for k, x in enumerate(d.dictionaries):
        at = x.message_offset
        out[at : at + x.message_length] = envelope.encode_dictionary(k, x, d.compressed)
    at, length = p.regions["batch"]
    out[at : at + length] = envelope.encode_batch(d, length, p.body_offset, p.body_length)
    footer = envelope.encode_footer(d, at, length, p.body_length)
    at = p.regions["footer"][0]
    out[at : at + len(footer)] = footer


def other_form(data, d, stored, incompat):
    """F-75: the same table with these stored bytes of its slots; not sealed."""
    end = sum(sealing.region(data, "metadata"))
    for slot, buffer in zip((s for x in objects(d) for s in x.slots), stored):
        slot.length = len(buffer)
    p = places.compute(d)
    places.assign(d, p)
    out = bytearray(data[:end]) + bytes(p.file_size - end)
    put(HEADER, out, "reserved", bytes(24))  # F-70: the entry of frames, if there is none
    put(HEADER, out, "incompat", incompat)
    put_places(out, d, p)
    put_envelope(out, d, p)
    for slot, buffer in zip((s for x in objects(d) for s in x.slots), stored):
        out[slot.offset : slot.offset + slot.length] = buffer
    zones = sealing.region_bytes(data, "zones")
    at = p.regions["zones"][0]
    out[at : at + len(zones)] = zones
    return out, p


def unproved(data, h, d):
    """The plain form of a compressed file, whose id may be another."""
    plain = copy.deepcopy(d)
    plain.compressed = False
    for slot in (s for x in objects(plain) for s in x.slots):
        slot.encoding = 0
    out, _ = other_form(data, plain, buffers(data, d), h.incompat & ~1)
    sealing.seal(out)
    return out


def decompress(data, h, d):
    """The plain form of a compressed file, proved by content_id."""
    out = unproved(data, h, d)
    require(get(HEADER, out, "file_id") == h.content_id, "FILE_ID", "content_id (F-16)")
    return bytes(out)


def plain_form(data, h, d):
    """The plain form, read by the checks of structure: data, header, directory."""
    import structure

    require(
        h.envelope_version in ENVELOPE_VERSIONS,
        "ENVELOPE_VERSION",
        f"envelope version {h.envelope_version} (F-19)",
    )
    structure.check_later_region(h)
    out = decompress(data, h, d)
    return (out,) + structure.check_structure(out)


def compress(data, level=3, cut=None, uncompressed=()):
    """The compressed form of a plain file. `cut` may make other frames of a block.

    The slots `uncompressed`, (descriptor, slot), are stored as they are (F-71).
    """
    import structure

    h, d = structure.check_structure(data)
    cut = (
        cut
        or zstandard.ZstdCompressor(
            level=level, write_content_size=True, write_checksum=False
        ).compress
    )
    packed = copy.deepcopy(d)
    packed.compressed = True
    stored, sizes = [], []
    slots = [
        ((i, s), slot) for i, x in enumerate(objects(packed)) for s, slot in enumerate(x.slots)
    ]
    for place, slot in slots:
        plain = bytes(data[slot.offset : slot.offset + slot.length])
        slot.encoding = int(len(plain) > 0 and place not in uncompressed)
        if not slot.encoding:
            stored.append(struct.pack("<q", -1) + plain if plain else b"")
            continue
        parts = [cut(plain[i : i + BLOCK]) for i in range(0, len(plain), BLOCK)]
        sizes += map(len, parts)
        stored.append(b"".join([struct.pack("<q", len(plain))] + parts))
    out, p = other_form(data, packed, stored, h.incompat | 1)
    struct.pack_into(f"<{len(sizes)}I", out, p.regions["frames"][0], *sizes)
    put(HEADER, out, "content_id", h.content_id)
    sealing.seal(out)
    return bytes(out)
