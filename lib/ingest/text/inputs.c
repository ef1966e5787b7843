/* Opens the inputs in turn, and ends them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/text/text.h"

/* Opens an input. A FIFO waits for its writer until the progress function cancels. Returns
 * CANCELLED, IO. */
static shmcol_status open_file(ing_control *control, ing_input *input, const char *name,
                               shmcol_error *err)
{
    bool standard = strcmp(name, "-") == 0;
    input->given = name;
    input->path = standard ? ING_STANDARD_INPUT : name;
    input->fd = standard ? 0 : -1;
    input->borrowed = standard;
    int errnum = 0;
    while (!standard && (errnum = sys_open_read(name, &input->fd)) == EINTR) {
        shmcol_status status = ing_progress_tell(control, 0, 0, err);
        if (status != SHMCOL_OK)
            return status;
    }
    if (errnum == 0)
        errnum = sys_stat_fd(input->fd, &input->file);
    if (errnum)
        return shm_fail_sys(err, errnum, input->path, "cannot open the input");
    if (input->file.directory)
        return shm_fail_sys(err, EISDIR, input->path, "cannot read the input");
    return SHMCOL_OK;
}

/* Opens an input, places its text and finds its edges. An input that is read where it is stays open
 * if `stays`, else its file is opened again when it is read. */
static shmcol_status open_input(ing_text *text, const ing_output *output, ing_control *control,
                                ing_input *input, bool stays, shmcol_error *err)
{
    shmcol_status status = ing_place_text(text, output, control, input, err);
    if (status != SHMCOL_OK)
        return status;
    status = ing_find_edges(text, input, err);
    if (status == SHMCOL_OK && text->replaces && !ing_converts(text))
        status = ing_replace_invalid(text, output, control, input, err);
    if (!stays && !input->spooled) {
        sys_close(input->fd);
        input->fd = -1;
    }
    return status;
}

shmcol_status ing_open_inputs(ing_text *text, const ing_output *output, ing_control *control,
                              const char *const *inputs, uint32_t n_inputs, shmcol_error *err)
{
    ing_text_source *source = &text->source;
    shmcol_status status = text->replaces && ing_converts(text)
                               ? ing_replaced_unit(text->encoding, &text->replaced_unit, err)
                               : SHMCOL_OK;
    if (status != SHMCOL_OK)
        return status;
    source->files = ing_files_new();
    source->inputs = calloc(n_inputs, sizeof *source->inputs);
    if (source->inputs == NULL || source->files == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < n_inputs; i++) {
        source->inputs[i].fd = source->inputs[i].original_fd = -1;
        source->inputs[i].files = source->files;
    }
    source->n_inputs = n_inputs;
    for (uint32_t i = 0; status == SHMCOL_OK && i < n_inputs; i++) {
        ing_input *input = &source->inputs[i];
        status = open_file(control, input, inputs[i], err);
        if (status == SHMCOL_OK)
            status = open_input(text, output, control, input, n_inputs <= ING_FILES_MOST, err);
        text->size += input->size;
    }
    return status;
}

void ing_text_end(ing_text *text)
{
    ing_text_source *source = &text->source;
    for (uint32_t i = 0; i < source->n_inputs; i++)
        if (!source->inputs[i].borrowed && !source->inputs[i].spooled)
            sys_close(source->inputs[i].fd);
    ing_files_free(source->files);
    free(source->inputs);
    *source = (ing_text_source){0};
    ing_spool_close(&text->spool);
    ing_spool_close(&text->originals);
    ing_layouts_end(text);
    ing_count_again(text);
}
