/* Example tables, and all ways to write them through the sink. */
#include "sink_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/ondisk.h"
#include "sys/sys.h"

static support_bytes bytes_of(uint64_t length, uint8_t mask)
{
    support_bytes b = {support_need(malloc(length + 1)), length};
    for (uint64_t i = 0; i < length; i++)
        b.data[i] = (uint8_t)support_random() & mask;
    return b;
}

static void make_strings(support_bytes out[3], uint64_t rows, uint32_t longest)
{
    out[1] = (support_bytes){support_need(malloc(8 * (rows + 1))), 8 * (rows + 1)};
    int64_t at = 0;
    for (uint64_t i = 0; i <= rows; i++) {
        memcpy(out[1].data + 8 * i, &at, 8);
        if (i < rows)
            at += support_random() % (longest + 1);
    }
    out[2] = bytes_of((uint64_t)at, 0x3F);
}

sink_example sink_example_make(uint64_t rows, uint32_t longest)
{
    sink_example e = {.rows = rows};
    e.buffers[0][1] = bytes_of(8 * rows, 0xFF);
    e.buffers[1][1] = bytes_of(8 * rows, 0x3F);
    make_strings(e.buffers[2], rows, longest);
    e.buffers[3][1] = bytes_of(rows, 0xFF);
    make_strings(e.buffers[4], rows, longest);
    e.buffers[5][1] = bytes_of(rows, 0x01);
    for (int c = 1; c < SINK_COLUMNS; c += 3)
        e.buffers[c][0] = bytes_of((rows + 7) / 8, 0x0F);
    support_bytes words[3];
    make_strings(words, 2, 9);
    e.dictionary[0] = words[1];
    e.dictionary[1] = words[2];
    uint64_t zones = (rows + FMT_ZONE_ROWS - 1) / FMT_ZONE_ROWS;
    e.zones = support_need(calloc(zones + 1, sizeof *e.zones));
    for (uint64_t i = 0; i < zones; i++)
        fmt_zone_init(&e.zones[i]);
    e.nulls = rows > 0 ? 1 : 0;
    return e;
}

void sink_example_free(sink_example *e)
{
    for (int c = 0; c < SINK_COLUMNS; c++)
        for (int b = 0; b < 3; b++)
            free(e->buffers[c][b].data);
    free(e->dictionary[0].data);
    free(e->dictionary[1].data);
    free(e->zones);
}

void sink_plan_make(sink *s, const sink_example *e, sink_plan *p)
{
    static const uint16_t types[SINK_COLUMNS] = {FMT_INT64, FMT_FLOAT64, FMT_STRING,
                                                 FMT_INT8,  FMT_STRING,  FMT_DICTIONARY};
    static const char *const names[SINK_COLUMNS] = {"a", "b", "c", "d", "e", "f"};
    static const shmcol_pair pair = {{"key", 3}, {"value", 5}};
    *p = (sink_plan){.table = {.rows = e->rows,
                               .n_columns = SINK_COLUMNS,
                               .n_dictionaries = 1,
                               .metadata = &pair,
                               .metadata_count = 1}};
    for (int c = 0; c < SINK_COLUMNS; c++) {
        sink_column *column = &p->columns[c];
        *column = (sink_column){.name = names[c],
                                .name_length = 1,
                                .type = types[c],
                                .nullable = true,
                                .zones = e->zones,
                                .dictionary = UINT32_MAX};
        for (int b = 0; b < 3; b++) {
            column->lengths[b] = e->buffers[c][b].length;
            column->regions[b] = SINK_NONE;
            if (column->lengths[b] > 0)
                assert_int_equal(sink_region_new(s, &column->regions[b], NULL), SHMCOL_OK);
        }
        column->null_count = column->lengths[0] > 0 ? e->nulls : 0;
    }
    p->columns[0].metadata = &pair;
    p->columns[0].metadata_count = 1;
    p->columns[5].width = 1;
    p->columns[5].dictionary = 0;
    p->dictionary = (sink_dictionary){.length = 2,
                                      .offsets_length = e->dictionary[0].length,
                                      .bytes_length = e->dictionary[1].length};
    assert_int_equal(sink_region_new(s, &p->dictionary.offsets, NULL), SHMCOL_OK);
    assert_int_equal(sink_region_new(s, &p->dictionary.bytes, NULL), SHMCOL_OK);
    p->table.columns = p->columns;
    p->table.dictionaries = &p->dictionary;
}

