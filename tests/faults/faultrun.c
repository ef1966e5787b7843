/* Runs a program and makes one of its system calls fail, end early, or be its last:
 *
 *     faultrun [-c FD] [-d] [-f CALL:K[+]:ACTION] -- PROGRAM [ARGUMENT...]
 *
 * CALL is a system call by name, or "any"; K counts from 1 over all threads; K+ means the K-th and
 * all later ones. ACTION is an errno as a number, "short" (half of the bytes asked for), "byte"
 * (one byte), "kill" (SIGKILL before the call), or "cut=FLAG:DIR" (the file system that holds DIR
 * stops as if the power failed, by EXT4_IOC_SHUTDOWN with that flag, and the program goes on).
 *
 * Calls of the dynamic linker are neither counted nor harmed: a program that does not load is no
 * test of ours. fsync returns 0 at once, to save the disk, unless -d (durable) is given or fsync is
 * what fails.
 *
 * With -c, FD gets a line "NAME COUNT" for every system call that was counted, and "hit N" for how
 * often the action was taken. The exit status is the program's, or 128 and the signal that ended
 * it; 125 says that the injector itself failed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define BROKEN 125
#define ANY (-1)
#define EXT4_SHUTDOWN _IOR('X', 125, uint32_t)

#define NAMED(name) {#name, SYS_##name}
static const struct {
    const char *name;
    long number;
} calls[] = {
    NAMED(brk),
    NAMED(clone),
    NAMED(clone3),
    NAMED(close),
    NAMED(copy_file_range),
    NAMED(exit),
    NAMED(exit_group),
    NAMED(faccessat),
    NAMED(fadvise64),
    NAMED(fallocate),
    NAMED(fchmod),
    NAMED(fcntl),
    NAMED(flock),
    NAMED(fstat),
    NAMED(fstatfs),
    NAMED(fsync),
    NAMED(ftruncate),
    NAMED(futex),
    NAMED(getdents64),
    NAMED(getrandom),
    NAMED(ioctl),
    NAMED(linkat),
    NAMED(lseek),
    NAMED(madvise),
    NAMED(memfd_create),
    NAMED(mincore),
    NAMED(mkdirat),
    NAMED(mmap),
    NAMED(mprotect),
    NAMED(mremap),
    NAMED(munmap),
    NAMED(openat),
    NAMED(pread64),
    NAMED(pwrite64),
    NAMED(read),
    NAMED(readlinkat),
    NAMED(renameat2),
    NAMED(statx),
    NAMED(unlinkat),
    NAMED(utimensat),
    NAMED(write),
    NAMED(writev),
#ifdef SYS_renameat
    NAMED(renameat),
#endif
#ifdef SYS_newfstatat
    NAMED(newfstatat),
#endif
#ifdef SYS_access
    NAMED(access),
    NAMED(mkdir),
    NAMED(readlink),
#endif
};
enum { CALLS = sizeof calls / sizeof *calls };

/* These calls move bytes; the argument of that number says how many. */
static const struct {
    long number;
    unsigned argument;
} lengths[] = {{SYS_read, 2},     {SYS_pread64, 2},   {SYS_write, 2},
               {SYS_pwrite64, 2}, {SYS_getrandom, 1}, {SYS_copy_file_range, 4}};

enum action { NOTHING, FAIL, SHORT, BYTE, KILL, CUT };
static struct {
    enum action action;
    long call; /* its number, or ANY */
    uint64_t first;
    bool from_then_on;
    int errnum;
    uint32_t flag;
    int directory;
} fault = {.call = ANY};
static bool durable;
static int counts = -1;
static uint64_t counted[CALLS + 1], matching, hits; /* the last is for calls without a name here */
static uint64_t loader_begin, loader_end;           /* the dynamic linker's code */

static _Noreturn void broken(const char *what)
{
    fprintf(stderr, "faultrun: %s: %s\n", what, strerror(errno));
    exit(BROKEN);
}

static _Noreturn void usage(void)
{
    fputs("usage: faultrun [-c FD] [-d] [-f CALL:K[+]:ACTION] -- PROGRAM [ARGUMENT...]\n", stderr);
    exit(BROKEN);
}

/* ---- the two things that depend on the machine ---- */

