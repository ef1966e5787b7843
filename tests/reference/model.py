"""Constants of spec/format.md and the directory as plain Python objects.

Everything here is written from the specification alone; no other code of the
project was used, so that the two can find each other's mistakes.
"""

import struct
from dataclasses import dataclass, field

ARROW_MAGIC = b"ARROW1\0\0"
SHMCOL_MAGIC = b"\x89SHMCOL\n"
BYTE_ORDER = 0x0A0B0C0D
SWAPPED_ORDER = bytes([0x0A, 0x0B, 0x0C, 0x0D])  # F-17, as they lie in the file

ZONE = 65536
BLOCK = 524288
PAGE = 4096
BIG = 1048576
BIG_PAGE = 65536
HEADER_SIZE = 512
DESCRIPTOR_SIZE = 320
NONE32 = 0xFFFFFFFF
NONE64 = 0xFFFFFFFFFFFFFFFF
INT64_MIN = -(1 << 63)
DAY_MS = 86400000

# F-12, in order
REGIONS = (
    "descriptors",
    "name_index",
    "names",
    "metadata",
    "schema",
    "batch",
    "checksums",
    "zones",
    "footer",
)
COMPRESSED = 1  # incompat bit 0 (F-70)
FRAME_MAX = 526336  # F-74

# F-24
(
    BOOL8,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    FLOAT32,
    FLOAT64,
    DATE32,
    DATE64,
    TIMESTAMP,
    DURATION,
    TIME32,
    TIME64,
    STRING,
    BINARY,
    FIXED_BINARY,
    DICTIONARY,
    TENSOR,
    FLOAT16,
    DECIMAL128,
    LIST,
) = range(1, 26)

TYPE_NAMES = {
    BOOL8: "bool8",
    INT8: "int8",
    INT16: "int16",
    INT32: "int32",
    INT64: "int64",
    UINT8: "uint8",
    UINT16: "uint16",
    UINT32: "uint32",
    UINT64: "uint64",
    FLOAT32: "float32",
    FLOAT64: "float64",
    DATE32: "date32",
    DATE64: "date64",
    TIMESTAMP: "timestamp",
    DURATION: "duration",
    TIME32: "time32",
    TIME64: "time64",
    STRING: "string",
    BINARY: "binary",
    FIXED_BINARY: "fixed_binary",
    DICTIONARY: "dictionary",
    TENSOR: "tensor",
    FLOAT16: "float16",
    DECIMAL128: "decimal128",
    LIST: "list",
}
# numpy type of a value as it is stored
DTYPES = {
    BOOL8: "u1",
    INT8: "i1",
    INT16: "<i2",
    INT32: "<i4",
    INT64: "<i8",
    UINT8: "u1",
    UINT16: "<u2",
    UINT32: "<u4",
    UINT64: "<u8",
    FLOAT32: "<f4",
    FLOAT64: "<f8",
    DATE32: "<i4",
    DATE64: "<i8",
    TIMESTAMP: "<i8",
    DURATION: "<i8",
    TIME32: "<i4",
    TIME64: "<i8",
    FLOAT16: "<f2",
}
WIDTHS = {t: int(d[-1]) for t, d in DTYPES.items()} | {DECIMAL128: 16}
FLOATS = (FLOAT16, FLOAT32, FLOAT64)
UNITS = ("s", "ms", "us", "ns")
UNITS_OF = {TIMESTAMP: (0, 1, 2, 3), DURATION: (0, 1, 2, 3), TIME32: (0, 1), TIME64: (2, 3)}
PRECISION_MAX = 38  # F-25
TENSOR_ELEMENTS = frozenset(range(INT8, DURATION + 1)) - {DATE64} | {FLOAT16}  # F-25
LIST_ELEMENTS = frozenset(range(BOOL8, STRING + 1)) | {FLOAT16, DECIMAL128}  # F-25
NEVER_ASCENDING = frozenset((BINARY, FIXED_BINARY, TENSOR, LIST))  # F-23
NULL_VALUE = {DATE64: INT64_MIN, TIMESTAMP: INT64_MIN, DURATION: INT64_MIN}
NAN_BITS = {
    FLOAT16: ("<u2", 0x7E00),
    FLOAT32: ("<u4", 0x7FC00000),
    FLOAT64: ("<u8", 0x7FF8000000000000),
}

