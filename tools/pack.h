/* shmcol-pack as a function, for its main and for the tests that run it many times. */
#ifndef TOOLS_PACK_H
#define TOOLS_PACK_H

#include "pack_options.h"

extern tool pack_tool; /* its state before the command line is read */

/* Does what the command line asks for. Returns the exit status; a wrong command line ends the
 * process with 2. `request` is all zeros at first. The memory that it points at afterwards is never
 * freed. */
int pack_run(tool *t, pack_request *request, int argc, char **argv);

#endif
