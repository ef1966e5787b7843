/* Faults: how bytes break the format, and at which place. Functions of format/ that can fail return
 * a code, FMT_OK or another, and fill in a fault that the caller owns. */
#ifndef SHMCOL_FORMAT_FAULT_H
#define SHMCOL_FORMAT_FAULT_H

#include <stdint.h>

/* Section 12 of the spec; the numbers are those of shmcol_status. */
enum fmt_code {
    FMT_OK = 0,
    FMT_NOT_SHMCOL = 40,
    FMT_TRUNCATED = 41,
    FMT_TRAILING = 42,
    FMT_BIG_ENDIAN = 43,
    FMT_HEADER_HASH = 44,
    FMT_HEADER_FIELD = 45,
    FMT_VERSION = 46,
    FMT_FEATURE = 47,
    FMT_ENVELOPE_VERSION_UNKNOWN = 48,
    FMT_REGION_HASH = 49,
    FMT_DESCRIPTOR_HASH = 50,
    FMT_DESCRIPTOR_FIELD = 51,
    FMT_COLUMN_UNSUPPORTED = 52,
    FMT_NAME = 53,
    FMT_NAME_INDEX = 54,
    FMT_METADATA = 55,
    FMT_LAYOUT = 56,
    FMT_FILE_ID = 57,
    FMT_GAP = 58,
    FMT_BLOCK_HASH = 59,
    FMT_ENVELOPE = 60,
    FMT_VALIDITY = 61,
    FMT_OFFSETS = 62,
    FMT_UTF8 = 63,
    FMT_CODES = 64,
    FMT_DICTIONARY_VALUES = 65,
    FMT_VALUE = 66,
    FMT_NULL_SLOT = 67,
    FMT_ZONE_MAP = 68,
    FMT_FRAME = 69,
    FMT_ASCENDING = 70,
    /* of what a writer was given */
    FMT_BAD_NAME = 82, /* a name, zone or metadata: duplicate, not UTF-8, with a NUL, too long */
    FMT_LIMIT = 83     /* a limit of the format is passed (F-59) */
};

#define FMT_NO_OFFSET UINT64_MAX

typedef struct fmt_fault {
    int code; /* enum fmt_code; FMT_OK: nothing was filled in */
    /* The requirement that section 12 names for the code, "F-36"; static storage. `text` ends in
     * the one that was broken, if it is another. */
    const char *rule;
    uint64_t offset; /* in the file; FMT_NO_OFFSET: none */
    int64_t column;  /* index from 0; -1: none */
    int64_t row;     /* from 0, the number of the value for dictionaries; -1: none */
    char text[200];  /* one line, NUL-terminated */
} fmt_fault;

/* Returns the requirement that section 12 names for a code, "F-36"; NULL for one that is no answer
 * about a file. */
const char *fmt_rule_of(int code);

/* Fills in `fault`, which may be NULL, and returns `code`: `return fmt_fail(...)`. Column and row
 * become -1. `rule` is the requirement that was broken. */
int fmt_fail(fmt_fault *fault, int code, const char *rule, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Does the same for a place in a column; `row` may be -1. */
int fmt_fail_at(fmt_fault *fault, int code, const char *rule, uint64_t offset, int64_t column,
                int64_t row, const char *format, ...) __attribute__((format(printf, 7, 8)));

#endif
