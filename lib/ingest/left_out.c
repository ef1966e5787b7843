/* Leaves out the inputs that have no record, among several (C-98). */
#include "ingest/ingest.h"

#define NAMED 3u

/* Returns true if the input has a record that is not a blank line. *blank becomes true if it has a
 * blank line. Checks nothing: the errors of its text are found later, in their order (C-16). */
static bool has_record(const ing_text *text, const ing_input *input, uint64_t limit, bool *blank)
{
    ing_records records;
    ing_record record;
    csv_dialect dialect = text->dialect;
    bool found = false, more = true;
    dialect.skip_blank = true;
    ing_records_begin(&records, input, &dialect, input->begin, input->end, limit);
    while (more && !found) {
        more = ing_records_next(&records, &record, NULL) == SHMCOL_OK && record.length != 0;
        found = more && !record.skipped;
        if (more && record.skipped && (dialect.comment == 0 || record.text[0] != dialect.comment))
            *blank = true;
    }
    ing_records_end(&records);
    return found;
}

void ing_leave_out(ing_text *text, uint32_t n_fields, uint64_t limit)
{
    const ing_text_source *source = &text->source;
    for (uint32_t i = 0; source->n_inputs > 1 && i < source->n_inputs; i++) {
        bool blank = false, found = has_record(text, &source->inputs[i], limit, &blank);
        source->inputs[i].left_out = !found && !(blank && n_fields == 1);
    }
}

shmcol_status ing_warn_left_out(const ing_text_source *source, ing_control *control,
                                shmcol_error *err)
{
    const char *names[NAMED] = {NULL};
    uint32_t n = 0;
    bool warned = true;
    for (uint32_t i = 0; i < source->n_inputs; i++)
        if (source->inputs[i].left_out && n++ < NAMED)
            names[n - 1] = source->inputs[i].path;
    if (n == 1)
        warned = ing_warn(control, "\"%.200s\" has no record and is left out", names[0]);
    else if (n == 2)
        warned = ing_warn(control, "\"%.200s\" and \"%.200s\" have no record and are left out",
                          names[0], names[1]);
    else if (n == 3)
        warned = ing_warn(control,
                          "\"%.200s\", \"%.200s\" and \"%.200s\" have no record and are left out",
                          names[0], names[1], names[2]);
    else if (n > 3)
        warned = ing_warn(control,
                          "\"%.200s\", \"%.200s\", \"%.200s\" and %u more inputs have no record "
                          "and are left out",
                          names[0], names[1], names[2], n - 3);
    return warned ? SHMCOL_OK : shm_fail_memory(err);
}
