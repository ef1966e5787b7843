/* Reads /proc/PID/maps to find the processes that map the file, and /proc/PID/smaps of those alone:
 * the kernel walks page tables for smaps. */
#include "info_memory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

typedef struct map_line {
    uint64_t start, end, inode;
    char device[16];
} map_line;

static bool parse_map_line(const char *line, map_line *out)
{
    return sscanf(line, "%" SCNx64 "-%" SCNx64 " %*4s %*x %15s %" SCNu64, &out->start, &out->end,
                  out->device, &out->inode) == 4;
}

static int compare_names(const void *a, const void *b)
{
    const map_name *x = a, *y = b;
    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return strcmp(x->device, y->device);
}

static bool same_file(const map_line *line, const map_identity *identity)
{
    map_name name = {.inode = line->inode};
    memcpy(name.device, line->device, sizeof name.device);
    return identity->count > 0 &&
           bsearch(&name, identity->names, identity->count, sizeof name, compare_names) != NULL;
}

static int compare_addresses(const void *a, const void *b)
{
    const uintptr_t x = (uintptr_t)*(const void *const *)a, y = (uintptr_t)*(const void *const *)b;
    return x < y ? -1 : x > y;
}

bool memory_identify(const void **addresses, size_t count, map_identity *identity)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char *text = NULL;
    size_t capacity = 0, at = 0;
    identity->names = tool_alloc(count, sizeof *identity->names);
    identity->count = 0;
    if (maps == NULL)
        return false;
    qsort(addresses, count, sizeof *addresses, compare_addresses);
    while (at < count && getline(&text, &capacity, maps) > 0) { /* both in ascending order */
        map_line line;
        if (!parse_map_line(text, &line))
            continue;
        for (; at < count && (uintptr_t)addresses[at] < line.end; at++) {
            if ((uintptr_t)addresses[at] < line.start || line.inode == 0)
                continue;
            map_name *name = &identity->names[identity->count++];
            memcpy(name->device, line.device, sizeof name->device);
            name->inode = line.inode;
        }
    }
    free(text);
    (void)fclose(maps);
    qsort(identity->names, identity->count, sizeof *identity->names, compare_names);
    return identity->count == count;
}

/* Returns 1 if the process maps the file, 0 if not, -1 if the system does not allow to look. A
 * process that is gone maps nothing. */
static int maps_file(int pid, const map_identity *identity)
{
    char path[64];
    char *text = NULL;
    size_t capacity = 0;
    int answer = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "re");
    if (maps == NULL)
        return errno == EACCES || errno == EPERM ? -1 : 0;
    errno = 0;
    while (answer == 0 && getline(&text, &capacity, maps) > 0) {
        map_line line;
        answer = parse_map_line(text, &line) && same_file(&line, identity);
    }
    if (answer == 0 && (errno == EACCES || errno == EPERM))
        answer = -1;
    free(text);
    (void)fclose(maps);
    return answer;
}

/* Sums the fields of the file's mappings; their lines are "Name:   123 kB". */
static bool read_shares(int pid, const map_identity *identity, map_user *user)
{
    char path[64];
    char *text = NULL;
    size_t capacity = 0;
    bool ours = false, any = false;
    (void)snprintf(path, sizeof path, "/proc/%d/smaps", pid);
    FILE *smaps = fopen(path, "re");
    if (smaps == NULL)
        return false;
    while (getline(&text, &capacity, smaps) > 0) {
        map_line line;
        uint64_t kib;
        if (parse_map_line(text, &line)) {
            ours = same_file(&line, identity);
            any |= ours;
        } else if (ours && sscanf(text, "Rss: %" SCNu64, &kib) == 1) {
            user->rss += kib * 1024;
        } else if (ours && sscanf(text, "Pss: %" SCNu64, &kib) == 1) {
            user->pss += kib * 1024;
        } else if (ours && (sscanf(text, "Private_Clean: %" SCNu64, &kib) == 1 ||
                            sscanf(text, "Private_Dirty: %" SCNu64, &kib) == 1)) {
            user->private_bytes += kib * 1024;
        }
    }
    free(text);
    (void)fclose(smaps);
    return any;
}

static void read_command(int pid, char *out, size_t capacity)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/comm", pid);
    FILE *comm = fopen(path, "re");
    if (comm == NULL || fgets(out, (int)capacity, comm) == NULL)
        (void)snprintf(out, capacity, "?");
    out[strcspn(out, "\n")] = 0;
    if (comm != NULL)
        (void)fclose(comm);
}

/* Returns the bytes of a process's page tables; 0 if the system does not tell. */
static uint64_t read_page_tables(int pid)
{
    char path[64];
    char *text = NULL;
    size_t capacity = 0;
    uint64_t kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *status = fopen(path, "re");
    if (status == NULL)
        return 0;
    while (getline(&text, &capacity, status) > 0 && sscanf(text, "VmPTE: %" SCNu64, &kib) != 1)
        ;
    free(text);
    (void)fclose(status);
    return kib * 1024;
}

static void add_user(int pid, const map_identity *identity, map_users *out)
{
    map_user user = {0};
    if (!read_shares(pid, identity, &user))
        return;
    user.pid = pid;
    user.page_tables = read_page_tables(pid);
    read_command(pid, user.command, sizeof user.command);
    out->users = tool_realloc(out->users, (size_t)out->count + 1, sizeof *out->users);
    out->users[out->count++] = user;
    out->rss += user.rss;
    out->pss += user.pss;
    out->private_bytes += user.private_bytes;
    out->page_tables += user.page_tables;
}

bool memory_scan(const map_identity *identity, map_users *out)
{
    DIR *processes = opendir("/proc");
    memset(out, 0, sizeof *out);
    if (processes == NULL)
        return false;
    for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
        int pid = (int)strtol(entry->d_name, NULL, 10); /* 0: no process */
        if (pid <= 0 || pid == getpid())
            continue;
        int answer = maps_file(pid, identity);
        if (answer > 0)
            add_user(pid, identity, out);
        else if (answer < 0)
            out->unseen++;
    }
    (void)closedir(processes);
    return true;
}
