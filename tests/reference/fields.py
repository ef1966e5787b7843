"""The fields of header, descriptor, slot and zone entry by name (F-10, F-21, F-26, F-46)."""

import struct

from model import REGIONS

HEADER = {
    "arrow_magic": (0, "8s"),
    "continuation": (8, "I"),
    "schema_message_length": (12, "i"),
    "schema_root": (16, "I"),
    "zero": (20, "12s"),
    "magic": (32, "8s"),
    "header_size": (40, "I"),
    "descriptor_size": (44, "I"),
    "header_hash": (48, "Q"),
    "version_major": (56, "H"),
    "version_minor": (58, "H"),
    "envelope_version": (60, "I"),
    "compat": (64, "Q"),
    "ro_compat": (72, "Q"),
    "incompat": (80, "Q"),
    "writer_id": (88, "I"),
    "writer_version": (92, "I"),
    "csv_rules": (96, "I"),
    "byte_order": (100, "I"),
    "rows": (104, "Q"),
    "columns": (112, "I"),
    "dictionaries": (116, "I"),
    "file_size": (120, "Q"),
    "file_id": (128, "16s"),
    "content_id": (144, "16s"),
    "body_offset": (160, "Q"),
    "body_length": (168, "Q"),
    "table_metadata_offset": (176, "Q"),
    "table_metadata_length": (184, "Q"),
    "table_metadata_hash": (192, "Q"),
    "reserved": (416, "24s"),  # F-70: in compressed files the entry of frames
    "alignment": (440, "I"),
    "zero444": (444, "I"),
    "first_row": (448, "Q"),
    "table_rows": (456, "Q"),
    "table_id": (464, "16s"),
    "previous_id": (480, "16s"),
    "reserved496": (496, "16s"),
}
for _i, _name in enumerate(REGIONS + ("frames",)):
    HEADER[_name + ".offset"] = (200 + 24 * _i, "Q")
    HEADER[_name + ".length"] = (208 + 24 * _i, "Q")
    HEADER[_name + ".hash"] = (216 + 24 * _i, "Q")

DESCRIPTOR = {
    "hash": (0, "Q"),
    "type": (8, "H"),
    "zero10": (10, "H"),
    "flags": (12, "I"),
    "child_count": (16, "I"),
    "dictionary": (20, "I"),
    "name_offset": (24, "Q"),
    "name_length": (32, "I"),
    "zero36": (36, "I"),
    "name_hash": (40, "Q"),
    "parameters": (48, "32s"),
    "length": (80, "Q"),
    "null_count": (88, "Q"),
    "metadata_offset": (96, "Q"),
    "metadata_length": (104, "Q"),
    "metadata_hash": (112, "Q"),
    "first_zone": (120, "Q"),
    "zero128": (128, "Q"),
    "reserved": (296, "24s"),
}
for _i in range(4):
    _at = 136 + 40 * _i
    for _name, _offset, _form in (
        ("offset", 0, "Q"),
        ("stored", 8, "Q"),
        ("logical", 16, "Q"),
        ("first_checksum", 24, "Q"),
        ("encoding", 32, "I"),
        ("zero", 36, "I"),
    ):
        DESCRIPTOR[f"slot{_i}.{_name}"] = (_at + _offset, _form)

# F-25: what the 32 parameter bytes hold, by the place in the descriptor
PARAMETERS = {
    "unit": (48, "B"),
    "zone_length": (52, "I"),
    "zone_offset": (56, "Q"),
    "zone_hash": (64, "Q"),
    "width": (48, "I"),
    "code_width": (48, "B"),
    "precision": (48, "B"),
    "scale": (49, "B"),
    "element": (48, "H"),
    "dimensions": (50, "B"),
    "element_unit": (51, "B"),
    "shape": (52, "7I"),
    "message_offset": (48, "Q"),
    "message_length": (56, "Q"),
    "body_length": (64, "Q"),
    "message_hash": (72, "Q"),
}
DESCRIPTOR_ALL = DESCRIPTOR | PARAMETERS
ELEMENT_AT = 8  # F-25: how much later a list has the parameters of its element

ZONE_ENTRY = struct.Struct("<IIII16s16sQQ")


def get(table, data, name, base=0):
    offset, form = table[name]
    values = struct.unpack_from("<" + form, data, base + offset)
    return values if len(values) > 1 else values[0]


def put(table, data, name, value, base=0):
    offset, form = table[name]
    values = value if isinstance(value, (tuple, list)) else (value,)
    struct.pack_into("<" + form, data, base + offset, *values)
