/* Processes read a table, and refresh it, while another one appends and is killed now and then. No
 * reader sees a part of an append, or fewer rows than before; and what it has stays as it is while
 * it refreshes. SHMCOL_APPEND_REFRESHES says how many refreshes each reader does that find new
 * rows. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "append_support.h"

enum { MOST_BATCH = 70000, READERS = 3, KEPT = 4 };
#if defined(__SANITIZE_THREAD__)
enum { REFRESHES = 8 };
#else
enum { REFRESHES = SANITIZED ? 40 : 250 };
#endif

/* Row r of batch b, which has n rows: "row" r, "batch" b, "n" n, "d" the word "b<b>", "s" the text
 * of r, "v" r / 2, null at every third row. */
enum { ROW, BATCH, N, WORD, TEXT, VALUE, COLUMNS };

static const char *dir;

/* Ends a child process: cmocka's own functions are for the parent. */
#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static void need_ok(shmcol_status status, const shmcol_error *err, int line)
{
    if (status == SHMCOL_OK)
        return;
    fprintf(stderr, "line %d: %s: %s: %s\n", line, shmcol_status_name(status), err->path,
            err->message);
    _exit(1);
}
#define OK(call) need_ok(call, &err, __LINE__)

static void sleep_us(long us)
{
    nanosleep(&(struct timespec){0, us * 1000}, NULL);
}

static uint32_t pick(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % below;
}

/* ---- the process that appends ---- */

