/* SIGBUS: a mapped file was cut short, or its device failed. A guard turns the signal into a return
 * value; a report prints the file's name before the signal takes its course.
 *
 * A guard saves no signal mask, so that it costs a few nanoseconds and no system call: the handler
 * knows the mask of the interrupted code and restores it before siglongjmp. When the handler calls
 * one that was there before, it applies the mask and flags that one had asked for. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <ucontext.h>

#include "sys/sys.h"

/* Bytes of maps: a range, or a set of them. */
typedef struct guarded {
    const uint8_t *begin;
    uint64_t size;
    sys_covers *covers; /* of a set; else NULL */
    const void *set;
} guarded;

typedef struct frame {
    sigjmp_buf back;
    guarded bytes;
    const uint8_t *volatile address;
    struct frame *outer;
} frame;

/* initial-exec: otherwise the handler could be the first to touch the variable, and the C library
 * would allocate it then. */
static _Thread_local frame *innermost __attribute__((tls_model("initial-exec")));

/* Handlers that ours has replaced, the newest last. There is more than one if the program installed
 * a handler of its own after ours, and ours then replaced that. Such a handler may call ours, which
 * it found when it was installed: then the next older one is called, and so on to the first. */
enum { HANDLERS = 16 };
static struct sigaction handlers[HANDLERS];
static atomic_uint n_handlers;
static pthread_mutex_t installing = PTHREAD_MUTEX_INITIALIZER;
/* True if this thread has found our handler installed. */
static _Thread_local bool looked __attribute__((tls_model("initial-exec")));

/* The number of handlers that a signal has been passed on to is kept in the signal's own data, in a
 * field that Linux does not use and sets to 0 with every new signal. A counter of ours would keep
 * its value if a handler left by siglongjmp. */
enum { PASSED_ON = 0x53480000 };

static unsigned passed_on(const siginfo_t *info)
{
    unsigned times = (unsigned)info->si_errno - PASSED_ON;
    return times <= HANDLERS ? times : 0;
}

/* The call of another handler that this thread is in. It may raise the signal anew for the handler
 * that it found, which is ours (Python's faulthandler does), and a new signal's data say nothing.
 * Where it left by siglongjmp, the call's frame is no longer below any new one. */
typedef struct passing {
    unsigned times;
    uintptr_t frame;
} passing;
static _Thread_local passing inside __attribute__((tls_model("initial-exec")));

static bool is_in(const guarded *g, const uint8_t *address)
{
    return g->covers != NULL ? g->covers(g->set, address)
                             : (uintptr_t)address - (uintptr_t)g->begin < g->size;
}

static void (*_Atomic reporter)(void *owner, const uint8_t *address);
/* The reports that are being made. An owner that goes away waits for them. */
static atomic_uint reports;

/* The registered maps: chunks of slots, claimed by compare-and-swap and never freed, so that the
 * handler can walk them at any time. */
struct sys_fault_slot {
    _Atomic(void *) owner; /* NULL: free */
    _Atomic(const uint8_t *) begin;
    _Atomic uint64_t size;
    _Atomic(sys_covers *) covers; /* of a set of ranges; else NULL */
    struct chunk *chunk;
};

typedef struct chunk {
    _Atomic(struct chunk *) next;
    uint32_t count;
    atomic_uint used, hint;
    sys_fault_slot *slots;
} chunk;

enum { FIRST_SLOTS = 64 };
static sys_fault_slot first_slots[FIRST_SLOTS];
static chunk first_chunk = {.count = FIRST_SLOTS, .slots = first_slots};

/* Returns the owner of a slot whose map, or set of maps, has the address; else NULL. */
static void *owner_of(const sys_fault_slot *slot, const uint8_t *address)
{
    const uint8_t *begin = atomic_load(&slot->begin);
    const uint64_t size = atomic_load(&slot->size);
    sys_covers *covers = atomic_load(&slot->covers);
    void *owner = atomic_load(&slot->owner);
    if (owner == NULL)
        return NULL;
    const bool has = covers != NULL ? covers(owner, address)
                                    : begin != NULL && (uintptr_t)address - (uintptr_t)begin < size;
    return has ? owner : NULL;
}

