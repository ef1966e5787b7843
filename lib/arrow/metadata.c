/* Key/value metadata in the encoding of the Arrow C data interface. */
#include "arrow/metadata.h"

#include <string.h>

#include "arrow/source.h"
#include "error.h"

shmcol_text arrow_text(const char *string)
{
    return (shmcol_text){string, strlen(string)};
}

bool arrow_text_is(shmcol_text text, const char *string)
{
    size_t length = strlen(string);
    return text.length == length && memcmp(text.data, string, length) == 0;
}

static char *put_number(char *at, uint64_t number)
{
    int32_t n = (int32_t)number;
    memcpy(at, &n, sizeof n);
    return at + sizeof n;
}

static char *put_text(char *at, shmcol_text text)
{
    at = put_number(at, text.length);
    if (text.length > 0)
        memcpy(at, text.data, text.length);
    return at + text.length;
}

/* Returns true for a pair that does not go out: a token of a table in a directory (F-85). */
static bool stays(const shmcol_file *file, uint32_t column, shmcol_text key)
{
    return column == SHMCOL_TABLE && arrow_text_is(key, "shmcol:token") && arrow_is_table(file);
}

/* Counts the pairs that go out, and computes the size of the whole encoding. Checks it: lengths in
 * a file go up to 2^32, those of the interface only to 2^31. */
static shmcol_status encoded_size(const shmcol_file *file, uint32_t column,
                                  const shmcol_pair *extension, uint32_t n_extension,
                                  uint32_t *count, uint64_t *size, shmcol_error *err)
{
    uint64_t total = sizeof(int32_t);
    const uint32_t all = *count;
    for (uint32_t i = 0; i < n_extension; i++)
        total += 2 * sizeof(int32_t) + extension[i].key.length + extension[i].value.length;
    for (uint32_t i = 0; i < all; i++) {
        shmcol_text key, value;
        shmcol_status status = shmcol_metadata_get(file, column, i, &key, &value, err);
        if (status != SHMCOL_OK)
            return status;
        if (stays(file, column, key)) {
            --*count;
            continue;
        }
        if (key.length > INT32_MAX || value.length > INT32_MAX || total > INT32_MAX)
            return shm_fail(err, SHMCOL_ERR_LIMIT, "F-59",
                            "metadata of more than 2,147,483,647 bytes");
        total += 2 * sizeof(int32_t) + key.length + value.length;
    }
    *size = total;
    return SHMCOL_OK;
}

shmcol_status arrow_metadata_encode(const shmcol_file *file, uint32_t column,
                                    const shmcol_pair *extension, uint32_t n_extension,
                                    arrow_arena *arena, const char **out, shmcol_error *err)
{
    uint32_t all = 0, count;
    uint64_t size = 0;
    shmcol_status status = shmcol_metadata_count(file, column, &all, err);
    if (status != SHMCOL_OK)
        return status;
    count = all;
    status = encoded_size(file, column, extension, n_extension, &count, &size, err);
    if (status != SHMCOL_OK)
        return status;
    *out = NULL;
    if (count == 0 && n_extension == 0)
        return SHMCOL_OK;
    char *bytes = arrow_arena_take(arena, size);
    if (bytes == NULL)
        return shm_fail_memory(err);
    char *at = put_number(bytes, (uint64_t)count + n_extension);
    for (uint32_t i = 0; i < n_extension; i++)
        at = put_text(put_text(at, extension[i].key), extension[i].value);
    for (uint32_t i = 0; i < all; i++) {
        shmcol_text key, value;
        status = shmcol_metadata_get(file, column, i, &key, &value, err);
        if (status != SHMCOL_OK)
            return status;
        if (stays(file, column, key))
            continue;
        /* Lengths are read from the map a second time: the measured size bounds the copy. */
        uint64_t need = 2 * sizeof(int32_t) + key.length + value.length;
        if (need > size - (uint64_t)(at - bytes))
            return shm_fail(err, SHMCOL_ERR_METADATA, "F-33", "metadata changed while it was read");
        at = put_text(put_text(at, key), value);
    }
    *out = bytes;
    return SHMCOL_OK;
}

shmcol_status arrow_metadata_encode_pairs(const shmcol_pair *pairs, uint32_t n, arrow_arena *arena,
                                          const char **out, shmcol_error *err)
{
    uint64_t size = sizeof(int32_t);
    for (uint32_t i = 0; i < n; i++)
        size += 2 * sizeof(int32_t) + pairs[i].key.length + pairs[i].value.length;
    char *bytes = arrow_arena_take(arena, size);
    if (bytes == NULL)
        return shm_fail_memory(err);
    char *at = put_number(bytes, n);
    for (uint32_t i = 0; i < n; i++)
        at = put_text(put_text(at, pairs[i].key), pairs[i].value);
    *out = bytes;
    return SHMCOL_OK;
}

static int32_t take_number(arrow_metadata_reader *reader)
{
    int32_t number;
    memcpy(&number, reader->at, sizeof number);
    reader->at += sizeof number;
    return number;
}

shmcol_status arrow_metadata_begin(arrow_metadata_reader *reader, const char *metadata,
                                   shmcol_error *err)
{
    *reader = (arrow_metadata_reader){metadata, 0};
    if (metadata == NULL)
        return SHMCOL_OK;
    int32_t count = take_number(reader);
    if (count < 0)
        return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "", "Arrow metadata with %d pairs", (int)count);
    reader->left = count;
    return SHMCOL_OK;
}

static shmcol_status take_text(arrow_metadata_reader *reader, shmcol_text *text, shmcol_error *err)
{
    int32_t length = take_number(reader);
    if (length < 0)
        return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "", "Arrow metadata with a text of %d bytes",
                        (int)length);
    *text = (shmcol_text){reader->at, (uint64_t)length};
    reader->at += length;
    return SHMCOL_OK;
}

shmcol_status arrow_metadata_next(arrow_metadata_reader *reader, shmcol_pair *pair,
                                  shmcol_error *err)
{
    shmcol_pair next = {{NULL, 0}, {NULL, 0}};
    shmcol_status status = take_text(reader, &next.key, err);
    if (status != SHMCOL_OK)
        return status;
    status = take_text(reader, &next.value, err);
    if (status != SHMCOL_OK)
        return status;
    reader->left--;
    *pair = next;
    return SHMCOL_OK;
}

shmcol_status arrow_metadata_find(const char *metadata, const char *key, shmcol_text *value,
                                  bool *found, shmcol_error *err)
{
    arrow_metadata_reader reader;
    shmcol_status status = arrow_metadata_begin(&reader, metadata, err);
    *found = false;
    if (status != SHMCOL_OK)
        return status;
    while (reader.left > 0 && !*found) {
        shmcol_pair pair;
        status = arrow_metadata_next(&reader, &pair, err);
        if (status != SHMCOL_OK)
            return status;
        *found = arrow_text_is(pair.key, key);
        if (*found)
            *value = pair.value;
    }
    return SHMCOL_OK;
}
