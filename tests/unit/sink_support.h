/* A table as the sink sees it, and all the ways to write it, for the tests of the sink. */
#ifndef SHMCOL_TESTS_SINK_SUPPORT_H
#define SHMCOL_TESTS_SINK_SUPPORT_H

#include "sink/sink.h"
#include "writer_support.h"

#define SINK_COLUMNS                                                                               \
    6 /* columns of a test table: int64, float64 with nulls, string, int8, string with nulls,      \
         dictionary */

/* A table in memory, to be written in all ways. */
typedef struct sink_example {
    uint64_t rows;
    support_bytes buffers[SINK_COLUMNS][3];
    support_bytes dictionary[2];
    fmt_zone *zones;
    uint64_t nulls;
} sink_example;

/* The example as a sink_table, with regions opened. */
typedef struct sink_plan {
    sink_table table;
    sink_column columns[SINK_COLUMNS];
    sink_dictionary dictionary;
} sink_plan;

/* One piece of a buffer to be written. */
typedef struct sink_piece {
    sink_region region;
    uint64_t pos;
    const uint8_t *data;
    size_t length;
} sink_piece;

typedef struct sink_pieces {
    sink *s;
    sink_piece *list;
    uint32_t n, threads;
} sink_pieces;

enum sink_place_how { NO_GUESS, RIGHT_GUESS, TOO_FEW, TOO_MANY, OTHER_TYPES, GUESSES };

typedef struct sink_way {
    enum sink_place_how place;
    uint64_t step;
    bool shuffled, overwrite;
    uint32_t threads;
} sink_way;

/* Random columns of that many rows; strings of at most `longest` bytes. */
sink_example sink_example_make(uint64_t rows, uint32_t longest);
void sink_example_free(sink_example *e);
/* A sink for support_path("t"). */
sink *sink_begin(bool overwrite, uint32_t threads);
/* Opens the regions; *p must not move afterwards. */
void sink_plan_make(sink *s, const sink_example *e, sink_plan *p);
/* sink_guess_offsets with a guess of that kind. */
void sink_guess(sink *s, const sink_plan *p, enum sink_place_how how);
/* All buffers in pieces of `step` bytes; list is to be freed. */
sink_pieces sink_pieces_cut(sink *s, const sink_example *e, const sink_plan *p, uint64_t step);
void sink_pieces_shuffle(sink_pieces *all);
/* Writes every threads-th piece from `index` on: for sys_parallel. */
void sink_pieces_write(void *arg, uint32_t index);
/* From beginning to end; fails the test where that fails. */
void sink_example_write(const sink_example *e, sink_way h, sink_result *result);

#endif
