/* Someone's program: converts a CSV and reads it back. Usage: use CSV OUTPUT; prints the rows and
 * the first name. */
#include <shmcol.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    shmcol_strings names = SHMCOL_STRINGS_INIT;
    shmcol_csv_options options = SHMCOL_CSV_OPTIONS_INIT;
    const char *never[] = {"never"};
    const char *first;
    uint64_t length;
    options.overwrite = 1;
    options.dictionary = never;
    options.n_dictionary = 1;
    if (argc != 3 || shmcol_version() != SHMCOL_VERSION)
        return 2;
    const char *inputs[] = {argv[1]};
    if (shmcol_csv_pack(inputs, 1, argv[2], &options, NULL, &err) ||
        shmcol_open(argv[2], NULL, &file, &err) || shmcol_string(file, "name", &names, &err) ||
        shmcol_string_at(&names, 0, &first, &length)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    printf("%llu %.*s\n", (unsigned long long)shmcol_rows(file), (int)length, first);
    shmcol_close(file);
    return 0;
}
