"""The ratios that were reached, so that a change which loses some of them is noticed.

Ratios to another encoder in the same run, and not times, because machines differ; by the set of
kernels, because they differ more.
"""

from __future__ import annotations

import json
from pathlib import Path

RECORD = Path(__file__).with_name("jpeg_encode.recorded.json")

# Ratios of one machine move by some 5 % from day to day.
LOWEST_SHARE = 0.9


def recorded() -> dict[str, float]:
    """Case -> ratio to the reference; empty when nothing was recorded yet."""
    if not RECORD.exists():
        return {}
    found: dict[str, float] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def record(ratios: dict[str, float]) -> None:
    """Replace the ratios of these cases, and keep the others."""
    merged = recorded() | {case: round(ratio, 2) for case, ratio in ratios.items()}
    text = json.dumps(dict(sorted(merged.items())), indent=2)
    RECORD.write_text(text + "\n", encoding="utf-8")


def compare(ratios: dict[str, float]) -> bool:
    """Print every case that was recorded, and return whether none lost too much."""
    before = recorded()
    lost = 0
    print(f"\nagainst {RECORD.name}: at least {100 * LOWEST_SHARE:.0f} % of each ratio")
    for case, ratio in ratios.items():
        if case not in before:
            continue
        share = ratio / before[case]
        lost += share < LOWEST_SHARE
        verdict = "ok  " if share >= LOWEST_SHARE else "FAIL"
        print(f"{verdict}  {case}: {ratio:.2f}x, recorded {before[case]:.2f}x")
    return not lost
