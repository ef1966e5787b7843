/* C-60: whether a column of strings is stored as a dictionary, and the width of its codes. */
#ifndef SHMCOL_FORMAT_DICTIONARY_RULE_H
#define SHMCOL_FORMAT_DICTIONARY_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define FMT_DICTIONARY_VALUES_MAX 65536u             /* D of C-60 */
#define FMT_DICTIONARY_BYTES_MAX (UINT64_C(4) << 20) /* B of C-60 */

/* Returns the bytes of a code, 1, 2 or 4, in a dictionary of `values` strings. Codes are signed. */
static inline uint32_t fmt_code_width(uint64_t values)
{
    return values <= 128 ? 1 : values <= 32768 ? 2 : 4;
}

/* Tells whether a dictionary takes less room than plain strings: of `rows` rows, with `values`
 * distinct strings of `bytes` bytes together, where all strings are `text_bytes` bytes. Holds for
 * every argument, also for the guess of a sample: nothing wraps around in 128 bits. */
static inline bool fmt_dictionary_pays(uint64_t rows, uint64_t values, uint64_t bytes,
                                       uint64_t text_bytes)
{
    if (values > FMT_DICTIONARY_VALUES_MAX || bytes > FMT_DICTIONARY_BYTES_MAX)
        return false;
    unsigned __int128 codes = (unsigned __int128)rows * fmt_code_width(values);
    unsigned __int128 dictionary = codes + 8 * (values + 1) + bytes;
    return dictionary < 8 * ((unsigned __int128)rows + 1) + text_bytes;
}

#endif
