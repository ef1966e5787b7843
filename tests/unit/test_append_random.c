/* Random appends to tables of random columns: after each of them the table has the rows, nulls and
 * statistics of one ordinary file that was written of all rows. SHMCOL_APPEND_TRIALS says how many
 * tables are made, SHMCOL_APPEND_SEED which. */
#include "append_support.h"
#include "arrow_support.h"
#include "table_same.h"
#include "writer_support.h"

enum { SOURCE_ROWS = 70000, MOST_COLUMNS = 8, MOST_PIECES = 64, MOST_SNAPSHOTS = 16 };
#if defined(__SANITIZE_THREAD__)
enum { TRIALS = 1 };
#else
enum { TRIALS = SANITIZED ? 2 : 14 };
#endif

static shmcol_file *source;
static uint64_t seed;

static uint64_t pick(uint64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 20) % below;
}

/* ---- rows: pieces of the source, one behind the other ---- */

typedef struct piece {
    uint64_t first, rows;
} piece;

typedef struct rows_of {
    uint32_t columns[MOST_COLUMNS], n_columns;
    piece pieces[MOST_PIECES];
    uint32_t n;
    uint64_t rows;
} rows_of;

typedef struct pieces_stream {
    const rows_of *rows;
    uint32_t next, end;
} pieces_stream;

static void export_piece(const rows_of *r, piece p, struct ArrowArrayStream *stream)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    arrow_ok(shmcol_export_rows(source, r->columns, r->n_columns, p.first, p.rows, 0,
                                SHMCOL_ARROW_TRUSTED, stream, &err),
             &err);
}

static int piece_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const pieces_stream *s = stream->private_data;
    struct ArrowArrayStream one;
    export_piece(s->rows, (piece){0, 0}, &one);
    const int result = one.get_schema(&one, out);
    one.release(&one);
    return result;
}

static int piece_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    pieces_stream *s = stream->private_data;
    struct ArrowArrayStream one;
    memset(out, 0, sizeof *out);
    if (s->next == s->end)
        return 0;
    export_piece(s->rows, s->rows->pieces[s->next++], &one);
    const int result = one.get_next(&one, out);
    one.release(&one);
    return result;
}

