"""Collects the files of the corpus: the modules that make them add each one here."""

_files = []


def good(name, what, data):
    _files.append((f"good/{name}.shmcol", what, data))


def bad(name, code, what, data):
    _files.append((f"bad/{name}.shmcol", code, what, bytes(data)))


def unsupported(name, code, what, data):
    _files.append((f"unsupported/{name}.shmcol", code, what, bytes(data)))


def made(*parts):
    """Runs functions that call the ones above and returns what they added."""
    _files.clear()
    for part in parts:
        part()
    return list(_files)
