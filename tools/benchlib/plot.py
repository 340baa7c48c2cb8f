# SPDX-License-Identifier: GPL-2.0-only
"""The plot: a line for each operation, a mark for each configuration, at its ratio to no guard."""
from xml.sax.saxutils import escape

LEFT, RIGHT, TOP, ROW = 150, 40, 40, 38
WIDTH = 900
COLOURS = ["#888888", "#b8860b", "#2e8b57", "#8b3a8b", "#444444", "#9ecae1", "#6baed6", "#3182bd", "#08519c"]
STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]


class Axis:
    """Ratios from 1 on, or a little before, to a round number past the greatest."""

    def __init__(self, ratios):
        low, high = min(ratios), max(ratios)
        self.step = next((step for step in STEPS if (high - min(low, 1)) / step <= 12), STEPS[-1])
        self.low = (min(low, 1.0) // self.step) * self.step
        self.high = (high // self.step + 1) * self.step

    def at(self, ratio: float) -> float:
        """The x of a ratio."""
        return LEFT + (ratio - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def ticks(self):
        """The ratios to write at the axis."""
        count = round((self.high - self.low) / self.step)
        return [self.low + number * self.step for number in range(count + 1)]


def title(kernel: str) -> str:
    """What stands above."""
    return f"Guest instructions as a ratio to no guard, kernel {kernel}"


def text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    """One text element."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'


def svg(ratios: dict, title: str) -> str:
    """The picture; `ratios` maps (configuration, operation) to the ratio, in the order to show."""
    configurations = list(dict.fromkeys(c for c, _ in ratios))
    operations = list(dict.fromkeys(o for _, o in ratios))
    axis = Axis(ratios.values())
    bottom = TOP + ROW * len(operations)
    height = bottom + 50 + 18 * len(configurations)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
           f'font-size="12"><rect width="100%" height="100%" fill="white"/>', text(LEFT, 20, title, weight="bold")]
    for ratio in axis.ticks():
        x = axis.at(ratio)
        colour = "#666" if abs(ratio - 1) < 1e-9 else "#ddd"
        out.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{colour}"/>')
        out.append(text(x, bottom + 16, f"{ratio:.2f}", "middle"))
    for row, operation in enumerate(operations):
        y = TOP + ROW * (row + 0.5)
        out.append(text(LEFT - 10, y + 4, operation, "end"))
        for number, configuration in enumerate(configurations):
            if (configuration, operation) not in ratios:
                continue
            offset = (number - (len(configurations) - 1) / 2) * (ROW - 10) / max(1, len(configurations) - 1)
            ratio = ratios[configuration, operation]
            out.append(f'<circle cx="{axis.at(ratio):.1f}" cy="{y + offset:.1f}" r="4" '
                       f'fill="{COLOURS[number % len(COLOURS)]}"><title>{escape(configuration)}, {escape(operation)}: '
                       f'{ratio:.3f}</title></circle>')
    for number, configuration in enumerate(configurations):
        y = bottom + 40 + 18 * number
        out.append(f'<circle cx="{LEFT}" cy="{y - 4}" r="5" fill="{COLOURS[number % len(COLOURS)]}"/>')
        out.append(text(LEFT + 12, y, configuration))
    return "\n".join(out) + "\n</svg>\n"
