"""Charts as SVG text: horizontal bars, and lines over linear or logarithmic axes.

A chart brings its own background and both sets of colours, so that it reads on a light and on a dark page; series differ
in marker and dash too. <title> and <desc> say in words what is drawn.
"""

import itertools
import math
from html import escape

WIDTH = 720
LEFT = 84
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; stroke: #ffffff; stroke-width: 4px; paint-order: stroke }
  .heading { font-weight: 600; font-size: 15px } .soft { fill: #59636e }
  .back { fill: #ffffff } .grid { stroke: #d8dee4 } .mark { stroke: #1f2328; stroke-dasharray: 3 3 }
  .a { fill: #0969da; stroke: #0969da } .b { fill: #bc4c00; stroke: #bc4c00 }
  .line { fill: none; stroke-width: 2 } .b.line { stroke-dasharray: 6 4 } .bar { stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; stroke: #0d1117 } .soft { fill: #9da7b3 }
    .back { fill: #0d1117 } .grid { stroke: #30363d } .mark { stroke: #e6edf3 }
    .a { fill: #58a6ff; stroke: #58a6ff } .b { fill: #f0883e; stroke: #f0883e } .line { fill: none } .bar { stroke: none }
  }
"""
KEYS = "ab"  # a class a series


def amount(value, unit=""):
    """A number for people, to three digits: 1.13 M events/s, 64 KiB, 0.8 ms."""
    if unit == "B" and value >= 1024 and value % 1024 == 0:
        return f"{value // 1024} KiB"
    if unit == "bytes":
        value, unit = value / 1e6, "MB"
    elif unit == "s" and 0 < value < 1:
        value, unit = value * 1e3, "ms"
    elif unit == "share of a core":
        return f"{value * 100:.3g} % of a core"
    elif unit == "share":
        return f"{value:.2f}"
    for size, prefix in ((1e6, "M"), (1e3, "k")):
        if value >= 0.9995 * size and not (prefix == "k" and unit in ("ms", "MB")):
            value, unit = value / size, f"{prefix} {unit}"
            break
    digits = f"{value:.0f}" if value >= 99.95 else f"{value:.3g}"
    return f"{digits} {unit}".strip()


class Axis:
    """A scale from values to places between `start` and `end`: logarithmic where the values differ thirtyfold or more.
    From tick to tick, of round numbers unless they are given."""

    def __init__(self, values, start, end, ticks=None, is_linear=False):
        self.is_log = not is_linear and min(values) > 0 and max(values) >= 30 * min(values)
        self.start, self.end, self.ticks = start, end, ticks
        if ticks:
            self.low, self.high = ticks[0], ticks[-1]
        elif self.is_log:
            steps = [10 ** power * step for power in range(math.floor(math.log10(min(values))), 12) for step in (1, 2, 5)]
            self.low = max(step for step in steps if step <= min(values) * 1.001)
            self.high = min(step for step in steps if step >= max(values) * 0.999)
            self.ticks = [step for step in steps if self.low <= step <= self.high]
            if len(self.ticks) > 8:
                self.ticks = [step for step in self.ticks if f"{step:e}".startswith("1.")]
        else:
            step = nice(max(values) / 5 or 1)
            count = max(1, math.ceil(max(values) / step - 0.001))
            self.low, self.high, self.ticks = 0, count * step, [number * step for number in range(count + 1)]

    def at(self, value):
        if self.is_log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def nice(step):
    """The next 1, 2 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(step))
    return next(size * power for size in (1, 2, 5, 10) if size * power >= step * 0.999)


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<path class="{kind}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def marker(kind, x, y):
    """A circle, or for the second series a square."""
    if kind == "a":
        return f'<circle class="a" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    return f'<rect class="{kind}" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'


def legend(names, y):
    parts, x = [], LEFT
    for kind, name in zip(KEYS, names):
        parts += [marker(kind, x + 5, y - 4), text(x + 15, y, name)]
        x += 40 + 7.2 * len(name)
    return parts


def chart(title, told, height, parts):
    inner = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
            f' aria-labelledby="title told">\n<title id="title">{escape(title)}</title>\n<desc id="told">{escape(told)}</desc>\n'
            f'<style>{STYLE}</style>\n<rect class="back" width="{WIDTH}" height="{height}" rx="6"/>\n'
            f'{text(16, 28, title, "heading")}\n{inner}\n</svg>\n')


def bars(title, unit, rows, show, names=(), mark=None):
    """`rows`: (label, value, index into `names`), each label above its bar; `show` makes a value's text. `mark`: (value,
    label) of a line across all."""
    top = 84 if names or mark else 52
    bottom = top + 44 * len(rows)
    axis = Axis([value for _, value, _ in rows] + ([mark[0]] if mark else []), 16, WIDTH - 110, is_linear=True)
    parts, texts = [], []
    for tick in axis.ticks:
        parts.append(line(axis.at(tick), top, axis.at(tick), bottom, "grid"))
        texts.append(text(axis.at(tick), bottom + 18, amount(tick), "soft", "middle"))
    texts.append(text((axis.start + axis.end) / 2, bottom + 40, unit, "soft", "middle"))
    for y, (label, value, series) in zip(itertools.count(top, 44), rows):
        width = axis.at(value) - axis.start
        parts.append(f'<rect class="{KEYS[series]} bar" x="{axis.start}" y="{y + 20}" width="{width:.1f}" height="14" rx="2"/>')
        texts += [text(axis.start + 2, y + 14, label), text(axis.at(value) + 6, y + 32, show(value))]
    if mark:
        parts.append(line(axis.at(mark[0]), top - 8, axis.at(mark[0]), bottom, "mark"))
        texts.append(text(axis.at(mark[0]), top - 14, mark[1], "soft", "middle"))
    told = f"{unit}: " + "; ".join(
        f"{label}{f' ({names[series]})' if names else ''} {show(value)}" for label, value, series in rows)
    return chart(title, told, bottom + 56, parts + texts + legend(names, 56))


def lines(title, x_name, y_name, series, show):
    """`series`: {name: [(x, y), ...]}. The ticks of x are the measured ones, and `show` makes their text."""
    top, bottom = 84, 340
    measured = sorted({x for points in series.values() for x, _ in points})
    across = Axis(measured, LEFT, WIDTH - 48, measured)
    up = Axis([y for points in series.values() for _, y in points], bottom, top)
    parts, free = [line(LEFT, bottom, WIDTH - 48, bottom, "grid")], 0
    for tick in across.ticks:
        parts.append(line(across.at(tick), top, across.at(tick), bottom, "grid"))
        if across.at(tick) >= free:
            parts.append(text(across.at(tick), bottom + 20, show(tick), "soft", "middle"))
            free = across.at(tick) + 52
    for tick in up.ticks:
        parts += [line(LEFT, up.at(tick), WIDTH - 48, up.at(tick), "grid"),
                  text(LEFT - 8, up.at(tick) + 4, amount(tick), "soft", "end")]
    parts += [text((LEFT + WIDTH - 48) / 2, bottom + 44, x_name + (", logarithmic" if across.is_log else ""), "soft", "middle"),
              text(16, top - 14, y_name + (", logarithmic" if up.is_log else ""), "soft")]
    for kind, points in zip(KEYS, series.values()):
        places = [(across.at(x), up.at(y)) for x, y in points]
        parts.append(f'<path class="{kind} line" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in places)}"/>')
        parts += [marker(kind, x, y) for x, y in places]
    told = "; ".join(
        f"{name}: " + ", ".join(f"{amount(y)} at {show(x)}" for x, y in points) for name, points in series.items())
    return chart(title, f"{y_name} by {x_name}. {told}", bottom + 60, parts + legend(series, 52))
