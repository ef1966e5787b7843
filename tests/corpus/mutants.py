"""Files of the corpus with a few fields or bytes changed and all hashes made right again.

A mutant with wrong hashes is found at the first of them; these reach the later checks.
"""

import struct
from random import Random

import directory
import frames
import places
import sealing
import structure
from fields import DESCRIPTOR, DESCRIPTOR_ALL, ELEMENT_AT, HEADER, PARAMETERS, get, put
from header import ENVELOPE_VERSIONS, open_header
from model import COMPRESSED, LIST, TIMESTAMP, Wrong, regions_of, slot_lengths
from source_tree import CORPUS

MAGICS = ("arrow_magic", "magic")
NUMBERS = [n for n in HEADER if n not in MAGICS and HEADER[n][1] in "HIQi"]
SLOTS = [n for n in DESCRIPTOR if n.startswith("slot")]
PLAIN_FIELDS = [n for n in DESCRIPTOR if not n.startswith("slot") and DESCRIPTOR[n][1] in "HIQ"]
# whole u8, u16, u32 and u64 of the parameters, whatever the type is
PARAMETER_BYTES = (
    (48, "B"),
    (48, "H"),
    (49, "B"),
    (50, "B"),
    (51, "B"),
    (48, "I"),
    (52, "I"),
    (56, "B"),
    (56, "Q"),
    (57, "B"),
    (60, "I"),
    (64, "Q"),
    (72, "Q"),
)
EDGES = (
    0,
    1,
    2,
    7,
    8,
    64,
    255,
    256,
    4096,
    65535,
    65536,
    1 << 31,
    1 << 32,
    1 << 56,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
)
STEPS = (1, 2, 8, 16, 24, 64, 320, 4096)
SIZES = {"B": 1, "H": 2, "I": 4, "Q": 8, "i": 4}


def seeds(limit=33000, limit_of_parts=140000):
    """The files that are small enough to be tried often, by path; parts cannot be as small."""
    files = sorted(CORPUS.glob("*/*.shmcol"))
    small = [
        p
        for p in files
        if 1024 <= p.stat().st_size <= (limit_of_parts if p.stem.startswith("part-") else limit)
    ]
    good = [p for p in small if p.parent.name == "good"]
    return good * 8 + [p for p in small if p.parent.name != "good"]


