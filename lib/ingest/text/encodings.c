/* Encodings of the inputs, by iconv (C-2, C-94). */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "ingest/text/text.h"

static bool is_utf8_name(const char *name)
{
    return strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0;
}

bool ing_converts(const ing_text *text)
{
    return text->encoding != NULL && !is_utf8_name(text->encoding);
}

/* Opens a converter with the function, which gets a name that was checked. "" would be the encoding
 * of the locale. A suffix after two slashes tells iconv to drop or replace what it cannot convert;
 * two slashes alone are how iconv -l prints the names. */
static iconv_t open_checked(const char *to, const char *from, const char *named)
{
    const char *slashes = strstr(named, "//");
    return named[0] == 0 || named[0] == '/' || (slashes != NULL && slashes[2] != 0)
               ? (iconv_t)-1
               : iconv_open(to, from);
}

static shmcol_status unknown(const char *encoding, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-2", "\"%.100s\" is no encoding iconv knows",
             encoding);
    shm_error_hint(err, "iconv -l lists the names");
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

shmcol_status ing_open_converter(const char *encoding, iconv_t *converter, shmcol_error *err)
{
    *converter = open_checked("UTF-8", encoding, encoding);
    return *converter != (iconv_t)-1 ? SHMCOL_OK : unknown(encoding, err);
}

/* Returns the bytes of one more letter A in the encoding; 0 if it has none. */
static size_t bytes_of_a_letter(const char *encoding)
{
    size_t length[2] = {0};
    for (size_t i = 0; i < 2; i++) {
        char text[] = "AA", out[32], *from = text, *to = out;
        size_t n = i + 1, room = sizeof out;
        iconv_t back = open_checked(encoding, "UTF-8", encoding);
        if (back == (iconv_t)-1)
            return 0;
        iconv(back, &from, &n, &to, &room);
        length[i] = sizeof out - room;
        iconv_close(back);
    }
    return length[1] - length[0];
}

/* Returns true if the bytes are taken, and give no text: what they mean depends on those after
 * them. */
static bool waits(iconv_t converter, const char *bytes, size_t n)
{
    char copy[2], out[32], *from = copy, *to = out;
    size_t left = n, room = sizeof out;
    memcpy(copy, bytes, n);
    iconv(converter, NULL, NULL, NULL, NULL);
    return iconv(converter, &from, &left, &to, &room) != (size_t)-1 && room == sizeof out;
}

/* Returns true if one or two bytes of the encoding may be taken without giving text. */
static bool has_states(iconv_t converter)
{
    for (unsigned a = 0; a < 256; a++) {
        char bytes[2] = {(char)a};
        if (waits(converter, bytes, 1))
            return true;
        for (unsigned b = 0; b < 256; b++) {
            bytes[1] = (char)b;
            if (waits(converter, bytes, 2))
                return true;
        }
    }
    return false;
}

shmcol_status ing_replaced_unit(const char *encoding, uint32_t *unit, shmcol_error *err)
{
    iconv_t converter;
    shmcol_status status = ing_open_converter(encoding, &converter, err);
    if (status != SHMCOL_OK)
        return status;
    *unit = (uint32_t)bytes_of_a_letter(encoding);
    /* The marks of UTF-16 and UTF-32 give no text either, but no character waits for another. */
    const bool good = *unit == 2 || *unit == 4 || (*unit == 1 && !has_states(converter));
    iconv_close(converter);
    if (good)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-94",
             "on_error replace is not for \"%.100s\", where bytes change the meaning of others",
             encoding);
    shm_error_hint(err, "convert the input before, as with iconv -c");
    return SHMCOL_ERR_INVALID_ARGUMENT;
}
