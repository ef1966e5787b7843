"""Broken files whose header or directory is wrong; bad_places and bad_content have the rest.

Every file but those of the hash codes is sealed again above the damage, so
that only the check it is made for can find it.
"""

import envelope
from collected import bad, made
from damage import Damage
from fields import HEADER
from model import (
    BOOL8,
    DATE64,
    DICTIONARY,
    FIXED_BINARY,
    INT8,
    INT32,
    INT64,
    PAGE,
    REGIONS,
    STRING,
    TENSOR,
    TIME32,
    TIME64,
    Column,
    Directory,
    Slot,
    Type,
)
from small_tables import AT, CAT, FLAG, ID, NAME, WORDS_OF_CAT, mini, table, tensor
from writer import Col, Words, write

TOP = (1 << 64) - 1


def plain_arrow():
    """A valid Arrow IPC file of one column that is not ours, made by hand."""
    d = Damage(write([Col("a", Type(INT32), [1, 2, 3])]))
    body = d.data[d.slot(0, 1) : d.slot(0, 1) + 12] + bytes(52)
    column = Column(b"a", Type(INT32))
    column.slots[1] = Slot(0, 12)
    directory = Directory(3, [column], [])
    schema = envelope.ROOT + envelope.encode_schema(directory, 24)
    batch = envelope.batch_flatbuffer(directory, 0, len(body))
    out = bytearray(b"ARROW1\0\0")
    for flatbuffer in (schema, batch):
        at = len(out)
        length = len(flatbuffer) + -len(flatbuffer) % 8
        out += envelope.framed(flatbuffer, 8 + length)
    out += body
    return out + envelope.encode_footer(directory, at, 8 + length, len(body))


def swapped():
    """Every number of the header in the other byte order."""
    d = mini()
    for offset, form in HEADER.values():
        size = {"Q": 8, "I": 4, "i": 4, "H": 2}.get(form)
        if size:
            d.data[offset : offset + size] = d.data[offset : offset + size][::-1]
    return d.data


def not_ours():
    bad("text", "NOT_SHMCOL", "a CSV file", b"id,name\n1,ann\n2,bob\n" * 40)
    bad("text-short", "NOT_SHMCOL", "a text of 7 bytes", b"a,b\n1,2")
    bad("plain-arrow", "NOT_SHMCOL", "a valid Arrow IPC file of another writer", plain_arrow())
    bad("magic-arrow", "NOT_SHMCOL", "Arrow's magic damaged", mini().flip(3).raw())
    bad("magic", "NOT_SHMCOL", "our magic damaged", mini().flip(39).raw())
    bad(
        "magic-crlf",
        "NOT_SHMCOL",
        "a line-feed became CR LF on the way",
        mini().raw().replace(b"\n", b"\r\n", 1),
    )
    bad("zeros", "NOT_SHMCOL", "1,024 zero bytes", bytes(1024))


def lengths():
    whole = mini().raw()
    size = len(whole)
    d = mini()
    for n, what in (
        (0, "the empty file"),
        (7, "part of Arrow's magic"),
        (39, "our magic but for its last byte"),
        (511, "a header but for its last byte"),
        (512, "the header alone"),
        (1000, "cut within the descriptors"),
        (d.region("schema") + 100, "cut within the schema"),
        (d.slot(1, 2) + 3, "cut within a string's bytes"),
        (d.region("footer"), "the footer is missing"),
        (size - 1, "the last byte is missing"),
    ):
        bad(f"truncated-{n}", "TRUNCATED", what, whole[:n])
    bad(
        "truncated-large-header",
        "TRUNCATED",
        "header_size 65,528 in a shorter file",
        mini().set(header_size=65528).raw(),
    )
    bad("trailing-1", "TRAILING", "one byte more", whole + b"\0")
    bad("trailing-page", "TRAILING", "a page of zeros more", whole + bytes(PAGE))
    bad("trailing-twice", "TRAILING", "the file twice", whole * 2)
    bad("big-endian", "BIG_ENDIAN", "every number of the header swapped", swapped())
    bad("header-hash", "HEADER_HASH", "one bit of rows flipped", mini().flip(104).raw())
    bad(
        "header-hash-itself",
        "HEADER_HASH",
        "one bit of the hash flipped",
        mini().flip(48, 128).raw(),
    )
    bad("header-hash-zero", "HEADER_HASH", "the hash is 0", mini().set(header_hash=0).raw())


def field(name, what, d=None, **fields):
    d = d or mini()
    bad(f"header-{name}", "HEADER_FIELD", what, d.set(**fields).header_sealed())


