"""Opening a file: the header and nothing else (F-10 … F-20, F-60)."""

from dataclasses import dataclass

import sealing
from fields import HEADER, get
from model import (
    ARROW_MAGIC,
    BIG_PAGE,
    BYTE_ORDER,
    COMPRESSED,
    NONE32,
    PAGE,
    SHMCOL_MAGIC,
    SWAPPED_ORDER,
    ZONE,
    align,
    regions_of,
    require,
)

ENVELOPE_VERSIONS = (1,)


@dataclass
class Header:
    """A header that passed F-60; fields by name, regions as (offset, length)."""

    fields: dict
    regions: dict
    relaxed: bool  # F-3: an unknown feature bit is set, zeros may not be zero

    @property
    def compressed(self):
        return bool(self.fields["incompat"] & COMPRESSED)  # F-70

    @property
    def known_end(self):
        """Where the body ends as far as this version knows its regions (F-44, F-74)."""
        return align(sum(self.regions["frames" if self.compressed else "zones"]), 64)

    @property
    def later(self):
        """The bytes of regions of a later version (F-65)."""
        return self.body_offset + self.body_length - self.known_end

    def __getattr__(self, name):
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(name) from None


def _first_bytes(data):
    """F-60 (1) … (5)."""
    for at, magic in ((0, ARROW_MAGIC), (32, SHMCOL_MAGIC)):
        there = bytes(data[at : at + 8])
        require(magic.startswith(there), "NOT_SHMCOL", f"no magic at offset {at}")
    require(len(data) >= 512, "TRUNCATED", f"{len(data)} bytes, a header has 512")
    require(bytes(data[100:104]) != SWAPPED_ORDER, "BIG_ENDIAN", "written big-endian")
    size = get(HEADER, data, "header_size")
    require(size % 8 == 0 and 512 <= size <= 65536, "HEADER_FIELD", f"header_size {size} (F-11)")
    require(len(data) >= size, "TRUNCATED", f"{len(data)} bytes, the header has {size}")
    require(
        get(HEADER, data, "header_hash") == sealing.header_hash(data, size),
        "HEADER_HASH",
        "header does not have its hash",
    )


def _versions(h, length):
    """F-60 (6) … (8)."""
    require(h.version_major == 1, "VERSION", f"version {h.version_major}, this reader knows 1")
    bits = [i for i in range(1, 64) if h.incompat >> i & 1]
    require(not bits, "FEATURE", f"incompat bit {bits[0] if bits else ''}")
    require(length >= h.file_size, "TRUNCATED", f"{length} bytes of {h.file_size}")
    require(length <= h.file_size, "TRAILING", f"{length} bytes, not {h.file_size}")


def _field(condition, name):
    require(condition, "HEADER_FIELD", name)


def _scalars(h, data):
    _field(h.continuation == NONE32, "continuation")
    _field(h.byte_order == BYTE_ORDER, "byte_order")
    _field(
        h.descriptor_size % 8 == 0 and 320 <= h.descriptor_size <= 65536, "descriptor_size (F-11)"
    )
    if not h.relaxed:
        _field(not any(h.zero), "bytes 20 … 31 are not zero")
        _field(h.compressed or not any(h.reserved), "bytes 416 … 439 are not zero")
        _field(not h.zero444, "bytes 444 … 447 are not zero")
        _field(not any(h.reserved496), "bytes 496 … 511 are not zero")
        _field(not any(data[512 : h.header_size]), "bytes beyond 512 are not zero (F-11)")
    _field(h.columns + h.dictionaries < NONE32, "columns + dictionaries")
    _field(h.rows < 1 << 56, "rows")


