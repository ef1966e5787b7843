/* Checks the paths of a pack before anything is opened (C-99). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/text/text.h"

shmcol_status ing_standard_input_closed(shmcol_error *err)
{
    shm_fail_sys(err, EBADF, ING_STANDARD_INPUT, "standard input is closed");
    shm_error_hint(err, "name a file, or connect one: < FILE");
    return SHMCOL_ERR_IO;
}

static const char *shown(const char *path)
{
    return strcmp(path, "-") == 0 ? ING_STANDARD_INPUT : path;
}

/* A file that is there. */
typedef struct seen_file {
    uint64_t device, inode;
    uint32_t index; /* of the input */
} seen_file;

/* Sets *file if there is a file at `path`, which may be NULL. */
static bool see_path(const char *path, seen_file *file)
{
    sys_file_info info;
    if (path == NULL || sys_stat_path(path, &info) != 0)
        return false;
    *file = (seen_file){info.device, info.inode, 0};
    return true;
}

/* Returns SAME_FILE if the file, which has the purpose `what`, is the input. */
static shmcol_status refuse_same(const sys_file_info *input, const char *path,
                                 const seen_file *file, const char *what, shmcol_error *err)
{
    if (file->device != input->device || file->inode != input->inode)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_SAME_FILE, "", "%s is the input", what);
    shm_error_path(err, path);
    return SHMCOL_ERR_SAME_FILE;
}

static int compare_files(const void *a, const void *b)
{
    const seen_file *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static shmcol_status given_twice(const char *first, const char *again, shmcol_error *err)
{
    if (strcmp(first, again) == 0)
        shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-99", "this input is given twice");
    else
        shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-99",
                 "this input is given twice: it is the same file as \"%.200s\"", shown(first));
    shm_error_path(err, shown(again));
    return SHMCOL_ERR_INVALID_ARGUMENT;
}

/* Returns INVALID_ARGUMENT for the first input that is the file of an earlier one. Sorts the
 * files. */
static shmcol_status refuse_twice(const char *const *inputs, seen_file *files, uint32_t n,
                                  shmcol_error *err)
{
    const seen_file *again = NULL;
    qsort(files, n, sizeof *files, compare_files);
    for (uint32_t i = 1; i < n; i++)
        if (files[i].device == files[i - 1].device && files[i].inode == files[i - 1].inode &&
            (again == NULL || files[i].index < again->index))
            again = &files[i];
    return again == NULL ? SHMCOL_OK
                         : given_twice(inputs[again[-1].index], inputs[again->index], err);
}

/* Checks each path alone. Writes the files that may not be given twice: the regular ones, and
 * standard input, whatever it is. *n: their number. Returns IO, SAME_FILE. */
static shmcol_status check_each(const ing_output *output, const char *const *inputs,
                                uint32_t n_inputs, seen_file *files, uint32_t *n, shmcol_error *err)
{
    seen_file out, rejects;
    const bool has_out = see_path(output->path, &out),
               has_rejects = see_path(output->rejects_path, &rejects);
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; i < n_inputs; i++) {
        sys_file_info info;
        const bool standard = strcmp(inputs[i], "-") == 0;
        int errnum = standard ? sys_stat_fd(0, &info) : sys_stat_path(inputs[i], &info);
        if (errnum == EBADF && standard) /* the next file that is opened would become it */
            return ing_standard_input_closed(err);
        if (errnum)
            return shm_fail_sys(err, errnum, shown(inputs[i]), "cannot open the input");
        if (has_out && !standard)
            status = refuse_same(&info, inputs[i], &out, "the output", err);
        if (status == SHMCOL_OK && has_rejects && !standard)
            status = refuse_same(&info, inputs[i], &rejects, "the file for refused records", err);
        if (status != SHMCOL_OK)
            return status;
        if (info.regular || standard)
            files[(*n)++] = (seen_file){info.device, info.inode, i};
    }
    return SHMCOL_OK;
}

shmcol_status ing_check_paths(const ing_output *output, const char *const *inputs,
                              uint32_t n_inputs, shmcol_error *err)
{
    uint32_t n = 0;
    seen_file *files = malloc(n_inputs * sizeof *files);
    if (files == NULL)
        return shm_fail_memory(err);
    shmcol_status status = check_each(output, inputs, n_inputs, files, &n, err);
    if (status == SHMCOL_OK)
        status = refuse_twice(inputs, files, n, err);
    free(files);
    return status;
}
