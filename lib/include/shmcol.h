/* shmcol: memory-mapped columnar datasets. The one public header of the library.
 *
 * Conventions of every function:
 *  - It returns a shmcol_status: SHMCOL_OK (0), or one distinct code for each way to fail. The
 *    numbers are frozen. Comments name the codes without their prefix SHMCOL_ERR_.
 *  - `err` may be NULL. Otherwise begin it as SHMCOL_ERROR_INIT. A failure fills it in, a success
 *    leaves it alone.
 *  - A failure changes no output parameter and leaves nothing to free.
 *  - Structs that the caller owns begin with `size`. Set them with their _INIT macro, so that old
 *    programs run with newer libraries.
 *  - Strings that are passed in are NUL-terminated UTF-8, unless a length stands beside them.
 *  - Pointers that are given out live until the file is closed, unless the comment says otherwise.
 *    Those to values point into the mapped file. Names and metadata may be copies.
 *  - Readers are thread-safe: any number of threads may use one shmcol_file. A writer belongs to
 *    one thread at a time.
 *  - There is no global state, and no signal handler unless shmcol_guard or shmcol_fault_report
 *    asks for one.
 *
 * Sections: status and errors; types; CSV to a file; opening; describing; values; strings and
 * dictionaries; lists; tables in directories; statistics; trust; publishing and writing; appending;
 * Arrow; compressed files; tables in memory; tables that many processes fill; other outputs.
 */
#ifndef SHMCOL_H
#define SHMCOL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#error "shmcol needs a POSIX system"
#elif defined(__GNUC__)
#define SHMCOL_API __attribute__((visibility("default")))
#else
#define SHMCOL_API
#endif

#define SHMCOL_VERSION_MAJOR 1
#define SHMCOL_VERSION_MINOR 0
#define SHMCOL_VERSION_PATCH 0
#define SHMCOL_VERSION                                                                             \
    (SHMCOL_VERSION_MAJOR * 1000000 + SHMCOL_VERSION_MINOR * 1000 + SHMCOL_VERSION_PATCH)

/* The _INIT macros set `size` and the few defaults that are not zero. In C they are designated
 * initialisers. C++ has those only from C++20 on. There they call a function, whose defaults stand
 * at the end of this header. */
#ifdef __cplusplus
extern "C++" {
template <typename Struct> inline Struct shmcol_sized()
{
    Struct made = Struct();
    made.size = sizeof(Struct);
    return made;
}
}
#define SHMCOL_SIZED(type) shmcol_sized<type>()
#define SHMCOL_SIZED_WITH(type, ...) shmcol_sized<type>()
#else
#define SHMCOL_SIZED(type) {.size = sizeof(type)}
#define SHMCOL_SIZED_WITH(type, ...) {.size = sizeof(type), __VA_ARGS__}
#endif

/* ---- status and errors ---- */

/* The kind of failure that a status is. The numbers are the exit statuses of the tools. */
enum {
    SHMCOL_CLASS_OK = 0,
    SHMCOL_CLASS_DATA = 1,       /* the data is not valid */
    SHMCOL_CLASS_USAGE = 2,      /* the call is wrong: a name, an option, a path that exists */
    SHMCOL_CLASS_SYSTEM = 3,     /* the system refused: I/O, memory, the memory bound */
    SHMCOL_CLASS_UNSUPPORTED = 4 /* perhaps valid, but not for this version */
};

typedef enum shmcol_status {
    SHMCOL_OK = 0,

    /* ---- usage ---- */
    SHMCOL_ERR_INVALID_ARGUMENT = 1,
    SHMCOL_ERR_NO_COLUMN = 2,  /* no column has that name or index */
    SHMCOL_ERR_WRONG_TYPE = 3, /* the message names both types */
    /* The column has nulls, and the caller passed no place for the validity. */
    SHMCOL_ERR_HAS_NULLS = 4,
    SHMCOL_ERR_OUT_OF_RANGE = 5, /* a row, zone or metadata index */
    SHMCOL_ERR_EXISTS = 6,       /* the output exists */
    SHMCOL_ERR_SAME_FILE = 7,    /* the output is the input */
    SHMCOL_ERR_TYPE_NAME = 8,    /* there is no such type */
    /* The writer failed before, or its batches do not fit its schema. */
    SHMCOL_ERR_WRITER_STATE = 9,
    /* Populate: some of the rows are held by a process or filled already. */
    SHMCOL_ERR_TAKEN = 10,
    /* Populate: some of the rows were never claimed, or were begun and not finished. */
    SHMCOL_ERR_NOT_FILLED = 11,
    /* Populate: the table was committed or given up, or its creator has died. */
    SHMCOL_ERR_GONE = 12,
    /* A column of a table in a directory that is no one run of bytes (shmcol_part). */
    SHMCOL_ERR_NOT_ONE_RUN = 13,
    SHMCOL_ERR_NOT_ASCENDING = 14, /* only a column whose rows ascend is searched */

    /* ---- the system ---- */
    SHMCOL_ERR_IO = 20, /* the message and sys_errno give the reason */
    SHMCOL_ERR_NO_MEMORY = 21,
    SHMCOL_ERR_MEMORY_BOUND = 22, /* does not fit the bound that the caller set */
    /* The file cannot be mapped: it is larger than the address space. */
    SHMCOL_ERR_ADDRESS_SPACE = 23,
    SHMCOL_ERR_CANCELLED = 24, /* a progress callback returned non-zero */
    /* shmcol_guard: while it was read, the mapped file was cut short or its device failed. */
    SHMCOL_ERR_FAULT = 25,
    SHMCOL_ERR_CHANGED = 26, /* an input changed while it was read */
    /* A table's directory, or its last part, is another one than before. */
    SHMCOL_ERR_FILE_REPLACED = 27,
    SHMCOL_ERR_LOCKED = 28, /* another process appends to the table, and no_wait was set */
    /* The rows are in the table, but perhaps not durable: do not append them again. */
    SHMCOL_ERR_APPENDED_NOT_SYNCED = 29,
    SHMCOL_ERR_NO_TABLE = 30, /* a directory without a table in it: it has no parts */

    /* ---- a shmcol file that is not valid, or not for this version: spec/format.md, 12 ---- */
    SHMCOL_ERR_NOT_SHMCOL = 40,
    SHMCOL_ERR_TRUNCATED = 41,
    SHMCOL_ERR_TRAILING = 42,
    SHMCOL_ERR_BIG_ENDIAN = 43,
    SHMCOL_ERR_HEADER_HASH = 44,
    SHMCOL_ERR_HEADER_FIELD = 45,
    SHMCOL_ERR_VERSION = 46,
    SHMCOL_ERR_FEATURE = 47,
    SHMCOL_ERR_ENVELOPE_VERSION = 48,
    SHMCOL_ERR_REGION_HASH = 49,
    SHMCOL_ERR_DESCRIPTOR_HASH = 50,
    SHMCOL_ERR_DESCRIPTOR_FIELD = 51,
    SHMCOL_ERR_COLUMN_UNSUPPORTED = 52,
    SHMCOL_ERR_NAME = 53,
    SHMCOL_ERR_NAME_INDEX = 54,
    SHMCOL_ERR_METADATA = 55,
    SHMCOL_ERR_LAYOUT = 56,
    SHMCOL_ERR_FILE_ID = 57,
    SHMCOL_ERR_GAP = 58,
    SHMCOL_ERR_BLOCK_HASH = 59,
    SHMCOL_ERR_ENVELOPE = 60,
    SHMCOL_ERR_VALIDITY = 61,
    SHMCOL_ERR_OFFSETS = 62,
    SHMCOL_ERR_UTF8 = 63,
    SHMCOL_ERR_CODES = 64,
    SHMCOL_ERR_DICTIONARY = 65,
    SHMCOL_ERR_VALUE = 66,
    SHMCOL_ERR_NULL_SLOT = 67,
    SHMCOL_ERR_ZONE_MAP = 68,
    SHMCOL_ERR_FRAME = 69,
    SHMCOL_ERR_ASCENDING = 70,

    /* ---- a table in a directory that is not valid: spec/format.md, 17 ---- */
    SHMCOL_ERR_WRONG_PART = 71,    /* a part does not belong to the table; the message names it */
    SHMCOL_ERR_PARTS_MISSING = 72, /* the parts end before the rows that they name */

    /* ---- the values that a writer was given ---- */
    SHMCOL_ERR_TYPE_UNSUPPORTED = 80, /* shmcol does not have the type; the message names it */
    SHMCOL_ERR_BAD_VALUE = 81,        /* the column's type does not allow the value */
    /* A name, zone or metadata: a duplicate, not UTF-8, with a NUL, or too long. */
    SHMCOL_ERR_BAD_NAME = 82,
    SHMCOL_ERR_LIMIT = 83,     /* a limit of the format (F-59) */
    SHMCOL_ERR_BAD_ARROW = 84, /* an imported Arrow array breaks Arrow's rules */

    /* ---- a CSV that is not valid: spec/csv.md ---- */
    SHMCOL_ERR_CSV_EMPTY = 100,
    SHMCOL_ERR_CSV_RAGGED = 101,
    SHMCOL_ERR_CSV_UNCLOSED_QUOTE = 102,
    SHMCOL_ERR_CSV_AFTER_QUOTE = 103, /* text after a closing quote */
    SHMCOL_ERR_CSV_NUL = 104,
    SHMCOL_ERR_CSV_UTF8 = 105,
    SHMCOL_ERR_CSV_UTF16 = 106,
    SHMCOL_ERR_CSV_CARRIAGE_RETURN = 107,
    SHMCOL_ERR_CSV_FIELD_SIZE = 108,
    SHMCOL_ERR_CSV_NAME = 109,
    SHMCOL_ERR_CSV_VALUE = 110, /* a value does not fit the type that was asked for */
    SHMCOL_ERR_CSV_HEADERS_DIFFER = 111,
    SHMCOL_ERR_CSV_ENCODING = 112,   /* the bytes are not of the named encoding */
    SHMCOL_ERR_CSV_COMPRESSED = 113, /* a .gz or .zst input is damaged */
    SHMCOL_ERR_CSV_NOT_TEXT = 114    /* a file of another kind: zip, xz, Parquet … */
} shmcol_status;

/* An error and its place. The caller owns it; it holds no pointers. A number that does not apply is
 * -1. */
typedef struct shmcol_error {
    size_t size;
    shmcol_status status;
    int sys_errno;       /* errno of the system call that failed; 0: none did */
    int64_t file_offset; /* byte offset in the file that the message is about */
    int64_t column;      /* column index, from 0 */
    int64_t row;         /* row index, from 0 */
    int64_t line;        /* CSV: line, from 1 */
    int64_t line_column; /* CSV: character in that line, from 1 */
    char rule[8];        /* requirement: "F-36", "C-12"; "" where none applies */
    char path[512];      /* the file, "" if unknown; a longer path keeps its end */
    char message[512];   /* one line, UTF-8: the problem */
    char hint[256];      /* one line, UTF-8: the remedy; "" where there is none to name */
} shmcol_error;
#define SHMCOL_ERROR_INIT                                                                          \
    SHMCOL_SIZED_WITH(shmcol_error, .file_offset = -1, .column = -1, .row = -1, .line = -1,        \
                      .line_column = -1)

/* Returns the name of a status without its prefix SHMCOL_ERR_ ("OFFSETS", "OK"), or "UNKNOWN" for a
 * number that is no status. The string is static. */
SHMCOL_API const char *shmcol_status_name(shmcol_status status);
/* Returns the SHMCOL_CLASS_… of a status. */
SHMCOL_API int shmcol_status_class(shmcol_status status);
/* Writes "path: place: error: message; hint", without the parts that are empty, to the `capacity`
 * bytes at `out`, and a NUL. Returns the length that the whole text has, as snprintf does. */
SHMCOL_API size_t shmcol_error_format(const shmcol_error *err, char *out, size_t capacity);
/* Returns the SHMCOL_VERSION of the library that runs. */
SHMCOL_API uint32_t shmcol_version(void);

/* ---- types ---- */

