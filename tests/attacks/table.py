"""Measures every attack at a tenth of its size and at full size, and prints the table: `python -m tests.attacks.table`.

The exit status is 1 if memory exceeds `run.memory_bound`, if ten times the traffic takes more than twelve times the
time, or if discarded data is not on screen. Arguments select attacks by name. Without the core, protocols that only
it decodes are left out.
"""

import sys
from collections.abc import Iterator

from capture.core import CORE
from exercise_config import Config
from run.memory_bound import memory_bound

from .attack import Attack
from .attacks import ATTACKS
from .measure import Cost, measure

GROWTH = 12
SHORT = 0.03
"""Shorter times in seconds are raised to this one, because they include the first call of each function."""


def main(names: list[str]) -> int:
    bound = memory_bound(Config())
    print(f"Resident memory limit with default settings: {bound / 2**20:,.0f} MiB\n")
    print("| attack | size | packets | processor time | packets/s | 10x / 1x | peak memory | counted, on screen |")
    print("|---|---|---|---|---|---|---|---|")
    faults = []
    for name in names or ATTACKS:
        attack = ATTACKS[name]
        if attack.core_only and CORE is None:
            continue
        small, full = (measure(name, size, bound) for size in (attack.size // 10, attack.size))
        print(_row(name, attack, small, full), flush=True)
        faults += [f"{name}: {fault}" for fault in found_wrong(attack, small, full, bound)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def growth(small: Cost, full: Cost) -> float:
    """Return how many times longer the full attack took."""
    return full.seconds / max(small.seconds, SHORT)


def found_wrong(attack: Attack, small: Cost, full: Cost, bound: int) -> Iterator[str]:
    """Yield what is wrong with the results."""
    if full.peak > bound:
        yield f"{full.peak} bytes of memory, limit {bound}"
    if growth(small, full) > GROWTH:
        yield f"takes {growth(small, full):.1f} times as long for ten times as much"
    for name in (*attack.named, *attack.flood):
        if name not in full.counted:
            yield f"{name!r} is not counted"
    if full.held:
        yield f"{full.held} bytes are still accounted for at the end"


def _row(name: str, attack: Attack, small: Cost, full: Cost) -> str:
    counted = ", ".join(f"{number:,} {what}" for what, number in full.counted.items()) or "nothing was discarded"
    cells = (
        name.replace("_", " "),
        f"{attack.size:,} {attack.unit}",
        f"{full.frames:,}",
        f"{full.seconds:.1f} s",
        f"{full.frames / max(full.seconds, 0.001):,.0f}",
        f"{growth(small, full):.1f}",
        f"{full.peak / 2**20:,.0f} MiB",
        counted,
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
