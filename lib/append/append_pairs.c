/* Metadata of parts: the first part's, and tokens (F-85). */
#include <stdlib.h>
#include <string.h>

#include "append/append.h"
#include "arrow/metadata.h"
#include "format/utf8.h"

#define TOKEN "shmcol:token"

enum { TOKEN_MAX = 255 };

bool append_is_token(shmcol_text key)
{
    return arrow_text_is(key, TOKEN);
}

shmcol_pair append_token_pair(const char *token)
{
    return (shmcol_pair){{TOKEN, sizeof TOKEN - 1}, {token, strlen(token)}};
}

shmcol_status append_check_token(const char *token, shmcol_error *err)
{
    const size_t length = token != NULL ? strlen(token) : 1;
    if (length == 0 || length > TOKEN_MAX)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "F-85",
                        "a token has from 1 to %d bytes, and this one has %zu", TOKEN_MAX, length);
    if (token != NULL && fmt_utf8_check((const uint8_t *)token, length) != SIZE_MAX)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "F-85", "the token is not UTF-8");
    return SHMCOL_OK;
}

shmcol_status append_pairs_add(append_pairs *pairs, shmcol_pair pair, shmcol_error *err)
{
    if (pairs->n == pairs->capacity) {
        const uint32_t capacity = pairs->capacity == 0 ? 16 : 2 * pairs->capacity;
        shmcol_pair *larger = capacity > pairs->capacity
                                  ? realloc(pairs->pairs, (size_t)capacity * sizeof *larger)
                                  : NULL;
        if (larger == NULL)
            return shm_fail_memory(err);
        pairs->pairs = larger;
        pairs->capacity = capacity;
    }
    pairs->pairs[pairs->n++] = pair;
    return SHMCOL_OK;
}

shmcol_status append_pairs_of_file(append_pairs *pairs, const shmcol_file *file, uint32_t column,
                                   bool tokens, shmcol_error *err)
{
    uint32_t count = 0;
    shmcol_status status = shmcol_metadata_count(file, column, &count, err);
    for (uint32_t i = 0; i < count && status == SHMCOL_OK; i++) {
        shmcol_pair pair;
        status = shmcol_metadata_get(file, column, i, &pair.key, &pair.value, err);
        if (status == SHMCOL_OK && append_is_token(pair.key) == tokens)
            status = append_pairs_add(pairs, pair, err);
    }
    return status;
}

shmcol_status append_pairs_of_schema(append_pairs *pairs, const struct ArrowSchema *schema,
                                     shmcol_error *err)
{
    arrow_metadata_reader reader;
    shmcol_status status = arrow_metadata_begin(&reader, schema->metadata, err);
    if (status != SHMCOL_OK)
        return status;
    while (reader.left > 0 && status == SHMCOL_OK) {
        shmcol_pair pair;
        status = arrow_metadata_next(&reader, &pair, err);
        if (status == SHMCOL_OK && !append_is_token(pair.key))
            status = append_pairs_add(pairs, pair, err);
    }
    return status;
}

static bool same_text(shmcol_text a, shmcol_text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

uint32_t append_pairs_missing(const shmcol_pair *pairs, uint32_t n, const append_pairs *others)
{
    uint32_t missing = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool found = append_is_token(pairs[i].key);
        for (uint32_t k = 0; k < others->n && !found; k++)
            found = same_text(pairs[i].key, others->pairs[k].key) &&
                    same_text(pairs[i].value, others->pairs[k].value);
        missing += !found;
    }
    return missing;
}
