/* The sink: the same table gives the same bytes (F-6) however it is written, and nothing is left behind where it fails. What the bytes must be
 * is held elsewhere, by the corpus and by the readers. */
#include "format/checksum.h"
#include "format/ondisk.h"
#include "sys/sys.h"
#include "write/sink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/shmcol-test-XXXXXX";
static char target[64];

#define FIXED 6 /* columns of a test table: int64, float64 with nulls, string, int8, string with nulls, dictionary */

typedef struct buffer {
    uint8_t *data;
    uint64_t length;
} buffer;

/* A table in memory, to be written in all ways. */
typedef struct example {
    uint64_t rows;
    buffer buffers[FIXED][3];
    buffer dictionary[2];
    fmt_zone *zones;
    uint64_t nulls;
} example;

static uint32_t seed = 1;
static uint32_t draw(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static void *need(void *p)
{
    assert_non_null(p);
    return p;
}

static buffer bytes_of(uint64_t length, uint8_t mask)
{
    buffer b = {need(malloc(length + 1)), length};
    for (uint64_t i = 0; i < length; i++)
        b.data[i] = (uint8_t)draw() & mask;
    return b;
}

static void make_strings(buffer out[3], uint64_t rows, uint32_t longest)
{
    out[1] = (buffer){need(malloc(8 * (rows + 1))), 8 * (rows + 1)};
    int64_t at = 0;
    for (uint64_t i = 0; i <= rows; i++) {
        memcpy(out[1].data + 8 * i, &at, 8);
        if (i < rows)
            at += draw() % (longest + 1);
    }
    out[2] = bytes_of((uint64_t)at, 0x3F);
}

static example make_example(uint64_t rows, uint32_t longest)
{
    example e = {.rows = rows};
    seed = 1;
    e.buffers[0][1] = bytes_of(8 * rows, 0xFF);
    e.buffers[1][1] = bytes_of(8 * rows, 0x3F);
    make_strings(e.buffers[2], rows, longest);
    e.buffers[3][1] = bytes_of(rows, 0xFF);
    make_strings(e.buffers[4], rows, longest);
    e.buffers[5][1] = bytes_of(rows, 0x01);
    for (int c = 1; c < FIXED; c += 3)
        e.buffers[c][0] = bytes_of((rows + 7) / 8, 0x0F);
    buffer words[3];
    make_strings(words, 2, 9);
    e.dictionary[0] = words[1];
    e.dictionary[1] = words[2];
    uint64_t zones = (rows + FMT_ZONE_ROWS - 1) / FMT_ZONE_ROWS;
    e.zones = need(calloc(zones + 1, sizeof *e.zones));
    for (uint64_t i = 0; i < zones; i++)
        fmt_zone_init(&e.zones[i]);
    e.nulls = rows > 0 ? 1 : 0;
    return e;
}

static void free_example(example *e)
{
    for (int c = 0; c < FIXED; c++)
        for (int b = 0; b < 3; b++)
            free(e->buffers[c][b].data);
    free(e->dictionary[0].data);
    free(e->dictionary[1].data);
    free(e->zones);
}

/* The example as a sink_table, with streams opened. */
typedef struct plan {
    sink_table table;
    sink_column columns[FIXED];
    sink_dictionary dictionary;
} plan;

static void make_plan(sink *s, const example *e, plan *p)
{
    static const uint16_t types[FIXED] = {FMT_INT64, FMT_FLOAT64, FMT_STRING, FMT_INT8, FMT_STRING, FMT_DICTIONARY};
    static const char *const names[FIXED] = {"a", "b", "c", "d", "e", "f"};
    static const shmcol_pair pair = {{"key", 3}, {"value", 5}};
    *p = (plan){.table = {.rows = e->rows, .n_columns = FIXED, .n_dictionaries = 1, .metadata = &pair, .metadata_count = 1}};
    for (int c = 0; c < FIXED; c++) {
        sink_column *column = &p->columns[c];
        *column = (sink_column){.name = names[c], .name_length = 1, .type = types[c], .nullable = true, .zones = e->zones, .dictionary = UINT32_MAX};
        for (int b = 0; b < 3; b++) {
            column->lengths[b] = e->buffers[c][b].length;
            column->streams[b] = SINK_NONE;
            if (column->lengths[b] > 0)
                assert_int_equal(sink_stream_new(s, &column->streams[b], NULL), SHMCOL_OK);
        }
        column->null_count = column->lengths[0] > 0 ? e->nulls : 0;
    }
    p->columns[0].metadata = &pair;
    p->columns[0].metadata_count = 1;
    p->columns[5].width = 1;
    p->columns[5].dictionary = 0;
    p->dictionary = (sink_dictionary){.length = 2, .offsets_length = e->dictionary[0].length, .bytes_length = e->dictionary[1].length};
    assert_int_equal(sink_stream_new(s, &p->dictionary.offsets, NULL), SHMCOL_OK);
    assert_int_equal(sink_stream_new(s, &p->dictionary.bytes, NULL), SHMCOL_OK);
    p->table.columns = p->columns;
    p->table.dictionaries = &p->dictionary;
}

/* One piece of a buffer to be written. */
typedef struct piece {
    sink_stream stream;
    uint64_t pos;
    const uint8_t *data;
    size_t length;
} piece;

typedef struct pieces {
    sink *s;
    piece *list;
    uint32_t n, threads;
} pieces;

static void cut(pieces *all, sink_stream stream, buffer b, uint64_t step)
{
    for (uint64_t pos = 0; pos < b.length; pos += step) {
        all->list = need(realloc(all->list, (all->n + 1) * sizeof *all->list));
        all->list[all->n++] = (piece){stream, pos, b.data + pos, (size_t)(b.length - pos < step ? b.length - pos : step)};
    }
}

static pieces cut_all(sink *s, const example *e, const plan *p, uint64_t step)
{
    pieces all = {.s = s};
    for (int c = 0; c < FIXED; c++)
        for (int b = 0; b < 3; b++)
            cut(&all, p->columns[c].streams[b], e->buffers[c][b], step);
    cut(&all, p->dictionary.offsets, e->dictionary[0], step);
    cut(&all, p->dictionary.bytes, e->dictionary[1], step);
    return all;
}

static void shuffle(pieces *all)
{
    for (uint32_t i = all->n; i > 1; i--) {
        uint32_t j = draw() % i;
        piece t = all->list[i - 1];
        all->list[i - 1] = all->list[j];
        all->list[j] = t;
    }
}

static void write_share(void *arg, uint32_t index)
{
    const pieces *all = arg;
    for (uint32_t i = index; i < all->n; i += all->threads) {
        const piece *x = &all->list[i];
        if (sink_write(all->s, x->stream, x->pos, x->data, x->length, NULL) != SHMCOL_OK)
            abort();
    }
}

enum place { NO_GUESS, RIGHT_GUESS, TOO_FEW, TOO_MANY, OTHER_TYPES, GUESSES };

static void guess(sink *s, const plan *p, enum place how)
{
    plan g = *p;
    g.table.columns = g.columns;
    g.table.dictionaries = &g.dictionary;
    sink_column *swap = &g.columns[0];
    if (how == TOO_FEW || how == TOO_MANY) {
        g.table.rows = how == TOO_FEW ? p->table.rows / 2 : p->table.rows * 2;
        for (int c = 0; c < FIXED; c++) {
            g.columns[c].lengths[0] = (g.table.rows + 7) / 8;
            g.columns[c].null_count = g.table.rows > 0 ? g.columns[c].null_count : 0;
            g.columns[c].lengths[1] = g.columns[c].type == FMT_STRING ? 8 * (g.table.rows + 1) : g.table.rows * (c == 3 || c == 5 ? 1 : 8);
            g.columns[c].lengths[2] = how == TOO_FEW ? g.columns[c].lengths[2] / 3 : g.columns[c].lengths[2] * 3;
        }
    } else if (how == OTHER_TYPES) { /* the order of the columns is wrong: moves would run over each other */
        sink_column t = *swap;
        *swap = g.columns[1];
        g.columns[1] = t;
    }
    assert_int_equal(sink_place(s, &g.table, NULL), SHMCOL_OK);
}

typedef struct how {
    enum place place;
    uint64_t step;
    bool shuffled, overwrite;
    uint32_t threads;
} how;

static sink *begin(bool overwrite, uint32_t threads)
{
    sink_options options = {.overwrite = overwrite, .no_sync = true, .threads = threads, .memory = 16u << 20};
    sink *s = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (sink_create(target, -1, &options, &s, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
    return s;
}

static void write_example(const example *e, how h, sink_result *result)
{
    sink *s = begin(h.overwrite, h.threads);
    plan p;
    make_plan(s, e, &p);
    if (h.place != NO_GUESS)
        guess(s, &p, h.place);
    pieces all = cut_all(s, e, &p, h.step);
    if (h.shuffled)
        shuffle(&all);
    all.threads = h.threads;
    sys_parallel(h.threads, write_share, &all);
    free(all.list);
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (sink_finish(s, &p.table, NULL, NULL, result, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
}

static buffer slurp(const char *path)
{
    FILE *f = need(fopen(path, "rb"));
    struct stat st;
    assert_int_equal(fstat(fileno(f), &st), 0);
    buffer b = {need(malloc((size_t)st.st_size + 1)), (uint64_t)st.st_size};
    assert_int_equal(fread(b.data, 1, b.length, f), b.length);
    fclose(f);
    return b;
}

static void same_bytes(buffer a, buffer b)
{
    assert_int_equal(a.length, b.length);
    for (uint64_t i = 0; i < a.length; i++)
        if (a.data[i] != b.data[i])
            fail_msg("byte %llu differs", (unsigned long long)i);
}

static unsigned entries(void)
{
    DIR *d = need(opendir(directory));
    unsigned n = 0;
    for (struct dirent *x = readdir(d); x != NULL; x = readdir(d))
        n += strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0;
    closedir(d);
    return n;
}

static void every_way(const example *e)
{
    how plain = {NO_GUESS, UINT64_MAX / 2, false, true, 1};
    sink_result first, other;
    write_example(e, plain, &first);
    buffer expected = slurp(target);
    assert_int_equal(first.file_size, expected.length);
    assert_memory_equal(first.file_id, expected.data + FMT_H_FILE_ID, 16);
    static const uint64_t steps[] = {UINT64_MAX / 2, 524288, 65536, 40000, 1000003};
    for (int place = NO_GUESS; place < GUESSES; place++)
        for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
            for (uint32_t threads = 1; threads <= 3; threads += 2) {
                write_example(e, (how){(enum place)place, steps[i], i % 2 != 0 || threads > 1, true, threads}, &other);
                buffer got = slurp(target);
                same_bytes(expected, got);
                assert_memory_equal(first.file_id, other.file_id, 16);
                free(got.data);
            }
    free(expected.data);
    assert_int_equal(unlink(target), 0);
    assert_int_equal(entries(), 0);
}

static void test_same_bytes_large(void **state)
{
    (void)state;
    example e = make_example(300001, 20);
    every_way(&e);
    free_example(&e);
}

static void test_same_bytes_small(void **state)
{
    (void)state;
    static const uint64_t rows[] = {0, 1, 7, 1000, 9000};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        example e = make_example(rows[i], 5);
        every_way(&e);
        free_example(&e);
    }
}

/* The checksums in the file are those of the buffers, wherever they were computed (F-45). */
static void test_block_hashes(void **state)
{
    (void)state;
    example e = make_example(200000, 30);
    write_example(&e, (how){TOO_FEW, 700001, true, true, 2}, NULL);
    buffer file = slurp(target);
    uint64_t at;
    memcpy(&at, file.data + FMT_H_REGIONS + FMT_REGION_CHECKSUMS * FMT_REGION_SIZE, sizeof at);
    for (int c = 0; c < FIXED; c++)
        for (int b = 0; b < 3; b++)
            for (uint64_t pos = 0; pos < e.buffers[c][b].length; pos += FMT_BLOCK_SIZE, at += 8) {
                uint64_t left = e.buffers[c][b].length - pos, stored;
                memcpy(&stored, file.data + at, sizeof stored);
                assert_true(stored == fmt_hash(e.buffers[c][b].data + pos, left < FMT_BLOCK_SIZE ? left : FMT_BLOCK_SIZE));
            }
    free(file.data);
    free_example(&e);
    assert_int_equal(unlink(target), 0);
}

/* What is dropped leaves no trace, placed or not. */
static void test_drop(void **state)
{
    (void)state;
    example e = make_example(100000, 8);
    buffer expected[2];
    for (int round = 0; round < 2; round++) {
        sink *s = begin(true, 1);
        plan p;
        make_plan(s, &e, &p);
        if (round == 1) {
            guess(s, &p, RIGHT_GUESS);
            static uint8_t junk[300000];
            memset(junk, 0xAA, sizeof junk);
            for (int c = 0; c < FIXED; c++) {
                assert_int_equal(sink_write(s, p.columns[c].streams[1], 0, junk, sizeof junk, NULL), SHMCOL_OK);
                sink_drop(s, p.columns[c].streams[1]);
                assert_int_equal(sink_write(s, p.columns[c].streams[1], 0, junk, 1, NULL), SHMCOL_ERR_WRITER_STATE);
                assert_int_equal(sink_stream_new(s, &p.columns[c].streams[1], NULL), SHMCOL_OK);
            }
        }
        pieces all = cut_all(s, &e, &p, 100000);
        all.threads = 1;
        write_share(&all, 0);
        free(all.list);
        assert_int_equal(sink_finish(s, &p.table, NULL, NULL, NULL, NULL), SHMCOL_OK);
        expected[round] = slurp(target);
    }
    same_bytes(expected[0], expected[1]);
    free(expected[0].data);
    free(expected[1].data);
    free_example(&e);
    assert_int_equal(unlink(target), 0);
}

static void test_read_back(void **state)
{
    (void)state;
    example e = make_example(150000, 8);
    for (int place = NO_GUESS; place < GUESSES; place++) {
        sink *s = begin(true, 1);
        plan p;
        make_plan(s, &e, &p);
        if (place != NO_GUESS)
            guess(s, &p, (enum place)place);
        pieces all = cut_all(s, &e, &p, 50001);
        shuffle(&all);
        all.threads = 1;
        write_share(&all, 0);
        free(all.list);
        for (int c = 0; c < FIXED; c++)
            for (int b = 0; b < 3; b++) {
                buffer from = e.buffers[c][b];
                for (int i = 0; i < 20 && from.length > 0; i++) {
                    uint64_t pos = draw() % from.length, length = draw() % (from.length - pos + 1);
                    uint8_t *got = need(malloc(length + 1));
                    assert_int_equal(sink_read(s, p.columns[c].streams[b], pos, got, length, NULL), SHMCOL_OK);
                    assert_memory_equal(got, from.data + pos, length);
                    free(got);
                }
            }
        uint8_t byte;
        assert_int_equal(sink_read(s, p.dictionary.offsets, 1000, &byte, 1, NULL), SHMCOL_ERR_WRITER_STATE);
        sink_abort(s);
        assert_int_equal(entries(), 0);
    }
    free_example(&e);
}

static int count_calls(void *arg, uint64_t done, uint64_t total)
{
    uint64_t *calls = arg;
    assert_true(done <= total);
    return ++*calls == 3;
}

/* Every failure of finish leaves nothing, and an old file as it was. */
static void test_failures(void **state)
{
    (void)state;
    example e = make_example(200000, 8);
    write_example(&e, (how){NO_GUESS, 65536, false, true, 1}, NULL);
    buffer old = slurp(target);
    for (int way = 0; way < 5; way++) {
        sink *s = begin(true, 1);
        plan p;
        make_plan(s, &e, &p);
        pieces all = cut_all(s, &e, &p, 100000);
        all.threads = 1;
        write_share(&all, 0);
        free(all.list);
        uint64_t calls = 0;
        shmcol_error err = SHMCOL_ERROR_INIT;
        static const shmcol_status expected[] = {SHMCOL_ERR_CANCELLED, SHMCOL_ERR_BAD_NAME, SHMCOL_ERR_WRITER_STATE, SHMCOL_ERR_WRITER_STATE,
                                                 SHMCOL_ERR_BAD_NAME};
        if (way == 1)
            p.columns[1].name = p.columns[0].name;
        if (way == 2)
            p.columns[1].streams[1] = p.columns[0].streams[1];
        if (way == 3)
            p.columns[2].lengths[2]++;
        if (way == 4)
            p.columns[2].name = "\xFF";
        assert_int_equal(sink_finish(s, &p.table, way == 0 ? count_calls : NULL, &calls, NULL, &err), expected[way]);
        assert_int_equal(err.status, expected[way]);
        assert_int_equal(entries(), 1);
        buffer now = slurp(target);
        same_bytes(old, now);
        free(now.data);
    }
    free(old.data);
    free_example(&e);
    assert_int_equal(unlink(target), 0);
}

static void test_paths(void **state)
{
    (void)state;
    sink_options options = {.no_sync = true, .threads = 1, .memory = 1u << 20};
    sink *s = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(sink_create("/nonexistent/x.shmcol", -1, &options, &s, &err), SHMCOL_ERR_IO);
    assert_string_equal(err.path, "/nonexistent/x.shmcol");
    assert_int_equal(sink_create(directory, -1, &options, &s, &err), SHMCOL_ERR_IO);
    assert_int_equal(sink_create("/dev/null", -1, &(sink_options){.overwrite = true, .threads = 1}, &s, &err), SHMCOL_ERR_IO);
    assert_int_equal(sink_create("", -1, &options, &s, &err), SHMCOL_ERR_IO);
    example e = make_example(10, 5);
    write_example(&e, (how){NO_GUESS, 65536, false, false, 1}, NULL);
    assert_int_equal(sink_create(target, -1, &options, &s, &err), SHMCOL_ERR_EXISTS);
    assert_string_equal(err.path, target);
    assert_null(s);
    assert_int_equal(unlink(target), 0);
    /* The name is taken while the file is made: it stays whose it is. */
    s = begin(false, 1);
    FILE *f = need(fopen(target, "w"));
    fputs("mine", f);
    fclose(f);
    assert_int_equal(sink_finish(s, &(sink_table){0}, NULL, NULL, NULL, &err), SHMCOL_ERR_EXISTS);
    buffer now = slurp(target);
    same_bytes(now, (buffer){(uint8_t *)"mine", 4});
    free(now.data);
    free_example(&e);
    assert_int_equal(unlink(target), 0);
    assert_int_equal(entries(), 0);
}

static void test_descriptor(void **state)
{
    (void)state;
    example e = make_example(100000, 8);
    write_example(&e, (how){NO_GUESS, 65536, false, true, 1}, NULL);
    buffer expected = slurp(target);
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    sink_options options = {.threads = 1, .memory = 1u << 20};
    for (int round = 0; round < 2; round++) {
        sink *s = NULL;
        plan p;
        assert_int_equal(sink_create(NULL, fd, &options, &s, NULL), SHMCOL_OK);
        make_plan(s, &e, &p);
        pieces all = cut_all(s, &e, &p, 100000);
        all.threads = 1;
        write_share(&all, 0);
        free(all.list);
        if (round == 0) {
            sink_abort(s);
            assert_int_equal(lseek(fd, 0, SEEK_END), 0);
        } else
            assert_int_equal(sink_finish(s, &p.table, NULL, NULL, NULL, NULL), SHMCOL_OK);
    }
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    buffer got = slurp(path);
    same_bytes(expected, got);
    sink *s = NULL;
    assert_int_equal(sink_create(NULL, fd, &options, &s, NULL), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(sink_create(NULL, -1, &options, &s, NULL), SHMCOL_ERR_IO);
    close(fd);
    free(expected.data);
    free(got.data);
    free_example(&e);
    assert_int_equal(unlink(target), 0);
}

/* A disk that is full at any point is an error, and nothing stays. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rlimit old, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    example e = make_example(150000, 8);
    unsigned failed = 0, done = 0;
    for (rlim_t size = 0; size < 8u << 20; size += 400000) {
        limit = (struct rlimit){size, old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        sink *s = begin(true, 1);
        plan p;
        make_plan(s, &e, &p);
        if (size % 800000 == 0)
            guess(s, &p, TOO_MANY);
        pieces all = cut_all(s, &e, &p, 100000);
        shmcol_status status = SHMCOL_OK;
        shmcol_error err = SHMCOL_ERROR_INIT;
        for (uint32_t i = 0; i < all.n && status == SHMCOL_OK; i++)
            status = sink_write(s, all.list[i].stream, all.list[i].pos, all.list[i].data, all.list[i].length, &err);
        free(all.list);
        if (status != SHMCOL_OK)
            sink_abort(s);
        else
            status = sink_finish(s, &p.table, NULL, NULL, NULL, &err);
        if (status != SHMCOL_OK) {
            assert_int_equal(status, SHMCOL_ERR_IO);
            assert_int_equal(err.sys_errno, EFBIG);
            assert_string_equal(err.path, target);
            assert_int_equal(entries(), 0);
            failed++;
        } else {
            assert_int_equal(unlink(target), 0);
            done++;
        }
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_true(failed > 3 && done > 0);
    free_example(&e);
}

/* Wide tables cost little: no system call and no spool for each of the many small streams. */
static void test_wide(void **state)
{
    (void)state;
    enum { WIDE = 20000, ROWS = 5 };
    sink_column *columns = need(calloc(WIDE, sizeof *columns));
    char(*names)[12] = need(calloc(WIDE, sizeof *names));
    fmt_zone zone;
    fmt_zone_init(&zone);
    buffer expected = {0};
    for (int round = 0; round < 2; round++) {
        sink *s = begin(true, 2);
        for (uint32_t i = 0; i < WIDE; i++) {
            int64_t values[ROWS] = {i, 2, 3, 4, 5};
            snprintf(names[i], sizeof names[i], "c%u", i);
            columns[i] = (sink_column){.name = names[i], .name_length = (uint32_t)strlen(names[i]), .type = FMT_INT64, .zones = &zone,
                                       .streams = {SINK_NONE, 0, SINK_NONE}, .lengths = {0, sizeof values, 0}, .dictionary = UINT32_MAX};
            assert_int_equal(sink_stream_new(s, &columns[i].streams[1], NULL), SHMCOL_OK);
            if (round == 0)
                assert_int_equal(sink_write(s, columns[i].streams[1], 0, values, sizeof values, NULL), SHMCOL_OK);
        }
        sink_table table = {.rows = ROWS, .n_columns = WIDE, .columns = columns};
        if (round == 1) {
            assert_int_equal(sink_place(s, &table, NULL), SHMCOL_OK);
            for (uint32_t i = WIDE; i-- > 0;)
                for (int64_t j = ROWS; j-- > 0;) {
                    int64_t value = j == 0 ? i : j + 1;
                    assert_int_equal(sink_write(s, columns[i].streams[1], 8 * (uint64_t)j, &value, sizeof value, NULL), SHMCOL_OK);
                }
        }
        assert_int_equal(sink_finish(s, &table, NULL, NULL, NULL, NULL), SHMCOL_OK);
        buffer got = slurp(target);
        if (round == 0)
            expected = got;
        else {
            same_bytes(expected, got);
            free(got.data);
        }
    }
    free(expected.data);
    free(names);
    free(columns);
    assert_int_equal(unlink(target), 0);
}

int main(int argc, char **argv)
{
    if (argc > 1) { /* for looking at a file by other means: writes it there and stays silent */
        snprintf(target, sizeof target, "%s", argv[1]);
        example e = make_example(100000, 8);
        write_example(&e, (how){NO_GUESS, 65536, false, true, 1}, NULL);
        free_example(&e);
        return 0;
    }
    if (mkdtemp(directory) == NULL)
        return 1;
    snprintf(target, sizeof target, "%s/t.shmcol", directory);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes_small), cmocka_unit_test(test_same_bytes_large), cmocka_unit_test(test_block_hashes), cmocka_unit_test(test_drop),
        cmocka_unit_test(test_read_back),        cmocka_unit_test(test_failures),         cmocka_unit_test(test_paths),        cmocka_unit_test(test_descriptor),
        cmocka_unit_test(test_full_disk),        cmocka_unit_test(test_wide),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    setenv("SHMCOL_FORCE_NAMED_TEMP", "1", 1);
    const struct CMUnitTest named[] = {cmocka_unit_test(test_same_bytes_small), cmocka_unit_test(test_failures), cmocka_unit_test(test_paths),
                                       cmocka_unit_test(test_full_disk)};
    failed += cmocka_run_group_tests_name("named temporary", named, NULL, NULL);
    rmdir(directory);
    return failed != 0;
}
