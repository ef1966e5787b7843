"""The headers of a zstd frame, its blocks and their sections (F-72, RFC 8878)."""

from model import require

MAGIC = b"\x28\xb5\x2f\xfd"
WINDOW_MAX = 8 << 20
BLOCK_MAX = 128 << 10
RAW, RLE, COMPRESSED = range(3)  # Block_Type


class _Bytes:
    """Bytes that are taken one number after the other."""

    def __init__(self, data, what):
        self.data, self.at, self.what = data, 0, what

    def need(self, condition, why):
        require(condition, "FRAME", f"{self.what}: {why}")

    @property
    def left(self):
        return len(self.data) - self.at

    def take(self, n):
        self.need(n <= self.left, "it ends too early")
        self.at += n
        return self.data[self.at - n : self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "little")


def _window(b):
    base = 1 << (10 + (b >> 3))
    return base + base // 8 * (b & 7)


def _header(f, content):
    """3.1.1.1"""
    f.need(f.take(4) == MAGIC, "its magic number")
    descriptor = f.number(1)
    f.need(not descriptor & 0x1F, "a checksum, a dictionary or a reserved bit")
    single = descriptor >> 5 & 1
    if not single:
        window = _window(f.number(1))
        f.need(content <= window <= WINDOW_MAX, f"a window of {window} bytes")
    size = (single, 2, 4, 8)[descriptor >> 6]
    f.need(size, "no content size")
    stated = f.number(size) + (256 if size == 2 else 0)
    f.need(stated == content, f"it says that it holds {stated} bytes, not {content}")


def _literals(b):
    """3.1.1.3.1: steps over the section; returns the number of literals."""
    kind, form = b.data[0] & 3, b.data[0] >> 2 & 3
    if kind in (RAW, RLE):
        size = {1: 2, 3: 3}.get(form, 1)
        count = b.number(size) >> (3 if size == 1 else 4)
        b.take(1 if kind == RLE else count)
        return count
    size, bits = ((3, 10), (3, 10), (4, 14), (5, 18))[form]
    value = b.number(size) >> 4
    b.take(value >> bits)
    return value & ((1 << bits) - 1)


def _sequences(b):
    """3.1.1.3.2.1"""
    first = b.number(1)
    if not first:
        b.need(not b.left, "bytes after a block without sequences")
        return
    b.take(0 if first < 128 else 1 if first < 255 else 2)
    b.need(not b.number(1) & 3, "reserved bits of the sequences")


def _blocks(f, content):
    """3.1.1.2"""
    most, room, last = min(content, BLOCK_MAX), 0, False
    while not last:
        header = f.number(3)
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        f.need(kind <= COMPRESSED, "a reserved type of a block")
        f.need(size <= most, f"a block of {size} bytes")
        body = f.take(1 if kind == RLE else size)
        if kind == COMPRESSED:
            f.need(size >= 3, "an empty compressed block")
            b = _Bytes(body, f.what)
            f.need(_literals(b) <= most, "too many literals")
            _sequences(b)
        room += most if kind == COMPRESSED else size
    f.need(not f.left, "bytes after the last block")
    f.need(room >= content, "too few blocks")


def check(frame, content, what):
    """F-72, as far as headers tell."""
    f = _Bytes(frame, what)
    _header(f, content)
    _blocks(f, content)