static void piece_release(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

/* Makes a stream of pieces [from, n). `state` lives as long as the stream. */
static struct ArrowArrayStream stream_of(const rows_of *r, uint32_t from, pieces_stream *state)
{
    *state = (pieces_stream){r, from, r->n};
    return (struct ArrowArrayStream){piece_schema, piece_next, NULL, piece_release, state};
}

static void add_piece(rows_of *r, uint64_t rows)
{
    while (rows > 0 && r->n < MOST_PIECES) {
        const uint64_t first = pick(SOURCE_ROWS),
                       most = SOURCE_ROWS - first < rows ? SOURCE_ROWS - first : rows;
        r->pieces[r->n++] = (piece){first, most};
        r->rows += most;
        rows -= most;
    }
}

/* Chooses how many rows are appended: few, to a boundary, around a zone, many. */
static uint64_t choose_rows(uint64_t now)
{
    const uint64_t to_end = ZONE - now % ZONE;
    switch (pick(9)) {
    case 0: return 0;
    case 1: return 1;
    case 2: return to_end;
    case 3: return to_end + 1;
    case 4: return to_end - 1;
    case 5: return ZONE;
    case 6: return pick(3 * ZONE);
    default: return 1 + pick(5000);
    }
}

/* ---- one table ---- */

typedef struct trial {
    const char *dir;
    rows_of all;
    shmcol_file *snapshots[MOST_SNAPSHOTS]; /* handles of all times, not looked at yet */
    uint32_t n_snapshots;
    shmcol_file *newest; /* refreshed after each append */
} trial;

/* Writes an ordinary file of pieces [from, n). */
static shmcol_file *write_file(const rows_of *r, uint32_t from, const char *name)
{
    pieces_stream state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    struct ArrowArrayStream stream = stream_of(r, from, &state);
    o.overwrite = o.no_sync = 1;
    arrow_ok(shmcol_write_stream(support_path(name), &stream, &o, &err), &err);
    return arrow_open(support_path(name));
}

static shmcol_append_options choose_options(shmcol_append_report *report)
{
    static const uint64_t parts[] = {0, ZONE, 2 * ZONE, 5 * ZONE},
                          least[] = {0, 1, ZONE + 1, 2 * ZONE, 3 * ZONE};
    shmcol_append_options o = append_options(report);
    o.part_rows = parts[pick(4)];
    o.min_part_rows = least[pick(5)];
    o.threads = 1 + (uint32_t)pick(2);
    return o;
}

static void append(trial *t)
{
    shmcol_append_report report;
    const shmcol_append_options o = choose_options(&report);
    const uint32_t from = t->all.n;
    const uint64_t before = t->all.rows;
    pieces_stream state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    add_piece(&t->all, choose_rows(before));
    if (pick(3) == 0) {
        shmcol_file *file = write_file(&t->all, from, "some.shmcol");
        append_good(shmcol_append_file(t->dir, file, &o, &err), &err);
        shmcol_close(file);
    } else {
        struct ArrowArrayStream stream = stream_of(&t->all, from, &state);
        append_good(shmcol_append_stream(t->dir, &stream, &o, &err), &err);
    }
    assert_int_equal(report.first_row, before);
    assert_int_equal(report.rows, t->all.rows - before);
    assert_int_equal(report.table_rows, t->all.rows);
}

/* The export of the table, written as a file. */
static void check_stream(shmcol_file *table, const shmcol_file *file)
{
    struct ArrowArrayStream stream;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    o.overwrite = o.no_sync = 1;
    arrow_ok(shmcol_export_stream(table, NULL, 0, pick(2) * (1 + pick(100000)), 0, &stream, &err),
             &err);
    arrow_ok(shmcol_write_stream(support_path("again.shmcol"), &stream, &o, &err), &err);
    stream.release(&stream);
    shmcol_file *again = arrow_open(support_path("again.shmcol"));
    table_same(again, file);
    shmcol_close(again);
}

static void check(trial *t)
{
    shmcol_file *file = write_file(&t->all, 0, "all.shmcol"), *table, *newer;
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(shmcol_open(t->dir, NULL, &table, &err), &err);
    append_good(shmcol_verify(table, NULL, &err), &err);
    assert_int_equal(append_names(t->dir), shmcol_parts(table));
    table_same(table, file);
    if (t->newest != NULL) {
        append_good(shmcol_refresh(t->newest, &newer, &err), &err);
        if (pick(3) != 0)
            table_same(newer, file);
        shmcol_close(t->newest);
        t->newest = newer;
    } else {
        t->newest = shmcol_retain(table);
    }
    if (t->n_snapshots < MOST_SNAPSHOTS) {
        append_good(shmcol_refresh(t->newest, &t->snapshots[t->n_snapshots], &err), &err);
        t->n_snapshots++;
    }
    if (pick(3) == 0)
        check_stream(table, file);
    shmcol_close(table);
    shmcol_close(file);
}

/* Handles of all times have the rows of their time, also where a column is first looked at now. */
static void check_snapshots(trial *t)
{
    shmcol_file *file = write_file(&t->all, 0, "all.shmcol");
    for (uint32_t i = 0; i < t->n_snapshots; i++) {
        table_same_rows(t->snapshots[i], file, shmcol_rows(t->snapshots[i]));
        shmcol_close(t->snapshots[i]);
    }
    table_same(t->newest, file);
    shmcol_close(t->newest);
    shmcol_close(file);
}

static void choose_columns(rows_of *r)
{
    r->n_columns = 1 + (uint32_t)pick(MOST_COLUMNS);
    for (uint32_t i = 0; i < r->n_columns; i++) {
        bool is_new = false;
        while (!is_new) {
            /* Words, strings and lists are the last columns: every second one is of those. */
            const uint32_t all = shmcol_columns(source);
            r->columns[i] = (uint32_t)(pick(2) == 0 ? pick(all) : all - 1 - pick(16));
            is_new = true;
            for (uint32_t k = 0; k < i; k++)
                is_new = is_new && r->columns[k] != r->columns[i];
        }
    }
}

static void run(uint64_t number)
{
    trial t = {.dir = append_directory("table")};
    seed = number * UINT64_C(0x9E3779B97F4A7C15) + 12345;
    choose_columns(&t.all);
    for (uint64_t appends = 2 + pick(7); appends > 0 && t.all.n < MOST_PIECES - 6; appends--) {
        append(&t);
        check(&t);
    }
    check_snapshots(&t);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void random_appends(void **state)
{
    (void)state;
    const uint64_t first = from_environment("SHMCOL_APPEND_SEED", 1),
                   n = from_environment("SHMCOL_APPEND_TRIALS", TRIALS);
    for (uint64_t i = first; i < first + n; i++) {
        print_message("seed %" PRIu64 "\n", i);
        run(i);
    }
}

static int set_up(void **state)
{
    const test_way way = TEST_WAY_INIT;
    int result = support_begin(state);
    test_table t = support_table(SOURCE_ROWS);
    support_add_lists(&t, SHMCOL_DECIMAL128, 2, true);
    support_add_lists(&t, SHMCOL_TIMESTAMP, 2, false);
    support_add_lists(&t, SHMCOL_FLOAT16, 4, true);
    support_add_words(&t, SHMCOL_DICTIONARY, 0, 5, 1, 0);
    support_add_words(&t, SHMCOL_DICTIONARY, 0, 300, 5, 7);
    support_add_words(&t, SHMCOL_DICTIONARY, 0, 30000, 9, 1000);
    support_add_words(&t, SHMCOL_STRING, 0, 40, 3, 3);
    support_write(&t, support_path("source.shmcol"), &way);
    support_free(&t);
    source = arrow_open(support_path("source.shmcol"));
    return result;
}

static int tear_down(void **state)
{
    shmcol_close(source);
    return support_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_appends)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
