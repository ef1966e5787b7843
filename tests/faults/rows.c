/* Rows that follow from their numbers: how they are written, and how they are checked. */
#include "rows.h"

#include <stdio.h>
#include <string.h>

enum { BATCH = 4000, TEXT = 24, NO_NUMBER = 10, NO_TEXT = 7 };

/* Writes the word of a row. Every 400 rows have one new word more; all processes have the same. */
static const char *word_of(int32_t number, char out[TEXT])
{
    const int32_t own = number % ROWS_PROCESS;
    (void)snprintf(out, TEXT, "w%d", own % (20 + own / 400));
    return out;
}

/* Writes the text of a row; NULL: it is null. */
static const char *text_of(int32_t number, char out[TEXT])
{
    (void)snprintf(out, TEXT, "%d", number % 5000);
    return number % NO_TEXT == 3 ? NULL : out;
}

void rows_fields(shmcol_field fields[ROWS_COLUMNS])
{
    static const char *const names[] = {"number", "half", "word", "text"};
    static const shmcol_type types[] = {SHMCOL_INT32, SHMCOL_INT32, SHMCOL_DICTIONARY,
                                        SHMCOL_STRING};
    for (int i = 0; i < ROWS_COLUMNS; i++) {
        fields[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        fields[i].name = names[i];
        fields[i].name_length = (uint32_t)strlen(names[i]);
        fields[i].type = types[i];
        fields[i].nullable = 1;
    }
}

shmcol_status rows_put(shmcol_writer *writer, int32_t first, uint64_t n, shmcol_error *err)
{
    static int32_t numbers[BATCH], halves[BATCH];
    static uint8_t nulls[BATCH];
    static char word[BATCH][TEXT], text[BATCH][TEXT];
    static const char *words[BATCH], *texts[BATCH];
    shmcol_status status = SHMCOL_OK;
    for (uint64_t done = 0, rows; done < n && status == SHMCOL_OK; done += rows) {
        shmcol_column_data data[ROWS_COLUMNS];
        rows = n - done < BATCH ? n - done : BATCH;
        for (uint64_t i = 0; i < rows; i++) {
            numbers[i] = first + (int32_t)(done + i);
            halves[i] = numbers[i] / 2;
            nulls[i] = numbers[i] % NO_NUMBER == 9;
            words[i] = word_of(numbers[i], word[i]);
            texts[i] = text_of(numbers[i], text[i]);
        }
        for (int i = 0; i < ROWS_COLUMNS; i++)
            data[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        data[0].values = numbers;
        data[1].values = halves;
        data[1].validity_kind = SHMCOL_VALIDITY_MASK;
        data[1].validity = nulls;
        data[2].values = words;
        data[3].values = texts;
        data[2].layout = data[3].layout = SHMCOL_STRINGS_POINTERS;
        status = shmcol_writer_append(writer, rows, data, ROWS_COLUMNS, err);
    }
    return status;
}

/* Tells whether a text is the one that is expected; NULL is null. */
static int is_text(const char *data, uint64_t length, const char *expected)
{
    if (data == NULL || expected == NULL)
        return data == NULL && expected == NULL;
    return length == strlen(expected) && memcmp(data, expected, length) == 0;
}

/* Tells whether word and text of a row are those of its number. */
static int has_texts(const shmcol_file *table, const shmcol_dictionary *words, uint64_t row,
                     int32_t number)
{
    char text[TEXT];
    const char *data;
    uint64_t length;
    if (shmcol_dictionary_at(words, row, &data, &length) != SHMCOL_OK ||
        !is_text(data, length, word_of(number, text)))
        return 0;
    return shmcol_string_row(table, 3, row, &data, &length, NULL) == SHMCOL_OK &&
           is_text(data, length, text_of(number, text));
}

shmcol_status rows_check(shmcol_file *table, int (*right)(void *arg, uint64_t row, int32_t number),
                         void *arg, int64_t *wrong, shmcol_error *err)
{
    const int32_t *numbers, *halves;
    const uint8_t *no_nulls, *validity;
    uint64_t n = 0, n_halves = 0;
    shmcol_dictionary words = SHMCOL_DICTIONARY_INIT;
    *wrong = 0;
    shmcol_status status = shmcol_int32(table, "number", &numbers, &n, &no_nulls, err);
    if (status == SHMCOL_OK)
        status = shmcol_int32(table, "half", &halves, &n_halves, &validity, err);
    if (status == SHMCOL_OK)
        status = shmcol_dictionary_get(table, "word", &words, err);
    if (status != SHMCOL_OK || n != shmcol_rows(table) || n_halves != n || no_nulls != NULL)
        return status;
    for (uint64_t i = 0; i < n; i++) {
        const int32_t number = numbers[i];
        const int null = number % NO_NUMBER == 9;
        *wrong = (int64_t)i;
        if (!right(arg, i, number) || shmcol_is_valid(validity, i) == null ||
            (!null && halves[i] != number / 2) ||
            ((i % 11 == 0 || i + 40 > n) && !has_texts(table, &words, i, number)))
            return SHMCOL_OK;
    }
    *wrong = -1;
    return SHMCOL_OK;
}
