"""The table as a picture: a panel a work, a bar a tool, the scale logarithmic. SVG by hand, so that
nothing has to be installed."""

import math
from xml.sax.saxutils import escape

from race import LIMIT, SHMCOL
from report import seconds, size

COLOURS = {SHMCOL: "#1f6fb4", "peer": "#b9bec5", LIMIT: "#e0a33a"}
WIDTH, MARGIN, LABELS, BAR, GAP, HEAD, COLUMNS = 780, 28, 276, 19, 5, 58, 2


def scale(values):
    """(lowest, highest) power of ten around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def text(x, y, words, size_=12, anchor="start", weight="normal", colour="#222"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size_}" text-anchor="{anchor}" '
        f'font-weight="{weight}" fill="{colour}">{escape(words)}</text>'
    )


def shown(row, sharing):
    """The value that a bar's length shows."""
    return row.peak if sharing else row.wall


def label(row, sharing):
    if sharing:
        return f"{size(row.peak)}, {row.ratio:.2f} of the bytes read"
    parts = [seconds(row.wall), size(row.peak, 2**20, "MiB"), size(row.size)]
    return ", ".join(p for p in parts if p)


def panel(x, y, key, title, rows):
    """(its lines, its height)"""
    sharing = key.startswith("5")
    rows = sorted(rows, key=lambda r: (r.note != "", shown(r, sharing) or 0))
    values = [shown(r, sharing) for r in rows if shown(r, sharing)]
    name, _, details = title.partition(": ")
    out = [text(x, y + 16, f"{key}  {name}", 14, weight="bold")]
    if not values:
        return out, HEAD
    what = "bars: memory of all processes together (PSS)" if sharing else details
    out.append(text(x, y + 32, what, 10.5, colour="#666"))
    low, high = scale(values)
    start, room = x + LABELS, WIDTH - LABELS - 190
    at = lambda v: start + room * (math.log10(v) - low) / (high - low)  # noqa: E731
    bottom = y + HEAD + len(rows) * (BAR + GAP)
    for power in range(low, high + 1):
        tick = at(10.0**power)
        out.append(
            f'<line x1="{tick:.1f}" y1="{y + HEAD - 6}" x2="{tick:.1f}" y2="{bottom}" '
            'stroke="#e4e6e9"/>'
        )
        out.append(
            text(
                tick,
                y + HEAD - 9,
                size(10**power) if sharing else seconds(10.0**power),
                10,
                "middle",
                colour="#888",
            )
        )
    for i, row in enumerate(rows):
        top = y + HEAD + i * (BAR + GAP)
        out.append(
            text(
                start - 8, top + 14, row.tool, 12, "end", "bold" if row.side == SHMCOL else "normal"
            )
        )
        if row.note:
            out.append(text(start + 4, top + 14, f"- {row.note[:62]}", 10, colour="#999"))
            continue
        end = max(at(shown(row, sharing)), start + 2)
        out.append(
            f'<rect x="{start}" y="{top}" width="{end - start:.1f}" height="{BAR}" rx="2" '
            f'fill="{COLOURS[row.side]}"/>'
        )
        out.append(text(end + 6, top + 14, label(row, sharing), 11))
    return out, bottom - y + 26


def draw(path, works, rows, head):
    columns, out = [MARGIN + 68.0] * COLUMNS, []
    for key, (title, _) in works.items():
        mine = [r for r in rows if r.work == key]
        if not mine:
            continue
        place = columns.index(min(columns))
        lines, height = panel(MARGIN + place * (WIDTH + MARGIN), columns[place], key, title, mine)
        columns[place] += height
        out += lines
    width, height = MARGIN + COLUMNS * (WIDTH + MARGIN), max(columns) + MARGIN
    legend = [
        text(MARGIN, 34, "shmcol against its peers and the machine", 20, weight="bold"),
        text(
            MARGIN,
            54,
            "Bars: wall time, logarithmic; beside them peak memory and size of the output.",
            11.5,
            colour="#666",
        ),
        text(MARGIN, 70, head, 11.5, colour="#666"),
    ]
    for i, (side, words) in enumerate(
        ((SHMCOL, "shmcol"), ("peer", "peer"), (LIMIT, "the machine's own limit"))
    ):
        x = width - 420 + i * 110
        legend += [
            f'<rect x="{x}" y="22" width="14" height="14" rx="2" fill="{COLOURS[side]}"/>',
            text(x + 20, 34, words),
        ]
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
            f'viewBox="0 0 {width} {height:.0f}" font-family="sans-serif">\n'
        )
        file.write(
            f'<rect width="{width}" height="{height:.0f}" fill="white"/>\n'
            + "\n".join(legend + out)
            + "\n</svg>\n"
        )
