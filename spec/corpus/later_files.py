"""Files with regions of a later version in the body (F-65)."""

import frames
import places
import structure
from collected import bad, made, unsupported
from damage import Damage
from model import PAGE
from small_tables import ID, table

REGION = b"a signed tree of hashes, perhaps".ljust(192, b"\1")


def later_region(data, region=REGION, **fields):
    """The file with a region behind the zone maps or frames; not sealed."""
    d = Damage(data)
    at, n = d.region("footer"), len(region)
    d.data[at:at] = region
    d.set(footer__offset=at + n, compat=1 << 7, **fields)
    for name in ("body_length", "file_size"):
        d.set(**{name: d.header(name) + n})
    d.poke(496, "QQ", at, n)  # its place, in reserved bytes (F-3)
    h, directory = structure.check_structure(d.sealed())
    frames.put_envelope(d.data, directory, places.compute(directory, later=h.later))
    return d


def regions():
    def later(name, what, d):
        unsupported("later-" + name, "FEATURE", what, d.sealed())

    plain, packed = table().sealed(), frames.compress(table().sealed())
    later("region", "a compat bit, and 192 bytes behind the zone maps", later_region(plain))
    later(
        "region-ro",
        "the same with a ro_compat bit",
        later_region(plain).set(compat=0, ro_compat=1 << 55),
    )
    later("region-page", "a region of a page", later_region(plain, bytes(PAGE)))
    later(
        "region-zstd",
        "a region in a compressed file: its plain form is not known",
        later_region(packed),
    )


def damaged_regions():
    """Damage is found first, at its level; below that level the answer is FEATURE."""

    def damaged(name, code, what, d, leave=()):
        bad("later-region-" + name, code, what, d.sealed(*leave))

    plain = table().sealed()
    d = later_region(plain)
    damaged(
        "zone",
        "ZONE_MAP",
        "a region of a later version, and a zone entry that is not its values'",
        d.poke(d.zone(ID) + 16, "q", 4),
    )
    d = later_region(plain)
    d.flip(d.slot(ID, 1))
    damaged("block", "BLOCK_HASH", "the same, and one bit of a value", d, ("blocks",))
    d = later_region(frames.compress(plain))
    end = d.region("frames") + d.header("frames.length")
    damaged("gap", "GAP", "the same, and a byte between the frames and it", d.flip(end))
    damaged(
        "file-id",
        "FILE_ID",
        "the same, and another file_id",
        later_region(plain).flip(130),
        ("ids",),
    )
    no_bit = later_region(plain).set(compat=0).poke(496, "QQ", 0, 0)
    bad(
        "header-body-longer",
        "HEADER_FIELD",
        "the body is longer than its regions, without an unknown feature bit",
        no_bit.header_sealed(),
    )
    d = later_region(plain)
    at = d.region("footer")
    d.data[at:at] = bytes(8)
    d.set(footer__offset=at + 8)
    for name in ("body_length", "file_size"):
        d.set(**{name: d.header(name) + 8})
    bad(
        "header-body-unaligned",
        "HEADER_FIELD",
        "a region of a later version that does not end at a multiple of 64",
        d.header_sealed(),
    )
    d = later_region(plain)
    at, n = d.region("footer"), 64
    d.set(footer__offset=at - 4 * n, body_length=d.header("body_length") - 4 * n)
    d.set(footer__length=d.header("footer.length") + 4 * n)
    bad(
        "header-body-shorter",
        "HEADER_FIELD",
        "with an unknown feature bit, the body ends before its zone maps do",
        d.header_sealed(),
    )


def make():
    """These files: (path, code, what it is, bytes)."""
    return made(regions, damaged_regions)
