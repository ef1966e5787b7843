"""The options of a conversion, for the oracle and for shmcol-pack."""

from dataclasses import dataclass

WORDS = {"\t": "tab", "\u00a0": "nbsp", "\u202f": "nnbsp"}


@dataclass
class Options:
    delimiter: str = ""
    no_header: bool = False
    skip_lines: int = 0
    comment: str = ""
    trim: bool = False
    decimal_comma: bool = False
    nulls: tuple = ()
    dictionary: str = "auto"
    types: tuple = ()  # pairs of a name and a type
    skip_errors: bool = False
    null_errors: bool = False
    replace_errors: bool = False
    escape: str = ""
    skip_after_header: int = 0
    skip_footer: int = 0
    short_records: bool = False
    drop_extra: bool = False
    names: tuple = ()
    columns: tuple = ()
    skip_rows: int = 0
    limit: int = None
    thousands: str = ""
    date_formats: tuple = ()
    timestamp_formats: tuple = ()
    true_words: tuple = ()
    false_words: tuple = ()
    union: bool = False
    file_column: str = ""

    def headless(self):
        """C-91"""
        return self.no_header or bool(self.names)

    def arguments(self):
        """The same for shmcol-pack."""
        out = []
        for name in ("delimiter", "comment", "escape", "thousands", "file_column"):
            if getattr(self, name):
                out += [flag(name), WORDS.get(getattr(self, name), getattr(self, name))]
        for name in ("skip_lines", "skip_after_header", "skip_footer", "skip_rows"):
            if getattr(self, name):
                out += [flag(name), str(getattr(self, name))]
        if self.limit is not None:
            out += ["--limit", str(self.limit)]
        if self.dictionary != "auto":
            out += ["--dictionary", self.dictionary]
        kinds = {"skip": self.skip_errors, "null": self.null_errors, "replace": self.replace_errors}
        if any(kinds.values()):
            out += ["--on-error", ",".join(kind for kind, on in kinds.items() if on)]
        if self.types:
            out += ["--types", ",".join(f"{quoted(name)}={type_}" for name, type_ in self.types)]
        for token in self.nulls:
            out += ["--null", token]
        for name in ("date_formats", "timestamp_formats"):
            for form in getattr(self, name):
                out += [flag(name[:-1]), form]
        for name in ("true_words", "false_words"):
            if getattr(self, name):
                out += [flag(name.removesuffix("_words")), ",".join(getattr(self, name))]
        for name in ("names", "columns"):
            if getattr(self, name):
                out += [flag(name), ",".join(quoted(n) for n in getattr(self, name))]
        if self.short_records:
            out += ["--short-records", "null"]
        flags = ("no_header", "trim", "decimal_comma", "drop_extra", "union")
        return out + [flag(n) for n in flags if getattr(self, n)]


def flag(name):
    return "--" + name.replace("_", "-")


def quoted(name):
    """A name in a list, as in CSV."""
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"=[') else name
