/* The kind of work that shmcol-pack is asked for, by its inputs. */
#ifndef TOOLS_PACK_KIND_H
#define TOOLS_PACK_KIND_H

#include "pack_options.h"

/* Returns true for a shmcol file, whole or damaged, and for a directory. Ends the process with 3
 * where the system refuses to look. */
bool pack_is_shmcol(tool *t, const char *path);
/* Sets the kind of a request whose names and options are known. Inputs and options that do not go
 * together end the process with 2. */
void pack_choose_kind(tool *t, pack_request *request);

#endif
