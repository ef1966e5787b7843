/* Finds the first error of the input (C-16): checks one record after the other, exactly. */
#include "ingest/hints.h"

shmcol_status ing_diagnose(ing_job *job, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    uint64_t seen = 0;
    for (uint32_t i = 0; status == SHMCOL_OK && i < job->text.source.n_inputs; i++) {
        const ing_input *input = &job->text.source.inputs[i];
        ing_records records;
        ing_record record;
        ing_records_begin(&records, input, &input->layout->dialect, input->begin, input->end,
                          job->limits.record);
        while ((status = ing_records_next(&records, &record, err)) == SHMCOL_OK &&
               record.length != 0)
            if ((status = ing_check_record(&job->text, &job->schema, input, &record, input->layout,
                                           err)) != SHMCOL_OK ||
                (status = ing_progress_record(&job->control, &seen, err)) != SHMCOL_OK)
                break;
        if (status != SHMCOL_OK)
            ing_hint_error(job, input, &record, status, err);
        ing_records_end(&records);
    }
    return status;
}
