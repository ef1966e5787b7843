/* Memory of the tools. Each function prints a message and exits with 3 if there is no memory. */
#ifndef TOOLS_COMMON_MEMORY_H
#define TOOLS_COMMON_MEMORY_H

#include <stddef.h>

/* Returns `pointer`, or exits if it is NULL. */
void *tool_need(void *pointer);
/* Allocates `count` zeroed objects of `size` bytes, to be freed by free. */
void *tool_alloc(size_t count, size_t size);
/* Reallocates to `count` objects of `size` bytes. */
void *tool_realloc(void *pointer, size_t count, size_t size);
/* Copies a text of `length` bytes and adds a NUL; to be freed by free. */
char *tool_copy(const char *text, size_t length);

#endif
