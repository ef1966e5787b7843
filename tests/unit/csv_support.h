/* Helpers of the CSV tests: packing a text in one call, and a packed file as text to compare. */
#ifndef SHMCOL_TESTS_CSV_SUPPORT_H
#define SHMCOL_TESTS_CSV_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shmcol.h"
#include "support.h"

/* The tear-down after support_begin. */
int csv_end(void **state);
/* Returns the path of a name in the directory, good until csv_end. */
const char *csv_path(const char *name);
/* Returns the number of descriptors that this process has open. */
unsigned csv_descriptors(void);
/* Writes a file and returns its path. */
const char *csv_write(const char *name, const void *text, size_t n);
/* Returns a number below `below`; the same sequence in every run. */
uint32_t csv_random(uint32_t below);

typedef struct csv_packed {
    shmcol_status status;
    shmcol_error err;
    shmcol_csv_report *report; /* NULL after a failure */
    char *rows; /* csv_show of the file; NULL after a failure or a dry run, and where it would be
                   very long */
} csv_packed;

/* Packs inputs to the file called "out" (replaced); what comes out passes the full check. */
csv_packed csv_pack_paths(const char *const *inputs, uint32_t n, const shmcol_csv_options *options);
csv_packed csv_pack_bytes(const void *text, size_t n, const shmcol_csv_options *options);
csv_packed csv_pack(const char *text, const shmcol_csv_options *options); /* options may be NULL */
void csv_free(csv_packed *packed);

/* "a:int64,b:dictionary\n1,x\n~,\n": null is ~, a double in %.17g, instants as counts of their
 * unit, a zone as in timestamp[ms;UTC]. */
char *csv_show(const char *path);
/* Packs `text` and compares: the rows; or the status, the rule and the place "line:column", ""
 * where there is none. */
void csv_expect(const char *text, const shmcol_csv_options *options, const char *rows);
void csv_expect_error(const char *text, const shmcol_csv_options *options, shmcol_status status,
                      const char *rule, const char *place);
/* Returns the type of a column of packed rows, which begin with "name:type,…". */
void csv_expect_types(const csv_packed *packed, const char *types);
/* Returns the type of a set of parse_class by C-50, lines 2 to 8, written a second time and in
 * another way than in lib/ingest. */
shmcol_type csv_type_of(uint32_t classes);

#endif
