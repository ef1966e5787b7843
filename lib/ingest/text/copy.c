/* Copies the text of an input that cannot be read where it is to the spool: decompresses it (C-1)
 * and converts it to UTF-8 (C-2). */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "ingest/text/text.h"

#define BUFFER_SIZE (256u << 10)

/* Reads from an input that may be a pipe. A signal interrupts the wait, and then the progress
 * function decides. Returns CANCELLED, IO. */
static shmcol_status read_some(ing_control *control, const ing_input *input, void *data,
                               size_t length, uint64_t before, size_t *got, shmcol_error *err)
{
    for (;;) {
        int errnum = sys_read(input->fd, data, length, got);
        if (errnum == 0)
            return ing_progress_tell(control, before + *got, 0, err);
        if (errnum == EBADF && input->borrowed)
            return ing_standard_input_closed(err);
        if (errnum != EINTR)
            return shm_fail_sys(err, errnum, input->path, "cannot read");
        shmcol_status status = ing_progress_tell(control, before, 0, err);
        if (status != SHMCOL_OK)
            return status;
    }
}

typedef struct copier {
    const ing_output *output;
    ing_control *control;
    const ing_input *input;
    ing_spool *spool, *originals; /* originals: gets the text before its conversion; NULL: none */
    ing_text *text;
    uint64_t read;
    iconv_t converter;
    bool converts;
    bool padded;   /* zeros were seen behind the gzip data */
    char rest[64]; /* beginning of a character whose end was not read yet */
    size_t n_rest;
    uint64_t converted; /* bytes given to the converter so far, for messages */
    char *buffer;
    shmcol_error *err;
} copier;

static shmcol_status fail_at(copier *k, shmcol_status status, const char *rule, uint64_t at,
                             const char *what, const char *hint)
{
    shm_fail(k->err, status, rule, "%s", what);
    shm_error_path(k->err, k->input->path);
    shm_error_offset(k->err, (int64_t)at);
    shm_error_hint(k->err, "%s", hint);
    return status;
}

static shmcol_status put(copier *k, const void *data, size_t n)
{
    return ing_spool_write(k->spool, k->output, data, n, k->err);
}

/* Keeps text before its conversion, for refused records. Returns IO. */
static shmcol_status keep_original(copier *k, const char *data, size_t n)
{
    return k->originals == NULL ? SHMCOL_OK
                                : ing_spool_write(k->originals, k->output, data, n, k->err);
}

/* Writes one U+FFFD (C-94). */
static shmcol_status put_replacement(copier *k)
{
    k->text->replaced++;
    return put(k, ING_REPLACEMENT, ING_REPLACEMENT_LENGTH);
}

/* Converts in[0, *n) up to its last whole character; *n becomes the bytes taken. Returns
 * CSV_ENCODING, IO. */
static shmcol_status convert(copier *k, char *in, size_t *n)
{
    char out[BUFFER_SIZE / 4], *from = in, *to = out;
    size_t left = *n, room = sizeof out;
    shmcol_status status = SHMCOL_OK;
    while (left != 0 && status == SHMCOL_OK) {
        size_t result = iconv(k->converter, &from, &left, &to, &room);
        int errnum = result == (size_t)-1 ? errno : 0;
        if (errnum == EILSEQ && k->text->replaces && room >= ING_REPLACEMENT_LENGTH) {
            const size_t unit = k->text->replaced_unit < left ? k->text->replaced_unit : left;
            from += unit;
            left -= unit;
            memcpy(to, ING_REPLACEMENT, ING_REPLACEMENT_LENGTH);
            to += ING_REPLACEMENT_LENGTH;
            room -= ING_REPLACEMENT_LENGTH;
            k->text->replaced++;
            continue;
        }
        status = put(k, out, sizeof out - room);
        to = out;
        room = sizeof out;
        if (status == SHMCOL_OK && errnum == EILSEQ && !k->text->replaces)
            status =
                fail_at(k, SHMCOL_ERR_CSV_ENCODING, "C-2", k->converted + (uint64_t)(from - in),
                        "these bytes are not of the encoding that was named",
                        "is it another encoding? iconv -l lists the names");
        if (errnum == EINVAL)
            break; /* the last character is not complete yet */
    }
    if (status == SHMCOL_OK)
        status = put(k, out, sizeof out - room);
    *n = (size_t)(from - in);
    k->converted += *n;
    return status;
}

