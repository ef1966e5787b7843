/* Modes of dictionaries (dictionary_mode.h). */
#include "dictionary_mode.h"

#include <string.h>

bool shm_dictionary_mode(const char *text, shmcol_dictionary_mode *mode, const char **name,
                         size_t *name_length)
{
    static const char *const modes[] = {[SHMCOL_DICTIONARY_AUTO] = "auto",
                                        [SHMCOL_DICTIONARY_ALWAYS] = "always",
                                        [SHMCOL_DICTIONARY_NEVER] = "never"};
    const char *sign = strrchr(text, '=');
    *name = sign != NULL ? text : NULL;
    *name_length = sign != NULL ? (size_t)(sign - text) : 0;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(sign != NULL ? sign + 1 : text, modes[i]) != 0)
            continue;
        *mode = (shmcol_dictionary_mode)i;
        return true;
    }
    return false;
}
