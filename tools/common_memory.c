/* Memory of the tools: a tool that has none ends. */
#include "common_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shmcol.h"

void *tool_need(void *pointer)
{
    if (pointer == NULL) {
        fputs("error: out of memory\n", stderr);
        exit(SHMCOL_CLASS_SYSTEM);
    }
    return pointer;
}

void *tool_alloc(size_t count, size_t size)
{
    return tool_need(calloc(count != 0 ? count : 1, size != 0 ? size : 1));
}

void *tool_realloc(void *pointer, size_t count, size_t size)
{
    return tool_need(reallocarray(pointer, count != 0 ? count : 1, size));
}

char *tool_copy(const char *text, size_t length)
{
    char *copy = tool_alloc(length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}