def header_fields():
    t = mini()
    field("continuation", "continuation is not -1", continuation=0)
    field(
        "message-length",
        "the schema message's length",
        schema_message_length=t.header("schema_message_length") - 8,
    )
    field("message-root", "the root offset points elsewhere", schema_root=8)
    field("zero", "bytes 20 … 31 are not zero", zero=b"\0" * 11 + b"\1")
    field("reserved", "a reserved byte", reserved496=b"\0" * 15 + b"\1")
    for n in (0, 504, 516, 65544):
        bad(f"header-size-{n}", "HEADER_FIELD", f"header_size {n}", mini().set(header_size=n).raw())
    for n in (0, 312, 324, 65544, 0xFFFFFFF8):
        field(f"descriptor-size-{n}", f"descriptor_size {n}", descriptor_size=n)
    d = mini(header_size=520, version_minor=1).flip(519)
    field("beyond", "a byte beyond 512 without an unknown feature bit", d)
    field("byte-order", "byte_order is no order", byte_order=0x0A0B0D0C)
    field("rows", "2^56 rows", rows=1 << 56)
    field("rows-top", "2^64 - 1 rows", rows=TOP)
    field("columns", "more columns than descriptors", columns=1000000000)
    field(
        "columns-top",
        "columns + dictionaries wraps to what there is",
        columns=0xFFFFFFFF,
        dictionaries=5,
    )
    field("columns-fewer", "a column fewer than descriptors", columns=2)


def header_regions():
    t = mini()
    field("region-outside", "a region beyond the end", checksums__offset=t.header("file_size") + 64)
    field(
        "region-wraps",
        "a region whose offset + length wraps to a place inside",
        footer__offset=TOP - 63,
        footer__length=64 + t.header("file_size"),
    )
    field("region-long", "a region of 2^63 bytes", metadata__length=1 << 63)
    field(
        "region-overlap",
        "names begin where the name index begins",
        names__offset=t.region("name_index"),
    )
    field(
        "region-order",
        "name index and names exchanged",
        name_index__offset=t.region("names"),
        names__offset=t.region("name_index"),
    )
    field("region-gap", "metadata 8 bytes late", metadata__offset=t.region("metadata") + 8)
    field(
        "schema-end",
        "the schema does not end at a page",
        schema__length=t.header("schema.length") - 64,
        schema_message_length=t.header("schema_message_length") - 64,
    )
    field(
        "body-offset",
        "the body begins before its message ends",
        body_offset=t.header("body_offset") - 64,
    )
    field("body-length", "the body is longer than it is", body_length=t.header("body_length") + 64)
    field("body-top", "a body of 2^64 - 64 bytes", body_length=TOP - 63)
    field("footer", "the footer ends before the file", footer__length=t.header("footer.length") - 8)


def header_parts():
    t = mini()
    for name, part, what in (
        ("checksums-part", "checksums", "of 8"),
        ("zones-part", "zones", "of 64"),
    ):
        field(
            name,
            f"a length of the {part} that is no multiple {what}",
            table(),
            **{f"{part}__length": table().header(f"{part}.length") + 4},
        )
    d = table()
    field(
        "batch-part",
        "a batch message at no multiple of 64, behind a dictionary",
        d,
        batch__offset=d.header("batch.offset") + 8,
        batch__length=d.header("batch.length") - 8,
    )
    field(
        "metadata-outside",
        "table metadata beyond the metadata part",
        table_metadata_length=t.header("metadata.length") + 1,
    )
    field(
        "metadata-wraps",
        "table metadata whose offset + length wraps",
        table_metadata_offset=TOP - 7,
        table_metadata_length=16,
    )
    field(
        "metadata-none",
        "no table metadata, but its hash",
        Damage(write([Col("a", Type(INT8), [1])])),
        table_metadata_hash=1,
    )


