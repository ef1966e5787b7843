/* The processes that map a file, and the memory that each one holds: from /proc. */
#ifndef TOOLS_INFO_MEMORY_H
#define TOOLS_INFO_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The kernel's names for a mapped file in /proc/PID/maps. */
typedef struct map_name {
    char device[16];
    uint64_t inode;
} map_name;

/* The mapped file, or all parts of a table, in the order of their names. */
typedef struct map_identity {
    map_name *names;
    size_t count;
} map_identity;

typedef struct map_user {
    pid_t pid;
    char command[64];
    uint64_t rss, pss, private_bytes; /* of the file's mappings */
    uint64_t page_tables;             /* of all that the process maps */
} map_user;

typedef struct map_users {
    map_user *users;
    uint32_t count;
    uint32_t unseen; /* processes that the system does not allow to examine */
    uint64_t rss, pss, private_bytes, page_tables;
} map_users;

/* Finds the mappings of this process at `count` addresses, which it sorts. (Device numbers of stat
 * differ from those of maps on some file systems.) Returns false if one is not found. The caller
 * frees identity->names, also then. */
bool memory_identify(const void **addresses, size_t count, map_identity *identity);
/* Finds all other processes that map the file. The own mapping should be gone by then, because it
 * would count in their shares. Returns false without /proc. */
bool memory_scan(const map_identity *identity, map_users *out);

#endif
