/* The headers of zstd frames (F-72): each rule of it, at its bound; and any bytes at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include <cmocka.h>

#include "format/frames.h"
#include "format/ondisk.h"
#include "format_support.h"

enum { ROOM = FMT_FRAME_MAX };

/* Compresses `content` bytes of a mixture; returns the frame's length. */
static size_t frame_of(uint8_t *frame, size_t content, int level, int window_log)
{
    uint8_t *plain = malloc(content);
    uint64_t state = content;
    ZSTD_CCtx *c = ZSTD_createCCtx();
    assert_non_null(plain);
    assert_non_null(c);
    for (size_t i = 0; i < content; i++)
        plain[i] = (uint8_t)(i % 4096 < 3000 ? i * i >> 7 : test_random(&state));
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level)));
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window_log)));
    size_t length = ZSTD_compress2(c, frame, ROOM, plain, content);
    assert_false(ZSTD_isError(length));
    ZSTD_freeCCtx(c);
    free(plain);
    return length;
}

/* All frames that libzstd makes of a block are allowed, at any level; no other content or length
 * is. */
static void frames_of_zstd(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 20, 255, 256, 257, 65535, 65536, 131072, 131073, 524288};
    static const int levels[] = {-5, 1, 3, 9, 19};
    uint8_t *frame = malloc(ROOM);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
            size_t n = frame_of(frame, sizes[s], levels[l], 0);
            assert_true(fmt_frame_good(frame, n, sizes[s]));
            assert_false(fmt_frame_good(frame, n, sizes[s] + 1));
            assert_false(fmt_frame_good(frame, n - 1, sizes[s]));
            frame[n] = 0;
            assert_false(fmt_frame_good(frame, n + 1, sizes[s]));
        }
    }
    size_t n = frame_of(frame, 524288, 3, 16); /* a window of 64 KiB */
    assert_false(fmt_frame_good(frame, n, 524288));
    free(frame);
}

/* Any bytes end in an answer, and none is read beyond the frame (a sanitizer sees that). */
static void any_bytes(void **state)
{
    (void)state;
    uint8_t *whole = malloc(ROOM);
    uint64_t random = 1;
    size_t n = frame_of(whole, 3000, 3, 0);
    for (int i = 0; i < 20000; i++) {
        size_t length = test_random(&random) % 8 != 0 ? n : test_random(&random) % (n + 1);
        uint8_t *frame = malloc(length != 0 ? length : 1);
        memcpy(frame, whole, length);
        for (uint64_t k = test_random(&random) % 4; k > 0 && length != 0; k--)
            frame[test_random(&random) % (length < 40 ? length : 40)] =
                (uint8_t)test_random(&random);
        (void)fmt_frame_good(frame, length, 3000);
        free(frame);
    }
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(frames_of_zstd),
                                       cmocka_unit_test(any_bytes)};
    return cmocka_run_group_tests_name("F-72 frames", tests, NULL, NULL);
}
