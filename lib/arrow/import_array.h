/* The checks of an imported array, and its parts. */
#ifndef SHMCOL_ARROW_IMPORT_ARRAY_H
#define SHMCOL_ARROW_IMPORT_ARRAY_H

#include <stdbool.h>

#include "arrow/import_texts.h"

/* Returns true if `array` (may be NULL) is an array of `form` that has the rows [first, first +
 * rows), `first` counted without the array's own offset. `width`: of a value of a fixed width; of a
 * tensor's list 0, since it has no values itself. On failure *problem is the reason. The interface
 * gives no buffer's size, so the check believes `length` and `offset` where memory could be that
 * large. */
bool arrow_array_check(const struct ArrowArray *array, arrow_form form, uint32_t width,
                       uint64_t first, uint64_t rows, const char **problem);
/* Returns the validity bitmap that counts, NULL where every value is valid (or none is:
 * ARROW_NULL). */
const uint8_t *arrow_array_validity(const struct ArrowArray *array, arrow_form form);
/* Gives rows [first, first + rows) of an array of strings that was checked, as texts. Returns false
 * if its offsets do not fit each other. */
bool arrow_array_texts(const struct ArrowArray *array, arrow_form form, uint64_t first,
                       uint64_t rows, arrow_texts *texts);

#endif