/* Takes text in the input's encoding: writes it, converted if needed. Returns CSV_ENCODING, IO. */
static shmcol_status take_text(copier *k, char *data, size_t n)
{
    if (!k->converts)
        return put(k, data, n);
    shmcol_status status = keep_original(k, data, n);
    while (k->n_rest != 0 && n != 0 &&
           status == SHMCOL_OK) { /* take single bytes until the character is whole */
        size_t taken = k->n_rest + 1;
        if (taken > sizeof k->rest)
            return fail_at(k, SHMCOL_ERR_CSV_ENCODING, "C-2", k->converted,
                           "these bytes are not of the encoding that was named",
                           "is it another encoding?");
        k->rest[k->n_rest++] = *data++;
        n--;
        status = convert(k, k->rest, &taken);
        memmove(k->rest, k->rest + taken, k->n_rest - taken);
        k->n_rest -= taken;
    }
    if (status != SHMCOL_OK || n == 0)
        return status;
    size_t taken = n;
    status = convert(k, data, &taken);
    if (status == SHMCOL_OK && n - taken > sizeof k->rest)
        return fail_at(k, SHMCOL_ERR_CSV_ENCODING, "C-2", k->converted,
                       "these bytes are not of the encoding that was named",
                       "is it another encoding?");
    k->n_rest = status == SHMCOL_OK ? n - taken : 0;
    memcpy(k->rest, data + taken, k->n_rest);
    return status;
}

/* Ends the conversion. A character may still be in the converter, which waits for an accent
 * (windows-1255, windows-1258). Returns CSV_ENCODING, IO. */
static shmcol_status flush_converter(copier *k)
{
    char out[256], *to = out;
    size_t room = sizeof out;
    if (k->n_rest != 0 && k->text->replaces)
        return put_replacement(k);
    if (k->n_rest != 0)
        return fail_at(k, SHMCOL_ERR_CSV_ENCODING, "C-2", k->converted,
                       "the text ends inside a character",
                       "the file is cut short, or of another encoding");
    iconv(k->converter, NULL, NULL, &to, &room);
    return put(k, out, sizeof out - room);
}

static shmcol_status read_buffer(copier *k, size_t *got)
{
    shmcol_status status =
        read_some(k->control, k->input, k->buffer, BUFFER_SIZE, k->read, got, k->err);
    k->read += status ? 0 : *got;
    return status;
}

static shmcol_status damaged(copier *k, const char *what)
{
    return fail_at(k, SHMCOL_ERR_CSV_COMPRESSED, "C-1", k->read, what,
                   "the file is damaged or cut short");
}

/* Inflates the buffer. *done: the end of a member was read. Another member may follow, or zeros up
 * to the end of the file (tape blocks). Returns CSV_COMPRESSED, NO_MEMORY and the errors of
 * take_text. */
static shmcol_status inflate_buffer(copier *k, z_stream *z, bool *done)
{
    unsigned char out[BUFFER_SIZE / 4];
    shmcol_status status = SHMCOL_OK;
    bool full = false;
    while (status == SHMCOL_OK && (z->avail_in != 0 || full)) {
        if (*done && *z->next_in == 0) {
            z->next_in++;
            z->avail_in--;
            k->padded = true;
            continue;
        }
        if (k->padded)
            return damaged(k, "something follows the zeros behind the gzip data");
        if (*done && inflateReset(z) != Z_OK)
            return shm_fail_memory(k->err);
        z->next_out = out;
        z->avail_out = sizeof out;
        int state = inflate(z, Z_NO_FLUSH);
        *done = state == Z_STREAM_END;
        full = z->avail_out == 0 && !*done;
        if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
            status = damaged(k, "the gzip data is damaged");
        else
            status = take_text(k, (char *)out, sizeof out - z->avail_out);
    }
    return status;
}

static shmcol_status take_gzip(copier *k, size_t got)
{
    z_stream z = {0};
    bool done = false;
    shmcol_status status = inflateInit2(&z, 15 + 16) == Z_OK ? SHMCOL_OK : shm_fail_memory(k->err);
    while (status == SHMCOL_OK && got != 0) {
        z.next_in = (unsigned char *)k->buffer;
        z.avail_in = (unsigned)got;
        status = inflate_buffer(k, &z, &done);
        if (status == SHMCOL_OK)
            status = read_buffer(k, &got);
    }
    inflateEnd(&z);
    return status == SHMCOL_OK && !done ? damaged(k, "the gzip data ends early") : status;
}

static shmcol_status take_zstd(copier *k, size_t got)
{
    ZSTD_DStream *z = ZSTD_createDStream();
    char out[BUFFER_SIZE / 4];
    size_t hint = 1;
    shmcol_status status = z == NULL ? shm_fail_memory(k->err) : SHMCOL_OK;
    while (status == SHMCOL_OK && got != 0) {
        ZSTD_inBuffer in = {k->buffer, got, 0};
        bool full = false;
        while (status == SHMCOL_OK && (in.pos < in.size || full)) {
            ZSTD_outBuffer to = {out, sizeof out, 0};
            hint = ZSTD_decompressStream(z, &to, &in);
            /* hint 0: the frame is complete, and another call would begin the next one. */
            full = to.pos == to.size && hint != 0;
            if (ZSTD_isError(hint))
                status = damaged(k, "the zstd data is damaged");
            else
                status = take_text(k, out, to.pos);
        }
        if (status == SHMCOL_OK)
            status = read_buffer(k, &got);
    }
    ZSTD_freeDStream(z);
    return status == SHMCOL_OK && hint != 0 ? damaged(k, "the zstd data ends early") : status;
}

