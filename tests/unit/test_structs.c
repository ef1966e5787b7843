/* Structs that callers own: what programs that were built against another shmcol.h may count on. */
#include "read_support.h"
#include "structs.h"

/* Sizes where pointers have 64 bits. Until version 1.0 is released a new field raises both numbers
 * of its struct; afterwards the first may never change. */
static void sizes_are_pinned(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t least, least_pinned, size, size_pinned;
    } all[] = {
        {"error", SHM_ERROR_SIZE_1_0, 1344, sizeof(shmcol_error), 1344},
        {"open_options", SHM_OPEN_OPTIONS_SIZE_1_0, 16, sizeof(shmcol_open_options), 48},
        {"file_info", SHM_FILE_INFO_SIZE_1_0, 120, sizeof(shmcol_file_info), 208},
        {"column_info", SHM_COLUMN_INFO_SIZE_1_0, 276, sizeof(shmcol_column_info), 280},
        {"strings", SHM_STRINGS_SIZE_1_0, 48, sizeof(shmcol_strings), 48},
        {"dictionary", SHM_DICTIONARY_SIZE_1_0, 104, sizeof(shmcol_dictionary), 104},
        {"list", SHM_LIST_SIZE_1_0, 104, sizeof(shmcol_list), 104},
        {"take_options", SHM_TAKE_OPTIONS_SIZE_1_0, 32, sizeof(shmcol_take_options), 32},
        {"taken", SHM_TAKEN_SIZE_1_0, 72, sizeof(shmcol_taken), 72},
        {"stats", SHM_STATS_SIZE_1_0, 168, sizeof(shmcol_stats), 168},
        {"verify_options", SHM_VERIFY_OPTIONS_SIZE_1_0, 48, sizeof(shmcol_verify_options), 56},
        {"field", SHM_FIELD_SIZE_1_0, 108, sizeof(shmcol_field), 112},
        {"writer_options", SHM_WRITER_OPTIONS_SIZE_1_0, 48, sizeof(shmcol_writer_options), 152},
        {"column_data", SHM_COLUMN_DATA_SIZE_1_0, 88, sizeof(shmcol_column_data), 88},
        {"compress_options", SHM_COMPRESS_OPTIONS_SIZE_1_0, 40, sizeof(shmcol_compress_options),
         40},
        {"csv_options", SHM_CSV_OPTIONS_SIZE_1_0, 368, sizeof(shmcol_csv_options), 384},
    };
    if (sizeof(void *) != 8)
        skip();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].least != all[i].least_pinned || all[i].size != all[i].size_pinned)
            fail_msg("shmcol_%s: %zu and %zu, not %zu and %zu", all[i].name, all[i].least,
                     all[i].size, all[i].least_pinned, all[i].size_pinned);
}

typedef struct later {
    size_t size;
    int64_t a, b;
} later;

/* The first field that is appended: an old program's struct ends before it. */
static void a_shorter_struct_is_not_overrun(void **state)
{
    (void)state;
    later room = {offsetof(later, b), 0, 77}, all = {0, 1, 2}, own = {0, 0, 5};
    later *old = &room;
    SHM_GIVE(old, all);
    assert_true(room.size == offsetof(later, b) && room.a == 1 && room.b == 77);
    SHM_TAKE(own, old);
    assert_true(own.size == sizeof own && own.a == 1 && own.b == 5);
    room.size = sizeof room + 8; /* a program of a later version */
    all = (later){0, 3, 4};
    SHM_GIVE(old, all);
    assert_true(room.size == sizeof room + 8 && room.a == 3 && room.b == 4);
}

/* One byte less than the first version's struct was not set by its macro. */
static void what_is_too_small_is_refused(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/dictionary-int8");
#define REFUSED(type, init, least, call)                                                           \
    do {                                                                                           \
        type s = init;                                                                             \
        s.size = (least) - 1;                                                                      \
        assert_int_equal(call, SHMCOL_ERR_INVALID_ARGUMENT);                                       \
    } while (0)
    REFUSED(shmcol_file_info, SHMCOL_FILE_INFO_INIT, SHM_FILE_INFO_SIZE_1_0,
            shmcol_get_info(file, &s, NULL));
    REFUSED(shmcol_column_info, SHMCOL_COLUMN_INFO_INIT, SHM_COLUMN_INFO_SIZE_1_0,
            shmcol_get_column(file, 0, &s, NULL));
    REFUSED(shmcol_strings, SHMCOL_STRINGS_INIT, SHM_STRINGS_SIZE_1_0,
            shmcol_strings_column(file, 0, &s, NULL));
    REFUSED(shmcol_dictionary, SHMCOL_DICTIONARY_INIT, SHM_DICTIONARY_SIZE_1_0,
            shmcol_dictionary_column(file, 0, &s, NULL));
    REFUSED(shmcol_stats, SHMCOL_STATS_INIT, SHM_STATS_SIZE_1_0,
            shmcol_column_stats(file, 0, &s, NULL));
    REFUSED(shmcol_take_options, SHMCOL_TAKE_OPTIONS_INIT, SHM_TAKE_OPTIONS_SIZE_1_0,
            shmcol_take_with(file, 0, &s, NULL, NULL, NULL));
    const shmcol_take_options rows = SHMCOL_TAKE_OPTIONS_INIT;
    REFUSED(shmcol_taken, SHMCOL_TAKEN_INIT, SHM_TAKEN_SIZE_1_0,
            shmcol_take_strings(file, 0, &rows, &s, NULL));
    REFUSED(shmcol_verify_options, SHMCOL_VERIFY_OPTIONS_INIT, SHM_VERIFY_OPTIONS_SIZE_1_0,
            shmcol_verify(file, &s, NULL));
    REFUSED(shmcol_open_options, SHMCOL_OPEN_OPTIONS_INIT, SHM_OPEN_OPTIONS_SIZE_1_0,
            shmcol_open("x", &s, &file, NULL));
    REFUSED(shmcol_compress_options, SHMCOL_COMPRESS_OPTIONS_INIT, SHM_COMPRESS_OPTIONS_SIZE_1_0,
            shmcol_compress("x", "y", &s, NULL));
    const char *input = "x";
    REFUSED(shmcol_csv_options, SHMCOL_CSV_OPTIONS_INIT, SHM_CSV_OPTIONS_SIZE_1_0,
            shmcol_csv_pack(&input, 1, "y", &s, NULL, NULL));
    shmcol_writer *writer;
    REFUSED(shmcol_writer_options, SHMCOL_WRITER_OPTIONS_INIT, SHM_WRITER_OPTIONS_SIZE_1_0,
            shmcol_writer_create("y", NULL, 0, &s, &writer, NULL));
    shmcol_field field = SHMCOL_FIELD_INIT;
    field.size = SHM_FIELD_SIZE_1_0 - 1;
    assert_int_equal(shmcol_writer_create("y", &field, 1, NULL, &writer, NULL),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    shmcol_close(file);
}

/* An error of version 1.0 is filled in; what was not begun with its macro is left alone. */
static void errors(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    err.size = SHM_ERROR_SIZE_1_0;
    shm_fail(&err, SHMCOL_ERR_IO, "", "text");
    assert_true(err.size == SHM_ERROR_SIZE_1_0 && err.status == SHMCOL_ERR_IO);
    err.size--;
    shm_fail(&err, SHMCOL_ERR_LIMIT, "", "other");
    assert_string_equal(err.message, "text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_pinned),
        cmocka_unit_test(a_shorter_struct_is_not_overrun),
        cmocka_unit_test(what_is_too_small_is_refused),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
