/* shmcol: memory-mapped columnar datasets. The one public header of the library.
 *
 * Conventions, for every function:
 *  - It returns a shmcol_status: SHMCOL_OK (0) or one distinct code for each way to fail. Numbers
 *    are frozen.
 *  - `err` may be NULL. If given, it begins as SHMCOL_ERROR_INIT; on failure it is filled in, on
 *    success left alone.
 *  - On failure no output parameter is changed and nothing is left to free.
 *  - Structs that the caller owns begin with `size`; set them with their _INIT macro, so that old
 *    programs run on newer libraries.
 *  - Strings that go in are NUL-terminated UTF-8 unless a length stands beside them. Pointers that
 *    come out live until the file is closed, unless said otherwise: those to values point into the
 *    map, names and metadata may be a copy.
 *  - Readers are thread-safe: any number of threads may use one shmcol_file. A writer belongs to
 *    one thread at a time.
 *  - There is no global state and no signal handler, unless shmcol_guard or shmcol_fault_report
 *    asks for one.
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
 * initialisers. C++ has those only from C++20 on; there they call a function, whose defaults stand
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

/* ---- status ---- */

/* Which kind of failure a status is; the numbers are the exit statuses of the tools. */
enum {
    SHMCOL_CLASS_OK = 0,
    SHMCOL_CLASS_DATA = 1,       /* the data is not valid */
    SHMCOL_CLASS_USAGE = 2,      /* the call is not right: a name, an option, a path that exists */
    SHMCOL_CLASS_SYSTEM = 3,     /* the system refused: I/O, memory, the memory bound */
    SHMCOL_CLASS_UNSUPPORTED = 4 /* valid perhaps, but not for this version */
};

typedef enum shmcol_status {
    SHMCOL_OK = 0,
    /* usage */
    SHMCOL_ERR_INVALID_ARGUMENT = 1,
    SHMCOL_ERR_NO_COLUMN = 2,  /* no column of that name or index */
    SHMCOL_ERR_WRONG_TYPE = 3, /* the message names both types */
    SHMCOL_ERR_HAS_NULLS =
        4, /* the column has nulls and the caller passed no place for the validity */
    SHMCOL_ERR_OUT_OF_RANGE = 5, /* a row, zone or metadata index */
    SHMCOL_ERR_EXISTS = 6,       /* the output exists */
    SHMCOL_ERR_SAME_FILE = 7,    /* the output is the input */
    SHMCOL_ERR_TYPE_NAME = 8,    /* no such type */
    SHMCOL_ERR_WRITER_STATE =
        9, /* the writer failed before or was given batches that do not fit its schema */
    SHMCOL_ERR_TAKEN = 10, /* populate: rows that somebody holds, or that are filled already */
    SHMCOL_ERR_NOT_FILLED =
        11, /* populate: rows that nobody filled, or that were begun and not finished */
    SHMCOL_ERR_GONE =
        12, /* populate: the table was committed or given up, or its creator has died */
    /* the system */
    SHMCOL_ERR_IO = 20, /* message and sys_errno say what */
    SHMCOL_ERR_NO_MEMORY = 21,
    SHMCOL_ERR_MEMORY_BOUND = 22,  /* does not fit the bound the caller set */
    SHMCOL_ERR_ADDRESS_SPACE = 23, /* the file cannot be mapped: larger than the address space */
    SHMCOL_ERR_CANCELLED = 24,     /* a progress callback returned non-zero */
    SHMCOL_ERR_FAULT = 25,   /* shmcol_guard: the mapped file was cut short, or the device failed,
                                while it was read */
    SHMCOL_ERR_CHANGED = 26, /* an input changed while it was read */
    /* a shmcol file that is not valid, or not for us: spec/format.md section 12 */
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
    /* what a writer was given */
    SHMCOL_ERR_TYPE_UNSUPPORTED = 80, /* a type shmcol does not have; the message names it */
    SHMCOL_ERR_BAD_VALUE = 81,        /* a value its column's type does not allow */
    SHMCOL_ERR_BAD_NAME = 82,  /* name, zone or metadata: duplicate, not UTF-8, NUL, too long */
    SHMCOL_ERR_LIMIT = 83,     /* a limit of the format (F-59) */
    SHMCOL_ERR_BAD_ARROW = 84, /* an imported Arrow array breaks Arrow's rules */
    /* a CSV that is not valid: spec/csv.md */
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
    SHMCOL_ERR_CSV_ENCODING = 112,  /* the bytes are not of the encoding that was named */
    SHMCOL_ERR_CSV_COMPRESSED = 113 /* a .gz or .zst input is damaged */
} shmcol_status;

/* What went wrong and where. Owned by the caller; holds no pointers. Numbers that do not apply are
 * -1. */
typedef struct shmcol_error {
    size_t size;
    shmcol_status status;
    int sys_errno;       /* errno of the system call that failed; 0: none did */
    int64_t file_offset; /* byte offset in the file the message speaks of */
    int64_t column;      /* column index, from 0 */
    int64_t row;         /* row index, from 0 */
    int64_t line;        /* CSV: line, from 1 */
    int64_t line_column; /* CSV: column of characters in that line, from 1 */
    char rule[8];        /* the requirement: "F-36", "C-12"; "" where none applies */
    char path[512];      /* the file, "" if unknown; a longer path keeps its end */
    char message[512];   /* one line, UTF-8: what is wrong */
    char hint[256];      /* one line, UTF-8: what to do; "" where there is nothing to say */
} shmcol_error;
#define SHMCOL_ERROR_INIT                                                                          \
    SHMCOL_SIZED_WITH(shmcol_error, .file_offset = -1, .column = -1, .row = -1, .line = -1,        \
                      .line_column = -1)

/* The name of a status without its prefix SHMCOL_ERR_ ("OFFSETS", "OK"); "UNKNOWN" for a number
 * that is none. Static storage. */
SHMCOL_API const char *shmcol_status_name(shmcol_status status);
/* SHMCOL_CLASS_… of a status. */
SHMCOL_API int shmcol_status_class(shmcol_status status);
/* Writes "path: place: error: message; hint" (parts that are empty are left out) to `out` of
 * `capacity` bytes, NUL-terminated. Returns the length it has or would have, as snprintf. */
SHMCOL_API size_t shmcol_error_format(const shmcol_error *err, char *out, size_t capacity);
/* SHMCOL_VERSION of the library that runs. */
SHMCOL_API uint32_t shmcol_version(void);

/* ---- types ---- */

/* Logical types; the numbers are those in the file (F-24). */
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
    SHMCOL_TENSOR = 22
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

/* "float64", "timestamp" …; NULL for a number that is no type. Static storage. */
SHMCOL_API const char *shmcol_type_name(shmcol_type type);

/* ---- reader: open and close ---- */

typedef struct shmcol_file shmcol_file;