static void report(const uint8_t *address)
{
    void (*fn)(void *, const uint8_t *) = atomic_load(&reporter);
    void *owner = NULL;
    if (fn == NULL)
        return;
    atomic_fetch_add(&reports, 1);
    for (chunk *c = &first_chunk; c != NULL && owner == NULL; c = atomic_load(&c->next))
        for (uint32_t i = 0; i < c->count && owner == NULL; i++)
            owner = owner_of(&c->slots[i], address);
    if (owner != NULL)
        fn(owner, address);
    atomic_fetch_sub(&reports, 1);
}

/* Passes the signal on to the handler that would have got it without ours. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    bool kernel = info->si_code > 0;
    static const struct sigaction none = {.sa_handler = SIG_DFL};
    sigset_t mask, old;
    const unsigned n = atomic_load(&n_handlers);
    unsigned times = passed_on(info);
    if (!kernel && times < inside.times && (uintptr_t)__builtin_frame_address(0) < inside.frame)
        times = inside.times;
    const struct sigaction *next = times < n ? &handlers[n - 1 - times] : &none;
    if (!(next->sa_flags & SA_SIGINFO) && next->sa_handler == SIG_IGN && !kernel)
        return;
    if (!(next->sa_flags & SA_SIGINFO) &&
        (next->sa_handler == SIG_DFL || next->sa_handler == SIG_IGN)) {
        /* The default action: a fault happens again as soon as this returns; a signal that was sent
         * by a process is raised again. */
        struct sigaction standard = {.sa_handler = SIG_DFL};
        sigaction(SIGBUS, &standard, NULL);
        if (!kernel)
            raise(number);
        return;
    }
    mask = next->sa_mask;
    if (!(next->sa_flags & SA_NODEFER))
        sigaddset(&mask, number);
    pthread_sigmask(SIG_BLOCK, &mask, &old);
    const int before = info->si_errno;
    const passing outer = inside;
    info->si_errno = (int)(PASSED_ON + times + 1);
    inside = (passing){times + 1, (uintptr_t)__builtin_frame_address(0)};
    if (next->sa_flags & SA_SIGINFO)
        next->sa_sigaction(number, info, context);
    else
        next->sa_handler(number);
    inside = outer;
    info->si_errno = before;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void handler(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    if (info->si_code > 0) { /* raised by the kernel for an access, not sent by kill */
        const uint8_t *address = info->si_addr;
        for (frame *f = innermost; f != NULL; f = f->outer) {
            if (is_in(&f->bytes, address)) {
                f->address = address;
                pthread_sigmask(SIG_SETMASK, &((const ucontext_t *)context)->uc_sigmask, NULL);
                siglongjmp(f->back, 1);
            }
        }
        if (passed_on(info) == 0)
            report(address);
    }
    pass_on(number, info, context);
    errno = saved;
}

static bool is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == handler;
}

/* Returns true if it is the newest handler that ours has replaced: a program may install the same
 * one again and again. */
static bool is_last(const struct sigaction *action)
{
    unsigned n = atomic_load(&n_handlers);
    if (n == 0 || (handlers[n - 1].sa_flags & SA_SIGINFO) != (action->sa_flags & SA_SIGINFO))
        return false;
    return action->sa_flags & SA_SIGINFO ? handlers[n - 1].sa_sigaction == action->sa_sigaction
                                         : handlers[n - 1].sa_handler == action->sa_handler;
}

/* Installs our handler, if it is not there. ENOSPC: too many handlers were installed after it. */
static int install(void)
{
    struct sigaction ours = {.sa_sigaction = handler,
                             .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK | SA_RESTART},
                     there;
    sigemptyset(&ours.sa_mask);
    if (sigaction(SIGBUS, NULL, &there) != 0)
        return errno;
    if (is_ours(&there))
        return 0;
    /* Noted before ours is installed: a fault on another thread in between needs a handler to be
     * passed on to. */
    if (!is_last(&there)) {
        unsigned n = atomic_load(&n_handlers);
        if (n == HANDLERS)
            return ENOSPC;
        handlers[n] = there;
        atomic_store(&n_handlers, n + 1);
    }
    return sigaction(SIGBUS, &ours, NULL) != 0 ? errno : 0;
}