NULLABLE, SORTED, ORDERED, ASCENDING = 1, 2, 4, 8

# F-43: the groups of buffers in the body, in order
VALUES, OFFSETS, ELEMENT_OFFSETS, CODES, VALIDITY, BYTES = range(1, 7)

# The answers that are found at these levels only (F-62); all others at the level `structure`.
AT_CHECKSUMS = {"GAP", "BLOCK_HASH"}
AT_FULL = {
    "ENVELOPE_VERSION",
    "FRAME",
    "ENVELOPE",
    "VALIDITY",
    "OFFSETS",
    "UTF8",
    "CODES",
    "DICTIONARY",
    "VALUE",
    "NULL_SLOT",
    "ZONE_MAP",
    "ASCENDING",
}

# Section 12: every answer has one requirement number.
REQUIREMENT = {
    "NOT_SHMCOL": "F-60",
    "TRUNCATED": "F-5",
    "TRAILING": "F-5",
    "BIG_ENDIAN": "F-17",
    "HEADER_HASH": "F-10",
    "HEADER_FIELD": "F-14",
    "VERSION": "F-18",
    "FEATURE": "F-20",
    "ENVELOPE_VERSION": "F-19",
    "REGION_HASH": "F-12",
    "DESCRIPTOR_HASH": "F-21",
    "DESCRIPTOR_FIELD": "F-22",
    "COLUMN_UNSUPPORTED": "F-28",
    "NAME": "F-31",
    "NAME_INDEX": "F-32",
    "METADATA": "F-33",
    "LAYOUT": "F-42",
    "FILE_ID": "F-15",
    "GAP": "F-4",
    "BLOCK_HASH": "F-45",
    "ENVELOPE": "F-50",
    "VALIDITY": "F-35",
    "OFFSETS": "F-36",
    "UTF8": "F-37",
    "CODES": "F-39",
    "DICTIONARY": "F-39",
    "VALUE": "F-38",
    "NULL_SLOT": "F-38",
    "ZONE_MAP": "F-47",
    "ASCENDING": "F-23",
    "FRAME": "F-76",
}
UNSUPPORTED = frozenset(("VERSION", "FEATURE", "ENVELOPE_VERSION", "COLUMN_UNSUPPORTED"))


class Wrong(Exception):
    """The first way in which a file or a table breaks the specification."""

    def __init__(self, code, message, requirement=None):
        self.requirement = requirement or REQUIREMENT[code]
        super().__init__(f"{code} {self.requirement}: {message}")
        self.code = code
        self.message = message


def require(condition, code, message, requirement=None):
    if not condition:
        raise Wrong(code, message, requirement)


def align(x, a):
    return (x + a - 1) // a * a


def i128(value):
    """The 16 bytes of an integer (F-24)."""
    return value.to_bytes(16, "little", signed=True)


def decode_utf8(b):
    """The text of valid UTF-8, else None."""
    try:
        return bytes(b).decode("utf-8")
    except UnicodeDecodeError:
        return None