static void cut(sink_pieces *all, sink_region region, support_bytes b, uint64_t step)
{
    for (uint64_t pos = 0; pos < b.length; pos += step) {
        all->list = support_need(realloc(all->list, (all->n + 1) * sizeof *all->list));
        all->list[all->n++] = (sink_piece){region, pos, b.data + pos,
                                           (size_t)(b.length - pos < step ? b.length - pos : step)};
    }
}

sink_pieces sink_pieces_cut(sink *s, const sink_example *e, const sink_plan *p, uint64_t step)
{
    sink_pieces all = {.s = s};
    for (int c = 0; c < SINK_COLUMNS; c++)
        for (int b = 0; b < 3; b++)
            cut(&all, p->columns[c].regions[b], e->buffers[c][b], step);
    cut(&all, p->dictionary.offsets, e->dictionary[0], step);
    cut(&all, p->dictionary.bytes, e->dictionary[1], step);
    return all;
}

void sink_pieces_shuffle(sink_pieces *all)
{
    for (uint32_t i = all->n; i > 1; i--) {
        uint32_t j = support_random() % i;
        sink_piece t = all->list[i - 1];
        all->list[i - 1] = all->list[j];
        all->list[j] = t;
    }
}

void sink_pieces_write(void *arg, uint32_t index)
{
    const sink_pieces *all = arg;
    for (uint32_t i = index; i < all->n; i += all->threads) {
        const sink_piece *x = &all->list[i];
        if (sink_write(all->s, x->region, x->pos, x->data, x->length, NULL) != SHMCOL_OK)
            abort();
    }
}

void sink_guess(sink *s, const sink_plan *p, enum sink_place_how how)
{
    sink_plan g = *p;
    g.table.columns = g.columns;
    g.table.dictionaries = &g.dictionary;
    sink_column *swap = &g.columns[0];
    if (how == TOO_FEW || how == TOO_MANY) {
        g.table.rows = how == TOO_FEW ? p->table.rows / 2 : p->table.rows * 2;
        for (int c = 0; c < SINK_COLUMNS; c++) {
            g.columns[c].lengths[0] = (g.table.rows + 7) / 8;
            g.columns[c].null_count = g.table.rows > 0 ? g.columns[c].null_count : 0;
            g.columns[c].lengths[1] = g.columns[c].type == FMT_STRING
                                          ? 8 * (g.table.rows + 1)
                                          : g.table.rows * (c == 3 || c == 5 ? 1 : 8);
            g.columns[c].lengths[2] =
                how == TOO_FEW ? g.columns[c].lengths[2] / 3 : g.columns[c].lengths[2] * 3;
        }
    } else if (how == OTHER_TYPES) { /* the order of the columns is wrong: moves would run over each
                                        other */
        sink_column t = *swap;
        *swap = g.columns[1];
        g.columns[1] = t;
    }
    assert_int_equal(sink_guess_offsets(s, &g.table, NULL), SHMCOL_OK);
}

sink *sink_begin(bool overwrite, uint32_t threads)
{
    sink_options options = {
        .overwrite = overwrite, .no_sync = true, .threads = threads, .memory = 16u << 20};
    sink *s = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (sink_create(support_path("t"), -1, &options, &s, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
    return s;
}

void sink_example_write(const sink_example *e, sink_way h, sink_result *result)
{
    sink *s = sink_begin(h.overwrite, h.threads);
    sink_plan p;
    sink_plan_make(s, e, &p);
    if (h.place != NO_GUESS)
        sink_guess(s, &p, h.place);
    sink_pieces all = sink_pieces_cut(s, e, &p, h.step);
    if (h.shuffled)
        sink_pieces_shuffle(&all);
    all.threads = h.threads;
    sys_parallel(h.threads, sink_pieces_write, &all);
    free(all.list);
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (sink_finish(s, &p.table, NULL, NULL, result, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
}
