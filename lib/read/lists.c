/* Lists in place. */
#include "format/ondisk.h"
#include "format/types.h"
#include "read/table.h"

static shmcol_status fill_list(const read_column *c, shmcol_list *list, shmcol_error *err)
{
    const fmt_descriptor *d = &c->descriptor;
    if (d->type != FMT_LIST)
        return read_wrong_type(c, "list", err);
    if (c->file->table != NULL)
        return read_not_one_run(c, err);
    shmcol_list all = {
        .count = d->length,
        .offsets = read_slot(c->file, d, FMT_SLOT_VALUES),
        .validity = read_validity(c),
        .element = (shmcol_type)d->element,
        .element_width = d->element_width,
        .n_elements = fmt_child_length(d),
        .strings = SHMCOL_STRINGS_INIT,
    };
    if (d->element == FMT_STRING) {
        all.strings.count = all.n_elements;
        all.strings.offsets = read_slot(c->file, d, FMT_SLOT_ELEMENTS);
        all.strings.data = read_slot(c->file, d, FMT_SLOT_ELEMENT_BYTES);
        all.strings.data_length = d->slots[FMT_SLOT_ELEMENT_BYTES].stored_length;
    } else {
        all.elements = read_slot(c->file, d, FMT_SLOT_ELEMENTS);
    }
    SHM_GIVE(list, all);
    return SHMCOL_OK;
}

shmcol_status shmcol_list_get(const shmcol_file *file, const char *name, shmcol_list *list,
                              shmcol_error *err)
{
    read_column c;
    SHM_CHECK_SIZE(list, SHM_LIST_SIZE_1_0, err);
    shmcol_status status = read_column_named(file, name, &c, err);
    return status == SHMCOL_OK ? fill_list(&c, list, err) : status;
}

shmcol_status shmcol_list_column(const shmcol_file *file, uint32_t column, shmcol_list *list,
                                 shmcol_error *err)
{
    read_column c;
    SHM_CHECK_SIZE(list, SHM_LIST_SIZE_1_0, err);
    shmcol_status status = read_column_plain(file, column, &c, err);
    return status == SHMCOL_OK ? fill_list(&c, list, err) : status;
}