#if defined(__x86_64__)
static void set_registers(pid_t thread, const unsigned *argument, uint64_t value)
{
    struct user_regs_struct r;
    if (ptrace(PTRACE_GETREGS, thread, NULL, &r) != 0)
        broken("cannot read registers");
    unsigned long long *const arguments[] = {&r.rdi, &r.rsi, &r.rdx, &r.r10, &r.r8, &r.r9};
    if (argument != NULL) {
        *arguments[*argument] = value;
    } else {
        r.orig_rax = (unsigned long long)-1;
        r.rax = value;
    }
    if (ptrace(PTRACE_SETREGS, thread, NULL, &r) != 0)
        broken("cannot write registers");
}
#elif defined(__aarch64__)
static void set_registers(pid_t thread, const unsigned *argument, uint64_t value)
{
    struct user_regs_struct r;
    struct iovec all = {&r, sizeof r};
    if (ptrace(PTRACE_GETREGSET, thread, 1 /* NT_PRSTATUS */, &all) != 0)
        broken("cannot read registers");
    r.regs[argument != NULL ? *argument : 0] = value;
    if (ptrace(PTRACE_SETREGSET, thread, 1, &all) != 0)
        broken("cannot write registers");
    int none = -1;
    struct iovec number = {&none, sizeof none};
    if (argument == NULL &&
        ptrace(PTRACE_SETREGSET, thread, 0x404 /* NT_ARM_SYSTEM_CALL */, &number) != 0)
        broken("cannot skip a system call");
}
#else
static void set_registers(pid_t thread, const unsigned *argument, uint64_t value)
{
    (void)thread, (void)argument, (void)value;
    errno = ENOSYS;
    broken("this machine's registers");
}
#endif

/* The call is not made and returns errnum. */
static void fail_call(pid_t thread, int errnum)
{
    set_registers(thread, NULL, (uint64_t)-(int64_t)errnum);
}

static void shorten_call(pid_t thread, const struct __ptrace_syscall_info *info)
{
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint64_t length = info->seccomp.args[lengths[i].argument];
        if (lengths[i].number == (long)info->seccomp.nr && length > 1)
            set_registers(thread, &lengths[i].argument, fault.action == BYTE ? 1 : length / 2);
    }
}

/* ---- the program that is tried ---- */

/* Every call that is counted stops, and fsync, which then costs nothing. */
static void install_filter(void)
{
    struct sock_filter code[8];
    unsigned short n = 0;
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    if (fault.call != ANY) {
        code[n++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)fault.call, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    if (!durable && fault.call != ANY) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsync, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    code[n++] = (struct sock_filter)BPF_STMT(
        BPF_RET | BPF_K, fault.call == ANY ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW);
    struct sock_fprog program = {n, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        broken("cannot filter system calls");
}

static _Noreturn void become(char **program)
{
    if (counts >= 0)
        close(counts);
    if (fault.directory > 0)
        close(fault.directory);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        broken("cannot be traced");
    raise(SIGSTOP);
    install_filter();
    execv(program[0], program);
    broken(program[0]);
}

/* ---- watching it ---- */

/* Finds the linker's code: the pages of the file that holds the address AT_BASE. */
static void find_loader(pid_t process)
{
    char path[64], line[512], name[400] = "", wanted[400] = "";
    snprintf(path, sizeof path, "/proc/%d/auxv", (int)process);
    FILE *f = fopen(path, "rb");
    unsigned long pair[2], base = 0, begin, end;
    while (f != NULL && fread(pair, sizeof pair, 1, f) == 1)
        if (pair[0] == 7 /* AT_BASE */)
            base = pair[1];
    if (f != NULL)
        fclose(f);
    snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    f = fopen(path, "r");
    while (f != NULL && base != 0 && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %399s", &begin, &end, name) != 3)
            continue;
        if (base >= begin && base < end) {
            memcpy(wanted, name, sizeof wanted);
            loader_begin = begin;
        }
        if (wanted[0] != 0 && strcmp(name, wanted) == 0)
            loader_end = end;
    }
    if (f != NULL)
        fclose(f);
}

static void cut_power(void)
{
    if (ioctl(fault.directory, EXT4_SHUTDOWN, &fault.flag) != 0)
        broken("cannot stop the file system");
}

static void count(long number)
{
    size_t i = 0;
    while (i < CALLS && calls[i].number != number)
        i++;
    counted[i]++;
}

static void at_call(pid_t process, pid_t thread)
{
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) {
        if (errno == ESRCH)
            return; /* it was killed just now */
        broken("cannot read a system call");
    }
    uint64_t at = info.instruction_pointer;
    long number = (long)info.seccomp.nr;
    if (number == SYS_execve || (at >= loader_begin && at < loader_end))
        return;
    count(number);
    bool now = false;
    if (fault.action != NOTHING && (fault.call == ANY || fault.call == number)) {
        matching++;
        now = matching == fault.first || (fault.from_then_on && matching > fault.first);
    }
    hits += now;
    if (now && fault.action == FAIL)
        fail_call(thread, fault.errnum);
    else if (now && (fault.action == SHORT || fault.action == BYTE))
        shorten_call(thread, &info);
    else if (now && fault.action == CUT)
        cut_power();
    if (now && fault.action == KILL)
        kill(process, SIGKILL);
    else if (number == SYS_fsync && !durable && !(now && fault.action == FAIL))
        fail_call(thread, 0);
}

static void report(void)
{
    for (size_t i = 0; counts >= 0 && i <= CALLS; i++)
        if (counted[i] != 0)
            dprintf(counts, "%s %llu\n", i < CALLS ? calls[i].name : "other",
                    (unsigned long long)counted[i]);
    if (counts >= 0)
        dprintf(counts, "hit %llu\n", (unsigned long long)hits);
}

/* Until the process is gone; returns how it ended. */
static int watch(pid_t process)
{
    int status;
    for (;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0)
            broken("cannot wait");
        if (!WIFSTOPPED(status)) {
            if (thread == process)
                return status;
            continue;
        }
        int stop = WSTOPSIG(status), event = status >> 16, deliver = 0;
        if (stop == SIGTRAP && event == PTRACE_EVENT_EXEC)
            find_loader(process);
        else if (stop == SIGTRAP && event == PTRACE_EVENT_SECCOMP)
            at_call(process, thread);
        else if (event == 0 && stop != SIGSTOP)
            deliver = stop;
        ptrace(PTRACE_CONT, thread, NULL,
               (void *)(intptr_t)deliver); /* fails only for what was killed */
    }
}