/* Logical types. The numbers are those in the file (F-24). */
typedef enum shmcol_type {
    SHMCOL_BOOL8 = 1,
    SHMCOL_INT8 = 2,
    SHMCOL_INT16 = 3,
    SHMCOL_INT32 = 4,
    SHMCOL_INT64 = 5,
    SHMCOL_UINT8 = 6,
    SHMCOL_UINT16 = 7,
    SHMCOL_UINT32 = 8,
    SHMCOL_UINT64 = 9,
    SHMCOL_FLOAT32 = 10,
    SHMCOL_FLOAT64 = 11,
    SHMCOL_DATE32 = 12,    /* int32 days since 1970-01-01 */
    SHMCOL_DATE64 = 13,    /* int64 milliseconds since 1970-01-01, whole days */
    SHMCOL_TIMESTAMP = 14, /* int64 units since 1970-01-01T00:00:00 (UTC where there is a zone) */
    SHMCOL_DURATION = 15,  /* int64 units */
    SHMCOL_TIME32 = 16,    /* int32 seconds or milliseconds since midnight */
    SHMCOL_TIME64 = 17,    /* int64 micro- or nanoseconds since midnight */
    SHMCOL_STRING = 18,
    SHMCOL_BINARY = 19,
    SHMCOL_FIXED_BINARY = 20,
    SHMCOL_DICTIONARY = 21, /* dictionary of strings */
    SHMCOL_TENSOR = 22,
    SHMCOL_FLOAT16 = 23,    /* IEEE 754 binary16 */
    SHMCOL_DECIMAL128 = 24, /* an integer of 128 bits, times 10^-scale */
    SHMCOL_LIST = 25        /* any number of elements of one type */
} shmcol_type;

typedef enum shmcol_unit {
    SHMCOL_SECOND = 0,
    SHMCOL_MILLI = 1,
    SHMCOL_MICRO = 2,
    SHMCOL_NANO = 3
} shmcol_unit;

/* The value of a null slot in date64, timestamp and duration columns (numpy's NaT). */
#define SHMCOL_NAT INT64_MIN

#define SHMCOL_MAX_DIMENSIONS 7

/* A decimal128: the integer high * 2^64 + low. Its value is that times 10^-scale. */
typedef struct shmcol_decimal {
    uint64_t low;
    int64_t high;
} shmcol_decimal;

/* Returns "float64", "timestamp" …, or NULL for a number that is no type. The string is static. */
SHMCOL_API const char *shmcol_type_name(shmcol_type type);

/* Bytes with a length, not NUL-terminated. */
typedef struct shmcol_text {
    const char *data;
    uint64_t length;
} shmcol_text;

/* One pair of metadata. */
typedef struct shmcol_pair {
    shmcol_text key, value;
} shmcol_pair;

/* A callback that long functions call now and then, from one thread at a time: `done` of `total`
 * bytes are done (total 0: not known). It cancels the function by returning non-zero. */
typedef int (*shmcol_progress)(void *arg, uint64_t done, uint64_t total);

/* ---- CSV to a file ---- */

typedef enum shmcol_dictionary_mode {
    SHMCOL_DICTIONARY_AUTO = 0,
    SHMCOL_DICTIONARY_ALWAYS = 1,
    SHMCOL_DICTIONARY_NEVER = 2
} shmcol_dictionary_mode;

/* Answers to errors of the text (C-94): STOP, or any of the others joined by |. */
enum {
    SHMCOL_ON_ERROR_STOP = 0,   /* the first error is the answer */
    SHMCOL_ON_ERROR_SKIP = 1,   /* leave records out (C-17) */
    SHMCOL_ON_ERROR_NULL = 2,   /* read a value that does not fit the type asked for as null */
    SHMCOL_ON_ERROR_REPLACE = 4 /* read bytes that are no text as U+FFFD */
};

/* The meaning of a record with fewer fields than the header (C-88). */
typedef enum shmcol_short_records {
    SHMCOL_SHORT_ERROR = 0, /* CSV_RAGGED */
    SHMCOL_SHORT_NULL = 1   /* its missing last fields are nulls */
} shmcol_short_records;

typedef struct shmcol_csv_options {
    size_t size;

    /* ---- dialect ---- */
    char delimiter; /* 0: found by rule C-10. C-19 says which characters are allowed */
    char quote;     /* 0: '"'. C-19 says which characters are allowed */
    int no_quote;   /* quotes are ordinary characters */
    int no_header;
    uint64_t skip_lines;
    char comment; /* 0: none */
    int trim;
    int decimal_comma;
    const char *encoding;     /* NULL: UTF-8; else a name that iconv(3) knows */
    const char *const *nulls; /* n_nulls strings TOKEN or NAME=TOKEN ("a=b"=TOKEN, C-22) */
    uint32_t n_nulls;

    /* ---- columns and types ---- */
    const char *types; /* NULL, or 'name=type,glob*=type,…' */
    /* NULL, or n_columns (1 or more) names or places to keep, in this order, or all with a '!'
     * before it to leave out (C-92). */
    const char *const *columns;
    uint32_t n_columns;
    /* n_dictionary strings MODE or NAME=MODE (auto, always, never). */
    const char *const *dictionary;
    uint32_t n_dictionary;

    /* ---- errors ---- */
    uint32_t on_error; /* SHMCOL_ON_ERROR_ flags */
    /* NULL, or, with SKIP, the path of a file for the own bytes of each refused record. A file of
     * text, with the mode of shmcol_output_create, is published before the output. A character
     * device or a FIFO needs no `overwrite`: it is opened before the input and written to directly.
     */
    const char *rejects;

    /* ---- output ---- */
    int overwrite, no_sync, dry_run;
    const shmcol_pair *metadata;
    uint32_t metadata_count;

    /* ---- resources ---- */
    uint32_t threads; /* 0: as many as the process may use; fewer with little memory */
    uint64_t memory;  /* bound in bytes; 0: 256 MiB */
    uint64_t window;  /* bytes read at a time; 0: chosen. The output does not depend on it */
    shmcol_progress progress;
    void *progress_arg;
    int zstd_level; /* not 0: the file is compressed (shmcol_compress) at this level of zstd */

    /* ---- nulls and types of single columns, where any byte may stand in the name ---- */
    /* Key: the name, for a type also a glob. Value: the token or the type. They are added to
     * `nulls` and `types`. A name that no column has is NO_COLUMN. */
    const shmcol_pair *null_pairs;
    uint32_t n_null_pairs;
    const shmcol_pair *type_pairs;
    uint32_t n_type_pairs;

    /* ---- forms for all columns (C-79) ---- */
    const char *const *date_formats; /* n_date_formats (up to 8) forms, as "%d/%m/%Y" */
    uint32_t n_date_formats;
    const char *const *timestamp_formats; /* n_timestamp_formats (up to 8), as "%d.%m.%Y %H:%M" */
    uint32_t n_timestamp_formats;
    const char *const *true_words; /* n_true_words that mean true; both lists, or none */
    uint32_t n_true_words;
    const char *const *false_words;
    uint32_t n_false_words;

    /* ---- how records are declared ---- */
    char escape; /* 0: none. C-85; C-19 says which characters are allowed */
    int has_limit;
    uint64_t limit;     /* most records that are kept; 0: all, or none with has_limit (C-93) */
    uint64_t skip_rows; /* first records that are left out */
    const char *const *names; /* NULL, or n_names (1 or more) names of columns; no header (C-91) */
    uint32_t n_names;

    /* ---- several inputs ---- */
    int union_columns; /* columns that an input lacks are null in its records (C-96) */

    int no_delimiter; /* every record is one field */

    /* ---- numbers ---- */
    /* NULL, or the mark between groups of three digits, as itself or by name (C-41): one of
     * , . ' _ space, U+00A0 (nbsp), U+2009, U+2019, U+202F (nnbsp). */
    const char *thousands;
    /* NULL, or the name of a last column that has the path of each record's input (C-97). */
    const char *file_column;
    /* Lines that are dropped: behind the header of each input (C-86), at the end of each (C-87). */
    uint64_t skip_after_header, skip_footer;
    /* NULL, or the path of a shmcol file whose columns say names, types and order (C-80). */
    const char *types_from;

    /* ---- records of another length than the header ---- */
    shmcol_short_records short_records;
    int drop_extra; /* one more field in all records of an input, always empty (C-89) */
} shmcol_csv_options;
#define SHMCOL_CSV_OPTIONS_INIT SHMCOL_SIZED(shmcol_csv_options)

typedef struct shmcol_csv_column {
    size_t size;
    const char *name;
    shmcol_type type;
    shmcol_unit unit; /* of a list: of its elements, as zone */
    const char *zone; /* NULL: none */
    uint64_t nulls;
    uint64_t distinct;     /* dictionary: its length; else 0 */
    uint64_t stored_bytes; /* all buffers, dictionary included */
    int forced;            /* the type comes from `types` */
    /* One line, the reason for the type: "all values are whole numbers", "line 17: \"x1\" is no
     * number". */
    const char *reason;
    const char *range;         /* one line: smallest to largest, "" where there is none */
    uint64_t misfits;          /* values that did not fit the type asked for and are null (C-94) */
    uint32_t precision, scale; /* decimal128; list of those */
    shmcol_type element;       /* list: type of an element */
} shmcol_csv_column;

/* Where the delimiter comes from (C-10). */
typedef enum shmcol_delimiter_source {
    SHMCOL_DELIMITER_NAMED = 0,        /* from the options */
    SHMCOL_DELIMITER_SEP_LINE = 1,     /* named by a line sep=; (C-24) */
    SHMCOL_DELIMITER_FILE_NAME = 2,    /* a tab, as the input is called .tsv or .tab */
    SHMCOL_DELIMITER_IN_EACH = 3,      /* as often in each record, two or more times */
    SHMCOL_DELIMITER_ONCE_IN_EACH = 4, /* once in each record */
    SHMCOL_DELIMITER_IN_MOST = 5,      /* as often in more than half of the records */
    SHMCOL_DELIMITER_DEFAULT = 6       /* nothing was found */
} shmcol_delimiter_source;

/* The report of a conversion. shmcol_csv_report_free frees it and all that it points at. */
typedef struct shmcol_csv_report {
    size_t size;
    uint64_t rows, rejected;
    uint32_t n_columns;
    shmcol_csv_column *columns;
    uint32_t n_warnings;
    const char **warnings; /* one line each */
    uint64_t bytes_in;     /* CSV text, after decompression */
    uint64_t bytes_out;    /* size of the file; 0 for a dry run */
    double seconds;
    char delimiter; /* 0: none */
    uint8_t file_id[16];
    uint32_t threads; /* the number that was used: fewer than asked for with little memory */
    shmcol_delimiter_source delimiter_source;
    uint64_t replaced;      /* invalid sequences that became U+FFFD (C-94) */
    uint64_t short_records; /* that lack last fields, which are null (C-88) */
    uint64_t extra_fields;  /* empty ones behind the last column, which were dropped (C-89) */
} shmcol_csv_report;

/* Converts `n_inputs` CSV files ("-": standard input), whose headers fit together by C-95, into one
 * shmcol file at `output` (NULL with dry_run), by the rules of spec/csv.md. `options` may be NULL.
 * `report` may be NULL; on success *report is the caller's, to be freed by shmcol_csv_report_free.
 * A failure changes nothing at `output`, unless the message says that the file is in place but
 * perhaps not durable; err says file, line and column. A dry run writes nothing but temporary files
 * without a name, for input that cannot be read in place: in $TMPDIR, else in /var/tmp or /tmp.
 * Errors: every CSV_ code; EXISTS, SAME_FILE, NO_COLUMN, TYPE_NAME, INVALID_ARGUMENT, LIMIT, IO,
 * NO_MEMORY, MEMORY_BOUND, CANCELLED, CHANGED. */
SHMCOL_API shmcol_status shmcol_csv_pack(const char *const *inputs, uint32_t n_inputs,
                                         const char *output, const shmcol_csv_options *options,
                                         shmcol_csv_report **report, shmcol_error *err);
/* Frees a report. NULL is allowed. */
SHMCOL_API void shmcol_csv_report_free(shmcol_csv_report *report);

/* ---- reading: open and close ---- */

typedef struct shmcol_file shmcol_file;

