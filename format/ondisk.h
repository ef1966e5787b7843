/* Every constant of the file format, in one place: sizes, offsets of fields, magics, numbers of
 * types, flags. Only format/ lays bytes out; everybody else uses these names. The requirement of
 * each group stands beside it; spec/format.md is normative. */
#ifndef SHMCOL_FORMAT_ONDISK_H
#define SHMCOL_FORMAT_ONDISK_H

#include <stdint.h>

/* Section 1 */
#define FMT_BLOCK_SIZE 524288u /* bytes under one checksum (F-45) */
#define FMT_PAGE 4096u
#define FMT_BIG 1048576u /* a buffer of this length is placed on a big page (F-42) */
#define FMT_BIG_PAGE 65536u
#define FMT_ALIGN 64u /* other buffers (F-42), parts of the body (F-44), the schema (F-4) */
#define FMT_NONE32 UINT32_C(0xFFFFFFFF)
#define FMT_NONE64 UINT64_C(0xFFFFFFFFFFFFFFFF)

/* F-10: the header */
#define FMT_ARROW_MAGIC "ARROW1\0\0"
#define FMT_ARROW_MAGIC_SIZE 8
#define FMT_MAGIC "\x89SHMCOL\n"
#define FMT_MAGIC_SIZE 8
#define FMT_BYTE_ORDER UINT32_C(0x0A0B0C0D)
#define FMT_BYTE_ORDER_SWAPPED UINT32_C(0x0D0C0B0A)
#define FMT_CONTINUATION UINT32_C(0xFFFFFFFF)

enum fmt_header_field {
    FMT_H_ARROW_MAGIC = 0,
    FMT_H_CONTINUATION = 8,
    FMT_H_SCHEMA_LENGTH = 12,
    FMT_H_SCHEMA_ROOT = 16, /* the schema's flatbuffer starts here */
    FMT_H_ZERO = 20,
    FMT_H_MAGIC = 32,
    FMT_H_HEADER_SIZE = 40,
    FMT_H_DESCRIPTOR_SIZE = 44,
    FMT_H_HASH = 48,
    FMT_H_VERSION_MAJOR = 56,
    FMT_H_VERSION_MINOR = 58,
    FMT_H_ENVELOPE_VERSION = 60,
    FMT_H_COMPAT = 64,
    FMT_H_RO_COMPAT = 72,
    FMT_H_INCOMPAT = 80,
    FMT_H_WRITER_ID = 88,
    FMT_H_WRITER_VERSION = 92,
    FMT_H_CSV_RULES = 96,
    FMT_H_BYTE_ORDER = 100,
    FMT_H_ROWS = 104,
    FMT_H_COLUMNS = 112,
    FMT_H_DICTIONARIES = 116,
    FMT_H_FILE_SIZE = 120,
    FMT_H_FILE_ID = 128,
    FMT_H_CONTENT_ID = 144,
    FMT_H_BODY_OFFSET = 160,
    FMT_H_BODY_LENGTH = 168,
    FMT_H_META_OFFSET = 176,
    FMT_H_META_LENGTH = 184,
    FMT_H_META_HASH = 192,
    FMT_H_REGIONS = 200,
    FMT_H_FRAMES = 416,    /* a tenth region entry, in compressed files (F-70); else reserved */
    FMT_H_ALIGNMENT = 440, /* F-79, and the fields below */
    FMT_H_ZERO2 = 444,
    FMT_H_FIRST_ROW = 448,
    FMT_H_TABLE_ROWS = 456,
    FMT_H_TABLE_ID = 464,
    FMT_H_PREVIOUS_ID = 480,
    FMT_H_RESERVED = 496,
    FMT_HEADER_SIZE = 512
};
enum { FMT_REGION_SIZE = 24, FMT_REGION_COUNT = 9, FMT_ID_SIZE = 16 };
_Static_assert(FMT_H_REGIONS + FMT_REGION_COUNT * FMT_REGION_SIZE == FMT_H_FRAMES, "F-10");
_Static_assert(FMT_H_FRAMES + FMT_REGION_SIZE == FMT_H_ALIGNMENT, "F-70");
_Static_assert(FMT_H_PREVIOUS_ID + FMT_ID_SIZE == FMT_H_RESERVED, "F-10");
_Static_assert(FMT_H_RESERVED + 16 == FMT_HEADER_SIZE, "F-10");

