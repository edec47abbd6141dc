"""Where the engine's time goes: the stages of its strips, measured inside it."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING

from stripline.jpeg._engine import strip_stages
from stripline.jpeg._plan import make_plan
from stripline.jpeg.core import EncoderCore
from stripline.streams import open_rows

if TYPE_CHECKING:
    from bench_peers import Picture
    from stripline.jpeg import Sampling


def stage_seconds(picture: Picture, quality: int, sampling: Sampling) -> Counter[str]:
    """Seconds that each of the engine's stages takes for the whole picture, on one thread."""
    source = open_rows(picture)
    core = EncoderCore(make_plan(source, quality=quality, subsampling=sampling))
    seconds: Counter[str] = Counter()
    for rows in source.batches(core.plan.strip_rows):
        for task in core.feed(rows):
            seconds.update(strip_stages(task))
    return seconds


def print_stages(picture: Picture, quality: int, sampling: Sampling, rounds: int) -> None:
    """Print the median milliseconds of each stage, and what part of their sum that is."""
    runs = [stage_seconds(picture, quality, sampling) for _ in range(rounds + 1)][1:]
    medians = {stage: 1e3 * statistics.median(run[stage] for run in runs) for stage in runs[0]}
    total = sum(medians.values())
    parts = (f"{stage} {ms:.2f} ({100 * ms / total:.0f} %)" for stage, ms in medians.items())
    print(f"  engine's stages in ms: {', '.join(parts)}; together {total:.2f}")
