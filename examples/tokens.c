/* Reads sequences of tokens in place: prints the last one, and the length of the longest. Row `i`
 * of a list column is a run of elements in the map; nothing is copied. Usage: tokens FILE COLUMN,
 * of type list[int32], as a tokenizer writes it from an Arrow list. */
#include <inttypes.h>
#include <shmcol.h>
#include <stdio.h>

/* Prints the tokens of one row. */
static shmcol_status print_row(const shmcol_list *tokens, uint64_t row)
{
    const int32_t *ids = tokens->elements;
    uint64_t first, length;
    shmcol_status status = shmcol_list_at(tokens, row, &first, &length);
    if (status != SHMCOL_OK)
        return status;
    printf("row %" PRIu64 ":", row);
    for (uint64_t i = 0; i < length; i++)
        printf(" %" PRId32, ids[first + i]);
    printf("\n");
    return SHMCOL_OK;
}

int main(int argc, char **argv)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    shmcol_list tokens = SHMCOL_LIST_INIT;
    shmcol_status status;
    uint64_t first, length, longest = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: tokens FILE COLUMN\n");
        return 2;
    }
    if (shmcol_open(argv[1], NULL, &file, &err) != SHMCOL_OK ||
        shmcol_list_get(file, argv[2], &tokens, &err) != SHMCOL_OK ||
        tokens.element != SHMCOL_INT32) {
        fprintf(stderr, "tokens: %s: %s\n", argv[1],
                err.status != SHMCOL_OK ? err.message : "the elements are not int32");
        shmcol_close(file); /* NULL is allowed */
        return 1;
    }
    status = tokens.count > 0 ? print_row(&tokens, tokens.count - 1) : SHMCOL_OK;
    for (uint64_t row = 0; row < tokens.count && status == SHMCOL_OK; row++) {
        status = shmcol_list_at(&tokens, row, &first, &length);
        if (status == SHMCOL_OK && length > longest)
            longest = length;
    }
    if (status != SHMCOL_OK) /* shmcol-check says where */
        fprintf(stderr, "tokens: %s: %s\n", argv[1], shmcol_status_name(status));
    else
        printf("%" PRIu64 " sequences, %" PRIu64 " tokens, the longest has %" PRIu64 "\n",
               tokens.count, tokens.n_elements, longest);
    shmcol_close(file);
    return status == SHMCOL_OK ? 0 : 1;
}