#define FMT_HEADER_SIZE_MAX 65536u     /* F-11 */
#define FMT_DESCRIPTOR_SIZE_MAX 65536u /* F-11 */
#define FMT_VERSION_MAJOR 1
#define FMT_VERSION_MINOR 0
#define FMT_ENVELOPE_VERSION 1u
#define FMT_WRITER_SHMCOL 1u                   /* writer_id of the shmcol library */
#define FMT_ROWS_LIMIT (UINT64_C(1) << 56)     /* F-14: N is below */
#define FMT_OBJECTS_LIMIT UINT64_C(0xFFFFFFFF) /* F-14: C + K is below */

/* F-20: the feature bits this version knows */
#define FMT_COMPAT_KNOWN UINT64_C(0)
#define FMT_RO_COMPAT_KNOWN UINT64_C(0)
#define FMT_INCOMPAT_COMPRESSED UINT64_C(1)
#define FMT_INCOMPAT_KNOWN FMT_INCOMPAT_COMPRESSED
#define FMT_INCOMPAT_READABLE UINT64_C(0) /* those a reader of plain files can read */

/* F-21: a descriptor */
enum fmt_descriptor_field {
    FMT_D_HASH = 0,
    FMT_D_TYPE = 8,
    FMT_D_ZERO1 = 10,
    FMT_D_FLAGS = 12,
    FMT_D_CHILD_COUNT = 16,
    FMT_D_DICTIONARY = 20,
    FMT_D_NAME_OFFSET = 24,
    FMT_D_NAME_LENGTH = 32,
    FMT_D_ZERO2 = 36,
    FMT_D_NAME_HASH = 40,
    FMT_D_PARAMETERS = 48,
    FMT_D_LENGTH = 80,
    FMT_D_NULL_COUNT = 88,
    FMT_D_META_OFFSET = 96,
    FMT_D_META_LENGTH = 104,
    FMT_D_META_HASH = 112,
    FMT_D_FIRST_ZONE = 120,
    FMT_D_ZERO3 = 128,
    FMT_D_SLOTS = 136,
    FMT_D_RESERVED = 296,
    FMT_DESCRIPTOR_SIZE = 320
};
/* F-26: a buffer slot, offsets from its start */
enum fmt_slot_field {
    FMT_S_OFFSET = 0,
    FMT_S_STORED = 8,
    FMT_S_LOGICAL = 16,
    FMT_S_CHECKSUM = 24,
    FMT_S_ENCODING = 32,
    FMT_S_ZERO = 36,
    FMT_SLOT_SIZE = 40
};
/* F-25: parameters, offsets from FMT_D_PARAMETERS */
enum fmt_parameter_field {
    FMT_P_UNIT = 0, /* timestamp, duration, time32, time64 */
    FMT_P_ZONE_LENGTH = 4,
    FMT_P_ZONE_OFFSET = 8,
    FMT_P_ZONE_HASH = 16,
    FMT_P_WIDTH = 0,   /* fixed_binary: u32; dictionary: u8 */
    FMT_P_ELEMENT = 0, /* tensor */
    FMT_P_DIMENSIONS = 2,
    FMT_P_ELEMENT_UNIT = 3,
    FMT_P_SHAPE = 4,
    FMT_P_PRECISION = 0, /* decimal128 */
    FMT_P_SCALE = 1,
    FMT_P_OF_ELEMENT = 8,     /* list: parameters of the element; its type is at FMT_P_ELEMENT */
    FMT_P_MESSAGE_OFFSET = 0, /* a dictionary's own descriptor */
    FMT_P_MESSAGE_LENGTH = 8,
    FMT_P_BODY_LENGTH = 16,
    FMT_P_MESSAGE_HASH = 24,
    FMT_PARAMETERS_SIZE = 32
};
_Static_assert(FMT_D_PARAMETERS + FMT_PARAMETERS_SIZE == FMT_D_LENGTH, "F-21");
_Static_assert(FMT_D_SLOTS + 4 * FMT_SLOT_SIZE == FMT_D_RESERVED, "F-21");
_Static_assert(FMT_D_RESERVED + 24 == FMT_DESCRIPTOR_SIZE, "F-21");

/* F-23 */
#define FMT_FLAG_NULLABLE 1u
#define FMT_FLAG_SORTED 2u
#define FMT_FLAG_ORDERED 4u
#define FMT_FLAG_ASCENDING 8u /* of columns */
#define FMT_FLAGS_KNOWN 15u
#define FMT_ENCODING_PLAIN 0u /* F-26 */
#define FMT_ENCODING_ZSTD 1u  /* F-71; in compressed files only */
#define FMT_ENCODING_LZ4 2u   /* reserved for Arrow's LZ4_FRAME: unsupported */

