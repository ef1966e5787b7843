/* Any bytes as a file: open, every accessor of every column, verify, export. Nothing may crash or
 * read out of bounds. An export keeps Arrow's rules. A file that verify calls good must be readable
 * to its last string. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "read/file.h"
#include "rows.h"
#include "shmcol.h"
#include "walk.h"

#define MAX_COLUMNS 64
#define MAX_ROWS 5000
#define MAX_PLAIN (UINT64_C(8) << 20)
#define MAX_WALK 100000 /* rows of a table that has hardly any bytes */

static void read_strings(const shmcol_strings *strings, int verified)
{
    for (uint64_t row = 0; row < strings->count && row < MAX_ROWS; row++) {
        const char *text = NULL;
        uint64_t length = 0;
        if (shmcol_string_at(strings, row, &text, &length) == SHMCOL_OK)
            walk_touch(text, length);
        else if (verified)
            abort();
    }
}

static void read_dictionary(const shmcol_dictionary *dictionary, int verified)
{
    read_strings(&dictionary->values, verified);
    for (uint64_t row = 0; row < dictionary->count && row < MAX_ROWS; row++) {
        const char *text = NULL;
        uint64_t length = 0;
        int64_t code;
        if (shmcol_dictionary_at(dictionary, row, &text, &length) != SHMCOL_OK) {
            if (verified)
                abort();
            continue;
        }
        walk_touch(text, length);
        if (row < 16 && text != NULL)
            (void)shmcol_dictionary_code(dictionary, text, length, &code);
    }
}

static void read_list(const shmcol_list *list, int verified)
{
    for (uint64_t row = 0; row < list->count && row < MAX_ROWS; row++) {
        uint64_t first, length;
        if (shmcol_list_at(list, row, &first, &length) == SHMCOL_OK) {
            if (list->elements != NULL)
                walk_touch((const uint8_t *)list->elements + first * list->element_width,
                           length * list->element_width);
        } else if (verified) {
            abort();
        }
    }
    read_strings(&list->strings, verified);
}

static void use_column(shmcol_file *file, uint32_t index, int verified)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    uint32_t found, pairs;
    if (shmcol_get_column(file, index, &info, &err) != SHMCOL_OK)
        return;
    walk_touch(info.name, info.name_length);
    (void)shmcol_find_n(file, info.name, info.name_length, &found, &err);
    if (shmcol_metadata_count(file, index, &pairs, &err) == SHMCOL_OK) {
        shmcol_text key, value;
        for (uint32_t i = 0; i < pairs && i < 100; i++) {
            if (shmcol_metadata_get(file, index, i, &key, &value, &err) == SHMCOL_OK)
                walk_touch(value.data, value.length);
        }
    }
    shmcol_stats stats = SHMCOL_STATS_INIT;
    (void)shmcol_column_stats(file, index, &stats, &err);
    (void)shmcol_zone_stats(file, index, 0, &stats, &err);
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    shmcol_list list = SHMCOL_LIST_INIT;
    const void *values;
    const uint8_t *validity;
    if (shmcol_strings_column(file, index, &strings, &err) == SHMCOL_OK)
        read_strings(&strings, verified);
    else if (shmcol_dictionary_column(file, index, &dictionary, &err) == SHMCOL_OK)
        read_dictionary(&dictionary, verified);
    else if (shmcol_list_column(file, index, &list, &err) == SHMCOL_OK)
        read_list(&list, verified);
    else if (shmcol_values(file, index, &values, &validity, &err) == SHMCOL_OK)
        walk_touch(values, info.width * shmcol_rows(file));
    else if (verified && info.supported)
        abort();
    if (info.supported)
        rows_use(file, &info, verified != 0);
}

/* The rows once more in batches, which begin anywhere in a byte of a bitmap. */
static void walk_stream(shmcol_file *file, const struct ArrowSchema *schema, bool verified)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    uint64_t rows = shmcol_rows(file), first = rows / 3, batch = rows / 2 + 1;
    if (rows > MAX_WALK || shmcol_export_rows(file, NULL, 0, first, rows - first, batch, 0, &stream,
                                              &err) != SHMCOL_OK)
        return;
    while (stream.get_next(&stream, &array) == 0 && array.release != NULL) {
        walk_array(schema, &array, verified);
        array.release(&array);
    }
    stream.release(&stream);
}

static void export_all(shmcol_file *file, bool verified)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    struct ArrowSchema schema;
    struct ArrowArray array;
    if (shmcol_export_schema(file, &schema, &err) != SHMCOL_OK)
        return;
    if (shmcol_export_table(file, 0, &array, &err) == SHMCOL_OK) {
        if (array.length <= MAX_WALK)
            walk_array(&schema, &array, verified);
        array.release(&array);
    } else if (verified) {
        abort();
    }
    walk_stream(file, &schema, verified);
    schema.release(&schema);
    for (uint32_t i = 0; i < shmcol_columns(file) && i < MAX_COLUMNS; i++) {
        if (shmcol_export_column(file, i, 0, &schema, &array, &err) != SHMCOL_OK)
            continue;
        if (array.length <= MAX_WALK)
            walk_array(&schema, &array, verified);
        array.release(&array);
        schema.release(&schema);
    }
}

/* Uses the file in every way. Returns true if the level `structure` finds nothing. */
static bool use(const uint8_t *bytes, size_t size)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    if (read_open_memory(bytes, size, SHMCOL_OPEN_STORED, &file, &err) != SHMCOL_OK)
        return false;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.threads = 1;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    if (shmcol_get_info(file, &info, &err) != SHMCOL_OK)
        abort();
    options.level = SHMCOL_VERIFY_STRUCTURE;
    bool deep = shmcol_verify(file, &options, &err) == SHMCOL_OK;
    /* A plain form that is too large would only fill a disk. */
    options.level = info.plain_size > MAX_PLAIN ? SHMCOL_VERIFY_CHECKSUMS : SHMCOL_VERIFY_FULL;
    bool full = shmcol_verify(file, &options, &err) == SHMCOL_OK;
    if (full && !deep)
        abort();
    /* The values of a compressed file are refused, whatever they are. */
    bool verified = full && !info.compressed;
    for (uint32_t i = 0; i < shmcol_columns(file) && i < MAX_COLUMNS; i++)
        use_column(file, i, verified);
    uint32_t none;
    (void)shmcol_find(file, "no such column", &none, &err);
    export_all(file, verified && options.level == SHMCOL_VERIFY_FULL);
    shmcol_close(file);
    return deep;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Exactly as large as the file, so that one byte past its end is noticed. */
    uint8_t *copy = NULL;
    if (posix_memalign((void **)&copy, 64, size != 0 ? size : 1) != 0)
        return 0;
    if (size != 0)
        memcpy(copy, data, size);
    bool deep = use(copy, size);
    fuzz_count(deep);
    if (deep)
        fuzz_keep(copy, size);
    free(copy);
    return 0;
}

/* One in sixteen keeps its wrong hashes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size = fuzz_kept(data, size, max_size, seed);
    size = fuzz_mutate(data, size, max_size, seed);
    if (seed % 16 != 0)
        fuzz_reseal(data, size);
    return size;
}
