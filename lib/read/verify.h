/* The parts of shmcol_verify (F-62): structure in one thread, then gaps, blocks and values by many.
 */
#ifndef SHMCOL_READ_VERIFY_H
#define SHMCOL_READ_VERIFY_H

#include <stdatomic.h>

#include "base/crew.h"
#include "read/file.h"

/* The finding of one task of a step. Of several under one key the one of the lowest order counts,
 * so that the answer does not depend on which thread was first. */
typedef struct finding {
    uint64_t order;
    fmt_fault fault;
} finding;

enum object_state {
    OBJECT_DAMAGED, /* its descriptor cannot be decoded */
    OBJECT_UNSUPPORTED,
    OBJECT_MISPLACED, /* its buffers are not inside the map */
    OBJECT_ALONE,     /* a column that is fine, but its dictionary is not usable */
    OBJECT_USABLE
};

typedef struct verify {
    const shmcol_file *file;
    shmcol_verify_options options;
    void (*plain_form)(struct verify *v); /* the last step for a compressed file */
    uint32_t threads;
    /* Copies: the values that are checked must not change before they are used. */
    fmt_table table;
    uint8_t *states; /* by descriptor: enum object_state */
    /* conditions of later steps */
    bool all_decoded, all_supported, names_good, metadata_good, layout_good, sums_good;

    shmcol_status first; /* of the first problem; SHMCOL_OK: none so far */
    shmcol_error *err;
    /* A failure that is not the file's: NO_MEMORY, CANCELLED, FAULT, IO. It ends the check. */
    shmcol_status failed;

    sys_mutex *mutex;
    atomic_bool no_memory; /* a task found none */
    /* The caller is inside shmcol_guard: faults on any thread must end in an answer. */
    bool guarded;
    _Atomic(const uint8_t *) fault_address;

    base_progress progress; /* in bytes */

    finding **found; /* of the step that runs, by key */
    uint64_t keys;
    void *scratch; /* of the calling thread; freed at the end, also after a fault */
    bool said;     /* `err` is filled in for `failed` already */
} verify;

/* One thread of a step. */
typedef struct verify_worker {
    verify *v;
    void *scratch; /* freed when the step ends, also after a fault */
} verify_worker;

/* Reports one problem, of which the first is the answer. */
void verify_problem(verify *v, const fmt_fault *fault);
/* Ends the check with a status that is not about the file. */
void verify_fail(verify *v, shmcol_status status);

/* A task looks at something and returns how many bytes that was, for the progress. */
typedef uint64_t verify_task(verify_worker *worker, uint64_t index);
/* Does tasks 0 … tasks - 1 on the threads, each once, in any order. */
void verify_tasks(verify *v, uint64_t tasks, verify_task *task);
/* Makes room for findings under keys 0 … keys - 1. Returns false if there is no memory: the check
 * has ended then. */
bool verify_keys(verify *v, uint64_t keys);
/* Keeps the fault of the lowest order of each key. Called by tasks. */
void verify_found(verify *v, uint64_t key, uint64_t order, const fmt_fault *fault);
/* Reports the findings in the order of the keys. A group of `group` keys reports each code once,
 * since one damage shows in several checks. */
void verify_report(verify *v, uint64_t group);
/* Frees what was found and not reported. */
void verify_free_findings(verify *v);

/* Checks a file (F-62). For a compressed one at the level `full` it ends with plain_form(v).
 * Errors: those of shmcol_verify. */
shmcol_status verify_file(const shmcol_file *file, const shmcol_verify_options *options,
                          void (*plain_form)(verify *v), shmcol_error *err);

/* Checks a table: its parts in their order, then what they have in common. Errors: those of
 * shmcol_verify. */
shmcol_status verify_table(const shmcol_file *file, const shmcol_verify_options *options,
                           shmcol_error *err);

void verify_structure(verify *v); /* verify_structure.c */
void verify_gaps(verify *v);      /* verify_bytes.c */
void verify_blocks(verify *v);    /* verify_bytes.c */
void verify_envelope(verify *v);  /* verify_values.c */
void verify_dictionaries(verify *v);
void verify_columns(verify *v);
void verify_plain_form(
    verify *v); /* verify_compressed.c: of a compressed file, all that is asked of a plain one */

#endif
