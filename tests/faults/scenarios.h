/* Scenarios are the work that faults disturb: a use of the library each, from an empty work folder
 * to the end. */
#ifndef SHMCOL_FAULTS_SCENARIOS_H
#define SHMCOL_FAULTS_SCENARIOS_H

#include <shmcol.h>
#include <stdbool.h>

/* The inputs are made by targets.py. The work folder has out/, cache/ and tmp/. */
typedef struct scenario_place {
    const char *inputs, *work;
    bool sync;    /* what is published waits for the disk */
    bool replace; /* there is an old out/out.shmcol, and it is replaced */
} scenario_place;

typedef struct scenario {
    const char *name;
    shmcol_status (*run)(const scenario_place *place, shmcol_error *err);
    bool replace;        /* over an old file */
    const char *table;   /* the input that out/table is at first; NULL: there is none */
    bool may_skip_cache; /* succeeds also where nothing could be put into the cache */
} scenario;

extern const scenario scenarios[];
extern const unsigned n_scenarios;

/* Returns the scenario of that name, or NULL. */
const scenario *scenario_find(const char *name);

#endif
