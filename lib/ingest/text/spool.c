/* Keeps the text of all inputs that cannot be read where they are in one temporary file. */
#include "ingest/text/input.h"

shmcol_status ing_spool_open(ing_spool *spool, const ing_output *output, shmcol_error *err)
{
    if (spool->open)
        return SHMCOL_OK;
    shmcol_status status = ing_open_temporary(output, &spool->fd, err);
    spool->open = status == SHMCOL_OK;
    return status;
}

shmcol_status ing_spool_write(ing_spool *spool, const ing_output *output, const void *data,
                              size_t length, shmcol_error *err)
{
    int errnum = length != 0 ? sys_pwrite(spool->fd, data, length, spool->size) : 0;
    spool->size += length;
    return errnum ? ing_temporary_failed(output, errnum, err) : SHMCOL_OK;
}

void ing_spool_take(ing_spool *spool, uint64_t offset, ing_input *input)
{
    if (input->spooled) /* a failure leaves the space in use until the end, which does no harm */
        (void)sys_punch(spool->fd, input->offset, input->size);
    else if (!input->borrowed)
        sys_close(input->fd);
    input->borrowed = false;
    input->spooled = true;
    input->fd = spool->fd;
    input->offset = offset;
    input->size = spool->size - offset;
}

void ing_spool_close(ing_spool *spool)
{
    if (spool->open)
        sys_close(spool->fd);
    spool->open = false;
}
