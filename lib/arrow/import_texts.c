/* Strings of an imported array: offsets and views. */
#include "arrow/import_texts.h"

#include <string.h>

/* A view holds up to 12 bytes of text itself; of a longer one it holds a prefix of 4, a buffer and
 * an offset in it. */
enum { VIEW_INLINE = 12 };

/* Arrow recommends alignment but does not demand it: hence memcpy. */
int64_t arrow_texts_offset(const arrow_texts *texts, uint64_t i)
{
    if (texts->form == ARROW_STRINGS32) {
        int32_t narrow;
        memcpy(&narrow, (const char *)texts->values + (texts->first + i) * sizeof narrow,
               sizeof narrow);
        return narrow;
    }
    int64_t wide;
    memcpy(&wide, (const char *)texts->values + (texts->first + i) * sizeof wide, sizeof wide);
    return wide;
}

int64_t arrow_texts_size(const arrow_texts *texts, int64_t i)
{
    int64_t size;
    memcpy(&size, (const char *)texts->sizes + (size_t)i * sizeof size, sizeof size);
    return size;
}

static bool view_at(const arrow_texts *texts, uint64_t i, shmcol_text *text)
{
    const char *view = (const char *)texts->values + (texts->first + i) * ARROW_VIEW_SIZE;
    int32_t length, buffer, offset;
    memcpy(&length, view, sizeof length);
    if (length < 0)
        return false;
    if (length <= VIEW_INLINE) {
        *text = (shmcol_text){view + 4, (uint64_t)length};
        return true;
    }
    memcpy(&buffer, view + 8, sizeof buffer);
    memcpy(&offset, view + 12, sizeof offset);
    if (buffer < 0 || buffer >= texts->n_variadic || offset < 0)
        return false;
    int64_t size = arrow_texts_size(texts, buffer);
    if (size < length || offset > size - length)
        return false;
    *text = (shmcol_text){(const char *)texts->variadic[buffer] + offset, (uint64_t)length};
    return true;
}

bool arrow_texts_at(const arrow_texts *texts, uint64_t i, shmcol_text *text)
{
    if (texts->form == ARROW_VIEWS)
        return view_at(texts, i, text);
    int64_t begin = arrow_texts_offset(texts, i), end = arrow_texts_offset(texts, i + 1);
    if (begin < 0 || end < begin || end > texts->end)
        return false;
    *text = (shmcol_text){texts->data + begin, (uint64_t)(end - begin)};
    return true;
}
