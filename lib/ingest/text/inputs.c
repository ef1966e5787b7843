/* Makes UTF-8 text that can be read at any position of each input (C-1, C-2). A plain file is read
 * where it is. Anything else is decompressed and converted into an unlinked file beside the output,
 * or in a dry run in TMPDIR. */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

#include "ingest/text/text.h"

#define BUFFER_SIZE (256u << 10)
#define STANDARD_INPUT "(standard input)"

typedef struct copier {
    const ing_text *text;
    const ing_output *output;
    ing_control *control;
    const ing_input *input;
    int out, original; /* original: gets the text before its conversion; -1: none */
    uint64_t written, read;
    uint64_t original_size;
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
    int errnum = sys_pwrite(k->out, data, n, k->written);
    k->written += n;
    return errnum ? ing_temporary_failed(k->output, errnum, k->err) : SHMCOL_OK;
}

/* Keeps text before its conversion, for refused records. Returns IO. */
static shmcol_status keep_original(copier *k, const char *data, size_t n)
{
    int errnum = k->original < 0 ? 0 : sys_pwrite(k->original, data, n, k->original_size);
    k->original_size += n;
    return errnum ? ing_temporary_failed(k->output, errnum, k->err) : SHMCOL_OK;
}

/* Converts in[0, *n) up to its last whole character; *n becomes the bytes taken. Returns
 * CSV_ENCODING, IO. */
static shmcol_status convert(copier *k, char *in, size_t *n)
{
    char out[BUFFER_SIZE / 4], *from = in;
    size_t left = *n;
    shmcol_status status = SHMCOL_OK;
    while (left != 0 && status == SHMCOL_OK) {
        char *to = out;
        size_t room = sizeof out;
        size_t result = iconv(k->converter, &from, &left, &to, &room);
        int errnum = result == (size_t)-1 ? errno : 0;
        status = put(k, out, sizeof out - room);
        if (status == SHMCOL_OK && errnum == EILSEQ)
            status =
                fail_at(k, SHMCOL_ERR_CSV_ENCODING, "C-2", k->converted + (uint64_t)(from - in),
                        "these bytes are not of the encoding that was named",
                        "is it another encoding? iconv -l lists the names");
        if (errnum == EINVAL)
            break; /* the last character is not complete yet */
    }
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

static shmcol_status standard_input_closed(shmcol_error *err)
{
    shm_fail_sys(err, EBADF, STANDARD_INPUT, "standard input is closed");
    shm_error_hint(err, "name a file, or connect one: < FILE");
    return SHMCOL_ERR_IO;
}

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
            return standard_input_closed(err);
        if (errnum != EINTR)
            return shm_fail_sys(err, errnum, input->path, "cannot read");
        shmcol_status status = ing_progress_tell(control, before, 0, err);
        if (status != SHMCOL_OK)
            return status;
    }
}

/* Ends the conversion. A character may still be in the converter, which waits for an accent
 * (windows-1255, windows-1258). Returns CSV_ENCODING, IO. */
static shmcol_status flush_converter(copier *k)
{
    char out[256], *to = out;
    size_t room = sizeof out;
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

static bool is_utf8_name(const char *name)
{
    return strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0;
}

/* Returns true if the inputs are in another encoding than UTF-8 (C-2). */
static bool converts(const ing_text *text)
{
    return text->encoding != NULL && !is_utf8_name(text->encoding);
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

/* Returns CSV_UTF16 for text of two or four bytes a character, by its mark or by its NULs (C-2);
 * IO. */
static shmcol_status refuse_utf16(const ing_text *text, const ing_input *input, shmcol_error *err)
{
    uint8_t b[4] = {1, 1, 1, 1};
    size_t got = 0;
    int errnum = sys_pread(input->fd, b, 4, 0, &got);
    if (errnum)
        return shm_fail_sys(err, errnum, input->path, "cannot read");
    if (text->encoding != NULL || got == 0)
        return SHMCOL_OK;
    bool mark = (b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff);
    if (!mark && b[0] != 0 && b[1] != 0)
        return SHMCOL_OK;
    bool wide = got == 4 && ((b[0] == 0xff && b[1] == 0xfe && b[2] == 0 && b[3] == 0) ||
                             (b[0] == 0 && b[1] == 0));
    shm_fail(err, SHMCOL_ERR_CSV_UTF16, "C-2", "the input is not UTF-8 but looks like UTF-%s",
             wide ? "32" : "16");
    shm_error_hint(err, "--encoding %s reads it",
                   wide        ? "UTF-32"
                   : mark      ? "UTF-16"
                   : b[0] == 0 ? "UTF-16BE"
                               : "UTF-16LE");
    shm_error_path(err, input->path);
    shm_error_offset(err, 0);
    return SHMCOL_ERR_CSV_UTF16;
}

/* Returns SAME_FILE if both paths are one file. `what` names the purpose of `path`, which may be
 * NULL. */
static shmcol_status refuse_same(const char *input, const char *path, const char *what,
                                 shmcol_error *err)
{
    sys_file_info in, out;
    if (path == NULL || strcmp(input, "-") == 0 || sys_stat_path(path, &out) != 0 ||
        sys_stat_path(input, &in) != 0 || out.device != in.device || out.inode != in.inode)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_SAME_FILE, "", "%s is the input", what);
    shm_error_path(err, input);
    return SHMCOL_ERR_SAME_FILE;
}

shmcol_status ing_check_paths(const ing_output *output, const char *const *inputs,
                              uint32_t n_inputs, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < n_inputs; i++) {
        sys_file_info info;
        bool standard = strcmp(inputs[i], "-") == 0;
        int errnum = standard ? sys_stat_fd(0, &info) : sys_stat_path(inputs[i], &info);
        if (errnum == EBADF && standard) /* the next file that is opened would become it */
            return standard_input_closed(err);
        if (errnum)
            return shm_fail_sys(err, errnum, standard ? STANDARD_INPUT : inputs[i],
                                "cannot open the input");
        status = refuse_same(inputs[i], output->path, "the output", err);
        if (status == SHMCOL_OK)
            status =
                refuse_same(inputs[i], output->rejects_path, "the file for refused records", err);
    }
    return status;
}

