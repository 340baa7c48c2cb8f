# SPDX-License-Identifier: GPL-2.0-only
"""The report of what the guard costs: its table of values (cost.csv), and what is made of that (tables of cost.md, plots)."""
import csv
import re
from pathlib import Path

from . import plot
from .report import BASE

HEAD = ["kernel", "configuration", "operation", "instructions", "ratio"]


def read(folder: Path) -> dict:
    """kernel -> ((configuration, operation) -> instructions)."""
    kernels = {}
    with open(folder / "cost.csv", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            kernels.setdefault(row["kernel"], {})[row["configuration"], row["operation"]] = int(row["instructions"])
    return kernels


def table(values: dict) -> str:
    """A line for each configuration, a column for each operation."""
    operations = list(dict.fromkeys(o for _, o in values))
    lines = ["| | " + " | ".join(operations) + " |", "|---" * (len(operations) + 1) + "|",
             f"| {BASE}, instructions | " + " | ".join(f"{values[BASE, o]:,}" for o in operations) + " |"]
    for configuration in dict.fromkeys(c for c, _ in values if c != BASE):
        name = re.sub(r"\d+", lambda number: f"{int(number[0]):,}", configuration)
        cells = " | ".join(f"{values[configuration, o] / values[BASE, o]:.3f}" for o in operations)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines) + "\n"


def place(kernel: str):
    """Where in cost.md a kernel's table is."""
    return re.compile(rf"(?<=^### {re.escape(kernel)}\n\n)(?:\|.*\n)+", re.M)


def enter(folder: Path, kernel: str, values: dict) -> None:
    """What was measured takes the place of what stands there of this kernel."""
    kernels = {**read(folder), kernel: values}
    with open(folder / "cost.csv", "w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(HEAD)
        out.writerows([k, c, o, v, f"{v / each[BASE, o]:.4f}"] for k, each in kernels.items() for (c, o), v in each.items())
    ratios = {(c, o): v / values[BASE, o] for (c, o), v in values.items() if c != BASE}
    (folder / f"cost-{kernel}.svg").write_text(plot.svg(ratios, plot.title(kernel)), encoding="utf-8")
    page = folder / "cost.md"
    text, found = place(kernel).subn(lambda _: table(values), page.read_text(encoding="utf-8"))
    assert found == 1, f"{page}: {found} tables of {kernel}"
    page.write_text(text, encoding="utf-8")
