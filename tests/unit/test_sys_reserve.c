/* Reserved addresses, and maps at wished ones. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys/sys.h"
#include "sys_support.h"

enum { SIZE = 8 << 20 };

static const uint8_t *map_file(void)
{
    const uint8_t *map;
    int fd = open(support_path("pages"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    assert_int_equal(pwrite(fd, "first", 5, 0), 5);
    assert_int_equal(pwrite(fd, "last", 4, SIZE - 4), 4);
    assert_int_equal(sys_map(fd, SIZE, false, &map), 0);
    close(fd);
    return map;
}

static void a_place_that_is_free(void **state)
{
    (void)state;
    const uint8_t *map = map_file();
    uint8_t *base;
    assert_int_equal(sys_reserve(3 * (uint64_t)SIZE, &base), 0);
    sys_unmap(base, 2 * (uint64_t)SIZE);
    int errnum = sys_map_again_if_free(base, map, SIZE);
    if (errnum == EINVAL)
        skip(); /* Linux before 5.13 */
    assert_int_equal(errnum, 0);
    assert_memory_equal(base, "first", 5);
    assert_memory_equal(base + SIZE - 4, "last", 4);
    assert_memory_equal(map, "first", 5); /* it stays */
    assert_int_equal(sys_reserve_at(base + SIZE, SIZE), 0);
    sys_unmap(base, 3 * (uint64_t)SIZE);
    assert_memory_equal(map + SIZE - 4, "last", 4);
    sys_unmap(map, SIZE);
}

static void a_place_that_is_taken(void **state)
{
    (void)state;
    const uint8_t *map = map_file();
    uint8_t *base;
    assert_int_equal(sys_reserve(2 * (uint64_t)SIZE, &base), 0);
    assert_int_equal(sys_memory_at(base, SIZE), 0);
    memcpy(base, "mine", 4);
    assert_int_not_equal(sys_map_again_if_free(base, map, SIZE), 0);
    assert_int_not_equal(sys_map_again_if_free(base + SIZE, map, SIZE), 0);
    assert_int_equal(sys_reserve_at(base, SIZE), EEXIST);
    assert_memory_equal(base, "mine", 4);
    sys_unmap(base, 2 * (uint64_t)SIZE);
    sys_unmap(map, SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_that_is_free),
        cmocka_unit_test(a_place_that_is_taken),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