/* Opens an input. A FIFO waits for its writer until the progress function cancels. Returns
 * CANCELLED, IO. */
static shmcol_status open_file(ing_control *control, ing_input *input, const char *name,
                               sys_file_info *info, shmcol_error *err)
{
    bool standard = strcmp(name, "-") == 0;
    input->path = standard ? STANDARD_INPUT : name;
    input->fd = standard ? 0 : -1;
    input->borrowed = standard;
    int errnum = 0;
    while (!standard && (errnum = sys_open_read(name, &input->fd)) == EINTR) {
        shmcol_status status = ing_progress_tell(control, 0, 0, err);
        if (status != SHMCOL_OK)
            return status;
    }
    if (errnum == 0)
        errnum = sys_stat_fd(input->fd, info);
    if (errnum)
        return shm_fail_sys(err, errnum, input->path, "cannot open the input");
    if (info->directory)
        return shm_fail_sys(err, EISDIR, input->path, "cannot read the input");
    return SHMCOL_OK;
}

/* Sets *plain if the text can be read where it is: a regular file, not compressed, in UTF-8.
 * Returns IO. */
static shmcol_status is_plain(const ing_text *text, const ing_input *input,
                              const sys_file_info *info, bool *plain, shmcol_error *err)
{
    uint8_t magic[4] = {0};
    size_t n = 0;
    *plain = info->regular && !input->borrowed && !converts(text);
    int errnum = *plain ? sys_pread(input->fd, magic, 4, 0, &n) : 0;
    if (errnum)
        return shm_fail_sys(err, errnum, input->path, "cannot read");
    *plain = *plain && form_of(magic) == PLAIN;
    return SHMCOL_OK;
}

/* Copies the input's text to a file of its own, and, if refused records are kept in their encoding,
 * the unconverted text to a second one. */
static shmcol_status copy_input(const ing_text *text, const ing_output *output,
                                ing_control *control, ing_input *input, shmcol_error *err)
{
    uint8_t magic[4] = {0};
    size_t n = 0;
    shmcol_status status = read_magic(control, input, magic, &n, err);
    copier k = {.text = text,
                .output = output,
                .control = control,
                .input = input,
                .out = -1,
                .original = -1,
                .read = n,
                .err = err,
                .converts = converts(text),
                .buffer = malloc(BUFFER_SIZE)};
    if (status != SHMCOL_OK)
        goto done;
    if (k.buffer == NULL) {
        status = shm_fail_memory(err);
        goto done;
    }
    status = ing_open_temporary(output, &k.out, err);
    if (status != SHMCOL_OK)
        goto done;
    if (k.converts && output->rejects != NULL)
        status = ing_open_temporary(output, &k.original, err);
    if (status != SHMCOL_OK)
        goto done;
    status = copy_text(&k, magic, n);
done:
    free(k.buffer);
    if (!input->borrowed)
        sys_close(input->fd);
    input->borrowed = false;
    input->fd = k.out;
    input->size = k.written;
    input->original_fd = k.original;
    input->original_size = k.original_size;
    return status;
}

static shmcol_status open_input(const ing_text *text, const ing_output *output,
                                ing_control *control, ing_input *input, const char *name,
                                shmcol_error *err)
{
    sys_file_info info = {0};
    bool plain = false;
    shmcol_status status = open_file(control, input, name, &info, err);
    if (status == SHMCOL_OK)
        status = is_plain(text, input, &info, &plain, err);
    input->size = info.size;
    return status != SHMCOL_OK || plain ? status : copy_input(text, output, control, input, err);
}

shmcol_status ing_open_inputs(ing_text *text, const ing_output *output, ing_control *control,
                              const char *const *inputs, uint32_t n_inputs, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    text->source.inputs = calloc(n_inputs, sizeof *text->source.inputs);
    if (text->source.inputs == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < n_inputs; i++)
        text->source.inputs[i].fd = text->source.inputs[i].original_fd = -1;
    text->source.n_inputs = n_inputs;
    for (uint32_t i = 0; status == SHMCOL_OK && i < n_inputs; i++) {
        ing_input *input = &text->source.inputs[i];
        status = open_input(text, output, control, input, inputs[i], err);
        if (status == SHMCOL_OK)
            status = refuse_utf16(text, input, err);
        text->size += input->size;
    }
    return status;
}

void ing_text_end(ing_text *text)
{
    for (uint32_t i = 0; i < text->source.n_inputs; i++) {
        if (!text->source.inputs[i].borrowed)
            sys_close(text->source.inputs[i].fd);
        sys_close(text->source.inputs[i].original_fd);
    }
    free(text->source.inputs);
    text->source.inputs = NULL;
    text->source.n_inputs = 0;
    ing_layouts_end(text);
    ing_count_again(text);
}
