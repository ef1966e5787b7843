/* The options and the texts of a CSV that an input of a fuzz target decides about. */
#ifndef CSV_MAKE_H
#define CSV_MAKE_H

#include <stddef.h>
#include <stdint.h>

#include "shmcol.h"

enum { CSV_HEAD = 6, CSV_TEXTS = 16, CSV_INPUTS = 3 };

/* Texts of one kind. */
typedef struct csv_texts {
    const char *list[CSV_TEXTS];
    uint32_t n;
} csv_texts;

typedef struct csv_plan {
    shmcol_csv_options options;
    uint64_t window;  /* of the second run */
    uint32_t threads; /* of the second run */
    const char *isa;  /* of the second run; NULL: the best one */
    int rejects, types_from;
    csv_texts date_formats, timestamp_formats, true_words, false_words, columns, names, nulls,
        dictionary;
    char *line;
    const uint8_t *inputs[CSV_INPUTS];
    size_t sizes[CSV_INPUTS];
    uint32_t n_inputs;
} csv_plan;

/* Makes the plan of an input: CSV_HEAD bytes with numbers, a line of texts, and up to three CSVs
 * with the byte 1E between them. The byte 1F ends each text, and the first letter of a text says
 * which option it is for (csv_make.c). The texts are in the data. Returns 0 if the input is too
 * short. The caller ends the plan with csv_plan_end. */
int csv_plan_make(csv_plan *plan, const uint8_t *data, size_t size);
void csv_plan_end(csv_plan *plan);

#endif