typedef enum form { PLAIN, GZIP, ZSTD } form;

/* Tells the form of an input by its first four bytes (C-1); zeros stand for missing bytes. A zstd
 * file may begin with a skippable frame. */
static form form_of(const uint8_t magic[4])
{
    if (magic[0] == 0x1f && magic[1] == 0x8b)
        return GZIP;
    if (memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0 ||
        ((magic[0] & 0xf0) == 0x50 && memcmp(magic + 1, "\x2a\x4d\x18", 3) == 0))
        return ZSTD;
    return PLAIN;
}

static shmcol_status copy_text(copier *k, const uint8_t magic[4], size_t n_magic)
{
    shmcol_status status =
        k->converts ? ing_open_converter(k->text->encoding, &k->converter, k->err) : SHMCOL_OK;
    if (status != SHMCOL_OK)
        return status;
    memcpy(k->buffer, magic, n_magic);
    switch (form_of(magic)) {
    case GZIP: status = take_gzip(k, n_magic); break;
    case ZSTD: status = take_zstd(k, n_magic); break;
    default:
        for (size_t got = n_magic; status == SHMCOL_OK && got != 0;) {
            status = take_text(k, k->buffer, got);
            if (status == SHMCOL_OK)
                status = read_buffer(k, &got);
        }
    }
    if (status == SHMCOL_OK && k->converts)
        status = flush_converter(k);
    if (k->converts)
        iconv_close(k->converter);
    return status;
}

/* Reads the first four bytes of an input that may be a pipe. Returns CANCELLED, IO. */
static shmcol_status read_magic(ing_control *control, const ing_input *input, uint8_t magic[4],
                                size_t *n, shmcol_error *err)
{
    *n = 0;
    while (*n < 4) {
        size_t got = 0;
        shmcol_status status = read_some(control, input, magic + *n, 4 - *n, *n, &got, err);
        if (status != SHMCOL_OK)
            return status;
        if (got == 0)
            break;
        *n += got;
    }
    return SHMCOL_OK;
}

/* Sets *plain if the text can be read where it is: a regular file, not compressed, in UTF-8.
 * Returns IO. */
static shmcol_status is_plain(const ing_text *text, const ing_input *input, bool *plain,
                              shmcol_error *err)
{
    uint8_t magic[4] = {0};
    size_t n = 0;
    *plain = input->file.regular && !input->borrowed && !ing_converts(text);
    int errnum = *plain ? sys_pread(input->fd, magic, 4, 0, &n) : 0;
    if (errnum)
        return shm_fail_sys(err, errnum, input->path, "cannot read");
    *plain = *plain && form_of(magic) == PLAIN;
    return SHMCOL_OK;
}

/* Copies the text, of which `magic` was read, to k->spool, and to k->originals as it was. */
static shmcol_status copy_to_spools(copier *k, const uint8_t magic[4], size_t n_magic)
{
    shmcol_status status = ing_spool_open(k->spool, k->output, k->err);
    if (status != SHMCOL_OK)
        return status;
    if (k->originals != NULL)
        status = ing_spool_open(k->originals, k->output, k->err);
    if (status != SHMCOL_OK)
        return status;
    k->buffer = malloc(BUFFER_SIZE);
    status = k->buffer == NULL ? shm_fail_memory(k->err) : copy_text(k, magic, n_magic);
    free(k->buffer);
    return status;
}

shmcol_status ing_place_text(ing_text *text, const ing_output *output, ing_control *control,
                             ing_input *input, shmcol_error *err)
{
    uint8_t magic[4] = {0};
    size_t n = 0;
    bool plain, both = ing_converts(text) && output->rejects != NULL;
    shmcol_status status = is_plain(text, input, &plain, err);
    input->size = input->file.size;
    if (status != SHMCOL_OK || plain)
        return status;
    status = read_magic(control, input, magic, &n, err);
    if (status != SHMCOL_OK)
        return status;
    const uint64_t begin = text->spool.size;
    copier k = {.output = output,
                .control = control,
                .input = input,
                .spool = &text->spool,
                .originals = both ? &text->originals : NULL,
                .text = text,
                .read = n,
                .err = err,
                .converts = ing_converts(text)};
    input->original_offset = text->originals.size;
    status = copy_to_spools(&k, magic, n);
    if (status != SHMCOL_OK)
        return status;
    ing_spool_take(&text->spool, begin, input);
    input->original_fd = both ? text->originals.fd : -1;
    input->original_size = text->originals.size - input->original_offset;
    return SHMCOL_OK;
}