enum {
    SHMCOL_OPEN_PREFAULT = 1,   /* fault all pages in now (MADV_POPULATE_READ) */
    SHMCOL_OPEN_SEQUENTIAL = 2, /* tell the kernel that the scan is sequential */
    /* Tell the kernel that access is random. Never the default: it makes a cold scan many times
     * slower. */
    SHMCOL_OPEN_RANDOM = 4,
    /* Map private copy-on-write pages: this process may write values through a cast pointer, and
     * only it sees them. */
    SHMCOL_OPEN_PRIVATE = 8,
    /* Open a compressed file as it is, for shmcol_verify, shmcol_get_info and the descriptions of
     * its columns. Its values are FEATURE. */
    SHMCOL_OPEN_STORED = 16,
    /* Open a compressed file by mapping its plain form, which is made once per machine in the cache
     * directory. */
    SHMCOL_OPEN_CACHE = 32,
    /* Open a compressed file by decompressing it into memory of this process. With CACHE only where
     * there can be no cache. */
    SHMCOL_OPEN_COPY = 64
};

typedef struct shmcol_open_options {
    size_t size;
    uint32_t flags;
    /* CACHE: the directory. NULL: $SHMCOL_CACHE, else $XDG_CACHE_HOME/shmcol, else ~/.cache/shmcol.
     * A missing one is made with mode 0700. One that belongs to another user, or that others may
     * write to, is refused. */
    const char *cache_dir;
    /* CACHE: the most bytes in the cache. 0: $SHMCOL_CACHE_LIMIT (digits, perhaps K, M, G or T),
     * else 10 GiB. The least recently used files that are open nowhere make room. A file that does
     * not fit is MEMORY_BOUND, with COPY too, and a copy instead of a cache keeps the same bound.
     * COPY alone: the most bytes that the copy may take; 0: no bound. */
    uint64_t cache_limit;
    /* Called over the bytes of the plain form while CACHE or COPY decompresses it, and with 0 of 0
     * while another process does. May be NULL. */
    shmcol_progress progress;
    void *progress_arg;
} shmcol_open_options;
#define SHMCOL_OPEN_OPTIONS_INIT SHMCOL_SIZED(shmcol_open_options)

/* Opens the file at `path` and maps it read-only, in O(1): only the header is read and checked
 * (F-60). `options` may be NULL. On success *file is the caller's, to be closed by shmcol_close.
 * Errors: IO (also a missing file, no permission), INVALID_ARGUMENT (options), ADDRESS_SPACE,
 * NO_MEMORY, FAULT (PREFAULT: the file was cut short meanwhile, or its device failed) and every
 * code of F-60.
 *
 * A directory is opened as the table of its parts ("tables in directories"), in O(parts x columns).
 * Its errors are also NO_TABLE, WRONG_PART, PARTS_MISSING, FEATURE (F-80).
 *
 * A compressed file is FEATURE unless a flag says how to open it. With CACHE or COPY there are also
 * MEMORY_BOUND, FRAME, CANCELLED and every code of a damaged file. The first open with CACHE
 * decompresses, in one process for all that ask. A later one costs a few system calls more than
 * that of a plain file, and reads only the header of the compressed one: the content that it names
 * is in the cache and was verified. */
SHMCOL_API shmcol_status shmcol_open(const char *path, const shmcol_open_options *options,
                                     shmcol_file **file, shmcol_error *err);
/* Opens the file of an open descriptor, as shmcol_open does. The descriptor stays the caller's and
 * may be closed at once afterwards. */
SHMCOL_API shmcol_status shmcol_open_fd(int fd, const shmcol_open_options *options,
                                        shmcol_file **file, shmcol_error *err);
/* Opens a file of `size` bytes in memory, as shmcol_open does. The bytes are aligned to at least 64
 * and must stay in place, unchanged, as long as the file and its exports live. Errors: those of
 * shmcol_open, and INVALID_ARGUMENT for bytes that are not aligned. */
SHMCOL_API shmcol_status shmcol_open_memory(const void *data, size_t size, shmcol_file **file,
                                            shmcol_error *err);
/* Adds a reference to the file and returns the same pointer. Each reference needs its own
 * shmcol_close. */
SHMCOL_API shmcol_file *shmcol_retain(shmcol_file *file);
/* Drops the caller's reference. The map goes with the last one; Arrow exports hold their own. NULL
 * is allowed. */
SHMCOL_API void shmcol_close(shmcol_file *file);

/* ---- reading: the table and its columns ---- */

typedef struct shmcol_file_info {
    size_t size;
    uint64_t rows;
    uint32_t columns;
    uint32_t dictionaries;
    uint64_t file_size;
    uint16_t version_major, version_minor;
    uint32_t envelope_version;
    uint64_t compat, ro_compat, incompat;
    uint32_t writer_id, writer_version, csv_rules;
    uint8_t file_id[16], content_id[16];
    const void *map; /* the first byte of the mapped file */
    /* 1: the file that was opened is compressed. Unless SHMCOL_OPEN_STORED was set, all fields
     * above are those of its plain form. */
    int compressed;
    uint64_t stored_size; /* bytes of the file that was opened */
    uint64_t plain_size;  /* bytes of its plain form; 0 if the directory is too damaged to tell */
    /* A part of a table (F-79); all are 0 in other files. */
    uint32_t alignment;      /* 65,536 in a part */
    uint64_t first_row;      /* the table's row that is row 0 here */
    uint64_t table_rows;     /* rows of the table once this part is published */
    uint8_t table_id[16];    /* names the table; zero in the part that began it */
    uint8_t previous_id[16]; /* file_id of the part before */
    int private_pages;       /* 1: opened with SHMCOL_OPEN_PRIVATE */
} shmcol_file_info;
#define SHMCOL_FILE_INFO_INIT SHMCOL_SIZED(shmcol_file_info)

/* Fills `info` from the checked header. It cannot fail for a valid file. */
SHMCOL_API shmcol_status shmcol_get_info(const shmcol_file *file, shmcol_file_info *info,
                                         shmcol_error *err);
/* Returns the number of rows. */
SHMCOL_API uint64_t shmcol_rows(const shmcol_file *file);
/* Returns the number of columns. */
SHMCOL_API uint32_t shmcol_columns(const shmcol_file *file);

/* One buffer of a column, as it lies in the file. Length 0: there is none. */
typedef struct shmcol_buffer {
    uint64_t offset; /* from the start of the file */
    uint64_t length; /* bytes */
    int compressed;  /* 1: frames of zstd, in a compressed file that was opened as it is */
} shmcol_buffer;

typedef struct shmcol_column_info {
    size_t size;
    uint32_t index;
    const char *name; /* NUL-terminated in the file */
    uint32_t name_length;
    shmcol_type type;
    int supported; /* 0: this library cannot read the column; only index and name are meaningful */
    int nullable;
    uint64_t null_count;
    /* bytes of a value or code in the values buffer; 0 for string, binary and list */
    uint32_t width;
    shmcol_unit unit;    /* timestamp, duration, time32, time64; tensors and lists of those */
    const char *zone;    /* timestamp, list of those: NUL-terminated; NULL: no zone */
    shmcol_type element; /* tensor, list: type of an element */
    uint32_t dimensions; /* tensor */
    uint32_t shape[SHMCOL_MAX_DIMENSIONS];
    uint32_t dictionary; /* dictionary: number of the dictionary object; columns may share one */
    uint64_t dictionary_length; /* dictionary: number of distinct values */
    int dictionary_sorted, dictionary_ordered;
    shmcol_buffer validity, values, bytes; /* values: or offsets, or codes */
    shmcol_buffer dictionary_offsets, dictionary_bytes;
    /* list: its elements, or of strings their element offsets; `bytes` are those of the strings */
    shmcol_buffer elements;
    uint32_t precision, scale; /* decimal128, list of those */
    int ascending; /* no null, no NaN, and no value is less than the one before (F-23) */
} shmcol_column_info;
#define SHMCOL_COLUMN_INFO_INIT SHMCOL_SIZED(shmcol_column_info)

/* Describes column `column`. A column of an unknown type gives SHMCOL_OK with supported = 0.
 * Errors: NO_COLUMN, DESCRIPTOR_HASH, DESCRIPTOR_FIELD, NAME. */
SHMCOL_API shmcol_status shmcol_get_column(const shmcol_file *file, uint32_t column,
                                           shmcol_column_info *info, shmcol_error *err);
/* Finds the column called `name`, in O(log columns). Errors: NO_COLUMN (the message names near
 * misses), and those of a damaged directory. */
SHMCOL_API shmcol_status shmcol_find(const shmcol_file *file, const char *name, uint32_t *column,
                                     shmcol_error *err);
/* Finds the column whose name is the `name_length` bytes at `name`, as shmcol_find does. */
SHMCOL_API shmcol_status shmcol_find_n(const shmcol_file *file, const char *name,
                                       size_t name_length, uint32_t *column, shmcol_error *err);

/* Stands for the table where a column's index is expected. */
#define SHMCOL_TABLE UINT32_MAX

/* Counts the metadata pairs of a column, or of the table (SHMCOL_TABLE). Errors: NO_COLUMN, and
 * those of a damaged directory. */
SHMCOL_API shmcol_status shmcol_metadata_count(const shmcol_file *file, uint32_t column,
                                               uint32_t *count, shmcol_error *err);
/* Gives pair `index` of a column's or the table's metadata, in their order. Key and value are not
 * NUL-terminated. Errors: NO_COLUMN, OUT_OF_RANGE, and those of a damaged directory. */
SHMCOL_API shmcol_status shmcol_metadata_get(const shmcol_file *file, uint32_t column,
                                             uint32_t index, shmcol_text *key, shmcol_text *value,
                                             shmcol_error *err);

/* ---- reading: values in place ---- */

/* The functions below each give one column by name: *values points at shmcol_rows(file) values in
 * the map, and *n (may be NULL) gets their number. None of them allocates or copies.
 *
 * Nulls: in float16, float32 and float64 a null is NaN in the value, in date64, timestamp and
 * duration it is SHMCOL_NAT. All other types also take `validity`: *validity becomes the bitmap
 * (shmcol_is_valid), or NULL where the column has no nulls. If validity is NULL and the column has
 * nulls, the error is HAS_NULLS, so that a null is never read as a zero by accident.
 *
 * Errors: NO_COLUMN, WRONG_TYPE, HAS_NULLS, COLUMN_UNSUPPORTED, and those of a damaged directory.
 */
