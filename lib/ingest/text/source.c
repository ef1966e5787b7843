/* Joins all inputs' records to one text that can be read at any position. */
#include "error.h"
#include "ingest/text/text.h"
#include "sys/sys.h"

/* Sets the run_end of every input: to the last input first. */
static void find_runs(ing_text_source *source)
{
    for (uint32_t i = source->n_inputs; i-- != 0;) {
        ing_input *p = &source->inputs[i];
        const bool last = i + 1 == source->n_inputs || p[1].layout != p->layout;
        p->run_end = last ? p->pos + p->length : p[1].run_end;
    }
}

shmcol_status ing_source_join(ing_text_source *source, shmcol_error *err)
{
    uint64_t pos = 0;
    for (uint32_t i = 0; i < source->n_inputs; i++) {
        ing_input *p = &source->inputs[i];
        p->pos = pos;
        p->length = p->size - p->begin;
        p->add_lf = p->ends_in_cr = false;
        if (p->length != 0) {
            uint8_t last = 0;
            size_t got = 0;
            int errnum = sys_pread(p->fd, &last, 1, p->size - 1, &got);
            if (errnum || got != 1)
                return shm_fail_sys(err, errnum ? errnum : 5, p->path,
                                    "cannot read the end of the input");
            p->add_lf = last != '\n';
            p->ends_in_cr = last == '\r';
            p->length += p->add_lf;
        }
        pos += p->length;
    }
    source->length = pos;
    find_runs(source);
    return SHMCOL_OK;
}

const ing_input *ing_source_input(const ing_text_source *source, uint64_t pos)
{
    uint32_t low = 0, high = source->n_inputs - 1;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (source->inputs[middle].pos <= pos)
            low = middle;
        else
            high = middle - 1;
    }
    /* The last input that begins at or before pos: those before it at the same pos are empty. */
    return &source->inputs[low];
}

shmcol_status ing_source_read(const ing_text_source *source, uint64_t pos, void *data,
                              size_t length, shmcol_error *err)
{
    uint8_t *out = data;
    while (length != 0) {
        const ing_input *p = ing_source_input(source, pos);
        uint64_t at = pos - p->pos, text = p->length - p->add_lf;
        if (at == text && p->add_lf) {
            *out = '\n';
            out++, pos++, length--;
            continue;
        }
        size_t want = text - at < length ? (size_t)(text - at) : length, got = 0;
        int errnum = sys_pread(p->fd, out, want, p->begin + at, &got);
        if (errnum)
            return shm_fail_sys(err, errnum, p->path, "cannot read");
        if (got < want) {
            shm_fail(err, SHMCOL_ERR_CHANGED, "", "the input became shorter while it was read");
            shm_error_path(err, p->path);
            return SHMCOL_ERR_CHANGED;
        }
        out += want, pos += want, length -= want;
    }
    return SHMCOL_OK;
}
