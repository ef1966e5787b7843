"""Which C files of a folder know each other, and the circles among them.

A file knows another if it uses a function or a table that the other defines, or includes the
other's own header. A header is a file's own if it has the same name and names nothing that another
file defines; a header that several files share says nothing of who knows whom: calls do.
"""

import re


def own_header(header, text, defined):
    """The C file whose own header this is, or None. `defined` has the symbols of each C file."""
    source = header.removesuffix(".h") + ".c"
    words = set(re.findall(r"\w+", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)))
    others = [other for other in defined if other != source and defined[other] & words]
    return source if source in defined and not others else None


def arrows(texts, includes, symbols):
    """{C file: the C files that it knows} of one folder.

    `texts` has the text of each C file and header, `includes` the files that each of them includes,
    `symbols` the pair (defined, used) of each C file.
    """
    defined = {source: symbols[source][0] for source in symbols}
    home = {symbol: source for source in defined for symbol in defined[source]}
    owner = {name: own_header(name, texts[name], defined) for name in texts if name.endswith(".h")}
    known = {s: {home[symbol] for symbol in symbols[s][1] & home.keys()} for s in symbols}
    for name in texts:
        source = owner.get(name, name)
        if source in known:
            known[source] |= {owner[other] for other in includes[name] if owner.get(other)}
    return {source: others - {source} for source, others in known.items()}


def reached(start, known):
    """The files that `start` knows, those that they know, and so on."""
    seen, queue = set(), list(known[start])
    while queue:
        source = queue.pop()
        if source not in seen:
            seen.add(source)
            queue += known[source]
    return seen


def circles(known):
    """The circles, each a sorted list of the files that reach each other."""
    reach = {source: reached(source, known) for source in known}
    found = {tuple(sorted(b for b in reach[a] if a in reach[b])) for a in reach if a in reach[a]}
    return [list(circle) for circle in sorted(found)]
