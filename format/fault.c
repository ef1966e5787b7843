/* Faults, and the requirement of every code. */
#include "format/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *fmt_rule_of(int code)
{
    static const char *const rules[] = {
        "F-60", "F-5",  "F-5",  "F-17", "F-10", "F-14", "F-18", "F-20", "F-19", "F-12", "F-21",
        "F-22", "F-28", "F-31", "F-32", "F-33", "F-42", "F-15", "F-4",  "F-45", "F-50", "F-35",
        "F-36", "F-37", "F-39", "F-39", "F-38", "F-38", "F-47", "F-76", "F-23"};
    _Static_assert(sizeof rules / sizeof *rules == FMT_ASCENDING - FMT_NOT_SHMCOL + 1,
                   "section 12");
    return code >= FMT_NOT_SHMCOL && code <= FMT_ASCENDING ? rules[code - FMT_NOT_SHMCOL] : NULL;
}

__attribute__((format(printf, 7, 0))) static void fill(fmt_fault *fault, int code, const char *rule,
                                                       uint64_t offset, int64_t column, int64_t row,
                                                       const char *format, va_list args)
{
    const char *listed = fmt_rule_of(code);
    fault->code = code;
    fault->rule = listed != NULL ? listed : rule;
    fault->offset = offset;
    fault->column = column;
    fault->row = row;
    if (vsnprintf(fault->text, sizeof fault->text, format, args) < 0)
        fault->text[0] = 0;
    size_t used = strlen(fault->text);
    if (strcmp(fault->rule, rule) != 0)
        (void)snprintf(fault->text + used, sizeof fault->text - used, " (%s)", rule);
}

int fmt_fail(fmt_fault *fault, int code, const char *rule, uint64_t offset, const char *format, ...)
{
    if (fault != NULL) {
        va_list args;
        va_start(args, format);
        fill(fault, code, rule, offset, -1, -1, format, args);
        va_end(args);
    }
    return code;
}

int fmt_fail_at(fmt_fault *fault, int code, const char *rule, uint64_t offset, int64_t column,
                int64_t row, const char *format, ...)
{
    if (fault != NULL) {
        va_list args;
        va_start(args, format);
        fill(fault, code, rule, offset, column, row, format, args);
        va_end(args);
    }
    return code;
}
