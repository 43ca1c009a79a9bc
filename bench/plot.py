"""Two pictures as SVG, drawn by hand: the same numbers make the same bytes.

They bring their own background, light or dark as the reader's system is, and need no script.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import log10
from pathlib import Path

WIDTH, LEFT, RIGHT = 520, 132, 64
BAR, ROW, HEAD = 9, 26, 34
HIGH = 150
STYLE = """\
svg { background: #fff; font: 12px system-ui, sans-serif }
text { fill: #1f2328 }
.title { font-weight: 600 }
.small { font-size: 10px }
.ours { font-weight: 600 }
.SQLite { fill: #8aa0b8 } .PostgreSQL { fill: #c3cedb }
.ours.SQLite { fill: #0b6bcb } .ours.PostgreSQL { fill: #6fb1f2 }
.axis { stroke: #8c959f; fill: none }
.line { fill: none; stroke: #8c959f; stroke-width: 2 } .ours.line { stroke: #0b6bcb }
@media (prefers-color-scheme: dark) {
svg { background: #0d1117 }
text { fill: #e6edf3 }
.SQLite { fill: #5f7388 } .PostgreSQL { fill: #3d4b5a }
.ours.SQLite { fill: #4ea1f5 } .ours.PostgreSQL { fill: #1f5f9f }
.ours.line { stroke: #4ea1f5 }
}"""


def bars(
    path: Path, titles: Mapping[str, str], ratios: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> None:
    """Draw a group of bars for each operation: database, peer, operation, ratio to the driver."""
    names = list(next(iter(ratios.values())))
    longest = max(r for peers in ratios.values() for each in peers.values() for r in each.values())
    parts, top = list(_legend(ratios)), 2 * HEAD
    for operation, title in titles.items():
        parts.append(_text(8, top, title, "title"))
        for row, name in enumerate(names):
            y = top + 10 + row * ROW
            parts.append(_text(LEFT - 8, y + 13, name, _ours(name), "end"))
            for number, (database, peers) in enumerate(ratios.items()):
                ratio = peers[name][operation]
                width = max(1.0, _scale(ratio, longest))
                kind = f"{_ours(name)} {database}".strip()
                parts.append(_rect(LEFT, y + number * (BAR + 1), width, kind))
                parts.append(
                    _text(LEFT + width + 4, y + 8 + number * (BAR + 1), f"{ratio:.1f}", "small")
                )
        top += len(names) * ROW + HEAD
    _write(path, top - 8, "Time of each operation as a multiple of the raw driver's", parts)


def _legend(databases: Mapping[str, object]) -> Iterator[str]:
    yield _text(8, 18, "times as long as the raw driver (logarithmic); shorter is better", "title")
    for number, database in enumerate(databases):
        yield _rect(8 + number * 90, 28, 12, database)
        yield _text(24 + number * 90, 36, database, "")


def _scale(ratio: float, longest: float) -> float:
    return (WIDTH - LEFT - RIGHT) * log10(max(ratio, 1)) / log10(longest)


def lines(
    path: Path, title: str, curves: Mapping[str, Mapping[str, Sequence[tuple[int, float]]]]
) -> None:
    """Draw a panel for each database: way to find a page, cases before it, seconds."""
    parts, top = [_text(8, 18, title, "title")], 2 * HEAD
    for database, ways in curves.items():
        parts.append(_text(8, top - 14, f"{database}: milliseconds", "title"))
        highest = max(took for curve in ways.values() for _, took in curve)
        last = max(place for curve in ways.values() for place, _ in curve)
        parts.append(f'<path class="axis" d="M50 {top} V{top + HIGH} H{WIDTH - RIGHT - 20}"/>')
        parts.append(_text(46, top + 8, f"{highest * 1000:.1f}", "", "end"))
        parts.append(_text(46, top + HIGH, "0", "", "end"))
        parts.append(_text(50, top + HIGH + 16, "first page", ""))
        parts.append(_text(WIDTH - RIGHT - 20, top + HIGH + 16, f"{last:,} cases later", "", "end"))
        for way, curve in ways.items():
            points = [_point(place / last, took / highest, top) for place, took in curve]
            kind = "line" if way == "OFFSET" else "ours line"
            parts.append(f'<polyline class="{kind}" points="{" ".join(points)}"/>')
            x, y = points[-1].split(",")
            below = min(float(y) + 4, top + HIGH - 2)
            parts.append(_text(float(x) + 6, below, way, "small"))
        top += HIGH + 2 * HEAD
    _write(path, top - HEAD, title, parts)


def _point(across: float, up: float, top: int) -> str:
    return f"{50 + across * (WIDTH - RIGHT - 70):.1f},{top + HIGH - up * HIGH:.1f}"


def _ours(name: str) -> str:
    return "ours" if name == "case_tracker" else ""


def _rect(x: float, y: float, width: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:.1f}" height="{BAR}"/>'


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    about = f'class="{kind}" ' if kind else ""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f"<text {about}{place}>{escape(text)}</text>"


def _write(path: Path, height: float, title: str, parts: list[str]) -> None:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
        f'width="{WIDTH}" height="{height:g}" role="img">'
    )
    lines_ = [head, f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", *parts, "</svg>"]
    path.write_text("\n".join(lines_) + "\n", encoding="utf-8")
