"""Tables in memory that other processes open where they lie."""

from __future__ import annotations

import fcntl
import os
import stat
import weakref
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from . import _arguments, _errors, _shmcol
from ._lost import arriving
from ._opening import COPIES, Copy, Location, open_file, open_files
from ._table import Table, lost, reopen
from ._write import Mode, _options, _stream

_PREFIX = "shmcol-shared-"
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK


class SharedTable(Table):
    """A table that share() made. close() (or `with`) ends the sharing: no further process can open
    it. Processes that have it, and arrays, keep it."""

    __slots__ = ()

    def close(self) -> None:
        """Ends the sharing and the table; a second call does nothing. Tables that other processes
        have open, and arrays that came from this one, stay valid."""
        if isinstance(self._source, (_Memory, _Named)):
            self._source.end()
        super().close()

    def __enter__(self) -> SharedTable:
        self._live()
        return self


def share(
    table: Any,
    *,
    where: _arguments.Path | None = None,
    dictionary: Mode | Mapping[str, Mode] | Iterable[str] | None = None,
    metadata: Mapping[str | bytes, str | bytes] | None = None,
    index: bool | None = None,
    types: Mapping[str, Any] | None = None,
    copy: Copy = "if-needed",
    threads: int = 0,
    memory: int = 0,
) -> SharedTable:
    """Puts a table into memory that other processes of this machine map: `with shmcol.share(df) as
    t: pool.map(work, [t] * 8)`.

    table        whatever write() takes; dictionary, metadata, index, types, threads and memory are
                 those of write(), copy that of open()
    where        None: memory without a name, sealed: no process, not even its owner, can write to
                 it or cut it short. It goes with the last process that has it, however that ends.
                 Where the system has no such memory, or no /proc to reach it by, as
                 where="/dev/shm". A directory: a file in it, which is removed when the sharing
                 ends, also at exit, and by the next share() there if its owner was killed. For
                 processes in another PID namespace (another container) that see the same directory

    The table pickles to a few hundred bytes: process and descriptor (a file: its path), and the
    content's id. A process that unpickles it opens that, once however many tables name it, and
    checks that it is the same. Errors: FileMissing (the sharing or its process has ended),
    FileDenied (it is another user's), FileReplacedError (the process's number or descriptor belongs
    to another one by now). Any process may pass it on, while the one that made it shares it.

    The table is copied into the memory once. That costs a descriptor in this process, none in
    others. The memory counts as this process's and may be swapped. It raises the errors of write().
    """
    directory = "/dev/shm" if where is None else _arguments.path("where", where)
    _arguments.word("copy", copy, COPIES)
    options = _options(False, False, memory, threads, metadata, None, dictionary)
    stream, rows = _stream(table, index, types)
    rest = (*options, rows)
    fd = _memory_file() if where is None else None
    source: _Named | _Memory
    if fd is None:
        source, file = _in_directory(directory, stream, rest)
    else:
        source, file = _in_memory(fd, stream, rest)
    return SharedTable(file, source, file.head(), None, 0, None, copy)


def _same(status: os.stat_result, identity: tuple[int, int]) -> bool:
    return (status.st_dev, status.st_ino) == identity


def _refuse(
    made: type[_errors.Error], path: str, what: str, hint: str, number: int = 0
) -> _errors.Error:
    status, code = ("FILE_REPLACED", 27) if made is _errors.FileReplacedError else ("IO", 20)
    return _errors.make(
        made,
        f"{path}: error: {what}; {hint}",
        path=path,
        status=status,
        code=code,
        message=what,
        hint=hint,
        sys_errno=number,
    )


def _no_longer() -> _errors.Error:
    return _arguments.wrong(
        "the table is no longer shared",
        "share() it anew, or keep the `with` open while others are to get it",
        status="GONE",
        code=12,
    )


# ---- memory without a name ----


class _Address(NamedTuple):
    """A descriptor of a process, and the facts that show whether it is still the same one."""

    pid: int
    fd: int
    device: int
    inode: int
    started: int
    namespace: int

    @property
    def path(self) -> str:
        return f"/proc/{self.pid}/fd/{self.fd}"