static void fields_of(shmcol_field f[COLUMNS])
{
    static const char *const names[] = {"row", "batch", "n", "d", "s", "v"};
    static const shmcol_type types[] = {SHMCOL_INT64,      SHMCOL_INT64,  SHMCOL_INT32,
                                        SHMCOL_DICTIONARY, SHMCOL_STRING, SHMCOL_FLOAT32};
    for (int i = 0; i < COLUMNS; i++) {
        f[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        f[i].name = names[i];
        f[i].name_length = (uint32_t)strlen(names[i]);
        f[i].type = types[i];
        f[i].nullable = 1;
    }
}

static void append_batch(uint64_t first, int64_t batch, uint32_t rows,
                         const shmcol_append_options *o)
{
    static int64_t row[MOST_BATCH], number[MOST_BATCH];
    static int32_t n[MOST_BATCH];
    static float value[MOST_BATCH];
    static uint8_t nulls[MOST_BATCH];
    static const char *words[MOST_BATCH], *texts[MOST_BATCH];
    static char text[MOST_BATCH][24], word[24];
    shmcol_field f[COLUMNS];
    shmcol_column_data c[COLUMNS];
    shmcol_writer *w;
    shmcol_error err = SHMCOL_ERROR_INIT;
    snprintf(word, sizeof word, "b%" PRId64, batch);
    for (uint32_t i = 0; i < rows; i++) {
        row[i] = (int64_t)(first + i);
        number[i] = batch;
        n[i] = (int32_t)rows;
        value[i] = (float)(first + i) / 2;
        nulls[i] = (first + i) % 3 == 0;
        snprintf(text[i], sizeof text[i], "%" PRIu64, first + i);
        words[i] = word;
        texts[i] = text[i];
    }
    const void *values[] = {row, number, n, words, texts, value};
    fields_of(f);
    for (int i = 0; i < COLUMNS; i++) {
        c[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
        c[i].values = values[i];
    }
    c[WORD].layout = c[TEXT].layout = SHMCOL_STRINGS_POINTERS;
    c[VALUE].validity_kind = SHMCOL_VALIDITY_MASK;
    c[VALUE].validity = nulls;
    OK(shmcol_append_create(dir, f, COLUMNS, o, &w, &err));
    OK(shmcol_writer_append(w, rows, c, COLUMNS, &err));
    OK(shmcol_writer_commit(w, &err));
}

/* Learns where the table ends. */
static void table_end(uint64_t *rows, int64_t *batch)
{
    shmcol_file *table;
    const int64_t *batches;
    const uint8_t *validity;
    shmcol_error err = SHMCOL_ERROR_INIT;
    *rows = 0;
    *batch = 0;
    shmcol_status status = shmcol_open(dir, NULL, &table, &err);
    if (status == SHMCOL_ERR_IO || status == SHMCOL_ERR_NO_TABLE)
        return;
    need_ok(status, &err, __LINE__);
    OK(shmcol_int64(table, "batch", &batches, rows, &validity, &err));
    *batch = batches[*rows - 1] + 1;
    shmcol_close(table);
}

/* Appends until the process is killed. The table stays below some millions of rows. */
static void appender(uint64_t seed)
{
    static const uint64_t parts[] = {ZONE, 2 * ZONE, 0}, least[] = {0, 1, 2 * ZONE};
    uint64_t rows;
    int64_t batch;
    table_end(&rows, &batch);
    for (;; batch++) {
        shmcol_append_report report;
        shmcol_append_options o = append_options(&report);
        const uint32_t large = rows > 3000000         ? 1
                               : pick(&seed, 12) == 0 ? MOST_BATCH
                                                      : 3000,
                       n = 1 + pick(&seed, large);
        o.part_rows = parts[pick(&seed, 3)];
        o.min_part_rows = least[pick(&seed, 3)];
        o.threads = 1;
        append_batch(rows, batch, n, &o);
        NEED(report.first_row == rows && report.table_rows == rows + n);
        rows += n;
    }
}

/* ---- a process that reads ---- */

/* The arrays of one handle. */
typedef struct arrays {
    uint64_t rows;
    const int64_t *row, *batch;
    const int32_t *n;
    const float *value;
    const uint8_t *valid;
    shmcol_dictionary words;
} arrays;

static arrays arrays_of(const shmcol_file *table)
{
    arrays a = {.rows = shmcol_rows(table), .words = SHMCOL_DICTIONARY_INIT};
    const uint8_t *validity;
    const void *value;
    shmcol_error err = SHMCOL_ERROR_INIT;
    OK(shmcol_int64(table, "row", &a.row, NULL, &validity, &err));
    OK(shmcol_int64(table, "batch", &a.batch, NULL, &validity, &err));
    OK(shmcol_int32(table, "n", &a.n, NULL, &validity, &err));
    OK(shmcol_values(table, VALUE, &value, &a.valid, &err));
    OK(shmcol_dictionary_column(table, WORD, &a.words, &err));
    a.value = value;
    return a;
}

/* Checks rows [from, rows): they are whole batches. Texts are looked at in some rows. */
static void check_rows(const shmcol_file *table, const arrays *a, uint64_t from, uint64_t step)
{
    for (uint64_t i = from; i < a->rows;) {
        const int64_t batch = a->batch[i];
        const uint64_t end = i + (uint64_t)a->n[i];
        char word[24], text[24];
        const char *data;
        uint64_t length;
        NEED(a->n[i] > 0 && end <= a->rows);
        NEED(i == 0 ? batch == 0 : batch == a->batch[i - 1] + 1);
        snprintf(word, sizeof word, "b%" PRId64, batch);
        for (; i < end; i++) {
            NEED(a->batch[i] == batch && a->row[i] == (int64_t)i);
            NEED(shmcol_is_valid(a->valid, i) == (i % 3 != 0));
            NEED(i % 3 == 0 || a->value[i] == (float)i / 2);
            if (i % step != 0)
                continue;
            NEED(shmcol_dictionary_at(&a->words, i, &data, &length) == SHMCOL_OK);
            NEED(length == strlen(word) && memcmp(data, word, length) == 0);
            NEED(shmcol_string_row(table, TEXT, i, &data, &length, NULL) == SHMCOL_OK);
            snprintf(text, sizeof text, "%" PRIu64, i);
            NEED(length == strlen(text) && memcmp(data, text, length) == 0);
        }
    }
}

/* The arrays that the second thread of a reader looks at all the time. */
typedef struct watched {
    pthread_mutex_t mutex;
    arrays a;
    atomic_bool end;
} watched;

/* Reads the arrays of the handle before the newest one, while the other thread makes a newer one
 * and maps new pages over the last ones of this. */
static void *watch(void *arg)
{
    watched *w = arg;
    for (uint64_t round = 0; !w->end; round++) {
        pthread_mutex_lock(&w->mutex);
        const arrays *a = &w->a;
        /* The end most of the time: there pages are exchanged. */
        uint64_t i = round % 16 != 0 && a->rows > 2 * ZONE ? a->rows - 2 * ZONE : 0;
        for (; i < a->rows; i++) {
            NEED(a->row[i] == (int64_t)i && shmcol_is_valid(a->valid, i) == (i % 3 != 0));
            NEED(i % 3 == 0 || a->value[i] == (float)i / 2);
            NEED(shmcol_code_at(&a->words, i) >= 0);
        }
        pthread_mutex_unlock(&w->mutex);
        sched_yield();
    }
    return NULL;
}

static shmcol_file *wait_for_table(void)
{
    shmcol_file *table;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    while ((status = shmcol_open(dir, NULL, &table, &err)) != SHMCOL_OK) {
        NEED(status == SHMCOL_ERR_IO || status == SHMCOL_ERR_NO_TABLE);
        sleep_us(1000);
    }
    return table;
}

/* Ends when `wanted` refreshes have found new rows. */
static void reader(unsigned number, uint64_t wanted)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    pthread_t thread;
    watched w = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    /* Under a limit there is no room to grow: each refresh makes new arrays. */
    const struct rlimit limit = {(rlim_t)1 << 42, (rlim_t)1 << 42};
    if (number == 1 && !SANITIZED)
        NEED(setrlimit(RLIMIT_AS, &limit) == 0);
    shmcol_file *untouched = wait_for_table(), *table = wait_for_table(), *kept[KEPT] = {NULL};
    w.a = arrays_of(table);
    check_rows(table, &w.a, 0, 1);
    NEED(pthread_create(&thread, NULL, watch, &w) == 0);
    for (uint64_t found = 0; found < wanted;) {
        shmcol_file *newer;
        OK(shmcol_refresh(table, &newer, &err));
        if (newer == table) {
            shmcol_close(newer);
            sleep_us(300);
            continue;
        }
        const arrays a = arrays_of(newer);
        const uint64_t before = shmcol_rows(table);
        NEED(a.rows > before);
        check_rows(newer, &a, before, 16);
        pthread_mutex_lock(&w.mutex);
        w.a = a;
        shmcol_close(kept[found % KEPT]);
        kept[found % KEPT] = table;
        table = newer;
        pthread_mutex_unlock(&w.mutex);
        found++;
    }
    atomic_store(&w.end, true);
    NEED(pthread_join(thread, NULL) == 0);
    check_rows(table, &w.a, 0, 101);
    const arrays a = arrays_of(untouched);
    NEED(a.rows < shmcol_rows(table));
    check_rows(untouched, &a, 0, 1);
    for (int i = 0; i < KEPT; i++) {
        const arrays old = arrays_of(kept[i] != NULL ? kept[i] : table);
        check_rows(kept[i] != NULL ? kept[i] : table, &old, 0, 997);
        shmcol_close(kept[i]);
    }
    shmcol_close(untouched);
    shmcol_close(table);
}

/* ---- all of them ---- */

static pid_t begin(void (*function)(uint64_t), uint64_t argument)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child != 0)
        return child;
    function(argument);
    _exit(0);
}

