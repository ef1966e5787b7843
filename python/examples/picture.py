"""The measurement as a picture: a panel for each scenario, a line for each way, a bar of its time
and a bar of its memory. SVG in plain Python."""

from html import escape

MIB = 2**20
LEFT, BAR, BETWEEN, ROOM, LINE = 330, 260, 110, 40, 19
OURS, OTHERS = "#1f6fb4", "#b9bec5"


def text(x, y, words, size=12, weight="normal", anchor="start", colour="#222"):
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(words)}</text>'
    )


def bar(x, y, value, most, words, colour):
    width = max(BAR * max(value, 0) / most, 1) if most > 0 else 1
    return [
        f'<rect x="{x}" y="{y - 12}" width="{width:.1f}" height="14" rx="2" fill="{colour}"/>',
        text(round(x + width + 5, 1), y, words, 11),
    ]


def panel(y, rows):
    out = [
        text(
            16,
            y,
            f"{rows[0]['scenario']} ({rows[0]['rows']:,} rows, {rows[0]['workers']} workers)",
            14,
            "bold",
        )
    ]
    slowest, largest = max(row["time"] for row in rows), max(row["memory"] for row in rows)
    for row in rows:
        y += LINE
        colour = OURS if row["is_ours"] else OTHERS
        out.append(
            text(
                LEFT - 8,
                y,
                f"{row['title']}, {row['method']}",
                12,
                "bold" if row["is_ours"] else "normal",
                "end",
            )
        )
        out += bar(LEFT, y, row["time"], slowest, f"{row['time']:.3f} s", colour)
        out += bar(
            LEFT + BAR + BETWEEN,
            y,
            row["memory"],
            largest,
            f"{row['memory'] / MIB:,.0f} MiB",
            colour,
        )
    return out, y + ROOM


def draw(path, rows):
    panels = {}
    for row in rows:
        panels.setdefault((row["scenario"], row["rows"]), []).append(row)
    out, y = [text(16, 30, "The scenarios: what they replace, and shmcol", 18, "bold")], 74
    out += [
        text(LEFT, 54, "time to the result", 12, colour="#666"),
        text(
            LEFT + BAR + BETWEEN,
            54,
            "memory of all processes together, less that of a few rows",
            12,
            colour="#666",
        ),
    ]
    for mine in panels.values():
        lines, y = panel(y, mine)
        out += lines
    width = LEFT + 2 * (BAR + BETWEEN)
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 '
            f'{width} {y}" font-family="sans-serif">\n'
        )
        file.write(
            f'<rect width="{width}" height="{y}" fill="white"/>\n' + "\n".join(out) + "\n</svg>\n"
        )