enum {
    SHMCOL_OPEN_PREFAULT = 1,   /* fault all pages in now (MADV_POPULATE_READ) */
    SHMCOL_OPEN_SEQUENTIAL = 2, /* tell the kernel the scan is sequential */
    SHMCOL_OPEN_RANDOM = 4,  /* tell the kernel access is random; never the default: a cold scan is
                                many times slower */
    SHMCOL_OPEN_PRIVATE = 8, /* private copy-on-write pages: values may be written through a cast
                                pointer, for this process only */
    SHMCOL_OPEN_STORED = 16, /* a compressed file as it is, for shmcol_verify, shmcol_get_info and
                                what the directory tells; its values are FEATURE */
    SHMCOL_OPEN_CACHE = 32, /* a compressed file: map its plain form, which is made once per machine
                               in the cache directory */
    SHMCOL_OPEN_COPY = 64   /* a compressed file: decompress it into memory of this process; with
                               CACHE only where no cache can be had */
};

/* Called now and then from one thread at a time: `done` of `total` bytes (total 0: not known).
 * Non-zero cancels. */
typedef int (*shmcol_progress)(void *arg, uint64_t done, uint64_t total);

typedef struct shmcol_open_options {
    size_t size;
    uint32_t flags;
    const char *cache_dir; /* CACHE: NULL: $SHMCOL_CACHE, else $XDG_CACHE_HOME/shmcol, else
                              ~/.cache/shmcol. Made with mode 0700 where it is missing; refused
                              where it belongs to somebody else or others may write to it */
    uint64_t cache_limit;  /* CACHE: bytes; 0: $SHMCOL_CACHE_LIMIT (digits, perhaps K, M, G or T),
                              else 10 GiB. What was used least recently  and is open nowhere makes
                              room. What does not fit is  MEMORY_BOUND, with COPY too; a copy in
                              place  of a cache keeps  the same bound. COPY alone: the most bytes
                              that  the  copy may  take; 0: no bound */
    shmcol_progress progress; /* over the bytes of the plain form while CACHE or COPY decompresses
                                 it, with 0 of 0 while another process does; may be NULL */
    void *progress_arg;
} shmcol_open_options;
#define SHMCOL_OPEN_OPTIONS_INIT SHMCOL_SIZED(shmcol_open_options)

/* Opens the file at `path` and maps it read-only: O(1), only the header is read and checked (F-60).
 * `options` may be NULL. On success *file is the caller's, to be given to shmcol_close. Errors: IO
 * (also a directory, a missing file, no permission), ADDRESS_SPACE, NO_MEMORY, FAULT (PREFAULT: the
 * file was cut short meanwhile, or its device failed) and every code of F-60. A compressed file is
 * FEATURE unless a flag says what to do with it; with CACHE or COPY also MEMORY_BOUND, FRAME,
 * CANCELLED and every code of a damaged file. The first open with CACHE decompresses, one process
 * for all that ask; any later one costs a few system calls more than a plain file, and looks at no
 * more than the header of the compressed one: the content it names is there and proved. */
SHMCOL_API shmcol_status shmcol_open(const char *path, const shmcol_open_options *options,
                                     shmcol_file **file, shmcol_error *err);
/* The same for an open descriptor, which stays the caller's and may be closed at once afterwards.
 */
SHMCOL_API shmcol_status shmcol_open_fd(int fd, const shmcol_open_options *options,
                                        shmcol_file **file, shmcol_error *err);
/* The same for `size` bytes in memory, aligned to 64 bytes at least, which must outlive the file
 * (and its exports) unchanged in place. flags other than 0 are INVALID_ARGUMENT. */
SHMCOL_API shmcol_status shmcol_open_memory(const void *data, size_t size, shmcol_file **file,
                                            shmcol_error *err);
/* One more reference to the same file; each needs its own shmcol_close. */
SHMCOL_API shmcol_file *shmcol_retain(shmcol_file *file);
/* Drops the caller's reference; the map goes with the last one (Arrow exports hold their own). NULL
 * is allowed. */
SHMCOL_API void shmcol_close(shmcol_file *file);

/* ---- reader: what is in it ---- */

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
    int compressed;  /* what was opened is compressed; but with SHMCOL_OPEN_STORED all fields above
                        are those of its plain form */
    uint64_t stored_size; /* bytes of what was opened */
    uint64_t plain_size;  /* bytes of its plain form; 0 if the directory is too damaged to tell */
} shmcol_file_info;
#define SHMCOL_FILE_INFO_INIT SHMCOL_SIZED(shmcol_file_info)

/* Fills `info` from the checked header; cannot fail for a valid file. */
SHMCOL_API shmcol_status shmcol_get_info(const shmcol_file *file, shmcol_file_info *info,
                                         shmcol_error *err);
SHMCOL_API uint64_t shmcol_rows(const shmcol_file *file);
SHMCOL_API uint32_t shmcol_columns(const shmcol_file *file);

/* One buffer of a column, as it lies in the file. length 0: not there. */
typedef struct shmcol_buffer {
    uint64_t offset; /* from the start of the file */
    uint64_t length; /* bytes */
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
    uint32_t width;   /* bytes of a value or code in the values buffer; 0 for string and binary */
    shmcol_unit unit; /* timestamp, duration, time32, time64, and tensors of those */
    const char *zone; /* timestamp: NUL-terminated; NULL: no zone */
    shmcol_type element; /* tensor: type of an element */
    uint32_t dimensions; /* tensor */
    uint32_t shape[SHMCOL_MAX_DIMENSIONS];
    uint32_t dictionary; /* dictionary: number of the dictionary object; columns may share one */
    uint64_t dictionary_length; /* dictionary: number of distinct values */
    int dictionary_sorted, dictionary_ordered;
    shmcol_buffer validity, values, bytes; /* values: or offsets, or codes */
    shmcol_buffer dictionary_offsets, dictionary_bytes;
} shmcol_column_info;
#define SHMCOL_COLUMN_INFO_INIT SHMCOL_SIZED(shmcol_column_info)

/* Describes column `column`. A column of an unknown type is SHMCOL_OK with supported = 0. Errors:
 * NO_COLUMN, DESCRIPTOR_HASH, DESCRIPTOR_FIELD, NAME. */
SHMCOL_API shmcol_status shmcol_get_column(const shmcol_file *file, uint32_t column,
                                           shmcol_column_info *info, shmcol_error *err);
/* Finds the column called `name`, O(log columns). Errors: NO_COLUMN (the message names near
 * misses), and those of a damaged directory. */
SHMCOL_API shmcol_status shmcol_find(const shmcol_file *file, const char *name, uint32_t *column,
                                     shmcol_error *err);
SHMCOL_API shmcol_status shmcol_find_n(const shmcol_file *file, const char *name,
                                       size_t name_length, uint32_t *column, shmcol_error *err);

/* Metadata pairs, in their order. `column` is a column's index or SHMCOL_TABLE. Keys and values are
 * not NUL-terminated. */
