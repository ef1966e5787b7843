/* Shmcol files and tables in directories as inputs of shmcol-pack. */
#include "pack_inputs.h"

#include <stdlib.h>

#include "common_parts.h"

static const shmcol_error no_error = SHMCOL_ERROR_INIT;

shmcol_status pack_input_failed(const rows_table *input, shmcol_error *err)
{
    *err = input->err;
    if (err->path[0] == 0)
        (void)snprintf(err->path, sizeof err->path, "%s", input->path);
    return err->status;
}

shmcol_status pack_inputs_open(pack_inputs *inputs, const char *const *paths, uint32_t n,
                               shmcol_error *err)
{
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    how.flags = SHMCOL_OPEN_COPY | SHMCOL_OPEN_CACHE; /* if it is compressed */
    inputs->all = tool_alloc(n, sizeof *inputs->all);
    inputs->first = tool_alloc(n, sizeof *inputs->first);
    for (uint32_t i = 0; i < n; i++) {
        shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
        rows_table *t = &inputs->all[inputs->n++];
        t->path = paths[i];
        t->err = no_error;
        if (shmcol_open(t->path, &how, &t->file, &t->err) != SHMCOL_OK ||
            shmcol_get_info(t->file, &info, &t->err) != SHMCOL_OK)
            return pack_input_failed(t, err);
        inputs->first[i] = inputs->rows;
        inputs->rows += info.rows;
        inputs->size += info.file_size;
        inputs->parts += shmcol_parts(t->file);
    }
    return SHMCOL_OK;
}

shmcol_status pack_inputs_choose(pack_inputs *inputs, char **names, uint32_t n, shmcol_error *err)
{
    for (uint32_t i = 0; i < inputs->n; i++) {
        rows_table *t = &inputs->all[i];
        t->names = names;
        t->n_names = n;
        t->last = shmcol_rows(t->file);
        if (!rows_plan(t))
            return pack_input_failed(t, err);
    }
    return SHMCOL_OK;
}

shmcol_status pack_inputs_at(pack_inputs *inputs, uint64_t row, rows_table **input, uint64_t *at,
                             uint64_t *rows, shmcol_error *err)
{
    uint32_t i = inputs->n - 1;
    while (i > 0 && inputs->first[i] > row)
        i--;
    rows_table *t = &inputs->all[i];
    const shmcol_file *before = t->part;
    if (!rows_open_part(t, row - inputs->first[i], at))
        return pack_input_failed(t, err);
    if (t->part != before)
        tool_let_go(before);
    *input = t;
    *rows = shmcol_rows(t->part) - *at;
    return SHMCOL_OK;
}

void pack_inputs_end(pack_inputs *inputs)
{
    for (uint32_t i = 0; i < inputs->n; i++) {
        rows_table *t = &inputs->all[i];
        for (uint32_t c = 0; c < t->n_columns && t->columns != NULL; c++)
            free(t->columns[c].lead);
        free(t->columns);
        shmcol_close(t->file);
    }
    free(inputs->all);
    free(inputs->first);
    *inputs = (pack_inputs){0};
}
