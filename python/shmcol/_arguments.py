"""Arguments of the package's functions: each is checked where it comes in; errors name it."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from . import _errors

U32, U64, I32, I64 = (1 << 32) - 1, (1 << 64) - 1, (1 << 31) - 1, (1 << 63) - 1

Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]


def wrong(
    text: str, hint: str = "", status: str = "INVALID_ARGUMENT", code: int = 1
) -> _errors.Error:
    """The error for a value that an argument cannot have."""
    whole = text + (f"; {hint}" if hint else "")
    return _errors.make(_errors.UsageError, whole, status=status, code=code, hint=hint)


def wrong_type(text: str, hint: str = "") -> _errors.Error:
    """The error for an object that is of no type that is taken there."""
    whole = text + (f"; {hint}" if hint else "")
    return _errors.make(
        _errors.ArgumentTypeError, whole, status="INVALID_ARGUMENT", code=1, hint=hint
    )


def read_only(what: str, instead: str) -> _errors.Error:
    """The error for an assignment to what is read-only."""
    return wrong_type(
        f"{what} is read-only", f"for values of your own: {instead}, or t.to_pandas(writable=True)"
    )


def shown(value: Any) -> str:
    """The value in an error, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"


def integer(name: str, value: Any, least: int = 0, most: int = U64) -> int:
    """An integer of Python or numpy between two bounds. A bool is not one, and a float is not
    rounded."""
    if type(value) is int and least <= value <= most:
        return value
    try:
        if isinstance(value, bool):
            raise TypeError
        made = operator.index(value)
    except TypeError:
        raise wrong_type(f"{name} is an integer, not {shown(value)}") from None
    if not least <= made <= most:
        raise wrong(
            f"{name}: {made:,} is not between {least:,} and {most:,}", status="OUT_OF_RANGE", code=5
        )
    return made


def flag(name: str, value: Any) -> bool:
    """True or False, also as numpy has them or as 1 and 0. The word "no" is neither."""
    if value is True or value is False:
        return value is True
    if type(value).__name__ in ("bool", "bool_") or type(value) is int and value in (0, 1):
        return bool(value)
    raise wrong_type(f"{name} is True or False, not {shown(value)}")


def word(name: str, value: Any, words: Collection[str | None]) -> Any:
    """One of some words, or None where that is among them."""
    if (value is None or isinstance(value, str)) and value in words:
        return value
    given = ", ".join(map(repr, words))
    if isinstance(value, str):
        raise wrong(f"{name}: {shown(value)} is none of {given}")
    raise wrong_type(f"{name} is one of {given}, not {shown(value)}")


def utf8(name: str, value: Any) -> bytes:
    """The UTF-8 of a str. A lone surrogate has none."""
    if not isinstance(value, str):
        raise wrong_type(f"{name} is a str, not {shown(value)}")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise wrong(
            f"{name}: {shown(value)} has a lone surrogate, which UTF-8 does not have"
        ) from None


def text(name: str, value: Any) -> str:
    """A str that C takes: UTF-8 without a NUL."""
    if b"\0" in utf8(name, value):
        raise wrong(f"{name}: {shown(value)} has a NUL character")
    made: str = value
    return made


def path(name: str, value: Any) -> str:
    """The path that a str, bytes or an os.PathLike is."""
    try:
        made = os.fspath(value)
    except TypeError:
        file = hasattr(value, "read") or hasattr(value, "write")
        hint = (
            "give the path of the file: an open file is not taken"
            if file
            else "give a str, bytes or a pathlib.Path"
        )
        raise wrong_type(f"{name} is a path, not {shown(value)}", hint) from None
    if isinstance(made, str) and made and made.isascii() and "\0" not in made:
        return made
    try:
        raw = os.fsencode(made)
    except UnicodeEncodeError:
        raise wrong(
            f"{name}: {shown(made)} has a lone surrogate, which no file's name has"
        ) from None
    if not raw or b"\0" in raw:
        raise wrong(f"{name} is empty" if not raw else f"{name}: {shown(made)} has a NUL character")
    return os.fsdecode(raw)


def names(name: str, value: Any, ordered: bool = False) -> tuple[str, ...]:
    """The names in a list, or in another iterable of str; `ordered`: that is no set."""
    if isinstance(value, (str, bytes, Mapping)) or ordered and isinstance(value, (set, frozenset)):
        hint = f"give a list: {name}=[{value!r}]" if isinstance(value, str) else "give a list"
        raise wrong_type(f"{name} is a list of names, not a {type(value).__name__}", hint)
    if not isinstance(value, Iterable):
        raise wrong_type(f"{name} is a list of names, not {shown(value)}")
    return tuple(text(f"a name in {name}", each) for each in value)


def texts(name: str, value: Any) -> tuple[str, ...]:
    """One str, or those in a list."""
    return (text(name, value),) if isinstance(value, str) else names(name, value, ordered=True)


def mapping(name: str, value: Any) -> dict[str, Any]:
    """The pairs of a mapping whose keys are names."""
    if not isinstance(value, Mapping):
        raise wrong_type(f"{name} is a dict, not {shown(value)}")
    return {text(f"a name in {name}", key): each for key, each in value.items()}


def bytes_of(name: str, value: Any) -> bytes:
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else utf8(name, value)


def pairs(metadata: Any) -> tuple[tuple[bytes, bytes], ...]:
    """Metadata as bytes: keys and values are str or bytes, and no key comes twice."""
    if metadata is None:
        return ()
    if not isinstance(metadata, Mapping):
        raise wrong_type(f"metadata is a dict, not {shown(metadata)}")
    made: dict[bytes, bytes] = {}
    for key, value in metadata.items():
        if not isinstance(value, (str, bytes, bytearray, memoryview)):
            raise wrong_type(
                f"metadata[{key!r}] is str or bytes, not {shown(value)}",
                "write numbers as text: str(value)",
            )
        raw = bytes_of("a key of metadata", key)
        if raw in made:
            raise wrong(f"metadata has the key {key!r} twice, as str and as bytes")
        made[raw] = bytes_of(f"metadata[{key!r}]", value)
    return tuple(made.items())


def level(zstd: Any) -> int:
    """The level of zstd: 0 for none, 3 for True."""
    return (
        3
        if zstd is True
        else 0
        if zstd is None or zstd is False
        else integer("zstd", zstd, -I32, I32)
    )


_MODES = ("auto", "always", "never")


def modes(dictionary: Any) -> tuple[str, ...]:
    """Which string columns become dictionaries, as the library takes it: MODE or NAME=MODE."""
    if dictionary is None:
        return ()
    if isinstance(dictionary, str):
        return (word("dictionary", dictionary, _MODES),)
    if isinstance(dictionary, Mapping):
        return tuple(
            f"{name}={word(f'dictionary[{name!r}]', mode, _MODES)}"
            for name, mode in mapping("dictionary", dictionary).items()
        )
    return tuple(f"{name}=always" for name in names("dictionary", dictionary))


def progress(given: Any) -> Callable[[int, int], object] | None:
    """A callable of (done, total) from that, or from a progress bar."""
    if given is None or not hasattr(given, "update"):
        if given is not None and not callable(given):
            raise wrong_type(
                f"progress is a callable, or has update(n) as tqdm's bars have, not {shown(given)}"
            )
        return given  # type: ignore[no-any-return]
    last = 0

    def call(done: int, total: int) -> None:
        nonlocal last
        if total and given.total != total:
            given.total = total
        if done > last:
            given.update(done - last)
            last = done

    return call