static int ensure_installed(void)
{
    pthread_mutex_lock(&installing);
    int errnum = install();
    pthread_mutex_unlock(&installing);
    looked = errnum == 0;
    return errnum;
}

static int guard(guarded bytes, void (*fn)(void *arg), void *arg, const uint8_t **address)
{
    int errnum = looked ? 0 : ensure_installed();
    if (errnum != 0)
        return errnum;
    frame f = {.bytes = bytes, .address = NULL, .outer = innermost};
    if (sigsetjmp(f.back, 0) != 0) {
        innermost = f.outer; /* this also leaves the guards inside this one */
        *address = f.address;
        return EFAULT;
    }
    innermost = &f;
    fn(arg);
    innermost = f.outer;
    return 0;
}

int sys_guard(const uint8_t *map, uint64_t size, void (*fn)(void *arg), void *arg,
              const uint8_t **address)
{
    return guard((guarded){.begin = map, .size = size}, fn, arg, address);
}

int sys_guard_set(sys_covers *covers, const void *set, void (*fn)(void *arg), void *arg,
                  const uint8_t **address)
{
    return guard((guarded){.covers = covers, .set = set}, fn, arg, address);
}

bool sys_guarded(const uint8_t *map)
{
    for (const frame *f = innermost; f != NULL; f = f->outer)
        if (is_in(&f->bytes, map))
            return true;
    return false;
}

int sys_fault_report(void (*fn)(void *owner, const uint8_t *address))
{
    atomic_store(&reporter, fn);
    return ensure_installed();
}

/* Returns the next chunk, and allocates it if there is none: twice as large, so that a process with
 * n open files allocates log n times. NULL: no memory. */
static chunk *next_chunk(chunk *c)
{
    chunk *next = atomic_load(&c->next);
    if (next != NULL)
        return next;
    chunk *fresh = calloc(1, sizeof *fresh + 2 * (size_t)c->count * sizeof(sys_fault_slot));
    if (fresh == NULL)
        return NULL;
    fresh->count = 2 * c->count;
    fresh->slots = (sys_fault_slot *)(void *)(fresh + 1);
    if (atomic_compare_exchange_strong(&c->next, &next, fresh))
        return fresh;
    free(fresh);
    return next;
}

/* Takes a free slot. NULL: no memory. */
static sys_fault_slot *take_slot(void *owner)
{
    for (chunk *c = &first_chunk; c != NULL; c = next_chunk(c)) {
        if (atomic_fetch_add(&c->used, 1) >= c->count) {
            atomic_fetch_sub(&c->used, 1);
            continue;
        }
        /* `used` guarantees a free slot, though perhaps only in a moment: an owner that gives one
         * up decrements it last. */
        for (uint32_t i = atomic_fetch_add(&c->hint, 1);; i++) {
            sys_fault_slot *slot = &c->slots[i % c->count];
            void *none = NULL;
            if (atomic_compare_exchange_strong(&slot->owner, &none, owner)) {
                slot->chunk = c;
                return slot;
            }
        }
    }
    return NULL;
}

sys_fault_slot *sys_fault_register(const uint8_t *map, uint64_t size, void *owner)
{
    sys_fault_slot *slot = take_slot(owner);
    if (slot != NULL) {
        atomic_store(&slot->size, size);
        atomic_store(&slot->begin, map);
    }
    return slot;
}

sys_fault_slot *sys_fault_register_set(sys_covers *covers, void *owner)
{
    sys_fault_slot *slot = take_slot(owner);
    if (slot != NULL)
        atomic_store(&slot->covers, covers);
    return slot;
}

/* Waits until no handler looks at the owner that has given up its slot. Not forever: a report may
 * hang in a write, and in a child of fork its thread is not there. */
static void wait_for_reports(void)
{
    enum { MOST_MS = 100 };
    for (int i = 0; i < MOST_MS && atomic_load(&reports) != 0; i++)
        sys_sleep_ms(1);
}

void sys_fault_unregister(sys_fault_slot *slot)
{
    if (slot == NULL)
        return;
    chunk *c = slot->chunk;
    atomic_store(&slot->begin, NULL);
    atomic_store(&slot->covers, NULL);
    atomic_store(&slot->size, 0);
    atomic_store(&slot->owner, NULL);
    atomic_fetch_sub(&c->used, 1);
    wait_for_reports();
}
