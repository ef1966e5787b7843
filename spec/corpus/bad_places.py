"""Files whose parts or buffers are not where their lengths put them."""

from collected import bad, made
from model import BIG_PAGE, BINARY, FLOAT64, INT8, PAGE, Type
from small_tables import FLAG, ID, NAME, WORDS_OF_CAT, mini, table, tensor
from writer import Col, write


def shift(start, delta):
    """Moves all that lies at or after a region's start, as a file that is
    consistent in itself and yet not where the specification puts it."""

    def move(p):
        at = p.body_offset if start == "body" else p.regions[start][0]
        if start == "body":
            p.regions["batch"] = (p.regions["batch"][0], p.regions["batch"][1] + delta)
        for name, (offset, length) in p.regions.items():
            if offset >= at and name != "batch" or name == start:
                p.regions[name] = (offset + delta, length)
        for group in (p.columns, p.dictionaries):
            for offsets in group:
                offsets[:] = [o + delta if o >= at else o for o in offsets]
        if at <= p.body_offset:
            p.body_offset += delta
        else:
            p.body_length += delta
        p.file_size += delta

    return move


def longer_schema(p):
    """The schema one page longer than its tables need."""
    batch = p.regions["batch"]
    shift("batch", PAGE)(p)
    p.regions["batch"] = (batch[0] + PAGE, batch[1])
    p.regions["schema"] = (p.regions["schema"][0], p.regions["schema"][1] + PAGE)


def swap_buffers(p):
    p.columns[0][1], p.columns[1][1] = p.columns[1][1], p.columns[0][1]


def layout(name, what, data):
    bad(f"layout-{name}", "LAYOUT", what, data)


def places_wrong():
    t = table()
    top = 1 << 64
    end = t.header("body_offset") + t.header("body_length")
    for name, what, offset in (
        ("outside", "values beyond the body", end),
        ("partly-outside", "the last byte of the values is beyond the body", end - 19),
        ("before", "values before the body", 64),
        ("beyond-file", "values beyond the file", 1 << 40),
        ("wraps", "offset + length wraps", top - 4),
        ("overlap", "two columns share their bytes", t.slot(FLAG, 1)),
        ("unaligned", "values 4 bytes late", t.slot(ID, 1) + 4),
    ):
        layout(name, what, table().describe(ID, slot1__offset=offset).sealed("blocks"))
    layout(
        "bytes-huge",
        "a string column of 2^63 bytes",
        table().describe(NAME, slot2__stored=1 << 63, slot2__logical=1 << 63).sealed("blocks"),
    )
    layout(
        "words-outside",
        "a dictionary's bytes in the table's body",
        table().describe(WORDS_OF_CAT, slot2__offset=t.slot(NAME, 2)).sealed("blocks"),
    )
    for name, offset in (("outside", t.header("file_size")), ("wraps", top - 8)):
        layout(
            f"message-{name}",
            "the dictionary message beyond the file",
            table().describe(WORDS_OF_CAT, message_offset=offset).sealed("messages"),
        )
    layout(
        "message-body",
        "the dictionary's body is longer than it is",
        table()
        .describe(WORDS_OF_CAT, body_length=t.descriptor(WORDS_OF_CAT, "body_length") + 64)
        .sealed(),
    )
    layout(
        "first-checksum",
        "first_checksum of another slot",
        table().describe(ID, slot1__first_checksum=1).sealed(),
    )
    layout(
        "first-checksum-huge",
        "first_checksum x 8 wraps",
        table().describe(ID, slot1__first_checksum=1 << 61).sealed(),
    )
    layout(
        "first-zone", "first_zone of another column", table().describe(FLAG, first_zone=0).sealed()
    )
    layout(
        "first-zone-none",
        "a column without its zones",
        table().describe(ID, first_zone=(1 << 64) - 1).sealed(),
    )
    layout("first-zone-tensor", "a tensor with zones", tensor().describe(0, first_zone=0).sealed())


def whole_files():
    """Files consistent in themselves, but not of the one layout."""
    two = [Col("a", Type(FLOAT64), [1.0, 2.0]), Col("b", Type(FLOAT64), [3.0, 4.0])]
    layout("swapped", "two columns' values lie in the other order", write(two, move=swap_buffers))
    layout("body-late", "the body starts one page late", write(two, move=shift("body", PAGE)))
    layout(
        "schema-long",
        "the schema is one page longer than its tables need",
        write(two, move=longer_schema),
    )
    layout(
        "checksums-late",
        "the checksums start 64 bytes late",
        write(two, move=shift("checksums", 64)),
    )
    big = [Col("a", Type(INT8), [0] * 3), Col("b", Type(BINARY), [b"", b"\1", b""])]
    layout(
        "body-64k",
        "the body starts at 64 KiB without a big buffer",
        write(big, move=shift("body", BIG_PAGE - 2 * PAGE)),
    )


def footers():
    """F-66: a footer of another length than its content has, in a file that fits it."""
    for name, more, what in (("long", 8, "longer"), ("short", -8, "shorter")):
        d = mini()
        at = len(d.data) - 10  # the length of the flatbuffer, and the magic
        d.data[at + min(more, 0) : at] = bytes(max(more, 0))
        d.poke(at + more, "i", d.peek(at + more, "i") + more)
        for field in ("footer.length", "file_size"):
            d.set(**{field: d.header(field) + more})
        layout(f"footer-{name}", f"a footer that is 8 bytes {what}", d.sealed())


def make():
    """These files: (path, code, what it is, bytes)."""
    return made(places_wrong, whole_files, footers)
