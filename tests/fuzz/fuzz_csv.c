/* Any bytes as a CSV: pack them in two ways that must not differ (one thread and one window; three
 * threads and windows of a few bytes), then verify what came out. The first bytes of the input
 * choose the options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "shmcol.h"

/* `more` is the byte of the window as well. */
static void choose(shmcol_csv_options *options, uint32_t bits, uint32_t more)
{
    static const char delimiters[] = {0, 0, 0, ',', ';', '\t', '|', ' '};
    static const char *const nulls[] = {"NA"};
    static const char *const thousands[] = {
        [4] = "'", [5] = "space", [6] = ",", [12] = ".", [15] = NULL};
    options->delimiter = delimiters[bits & 7];
    options->no_header = (bits >> 3) & 1;
    options->trim = (bits >> 4) & 1;
    options->decimal_comma = ((bits >> 5) & 1) && options->delimiter != ',';
    options->on_error = (bits >> 6) & 1 ? SHMCOL_ON_ERROR_SKIP : SHMCOL_ON_ERROR_STOP;
    options->no_quote = ((bits >> 7) & 3) == 3;
    options->skip_lines = ((bits >> 9) & 7) == 7;
    options->thousands = thousands[(bits >> 9 & 7) | (options->decimal_comma << 3)];
    options->comment = ((bits >> 12) & 7) == 7 ? '#' : 0;
    options->nulls = nulls;
    options->n_nulls = (bits >> 15) & 1;
    options->escape = (more & 3) == 3 ? '\\' : 0;
    options->skip_rows = (more & 28) == 28 ? 2 : 0;
    options->limit = (more & 96) == 96 ? 3 : 0;
    options->skip_after_header = !options->no_header && ((bits >> 9) & 7) == 6;
    options->skip_footer = ((bits >> 9) & 7) == 5 ? 2 : 0;
    options->overwrite = 1;
    options->no_sync = 1;
}

/* Packs the CSV to `output`; the status is the answer. */
static shmcol_status pack(const char *input, const char *output, uint32_t bits, uint32_t threads,
                          uint64_t window)
{
    shmcol_csv_options options = SHMCOL_CSV_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_csv_report *report = NULL;
    choose(&options, bits & 0xffff, bits >> 16);
    options.threads = threads;
    options.window = window;
    shmcol_status status = shmcol_csv_pack(&input, 1, output, &options, &report, &err);
    shmcol_csv_report_free(report);
    return status;
}

static shmcol_file *check(const char *path)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.threads = 1;
    shmcol_file *file = NULL;
    if (shmcol_open(path, NULL, &file, &err) != SHMCOL_OK ||
        shmcol_verify(file, &options, &err) != SHMCOL_OK) {
        fprintf(stderr, "packed, but not valid: %s\n", err.message);
        abort();
    }
    return file;
}

static void compare(const char *one, const char *other)
{
    shmcol_file_info a = SHMCOL_FILE_INFO_INIT, b = SHMCOL_FILE_INFO_INIT;
    shmcol_file *first = check(one), *second = check(other);
    if (shmcol_get_info(first, &a, NULL) != SHMCOL_OK ||
        shmcol_get_info(second, &b, NULL) != SHMCOL_OK || a.file_size != b.file_size ||
        memcmp(a.map, b.map, a.file_size) != 0) {
        fprintf(stderr, "the bytes depend on threads or window\n");
        abort();
    }
    shmcol_close(first);
    shmcol_close(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    uint32_t bits = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16;
    uint64_t window = 1 + data[2];
    char input[64], one[64], other[64];
    snprintf(input, sizeof input, "%s/in.csv", fuzz_folder());
    snprintf(one, sizeof one, "%s/one.shmcol", fuzz_folder());
    snprintf(other, sizeof other, "%s/other.shmcol", fuzz_folder());
    fuzz_write(input, data + 3, size - 3);
    shmcol_status first = pack(input, one, bits, 1, 0),
                  second = pack(input, other, bits, 3, window);
    if (first != second) {
        fprintf(stderr, "%s with one window, %s with windows of %d bytes\n",
                shmcol_status_name(first), shmcol_status_name(second), (int)window);
        abort();
    }
    if (first == SHMCOL_OK) {
        compare(one, other);
        fuzz_keep(data, size);
    }
    fuzz_count(first == SHMCOL_OK);
    unlink(input);
    unlink(one);
    unlink(other);
    return 0;
}

/* Mutants of texts that could be packed: libFuzzer keeps every text with a new error, whose mutants
 * have the same error. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return LLVMFuzzerMutate(data, fuzz_kept(data, size, max_size, seed), max_size);
}
