/* Columns of many parts, mapped where nothing is mapped: other threads may take the addresses. */
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "table_support.h"

enum { PARTS = 24, SIZE = 8 * ZONE /* of the values of column "a" in a part */ };

/* Where the next large range that is unmapped gets a map of somebody else: this many bytes behind
 * its beginning; -1: nowhere. */
static int64_t take_at = -1;
static uint8_t *taken;

/* Stands for munmap of the C library in this program. */
int munmap(void *at, size_t size)
{
    const int result = (int)syscall(SYS_munmap, at, size);
    if (take_at < 0 || size < (size_t)take_at + SIZE)
        return result;
    taken = (uint8_t *)at + take_at;
    take_at = -1;
    void *got = (void *)syscall(SYS_mmap, taken, 4096, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (got != taken)
        abort();
    memcpy(taken, "mine", 4);
    return result;
}

/* Returns the bytes of addresses that this process has in use. */
static uint64_t addresses(void)
{
    unsigned long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%llu", &pages), 1);
    fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static growing many_parts(const char *name)
{
    growing g = table_new(name);
    for (uint64_t i = 0; i < PARTS; i++)
        table_add(&g, i * ZONE, ZONE);
    return g;
}

/* Opens the table and compares its columns. */
static void read_table(const growing *g, bool takes, int64_t at)
{
    shmcol_file *table = table_open(g);
    const int64_t *a;
    const float *b;
    uint64_t n;
    taken = NULL;
    take_at = at;
    assert_int_equal(shmcol_int64(table, "a", &a, &n, NULL, NULL), SHMCOL_OK);
    assert_int_equal(take_at, -1);
    assert_int_equal(n, (uint64_t)PARTS * ZONE);
    assert_int_equal(shmcol_float32(table, "b", &b, &n, NULL), SHMCOL_OK);
    for (uint64_t i = 0; i < n; i++)
        if (a[i] != (int64_t)i || b[i] != (float)i * 0.5f)
            fail_msg("row %" PRIu64 " is wrong", i);
    assert_int_equal(taken != NULL, takes);
    if (takes) {
        assert_memory_equal(taken, "mine", 4);
        assert_true(taken + 4096 <= (const uint8_t *)a || taken >= (const uint8_t *)(a + n));
    }
    shmcol_close(table);
    if (takes) {
        assert_memory_equal(taken, "mine", 4);
        syscall(SYS_munmap, taken, 4096);
    }
}

static void addresses_that_others_take(void **state)
{
    (void)state;
    growing g = many_parts("taken");
    /* The first part, one between, the last of those, and the gap behind them. */
    static const int64_t at[] = {0, 5 * SIZE, 14 * SIZE + 4096, 15 * SIZE, 17 * SIZE};
    const uint64_t before = addresses();
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        read_table(&g, true, at[i]);
    assert_true(addresses() < before + (256 << 20)); /* a run reserves more than a GiB */
    read_table(&g, false, -1);
}

/* Linux before 5.13 cannot map pages again where an address is only wished. */
static void older_kernels(void **state)
{
    (void)state;
    growing g = many_parts("older");
    setenv("SHMCOL_HIDE", "hole", 1);
    read_table(&g, false, -1);
    unsetenv("SHMCOL_HIDE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_that_others_take),
        cmocka_unit_test(older_kernels),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
