/* Columns that get another type by way of their text. */
#ifndef TOOLS_PACK_TEXT_H
#define TOOLS_PACK_TEXT_H

#include "pack_inputs.h"
#include "pack_options.h"

/* Writes the columns called `names` of all inputs as CSV into a temporary file, and reads them with
 * the types that the request asks for. *converted becomes an open file of them, of as many rows as
 * the inputs have; the caller ends it with pack_inputs_end. A value that does not fit is CSV_VALUE,
 * with its row. Temporary files are in TMPDIR, else in the directory of the output. */
shmcol_status pack_text(const pack_request *request, const pack_inputs *inputs, char **names,
                        uint32_t n, pack_inputs *converted, shmcol_error *err);

#endif
