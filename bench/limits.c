/* The limits of the machine: one pass over a file's bytes, or as many bytes written. Usage:
 *   limits newline|read|xxh3 FILE THREADS   a pass over the mapped file after one that was not
 *                                           timed: memchr for line ends, a sum of words, XXH3
 *   limits hash FILE THREADS                XXH3 of every 512 KiB, as shmcol-check reads them: map,
 *                                           hash, end; for timing the whole process
 *   limits write BYTES PATH                 BYTES zeros by pwrite into a new file in the page
 *                                           cache, not synced
 * All but hash print {"wall": seconds, "cpu": seconds} of the pass alone. XXH3 is compiled with the
 * flags of the library, so with its instructions. */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#define PIECE (512u << 10)
#define WRITE_PIECE (1u << 20)
#define MAX_THREADS 64

typedef uint64_t piece_work(const uint8_t *data, size_t n);

typedef struct pass {
    const uint8_t *data;
    size_t size;
    piece_work *work;
    _Atomic size_t next;
    _Atomic uint64_t result; /* so that no work is left out */
} pass;

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what)
{
    perror(what);
    exit(3);
}

static uint64_t count_lines(const uint8_t *data, size_t n)
{
    uint64_t lines = 0;
    const uint8_t *end = data + n;
    while ((data = memchr(data, '\n', (size_t)(end - data))) != NULL) {
        lines++;
        data++;
    }
    return lines;
}

static uint64_t sum_words(const uint8_t *data, size_t n)
{
    uint64_t sums[8] = {0};
    for (; n >= sizeof sums; n -= sizeof sums, data += sizeof sums) {
        uint64_t words[8];
        memcpy(words, data, sizeof words);
        for (int i = 0; i < 8; i++)
            sums[i] += words[i];
    }
    return sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
}

static uint64_t hash(const uint8_t *data, size_t n)
{
    return XXH3_64bits(data, n);
}

static void *thread(void *arg)
{
    pass *p = arg;
    uint64_t result = 0;
    for (size_t at; (at = atomic_fetch_add(&p->next, PIECE)) < p->size;)
        result += p->work(p->data + at, p->size - at < PIECE ? p->size - at : PIECE);
    atomic_fetch_add(&p->result, result);
    return NULL;
}

static void run(pass *p, int threads)
{
    pthread_t others[MAX_THREADS];
    atomic_store(&p->next, 0);
    for (int i = 1; i < threads; i++)
        if (pthread_create(&others[i], NULL, thread, p) != 0)
            die("pthread_create");
    thread(p);
    for (int i = 1; i < threads; i++)
        pthread_join(others[i], NULL);
}

static void map_file(const char *path, pass *p)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        die(path);
    p->size = (size_t)st.st_size;
    p->data = mmap(NULL, p->size, PROT_READ, MAP_SHARED, fd, 0);
    if (p->data == MAP_FAILED)
        die(path);
    close(fd);
}

static void write_file(uint64_t bytes, const char *path)
{
    static uint8_t zeros[WRITE_PIECE];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        die(path);
    for (uint64_t at = 0; at < bytes;) {
        ssize_t n = pwrite(fd, zeros, bytes - at < WRITE_PIECE ? (size_t)(bytes - at) : WRITE_PIECE,
                           (off_t)at);
        if (n <= 0)
            die(path);
        at += (uint64_t)n;
    }
    if (close(fd) != 0)
        die(path);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        piece_work *work;
    } modes[] = {{"newline", count_lines}, {"read", sum_words}, {"xxh3", hash}, {"hash", hash}};
    pass p = {0};
    int threads = argc == 4 ? atoi(argv[3]) : 0;
    int writes = argc == 4 && strcmp(argv[1], "write") == 0;
    for (size_t i = 0; argc == 4 && i < sizeof modes / sizeof *modes; i++)
        if (strcmp(argv[1], modes[i].name) == 0)
            p.work = modes[i].work;
    if (!writes && (p.work == NULL || threads < 1 || threads > MAX_THREADS)) {
        fprintf(stderr,
                "usage: limits newline|read|xxh3|hash FILE THREADS, limits write BYTES PATH\n");
        return 2;
    }
    if (!writes)
        map_file(argv[2], &p);
    if (!writes && strcmp(argv[1], "hash") != 0)
        run(&p, threads);
    double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    if (writes)
        write_file(strtoull(argv[2], NULL, 10), argv[3]);
    else
        run(&p, threads);
    wall = now(CLOCK_MONOTONIC) - wall;
    cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (strcmp(argv[1], "hash") == 0)
        fprintf(stderr, "%016" PRIx64 "\n", (uint64_t)p.result);
    else
        printf("{\"wall\": %.9f, \"cpu\": %.9f, \"result\": %" PRIu64 "}\n", wall, cpu,
               (uint64_t)p.result);
    return 0;
}
