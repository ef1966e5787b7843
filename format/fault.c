#include "format/fault.h"
#include <stdarg.h>
#include <stdio.h>

static void fill(fmt_fault *fault, int code, const char *rule, uint64_t offset, int64_t column, int64_t row, const char *format, va_list args)
{
    fault->code = code;
    fault->rule = rule;
    fault->offset = offset;
    fault->column = column;
    fault->row = row;
    if (vsnprintf(fault->text, sizeof fault->text, format, args) < 0)
        fault->text[0] = 0;
}

int fmt_fail(fmt_fault *fault, int code, const char *rule, uint64_t offset, const char *format, ...)
{
    if (fault) {
        va_list args;
        va_start(args, format);
        fill(fault, code, rule, offset, -1, -1, format, args);
        va_end(args);
    }
    return code;
}

int fmt_fail_at(fmt_fault *fault, int code, const char *rule, uint64_t offset, int64_t column, int64_t row, const char *format, ...)
{
    if (fault) {
        va_list args;
        va_start(args, format);
        fill(fault, code, rule, offset, column, row, format, args);
        va_end(args);
    }
    return code;
}
