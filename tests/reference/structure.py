"""The levels structure and checksums of F-62."""

import struct

import directory
import frames
import places
import sealing
from header import ENVELOPE_VERSIONS, open_header
from model import PAGE, require


def check_region_hashes(data, h):
    for name in h.regions:
        require(
            h.fields[name + ".hash"] == sealing.xxh3(sealing.region_bytes(data, name)),
            "REGION_HASH",
            name,
        )


def check_bounds(h, d):
    """F-61, for the columns that are supported; dictionaries have been."""
    for i, c in enumerate(d.columns):
        if not c.problem:
            directory.check_column_bounds(h, i, c)


def _check_starts(h, d):
    """The A of F-40 and F-41, where the envelope's length is not known."""
    a = places.body_alignment([s.length for c in d.columns for s in c.slots], PAGE, d.part)
    require(h.body_offset % a == 0, "LAYOUT", "body_offset (F-41)")
    for k, x in enumerate(d.dictionaries):
        a = places.body_alignment([s.length for s in x.slots], 64)
        start = x.message_offset + x.message_length
        require(start % a == 0, "LAYOUT", f"body of dictionary {k} (F-40)")


def check_places(h, d):
    """F-4, F-40 … F-46: everything is where the lengths alone put it."""
    check_bounds(h, d)
    known = h.envelope_version in ENVELOPE_VERSIONS
    if not known:
        _check_starts(h, d)
    p = places.compute(d, None if known else h, h.later)
    for k, (x, message) in enumerate(zip(d.dictionaries, p.messages)):
        require(
            (x.message_offset, x.message_length, x.body_length) == message,
            "LAYOUT",
            f"dictionary {k} (F-40)",
        )
    require(h.body_offset == p.body_offset, "LAYOUT", "body_offset (F-41)")
    for what, objects, offsets in (
        ("column", d.columns, p.columns),
        ("dictionary", d.dictionaries, p.dictionaries),
    ):
        for i, (x, wanted) in enumerate(zip(objects, offsets)):
            for s, offset in enumerate(wanted):
                require(
                    x.slots[s].offset == offset, "LAYOUT", f"{what} {i}, slot {s}: not at {offset}"
                )
    for i, (x, first) in enumerate(zip(d.columns + d.dictionaries, p.checksums)):
        for s, number in enumerate(first):
            require(
                x.slots[s].first_checksum == number,
                "LAYOUT",
                f"descriptor {i}, slot {s}: first_checksum (F-45)",
            )
    for i, (c, zone) in enumerate(zip(d.columns, p.zones)):
        require(c.first_zone == zone, "LAYOUT", f"column {i}: first_zone (F-46)")
    for name in h.regions:
        require(h.regions[name] == p.regions[name], "LAYOUT", name)
    require(h.body_length == p.body_length, "LAYOUT", "body_length (F-44)")
    return p


def check_ids(data, h):
    wanted = sealing.file_id(data)
    require(h.file_id == wanted, "FILE_ID", "file_id (F-15)")
    require(h.compressed or h.content_id == wanted, "FILE_ID", "content_id (F-16)")


def check_structure(data):
    """The level structure; answers header and directory."""
    h = open_header(data)
    check_region_hashes(data, h)
    d, descriptors = directory.decode(data, h)
    directory.read_names(data, h, d, descriptors)
    directory.read_metadata(data, h, d, descriptors)
    directory.check_name_index(data, h, d)
    check_places(h, d)
    if h.compressed:
        frames.check_lengths(data, d)
    check_ids(data, h)
    return h, d


def check_later_region(h):
    """F-65: the last step of every level."""
    require(not h.later, "FEATURE", f"{h.later} bytes of a later version in the body")


def used_ranges(h, d):
    """Every part and buffer as (start, end), in the order of the file."""
    ranges = [(0, h.header_size)]
    ranges += [(o, o + n) for o, n in h.regions.values()]
    ranges.append((h.known_end, h.known_end + h.later))
    for x in d.dictionaries:
        ranges.append((x.message_offset, x.message_offset + x.message_length))
    for x in d.columns + d.dictionaries:
        ranges += [(s.offset, s.offset + s.length) for s in x.slots if s.length]
    return sorted(ranges)


def check_gaps(data, h, d):
    """F-4, F-5: bytes in no part and no buffer are zero."""
    end = 0
    for a, b in used_ranges(h, d) + [(h.file_size, h.file_size)]:
        require(not any(data[end:a]), "GAP", f"between {end} and {a}")
        end = max(end, b)


def check_blocks(data, d):
    """F-45."""
    sums = sealing.region_bytes(data, "checksums")
    sums = struct.unpack(f"<{len(sums) // 8}Q", sums)
    for i, x in enumerate(d.columns + d.dictionaries):
        for s, slot in enumerate(x.slots):
            buffer = data[slot.offset : slot.offset + slot.length]
            for b, value in enumerate(sealing.block_hashes(buffer)):
                require(
                    value == sums[slot.first_checksum + b],
                    "BLOCK_HASH",
                    f"descriptor {i}, slot {s}, block {b}",
                )
