/* The work folder of a scenario: it is prepared for a run, and looked at afterwards. */
#ifndef SHMCOL_FAULTS_WORKDIR_H
#define SHMCOL_FAULTS_WORKDIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "scenarios.h"

enum { WORKDIR_ENTRIES = 60, WORKDIR_NAME = 300 };

/* A file, or a directory of no bytes. */
typedef struct workdir_entry {
    char name[WORKDIR_NAME]; /* with its folder */
    mode_t mode;
    off_t size;
    uint64_t hash;
} workdir_entry;
typedef struct workdir_snapshot {
    unsigned n;
    workdir_entry all[WORKDIR_ENTRIES];
} workdir_snapshot;

/* Ends the program: something is wrong with the test itself. */
_Noreturn void broken(const char *what);
/* Removes what is in the work folder, and copies what a scenario begins with: the old file, or the
 * table. */
void workdir_reset(const scenario_place *place, const scenario *which);
void workdir_look(const scenario_place *place, workdir_snapshot *snapshot);
/* Tells whether the snapshot has the entry, with any mode if `any_mode`. */
bool workdir_holds(const workdir_snapshot *snapshot, const workdir_entry *entry, bool any_mode);

#endif
