"""The ratios that were reached, so that a change which loses some of them is noticed.

Ratios to another encoder in the same run, and not times, because machines differ; by processor and
by set of kernels, because even ratios differ between those.
"""

from __future__ import annotations

import json
import platform
import re
from pathlib import Path

RECORD = Path(__file__).with_name("jpeg_encode.recorded.json")

# Ratios of one machine move by some 5 % from day to day.
LOWEST_SHARE = 0.9


def processor() -> str:
    """What this machine calls its processor, without trademarks and clock: `AMD EPYC`."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        name = found[1] if found else name
    return " ".join(re.sub(r"\((R|TM)\)|\bCPU\b|\bProcessor\b|@.*", " ", name).split())


def recorded() -> dict[str, dict[str, float]]:
    """Processor -> case -> ratio to the reference; empty when nothing was recorded yet."""
    if not RECORD.exists():
        return {}
    found: dict[str, dict[str, float]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def record(ratios: dict[str, float]) -> None:
    """Replace this processor's ratios of these cases, and keep the others."""
    kept = recorded()
    kept.setdefault(processor(), {}).update(
        (case, round(ratio, 2)) for case, ratio in ratios.items()
    )
    RECORD.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def compare(ratios: dict[str, float]) -> bool:
    """Print every case that was recorded, and return whether none lost too much."""
    before = recorded().get(processor(), {})
    lost = 0
    print(f"\nagainst {RECORD.name}: at least {100 * LOWEST_SHARE:.0f} % of each ratio")
    if not before:
        print(f"nothing was recorded on this processor, {processor()}")
    for case, ratio in ratios.items():
        if case not in before:
            continue
        share = ratio / before[case]
        lost += share < LOWEST_SHARE
        verdict = "ok  " if share >= LOWEST_SHARE else "FAIL"
        print(f"{verdict}  {case}: {ratio:.2f}x, recorded {before[case]:.2f}x")
    return not lost
