/* A column of a table, from the descriptor in its first part. */
#include <string.h>

#include "format/directory.h"
#include "format/ondisk.h"
#include "read/table.h"

int read_table_column(const shmcol_file *file, read_column *column, fmt_fault *fault)
{
    const read_table *t = file->table;
    fmt_descriptor *d = &column->descriptor, last;
    d->length = file->header.rows;
    d->null_count = t->null_counts[column->index];
    if (t->n_parts > 1)
        d->flags &=
            ~(uint32_t)FMT_FLAG_ASCENDING; /* the first part's: of the others it says nothing */
    memset(d->slots, 0, sizeof d->slots);
    if (d->type != FMT_DICTIONARY)
        return FMT_OK;
    column->dictionary_file = t->last;
    int code = fmt_directory_column(&t->last->header, t->last->front, column->index, &last, fault);
    return code != FMT_OK ? code
                          : fmt_directory_dictionary(&t->last->header, t->last->front,
                                                     last.dictionary, &column->dictionary, fault);
}
