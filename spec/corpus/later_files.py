"""Files of a later version that 1.0 reads: regions in the body (F-65), other envelopes (F-19)."""

import frames
import places
import structure
from collected import bad, made, unsupported
from damage import Damage
from model import ASCENDING, PAGE, align
from small_tables import ID, WORDS_OF_CAT, table

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
    d = later_region(plain)
    damaged(
        "ascending",
        "ASCENDING",
        "the same, and a column that ascends without the flag",
        d.describe(ID, flags=d.descriptor(ID, "flags") ^ ASCENDING),
    )
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


def envelope(schema=0, dictionary=0, batch=0, footer=0, late=0):
    """A file whose envelope's parts are longer or shorter than version 1's; not sealed.

    `late` moves the body from where a page begins.
    """
    data = bytes(table().data)
    h, d = structure.check_structure(data)
    slots = [s for x in frames.objects(d) for s in x.slots]
    buffers = [data[s.offset : s.offset + s.length] for s in slots]
    old = dict(h.regions)
    for x in d.dictionaries:
        x.message_length += dictionary
    h.regions["schema"] = old["schema"][0], old["schema"][1] + schema
    h.regions["footer"] = old["footer"][0], old["footer"][1] + footer
    h.fields["body_offset"] = 0
    start = places.compute(d, h).regions["batch"][0]
    h.fields["body_offset"] = align(start + 64, PAGE) + batch + late
    p = places.compute(d, h)
    places.assign(d, p)
    out = bytearray(data[: sum(old["metadata"])]).ljust(p.file_size, b"\0")
    frames.put_places(out, d, p)
    for name, (at, before) in old.items():
        if name in ("schema", "batch", "zones", "footer"):
            start, length = p.regions[name][0], min(before, p.regions[name][1])
            out[start : start + length] = data[at : at + length]
    for s, buffer in zip(slots, buffers):
        out[s.offset : s.offset + s.length] = buffer
    end = sum(p.regions["schema"])
    return Damage(out).set(envelope_version=2, schema_message_length=end - 16)


def envelopes():
    def later(name, what, d):
        unsupported(
            "envelope-2" + name, "ENVELOPE_VERSION", "envelope_version 2" + what, d.sealed()
        )

    later("", ": values are read, the envelope cannot be checked", table().set(envelope_version=2))
    later(
        "-larger",
        ", every part of the envelope longer than version 1's",
        envelope(PAGE, 128, PAGE, 24),
    )
    later(
        "-smaller",
        ", a dictionary message and a footer that are shorter",
        envelope(0, -64, 0, -100),
    )
    later("-schema", ", the schema a page longer", envelope(schema=PAGE))
    later("-dictionary", ", the dictionary message longer", envelope(dictionary=64))
    later("-batch", ", the batch message 64 KiB longer", envelope(batch=1 << 16))
    later("-footer", ", the footer a byte longer", envelope(footer=1))
    later(
        "-footer-short",
        ", a footer of one byte",
        envelope(footer=1 - table().header("footer.length")),
    )
    d = table().set(envelope_version=2)
    later("-value", " and a wrong zone entry, which is behind it", d.poke(d.zone(ID) + 16, "q", 4))
    unsupported(
        "zstd-envelope-2",
        "ENVELOPE_VERSION",
        "envelope_version 2 in a compressed file: its plain form cannot be made",
        Damage(frames.compress(table().sealed())).set(envelope_version=2).sealed(),
    )


def damaged_envelopes():
    """F-19: what lies behind the ends that are stated is checked."""

    def damaged(name, code, what, d, *leave):
        bad("envelope-2-" + name, code, "envelope_version 2, and " + what, d.sealed(*leave))

    damaged("body", "LAYOUT", "a body that does not begin at a page", envelope(late=64))
    d = envelope()
    at, length = (d.descriptor(WORDS_OF_CAT, f"message_{n}") for n in ("offset", "length"))
    d.describe(WORDS_OF_CAT, message_offset=at + 64, message_length=length - 64)
    damaged("dictionary-late", "LAYOUT", "a dictionary message 64 bytes late", d)
    d = envelope(dictionary=8)
    damaged("dictionary-end", "LAYOUT", "a dictionary's body at no multiple of 64", d, "blocks")
    d = envelope(PAGE, 128, PAGE, 24)
    end = d.slot(ID, 1) + 20
    damaged("gap", "GAP", "a byte between two buffers", d.flip(end))
    d = envelope(PAGE, 128, PAGE, 24)
    d.flip(d.slot(ID, 1))
    damaged("block", "BLOCK_HASH", "one bit of a value", d, "blocks")
    d = envelope()
    d.flip(d.region("batch") + 8)
    damaged("batch", "REGION_HASH", "one bit of the batch message", d, "regions")
    d = envelope(footer=8).set(footer__length=d.header("footer.length"))
    bad(
        "envelope-2-footer-end",
        "HEADER_FIELD",
        "envelope_version 2, and a footer that ends before the file",
        d.header_sealed(),
    )


def make():
    """These files: (path, code, what it is, bytes)."""
    return made(regions, damaged_regions, envelopes, damaged_envelopes)