@dataclass(frozen=True)
class Type:
    """A logical type with its parameters (F-24, F-25).

    unit, zone, precision and scale are those of the element where the type has one.
    """

    id: int
    unit: int = 0
    zone: bytes = b""
    width: int = 0  # fixed_binary: w; dictionary: W of a code
    element: int = 0  # tensor, list: type of an element
    shape: tuple = ()  # tensor: dimensions of one row
    precision: int = 0
    scale: int = 0

    @property
    def elements(self):
        product = 1
        for d in self.shape:
            product *= d
        return product

    @property
    def element_type(self):
        """The type of an element, with its parameters."""
        return Type(
            self.element,
            unit=self.unit,
            zone=self.zone,
            precision=self.precision,
            scale=self.scale,
        )

    @property
    def value_width(self):
        """W, or 0 where values have no fixed width."""
        if self.id in WIDTHS:
            return WIDTHS[self.id]
        if self.id == TENSOR:
            return self.elements * WIDTHS[self.element]
        return self.width

    @property
    def has_bytes(self):
        return self.id in (STRING, BINARY)

    @property
    def has_zones(self):
        return self.id not in (BINARY, FIXED_BINARY, TENSOR, LIST)  # F-46

    @property
    def is_list_of_strings(self):
        return self.id == LIST and self.element == STRING

    @property
    def groups(self):
        """F-26, F-43: the group of each slot, None where the type does not use it."""
        if self.is_list_of_strings:
            return VALIDITY, OFFSETS, ELEMENT_OFFSETS, BYTES
        if self.id == LIST:
            return VALIDITY, OFFSETS, VALUES, None
        if self.has_bytes:
            return VALIDITY, OFFSETS, BYTES, None
        return VALIDITY, CODES if self.id == DICTIONARY else VALUES, None, None

    def element_count(self, length):
        """F-27: M of a list by the length of slot 2, or None."""
        if self.element == STRING:
            return length // 8 - 1 if length and length % 8 == 0 else None
        width = WIDTHS[self.element]
        return None if length % width else length // width

    def __str__(self):
        name = TYPE_NAMES[self.id]
        if self.id == TIMESTAMP and self.zone:
            return f"timestamp[{UNITS[self.unit]}, {self.zone.decode()}]"
        if self.id in UNITS_OF:
            return f"{name}[{UNITS[self.unit]}]"
        if self.id == FIXED_BINARY:
            return f"fixed_binary[{self.width}]"
        if self.id == DICTIONARY:
            return f"dictionary[int{8 * self.width}]"
        if self.id == TENSOR:
            return f"tensor[{self.element_type}, {'x'.join(map(str, self.shape))}]"
        if self.id == DECIMAL128:
            return f"decimal128[{self.precision}, {self.scale}]"
        return f"list[{self.element_type}]" if self.id == LIST else name


@dataclass
class Slot:
    """A buffer's place (F-26)."""

    offset: int = 0
    length: int = 0  # stored
    first_checksum: int = 0
    plain: int = 0  # logical; only looked at in compressed files
    encoding: int = 0  # 1: zstd

    @property
    def frames(self):
        """F-71, F-74: the number of its frames in a compressed file."""
        return -(-self.plain // BLOCK) if self.encoding == 1 else 0


def four_slots():
    return [Slot(), Slot(), Slot(), Slot()]


@dataclass
class Column:
    """A column as its descriptor has it."""

    name: bytes
    type: Type
    nullable: bool = False
    null_count: int = 0
    ascending: bool = False
    dictionary: int = NONE32
    metadata: list = field(default_factory=list)  # pairs of bytes
    slots: list = field(default_factory=four_slots)
    first_zone: int = NONE64
    problem: str = ""  # why this column is unsupported (F-28)


@dataclass
class Dictionary:
    """A dictionary as its descriptor has it."""

    length: int
    sorted: bool = False
    ordered: bool = False
    slots: list = field(default_factory=four_slots)
    message_offset: int = 0
    message_length: int = 0
    body_length: int = 0
    message_hash: int = 0
    problem: str = ""


@dataclass
class Directory:
    """All inputs of places and envelope."""

    rows: int
    columns: list
    dictionaries: list
    metadata: list = field(default_factory=list)
    header_size: int = HEADER_SIZE
    descriptor_size: int = DESCRIPTOR_SIZE
    compressed: bool = False
    part: bool = False  # F-79


def regions_of(compressed):
    """F-70: the regions that a header has entries of."""
    return REGIONS + ("frames",) if compressed else REGIONS


def slot_lengths(column, rows, part, free):
    """F-27: the lengths of the four slots; free: those of slots 2 and 3 that rows do not give."""
    validity = (rows + 7) // 8 if column.null_count or part else 0
    if column.type.groups[1] == OFFSETS:
        third = free[1] if column.type.groups[3] else 0
        return validity, 8 * (rows + 1), free[0], third
    return validity, rows * column.type.value_width, 0, 0


def encode_metadata(pairs):
    """F-33: one block; no pairs, no block."""
    if not pairs:
        return b""
    out = [struct.pack("<I", len(pairs))]
    for key, value in pairs:
        out.append(struct.pack("<II", len(key), len(value)) + key + value)
    return b"".join(out)


def encode_names(columns):
    """F-30: names and zones; also each column's (name, zone) offset."""
    out, offsets = bytearray(), []
    for column in columns:
        name_at, zone_at = len(out), 0
        out += column.name + b"\0"
        if column.type.zone:
            zone_at = len(out)
            out += column.type.zone + b"\0"
        offsets.append((name_at, zone_at))
    return bytes(out), offsets