def _part(h):
    """F-79: the five fields of a part of a table."""
    if not h.alignment:
        _field(not h.first_row and not h.table_rows, "first_row or table_rows of no part (F-79)")
        _field(not any(h.table_id + h.previous_id), "table_id or previous_id of no part (F-79)")
        return
    _field(h.alignment == BIG_PAGE, "alignment (F-79)")
    _field(not h.compressed, "a compressed part (F-79)")
    _field(h.first_row % ZONE == 0, "first_row (F-79)")
    end = h.first_row + h.rows
    _field(end <= h.table_rows < 1 << 56, "table_rows (F-79)")
    _field(h.table_rows == end or h.rows % ZONE == 0, "rows of a part that is not the last (F-79)")
    _field(h.rows or not h.first_row and not h.table_rows, "a part of no rows (F-79)")
    if h.first_row:
        _field(any(h.table_id) and any(h.previous_id), "a later part without its ids (F-79)")
    else:
        _field(not any(h.previous_id), "previous_id of the first part (F-79)")


def _regions(h):
    """F-14: as far as the header alone tells, regions are where F-4 puts them."""
    for name in h.regions:
        offset, length = h.regions[name]
        _field(
            offset <= h.file_size and length <= h.file_size - offset,
            f"{name} lies outside the file",
        )
    _field(
        h.regions["descriptors"][1] == (h.columns + h.dictionaries) * h.descriptor_size,
        "descriptors.length",
    )
    _field(h.regions["name_index"][1] == 16 * h.columns, "name_index.length")
    at = h.header_size
    for name, unit in (
        ("descriptors", 8),
        ("name_index", 8),
        ("names", 8),
        ("metadata", 8),
        ("schema", 64),
    ):
        _field(h.regions[name][0] == align(at, unit), f"{name}.offset")
        at = sum(h.regions[name])
    _field(h.regions["schema"][1] and at % PAGE == 0, "schema is empty, or does not end at a page")
    batch = h.regions["batch"]
    # where dictionaries end is said by descriptors only: see places (LAYOUT)
    _field(
        batch[0] >= at and batch[0] % 64 == 0 if h.dictionaries else batch[0] == at, "batch.offset"
    )
    _field(batch[1] and h.body_offset == sum(batch), "batch.length or body_offset")
    _field(h.body_length <= h.file_size - h.body_offset, "body_length")
    body_end = h.body_offset + h.body_length
    checksums, zones = h.regions["checksums"], h.regions["zones"]
    _field(h.body_offset <= checksums[0] and checksums[0] % 64 == 0, "checksums.offset")
    _field(checksums[1] % 8 == 0, "checksums.length")
    _field(zones[1] % 64 == 0, "zones.length")
    _field(zones[0] == align(sum(checksums), 64), "zones.offset")
    if h.compressed:
        _field(h.regions["frames"][0] == align(sum(zones), 64), "frames.offset (F-74)")
        _field(h.regions["frames"][1] % 4 == 0, "frames.length (F-74)")
    end = h.known_end
    if h.relaxed:  # F-65
        _field(body_end >= end and body_end % 64 == 0, "body_length (F-65)")
    else:
        _field(body_end == end, "body_length (F-44)")
    _field(h.regions["footer"][0] == body_end, "footer.offset")
    _field(h.regions["footer"][1] and sum(h.regions["footer"]) == h.file_size, "footer.length")


def _arrow_and_metadata(h):
    schema = h.regions["schema"]
    _field(h.schema_message_length == sum(schema) - 16, "schema message length")
    _field(h.schema_root == schema[0] - 16, "schema root offset")
    length = h.regions["metadata"][1]
    _field(
        h.table_metadata_offset <= length
        and h.table_metadata_length <= length - h.table_metadata_offset,
        "table metadata lies outside the metadata part",
    )
    if not h.table_metadata_length:
        _field(
            h.table_metadata_offset == 0 and h.table_metadata_hash == 0,
            "table metadata of length 0 has an offset or a hash",
        )


def open_header(data):
    """F-60: the checked header, or Wrong."""
    _first_bytes(data)
    fields = {name: get(HEADER, data, name) for name in HEADER}
    regions = {
        n: (fields[n + ".offset"], fields[n + ".length"])
        for n in regions_of(fields["incompat"] & COMPRESSED)
    }
    h = Header(fields, regions, bool(fields["compat"] | fields["ro_compat"]))
    _versions(h, len(data))
    _scalars(h, data)
    _part(h)
    _regions(h)
    _arrow_and_metadata(h)
    return h