class Mutator:
    """A file that is changed step by step: `data`, and `done`, the list of changes."""

    def __init__(self, data, random):
        self.data, self.random, self.done = bytearray(data), random, []

    # --- looking; whatever the fields hold

    def objects(self):
        return get(HEADER, self.data, "columns") + get(HEADER, self.data, "dictionaries")

    def base(self, i):
        """Where descriptor i lies, or None."""
        at = sealing.descriptor_base(self.data, i)
        return at if at + 320 <= len(self.data) else None

    def some_base(self):
        return self.base(self.random.randrange(self.objects() or 1))

    def compressed(self):
        return bool(get(HEADER, self.data, "incompat") & COMPRESSED)

    def part(self):
        """Offset and length of some region or slot."""
        base = self.some_base()
        if base is not None and self.random.random() < 0.7:
            slot = f"slot{self.random.randrange(4)}"
            offset, stored = (
                get(DESCRIPTOR, self.data, f"{slot}.{n}", base) for n in ("offset", "stored")
            )
            return offset, stored
        return sealing.region(self.data, self.random.choice(regions_of(self.compressed())[1:]))

    # --- changing

    def number(self, at, form):
        """Replaces a number by another."""
        size, random = SIZES[form], self.random
        if at + size > len(self.data):
            return
        old = int.from_bytes(self.data[at : at + size], "little")
        new = random.choice(
            (
                random.choice(EDGES),
                old + random.choice(STEPS),
                old - random.choice(STEPS),
                old ^ 1 << random.randrange(8 * size),
                old ^ 1 << random.randrange(8),
                random.randrange(len(self.data)),
            )
        )
        new &= (1 << 8 * size) - 1
        self.data[at : at + size] = new.to_bytes(size, "little")
        self.done.append(f"{form}[{at}] {old} -> {new}")

    def header(self):
        name = self.random.choice(NUMBERS)
        self.done.append(name)
        self.number(*HEADER[name])

    def features(self):
        """Changes a field that makes a checker lenient, or that hides the envelope from it."""
        name = self.random.choice(
            ("compat", "compat", "ro_compat", "envelope_version", "version_minor")
        )
        put(HEADER, self.data, name, 2)
        self.done.append(f"{name} = 2")

    def _field(self, names):
        base = self.some_base()
        if base is not None:
            name = self.random.choice(names)
            self.done.append(f"descriptor at {base}: {name}")
            at, form = DESCRIPTOR_ALL[name]
            self.number(base + at, form)

    def descriptor(self):
        self._field(PLAIN_FIELDS)

    def slot(self):
        self._field(SLOTS)

    def table_part(self):
        """Changes a field of F-79, or two."""
        random = self.random
        for _ in range(random.choice((1, 1, 2))):
            name = random.choice(
                ("alignment", "first_row", "table_rows", "table_id", "previous_id")
            )
            if name.endswith("_id"):
                value = random.choice((bytes(16), b"\1" * 16, bytes(15) + b"\1"))
            elif name == "alignment":
                value = random.choice((0, 65536, 65536, 65536, 4096, 131072))
            else:
                rows = get(HEADER, self.data, "rows") + get(HEADER, self.data, "first_row")
                value = random.choice((0, rows, rows + 1, 65536, 1 << 40, (1 << 56) - 1))
                value = max(0, value + random.choice((0, 0, 0, -1, 1)))
            put(HEADER, self.data, name, value & (1 << 64) - 1 if isinstance(value, int) else value)
            self.done.append(f"{name} = {value}")

    def flags(self):
        """Flips one of the flags that are known, or the first that is not."""
        base = self.some_base()
        if base is not None:
            bit = 1 << self.random.randrange(5)
            put(
                DESCRIPTOR,
                self.data,
                "flags",
                get(DESCRIPTOR, self.data, "flags", base) ^ bit,
                base,
            )
            self.done.append(f"descriptor at {base}: flag {bit}")

    def value(self):
        """Changes a value, an offset or an element a little, or to an edge of its type."""
        base, random = self.some_base(), self.random
        if base is None or self.compressed():
            return
        slot = f"slot{random.choice((1, 1, 2))}"
        at, stored = (get(DESCRIPTOR, self.data, f"{slot}.{n}", base) for n in ("offset", "stored"))
        size = random.choice((1, 2, 4, 8, 8, 8, 16, 16))
        if stored < size or at + stored > len(self.data):
            return
        at += size * random.randrange(stored // size)
        old = int.from_bytes(self.data[at : at + size], "little", signed=True)
        high, power = 1 << 8 * size - 1, 10 ** random.randrange(1, 39)
        new = random.choice(
            (
                old + 1,
                old - 1,
                -old,
                0,
                -1,
                high - 1,
                -high,
                power,
                -power,
                power - 1,
                old + (1 << 64),
            )
        )
        new &= (1 << 8 * size) - 1
        self.data[at : at + size] = new.to_bytes(size, "little")
        self.done.append(f"{8 * size} bits at {at}: {old} -> {new}")

    def parameters(self):
        base = self.some_base()
        if base is not None:
            at, form = self.random.choice(PARAMETER_BYTES)
            self.number(base + at, form)

    def copied(self):
        """Copies a field of one descriptor over the same field of another."""
        one, other = self.some_base(), self.some_base()
        if one is None or other is None:
            return
        at, size = self.random.choice(
            (
                (8, 16),
                (24, 24),
                (48, 32),
                (80, 16),
                (96, 24),
                (120, 8),
                (136, 40),
                (176, 40),
                (216, 40),
                (136, 160),
            )
        )
        self.data[other + at : other + at + size] = self.data[one + at : one + at + size]
        self.done.append(f"bytes {at} … {at + size} of {one} to {other}")

    def bytes(self):
        offset, length = self.part()
        if not length or offset + length > len(self.data):
            return
        for _ in range(self.random.choice((1, 1, 2, 4))):
            form = self.random.choice("BBHIQ")
            size = SIZES[form]
            if size <= length:
                self.number(offset + size * self.random.randrange(length // size), form)

    def anywhere(self):
        self.number(self.random.randrange(len(self.data)), "B")

    def length(self):
        more = self.random.choice((-64, -8, -1, 1, 8, 64))
        self.data = self.data[:more] if more < 0 else self.data + bytes(more)
        self.done.append(f"{more} bytes more")

    def later_region(self):
        """F-65: bytes of a later version at the end of the body, mostly where a bit allows them."""
        at, end = (get(HEADER, self.data, n) for n in ("footer.offset", "file_size"))
        if end != len(self.data) or at > end:
            return
        more = self.random.choice((64, 64, 128, 4096, 8))
        self.data[at:at] = self.random.randbytes(more)
        for name in ("footer.offset", "body_length", "file_size"):
            put(HEADER, self.data, name, (get(HEADER, self.data, name) + more) % (1 << 64))
        if self.random.random() < 0.8:
            put(HEADER, self.data, self.random.choice(("compat", "ro_compat")), 1 << 9)
        self.done.append(f"{more} bytes of a later version")

    def change(self):
        steps = (
            (self.header, 3),
            (self.features, 2),
            (self.descriptor, 6),
            (self.slot, 4),
            (self.parameters, 4),
            (self.table_part, 1),
            (self.flags, 2),
            (self.value, 5),
            (self.copied, 2),
            (self.bytes, 6),
            (self.anywhere, 2),
            (self.length, 0.2),
            (self.later_region, 0.5),
        )
        for _ in range(self.random.choice((1, 1, 2, 3))):
            self.random.choices(*zip(*steps))[0]()


# ---- hashes, as far as the fields lead somewhere ----


def _slice(data, region, start, length):
    """A part of a region, or None where it does not lie inside the file."""
    at = sealing.region(data, region)[0] + start
    return data[at : at + length] if at + length <= len(data) else None


def _put_hash(table, data, name, part, base=0):
    if part is not None:
        put(table, data, name, sealing.xxh3(part), base)


def _seal_slots(data, base):
    sums, room = sealing.region(data, "checksums")
    for s in range(4):
        offset, stored, first = (
            get(DESCRIPTOR, data, f"slot{s}.{n}", base)
            for n in ("offset", "stored", "first_checksum")
        )
        blocks = -(-stored // 524288)
        if (
            offset + stored <= len(data)
            and first + blocks <= room // 8
            and sums + 8 * (first + blocks) <= len(data)
        ):
            hashes = sealing.block_hashes(data[offset : offset + stored])
            struct.pack_into(f"<{blocks}Q", data, sums + 8 * first, *hashes)


def _seal_zone(data, base, type_id, element):
    """The hash of the zone of a timestamp, or of a list's element that is one."""
    if type_id == LIST and element == TIMESTAMP:
        base += ELEMENT_AT
    elif type_id != TIMESTAMP:
        return
    offset, length = (get(PARAMETERS, data, "zone_" + n, base) for n in ("offset", "length"))
    if length:
        _put_hash(PARAMETERS, data, "zone_hash", _slice(data, "names", offset, length), base)


def _seal_names(data, base):
    def field(name):
        return get(DESCRIPTOR_ALL, data, name, base)

    _put_hash(
        DESCRIPTOR,
        data,
        "name_hash",
        _slice(data, "names", field("name_offset"), field("name_length")),
        base,
    )
    _seal_zone(data, base, field("type"), field("element"))
    if field("metadata_length"):
        _put_hash(
            DESCRIPTOR,
            data,
            "metadata_hash",
            _slice(data, "metadata", field("metadata_offset"), field("metadata_length")),
            base,
        )


def _seal_message(data, base):
    at = get(PARAMETERS, data, "message_offset", base)
    end = at + get(PARAMETERS, data, "message_length", base)
    if end <= len(data):
        put(PARAMETERS, data, "message_hash", sealing.xxh3(data[at:end]), base)


def _bases(data):
    """(number, place) of the descriptors, if all lie inside the file."""
    step = get(HEADER, data, "descriptor_size")
    n = get(HEADER, data, "columns") + get(HEADER, data, "dictionaries")
    at = get(HEADER, data, "descriptors.offset")
    if step < 320 or n * step > len(data) or at + n * step > len(data):
        return []
    return [(i, at + i * step) for i in range(n)]


def _seal_descriptors(data):
    step, columns = (get(HEADER, data, n) for n in ("descriptor_size", "columns"))
    for i, base in _bases(data):
        _seal_slots(data, base)
        if i < columns:
            _seal_names(data, base)
        else:
            _seal_message(data, base)
        put(DESCRIPTOR, data, "hash", sealing.xxh3(data[base + 8 : base + step], i), base)


def _seal_index(data):
    """Each entry gets its column's hash, and its place among the others."""
    columns = get(HEADER, data, "columns")
    bases = dict(_bases(data))
    part = _slice(data, "name_index", 0, 16 * columns)
    if part is None or len(bases) < columns:
        return
    entries = []
    for i in range(columns):
        wanted, column, zero = struct.unpack_from("<QII", part, 16 * i)
        name = None
        if column < columns:
            name = _slice(
                data,
                "names",
                *(get(DESCRIPTOR, data, n, bases[column]) for n in ("name_offset", "name_length")),
            )
        if name is not None:
            wanted = sealing.xxh3(name)
        entries.append((wanted, bytes(name or b""), column, zero))
    at = sealing.region(data, "name_index")[0]
    for i, (wanted, _, column, zero) in enumerate(sorted(entries)):
        struct.pack_into("<QII", data, at + 16 * i, wanted, column, zero)


def _seal_regions(data):
    if get(HEADER, data, "table_metadata_length"):
        _put_hash(
            HEADER,
            data,
            "table_metadata_hash",
            _slice(
                data,
                "metadata",
                get(HEADER, data, "table_metadata_offset"),
                get(HEADER, data, "table_metadata_length"),
            ),
        )
    for name in regions_of(get(HEADER, data, "incompat") & COMPRESSED):
        _put_hash(
            HEADER, data, name + ".hash", _slice(data, name, 0, sealing.region(data, name)[1])
        )


def _content_id(data):
    """F-16: the id of the plain form, where one can be made."""
    try:
        h, d = structure.check_structure(data)
        plain = frames.unproved(data, h, d)
    except Wrong:
        return
    put(HEADER, data, "content_id", get(HEADER, plain, "file_id"))


def _seal_ids(data):
    size = get(HEADER, data, "header_size")
    sums, length = sealing.region(data, "checksums")
    if sum(sealing.region(data, "metadata")) > len(data) or sums + length > len(data):
        return
    put(HEADER, data, "file_id", sealing.file_id(data))
    if not get(HEADER, data, "incompat") & COMPRESSED:
        put(HEADER, data, "content_id", get(HEADER, data, "file_id"))


def reseal(data, random):
    """Nearly always everything; sometimes one kind of hash stays as it was."""
    size = get(HEADER, data, "header_size")
    if len(data) < 512 or not 512 <= size <= len(data):
        return
    steps = [_seal_descriptors, _seal_index, _seal_regions, _seal_ids]
    if random.random() < 0.08:
        steps.remove(random.choice(steps))
    for step in steps:
        step(data)
    if random.random() < 0.01:
        return
    put(HEADER, data, "header_hash", sealing.header_hash(data, size))
    if _seal_ids in steps and get(HEADER, data, "incompat") & COMPRESSED:
        _content_id(data)
        put(HEADER, data, "header_hash", sealing.header_hash(data, size))


def with_envelope(data):
    """The mutant with the envelope of what its directory says, or None."""
    try:
        h, d = structure.check_structure(data)
    except Wrong:
        return None
    if h.envelope_version not in ENVELOPE_VERSIONS:
        return None
    out = bytearray(data)
    frames.put_envelope(out, d, places.compute(d, later=h.later))
    reseal(out, Random(1))
    return out if out != data else None


def _directory(data):
    """Header and directory of a plain file, or None."""
    try:
        h = open_header(data)
        d, descriptors = directory.decode(data, h)
        directory.read_names(data, h, d, descriptors)
        directory.read_metadata(data, h, d, descriptors)
    except Wrong:
        return None
    return None if h.compressed else (h, d)


def _other_rows(out, d, rows):
    """All lengths as of a table of so many rows; F-27."""
    put(HEADER, out, "rows", rows)
    d.rows = rows
    for i, c in enumerate(d.columns):
        put(DESCRIPTOR, out, "length", rows, sealing.descriptor_base(out, i))
        c.null_count = min(c.null_count, rows)
        put(DESCRIPTOR, out, "null_count", c.null_count, sealing.descriptor_base(out, i))
        free = [slot.length for slot in c.slots[2:]]
        for slot, length in zip(c.slots, slot_lengths(c, rows, d.part, free)):
            slot.length = length


def _whole_elements(c):
    """F-27: the batch message of a list names M; there must be one."""
    return c.type.id != LIST or c.type.element_count(c.slots[2].length) is not None


def laid_out(data, random):
    """The mutant with everything at the place that its lengths give it.

    Else a length that changed would be found at the places of what follows.
    Some get another number of rows, or of bytes of texts.
    """
    found = _directory(data)
    if found is None:
        return None
    h, d = found
    out, kind = bytearray(data), random.randrange(3)
    if kind == 1:
        _other_rows(out, d, max(0, d.rows + random.choice((-1, 1, -3, 8))))
    slots = [s for x in frames.objects(d) for s in x.slots]
    if kind == 2:
        for s in (s for x in frames.objects(d) for s in x.slots[2:]):
            s.length = max(0, s.length + random.choice((0, 0, -1, 1, 5, 8, -8)))
    if sum(s.length for s in slots) > 1 << 18 or not all(map(_whole_elements, d.columns)):
        return None
    stored = []
    for s in slots:
        s.plain = s.length
        stored.append(bytes(data[s.offset : s.offset + s.length]).ljust(s.length, b"\0"))
        s.offset = 0
    out, _ = frames.other_form(out, d, stored, h.incompat)
    _clear_empty_slots(out)
    reseal(out, Random(1))
    return out


def _clear_empty_slots(data):
    """F-26: frames.other_form does not write a slot that has no bytes."""
    for _, base in _bases(data):
        for s in range(4):
            length = get(DESCRIPTOR, data, f"slot{s}.stored", base)
            if not length:
                data[base + 136 + 40 * s : base + 176 + 40 * s] = bytes(40)


def compressed(data, random):
    """The mutant's compressed form, or None: hostile values in good frames, or beside them."""
    some = {(i, s) for i in range(8) for s in range(4) if random.random() < 0.2}
    try:
        return frames.compress(data, uncompressed=some)
    except Wrong:
        return None


def mutant(number, seed, files):
    """Mutant `number`: (path, what was done, bytes)."""
    random = Random(f"{seed} {number}")
    path = random.choice(files)
    m = Mutator(path.read_bytes(), random)
    m.change()
    reseal(m.data, random)
    if random.random() < 0.1:
        m.data = laid_out(m.data, random) or m.data
    if random.random() < 0.5:
        m.data = with_envelope(m.data) or m.data
    if random.random() < 0.05 and not path.stem.startswith("zstd-"):
        m.data = compressed(m.data, random) or m.data
    return path, m.done, bytes(m.data)