static uint64_t wanted;

static void read_as(uint64_t number)
{
    reader((unsigned)number, wanted);
}

static void good_end(pid_t child, int status, bool killed)
{
    if (killed ? !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL
               : !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("process %d ended with 0x%x", (int)child, (unsigned)status);
}

static void readers_of_a_table_that_grows(void **state)
{
    (void)state;
    pid_t readers[READERS], appends;
    uint64_t seed = 7;
    int status, running = READERS;
    const char *text = getenv("SHMCOL_APPEND_REFRESHES");
    wanted = text != NULL ? strtoull(text, NULL, 10) : REFRESHES;
    dir = append_directory("grows");
    for (uint64_t i = 0; i < READERS; i++)
        readers[i] = begin(read_as, i);
    appends = begin(appender, seed);
    while (running > 0) {
        sleep_us(200000 + pick(&seed, 300000));
        for (int i = 0; i < READERS; i++)
            if (readers[i] > 0 && waitpid(readers[i], &status, WNOHANG) == readers[i]) {
                good_end(readers[i], status, false);
                readers[i] = 0;
                running--;
            }
        kill(appends, SIGKILL);
        assert_int_equal(waitpid(appends, &status, 0), appends);
        good_end(appends, status, true);
        if (running > 0)
            appends = begin(appender, ++seed);
    }
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *table;
    append_good(shmcol_open(dir, NULL, &table, &err), &err);
    append_good(shmcol_verify(table, NULL, &err), &err);
    print_message("%" PRIu64 " rows in %" PRIu64 " parts\n", shmcol_rows(table),
                  shmcol_parts(table));
    shmcol_close(table);
}

/* ---- a table that was removed and made anew, with more rows ---- */

static void remove_table(bool directory_too)
{
    char command[400];
    snprintf(command, sizeof command, directory_too ? "rm -r \"%s\"" : "rm \"%s\"/*", dir);
    assert_int_equal(system(command), 0);
}

/* Makes a table of `parts` parts and a few rows. */
static void make_table(uint64_t first, uint64_t rows)
{
    shmcol_append_report report;
    shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    o.part_rows = ZONE;
    append_good(append_rows_to(dir, first, rows, 5, &o, &err), &err);
}

static void another_table_is_refused(void **state)
{
    (void)state;
    dir = append_directory("anew");
    for (int i = 0; i < 6; i++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        shmcol_file *table, *newer;
        const uint64_t rows = i / 2 == 0 ? 10 : i / 2 == 1 ? ZONE : 2 * ZONE + 10;
        make_table(0, rows);
        append_good(shmcol_open(dir, NULL, &table, &err), &err);
        append_check_rows(table, 0, 0, rows, 5);
        remove_table(i % 2 == 0);
        make_table(77, 3 * ZONE + 11);
        assert_int_not_equal(shmcol_refresh(table, &newer, &err), SHMCOL_OK);
        if (i % 2 == 0)
            assert_int_equal(err.status, SHMCOL_ERR_FILE_REPLACED);
        append_check_rows(table, 0, 0, rows, 5);
        shmcol_close(table);
        remove_table(true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(readers_of_a_table_that_grows),
                                       cmocka_unit_test(another_table_is_refused)};
    return cmocka_run_group_tests(tests, support_begin, support_remove);
}
