"""The faults: for each system call the errors it can give, by the manual pages and the kernel."""

import errno
from dataclasses import dataclass

# The call is not made, and gives one of these.
ERRORS = {
    "openat": "EACCES EDQUOT EINTR EIO ELOOP EMFILE ENFILE ENODEV ENOENT ENOMEM ENOSPC ENXIO "
    "EOPNOTSUPP EPERM EROFS",
    "read": "EINTR EIO ENOMEM",
    "pread64": "EINTR EIO ENOMEM",
    "write": "EDQUOT EFBIG EINTR EIO ENOSPC EPERM",
    "pwrite64": "EDQUOT EFBIG EINTR EIO ENOSPC EPERM",
    "mremap": "EAGAIN ENOMEM",
    "mmap": "EACCES EAGAIN ENFILE ENODEV ENOMEM EPERM",
    "ftruncate": "EFBIG EINTR EIO EINVAL ENOSPC EPERM",
    "fallocate": "EDQUOT EFBIG EINTR EIO ENOSPC ENOSYS EOPNOTSUPP EPERM",
    "fsync": "EDQUOT EINTR EINVAL EIO ENOSPC EROFS",
    "linkat": "EACCES EDQUOT EEXIST EIO EMLINK ENOENT ENOMEM ENOSPC EPERM EROFS EXDEV",
    "renameat": "EACCES EBUSY EDQUOT EIO EISDIR ENOENT ENOMEM ENOSPC EPERM EROFS EXDEV",
    "renameat2": "EACCES EBUSY EDQUOT EEXIST EINVAL EIO ENOENT ENOMEM ENOSPC ENOSYS EPERM "
    "EROFS EXDEV",
    "fchmod": "EIO EPERM EROFS",
    "flock": "EINTR EWOULDBLOCK ENOLCK",
    "fcntl": "EACCES EAGAIN EINTR EINVAL EMFILE ENOLCK",
    "getrandom": "EAGAIN EINTR ENOSYS",
    "madvise": "EAGAIN EINVAL EIO ENOMEM",
    "lseek": "EINVAL ENXIO",
    "fstat": "EIO ENOMEM",
    "newfstatat": "EACCES EIO ENOENT ENOMEM",
    "fstatfs": "EINTR EIO ENOMEM ENOSYS",
    "mkdir": "EACCES EDQUOT EEXIST EIO ENOENT ENOSPC EROFS",
    "memfd_create": "EMFILE ENOMEM ENOSYS",
    "getdents64": "EIO ENOENT",
    "access": "EACCES EIO ENOENT",
    "unlinkat": "EACCES EBUSY EIO ENOENT EPERM EROFS",
    "utimensat": "EACCES EPERM EROFS",
    "fadvise64": "EINVAL ESPIPE",
    "clone3": "EAGAIN ENOMEM ENOSYS",
    "readlink": "EACCES EIO ENOENT ENOMEM",
    "ioctl": "ENOTTY",
}
# Calls that the kernel does not refuse, or that libc makes for itself. inject.c refuses memory.
NEVER_FAIL = {
    "brk",
    "close",
    "munmap",
    "mprotect",
    "futex",
    "exit",
    "exit_group",
    "other",
}
# Some errors last: the disk stays full, there are no descriptors, the device is gone.
LASTING = {
    "openat": "EACCES EMFILE EOPNOTSUPP",
    "pread64": "EIO",
    "read": "EIO",
    "pwrite64": "EIO ENOSPC",
    "mmap": "ENOMEM",
    "mremap": "ENOMEM",
    "fallocate": "ENOSPC EOPNOTSUPP",
    "fsync": "EIO",
    "linkat": "EPERM EOPNOTSUPP",
    "renameat2": "EINVAL",
    "flock": "ENOLCK",
    "fcntl": "EINVAL ENOLCK",
    "madvise": "EINVAL",
    "getrandom": "ENOSYS",
}
MOVING = ("read", "write", "pread64", "pwrite64", "getrandom")
# Calls that no clean-up survives: what stays behind is not asked for.
CLEANS_UP = ("unlinkat", "getdents64")

# The calls that faults_inprocess knows; the others are the tools' own, or libc's.
INSIDE = set(ERRORS) - {
    "newfstatat",
    "getdents64",
    "access",
    "unlinkat",
    "clone3",
    "readlink",
    "ioctl",
}

USERS = ("root", "other")
TEMPORARIES = {"unnamed": "", "named": "tmpfile", "no-links": "tmpfile,link"}


@dataclass(frozen=True)
class Fault:
    """The k-th call fails (an errno by name), moves fewer bytes ("short", "byte"), is the last
    ("kill"), or cuts the power ("cut=FLAG")."""

    call: str
    k: int
    action: str
    lasting: bool = False

    def __str__(self):
        return f"{self.call}:{self.k}{'+' if self.lasting else ''}:{self.action}"

    @staticmethod
    def parse(text):
        call, k, action = text.split(":")
        return Fault(call, int(k.rstrip("+")), action, k.endswith("+"))

    def number(self):
        """Its errno, or None."""
        return getattr(errno, self.action, None) if self.action.startswith("E") else None


def kinds(call, short=False):
    """(action, lasting) of a call; with `short` only the most telling ones."""
    if short:
        some = {
            "openat": "EMFILE",
            "pwrite64": "ENOSPC",
            "mmap": "ENOMEM",
            "mremap": "ENOMEM",
            "linkat": "EEXIST",
            "fcntl": "ENOLCK",
            "getrandom": "ENOSYS",
        }
        names = ERRORS[call].split()
        yield some.get(call, "EIO" if "EIO" in names else names[0]), False
        return
    for name in ERRORS[call].split():
        yield name, False
    for name in LASTING.get(call, "").split():
        yield name, True
    if call in MOVING:
        yield "short", False
        yield "byte", False
        yield "short", True


def inside_faults(short=False):
    """The faults of faults_inprocess, in its spelling."""
    yield f"memory:{errno.ENOMEM}"
    if not short:
        yield f"memory:{errno.ENOMEM}+"
    for call in sorted(INSIDE):
        for action, lasting in kinds(call, short):
            if action != "byte":
                number = 0 if action == "short" else getattr(errno, action)
                yield f"{call}:{number}{'+' if lasting else ''}"