SHMCOL_API shmcol_status shmcol_float32(const shmcol_file *file, const char *name,
                                        const float **values, uint64_t *n, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_float64(const shmcol_file *file, const char *name,
                                        const double **values, uint64_t *n, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_date64(const shmcol_file *file, const char *name,
                                       const int64_t **values, uint64_t *n, shmcol_error *err);
/* Gives the bits of each half (IEEE 754 binary16). A null is NaN: 0x7E00. */
SHMCOL_API shmcol_status shmcol_float16(const shmcol_file *file, const char *name,
                                        const uint16_t **values, uint64_t *n, shmcol_error *err);
/* `unit` (may be NULL) gets the column's unit, here and below. */
SHMCOL_API shmcol_status shmcol_timestamp(const shmcol_file *file, const char *name,
                                          const int64_t **values, uint64_t *n, shmcol_unit *unit,
                                          shmcol_error *err);
SHMCOL_API shmcol_status shmcol_duration(const shmcol_file *file, const char *name,
                                         const int64_t **values, uint64_t *n, shmcol_unit *unit,
                                         shmcol_error *err);
SHMCOL_API shmcol_status shmcol_bool8(const shmcol_file *file, const char *name,
                                      const uint8_t **values, uint64_t *n, const uint8_t **validity,
                                      shmcol_error *err);
SHMCOL_API shmcol_status shmcol_int8(const shmcol_file *file, const char *name,
                                     const int8_t **values, uint64_t *n, const uint8_t **validity,
                                     shmcol_error *err);
SHMCOL_API shmcol_status shmcol_int16(const shmcol_file *file, const char *name,
                                      const int16_t **values, uint64_t *n, const uint8_t **validity,
                                      shmcol_error *err);
SHMCOL_API shmcol_status shmcol_int32(const shmcol_file *file, const char *name,
                                      const int32_t **values, uint64_t *n, const uint8_t **validity,
                                      shmcol_error *err);
SHMCOL_API shmcol_status shmcol_int64(const shmcol_file *file, const char *name,
                                      const int64_t **values, uint64_t *n, const uint8_t **validity,
                                      shmcol_error *err);
SHMCOL_API shmcol_status shmcol_uint8(const shmcol_file *file, const char *name,
                                      const uint8_t **values, uint64_t *n, const uint8_t **validity,
                                      shmcol_error *err);
SHMCOL_API shmcol_status shmcol_uint16(const shmcol_file *file, const char *name,
                                       const uint16_t **values, uint64_t *n,
                                       const uint8_t **validity, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_uint32(const shmcol_file *file, const char *name,
                                       const uint32_t **values, uint64_t *n,
                                       const uint8_t **validity, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_uint64(const shmcol_file *file, const char *name,
                                       const uint64_t **values, uint64_t *n,
                                       const uint8_t **validity, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_date32(const shmcol_file *file, const char *name,
                                       const int32_t **values, uint64_t *n,
                                       const uint8_t **validity, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_time32(const shmcol_file *file, const char *name,
                                       const int32_t **values, uint64_t *n, shmcol_unit *unit,
                                       const uint8_t **validity, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_time64(const shmcol_file *file, const char *name,
                                       const int64_t **values, uint64_t *n, shmcol_unit *unit,
                                       const uint8_t **validity, shmcol_error *err);
/* Gives *n integers, each to be taken times 10^-*scale. None has more than *precision digits in a
 * file that is valid. precision and scale may be NULL. */
SHMCOL_API shmcol_status shmcol_decimal128(const shmcol_file *file, const char *name,
                                           const shmcol_decimal **values, uint64_t *n,
                                           uint32_t *precision, uint32_t *scale,
                                           const uint8_t **validity, shmcol_error *err);
/* Gives *n values of *width bytes each (width may be NULL). */
SHMCOL_API shmcol_status shmcol_fixed_binary(const shmcol_file *file, const char *name,
                                             const uint8_t **values, uint64_t *n, uint32_t *width,
                                             const uint8_t **validity, shmcol_error *err);
/* Gives *n tensors in C order. shmcol_get_column gives element type and shape. */
SHMCOL_API shmcol_status shmcol_tensor(const shmcol_file *file, const char *name,
                                       const void **values, uint64_t *n, const uint8_t **validity,
                                       shmcol_error *err);

/* Gives the values of a column by index, of any fixed-width type: shmcol_rows(file) values of
 * info.width bytes each; for a dictionary, its codes. Errors: as above. */
SHMCOL_API shmcol_status shmcol_values(const shmcol_file *file, uint32_t column,
                                       const void **values, const uint8_t **validity,
                                       shmcol_error *err);
/* Gives the validity bitmap of a column of any type, NULL where there are no nulls; of a table in a
 * directory over all parts, of strings and lists too. Errors: as for shmcol_values. */
SHMCOL_API shmcol_status shmcol_validity(const shmcol_file *file, uint32_t column,
                                         const uint8_t **validity, shmcol_error *err);

/* Returns 1 if row `row` is valid by the bitmap `validity`, else 0. NULL: every row is valid. */
static inline int shmcol_is_valid(const uint8_t *validity, uint64_t row)
{
    return validity == NULL || ((validity[row >> 3] >> (row & 7)) & 1);
}

/* ---- reading: strings and dictionaries in place ---- */

/* A string or binary column, the values of a dictionary, or the elements of lists of strings. The
 * caller owns it; there is nothing to free. */
typedef struct shmcol_strings {
    size_t size;
    uint64_t count;         /* number of values */
    const int64_t *offsets; /* count + 1 of them */
    const char *data;
    uint64_t data_length;    /* bytes */
    const uint8_t *validity; /* NULL: no nulls */
} shmcol_strings;
#define SHMCOL_STRINGS_INIT SHMCOL_SIZED(shmcol_strings)

/* Gives a string column by name. Errors: as for shmcol_float64, but not HAS_NULLS, because the
 * validity is in the struct. */
SHMCOL_API shmcol_status shmcol_string(const shmcol_file *file, const char *name,
                                       shmcol_strings *strings, shmcol_error *err);
/* Gives a binary column by name. Errors: as for shmcol_string. */
SHMCOL_API shmcol_status shmcol_binary(const shmcol_file *file, const char *name,
                                       shmcol_strings *strings, shmcol_error *err);
/* Gives a string or binary column by index. Errors: as for shmcol_string. */
SHMCOL_API shmcol_status shmcol_strings_column(const shmcol_file *file, uint32_t column,
                                               shmcol_strings *strings, shmcol_error *err);
/* Gives value `row`: *data (not NUL-terminated) and *length. A null gives *data = NULL and
 * *length = 0; an empty string gives a *data that is not NULL. It is memory-safe whatever the
 * file's offsets are (F-63). Returns OUT_OF_RANGE (row >= count) or OFFSETS. */
SHMCOL_API shmcol_status shmcol_string_at(const shmcol_strings *strings, uint64_t row,
                                          const char **data, uint64_t *length);

/* A dictionary column. The caller owns it; there is nothing to free. It is good as long as its file
 * is open. */
typedef struct shmcol_dictionary {
    size_t size;
    uint64_t count;          /* rows */
    const void *codes;       /* int8_t, int16_t or int32_t by code_width; a null's code is 0 */
    uint32_t code_width;     /* 1, 2, 4 */
    const uint8_t *validity; /* NULL: no nulls */
    int sorted, ordered;
    shmcol_strings values; /* the distinct values */
    void *order;           /* the library's, for shmcol_dictionary_code; NULL in one made by hand */
} shmcol_dictionary;
#define SHMCOL_DICTIONARY_INIT                                                                     \
    SHMCOL_SIZED_WITH(shmcol_dictionary, .values = {.size = sizeof(shmcol_strings)})

/* Gives a dictionary column by name. Errors: as for shmcol_string. */
SHMCOL_API shmcol_status shmcol_dictionary_get(const shmcol_file *file, const char *name,
                                               shmcol_dictionary *dictionary, shmcol_error *err);
/* Gives a dictionary column by index. Errors: as for shmcol_string. */
SHMCOL_API shmcol_status shmcol_dictionary_column(const shmcol_file *file, uint32_t column,
                                                  shmcol_dictionary *dictionary, shmcol_error *err);
/* Returns the code of row `row`, -1 for a null. The caller makes sure that row < count. */
static inline int64_t shmcol_code_at(const shmcol_dictionary *dictionary, uint64_t row)
{
    if (!shmcol_is_valid(dictionary->validity, row))
        return -1;
    switch (dictionary->code_width) {
    case 1: return ((const int8_t *)dictionary->codes)[row];
    case 2: return ((const int16_t *)dictionary->codes)[row];
    default: return ((const int32_t *)dictionary->codes)[row];
    }
}
/* Gives the string of row `row`, as shmcol_string_at does. A code outside the dictionary is CODES.
 */
SHMCOL_API shmcol_status shmcol_dictionary_at(const shmcol_dictionary *dictionary, uint64_t row,
                                              const char **data, uint64_t *length);
/* Finds the code of the `length` bytes at `data`: *code is -1 if the dictionary does not have that
 * string. O(log n). Of a dictionary that is not sorted (one to which appends brought new values, or
 * one from Arrow) the first search of a handle sorts numbers of values, 4 bytes each, which the
 * handle keeps; without memory for them it is O(n). Any number of threads may search. Errors:
 * OFFSETS; inside shmcol_guard FAULT. */
SHMCOL_API shmcol_status shmcol_dictionary_code(const shmcol_dictionary *dictionary,
                                                const char *data, uint64_t length, int64_t *code);

/* ---- reading: lists in place ---- */

/* A list column. Row `i` is elements [offsets[i], offsets[i + 1]) of the n_elements elements of all
 * rows, which lie one behind the other. No element is null. shmcol_get_column gives the unit, zone,
 * precision and scale of the elements. The caller owns the struct; there is nothing to free. */
typedef struct shmcol_list {
    size_t size;
    uint64_t count;          /* number of rows */
    const int64_t *offsets;  /* count + 1 of them, counted in elements */
    const uint8_t *validity; /* NULL: no nulls */
    shmcol_type element;     /* type of an element */
    uint32_t element_width;  /* bytes of an element; 0 for strings */
    uint64_t n_elements;     /* of all rows together */
    const void *elements;    /* values of the elements; NULL for strings */
    shmcol_strings strings;  /* lists of strings: the elements of all rows; else empty */
} shmcol_list;
#define SHMCOL_LIST_INIT SHMCOL_SIZED_WITH(shmcol_list, .strings = {.size = sizeof(shmcol_strings)})

/* Gives a list column by name. Errors: as for shmcol_string. */
SHMCOL_API shmcol_status shmcol_list_get(const shmcol_file *file, const char *name,
                                         shmcol_list *list, shmcol_error *err);
/* Gives a list column by index. Errors: as for shmcol_string. */
SHMCOL_API shmcol_status shmcol_list_column(const shmcol_file *file, uint32_t column,
                                            shmcol_list *list, shmcol_error *err);
/* Gives the place of row `row`: it is elements [*first, *first + *length) of list->elements, or of
 * list->strings. A null gives 0 and 0, as an empty list may; shmcol_is_valid tells them apart. It
 * is memory-safe whatever the file's offsets are (F-63): each is read once and checked against
 * n_elements. Returns OUT_OF_RANGE (row >= count) or OFFSETS. */
static inline shmcol_status shmcol_list_at(const shmcol_list *list, uint64_t row, uint64_t *first,
                                           uint64_t *length)
{
    const volatile int64_t *offsets = list->offsets;
    if (row >= list->count)
        return SHMCOL_ERR_OUT_OF_RANGE;
    if (!shmcol_is_valid(list->validity, row)) {
        *first = 0;
        *length = 0;
        return SHMCOL_OK;
    }
    /* As unsigned numbers negative offsets are too large. */
    const uint64_t begin = (uint64_t)offsets[row], end = (uint64_t)offsets[row + 1];
    if (begin > end || end > list->n_elements)
        return SHMCOL_ERR_OFFSETS;
    *first = begin;
    *length = end - begin;
    return SHMCOL_OK;
}

/* ---- reading: tables in directories ---- */

/* A directory of parts is one table (section 17 of spec/format.md), and grows. A handle of it is a
 * snapshot: it has the rows that there were when it was opened, whatever is appended afterwards.
 *
 * Every function of a file takes a table, too. A column of a fixed width is one array over all
 * parts: its first access maps the parts' pages back to back, without a copy. So are the codes of a
 * dictionary column, whose values are those of the last part. Strings, binaries and lists are one
 * run of bytes in each part only: shmcol_string, shmcol_binary, shmcol_strings_column,
 * shmcol_list_get and shmcol_list_column are NOT_ONE_RUN. Reach them by row or by part.
 *
 * Of a table shmcol_get_info gives the sum of the sizes, no map, and the table's id as file_id,
 * content_id and table_id; shmcol_get_column gives no places of buffers; metadata are those of the
 * first part. The first access of a column may fail with ADDRESS_SPACE, where the process has no
 * more room for maps; the message names the limit. */

/* Returns the number of parts; 1 for a file. */
SHMCOL_API uint64_t shmcol_parts(const shmcol_file *file);
/* Gives part `index` as a file of its own, for a file itself. *part lives as long as `file`, and
 * longer if it is retained. Errors: OUT_OF_RANGE, NO_MEMORY, and those of a damaged header. */
SHMCOL_API shmcol_status shmcol_part(const shmcol_file *file, uint64_t index, shmcol_file **part,
                                     shmcol_error *err);
/* Finds the part with row `row` of the table, in O(log parts): *index, and the row's number in it,
 * *part_row. Error: OUT_OF_RANGE. */
SHMCOL_API shmcol_status shmcol_part_of_row(const shmcol_file *file, uint64_t row, uint64_t *index,
                                            uint64_t *part_row, shmcol_error *err);
/* Gives row `row` of a string, binary or dictionary column, as shmcol_string_at does. Errors:
 * NO_COLUMN, WRONG_TYPE, OUT_OF_RANGE, OFFSETS, CODES, and those of a damaged directory. */
SHMCOL_API shmcol_status shmcol_string_row(const shmcol_file *file, uint32_t column, uint64_t row,
                                           const char **data, uint64_t *length, shmcol_error *err);
/* Gives row `row` of a list column: `list` (begun with SHMCOL_LIST_INIT) is the list column of the
 * row's part, and the row is elements [*first, *first + *length) of it, as shmcol_list_at says.
 * Errors: as for shmcol_string_row. */
SHMCOL_API shmcol_status shmcol_list_row(const shmcol_file *file, uint32_t column, uint64_t row,
                                         shmcol_list *list, uint64_t *first, uint64_t *length,
                                         shmcol_error *err);
/* Gives a handle of the table as it is now: *newer is the caller's, to be closed by shmcol_close.
 * It is `file` itself, with one reference more, where nothing was appended, and for a file.
 * Otherwise both share their maps: arrays of the older one stay where they are, and grow in place
 * for the newer one where there is room. With SHMCOL_OPEN_PRIVATE the newer one has its own maps.
 * Any thread may call it, while others read. Errors: those of shmcol_open, and FILE_REPLACED where
 * the directory at the path is another one, or its table is.
 *
 * To begin a table again, remove its directory. Where only the files were removed, and the same
 * rows were appended first, the new table has the old one's id, and cannot be told from it. */
SHMCOL_API shmcol_status shmcol_refresh(shmcol_file *file, shmcol_file **newer, shmcol_error *err);

typedef enum shmcol_orphan {
    SHMCOL_ORPHAN_PART = 1,     /* a file with a part's name to which no part leads */
    SHMCOL_ORPHAN_TEMPORARY = 2 /* a temporary file whose process has died */
} shmcol_orphan;
/* Finds the files in a table's directory that are no part of the table as it is now, and calls
 * found(arg, kind, name, size) for each, in the order of names. An append that died left them, and
 * the next one removes them. But parts without a file ".shmcol-appending" beside them are those of
 * a table that has lost a part, and the next append is PARTS_MISSING (F-84). The files of an append
 * that runs at this moment may be among them. Of a file there are none. Errors: those of
 * shmcol_refresh, and IO where the directory cannot be listed. */
SHMCOL_API shmcol_status shmcol_table_orphans(shmcol_file *file,
                                              void (*found)(void *arg, shmcol_orphan kind,
                                                            const char *name, uint64_t size),
                                              void *arg, shmcol_error *err);

/* ---- reading: rows at random ---- */

/* Row -1 gives a null, whose slot has what nulls of the type have: NaN, NaT, else 0. */
enum { SHMCOL_TAKE_MISSING = 1 };

/* Rows that are asked for by their numbers. Begin it with SHMCOL_TAKE_OPTIONS_INIT. */
typedef struct shmcol_take_options {
    size_t size;
    const int64_t *rows; /* in any order, each as often as wanted; may be NULL if n is 0 */
    uint64_t n;
    uint32_t flags; /* SHMCOL_TAKE_… */
    /* 0: one below 1,048,576 rows, as many as pay above that. The result is always the same. */
    uint32_t threads;
} shmcol_take_options;
#define SHMCOL_TAKE_OPTIONS_INIT SHMCOL_SIZED(shmcol_take_options)

/* Copies rows of a column of a fixed width to `out`, n values of info.width bytes each; of a
 * dictionary column its codes. The cache misses of many rows overlap, so that this is several times
 * as fast as a loop over the values. `validity` gets (n + 7) / 8 bytes, bit i % 8 of byte i / 8 for
 * row i, and may be NULL where no row can be null, or nulls are NaN or NaT. Both are the caller's.
 * A table in a directory is one column. Errors: NO_COLUMN, COLUMN_UNSUPPORTED, WRONG_TYPE,
 * HAS_NULLS, OUT_OF_RANGE (err->row is a row outside the table; nothing was copied then),
 * INVALID_ARGUMENT, ADDRESS_SPACE. */
SHMCOL_API shmcol_status shmcol_take(const shmcol_file *file, uint32_t column, const int64_t *rows,
                                     uint64_t n, void *out, uint8_t *validity, shmcol_error *err);
/* Does the same, with options. */
SHMCOL_API shmcol_status shmcol_take_with(const shmcol_file *file, uint32_t column,
                                          const shmcol_take_options *options, void *out,
                                          uint8_t *validity, shmcol_error *err);

/* Rows of strings, binaries or lists, in the caller's memory. Begin it with SHMCOL_TAKEN_INIT. */
typedef struct shmcol_taken {
    size_t size;
    /* n + 1 of them: row i is [offsets[i], offsets[i + 1]), in bytes of data; of lists in elements.
     * A null is empty. */
    int64_t *offsets;
    uint8_t *validity; /* (n + 7) / 8 bytes; NULL: no row can be null */
    void *data;        /* bytes of texts, or elements of lists; NULL: they are only counted */
    uint64_t capacity; /* bytes at data */
    /* Lists of strings: element i is [string_offsets[i], string_offsets[i + 1]) of data. */
    int64_t *string_offsets;
    uint64_t string_capacity;         /* numbers at string_offsets: n_elements + 1 are needed */
    uint64_t n_elements, data_length; /* set by the call: elements of lists, bytes */
} shmcol_taken;
#define SHMCOL_TAKEN_INIT SHMCOL_SIZED(shmcol_taken)

/* Copies rows of a string, binary or list column, or the words of rows of a dictionary column. A
 * first call without `data` tells how much memory a second one needs. `offsets` is never NULL; one
 * thread does it all. Errors: those of shmcol_take_with; INVALID_ARGUMENT where the memory is too
 * small (data_length and n_elements say how much is needed), OFFSETS and CODES for damaged rows,
 * NO_MEMORY, LIMIT. After those some of the caller's memory may be written. */
SHMCOL_API shmcol_status shmcol_take_strings(const shmcol_file *file, uint32_t column,
                                             const shmcol_take_options *options,
                                             shmcol_taken *taken, shmcol_error *err);

/* ---- reading: rows in order ---- */

/* Of rows that equal a key: the search gives the first (LEFT), or the one behind the last (RIGHT).
 */
typedef enum shmcol_side { SHMCOL_LEFT = 0, SHMCOL_RIGHT = 1 } shmcol_side;

/* Finds keys in a column that is ascending: rows[i] becomes the number of rows that are less than
 * key i (LEFT), or not greater (RIGHT), from 0 to all. `keys` are `n` values of the column's type
 * and width; of a string or dictionary column they are a shmcol_strings of n values. The zone maps
 * are looked at first, so that a key touches few pages; many searches run at once, so that their
 * cache misses overlap. A table in a directory is one column. Errors: NO_COLUMN,
 * COLUMN_UNSUPPORTED, WRONG_TYPE for a type that has no order, NOT_ASCENDING, BAD_VALUE for a key
 * that is NaN or null, ADDRESS_SPACE, NO_MEMORY; then `rows` is as it was. OFFSETS, CODES and
 * ZONE_MAP, of a damaged file, may leave some of it written. */
SHMCOL_API shmcol_status shmcol_search(const shmcol_file *file, uint32_t column, const void *keys,
                                       uint64_t n, shmcol_side side, int64_t *rows,
                                       shmcol_error *err);

/* ---- reading: statistics ---- */

#define SHMCOL_ZONE_ROWS 65536

/* Bounds and counts of a column, or of one zone of SHMCOL_ZONE_ROWS rows, from the zone maps: no
 * value is read. */
typedef struct shmcol_stats {
    size_t size;
    uint64_t rows, null_count, nan_count;
    int has_bounds;              /* 0: every value is null or NaN, or the type has no zone maps */
    int64_t min_int, max_int;    /* signed integers, dates, times, timestamps, durations, codes */
    uint64_t min_uint, max_uint; /* unsigned integers, bool8 */
    double min_float, max_float; /* float16, float32, float64 */
    char min_prefix[16], max_prefix[16];     /* strings: the first 16 bytes, zero-padded */
    uint64_t min_length, max_length;         /* strings: their whole lengths */
    shmcol_decimal min_decimal, max_decimal; /* decimal128 */
} shmcol_stats;
#define SHMCOL_STATS_INIT SHMCOL_SIZED(shmcol_stats)

/* Gives the statistics of a column, in O(zones), of a table over all its parts. Bounds of codes are
 * bounds of values only where the dictionary is sorted. Where the bounds of several zones are
 * longer strings with the same first 16 bytes, min_length and max_length are those of one of them.
 * Hashes are not checked here; shmcol_verify checks them. Errors: NO_COLUMN, COLUMN_UNSUPPORTED,
 * ZONE_MAP. */
SHMCOL_API shmcol_status shmcol_column_stats(const shmcol_file *file, uint32_t column,
                                             shmcol_stats *stats, shmcol_error *err);
/* Gives the statistics of zone `zone` of a column. Errors: those of shmcol_column_stats, and
 * OUT_OF_RANGE. */
SHMCOL_API shmcol_status shmcol_zone_stats(const shmcol_file *file, uint32_t column, uint64_t zone,
                                           shmcol_stats *stats, shmcol_error *err);

/* Counts, in bytes of whole pages, the column's buffers (with its dictionary's): *resident in the
 * page cache, *total in all. SHMCOL_TABLE stands for the whole file. Errors: NO_COLUMN,
 * COLUMN_UNSUPPORTED, IO, NO_MEMORY, and those of a damaged directory. */
SHMCOL_API shmcol_status shmcol_resident(const shmcol_file *file, uint32_t column,
                                         uint64_t *resident, uint64_t *total, shmcol_error *err);
/* Faults the pages of one column in. Errors: NO_COLUMN, COLUMN_UNSUPPORTED, FAULT, IO. */
SHMCOL_API shmcol_status shmcol_prefault(const shmcol_file *file, uint32_t column,
                                         shmcol_error *err);

/* Gives memory back: the pages with rows [first, first + rows) of a column (of all columns:
 * SHMCOL_TABLE) leave this process's memory until they are used again. Nothing is lost: they are
 * pages of the file, and stay in the page cache. A scan that releases what it has read keeps the
 * process small, whatever the size of the file. The words of a dictionary stay. In memory that the
 * caller gave (shmcol_open_memory) nothing happens. Errors: NO_COLUMN, COLUMN_UNSUPPORTED,
 * OUT_OF_RANGE, OFFSETS, IO; INVALID_ARGUMENT where this process wrote to the pages
 * (SHMCOL_OPEN_PRIVATE), which would be lost. */
SHMCOL_API shmcol_status shmcol_release(const shmcol_file *file, uint32_t column, uint64_t first,
                                        uint64_t rows, shmcol_error *err);

/* ---- reading: versions ---- */

/* Finds out, by one or two system calls, whether a file is the one that its path leads to now:
 * *current is 0 if that was removed, replaced, or written over. Of a table in a directory it is 0
 * if shmcol_refresh would give another handle, or fail with FILE_REPLACED. A path that is not
 * absolute is one from the current directory. Any thread may call it. Errors: INVALID_ARGUMENT for
 * a file without a path (shmcol_open_fd, shmcol_open_memory), IO; of a table those of
 * shmcol_refresh. */
SHMCOL_API shmcol_status shmcol_is_current(shmcol_file *file, int *current, shmcol_error *err);

/* ---- reading: trust ---- */

typedef enum shmcol_level {
    /* Checks header, directory and layout; no value is read. */
    SHMCOL_VERIFY_STRUCTURE = 0,
    /* Also checks that every byte is the one that was written. */
    SHMCOL_VERIFY_CHECKSUMS = 1,
    /* Also checks that every value keeps the format's rules, and that the Arrow view is the same
     * table. */
    SHMCOL_VERIFY_FULL = 2
} shmcol_level;

typedef struct shmcol_verify_options {
    size_t size;
    shmcol_level level;
    uint32_t threads;         /* 0: as many as the process may use */
    shmcol_progress progress; /* may be NULL */
    void *progress_arg;
    /* Called for every problem, in the normative order (F-62), before the function returns. May be
     * NULL. */
    void (*problem)(void *arg, const shmcol_error *problem);
    void *problem_arg;
    /* FULL, of a compressed file opened with SHMCOL_OPEN_STORED: the most bytes that its plain form
     * may take in a temporary file. 0: 10 GiB. */
    uint64_t temporary_limit;
} shmcol_verify_options;
#define SHMCOL_VERIFY_OPTIONS_INIT                                                                 \
    SHMCOL_SIZED_WITH(shmcol_verify_options, .level = SHMCOL_VERIFY_FULL)

/* Checks the file in the order of F-62. Returns SHMCOL_OK, or the status of the first problem, with
 * the problem in err. A file in which nothing is wrong, but which holds what only a later version
 * can check, is FEATURE, ENVELOPE_VERSION or COLUMN_UNSUPPORTED. options NULL: level full. Other
 * errors: CANCELLED, NO_MEMORY, IO, MEMORY_BOUND (temporary_limit). Inside shmcol_guard on this
 * file there is also FAULT, whichever of its threads meets the fault; all that the function holds
 * is released.
 *
 * Of a table it checks the parts in their order, under one progress, and then what they have in
 * common (F-87). The path in a problem is the part's. Pages that were checked are let go. */
SHMCOL_API shmcol_status shmcol_verify(const shmcol_file *file,
                                       const shmcol_verify_options *options, shmcol_error *err);

/* Runs fn(arg), and returns FAULT if a SIGBUS comes on this file's pages: the file was cut short
 * while it was mapped, or its device failed. err then has the file offset and the column. The rest
 * of fn is skipped as by longjmp, so fn must hold nothing that needs to be released. Returns
 * SHMCOL_OK otherwise; fn has no result of its own. Guards may nest and run in several threads.
 *
 * The first use installs a SIGBUS handler. Faults elsewhere go to the handlers that were there. A
 * program that installs a SIGBUS handler of its own does so before the first guard. A handler that
 * is installed later takes the place of this one, and guards have no effect until this one is in
 * front of it again: at the first guard of a thread that had none before, and at each
 * shmcol_fault_report. The program's handler is called for faults elsewhere, and may pass on to the
 * one that was there before it. */
SHMCOL_API shmcol_status shmcol_guard(const shmcol_file *file, void (*fn)(void *arg), void *arg,
                                      shmcol_error *err);
/* Makes a SIGBUS on a page of any open shmcol file print file and column to stderr from now on,
 * before the default action or the handler that was there. It is process-wide and cannot be undone.
 * It may be called again, after the program has installed a handler of its own. Errors: IO. */
SHMCOL_API shmcol_status shmcol_fault_report(shmcol_error *err);

/* ---- publishing ----
 * Every function here that makes a file at a path does it in the same way.
 *
 * The path is looked at once, at the start. Only a regular file is replaced, and only if the caller
 * asked for that. Otherwise anything at the path, also any symbolic link, is EXISTS. A symbolic
 * link itself stays: its target is replaced, or made if it is not there yet, and the temporary file
 * lies in the target's directory. A directory, a device, a FIFO, a socket, and the target of a link
 * in /proc (/dev/stdout), are refused: IO, and the message names the kind.
 *
 * A table is read-only to all: mode 0444 less the umask, or, where it replaces a file, that file's
 * mode without its write bits. Owner, ACL and hard links of a replaced file are not kept.
 *
 * The file appears when it is complete and on the disk. The sync of its directory comes last. If
 * only that fails after a file was replaced, or would have been, the status is IO, and the message
 * says that the output is in place but perhaps not durable. After every other error the path is as
 * it was. A killed process may leave hidden files named ".shmcol-….tmp" and ".shmcol-….rows". The
 * next process that makes a file in that directory removes them.
 *
 * A writer, an output or a populate's creator belongs to the process that made it. In a child of
 * fork that has a copy, abort (or close) frees the copy and nothing else, and all other calls are
 * WRITER_STATE. */

/* ---- writing ---- */

/* One column of a new file. */
typedef struct shmcol_field {
    size_t size;
    const char *name; /* name_length bytes */
    uint32_t name_length;
    shmcol_type type;
    int nullable;
    shmcol_unit unit;    /* timestamp, duration, time32, time64; tensors and lists of those */
    const char *zone;    /* timestamp, list of those; NULL: none */
    uint32_t width;      /* fixed_binary */
    shmcol_type element; /* tensor, list */
    uint32_t dimensions; /* tensor */
    uint32_t shape[SHMCOL_MAX_DIMENSIONS];
    int auto_dictionary; /* string: becomes a dictionary column where the rule of C-60 says so */
    const shmcol_pair *metadata;
    uint32_t metadata_count;
    uint32_t precision, scale; /* decimal128, list of those */
} shmcol_field;
#define SHMCOL_FIELD_INIT                                                                          \
    SHMCOL_SIZED_WITH(shmcol_field, .type = SHMCOL_INT64, .element = SHMCOL_BOOL8)

typedef struct shmcol_writer shmcol_writer;

typedef struct shmcol_writer_options {
    size_t size;
    int overwrite;               /* replace an existing file (atomically) */
    int no_sync;                 /* do not fsync: faster, not durable against a power cut */
    uint64_t memory;             /* bound in bytes; 0: 256 MiB */
    uint32_t threads;            /* 0: as many as the process may use */
    const shmcol_pair *metadata; /* of the table */
    uint32_t metadata_count;
    uint32_t csv_rules; /* header field; 0 unless the values come from CSV */
    /* Not 0: the file is compressed (shmcol_compress) at this level of zstd. Not into a descriptor.
     */
    int zstd_level;
    /* shmcol_write_stream: n_dictionary strings MODE or NAME=MODE (auto, always, never), for string
     * columns. An entry that names a column beats one that does not; among equals the last counts.
     * Without any entry it is never: strings stay strings. A dictionary column stays one. A name
     * that no column has is NO_COLUMN. */
    const char *const *dictionary;
    uint32_t n_dictionary;
    /* Called over the bytes of the file while commit completes it, and by shmcol_write_stream with
     * 0 of 0 before each batch. May be NULL. */
    shmcol_progress progress;
    void *progress_arg;
    /* Number of rows that will be appended, if it is known: values then go straight to their
     * places, which makes a table of many batches faster. 0: as many as the first batch has. More
     * or fewer may come. A file must have room for that many (LIMIT, IO). */
    uint64_t expected_rows;
    /* A part of a table (F-79); INVALID_ARGUMENT where F-79 does not allow them. */
    uint32_t alignment; /* 0: an ordinary file; 65,536: a part. Every column becomes nullable */
    uint64_t first_row, table_rows;
    uint8_t table_id[16], previous_id[16];
} shmcol_writer_options;
#define SHMCOL_WRITER_OPTIONS_INIT SHMCOL_SIZED(shmcol_writer_options)

/* Begins a file at `path`; nothing appears there before the commit. `fields` and all that they
 * point at are copied. `options` may be NULL. On success *writer is the caller's, to be given to
 * shmcol_writer_commit or shmcol_writer_abort. Errors: EXISTS, IO, BAD_NAME, INVALID_ARGUMENT (the
 * message names the field that is wrong), LIMIT, NO_MEMORY, MEMORY_BOUND. */
SHMCOL_API shmcol_status shmcol_writer_create(const char *path, const shmcol_field *fields,
                                              uint32_t n_fields,
                                              const shmcol_writer_options *options,
                                              shmcol_writer **writer, shmcol_error *err);
/* Begins a file in an open, empty, writable, seekable descriptor (a memfd, say), which stays the
 * caller's. The commit then publishes nothing. Otherwise as shmcol_writer_create. */
SHMCOL_API shmcol_status shmcol_writer_create_fd(int fd, const shmcol_field *fields,
                                                 uint32_t n_fields,
                                                 const shmcol_writer_options *options,
                                                 shmcol_writer **writer, shmcol_error *err);

/* Describes column `column` of a writer as its field gave it: index, name, type and the type's
 * parameters. width is 0 where values have no fixed width. name and zone live as long as the
 * writer. Errors: NO_COLUMN. */
SHMCOL_API shmcol_status shmcol_writer_column(const shmcol_writer *writer, uint32_t column,
                                              shmcol_column_info *info, shmcol_error *err);

typedef enum shmcol_validity_kind {
    SHMCOL_ALL_VALID = 0,
    SHMCOL_VALIDITY_BITMAP = 1, /* Arrow's: LSB first, 1 = valid, from bit validity_offset on */
    SHMCOL_VALIDITY_MASK = 2,   /* one byte a row, non-zero = NULL (numpy masked arrays, pandas) */
    SHMCOL_VALIDITY_BYTES = 3,  /* one byte a row, non-zero = valid */
    /* A value whose bytes equal those at `sentinel` is null. Floats: every NaN is null if
     * `sentinel` is NULL. */
    SHMCOL_VALIDITY_SENTINEL = 4
} shmcol_validity_kind;

typedef enum shmcol_string_layout {
    SHMCOL_STRINGS_OFFSETS64 = 0, /* values: int64 offsets (rows + 1), data */
    SHMCOL_STRINGS_OFFSETS32 = 1, /* values: int32 offsets */
    SHMCOL_STRINGS_POINTERS = 2,  /* values: char pointers, NUL-terminated; NULL is null */
    SHMCOL_STRINGS_FIXED = 3,     /* values: `width` bytes each; trailing NULs are cut (numpy S) */
    /* Dictionary column: values are integer codes of `width` bytes into the dictionary that
     * shmcol_writer_dictionary was given. */
    SHMCOL_STRINGS_CODES = 4
} shmcol_string_layout;

/* The values of one column in a batch. Base and stride describe arrays of structs, record arrays
 * and plain columns in the same way. */
typedef struct shmcol_column_data {
    size_t size;
    const void *values; /* the first value (or offset, pointer, code) */
    int64_t stride;     /* bytes from one value to the next; 0: packed */
    shmcol_validity_kind validity_kind;
    const void *validity;     /* bitmap or bytes */
    uint64_t validity_offset; /* bitmap: first bit */
    const void *sentinel;
    shmcol_string_layout layout; /* string, binary, dictionary; list: OFFSETS64 or OFFSETS32 */
    uint32_t width;              /* SHMCOL_STRINGS_FIXED, SHMCOL_STRINGS_CODES */
    /* SHMCOL_STRINGS_OFFSETS…: the bytes the offsets count from. list: the elements, packed; of
     * strings the element offsets, of which there is one more than elements */
    const void *data;
    shmcol_string_layout element_layout; /* list of strings: OFFSETS64 or OFFSETS32 */
    const void *element_data;            /* list of strings: the bytes of the elements */
} shmcol_column_data;
#define SHMCOL_COLUMN_DATA_INIT SHMCOL_SIZED(shmcol_column_data)

/* Gives a dictionary column its dictionary, before the first append: `values` are unique, valid
 * UTF-8, and none is null. They are copied. `ordered` not 0 keeps Arrow's isOrdered. A dictionary
 * column without this call takes strings and builds its own dictionary, sorted. Errors: a second
 * call, or one after the first append, is WRITER_STATE and changes nothing; any other error fails
 * the writer. */
SHMCOL_API shmcol_status shmcol_writer_dictionary(shmcol_writer *writer, uint32_t column,
                                                  const shmcol_strings *values, int ordered,
                                                  shmcol_error *err);
/* Appends `rows` rows. `columns` has one entry a field, in their order. Everything is copied or
 * written before the function returns. After an error the writer can only be aborted. Errors:
 * BAD_VALUE, with column and row, for a value that breaks its type's rules; IO, NO_MEMORY,
 * MEMORY_BOUND, LIMIT, WRITER_STATE. */
SHMCOL_API shmcol_status shmcol_writer_append(shmcol_writer *writer, uint64_t rows,
                                              const shmcol_column_data *columns, uint32_t n_columns,
                                              shmcol_error *err);
/* Completes the file, syncs it and makes it appear under its name. Frees the writer, whatever it
 * returns. On failure nothing appears, or the message says that the file is in place but perhaps
 * not durable. */
SHMCOL_API shmcol_status shmcol_writer_commit(shmcol_writer *writer, shmcol_error *err);
/* Drops the writer and everything it wrote; nothing stays behind. NULL is allowed. */
SHMCOL_API void shmcol_writer_abort(shmcol_writer *writer);

/* ---- appending to a table in a directory ---- */

/* An append is whole or not at all, for readers and after a crash (F-84). One process appends at a
 * time: an exclusive flock of the directory keeps others waiting. Processes on several machines may
 * append to one table only where flock reaches all of them. What a process that died left behind is
 * removed by the next append. Where a part was lost, it is PARTS_MISSING and removes nothing.
 *
 * The first append makes the directory, if it is missing, and decides the columns. Later ones have
 * the same columns. Every column is nullable. */

typedef struct shmcol_append_report {
    size_t size;
    uint64_t first_row;  /* rows that the table had before */
    uint64_t rows;       /* rows that were added */
    uint64_t table_rows; /* rows that it has now */
    uint64_t parts;      /* files that were written */
    uint64_t table_parts;
    uint64_t removed;          /* files that an append which died had left, and that are gone now */
    int created;               /* this append began the table */
    int already_there;         /* the token is in the table, so nothing was added */
    uint32_t metadata_dropped; /* pairs that a table which exists did not take */
    uint8_t table_id[16];
} shmcol_append_report;
#define SHMCOL_APPEND_REPORT_INIT SHMCOL_SIZED(shmcol_append_report)

typedef struct shmcol_append_options {
    size_t size;
    int no_wait; /* LOCKED if another process appends */
    int no_sync; /* do not fsync: faster, not durable against a power cut */
    /* Most rows of a part, a multiple of 65,536; 0: 16,777,216. */
    uint64_t part_rows;
    /* A last part of fewer rows is written anew, with the new rows behind its own; 0: 65,536. */
    uint64_t min_part_rows;
    /* Names this append (F-85), 1 to 255 bytes of UTF-8; NULL: no name. An append whose token the
     * table has changes nothing, and succeeds. */
    const char *token;
    uint64_t memory;  /* bound in bytes; 0: 256 MiB */
    uint32_t threads; /* 0: as many as the process may use */
    /* Of the table, for the first append. A table that exists takes none. */
    const shmcol_pair *metadata;
    uint32_t metadata_count;
    /* For the first append of a stream, as in shmcol_writer_options. A text column without an entry
     * becomes a dictionary column if it has at most 4,096 distinct values and C-60 says so. */
    const char *const *dictionary;
    uint32_t n_dictionary;
    shmcol_progress progress; /* in bytes; may be NULL */
    void *progress_arg;
    /* Filled in on success, and for APPENDED_NOT_SYNCED; may be NULL. */
    shmcol_append_report *report;
} shmcol_append_options;
#define SHMCOL_APPEND_OPTIONS_INIT SHMCOL_SIZED(shmcol_append_options)

/* Begins an append to the table in the directory `dir`. `fields` may be NULL for the table's own.
 * On success *writer is the caller's: shmcol_writer_append adds rows, shmcol_writer_commit appends
 * them, shmcol_writer_abort leaves the table as it is. Rows are kept in a temporary file until the
 * commit; only that takes the lock. `options` may be NULL; a report in it must live until the
 * commit. Errors of this function: those of shmcol_writer_create, NO_TABLE (no fields, and no
 * table), WRONG_TYPE and NO_COLUMN (fields that are not the table's). Errors of the commit: also
 * LOCKED, FILE_REPLACED, CANCELLED, IO, those of a table that is not valid; LIMIT (too many words
 * in a dictionary), TYPE_UNSUPPORTED (a new word for an ordered one); APPENDED_NOT_SYNCED, after
 * which the rows are in the table. */
SHMCOL_API shmcol_status shmcol_append_create(const char *dir, const shmcol_field *fields,
                                              uint32_t n_fields,
                                              const shmcol_append_options *options,
                                              shmcol_writer **writer, shmcol_error *err);
/* Appends the rows of an open file or table. Its columns are those of the table at `dir`, in any
 * order. Errors: as above. */
SHMCOL_API shmcol_status shmcol_append_file(const char *dir, shmcol_file *file,
                                            const shmcol_append_options *options,
                                            shmcol_error *err);
/* Appends the rows of CSV files, as shmcol_csv_pack reads them: the table's types are asked for,
 * and its columns by C-80. Of the first append `csv` decides the types. `csv` and `report` may be
 * NULL; of `csv`, overwrite, no_sync, dry_run, zstd_level, threads, memory and metadata mean
 * nothing here. Errors: those of shmcol_csv_pack and shmcol_append_create. */
SHMCOL_API shmcol_status shmcol_csv_append(const char *const *inputs, uint32_t n_inputs,
                                           const char *dir, const shmcol_csv_options *csv,
                                           const shmcol_append_options *options,
                                           shmcol_csv_report **report, shmcol_error *err);

/* ---- Arrow C data interface ---- */

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};
#endif

enum {
    /* Do not check offsets and codes before the export: the caller has verified the file. */
    SHMCOL_ARROW_TRUSTED = 1,
    SHMCOL_ARROW_EMPTY_BATCH = 2 /* a stream over 0 rows gives one batch of 0 rows, not none */
};

/* Exports move their result into the caller's struct, whose release callback ends it. They hold a
 * reference to the file and point into the map. Consumers trust offsets and codes, so each column
 * is checked once before it goes out, unless SHMCOL_ARROW_TRUSTED is set. A table is a struct
 * array with one child a column. Errors: those of a damaged column, COLUMN_UNSUPPORTED, NO_MEMORY.
 *
 * Of a table in a directory, columns of a fixed width and dictionary columns are exported like
 * those of a file. Strings, binaries and lists are one run of bytes in each part only: to export
 * them as one array is NOT_ONE_RUN, and a stream that has one of them gives batches that end where
 * a part ends. Such a stream checks each part but the first when its batch is asked for; what is
 * wrong there is an error of get_next. Dictionary columns have the table's dictionary in every
 * batch. */

/* Exports the table's schema, as a struct. */
SHMCOL_API shmcol_status shmcol_export_schema(shmcol_file *file, struct ArrowSchema *schema,
                                              shmcol_error *err);
/* Exports the whole table as one struct array. */
SHMCOL_API shmcol_status shmcol_export_table(shmcol_file *file, uint32_t flags,
                                             struct ArrowArray *array, shmcol_error *err);
/* Exports one column by index, with its schema. */
SHMCOL_API shmcol_status shmcol_export_column(shmcol_file *file, uint32_t column, uint32_t flags,
                                              struct ArrowSchema *schema, struct ArrowArray *array,
                                              shmcol_error *err);
/* Exports the columns with the `n_columns` indices at `columns` (NULL: all) as a stream of record
 * batches of at most `batch_rows` rows (0: all in one, or all of a part). The batches slice the
 * map without copying. A table of 0 rows gives no batch. */
SHMCOL_API shmcol_status shmcol_export_stream(shmcol_file *file, const uint32_t *columns,
                                              uint32_t n_columns, uint64_t batch_rows,
                                              uint32_t flags, struct ArrowArrayStream *stream,
                                              shmcol_error *err);
/* Exports rows [first, first + rows) only, otherwise as shmcol_export_stream. More rows than there
 * are is OUT_OF_RANGE. */
SHMCOL_API shmcol_status shmcol_export_rows(shmcol_file *file, const uint32_t *columns,
                                            uint32_t n_columns, uint64_t first, uint64_t rows,
                                            uint64_t batch_rows, uint32_t flags,
                                            struct ArrowArrayStream *stream, shmcol_error *err);

/* Writes a whole Arrow stream to `path`, and does not release `stream`. `options` may be NULL.
 *
 * A type that shmcol does not have is TYPE_UNSUPPORTED, by name. String and binary views, strings
 * with 32-bit offsets and booleans of one bit are converted. Arrow's null type becomes a string
 * column of nulls. A fixed-size list of numbers or times is a tensor, of one dimension unless
 * arrow.fixed_shape_tensor gives its shape; a null inside it is BAD_VALUE. Metadata of the schema
 * comes before that of `options`.
 *
 * A column's first dictionary keeps its order and its ordered flag as long as later batches bring
 * no new value. Otherwise the column gets a dictionary of its own, sorted; an ordered one that
 * grows is TYPE_UNSUPPORTED. For that case batches are kept, up to options->memory bytes. A
 * dictionary that first grows after that is MEMORY_BOUND.
 *
 * Other errors: those of shmcol_writer_create, append and commit, and BAD_ARROW, CANCELLED. */
SHMCOL_API shmcol_status shmcol_write_stream(const char *path, struct ArrowArrayStream *stream,
                                             const shmcol_writer_options *options,
                                             shmcol_error *err);
/* Writes a whole Arrow stream to an open, empty descriptor, as shmcol_writer_create_fd does. After
 * a failure the descriptor is empty again. */
SHMCOL_API shmcol_status shmcol_write_stream_fd(int fd, struct ArrowArrayStream *stream,
                                                const shmcol_writer_options *options,
                                                shmcol_error *err);
/* Appends a whole Arrow stream to the table in the directory `dir`, and does not release `stream`.
 * Columns are matched by name. A value must fit the table's type: WRONG_TYPE names the column and
 * both types. Errors: those of shmcol_append_file and shmcol_write_stream. */
SHMCOL_API shmcol_status shmcol_append_stream(const char *dir, struct ArrowArrayStream *stream,
                                              const shmcol_append_options *options,
                                              shmcol_error *err);
/* Converts an imported schema (a struct) to fields: *fields, n_fields of them, is one allocation,
 * to be freed by shmcol_fields_free. Errors: TYPE_UNSUPPORTED, BAD_ARROW, BAD_NAME, LIMIT,
 * NO_MEMORY. */
SHMCOL_API shmcol_status shmcol_import_schema(const struct ArrowSchema *schema,
                                              shmcol_field **fields, uint32_t *n_fields,
                                              shmcol_error *err);
/* Frees fields of shmcol_import_schema. NULL is allowed. */
SHMCOL_API void shmcol_fields_free(shmcol_field *fields);
/* Appends one imported struct array, and does not release it. `schema` is the one that the writer's
 * fields came from: another number of columns is WRITER_STATE, other types are WRONG_TYPE, and
 * nothing of the array is read then. An ordered dictionary is given to the writer with the first
 * batch. Other dictionaries go as strings, which are looked up in the dictionary that
 * shmcol_writer_dictionary was given, or make one, sorted. Other errors: those of
 * shmcol_writer_append, and BAD_ARROW, TYPE_UNSUPPORTED. */
SHMCOL_API shmcol_status shmcol_writer_append_arrow(shmcol_writer *writer,
                                                    const struct ArrowSchema *schema,
                                                    const struct ArrowArray *array,
                                                    shmcol_error *err);

/* ---- compressed files ---- */

#define SHMCOL_COMPRESS_LEVEL 3 /* the level of zstd where none is asked for */

typedef struct shmcol_compress_options {
    size_t size;
    int level;        /* of zstd, 1 to 22; 0: SHMCOL_COMPRESS_LEVEL. shmcol_decompress ignores it */
    int overwrite;    /* replace an existing file (atomically) */
    int no_sync;      /* do not fsync: faster, not durable against a power cut */
    uint32_t threads; /* 0: as many as the process may use */
    shmcol_progress progress; /* over the bytes of the plain form; may be NULL */
    void *progress_arg;
} shmcol_compress_options;
#define SHMCOL_COMPRESS_OPTIONS_INIT SHMCOL_SIZED(shmcol_compress_options)

/* Writes the compressed form of the plain file `input` to `output`: every buffer in zstd frames of
 * one block each, still a valid Arrow IPC file (section 14 of spec/format.md). It is small at rest;
 * to be mapped it is decompressed once (SHMCOL_OPEN_CACHE). The input's structure and checksums are
 * checked on the way. The same input, level and version of zstd give the same bytes, for any number
 * of threads. `options` may be NULL. Memory is bounded: some bytes for each block of 512 KiB, and
 * some blocks a thread. Errors: EXISTS, SAME_FILE, INVALID_ARGUMENT (the input is compressed
 * already or is a part of a table, or the level is none), FEATURE, ENVELOPE_VERSION and
 * COLUMN_UNSUPPORTED (a later version), IO, NO_MEMORY, CANCELLED, and those of a damaged file. */
SHMCOL_API shmcol_status shmcol_compress(const char *input, const char *output,
                                         const shmcol_compress_options *options, shmcol_error *err);
/* Writes the plain file that `input` was compressed from to `output`, byte for byte. It appears
 * only if its id is the content id that the compressed file names. Errors: those of
 * shmcol_compress, and FRAME. */
SHMCOL_API shmcol_status shmcol_decompress(const char *input, const char *output,
                                           const shmcol_compress_options *options,
                                           shmcol_error *err);

/* ---- tables in memory: files without a name ---- */

/* A table that lives in memory alone. Every process that has a descriptor of it shares it without a
 * copy: a child of fork, a process that was sent one over a socket, or one that opens
 * /proc/PID/fd/FD read-only. It is gone with its last descriptor and map, however their owners end:
 *     shmcol_memory_create(&fd); shmcol_writer_create_fd(fd, …) … shmcol_writer_commit, or
 *     shmcol_write_stream_fd(fd, …);
 *     shmcol_memory_seal(fd);    shmcol_open_fd(fd, …)
 * A sealed table can be neither cut short nor written by anybody. Its readers need no shmcol_guard,
 * and what shmcol_verify found stays true. Its pages are memory: they count as the memory of the
 * process that wrote them, and can be swapped. */

/* Creates an empty file in memory (memfd_create(2), close-on-exec). *fd is the caller's to close.
 * Errors: IO. */
SHMCOL_API shmcol_status shmcol_memory_create(int *fd, shmcol_error *err);
/* Seals the file for good (F_SEAL_SHRINK, GROW, WRITE and SEAL). A sealed file may be sealed again.
 * Errors: IO, with sys_errno EBUSY while a process maps it writable, EINVAL for a descriptor of
 * another kind, EPERM for one that is read-only or may not be sealed. */
SHMCOL_API shmcol_status shmcol_memory_seal(int fd, shmcol_error *err);

/* ---- populate: many processes fill one table in place ---- */

/* A table of a known number of rows, with columns of a fixed width (numbers, bools, dates and
 * times, fixed_binary, tensors), is laid out at once under a temporary name beside its later path,
 * with every byte allocated. Processes open it by that name, claim ranges of rows and write their
 * values straight to the places where readers will find them. The creator then checks all values by
 * the format's rules, adds checksums and zone maps, and publishes. The file is byte for byte the
 * same as the one that shmcol_writer_append makes of these values.
 *
 * A range is held by a lock that ends with its process, however it ends (or with the last child
 * that fork made of it meanwhile). Rows begin as zeros that are valid. No process trusts another:
 * whatever is read of the temporary file is checked. A process that writes where it claimed nothing
 * can spoil values, but no other process (only one that cuts the file short could). The next
 * shmcol_populate_create in that directory removes what a creator that died left behind, once the
 * children that fork made of it have ended too. All processes run on one machine as one user. Where
 * the locks of a network file system end at the machine (NFS mounted nolock), two machines must not
 * populate in one directory. */
typedef struct shmcol_populate shmcol_populate;
typedef struct shmcol_range shmcol_range;

/* Lays out a table of `rows` rows; nothing appears at `path` before the commit. `options` (may be
 * NULL) are those of shmcol_writer_create; of them `memory` and `threads` are for the commit. On
 * success *populate is the caller's, to be given to commit or close. Errors: those of
 * shmcol_writer_create; INVALID_ARGUMENT also for a column without a fixed width, and for
 * zstd_level; LIMIT; IO with sys_errno ENOSPC where the disk does not have the space, EOPNOTSUPP
 * where the file system cannot allocate ahead. On tmpfs, ext4 and xfs allocated bytes can always be
 * written: a disk that is full later is no process's SIGBUS. File systems that copy on write
 * (btrfs, zfs) may promise less. */
SHMCOL_API shmcol_status shmcol_populate_create(const char *path, const shmcol_field *fields,
                                                uint32_t n_fields, uint64_t rows,
                                                const shmcol_writer_options *options,
                                                shmcol_populate **populate, shmcol_error *err);
/* Returns the absolute path under which other processes find the table. It lives as long as the
 * handle. */
SHMCOL_API const char *shmcol_populate_path(const shmcol_populate *populate);
/* Returns 16 bytes that name this table and no other. They live as long as the handle. */
SHMCOL_API const uint8_t *shmcol_populate_id(const shmcol_populate *populate);
/* Opens the table in another process, by its path and id. After fork the child may also use the
 * handle that it has inherited. On success *populate is the caller's, to be given to
 * shmcol_populate_close. Errors: GONE, IO, ADDRESS_SPACE. */
SHMCOL_API shmcol_status shmcol_populate_attach(const char *path, const uint8_t *id,
                                                shmcol_populate **populate, shmcol_error *err);
/* Ends the handle. If it is the creator's, in the creating process, the table is given up: nothing
 * stays behind, and later claims of others are GONE. Ranges that are still held keep the memory
 * they need, and end on their own. NULL is allowed. */
SHMCOL_API void shmcol_populate_close(shmcol_populate *populate);
/* Gives up what is not committed and what was kept, as close does. The handle stays, and with it
 * the memory of its ranges' values. */
SHMCOL_API void shmcol_populate_abort(shmcol_populate *populate);

/* Returns the number of rows. */
SHMCOL_API uint64_t shmcol_populate_rows(const shmcol_populate *populate);
/* Returns the number of columns. */
SHMCOL_API uint32_t shmcol_populate_columns(const shmcol_populate *populate);
/* Describes a column as shmcol_get_column does. null_count is 0. name and zone live as long as the
 * handle. Errors: NO_COLUMN. */
SHMCOL_API shmcol_status shmcol_populate_column(const shmcol_populate *populate, uint32_t column,
                                                shmcol_column_info *info, shmcol_error *err);
/* Finds the column called `name`. Errors: NO_COLUMN. */
SHMCOL_API shmcol_status shmcol_populate_find(const shmcol_populate *populate, const char *name,
                                              uint32_t *column, shmcol_error *err);

/* Claims rows [first, end): both multiples of 64, except that `end` may be the number of rows. Any
 * thread may claim any number of ranges; each takes a descriptor while it is held. Rows that were
 * begun before and not finished may be claimed anew, and are zeros again. On success *range is the
 * caller's, to be given to shmcol_range_fill or shmcol_range_drop by the same process. Errors:
 * OUT_OF_RANGE (empty, or beyond the rows), INVALID_ARGUMENT (not a multiple of 64), TAKEN
 * (err->row is the first such row), GONE, IO. */
SHMCOL_API shmcol_status shmcol_populate_claim(shmcol_populate *populate, uint64_t first,
                                               uint64_t end, shmcol_range **range,
                                               shmcol_error *err);
/* Gives the memory of a column's values in the range: *values is the value of row `first`, the
 * others follow at info.width bytes each. *validity (may be NULL) becomes the bitmap whose bit 0 is
 * row `first`, LSB first, 1 = valid, all ones at the beginning, or NULL where the column is not
 * nullable. The value of a null may be anything. Both pointers are for this range only and good
 * until it is filled or dropped: a later write spoils a file that others may be reading. Errors:
 * NO_COLUMN. */
SHMCOL_API shmcol_status shmcol_range_values(const shmcol_range *range, uint32_t column,
                                             void **values, uint8_t **validity, shmcol_error *err);
/* Gives the range back as filled. Frees it, whatever it returns. Errors: IO, and the range counts
 * as not finished; WRITER_STATE in another process than the one that claimed it (a child that
 * inherited it), for which nothing changes. */
SHMCOL_API shmcol_status shmcol_range_fill(shmcol_range *range, shmcol_error *err);
/* Gives the range back unfinished, as the end of the process does. NULL is allowed. */
SHMCOL_API void shmcol_range_drop(shmcol_range *range);

/* Finds the first rows [*first, *end) that are not filled (yet), at or after row `from` (rounded
 * down to a multiple of 64). Both are the number of rows if there are none, as there are none from
 * the end on. Use it to watch the progress, or to give the rows of a process that has died to
 * another one. Errors: GONE, IO. */
SHMCOL_API shmcol_status shmcol_populate_missing(const shmcol_populate *populate, uint64_t from,
                                                 uint64_t *first, uint64_t *end, shmcol_error *err);

enum {
    /* commit: rows that are not filled become nulls. Every column must be nullable then. */
    SHMCOL_POPULATE_NULLS = 1,
    /* commit: the handle stays the caller's, to be given to shmcol_populate_again, abort or close.
     */
    SHMCOL_POPULATE_KEEP = 2,
    SHMCOL_POPULATE_FRESH = 4 /* again: not in the kept table's memory */
};

/* Checks, completes and publishes the table, in the process that created it. Frees the handle if it
 * succeeds; with KEEP the handle stays after success, too. While it works, claims are TAKEN.
 *
 * Where rows are still held (TAKEN) or not filled (NOT_FILLED), nothing has happened, and commit
 * may be called again later. err->row is the first of these rows, and the message says whether a
 * process began them. After any other error the table is lost: BAD_VALUE with column and row for a
 * value that its type does not allow (F-38), GONE (the temporary file was taken away), EXISTS, IO,
 * NO_MEMORY. After every error the handle is still the caller's, to be closed. WRITER_STATE: this
 * process is not the creator, or such an error came before. INVALID_ARGUMENT: unknown flags, and
 * nothing has happened. */
SHMCOL_API shmcol_status shmcol_populate_commit(shmcol_populate *populate, uint32_t flags,
                                                shmcol_error *err);

/* Lays out another table of the same columns, rows and options for `path`, after a commit with
 * KEEP. It is for producers of one table after the other: most of a table's time goes into pages
 * that are allocated, zeroed, mapped and given back.
 *
 * Until close or the next again, the table that was published keeps a second, hidden name beside it
 * (".shmcol-….rows"). The next create in that directory removes that name if this process is
 * killed. Remove the table's own name when nobody needs it any more. If then no process has it open
 * or mapped, which the kernel is asked for (a write lease), the new table takes over its memory and
 * the map of it. A reader of the old table never sees it change: if one is left, or the file has
 * another name, or `path` is in another directory, or the file system is not tmpfs or has no hard
 * links, the table is made afresh, as by shmcol_populate_create. Either way rows begin as zeros,
 * and the file is the same.
 *
 * Pointers of this process, and of children of fork, into ranges of the old table (which were good
 * only until these were filled) show the new table's memory. FRESH is for a caller that cannot
 * exclude a use of such a pointer. On success *next is the caller's, and `populate` is only to be
 * closed, at any time. Errors: those of create; EXISTS, INVALID_ARGUMENT and WRITER_STATE (not
 * committed with KEEP, not by this process, or again was called before) leave `populate` as it was;
 * after others it may be spent, and is to be closed. */
SHMCOL_API shmcol_status shmcol_populate_again(shmcol_populate *populate, const char *path,
                                               uint32_t flags, shmcol_populate **next,
                                               shmcol_error *err);

/* ---- outputs: other files that appear as tables do ---- */

typedef struct shmcol_output shmcol_output;
enum {
    SHMCOL_OUTPUT_REPLACE = 1, /* replace an existing file (atomically) */
    SHMCOL_OUTPUT_NO_SYNC = 2  /* do not fsync: faster, not durable against a power cut */
};

/* Begins a file of any bytes at `path`, text say, by the rules of publishing above. Its mode is
 * 0666 less the umask, or that of the file that it replaces. On success *output is the caller's, to
 * be given to shmcol_output_publish or shmcol_output_abort. Errors: EXISTS, IO, INVALID_ARGUMENT,
 * NO_MEMORY. */
SHMCOL_API shmcol_status shmcol_output_create(const char *path, uint32_t flags,
                                              shmcol_output **output, shmcol_error *err);
/* Returns the descriptor to write to. It belongs to the output. */
SHMCOL_API int shmcol_output_fd(const shmcol_output *output);
/* Syncs the file and makes it appear. Frees the output, whatever it returns. Errors: EXISTS, IO,
 * WRITER_STATE (a child of fork). */
SHMCOL_API shmcol_status shmcol_output_publish(shmcol_output *output, shmcol_error *err);
/* Drops the output and everything written to it; nothing stays behind. NULL is allowed. */
SHMCOL_API void shmcol_output_abort(shmcol_output *output);

#ifdef __cplusplus
}

/* The defaults that are not zero, for C++. */
template <> inline shmcol_error shmcol_sized<shmcol_error>()
{
    shmcol_error made = shmcol_error();
    made.size = sizeof made;
    made.file_offset = made.column = made.row = made.line = made.line_column = -1;
    return made;
}
template <> inline shmcol_dictionary shmcol_sized<shmcol_dictionary>()
{
    shmcol_dictionary made = shmcol_dictionary();
    made.size = sizeof made;
    made.values.size = sizeof made.values;
    return made;
}
template <> inline shmcol_list shmcol_sized<shmcol_list>()
{
    shmcol_list made = shmcol_list();
    made.size = sizeof made;
    made.strings.size = sizeof made.strings;
    return made;
}
template <> inline shmcol_verify_options shmcol_sized<shmcol_verify_options>()
{
    shmcol_verify_options made = shmcol_verify_options();
    made.size = sizeof made;
    made.level = SHMCOL_VERIFY_FULL;
    return made;
}
template <> inline shmcol_field shmcol_sized<shmcol_field>()
{
    shmcol_field made = shmcol_field();
    made.size = sizeof made;
    made.type = SHMCOL_INT64;
    made.element = SHMCOL_BOOL8;
    return made;
}
#endif
#endif
