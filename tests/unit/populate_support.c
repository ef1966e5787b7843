/* An example table, and processes that fill it. */
#include "populate_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

populate_example populate_example_make(uint64_t rows)
{
    populate_example e = {.table = support_table(rows)};
    test_way way = TEST_WAY_INIT;
    e.all_columns = e.table.n_columns;
    while (e.table.columns[e.table.n_columns - 1].width == 0) /* strings and lists come last */
        e.table.n_columns--;
    support_write(&e.table, support_path("t"), &way);
    e.expected = support_read(support_path("t"));
    return e;
}

void populate_example_free(populate_example *e)
{
    e->table.n_columns = e->all_columns;
    support_free(&e->table);
    free(e->expected.data);
    unlink(support_path("t"));
}

shmcol_field populate_field(shmcol_type type, const char *name, int nullable)
{
    shmcol_field f = SHMCOL_FIELD_INIT;
    f.type = type;
    f.name = name;
    f.name_length = (uint32_t)strlen(name);
    f.nullable = nullable;
    return f;
}

shmcol_populate *populate_begin_fields(const shmcol_field *fields, uint32_t n, uint64_t rows)
{
    shmcol_populate *p = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    options.no_sync = 1;
    if (shmcol_populate_create(support_path("u"), fields, n, rows, &options, &p, &err) != SHMCOL_OK)
        fail_msg("%s", err.message);
    return p;
}

shmcol_populate *populate_begin(const populate_example *e)
{
    return populate_begin_fields(e->table.fields, e->table.n_columns, e->table.rows);
}

void populate_copy(const populate_example *e, const shmcol_range *range, uint64_t first,
                   uint64_t end)
{
    for (uint32_t i = 0; i < e->table.n_columns; i++) {
        const test_column *c = &e->table.columns[i];
        void *values;
        uint8_t *validity;
        if (shmcol_range_values(range, i, &values, &validity, NULL) != SHMCOL_OK ||
            (validity != NULL) != (c->field.nullable != 0))
            abort();
        memcpy(values, c->values + first * c->width, (end - first) * c->width);
        for (uint64_t row = 0; c->valid != NULL && row < end - first; row++) {
            if (c->valid[first + row])
                continue;
            validity[row / 8] &= (uint8_t)~(1u << (row % 8));
            memset((uint8_t *)values + row * c->width, 0xA5,
                   c->width); /* what a null's slot holds does not matter */
        }
    }
}

shmcol_status populate_write(const populate_example *e, shmcol_populate *p, uint64_t first,
                             uint64_t end, shmcol_error *err)
{
    shmcol_range *range;
    shmcol_status status = shmcol_populate_claim(p, first, end, &range, err);
    if (status != SHMCOL_OK)
        return status;
    populate_copy(e, range, first, end);
    return shmcol_range_fill(range, err);
}

void populate_expect(const populate_example *e, shmcol_populate *p)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (shmcol_populate_commit(p, 0, &err) != SHMCOL_OK)
        fail_msg("%s: %s", shmcol_status_name(err.status), err.message);
    assert_int_equal(support_entries(), 2);
    support_bytes got = support_read(support_path("u"));
    assert_true(support_same(e->expected, got));
    free(got.data);
    support_check(&e->table, support_path("u"));
    assert_int_equal(unlink(support_path("u")), 0);
}

pid_t populate_child(int (*fn)(void *arg), void *arg)
{
    pid_t child = fork();
    if (child == 0)
        _exit(fn(arg));
    assert_true(child > 0);
    return child;
}

int populate_wait(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