def hashes():
    for name in REGIONS:
        d = table()
        at = d.region(name) + d.header(name + ".length") // 2
        bad(f"region-{name}", "REGION_HASH", f"one bit of {name} flipped", d.flip(at).raw())
    d = table()
    at = d.descriptor(WORDS_OF_CAT, "message_offset")
    bad(
        "region-dictionary",
        "REGION_HASH",
        "one bit of the dictionary message flipped",
        d.flip(at + 20).sealed("messages"),
    )
    bad(
        "descriptor-hash",
        "DESCRIPTOR_HASH",
        "one bit of a descriptor flipped, hashes above repaired",
        table().describe(AT, null_count=3).sealed("descriptors"),
    )
    d = table()
    a, b = d.base(ID), d.base(NAME)
    d.data[a : a + 320], d.data[b : b + 320] = d.data[b : b + 320], d.data[a : a + 320]
    bad(
        "descriptor-swapped",
        "DESCRIPTOR_HASH",
        "two descriptors exchanged: the seed of the hash is the index",
        d.sealed("descriptors"),
    )
    bad(
        "file-id",
        "FILE_ID",
        "file_id and content_id of other bytes",
        table().set(file_id=b"\1" * 16, content_id=b"\1" * 16).sealed("ids"),
    )
    d = table()
    bad(
        "content-id",
        "FILE_ID",
        "content_id is not file_id in a plain file",
        d.set(content_id=b"\1" * 16).sealed("ids"),
    )
    d = table()
    wrong = d.header("file_id")
    d.set(file_id=wrong[8:] + wrong[:8], content_id=wrong[8:] + wrong[:8])
    bad("file-id-halves", "FILE_ID", "the halves of the hash exchanged", d.sealed("ids"))


def descriptor_fields():
    def field(name, what, i, d=None, **fields):
        d = d or table()
        bad(
            f"descriptor-{name}", "DESCRIPTOR_FIELD", what, d.describe(i, **fields).sealed("blocks")
        )

    field("zero10", "bytes 10, 11", ID, zero10=1)
    field("zero36", "bytes 36 … 39", ID, zero36=1)
    field("zero128", "bytes 128 … 135", ID, zero128=1 << 63)
    field("reserved", "a reserved byte", ID, reserved=b"\0" * 23 + b"\1")
    field("slot-zero", "the zero of a slot", ID, slot1__zero=1)
    d = table(descriptor_size=328)
    d.flip(d.base(ID) + 327)
    field("beyond", "a byte beyond 320 without an unknown feature bit", ID, d)
    field("parameters", "parameters of a type that has none", ID, unit=1)
    field("length", "length is not N", ID, length=4)
    field("null-count", "more nulls than rows", FLAG, null_count=6)
    field("not-nullable", "nulls in a column that is not nullable", FLAG, flags=0)
    field("sorted-column", "a column flagged sorted", ID, flags=2)
    field("ordered-column", "a column flagged ordered", CAT, flags=5)
    field("dictionary-on-int", "an int32 column with a dictionary", ID, dictionary=0)
    field("dictionary-outside", "a dictionary that is not there", CAT, dictionary=1)
    field("dictionary-none", "a dictionary column without one", CAT, dictionary=0xFFFFFFFF)
    field("metadata-none", "no metadata, but an offset", NAME, metadata_offset=8)
    field("unit", "a unit beyond ns", AT, unit=4)
    field("zone-none", "no zone, but its hash", AT, zone_length=0)
    for name, i, what in (
        ("name_length", 4, "a name"),
        ("null_count", 1, "nulls"),
        ("first_zone", 0, "zones"),
        ("metadata_length", 12, "metadata"),
        ("dictionary", 0, "a dictionary"),
    ):
        field(f"words-{name}", f"a dictionary with {what}", WORDS_OF_CAT, **{name: i})
    field("words-nullable", "a nullable dictionary", WORDS_OF_CAT, flags=1)
    for name, what, i, wrong in (
        ("parameters", "a parameter of a type that has none", ID, {"unit": 1}),
        ("slot", "the zero of a slot that is not used", ID, {"slot3__zero": 1}),
    ):
        field(
            f"compat-{name}",
            f"{what}: no unknown feature bit allows that",
            i,
            table().set(compat=1 << 40),
            **wrong,
        )
    field("words-type", "a dictionary of int64", WORDS_OF_CAT, type=INT64)
    field(
        "words-offsets",
        "a dictionary of 2^61 - 1 values: 8 x (length + 1) wraps to 0",
        WORDS_OF_CAT,
        table().clear_slot(WORDS_OF_CAT, 1),
        length=(1 << 61) - 1,
    )


