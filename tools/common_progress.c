/* Progress on stderr: the part that is done, the rate and the time that is left. */
#include <unistd.h>

#include "common.h"
#include "common_text.h"

#define DRAW_EVERY 0.1  /* seconds, on a terminal */
#define PRINT_EVERY 1.0 /* seconds, elsewhere: whole lines */
#define FIRST_AFTER 0.3 /* seconds; a shorter run draws nothing */

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
    return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) * 1e-9;
}

void progress_begin(progress *p, const char *label, bool forced, bool quiet)
{
    p->terminal = isatty(STDERR_FILENO) == 1;
    p->show = forced || (p->terminal && !quiet);
    p->drawn = false;
    p->label = label;
    clock_gettime(CLOCK_MONOTONIC, &p->begin);
    p->last = p->begin;
}

static void draw(progress *p, uint64_t done, uint64_t total, double seconds)
{
    char now[TEXT_SMALL], all[TEXT_SMALL], left[TEXT_SMALL];
    double rate = seconds > 0 ? (double)done / seconds : 0;
    fprintf(stderr, "%s%s: ", p->terminal ? "\r\033[K" : "", p->label);
    if (total > 0) {
        double part = done < total ? (double)done / (double)total : 1;
        fprintf(stderr, "%3.0f%%  %s of %s  %.0f MB/s", part * 100, text_size(done, now),
                text_size(total, all), rate / 1e6);
        if (rate > 0 && done < total)
            fprintf(stderr, "  %s left", text_seconds((double)(total - done) / rate, left));
    } else {
        fprintf(stderr, "%s  %.0f MB/s", text_size(done, now), rate / 1e6);
    }
    fputs(p->terminal ? "" : "\n", stderr);
    fflush(stderr);
    p->drawn = true;
}

int progress_step(void *arg, uint64_t done, uint64_t total)
{
    progress *p = arg;
    if (p->show) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        double seconds = seconds_between(&p->begin, &now);
        double every = p->terminal ? DRAW_EVERY : PRINT_EVERY;
        if (seconds >= FIRST_AFTER && seconds_between(&p->last, &now) >= every) {
            draw(p, done, total, seconds);
            p->last = now;
        }
    }
    return tool_signal != 0;
}

void progress_end(progress *p)
{
    if (p->drawn && p->terminal) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}