class _Memory:
    """A table in memory, in its owner or elsewhere. The owner's `finish` closes the descriptor."""

    __slots__ = ("__weakref__", "address", "finish")

    def __init__(self, address: _Address) -> None:
        self.address = address
        self.finish: Any = None

    @property
    def path(self) -> str:
        return self.address.path

    def reduce(self, identity: bytes, part: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.finish is not None and not self.finish.alive:
            raise _no_longer()
        return _attach, (tuple(self.address), identity, *part)

    def end(self) -> None:
        if self.finish is not None:
            self.finish()


def _memory_file() -> int | None:
    """A new descriptor; None: there are none, or others could not get at it."""
    try:
        fd = _shmcol.memory_create()
    except _errors.FileError:
        return None
    try:
        found = os.fstat(fd)
        if _same(os.stat(f"/proc/{os.getpid()}/fd/{fd}"), (found.st_dev, found.st_ino)):
            return fd
    except OSError:
        pass
    os.close(fd)
    return None


def _in_memory(fd: int, stream: object, rest: tuple[Any, ...]) -> tuple[_Memory, Any]:
    found = os.fstat(fd)
    address = _Address(
        os.getpid(), fd, found.st_dev, found.st_ino, _started(os.getpid()), _namespace()
    )
    source = _Memory(address)
    source.finish = weakref.finalize(source, _close, fd, (address.device, address.inode))
    source.finish.atexit = False  # the end of the process closes it
    try:
        _shmcol.write_stream(fd, stream, *rest)
        _shmcol.memory_seal(fd)
        file = _shmcol.open_fd(fd, 0)
    except BaseException:
        source.end()
        raise
    open_files[_key(address, file.head()[2])] = file  # also for processes that fork from this one
    return source, file


def _close(fd: int, identity: tuple[int, int]) -> None:
    """Closes a descriptor if it is still that: a child of fork may have closed all it inherited."""
    try:
        if _same(os.fstat(fd), identity):
            os.close(fd)
    except OSError:
        pass


def _key(address: _Address, identity: bytes) -> tuple[Any, ...]:
    return "memory", address.device, address.inode, identity


def _started(pid: int) -> int:
    """When a process began, in ticks since the machine did; 0: there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as lines:
            return int(lines.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


def _namespace() -> int:
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


@arriving(lost)
def _attach(
    address: tuple[int, ...],
    identity: bytes,
    columns: tuple[int, ...] | None,
    start: int,
    stop: int,
    copy: Copy,
) -> Table:
    """Opens a pickled table in memory."""
    where = _Address(*address)
    key = _key(where, identity)
    file = open_files.get(key)
    if file is None:
        fd = _open_descriptor(where)
        try:
            file = _shmcol.open_fd(fd, 0)
        finally:
            os.close(fd)
        if file.head()[2] != identity:
            raise _not_the_same(where)
        file = open_files.setdefault(key, file)
    return Table(file, _Memory(where), file.head(), columns, start, stop, copy)


def _open_descriptor(address: _Address) -> int:
    """A descriptor of this process. The file is examined first, without opening it: by now it may
    be anything."""
    try:
        link = os.open(address.path, os.O_PATH)
    except OSError as error:
        raise _unreachable(address, error) from None
    try:
        if not _same(os.fstat(link), (address.device, address.inode)):
            raise _not_the_same(address)
        fd = os.open(f"/proc/self/fd/{link}", os.O_RDONLY)
    except OSError as error:
        raise error if isinstance(error, _errors.Error) else _unreachable(address, error) from None
    finally:
        os.close(link)
    try:
        sealed = fcntl.fcntl(fd, fcntl.F_GET_SEALS) & _SEALS == _SEALS
    except OSError:
        sealed = False
    if not sealed:
        os.close(fd)
        raise _not_the_same(address)
    return fd


_ELSEWHERE = 'share(where="/dev/shm") reaches processes that see the same /dev/shm'


def _not_the_same(address: _Address) -> _errors.Error:
    if address.namespace != _namespace():
        return _other_namespace(address)
    if _started(address.pid) != address.started:
        what = (
            f"process {address.pid}, which shared the table, has ended; its number is another "
            "process's now"
        )
    else:
        what = (
            f"process {address.pid} no longer shares the table; its descriptor {address.fd} is "
            "something else now"
        )
    return _refuse(
        _errors.FileReplacedError,
        address.path,
        what,
        "keep the `with` of share() open while others are to open the table",
    )


def _other_namespace(address: _Address) -> _errors.Error:
    what = (
        f"the table was shared by process {address.pid} of another PID namespace (another "
        "container?), whose memory cannot be reached from here"
    )
    return _refuse(_errors.FileMissing, address.path, what, _ELSEWHERE, 2)


def _unreachable(address: _Address, error: OSError) -> _errors.Error:
    if isinstance(error, FileNotFoundError):
        if address.namespace != _namespace():
            return _other_namespace(address)
        ended = _started(address.pid) != address.started
        what = (
            f"process {address.pid}, which shared the table, has ended"
            if ended
            else f"process {address.pid} no longer shares the table"
        )
        return _refuse(
            _errors.FileMissing,
            address.path,
            what,
            "keep the `with` of share() open while others are to open the table",
            2,
        )
    if isinstance(error, PermissionError):
        what = (
            f"process {address.pid} shared the table, and this process may not look into that "
            "one: it is another user's, or forbids it"
        )
        return _refuse(
            _errors.FileDenied,
            address.path,
            what,
            "run both as one user, or write() a file that both may read",
            error.errno or 0,
        )
    return _refuse(
        _errors.FileError,
        address.path,
        f"cannot open: {error.strerror}",
        _ELSEWHERE,
        error.errno or 0,
    )


# ---- a file in a directory ----


class _Named:
    """A table in a file that its owner removes. While the owner, or a child that fork made of it,
    lives, the file is locked."""

    __slots__ = ("__weakref__", "finish", "path")

    def __init__(self, path: str, fd: int | None) -> None:
        self.path = path
        self.finish = None if fd is None else weakref.finalize(self, _remove, path, fd, os.getpid())

    def reduce(self, identity: bytes, part: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.finish is not None and not self.finish.alive:
            raise _no_longer()
        return _attach_named, (self.path, identity, *part)

    def end(self) -> None:
        if self.finish is not None:
            self.finish()


def _in_directory(directory: str, stream: object, rest: tuple[Any, ...]) -> tuple[_Named, Any]:
    directory = os.path.abspath(directory)
    try:
        _sweep(directory)
        path, fd = _locked(directory)
    except OSError as error:
        made = _errors._BY_ERRNO.get(error.errno or 0, _errors.FileError)
        raise _refuse(
            made,
            directory,
            f"cannot share a table in this directory: {error.strerror}",
            "give where= another one",
            error.errno or 0,
        ) from None
    source = _Named(path, fd)
    try:
        _shmcol.write_stream(fd, stream, *rest)
        os.fchmod(fd, 0o400)
        file = open_file(_location(path))
    except BaseException as wrong:
        source.end()
        if isinstance(wrong, _errors.FileError) and wrong.path is None:
            wrong.path = wrong.filename = path
            wrong.args = (f"{path}: {wrong}",)
        raise
    open_files[(*_location(path), file.head()[2])] = file
    return source, file


def _location(path: str) -> Location:
    return path, 0, None, 0


def _locked(directory: str) -> tuple[str, int]:
    """A new file that is locked. A sweep of another process may find it between its creation and
    the lock. Then that process removes it, and another file is made."""
    while True:
        path = os.path.join(directory, _PREFIX + os.urandom(8).hex())
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            continue
        except OSError:
            os.unlink(path)
            os.close(fd)
            raise
        if os.fstat(fd).st_nlink > 0:
            return path, fd
        os.close(fd)


def _sweep(directory: str) -> None:
    """Removes files of owners that were killed: their locks are free, and no name comes twice."""
    with os.scandir(directory) as entries:
        left = [entry.path for entry in entries if entry.name.startswith(_PREFIX)]
    for path in left:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            found = os.fstat(fd)
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(path)
        except OSError:
            pass  # its owner lives, or another process was faster
        finally:
            os.close(fd)


def _remove(path: str, fd: int, owner: int) -> None:
    """Of a child of fork the file is not; its descriptor is closed with it."""
    if os.getpid() != owner:
        return
    try:
        os.unlink(path)
    except OSError:
        pass
    os.close(fd)


@arriving(lost)
def _attach_named(
    path: str, identity: bytes, columns: tuple[int, ...] | None, start: int, stop: int, copy: Copy
) -> Table:
    try:
        table = reopen(_location(path), identity, columns, start, stop, copy)
    except FileNotFoundError:
        what = "the table is no longer shared, or its file is not visible from here"
        raise _refuse(
            _errors.FileMissing,
            path,
            what,
            "keep the `with` of share() open while others are to open the table",
            2,
        ) from None
    table._source = _Named(path, None)
    return table