/* ---- the command line ---- */

static long call_number(const char *name)
{
    if (strcmp(name, "any") == 0)
        return ANY;
    for (size_t i = 0; i < CALLS; i++)
        if (strcmp(calls[i].name, name) == 0)
            return calls[i].number;
    fprintf(stderr, "faultrun: no system call is called \"%s\" here\n", name);
    exit(BROKEN);
}

static void parse_fault(char *text)
{
    char *end, *k = strchr(text, ':'), *action = k != NULL ? strchr(k + 1, ':') : NULL;
    if (action == NULL)
        usage();
    *k++ = 0;
    *action++ = 0;
    fault.call = call_number(text);
    fault.first = strtoull(k, &end, 10);
    fault.from_then_on = *end == '+';
    fault.action = strcmp(action, "short") == 0  ? SHORT
                   : strcmp(action, "byte") == 0 ? BYTE
                   : strcmp(action, "kill") == 0 ? KILL
                                                 : FAIL;
    if (strncmp(action, "cut=", 4) == 0) {
        fault.action = CUT;
        fault.flag = (uint32_t)strtoul(action + 4, &end, 10);
        fault.directory = *end == ':' ? open(end + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (fault.directory < 0)
            broken(action);
    } else if (fault.action == FAIL) {
        fault.errnum = (int)strtol(action, &end, 10);
        if (*end != 0 || fault.errnum <= 0)
            usage();
    }
}

int main(int argc, char **argv)
{
    for (int option; (option = getopt(argc, argv, "+c:df:")) != -1;) {
        if (option == 'c')
            counts = atoi(optarg);
        else if (option == 'd')
            durable = true;
        else if (option == 'f')
            parse_fault(optarg);
        else
            usage();
    }
    if (optind == argc)
        usage();
    pid_t process = fork();
    if (process < 0)
        broken("cannot fork");
    if (process == 0)
        become(argv + optind);
    int status;
    if (waitpid(process, &status, 0) != process || !WIFSTOPPED(status))
        broken("the program did not start");
    const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE |
                         PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, process, NULL, (void *)options) != 0 ||
        ptrace(PTRACE_CONT, process, NULL, NULL) != 0)
        broken("cannot trace");
    status = watch(process);
    report();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
