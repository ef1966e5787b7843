"""HACKING.md as the layer tests read it: its tour and its table of prefixes."""

import re


def section(text, heading):
    """The text under `## heading`, up to the next one."""
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, f'HACKING.md has no section "{heading}"'
    return found.group(1)


def toured(text):
    """The folders that the tour names: `lib/csv/`, in the first column of its table."""
    rows = re.findall(r"^\| ([^|]*) \|", section(text, "The tour"), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)/`", row)}


def prefixes(text):
    """{folder: prefix} of the table of prefixes."""
    table = section(text, "Prefixes")
    return dict(re.findall(r"^\| `([^`]+?)/?` \| `([^`]+)` \|", table, re.MULTILINE))


def owner(name, place, table):
    """The folder that has this prefix, None if nobody has: `fmt_x`, `FMT_X`.

    A sub-folder uses its folder's prefix. The longest prefix that fits counts.
    """
    fits = [p for p in table if name.startswith((table[p], table[p].upper()))]
    longest = max(fits, key=lambda p: len(table[p]), default=None)
    return place if longest and place.startswith(longest + "/") else longest


def declared(header):
    """The types, macros and enumerators that a header gives."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    names = set(re.findall(r"^#[ \t]*define[ \t]+(\w+)", text, re.MULTILINE))
    names = {name for name in names if not name.endswith("_H")}  # guards
    names |= set(re.findall(r"^(?:typedef [^\n]*)?\}[ \t]*(\w+);", text, re.MULTILINE))
    names |= set(re.findall(r"^typedef [^;{]*?\b(\w+)(?:\([^;]*\))?;", text, re.MULTILINE))
    for body in re.findall(r"\benum\b[^{;]*\{([^}]*)\}", text):
        names |= set(re.findall(r"(?:^|,)\s*(\w+)", body))
    return names


def intruders(names, table):
    """Returns the names of {folder: its names} that begin with the prefix of another folder."""
    return [
        f"{place}: {name} has the prefix of {owner(name, place, table)}"
        for place in sorted(names)
        for name in sorted(names[place])
        if owner(name, place, table) not in (None, place)
    ]
