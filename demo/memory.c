/* The kernel's numbers for this process's memory: /proc/self/smaps and smaps_rollup. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "demo.h"

static uint64_t kib_field(const char *line, const char *name)
{
    uint64_t kib = 0;
    size_t n = strlen(name);
    if (strncmp(line, name, n) == 0 && sscanf(line + n, ": %" SCNu64 " kB", &kib) == 1)
        return kib * 1024;
    return 0;
}

bool demo_memory(const void *map, demo_result *result)
{
    char line[1024];
    FILE *rollup = fopen("/proc/self/smaps_rollup", "r");
    if (rollup == NULL)
        return false;
    while (fgets(line, sizeof line, rollup) != NULL)
        result->private_bytes +=
            kib_field(line, "Private_Clean") + kib_field(line, "Private_Dirty");
    fclose(rollup);

    FILE *maps = fopen("/proc/self/smaps", "r");
    if (maps == NULL)
        return false;
    bool ours = false;
    while (fgets(line, sizeof line, maps) != NULL) {
        uintptr_t begin, end;
        char dash;
        if (sscanf(line, "%" SCNxPTR "%c%" SCNxPTR, &begin, &dash, &end) == 3 && dash == '-')
            ours = begin <= (uintptr_t)map && (uintptr_t)map < end;
        else if (ours)
            result->pss_bytes += kib_field(line, "Pss");
    }
    fclose(maps);
    return true;
}
