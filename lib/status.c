/* Names, classes and requirements of status numbers. */
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
SAME(ASCENDING, ASCENDING);
SAME(BAD_NAME, BAD_NAME);
SAME(LIMIT, LIMIT);

typedef struct status_entry {
    const char *name;
    int class;
} status_entry;

#define ENTRY(name, class) [SHMCOL_ERR_##name] = {#name, SHMCOL_CLASS_##class}
static const status_entry entries[] = {
    [SHMCOL_OK] = {"OK", SHMCOL_CLASS_OK},
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
    ENTRY(NOT_ONE_RUN, USAGE),
    ENTRY(NOT_ASCENDING, USAGE),
    ENTRY(IO, SYSTEM),
    ENTRY(NO_MEMORY, SYSTEM),
    ENTRY(MEMORY_BOUND, SYSTEM),
    ENTRY(ADDRESS_SPACE, SYSTEM),
    ENTRY(CANCELLED, SYSTEM),
    ENTRY(FAULT, SYSTEM),
    ENTRY(CHANGED, SYSTEM),
    ENTRY(FILE_REPLACED, SYSTEM),
    ENTRY(LOCKED, SYSTEM),
    ENTRY(APPENDED_NOT_SYNCED, SYSTEM),
    ENTRY(NO_TABLE, SYSTEM),
    ENTRY(NOT_SHMCOL, DATA),
    ENTRY(TRUNCATED, DATA),
    ENTRY(TRAILING, DATA),
    ENTRY(BIG_ENDIAN, DATA),
    ENTRY(HEADER_HASH, DATA),
    ENTRY(HEADER_FIELD, DATA),
    ENTRY(VERSION, UNSUPPORTED),
    ENTRY(FEATURE, UNSUPPORTED),
    ENTRY(ENVELOPE_VERSION, UNSUPPORTED),
    ENTRY(REGION_HASH, DATA),
    ENTRY(DESCRIPTOR_HASH, DATA),
    ENTRY(DESCRIPTOR_FIELD, DATA),
    ENTRY(COLUMN_UNSUPPORTED, UNSUPPORTED),
    ENTRY(NAME, DATA),
    ENTRY(NAME_INDEX, DATA),
    ENTRY(METADATA, DATA),
    ENTRY(LAYOUT, DATA),
    ENTRY(FILE_ID, DATA),
    ENTRY(GAP, DATA),
    ENTRY(BLOCK_HASH, DATA),
    ENTRY(ENVELOPE, DATA),
    ENTRY(VALIDITY, DATA),
    ENTRY(OFFSETS, DATA),
    ENTRY(UTF8, DATA),
    ENTRY(CODES, DATA),
    ENTRY(DICTIONARY, DATA),
    ENTRY(VALUE, DATA),
    ENTRY(NULL_SLOT, DATA),
    ENTRY(ZONE_MAP, DATA),
    ENTRY(FRAME, DATA),
    ENTRY(ASCENDING, DATA),
    ENTRY(WRONG_PART, DATA),
    ENTRY(PARTS_MISSING, DATA),
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
    ENTRY(CSV_NOT_TEXT, DATA),
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
    const char *rule = fmt_rule_of((int)status);
    return rule != NULL ? rule : "";
}

uint32_t shmcol_version(void)
{
    return SHMCOL_VERSION;
}
