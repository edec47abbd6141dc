"""How fast is stripline's SSIMULACRA 2 against PyPI's, and how far apart are their numbers?

Both get two RGB arrays in memory. The package reads files only, so it is given uncompressed ones in
memory, whose reading is a few per mille of its time. Scorers take turns within a round; the ratio
is the median of the rounds' ratios. One thread each; numpy's own are left alone.

Measured are one comparison from scratch, and one with an original that was prepared before, as a
search for a quality makes them.

    python benchmarks/score.py --quick
    python benchmarks/score.py --megapixels 0.25,0.8 --rounds 9
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

import bench_pictures
from stripline.image.score import Reference, ssimulacra2
from stripline.jpeg import kernels_in_use

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench_pictures import Picture

QUALITY = 75  # of the JPEG that is scored

# A scorer's turn lasts about this long, however short one call is.
TURN_SECONDS = 0.2


def jpeg_of(picture: Picture) -> Picture:
    """The picture after a JPEG encoder and decoder."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=QUALITY)
    return np.ascontiguousarray(Image.open(file))


def pypi_scorer(original: Picture, distorted: Picture) -> Callable[[], float] | None:
    """PyPI's scorer at work on two pictures; None, and a word about it, if it is not installed."""
    try:
        from ssimulacra2 import compute_ssimulacra2
    except ModuleNotFoundError:
        print('ssimulacra2 is not installed and not measured: pip install "stripline[bench]"')
        return None
    files = io.BytesIO(), io.BytesIO()
    for picture, file in zip((original, distorted), files, strict=True):
        Image.fromarray(picture).save(file, "BMP")

    def score() -> float:
        for file in files:
            file.seek(0)
        return float(compute_ssimulacra2(*files))

    return score


def scorers(original: Picture, distorted: Picture) -> dict[str, Callable[[], float]]:
    """What is measured, by the name shown."""
    height, width = original.shape[:2]
    prepared = Reference(original, width, height)
    found: dict[str, Callable[[], float]] = {
        "stripline": lambda: ssimulacra2(original, distorted, width, height),
        "stripline, prepared": lambda: prepared.score(distorted),
    }
    peer = pypi_scorer(original, distorted)
    return found if peer is None else {"ssimulacra2 (PyPI)": peer, **found}


def turn(score: Callable[[], float], repeats: int) -> float:
    """Seconds a call."""
    began = time.perf_counter()
    for _ in range(repeats):
        score()
    return (time.perf_counter() - began) / repeats


def measure(width: int, height: int, rounds: int) -> None:
    """Measure on one size of picture and print a line per scorer."""
    original = bench_pictures.photographs(width, height)
    contestants = scorers(original, jpeg_of(original))
    repeats = {}
    scores = {}
    for name, score in contestants.items():
        scores[name] = score()
        repeats[name] = max(1, round(TURN_SECONDS / turn(score, 1)))
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, score in contestants.items():
            seconds[name].append(turn(score, repeats[name]))
    print(f"\nphotographs, {width} x {height}, JPEG quality {QUALITY}")
    print(f"  {'scorer':<20} {'ms':>9} {'min':>9} {'score':>8} {'speed':>8}")
    first = next(iter(seconds.values()))
    for name, ours in seconds.items():
        ratio = statistics.median(one / other for one, other in zip(first, ours, strict=True))
        print(f"  {name:<20} {statistics.median(ours) * 1e3:>9.2f}", end="")
        print(f" {min(ours) * 1e3:>9.2f} {scores[name]:>8.3f} {ratio:>7.1f}x")


def main(arguments: list[str]) -> int:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", default="0.25,0.8")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="one size, few rounds")
    options = parser.parse_args(arguments)
    sizes = [0.8] if options.quick else [float(part) for part in options.megapixels.split(",")]
    rounds = 3 if options.quick else options.rounds
    print(
        f"kernels {kernels_in_use()}, {rounds} rounds, medians; speed is a ratio to the first line"
    )
    for megapixels in sizes:
        measure(*bench_pictures.size_for(megapixels), rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