def tensor_fields():
    def field(name, what, **fields):
        bad(
            f"descriptor-{name}",
            "DESCRIPTOR_FIELD",
            what,
            tensor().describe(0, **fields).sealed("blocks"),
        )

    field("element", "tensor of strings", element=STRING)
    field("element-bool", "tensor of bool8", element=BOOL8)
    field("element-date64", "tensor of date64", element=DATE64)
    field("element-unit", "a unit where the element has none", element_unit=1)
    field("dimensions-0", "tensor of no dimensions", dimensions=0, shape=(0,) * 7)
    field("dimensions-8", "tensor of 8 dimensions", dimensions=8)
    field("dimension-0", "a dimension of 0", shape=(2, 0) + (0,) * 5)
    field("dimension-unused", "an unused dimension is not 0", shape=(2, 2, 1) + (0,) * 4)
    field("dimensions-large", "the product is 2^31", shape=(1 << 16, 1 << 15) + (0,) * 5)
    field(
        "dimensions-wrap",
        "the product wraps to 4",
        dimensions=3,
        shape=(1 << 31, 1 << 31, 4) + (0,) * 4,
    )


def widths():
    def one(name, what, t, values, **fields):
        d = Damage(write([Col("a", t, values)])).describe(0, **fields)
        bad(f"descriptor-{name}", "DESCRIPTOR_FIELD", what, d.sealed("blocks"))

    one("time32-us", "time32 in us", Type(TIME32), [1], unit=2)
    one("time64-ms", "time64 in ms", Type(TIME64, unit=2), [1], unit=1)
    w = Type(FIXED_BINARY, width=2)
    one("width-0", "fixed_binary of 0 bytes", w, [b"ab"], width=0)
    one("width-31", "fixed_binary of 2^31 bytes", w, [b"ab"], width=1 << 31)
    one("width-other", "fixed_binary(3) over a buffer for 2", w, [b"ab"], width=3)
    d = table().describe(CAT, code_width=3)
    bad("descriptor-code-width", "DESCRIPTOR_FIELD", "codes of 3 bytes", d.sealed("blocks"))


def slot_fields():
    def slot(name, what, d):
        bad(f"slot-{name}", "DESCRIPTOR_FIELD", what, d.sealed("blocks"))

    slot(
        "short",
        "values for four of five rows",
        table().describe(ID, slot1__stored=16, slot1__logical=16),
    )
    slot(
        "logical",
        "plain, but stored and logical length differ",
        table().describe(NAME, slot2__logical=1000),
    )
    slot(
        "offsets",
        "offsets for one row too few",
        table().describe(NAME, slot1__stored=40, slot1__logical=40),
    )
    slot("validity-none", "nulls without validity", table().clear_slot(FLAG, 0))
    d = table()
    slot(
        "validity-unused",
        "validity without nulls",
        d.describe(ID, slot0__offset=d.slot(FLAG, 0), slot0__stored=1, slot0__logical=1),
    )
    slot(
        "three",
        "slot 3 is used",
        table().describe(ID, slot3__offset=d.slot(FLAG, 0), slot3__stored=1, slot3__logical=1),
    )
    slot(
        "empty-offset",
        "a slot of length 0 with an offset",
        table().describe(ID, slot2__offset=d.slot(ID, 1)),
    )
    rows0 = Damage(write([Col("s", Type(STRING), [])])).clear_slot(0, 1)
    slot("offsets-rows-0", "no offset for N = 0 (there must be one)", rows0)
    d = table().set(rows=1 << 40)
    for i in range(5):
        d.describe(i, length=1 << 40)
    slot("rows-huge", "2^40 rows over the same few bytes", d)
    d = Damage(write([Col("t", Type(TENSOR, element=INT8, shape=(512,)), [])], rows=0))
    d.set(rows=1 << 55).describe(0, length=1 << 55)
    slot("rows-wrap", "2^55 rows x 512 bytes wraps to an empty buffer", d)


def dictionary_numbers():
    def two(a, b):
        words = [Words(["x"]), Words(["y"])]
        d = Damage(
            write(
                [
                    Col("a", Type(DICTIONARY, width=1), ["x"], words=words[0]),
                    Col("b", Type(DICTIONARY, width=1), ["y"], words=words[1]),
                ]
            )
        )
        return d.describe(0, dictionary=a).describe(1, dictionary=b)

    bad(
        "dictionary-numbering",
        "DESCRIPTOR_FIELD",
        "dictionaries not numbered by first use",
        two(1, 0).sealed(),
    )
    bad(
        "dictionary-unused",
        "DESCRIPTOR_FIELD",
        "a dictionary that no column uses",
        two(0, 0).sealed(),
    )


def make():
    """These files: (path, code, what it is, bytes)."""
    return made(
        not_ours,
        lengths,
        header_fields,
        header_regions,
        header_parts,
        hashes,
        descriptor_fields,
        tensor_fields,
        widths,
        slot_fields,
        dictionary_numbers,
    )
