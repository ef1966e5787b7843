/* Names, classes and requirements of status numbers and types: one table each. */
#include "error.h"
#include "format/fault.h"

/* format/ knows nothing of the public header, but its codes are the public numbers. */
#define SAME(fault, status)                                                                        \
    _Static_assert((int)FMT_##fault == (int)SHMCOL_ERR_##status,                                   \
                   "code " #fault " and its status differ")
SAME(NOT_SHMCOL, NOT_SHMCOL);
SAME(TRUNCATED, TRUNCATED);
SAME(TRAILING, TRAILING);
SAME(BIG_ENDIAN, BIG_ENDIAN);
SAME(HEADER_HASH, HEADER_HASH);
SAME(HEADER_FIELD, HEADER_FIELD);
SAME(VERSION, VERSION);
SAME(FEATURE, FEATURE);
SAME(ENVELOPE_VERSION_UNKNOWN, ENVELOPE_VERSION);
SAME(REGION_HASH, REGION_HASH);
SAME(DESCRIPTOR_HASH, DESCRIPTOR_HASH);
SAME(DESCRIPTOR_FIELD, DESCRIPTOR_FIELD);
SAME(COLUMN_UNSUPPORTED, COLUMN_UNSUPPORTED);
SAME(NAME, NAME);
SAME(NAME_INDEX, NAME_INDEX);
SAME(METADATA, METADATA);
SAME(LAYOUT, LAYOUT);
SAME(FILE_ID, FILE_ID);
SAME(GAP, GAP);
SAME(BLOCK_HASH, BLOCK_HASH);
SAME(ENVELOPE, ENVELOPE);
SAME(VALIDITY, VALIDITY);
SAME(OFFSETS, OFFSETS);
SAME(UTF8, UTF8);
SAME(CODES, CODES);
SAME(DICTIONARY_VALUES, DICTIONARY);
SAME(VALUE, VALUE);
SAME(NULL_SLOT, NULL_SLOT);
SAME(ZONE_MAP, ZONE_MAP);
SAME(FRAME, FRAME);
SAME(BAD_NAME, BAD_NAME);
SAME(LIMIT, LIMIT);

typedef struct status_entry {
    const char *name;
    int class;
    const char *rule;
} status_entry;

#define ENTRY(name, class) [SHMCOL_ERR_##name] = {#name, SHMCOL_CLASS_##class, ""}
/* The answers of spec/format.md section 12, with their requirement. */
#define FORMAT(name, class, rule) [SHMCOL_ERR_##name] = {#name, SHMCOL_CLASS_##class, rule}
static const status_entry entries[] = {
    [SHMCOL_OK] = {"OK", SHMCOL_CLASS_OK, ""},
    ENTRY(INVALID_ARGUMENT, USAGE),
    ENTRY(NO_COLUMN, USAGE),
    ENTRY(WRONG_TYPE, USAGE),
    ENTRY(HAS_NULLS, USAGE),
    ENTRY(OUT_OF_RANGE, USAGE),
    ENTRY(EXISTS, USAGE),
    ENTRY(SAME_FILE, USAGE),
    ENTRY(TYPE_NAME, USAGE),
    ENTRY(WRITER_STATE, USAGE),
    ENTRY(TAKEN, USAGE),
    ENTRY(NOT_FILLED, USAGE),
    ENTRY(GONE, USAGE),
    ENTRY(IO, SYSTEM),
    ENTRY(NO_MEMORY, SYSTEM),
    ENTRY(MEMORY_BOUND, SYSTEM),
    ENTRY(ADDRESS_SPACE, SYSTEM),
    ENTRY(CANCELLED, SYSTEM),
    ENTRY(FAULT, SYSTEM),
    ENTRY(CHANGED, SYSTEM),
    FORMAT(NOT_SHMCOL, DATA, "F-60"),
    FORMAT(TRUNCATED, DATA, "F-5"),
    FORMAT(TRAILING, DATA, "F-5"),
    FORMAT(BIG_ENDIAN, DATA, "F-17"),
    FORMAT(HEADER_HASH, DATA, "F-10"),
    FORMAT(HEADER_FIELD, DATA, "F-14"),
    FORMAT(VERSION, UNSUPPORTED, "F-18"),
    FORMAT(FEATURE, UNSUPPORTED, "F-20"),
    FORMAT(ENVELOPE_VERSION, UNSUPPORTED, "F-19"),
    FORMAT(REGION_HASH, DATA, "F-12"),
    FORMAT(DESCRIPTOR_HASH, DATA, "F-21"),
    FORMAT(DESCRIPTOR_FIELD, DATA, "F-22"),
    FORMAT(COLUMN_UNSUPPORTED, UNSUPPORTED, "F-28"),
    FORMAT(NAME, DATA, "F-31"),
    FORMAT(NAME_INDEX, DATA, "F-32"),
    FORMAT(METADATA, DATA, "F-33"),
    FORMAT(LAYOUT, DATA, "F-42"),
    FORMAT(FILE_ID, DATA, "F-15"),
    FORMAT(GAP, DATA, "F-4"),
    FORMAT(BLOCK_HASH, DATA, "F-45"),
    FORMAT(ENVELOPE, DATA, "F-50"),
    FORMAT(VALIDITY, DATA, "F-35"),
    FORMAT(OFFSETS, DATA, "F-36"),
    FORMAT(UTF8, DATA, "F-37"),
    FORMAT(CODES, DATA, "F-39"),
    FORMAT(DICTIONARY, DATA, "F-39"),
    FORMAT(VALUE, DATA, "F-38"),
    FORMAT(NULL_SLOT, DATA, "F-38"),
    FORMAT(ZONE_MAP, DATA, "F-47"),
    FORMAT(FRAME, DATA, "F-76"),
    ENTRY(TYPE_UNSUPPORTED, UNSUPPORTED),
    ENTRY(BAD_VALUE, DATA),
    ENTRY(BAD_NAME, DATA),
    ENTRY(LIMIT, DATA),
    ENTRY(BAD_ARROW, DATA),
    ENTRY(CSV_EMPTY, DATA),
    ENTRY(CSV_RAGGED, DATA),
    ENTRY(CSV_UNCLOSED_QUOTE, DATA),
    ENTRY(CSV_AFTER_QUOTE, DATA),
    ENTRY(CSV_NUL, DATA),
    ENTRY(CSV_UTF8, DATA),
    ENTRY(CSV_UTF16, DATA),
    ENTRY(CSV_CARRIAGE_RETURN, DATA),
    ENTRY(CSV_FIELD_SIZE, SYSTEM),
    ENTRY(CSV_NAME, DATA),
    ENTRY(CSV_VALUE, DATA),
    ENTRY(CSV_HEADERS_DIFFER, DATA),
    ENTRY(CSV_ENCODING, DATA),
    ENTRY(CSV_COMPRESSED, DATA),
};

static const char *const types[] = {
    [SHMCOL_BOOL8] = "bool8",           [SHMCOL_INT8] = "int8",
    [SHMCOL_INT16] = "int16",           [SHMCOL_INT32] = "int32",
    [SHMCOL_INT64] = "int64",           [SHMCOL_UINT8] = "uint8",
    [SHMCOL_UINT16] = "uint16",         [SHMCOL_UINT32] = "uint32",
    [SHMCOL_UINT64] = "uint64",         [SHMCOL_FLOAT32] = "float32",
    [SHMCOL_FLOAT64] = "float64",       [SHMCOL_DATE32] = "date32",
    [SHMCOL_DATE64] = "date64",         [SHMCOL_TIMESTAMP] = "timestamp",
    [SHMCOL_DURATION] = "duration",     [SHMCOL_TIME32] = "time32",
    [SHMCOL_TIME64] = "time64",         [SHMCOL_STRING] = "string",
    [SHMCOL_BINARY] = "binary",         [SHMCOL_FIXED_BINARY] = "fixed_binary",
    [SHMCOL_DICTIONARY] = "dictionary", [SHMCOL_TENSOR] = "tensor",
};

static const status_entry *find(shmcol_status status)
{
    unsigned number = (unsigned)status;
    if (number >= sizeof entries / sizeof *entries || entries[number].name == NULL)
        return NULL;
    return &entries[number];
}

const char *shmcol_status_name(shmcol_status status)
{
    const status_entry *entry = find(status);
    return entry != NULL ? entry->name : "UNKNOWN";
}

int shmcol_status_class(shmcol_status status)
{
    const status_entry *entry = find(status);
    return entry != NULL ? entry->class : SHMCOL_CLASS_SYSTEM;
}

const char *shm_status_rule(shmcol_status status)
{
    const status_entry *entry = find(status);
    return entry != NULL ? entry->rule : "";
}

const char *shmcol_type_name(shmcol_type type)
{
    unsigned number = (unsigned)type;
    return number < sizeof types / sizeof *types ? types[number] : NULL;
}

uint32_t shmcol_version(void)
{
    return SHMCOL_VERSION;
}
