/* The public options that say which string columns become dictionaries (C-60). */
#ifndef SHMCOL_DICTIONARY_MODE_H
#define SHMCOL_DICTIONARY_MODE_H

#include <stdbool.h>
#include <stddef.h>

#include "shmcol.h"

/* Takes MODE or NAME=MODE apart, where MODE is auto, always or never: no mode holds a '=', a name
 * may. Sets *name to `text` and *name_length, or *name to NULL where there is none; both also where
 * it returns false: there is no such mode. */
bool shm_dictionary_mode(const char *text, shmcol_dictionary_mode *mode, const char **name,
                         size_t *name_length);

#endif
