# SPDX-License-Identifier: GPL-2.0-only
"""What is made of the measured values: the table, the files, and whether what was promised is met."""
import csv
from pathlib import Path

from . import plot

BASE, FLOOR = "no guard", "empty programs"
# Ratio to no guard at 1,000 rules.
TARGETS = {"open+close": 1.06, "connect+close": 1.03, "udp send+recv": 1.05, "fork+exec+wait": 1.02, "pipe ping-pong": 1.03,
           "read 4 KiB": 1.03, "write 4 KiB": 1.03}
BETWEEN_BOOTS, FEW_TO_MANY = 0.002, 0.01
FELT = 0.002 # of an operation: less is not told from how two boots differ


def show(values: dict) -> None:
    """The table: a line for each configuration, a column for each operation."""
    operations = list(dict.fromkeys(o for _, o in values))
    print(f"{'guest instructions (ratio)':28}" + "".join(f"{o:>18}" for o in operations))
    for configuration in dict.fromkeys(c for c, _ in values):
        cells = [f"{values[configuration, o]:,} ({values[configuration, o] / values[BASE, o]:.3f})" for o in operations]
        print(f"{configuration:28}" + "".join(f"{cell:>18}" for cell in cells))


def floor_rows(values: dict) -> list:
    """Per hook whose empty program is felt by an operation with a target: (hook, operation -> instructions more)."""
    felt = []
    for name in dict.fromkeys(c for c, _ in values if c not in (BASE, FLOOR)):
        more = {o: values[name, o] - values[BASE, o] for o in TARGETS}
        if any(n > FELT * values[BASE, o] for o, n in more.items()):
            felt.append((name.removeprefix("empty_"), more))
    return felt


def show_floor(values: dict) -> None:
    """A line for each hook: what its empty program alone costs each operation with a target."""
    print(f"{'instructions more':34}" + "".join(f"{o:>18}" for o in TARGETS))
    felt = floor_rows(values)
    for hook, more in felt:
        print(f"{hook:34}" + "".join(f"{n:>18,}" for n in more.values()))
    print(f"{'all at once':34}" + "".join(f"{values[FLOOR, o] - values[BASE, o]:>18,}" for o in TARGETS))
    print(f"{'what the target leaves room for':34}" + "".join(f"{int((t - 1) * values[BASE, o]):>18,}" for o, t in TARGETS.items()))
    print(f"{'no guard':34}" + "".join(f"{values[BASE, o]:>18,}" for o in TARGETS))


def write_floor(folder: Path, values: dict) -> None:
    """floor.csv: of every hook."""
    with open(folder / "floor.csv", "w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["hook", "operation", "instructions", "more"])
        out.writerows([c.removeprefix("empty_"), o, v, v - values[BASE, o]] for (c, o), v in values.items())


def write(folder: Path, kernel: str, values: dict, resources: list) -> None:
    """bench.csv, resources.csv and bench.svg."""
    with open(folder / "bench.csv", "w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["configuration", "operation", "instructions", "ratio"])
        out.writerows([c, o, v, f"{v / values[BASE, o]:.4f}"] for (c, o), v in values.items())
    with open(folder / "resources.csv", "w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["configuration", "resource", "value", "unit"])
        out.writerows(resources)
    ratios = {(c, o): v / values[BASE, o] for (c, o), v in values.items() if c != BASE}
    (folder / "bench.svg").write_text(plot.svg(ratios, plot.title(kernel)), encoding="utf-8")


def show_resources(resources: list) -> None:
    """A line for each."""
    for configuration, what, value, unit in resources:
        shown = f"{int(value) / 1048576:,.2f} MiB" if unit == "bytes" else f"{int(value):,} {unit}"
        print(f"{configuration:28}{what:45}{shown:>15}")


def promise(kept: bool, what: str) -> bool:
    """Say it, and return it."""
    print(f"{'met' if kept else 'MISSED':8}{what}")
    return kept


def judge_boots(boots: list) -> bool:
    """Whether the same was measured in every boot."""
    worst, where = 0.0, ""
    for key, value in boots[0].items():
        for other in boots[1:]:
            apart = abs(other[key] - value) / value
            if apart >= worst:
                worst, where = apart, ", ".join(key)
    return promise(worst <= BETWEEN_BOOTS, f"{len(boots)} boots agree to {BETWEEN_BOOTS:.1%}: {worst:.3%} apart at most "
                                           f"({where})")


def judge_targets(values: dict) -> bool:
    """The ratios at 1,000 rules, and that many rules cost what few cost."""
    kept = True
    configurations = dict.fromkeys(c for c, _ in values)
    if "cordon, 1000 rules" in configurations:
        for operation, target in TARGETS.items():
            ratio = values["cordon, 1000 rules", operation] / values[BASE, operation]
            kept &= promise(ratio <= target, f"{operation} at 1,000 rules: {ratio:.3f}, wanted {target:.2f}")
    if {"cordon, 10 rules", "cordon, 10000 rules"} <= configurations.keys():
        worst, where = max((abs(values["cordon, 10000 rules", o] / v - 1), o) for (c, o), v in values.items()
                           if c == "cordon, 10 rules")
        kept &= promise(worst <= FEW_TO_MANY, f"10,000 rules within {FEW_TO_MANY:.0%} of 10: {worst:.2%} at most ({where})")
    return kept