/* F-24; the numbers are those in the file */
enum fmt_type {
    FMT_BOOL8 = 1,
    FMT_INT8 = 2,
    FMT_INT16 = 3,
    FMT_INT32 = 4,
    FMT_INT64 = 5,
    FMT_UINT8 = 6,
    FMT_UINT16 = 7,
    FMT_UINT32 = 8,
    FMT_UINT64 = 9,
    FMT_FLOAT32 = 10,
    FMT_FLOAT64 = 11,
    FMT_DATE32 = 12,
    FMT_DATE64 = 13,
    FMT_TIMESTAMP = 14,
    FMT_DURATION = 15,
    FMT_TIME32 = 16,
    FMT_TIME64 = 17,
    FMT_STRING = 18,
    FMT_BINARY = 19,
    FMT_FIXED_BINARY = 20,
    FMT_DICTIONARY = 21,
    FMT_TENSOR = 22,
    FMT_FLOAT16 = 23,
    FMT_DECIMAL128 = 24,
    FMT_LIST = 25,
    FMT_TYPE_LAST = FMT_LIST
};
enum fmt_unit { FMT_UNIT_SECOND = 0, FMT_UNIT_MILLI = 1, FMT_UNIT_MICRO = 2, FMT_UNIT_NANO = 3 };
#define FMT_NULL_FLOAT16 UINT32_C(0x7E00)
#define FMT_NULL_FLOAT32 UINT32_C(0x7FC00000)
#define FMT_NULL_FLOAT64 UINT64_C(0x7FF8000000000000)
#define FMT_NAT INT64_MIN /* a null date64, timestamp, duration */
#define FMT_DAY_MILLIS INT64_C(86400000)
#define FMT_WIDTH_MAX UINT32_C(0x7FFFFFFF) /* F-25 */
#define FMT_ZONE_NAME_MAX 255u             /* F-25: bytes of a time zone */
#define FMT_DIMENSIONS_MAX 7
#define FMT_PRECISION_MAX 38      /* F-25: of a decimal128 */
#define FMT_PART_ALIGNMENT 65536u /* F-79 */
#define FMT_NAME_MAX 65535u       /* F-31 */
#define FMT_INDEX_ENTRY_SIZE 16   /* F-32 */
enum fmt_index_field { FMT_I_HASH = 0, FMT_I_COLUMN = 8, FMT_I_ZERO = 12 };

/* F-46: a zone entry */
#define FMT_ZONE_ROWS 65536 /* rows of an entry */
#define FMT_ZONE_ENTRY_SIZE 64
#define FMT_ZONE_NO_BOUNDS 1u /* a flag */
enum fmt_zone_field {
    FMT_Z_NULL_COUNT = 0,
    FMT_Z_NAN_COUNT = 4,
    FMT_Z_FLAGS = 8,
    FMT_Z_ZERO = 12,
    FMT_Z_MIN = 16,
    FMT_Z_MAX = 32,
    FMT_Z_MIN_LENGTH = 48,
    FMT_Z_MAX_LENGTH = 56
};

/* F-72, F-74: a compressed buffer */
#define FMT_PLAIN_LENGTH_SIZE 8u                        /* Arrow's i64 before the frames */
#define FMT_NOT_COMPRESSED UINT64_C(0xFFFFFFFFFFFFFFFF) /* that i64 before plain bytes: -1 */
#define FMT_FRAME_ENTRY_SIZE 4u                         /* of the frames region */
#define FMT_FRAME_MAX                                                                              \
    526336u /* no frame of a block is longer: zstd's own bound for incompressible bytes */
#define FMT_FRAME_MAGIC UINT32_C(0xFD2FB528)
#define FMT_FRAME_WINDOW_MAX UINT64_C(8388608) /* F-72 */
#define FMT_ARROW_ZSTD 1u                      /* BodyCompression's codec (F-73) */

/* F-59 */
#define FMT_SCHEMA_TABLES_MAX UINT64_C(1000000)
#define FMT_MESSAGE_MAX UINT64_C(0x7FFFFFFF)

/* F-34, F-55 */
#define FMT_KEY_EXTENSION_NAME "ARROW:extension:name"
#define FMT_KEY_EXTENSION_METADATA "ARROW:extension:metadata"

#endif
