/* Makes the k-th call of one kind fail, inside this process. inject.c stands between the library
 * and the C library by the linker's --wrap (CMakeLists.txt lists the functions). */
#ifndef SHMCOL_FAULTS_INJECT_H
#define SHMCOL_FAULTS_INJECT_H

#include <stdbool.h>
#include <stdint.h>

/* "memory" is every way to allocate, and to make a thread; the others are system calls by name. */
typedef struct injection {
    const char *kind;
    int errnum;        /* 0: the call moves half of the bytes that it was asked for */
    uint64_t first;    /* which call fails, from 1; 0: none, calls are only counted */
    bool from_then_on; /* all later ones fail too */
} injection;

/* Returns true if there is a kind of that name. */
bool inject_known(const char *kind);
/* From now on calls of that kind are counted, and fail as `what` says. */
void inject_begin(const injection *what);
/* No call fails any more. Gives how many calls there were, and how many of them failed. */
void inject_end(uint64_t *calls, uint64_t *failed);

#endif