#define SHMCOL_TABLE UINT32_MAX
typedef struct shmcol_text {
    const char *data;
    uint64_t length;
} shmcol_text;
SHMCOL_API shmcol_status shmcol_metadata_count(const shmcol_file *file, uint32_t column,
                                               uint32_t *count, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_metadata_get(const shmcol_file *file, uint32_t column,
                                             uint32_t index, shmcol_text *key, shmcol_text *value,
                                             shmcol_error *err);

/* ---- reader: values in place ---- */

/* One line for one column: *values points at shmcol_rows(file) values in the map, *n (may be NULL)
 * gets their number. float32, float64: a null is NaN in the value. date64, timestamp, duration: a
 * null is SHMCOL_NAT. All others also take `validity`: *validity becomes the bitmap
 * (shmcol_is_valid), or NULL where the column has no nulls; passing validity = NULL for a column
 * that has nulls is the error HAS_NULLS, so a null is never read as a zero by accident. No function
 * here allocates or copies. Errors: NO_COLUMN, WRONG_TYPE, HAS_NULLS, COLUMN_UNSUPPORTED, and those
 * of a damaged directory. */
SHMCOL_API shmcol_status shmcol_float32(const shmcol_file *file, const char *name,
                                        const float **values, uint64_t *n, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_float64(const shmcol_file *file, const char *name,
                                        const double **values, uint64_t *n, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_date64(const shmcol_file *file, const char *name,
                                       const int64_t **values, uint64_t *n, shmcol_error *err);
/* `unit` (may be NULL) gets the column's unit. */
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
/* n values of *width bytes each. */
SHMCOL_API shmcol_status shmcol_fixed_binary(const shmcol_file *file, const char *name,
                                             const uint8_t **values, uint64_t *n, uint32_t *width,
                                             const uint8_t **validity, shmcol_error *err);
/* n tensors in C order; shmcol_get_column tells element type and shape. */
SHMCOL_API shmcol_status shmcol_tensor(const shmcol_file *file, const char *name,
                                       const void **values, uint64_t *n, const uint8_t **validity,
                                       shmcol_error *err);

/* The same for a column by index, whatever its fixed-width type: values of info.width bytes each;
 * for a dictionary its codes. */
SHMCOL_API shmcol_status shmcol_values(const shmcol_file *file, uint32_t column,
                                       const void **values, const uint8_t **validity,
                                       shmcol_error *err);

/* 1 if row `row` is valid; validity NULL: every row is. */
static inline int shmcol_is_valid(const uint8_t *validity, uint64_t row)
{
    return validity == NULL || ((validity[row >> 3] >> (row & 7)) & 1);
}

/* A string or binary column (or the values of a dictionary) in place. Owned by the caller, nothing
 * to free. */
typedef struct shmcol_strings {
    size_t size;
    uint64_t count;         /* number of values */
    const int64_t *offsets; /* count + 1 of them */
    const char *data;
    uint64_t data_length;    /* bytes */
    const uint8_t *validity; /* NULL: no nulls */
} shmcol_strings;
#define SHMCOL_STRINGS_INIT SHMCOL_SIZED(shmcol_strings)

/* A string column / a binary column by name or, with the _column form, by index (either type).
 * Errors as above (not HAS_NULLS: the validity is in the struct). */
SHMCOL_API shmcol_status shmcol_string(const shmcol_file *file, const char *name,
                                       shmcol_strings *strings, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_binary(const shmcol_file *file, const char *name,
                                       shmcol_strings *strings, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_strings_column(const shmcol_file *file, uint32_t column,
                                               shmcol_strings *strings, shmcol_error *err);
/* Value `row`: *data (not NUL-terminated), *length. A null gives *data = NULL, *length = 0; an
 * empty string a *data that is not NULL. Memory-safe whatever the file's offsets say (F-63).
 * Returns OUT_OF_RANGE (row >= count) or OFFSETS. */
SHMCOL_API shmcol_status shmcol_string_at(const shmcol_strings *strings, uint64_t row,
                                          const char **data, uint64_t *length);

/* A dictionary column in place. */
typedef struct shmcol_dictionary {
    size_t size;
    uint64_t count;          /* rows */
    const void *codes;       /* int8_t, int16_t or int32_t by code_width; a null's code is 0 */
    uint32_t code_width;     /* 1, 2, 4 */
    const uint8_t *validity; /* NULL: no nulls */
    int sorted, ordered;
    shmcol_strings values; /* the distinct values */
} shmcol_dictionary;
#define SHMCOL_DICTIONARY_INIT                                                                     \
    SHMCOL_SIZED_WITH(shmcol_dictionary, .values = {.size = sizeof(shmcol_strings)})

SHMCOL_API shmcol_status shmcol_dictionary_get(const shmcol_file *file, const char *name,
                                               shmcol_dictionary *dictionary, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_dictionary_column(const shmcol_file *file, uint32_t column,
                                                  shmcol_dictionary *dictionary, shmcol_error *err);
/* The code of row `row`, -1 for a null; the caller knows row < count. */
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
/* The string of row `row`, as shmcol_string_at. A code outside the dictionary is CODES. */
SHMCOL_API shmcol_status shmcol_dictionary_at(const shmcol_dictionary *dictionary, uint64_t row,
                                              const char **data, uint64_t *length);
/* The code of the string `data`, -1 if the dictionary does not have it. O(log n) where sorted, else
 * O(n). */
SHMCOL_API shmcol_status shmcol_dictionary_code(const shmcol_dictionary *dictionary,
                                                const char *data, uint64_t length, int64_t *code);

/* ---- reader: statistics ---- */

#define SHMCOL_ZONE_ROWS 65536

/* Bounds and counts of a column or of one zone of SHMCOL_ZONE_ROWS rows, from the zone maps: no
 * value is read. */
typedef struct shmcol_stats {
    size_t size;
    uint64_t rows, null_count, nan_count;
    int has_bounds;           /* 0: no valid value that is not NaN, or a type without zone maps */
    int64_t min_int, max_int; /* signed integers, dates, times, timestamps, durations, codes */
    uint64_t min_uint, max_uint;         /* unsigned integers, bool8 */
    double min_float, max_float;         /* float32, float64 */
    char min_prefix[16], max_prefix[16]; /* strings: the first 16 bytes, zero-padded */
    uint64_t min_length, max_length;     /* strings: their whole lengths */
} shmcol_stats;
#define SHMCOL_STATS_INIT SHMCOL_SIZED(shmcol_stats)

/* O(zones). Where the bounds of several zones are longer strings with the same first 16 bytes,
 * min_length and max_length are those of one of them. Errors: NO_COLUMN, COLUMN_UNSUPPORTED,
 * OUT_OF_RANGE (zone), ZONE_MAP; hashes are not checked here (shmcol_verify does). */
SHMCOL_API shmcol_status shmcol_column_stats(const shmcol_file *file, uint32_t column,
                                             shmcol_stats *stats, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_zone_stats(const shmcol_file *file, uint32_t column, uint64_t zone,
                                           shmcol_stats *stats, shmcol_error *err);

/* How many bytes of the column's buffers (its dictionary's too), in whole pages, are in the page
 * cache, and how many there are. column SHMCOL_TABLE: the file. */
SHMCOL_API shmcol_status shmcol_resident(const shmcol_file *file, uint32_t column,
                                         uint64_t *resident, uint64_t *total, shmcol_error *err);
/* Faults one column's pages in. */
SHMCOL_API shmcol_status shmcol_prefault(const shmcol_file *file, uint32_t column,
                                         shmcol_error *err);

/* ---- reader: trust ---- */

typedef enum shmcol_level {
    SHMCOL_VERIFY_STRUCTURE = 0, /* header, directory, layout: no value is read */
    SHMCOL_VERIFY_CHECKSUMS = 1, /* and every byte is the one that was written */
    SHMCOL_VERIFY_FULL =
        2 /* and every value keeps the format's rules, and the Arrow view is the same table */
} shmcol_level;

typedef struct shmcol_verify_options {
    size_t size;
    shmcol_level level;
    uint32_t threads;         /* 0: as many as the process may use */
    shmcol_progress progress; /* may be NULL */
    void *progress_arg;
    /* Called for every problem found, in the normative order (F-62), before the function returns;
     * may be NULL. */
    void (*problem)(void *arg, const shmcol_error *problem);
    void *problem_arg;
    uint64_t temporary_limit; /* FULL, of a compressed file opened with SHMCOL_OPEN_STORED: the
                                 most bytes that its plain form may take in a temporary file;
                                 0: 10 GiB */
} shmcol_verify_options;
#define SHMCOL_VERIFY_OPTIONS_INIT                                                                 \
    SHMCOL_SIZED_WITH(shmcol_verify_options, .level = SHMCOL_VERIFY_FULL)

/* Checks the file in the order of F-62. SHMCOL_OK, or the first problem's status, in err and
 * returned. options NULL: level full. Other errors: CANCELLED, NO_MEMORY, IO, MEMORY_BOUND
 * (temporary_limit); inside shmcol_guard on this file also FAULT, whichever of its threads meets
 * the fault, with all it holds released. */
SHMCOL_API shmcol_status shmcol_verify(const shmcol_file *file,
                                       const shmcol_verify_options *options, shmcol_error *err);

/* Runs fn(arg); a SIGBUS on this file's pages (the file was cut short while mapped, or the device
 * failed) makes it return FAULT with the file offset and the column in err, the rest of fn skipped
 * as by longjmp: fn must hold nothing that needs releasing. Faults elsewhere go to the handlers
 * that were there. Guards may nest and run in several threads. Installs a SIGBUS handler at first
 * use. On success returns SHMCOL_OK; fn has no result of its own. A program that installs a SIGBUS
 * handler of its own does so before that: one that is installed later takes the place of ours, and
 * guards do nothing until ours is in front of it again. It goes there at the first guard of a
 * thread that had none before, and at each shmcol_fault_report. The program's handler is called for
 * faults elsewhere, and may pass on to what was there before it. */
SHMCOL_API shmcol_status shmcol_guard(const shmcol_file *file, void (*fn)(void *arg), void *arg,
                                      shmcol_error *err);
/* From now on a SIGBUS on a page of any open shmcol file prints file and column to stderr before
 * the default action or the handler that was there. Process-wide, cannot be undone. May be called
 * again, after the program has installed a handler of its own. Errors: IO. */
SHMCOL_API shmcol_status shmcol_fault_report(shmcol_error *err);

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
    SHMCOL_ARROW_TRUSTED =
        1, /* do not check offsets and codes before the export: the caller has verified the file */
    SHMCOL_ARROW_EMPTY_BATCH = 2 /* a stream over 0 rows gives one batch of 0 rows, not none */
};

/* Exports move the result into the caller's struct, to be ended by its release callback; they hold
 * a reference to the file and point into the map. Consumers trust offsets and codes, so they are
 * checked once per column before they go out (unless TRUSTED). A table is a struct array, one child
 * a column. Errors: those of a damaged column, COLUMN_UNSUPPORTED, NO_MEMORY. */
SHMCOL_API shmcol_status shmcol_export_schema(shmcol_file *file, struct ArrowSchema *schema,
                                              shmcol_error *err);
SHMCOL_API shmcol_status shmcol_export_table(shmcol_file *file, uint32_t flags,
                                             struct ArrowArray *array, shmcol_error *err);
SHMCOL_API shmcol_status shmcol_export_column(shmcol_file *file, uint32_t column, uint32_t flags,
                                              struct ArrowSchema *schema, struct ArrowArray *array,
                                              shmcol_error *err);
/* A stream of record batches of at most `batch_rows` rows (0: all in one), which slice the map
 * without copying. `columns` (may be NULL: all) are `n_columns` indices. A table of 0 rows gives no
 * batch. */
SHMCOL_API shmcol_status shmcol_export_stream(shmcol_file *file, const uint32_t *columns,
                                              uint32_t n_columns, uint64_t batch_rows,
                                              uint32_t flags, struct ArrowArrayStream *stream,
                                              shmcol_error *err);
/* The same for rows [first, first + rows) only. More rows than there are: OUT_OF_RANGE. */
SHMCOL_API shmcol_status shmcol_export_rows(shmcol_file *file, const uint32_t *columns,
                                            uint32_t n_columns, uint64_t first, uint64_t rows,
                                            uint64_t batch_rows, uint32_t flags,
                                            struct ArrowArrayStream *stream, shmcol_error *err);

/* ---- writer ---- */

typedef struct shmcol_pair {
    shmcol_text key, value;
} shmcol_pair;

/* One column of a new file. */
typedef struct shmcol_field {
    size_t size;
    const char *name; /* name_length bytes */
    uint32_t name_length;
    shmcol_type type;
    int nullable;
    shmcol_unit unit;    /* timestamp, duration, time32, time64, tensors of those */
    const char *zone;    /* timestamp; NULL: none */
    uint32_t width;      /* fixed_binary */
    shmcol_type element; /* tensor */
    uint32_t dimensions; /* tensor */
    uint32_t shape[SHMCOL_MAX_DIMENSIONS];
    int auto_dictionary; /* string: becomes a dictionary column where the rule of C-60 says so */
    const shmcol_pair *metadata;
    uint32_t metadata_count;
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
    int zstd_level;     /* not 0: the file is written compressed (shmcol_compress), by this level of
                           zstd; not into a descriptor */
    const char *const
        *dictionary; /* shmcol_write_stream: n_dictionary strings MODE or NAME=MODE (auto, always,
                        never), for string columns. What names a column beats what does not, then
                        the last counts; without any, never: strings stay strings. What is a
                        dictionary stays one. A name that is not there: NO_COLUMN */
    uint32_t n_dictionary;
    shmcol_progress progress; /* over the bytes of the file while commit completes it, and by
                                 shmcol_write_stream with 0 of 0 before each batch; may be NULL */
    void *progress_arg;
    uint64_t expected_rows; /* how many will be appended, if that is known: values then go straight
                               to where they belong, which makes a table of many batches faster. 0:
                               as many as the first batch has. More or fewer may come; for that many
                               there has to be room in a file (LIMIT, IO) */
} shmcol_writer_options;
#define SHMCOL_WRITER_OPTIONS_INIT SHMCOL_SIZED(shmcol_writer_options)

/* ---- publishing ----
 * Every function here that makes a file at a path does it in the same way. The path is looked at
 * once, at the start. Only a regular file is replaced, and only where that was asked for: without,
 * whatever is there, any symbolic link too, is EXISTS. A link is not replaced but what it leads to,
 * which need not be there yet; the temporary file lies in that directory. A directory, a device, a
 * FIFO, a socket, and what a link in /proc leads to (/dev/stdout), are refused: IO, and the message
 * says which it is. A table is read-only to all: mode 0444 less the umask, or, where it replaces a
 * file, that file's mode without its write bits. Owner, ACL and hard links of a replaced file are
 * not kept. The file appears when it is complete and on the disk. If only the sync of its directory
 * fails after it has replaced a file, or would have, the status is IO, and the message says that
 * the output is in place, but perhaps not durable; after every other error the path is as it was.
 * A killed process may leave hidden files named ".shmcol-….tmp" and ".shmcol-….rows". The next
 * process that makes a file in that directory removes them.
 * A writer, an output or a populate's creator is the process's that made it. In a child of fork
 * that has a copy, abort (or close) frees the copy and nothing else, and all other calls are
 * WRITER_STATE. */

/* Begins a file at `path`. Nothing appears there before commit. fields and all they point at are
 * copied. options may be NULL. Errors: EXISTS, IO, BAD_NAME, INVALID_ARGUMENT (a field that is not
 * right; the message names it), LIMIT, NO_MEMORY. */
SHMCOL_API shmcol_status shmcol_writer_create(const char *path, const shmcol_field *fields,
                                              uint32_t n_fields,
                                              const shmcol_writer_options *options,
                                              shmcol_writer **writer, shmcol_error *err);
/* The same into an open, empty, writable, seekable descriptor (a memfd, say), which stays the
 * caller's; commit then publishes nothing. */
SHMCOL_API shmcol_status shmcol_writer_create_fd(int fd, const shmcol_field *fields,
                                                 uint32_t n_fields,
                                                 const shmcol_writer_options *options,
                                                 shmcol_writer **writer, shmcol_error *err);

/* Describes column `column` of a writer as its field gave it: index, name, type and the type's
 * parameters; width is 0 where values have no fixed width. name and zone live as long as the
 * writer. Errors: NO_COLUMN. */
SHMCOL_API shmcol_status shmcol_writer_column(const shmcol_writer *writer, uint32_t column,
                                              shmcol_column_info *info, shmcol_error *err);

typedef enum shmcol_validity_kind {
    SHMCOL_ALL_VALID = 0,
    SHMCOL_VALIDITY_BITMAP = 1, /* Arrow's: LSB first, 1 = valid, starting at bit validity_offset */
    SHMCOL_VALIDITY_MASK = 2,   /* one byte a row, non-zero = NULL (numpy masked arrays, pandas) */
    SHMCOL_VALIDITY_BYTES = 3,  /* one byte a row, non-zero = valid */
    SHMCOL_VALIDITY_SENTINEL = 4 /* a value whose bytes equal those at `sentinel` is null; floats:
                                    every NaN is null if `sentinel` is NULL */
} shmcol_validity_kind;

typedef enum shmcol_string_layout {
    SHMCOL_STRINGS_OFFSETS64 = 0, /* values: int64 offsets (rows + 1), data */
    SHMCOL_STRINGS_OFFSETS32 = 1, /* values: int32 offsets */
    SHMCOL_STRINGS_POINTERS = 2,  /* values: char pointers, NUL-terminated; NULL is null */
    SHMCOL_STRINGS_FIXED = 3,     /* values: `width` bytes each; trailing NULs are cut (numpy S) */
    SHMCOL_STRINGS_CODES = 4 /* dictionary column: values are integer codes of `width` bytes into
                                the dictionary given by shmcol_writer_dictionary */
} shmcol_string_layout;

/* One column's values of a batch: base + stride, so arrays of structs, record arrays and plain
 * columns are one path. */
typedef struct shmcol_column_data {
    size_t size;
    const void *values; /* the first value (or offset, pointer, code) */
    int64_t stride;     /* bytes from one value to the next; 0: packed */
    shmcol_validity_kind validity_kind;
    const void *validity;     /* bitmap or bytes */
    uint64_t validity_offset; /* bitmap: first bit */
    const void *sentinel;
    shmcol_string_layout layout; /* string, binary, dictionary */
    uint32_t width;              /* SHMCOL_STRINGS_FIXED, SHMCOL_STRINGS_CODES */
    const void *data;            /* SHMCOL_STRINGS_OFFSETS…: the bytes the offsets count from */
} shmcol_column_data;
#define SHMCOL_COLUMN_DATA_INIT SHMCOL_SIZED(shmcol_column_data)

/* Gives the dictionary of a dictionary column, before the first append: `values` unique, valid
 * UTF-8, none null. flags: ordered keeps Arrow's isOrdered. A dictionary column without it takes
 * strings and builds its own, sorted. Copied. A second one, or one after the first append, is
 * WRITER_STATE and changes nothing; any other error fails the writer. */
SHMCOL_API shmcol_status shmcol_writer_dictionary(shmcol_writer *writer, uint32_t column,
                                                  const shmcol_strings *values, int ordered,
                                                  shmcol_error *err);
/* Appends `rows` rows; `columns` has one entry a field, in order. All is copied or written before
 * it returns. After an error the writer can only be aborted; values that break the type's rules are
 * BAD_VALUE with column and row. */
SHMCOL_API shmcol_status shmcol_writer_append(shmcol_writer *writer, uint64_t rows,
                                              const shmcol_column_data *columns, uint32_t n_columns,
                                              shmcol_error *err);
/* Completes the file, syncs it and makes it appear under its name; frees the writer, whatever it
 * returns. On failure nothing appears, or the message says that it is in place, but perhaps not
 * durable. */
SHMCOL_API shmcol_status shmcol_writer_commit(shmcol_writer *writer, shmcol_error *err);
/* Drops everything; nothing stays behind. NULL is allowed. */
SHMCOL_API void shmcol_writer_abort(shmcol_writer *writer);

/* Writes a whole Arrow stream to `path`. Types we do not have are TYPE_UNSUPPORTED by name; string
 * and binary views, small strings and booleans of one bit are converted, Arrow's null type becomes
 * a string column of nulls. A fixed-size list of numbers or times is a tensor (of one dimension,
 * unless arrow.fixed_shape_tensor says its shape); a null inside it is BAD_VALUE. Metadata of the
 * schema comes before that of `options`. A column's first dictionary keeps its order and its
 * ordered flag as long as later batches bring no new value; else the column gets one of its own,
 * sorted (an ordered one that grows is TYPE_UNSUPPORTED). For that case batches are kept, up to
 * options->memory bytes; a dictionary that first grows after that is MEMORY_BOUND. Does not release
 * `stream`. */
SHMCOL_API shmcol_status shmcol_write_stream(const char *path, struct ArrowArrayStream *stream,
                                             const shmcol_writer_options *options,
                                             shmcol_error *err);
/* The same into an open, empty descriptor, as shmcol_writer_create_fd; after a failure it is empty
 * again. */
SHMCOL_API shmcol_status shmcol_write_stream_fd(int fd, struct ArrowArrayStream *stream,
                                                const shmcol_writer_options *options,
                                                shmcol_error *err);
/* Turns an imported schema (a struct) into fields: *fields (n_fields of them) is one allocation, to
 * be freed by shmcol_fields_free. */
SHMCOL_API shmcol_status shmcol_import_schema(const struct ArrowSchema *schema,
                                              shmcol_field **fields, uint32_t *n_fields,
                                              shmcol_error *err);
SHMCOL_API void shmcol_fields_free(shmcol_field *fields);
/* Appends one imported struct array; `schema` is the one the writer's fields came from: one of
 * another number of columns is WRITER_STATE, of other types WRONG_TYPE, and nothing of the array is
 * read then. An ordered dictionary is given to the writer with the first batch; others go as
 * strings, which are looked up in what shmcol_writer_dictionary was given, or make one, sorted.
 * Does not release `array`. */
SHMCOL_API shmcol_status shmcol_writer_append_arrow(shmcol_writer *writer,
                                                    const struct ArrowSchema *schema,
                                                    const struct ArrowArray *array,
                                                    shmcol_error *err);

/* ---- outputs: other files that appear as tables do ---- */

typedef struct shmcol_output shmcol_output;
enum {
    SHMCOL_OUTPUT_REPLACE = 1, /* replace an existing file (atomically) */
    SHMCOL_OUTPUT_NO_SYNC = 2  /* do not fsync: faster, not durable against a power cut */
};

/* Begins a file of any bytes at `path`, text say, by the rules of publishing above. Its mode is
 * 0666 less the umask, or that of the file which it replaces. *output is the caller's. Errors:
 * EXISTS, IO, INVALID_ARGUMENT, NO_MEMORY. */
SHMCOL_API shmcol_status shmcol_output_create(const char *path, uint32_t flags,
                                              shmcol_output **output, shmcol_error *err);
/* Returns the descriptor to write to; it is the output's. */
SHMCOL_API int shmcol_output_fd(const shmcol_output *output);
/* Syncs the file and makes it appear; frees the output, whatever it returns. Errors: EXISTS, IO,
 * WRITER_STATE (a child of fork). */
SHMCOL_API shmcol_status shmcol_output_publish(shmcol_output *output, shmcol_error *err);
/* Drops everything; nothing stays behind. NULL is allowed. */
SHMCOL_API void shmcol_output_abort(shmcol_output *output);

/* ---- populate: many processes fill one table in place ---- */

/* A table of a known number of rows and of columns of a fixed width (numbers, bools, dates and
 * times, fixed_binary, tensors) is laid out at once, with every byte of it allocated, under a
 * temporary name beside the path it will have. Processes open it by that name, claim ranges of rows
 * and write their values straight to where readers will find them; the creator then checks all
 * values by the format's rules, adds checksums and zone maps and publishes. The file is the same,
byte for byte, as shmcol_writer_append makes of these values.
 *
 * A range is held by a lock that ends with its process, however it ends (or with the last child
 * that fork made of it meanwhile). Rows begin as zeros that are valid. Nobody trusts anybody: what
 * is read of the temporary is checked, and a process that writes where it claimed nothing can spoil
 * values but no other process (only one that cuts the file short could). What a creator that died
 * leaves behind is taken away by the next shmcol_populate_create in that directory, once the
 * children that fork made of it have ended too. All processes run on one machine as one user; where
 * the locks of a network file system end at the machine (NFS mounted nolock), two machines must not
 * populate in one directory. */
typedef struct shmcol_populate shmcol_populate;
typedef struct shmcol_range shmcol_range;

/* Lays out a table of `rows` rows; options (may be NULL) as for shmcol_writer_create, of which
 * `memory` and `threads` are for the commit. Nothing appears at `path` before that. On success
 * *populate is the caller's, to be given to commit or close. Errors: those of shmcol_writer_create;
 * INVALID_ARGUMENT also for a column that has no fixed width, and for zstd_level; LIMIT; IO with
 * sys_errno ENOSPC where the disk has not that much space, EOPNOTSUPP where the file system cannot
 * allocate ahead. On tmpfs, ext4 and xfs what is allocated can always be written: a disk that is
 * full later is nobody's SIGBUS. File systems that copy on write (btrfs, zfs) may promise less. */
SHMCOL_API shmcol_status shmcol_populate_create(const char *path, const shmcol_field *fields,
                                                uint32_t n_fields, uint64_t rows,
                                                const shmcol_writer_options *options,
                                                shmcol_populate **populate, shmcol_error *err);
/* Where other processes find it: an absolute path and 16 bytes that name this table and no other.
 * Live as long as the handle. */
SHMCOL_API const char *shmcol_populate_path(const shmcol_populate *populate);
SHMCOL_API const uint8_t *shmcol_populate_id(const shmcol_populate *populate);
/* Opens it in another process. After fork the child may also use the handle it has inherited. On
 * success *populate is the caller's, to be given to shmcol_populate_close. Errors: GONE; IO,
 * ADDRESS_SPACE. */
SHMCOL_API shmcol_status shmcol_populate_attach(const char *path, const uint8_t *id,
                                                shmcol_populate **populate, shmcol_error *err);
/* Ends the handle. If it is the creator's, in the creating process, the table is given up: nothing
 * stays behind, and later claims of others are GONE. Ranges that are still held keep what they
 * need, and end on their own. NULL is allowed. */
SHMCOL_API void shmcol_populate_close(shmcol_populate *populate);
/* Gives up what is not committed and what was kept, as close does; the handle stays, and with it
 * the memory of its ranges' values. */
SHMCOL_API void shmcol_populate_abort(shmcol_populate *populate);

SHMCOL_API uint64_t shmcol_populate_rows(const shmcol_populate *populate);
SHMCOL_API uint32_t shmcol_populate_columns(const shmcol_populate *populate);
/* Describes a column as shmcol_get_column does; null_count is 0. name and zone live as long as the
 * handle. Errors: NO_COLUMN. */
SHMCOL_API shmcol_status shmcol_populate_column(const shmcol_populate *populate, uint32_t column,
                                                shmcol_column_info *info, shmcol_error *err);
/* The column called `name`. Errors: NO_COLUMN. */
SHMCOL_API shmcol_status shmcol_populate_find(const shmcol_populate *populate, const char *name,
                                              uint32_t *column, shmcol_error *err);

/* Claims rows [first, end): both multiples of 64, but for an `end` that is the number of rows. Any
 * number of ranges, from any thread; each takes a descriptor while it is held. Rows that were begun
 * before and not finished may be claimed anew, and are zeros again. On success *range is the
 * caller's, to be given to shmcol_range_fill or shmcol_range_drop by the same process. Errors:
 * OUT_OF_RANGE (empty, or beyond the rows), INVALID_ARGUMENT (not a multiple of 64), TAKEN
 * (err->row is the first such row), GONE, IO. */
SHMCOL_API shmcol_status shmcol_populate_claim(shmcol_populate *populate, uint64_t first,
                                               uint64_t end, shmcol_range **range,
                                               shmcol_error *err);
/* Where to write a column's values: *values is that of row `first`, the others follow at info.width
 * bytes each. *validity (may be NULL) becomes the bitmap whose bit 0 is row `first`, LSB first, 1 =
 * valid, all ones at the beginning, or NULL where the column is not nullable; what a null's value
 * holds does not matter. Both are for this range only and good until it is filled or dropped:
 * whoever writes there later spoils a file that others may be reading. Errors: NO_COLUMN. */
SHMCOL_API shmcol_status shmcol_range_values(const shmcol_range *range, uint32_t column,
                                             void **values, uint8_t **validity, shmcol_error *err);
/* Gives the range back filled; frees it, whatever it returns. Errors: IO, and the range counts as
 * not finished; WRITER_STATE in another process than the one that claimed it (a child that
 * inherited it), for which nothing changes. */
SHMCOL_API shmcol_status shmcol_range_fill(shmcol_range *range, shmcol_error *err);
/* Gives it back unfinished, as the end of the process does. NULL is allowed. */
SHMCOL_API void shmcol_range_drop(shmcol_range *range);

/* The first rows from row `from` (rounded down to a multiple of 64) on that are not filled (yet):
 * *first and *end, both the number of rows if there are none, as there are none from the end on.
 * This is what to ask for a look at the progress, or to give the rows of a process that has died to
 * another one. Errors: GONE, IO. */
SHMCOL_API shmcol_status shmcol_populate_missing(const shmcol_populate *populate, uint64_t from,
                                                 uint64_t *first, uint64_t *end, shmcol_error *err);

enum {
    SHMCOL_POPULATE_NULLS =
        1, /* commit: rows that are not filled become nulls; then every column must be nullable */
    SHMCOL_POPULATE_KEEP = 2, /* commit: the handle stays the caller's, to be given to
                                 shmcol_populate_again, abort or close */
    SHMCOL_POPULATE_FRESH = 4 /* again: not in the kept table's place */
};

/* Checks, completes and publishes the table, in the process that created it; frees the handle if it
 * succeeds. While it works, claims are TAKEN. With KEEP the handle stays after success, too. Where
 * rows are still held (TAKEN) or not filled (NOT_FILLED; err->row is the first of them, and the
 * message says whether a process began them) nothing has happened: commit may be asked for again
 * later. After any other error the table is lost: BAD_VALUE with column and row for a value that
 * its type does not allow (F-38), GONE (the temporary was taken away), EXISTS, IO, NO_MEMORY. After
 * every error the handle is still the caller's, to be closed. WRITER_STATE: not the creator, or
 * after such an error. INVALID_ARGUMENT: unknown flags, nothing has happened. */
SHMCOL_API shmcol_status shmcol_populate_commit(shmcol_populate *populate, uint32_t flags,
                                                shmcol_error *err);

/* Another table of the same columns, rows and options for `path`, after a commit with KEEP: for
 * producers of one table after the other, to whom most of a table's time goes into pages that are
 * allocated, zeroed, mapped and given back. Until close or the next again the table that was
 * published keeps a second, hidden name beside it (".shmcol-….rows"), which the next create in that
 * directory takes away if this process is killed. Remove the table's own name when nobody needs it
 * any more; if then nobody has it open or mapped, which the kernel is asked for (a write lease),
 * the new table takes over its memory, and the map of it. Nobody who reads the old one will ever
 * see it change: if anybody still does, or the file has another name, or `path` is in another
 * directory, or the file system is not tmpfs, or has no hard links, the table is made afresh, as by
 * shmcol_populate_create. Either way rows begin as zeros, and the file is the same. Pointers of
 * this process, and of children of fork, into ranges of the old table (which were good only until
 * these were filled) show the new one's memory; FRESH is for a caller who cannot exclude that
 * somebody still looks there. On success *next is the caller's, and `populate` is only to be
 * closed, at any time. Errors: those of create; EXISTS, INVALID_ARGUMENT and WRITER_STATE (not
 * committed with KEEP, not by this process, or begun again before) leave `populate` as it was;
 * after others it may be spent, and is to be closed. */
SHMCOL_API shmcol_status shmcol_populate_again(shmcol_populate *populate, const char *path,
                                               uint32_t flags, shmcol_populate **next,
                                               shmcol_error *err);

/* ---- tables in memory: a file without a name ---- */

/* A table that lives in memory alone, shared without a copy by whoever has a descriptor of it (a
 * child of fork, a process that was sent one over a socket or that opens /proc/PID/fd/FD
 * read-only), and gone with its last descriptor and map, however their owners end:
 *     shmcol_memory_create(&fd); shmcol_writer_create_fd(fd, …) … shmcol_writer_commit, or
 *     shmcol_write_stream_fd(fd, …);
 *     shmcol_memory_seal(fd);    shmcol_open_fd(fd, …)
 * A sealed one can be neither cut short nor written by anybody, so that its readers need no
 * shmcol_guard and what shmcol_verify said stays true. Its pages are memory: they count as the
 * memory of who wrote them and can be swapped. */

/* A new, empty file in memory (memfd_create(2), close-on-exec). *fd is the caller's to close.
 * Errors: IO. */
SHMCOL_API shmcol_status shmcol_memory_create(int *fd, shmcol_error *err);
/* Seals it for good (F_SEAL_SHRINK, GROW, WRITE and SEAL); once sealed it may be asked for again.
 * Errors: IO, with sys_errno EBUSY while somebody maps it writable, EINVAL for a descriptor of
 * another kind, EPERM for one that is read-only or may not be sealed. */
SHMCOL_API shmcol_status shmcol_memory_seal(int fd, shmcol_error *err);

/* ---- compressed files ---- */

#define SHMCOL_COMPRESS_LEVEL 3 /* zstd's level where none is asked for */

typedef struct shmcol_compress_options {
    size_t size;
    int level; /* zstd's, 1 to 22; 0: SHMCOL_COMPRESS_LEVEL. shmcol_decompress does not look at it
                */
    int overwrite;            /* replace an existing file (atomically) */
    int no_sync;              /* do not fsync: faster, not durable against a power cut */
    uint32_t threads;         /* 0: as many as the process may use */
    shmcol_progress progress; /* over the bytes of the plain form; may be NULL */
    void *progress_arg;
} shmcol_compress_options;
#define SHMCOL_COMPRESS_OPTIONS_INIT SHMCOL_SIZED(shmcol_compress_options)

/* Writes the compressed form of the plain file `input` to `output`: every buffer in zstd frames of
 * one block each, still a valid Arrow IPC file (section 14 of spec/format.md). It is small at rest;
 * to be mapped it is decompressed once (SHMCOL_OPEN_CACHE). The input's structure and checksums are
 * checked on the way. The same input, level and version of zstd give the same bytes, for any number
 * of threads. options may be NULL. Memory is bounded: some bytes for each block of 512 KiB, and
 * some blocks a thread. Errors: EXISTS, SAME_FILE, INVALID_ARGUMENT (compressed already; no such
 * level), FEATURE, ENVELOPE_VERSION and COLUMN_UNSUPPORTED (of a later version), IO, NO_MEMORY,
 * CANCELLED, and those of a damaged file. */
SHMCOL_API shmcol_status shmcol_compress(const char *input, const char *output,
                                         const shmcol_compress_options *options, shmcol_error *err);
/* The way back: the plain file, byte for byte as it was. It appears only if its id is the content
 * id that the compressed file names. Errors as above, and FRAME. */
SHMCOL_API shmcol_status shmcol_decompress(const char *input, const char *output,
                                           const shmcol_compress_options *options,
                                           shmcol_error *err);

/* ---- CSV ---- */

typedef enum shmcol_dictionary_mode {
    SHMCOL_DICTIONARY_AUTO = 0,
    SHMCOL_DICTIONARY_ALWAYS = 1,
    SHMCOL_DICTIONARY_NEVER = 2
} shmcol_dictionary_mode;
typedef enum shmcol_on_error { SHMCOL_ON_ERROR_STOP = 0, SHMCOL_ON_ERROR_SKIP = 1 } shmcol_on_error;

typedef struct shmcol_csv_options {
    size_t size;
    /* dialect */
    char delimiter; /* 0: found by rule C-10; which characters may be one: C-19 */
    char quote;     /* 0: '"'; C-19 */
    int no_quote;   /* quotes are ordinary characters */
    int no_header;
    uint64_t skip_lines;
    char comment; /* 0: none */
    int trim;
    int decimal_comma;
    const char *encoding;     /* NULL: UTF-8; else a name iconv(3) knows */
    const char *const *nulls; /* n_nulls strings TOKEN or NAME=TOKEN ("a=b"=TOKEN, C-22) */
    uint32_t n_nulls;
    /* columns and types */
    const char *types;          /* NULL, or 'name=type,glob*=type,…' */
    const char *const *columns; /* NULL, or n_columns (1 or more) names to keep, in this order */
    uint32_t n_columns;
    const char *const
        *dictionary; /* n_dictionary strings MODE or NAME=MODE (auto, always, never) */
    uint32_t n_dictionary;
    /* errors */
    shmcol_on_error on_error;
    /* NULL, or a path that gets each refused record's own bytes: a file of text, with the mode of
     * shmcol_output_create, that is published before the output; or a character device or FIFO,
     * which needs no `overwrite`, is opened before the input and written to as it is. */
    const char *rejects;
    /* output */
    int overwrite, no_sync, dry_run;
    const shmcol_pair *metadata;
    uint32_t metadata_count;
    /* resources */
    uint32_t threads; /* 0: as many as the process may use; fewer with little memory */
    uint64_t memory;  /* bound in bytes; 0: 256 MiB */
    uint64_t window;  /* bytes read at a time; 0: chosen. The output does not depend on it */
    shmcol_progress progress;
    void *progress_arg;
    int zstd_level; /* not 0: the file is written compressed (shmcol_compress), by this level of
                       zstd */
    /* nulls and types of single columns once more, with the name apart: any byte may stand in it.
     * Key: the name; of a type also
     * a glob. Value: the token; the type. What is said here is added to the lists above. A name
     * that is not there: NO_COLUMN */
    const shmcol_pair *null_pairs;
    uint32_t n_null_pairs;
    const shmcol_pair *type_pairs;
    uint32_t n_type_pairs;
} shmcol_csv_options;
#define SHMCOL_CSV_OPTIONS_INIT SHMCOL_SIZED(shmcol_csv_options)

typedef struct shmcol_csv_column {
    size_t size;
    const char *name;
    shmcol_type type;
    shmcol_unit unit;
    const char *zone; /* NULL: none */
    uint64_t nulls;
    uint64_t distinct;     /* dictionary: its length; else 0 */
    uint64_t stored_bytes; /* all buffers, dictionary included */
    int forced;            /* the type comes from `types` */
    const char *reason; /* one line: why this type ("all values are whole numbers", "line 17: 'x1'
                           is no number") */
    const char *range;  /* one line: smallest to largest, "" where there is none */
} shmcol_csv_column;

/* What was done; freed by shmcol_csv_report_free, with all it points at. */
typedef struct shmcol_csv_report {
    size_t size;
    uint64_t rows, rejected;
    uint32_t n_columns;
    shmcol_csv_column *columns;
    uint32_t n_warnings;
    const char **warnings; /* one line each */
    uint64_t bytes_in;     /* of CSV text, after decompression */
    uint64_t bytes_out;    /* size of the file; 0 for a dry run */
    double seconds;
    char delimiter;
    uint8_t file_id[16];
    uint32_t threads; /* that were used, fewer than asked for with little memory */
} shmcol_csv_report;

/* Converts `n_inputs` CSV files ("-": standard input) with the same header into one shmcol file at
 * `output` (NULL with dry_run). Rules: spec/csv.md. options may be NULL; report may be NULL. Fails
 * with nothing at `output` changed, unless the message says that it is in place, but perhaps not
 * durable; err then says file, line and column. A dry run writes nothing but temporary files
 * without a name, for input that cannot be read in place: in $TMPDIR, else in /var/tmp or /tmp. */
SHMCOL_API shmcol_status shmcol_csv_pack(const char *const *inputs, uint32_t n_inputs,
                                         const char *output, const shmcol_csv_options *options,
                                         shmcol_csv_report **report, shmcol_error *err);
SHMCOL_API void shmcol_csv_report_free(shmcol_csv_report *report);

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
