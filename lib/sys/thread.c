/* Threads: a parallel loop, mutexes, conditions. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "sys/sys.h"

struct sys_mutex {
    pthread_mutex_t mutex;
};

struct sys_cond {
    pthread_cond_t cond;
};

uint32_t sys_cpu_count(void)
{
    /* The kernel refuses a set smaller than its own: grow until it fits. */
    for (int cpus = 1024; cpus <= 1 << 20; cpus *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)cpus);
        if (set == NULL)
            return 1;
        size_t size = CPU_ALLOC_SIZE((size_t)cpus);
        int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (count > 0)
            return (uint32_t)count;
    }
    return 1;
}

typedef struct parallel {
    void (*fn)(void *arg, uint32_t index);
    void *arg;
    uint32_t n;
    atomic_uint next;
} parallel;

/* Runs fn for one free index after the other: n threads take one each at first, fewer threads take
 * them all. */
static void *work(void *arg)
{
    parallel *p = arg;
    for (;;) {
        uint32_t index = atomic_fetch_add(&p->next, 1);
        if (index >= p->n)
            return NULL;
        p->fn(p->arg, index);
    }
}

/* Blocks the signals of the application, whose handlers must not run on our threads. Faults stay
 * unblocked: a blocked one kills the process. */
static void block_signals(sigset_t *old)
{
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGTRAP);
    pthread_sigmask(SIG_BLOCK, &all, old);
}

void sys_parallel(uint32_t n, void (*fn)(void *arg, uint32_t index), void *arg)
{
    parallel p = {.fn = fn, .arg = arg, .n = n};
    atomic_init(&p.next, 0);
    pthread_t *threads = n > 1 ? malloc((n - 1) * sizeof *threads) : NULL;
    uint32_t started = 0;
    if (threads != NULL) {
        sigset_t old;
        block_signals(&old);
        while (started < n - 1 && pthread_create(&threads[started], NULL, work, &p) == 0)
            started++;
        pthread_sigmask(SIG_SETMASK, &old, NULL);
    }
    work(&p);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

sys_mutex *sys_mutex_new(void)
{
    sys_mutex *mutex = malloc(sizeof *mutex);
    if (mutex != NULL && pthread_mutex_init(&mutex->mutex, NULL) != 0) {
        free(mutex);
        mutex = NULL;
    }
    return mutex;
}

void sys_mutex_free(sys_mutex *mutex)
{
    if (mutex != NULL)
        pthread_mutex_destroy(&mutex->mutex);
    free(mutex);
}

void sys_lock(sys_mutex *mutex)
{
    pthread_mutex_lock(&mutex->mutex);
}

void sys_unlock(sys_mutex *mutex)
{
    pthread_mutex_unlock(&mutex->mutex);
}

sys_cond *sys_cond_new(void)
{
    sys_cond *cond = malloc(sizeof *cond);
    if (cond != NULL && pthread_cond_init(&cond->cond, NULL) != 0) {
        free(cond);
        cond = NULL;
    }
    return cond;
}

void sys_cond_free(sys_cond *cond)
{
    if (cond != NULL)
        pthread_cond_destroy(&cond->cond);
    free(cond);
}

void sys_wait(sys_cond *cond, sys_mutex *mutex)
{
    pthread_cond_wait(&cond->cond, &mutex->mutex);
}

void sys_wake_all(sys_cond *cond)
{
    pthread_cond_broadcast(&cond->cond);
}
