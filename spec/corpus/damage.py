"""Damaging a good file on purpose, and sealing it again above the damage."""

import struct

import sealing
from fields import DESCRIPTOR_ALL, ELEMENT_AT, HEADER, get, put


class Damage:
    """The bytes of a file, changed by the names of section 3 and 4."""

    def __init__(self, data):
        self.data = bytearray(data)

    # --- looking

    def header(self, name):
        return get(HEADER, self.data, name)

    def base(self, i):
        """Where descriptor i lies."""
        return self.header("descriptors.offset") + i * self.header("descriptor_size")

    def descriptor(self, i, name):
        return get(DESCRIPTOR_ALL, self.data, name, self.base(i))

    def slot(self, i, s):
        """Where slot s of descriptor i lies in the file."""
        return self.descriptor(i, f"slot{s}.offset")

    def zone(self, i, zone=0):
        """Where an entry of column i lies in the file."""
        return self.header("zones.offset") + 64 * (self.descriptor(i, "first_zone") + zone)

    def region(self, name):
        return self.header(name + ".offset")

    def peek(self, at, form):
        return struct.unpack_from("<" + form, self.data, at)[0]

    # --- changing

    def poke(self, at, form, *values):
        struct.pack_into("<" + form, self.data, at, *values)
        return self

    def flip(self, at, bits=1):
        self.data[at] ^= bits
        return self

    def set(self, **fields):
        """Header fields; a double underscore stands for the dot of a region."""
        for name, value in fields.items():
            put(HEADER, self.data, name.replace("__", "."), value)
        return self

    def describe(self, i, **fields):
        """Fields of descriptor i; slot1__offset for slot1.offset."""
        for name, value in fields.items():
            put(DESCRIPTOR_ALL, self.data, name.replace("__", "."), value, self.base(i))
        return self

    def describe_element(self, i, **fields):
        """Parameters of the element of list i, by their names in the element's own type."""
        for name, value in fields.items():
            put(DESCRIPTOR_ALL, self.data, name, value, self.base(i) + ELEMENT_AT)
        return self

    def clear_slot(self, i, s):
        at = self.base(i) + 136 + 40 * s
        self.data[at : at + 40] = bytes(40)
        return self

    # --- hashes

    def sealed(self, *leave):
        """All hashes computed again, but for the named steps of sealing."""
        sealing.seal(self.data, leave)
        return bytes(self.data)

    def header_sealed(self):
        """Only the header's hash: the regions may not be where it says."""
        size = self.header("header_size")
        put(HEADER, self.data, "header_hash", sealing.header_hash(self.data, size))
        return bytes(self.data)

    def raw(self):
        return bytes(self.data)
