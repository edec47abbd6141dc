"""How much memory does it take to resize a gigantic picture, and does memory leak?

Each picture is resized to 800 pixels by `image.process` in a process of its own. Reported is the
most memory that it ever held (VmHWM), above what it held (VmRSS) when everything was imported and
before it opened the picture. Files are written beforehand, by another process.

Two claims are checked, and the exit code is 1 if one fails:
- at most 128 MB for a JPEG and for a PNG of 20,000 x 20,000 pixels. Formats that are decoded as a
  whole are measured on smaller pictures, and reported without a limit;
- the same memory, within 4 MB, after 1,000 rounds of small pictures, sound and damaged ones, to
  JPEG, PNG and WebP as after 100.

    python benchmarks/image_memory.py --quick
    python benchmarks/image_memory.py --rounds 5
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_giants import GIANTS
from bench_memory import memory

LIMIT_BYTES = 128_000_000
LIMITED = ("JPEG", "PNG")
GIGANTIC, LARGE = 20_000, 8_000  # pixels a side, of those that stream and of the others
STREAMED = (*LIMITED, "TIFF, deflate")
WIDTH = 800

LEAK_BYTES = 4_000_000
FIRST_ROUNDS, ALL_ROUNDS = 100, 1_000


def resize(path: str) -> None:
    """The measured process: resize one picture, print the figures as JSON."""
    from stripline import _vips, image
    from stripline.image.pipeline import process

    _vips.library()  # imports that are made when they are first needed count as imports too
    recipe = image.Recipe(resize=image.Resize(width=WIDTH), output=image.Output(format="jpeg"))
    at_start, began = memory("VmRSS"), time.perf_counter()
    result = process(path, recipe, image.MemorySinks())
    seconds = time.perf_counter() - began
    if result.variants[""].width != WIDTH:
        message = f"{path} became {result.variants[''].width} pixels wide, not {WIDTH}"
        raise RuntimeError(message)
    print(json.dumps({"peak": memory("VmHWM") - at_start, "seconds": seconds}))


def leak() -> None:
    """The measured process: many small pictures, of which every third is damaged."""
    import bench_pictures
    from stripline import image, jpeg
    from stripline.errors import CorruptImage

    file = jpeg.encode(bench_pictures.photographs(640, 480), quality=90)
    # The second half of its data is gone, and the end is there: only decoding shows it.
    broken = file[: len(file) // 2] + file[-2:]
    variants = {
        name: image.Recipe(resize=image.Resize(width=160), output=image.Output(format=name))
        for name in ("jpeg", "png", "webp")
    }
    held = {}
    for number in range(1, ALL_ROUNDS + 1):
        damaged = number % 3 == 0
        source = broken if damaged else file
        try:
            image.process(source, variants, image.MemorySinks())
        except CorruptImage:
            if not damaged:
                raise
        if number in {FIRST_ROUNDS, ALL_ROUNDS}:
            held[number] = memory("VmRSS")
    print(json.dumps({"first": held[FIRST_ROUNDS], "last": held[ALL_ROUNDS]}))


def measured(*arguments: str) -> dict[str, float]:
    """Run this file with some arguments, and return what it prints."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measure(kind: str, side: int, rounds: int) -> float:
    """Resize a picture some times, each in a process of its own; the highest peak in bytes."""
    ending, write = GIANTS[kind]
    with tempfile.TemporaryDirectory(prefix="stripline-") as folder:
        path = Path(folder, f"giant.{ending}")
        write(path, side)
        runs = [measured("--resize", str(path)) for _ in range(rounds)]
        size = path.stat().st_size
    peak = max(run["peak"] for run in runs)
    print(
        f"{kind:<18} {side:>6,} x {side:<6,}  file {size / 1e6:>6.1f} MB"
        f"  peak {peak / 1e6:>7.1f} MB  {peak / side**2:>6.2f} bytes a pixel"
        f"  {min(run['seconds'] for run in runs):>5.1f} s",
        flush=True,
    )
    return peak


def check(claim: str, holds: bool) -> bool:  # noqa: FBT001 - a table of claims and verdicts
    """Print a claim with its verdict, and return the verdict."""
    print(f"{'ok  ' if holds else 'FAIL'}  {claim}")
    return holds


def main(arguments: list[str]) -> int:
    """Measure all kinds and check the claims; the exit code says whether they hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="the highest peak of them counts")
    parser.add_argument("--quick", action="store_true", help="only what is limited, once")
    parser.add_argument("--resize", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--leak", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.resize:
        resize(options.resize)
        return 0
    if options.leak:
        leak()
        return 0
    kinds, rounds = (LIMITED, 1) if options.quick else (tuple(GIANTS), options.rounds)
    peaks = {kind: measure(kind, GIGANTIC if kind in STREAMED else LARGE, rounds) for kind in kinds}
    held = measured("--leak")
    grown = held["last"] - held["first"]
    print()
    verdicts = [
        check(
            f"{kind}: at most {peaks[kind] / 1e6:.1f} MB (limit {LIMIT_BYTES / 1e6:.0f} MB)",
            peaks[kind] <= LIMIT_BYTES,
        )
        for kind in LIMITED
    ]
    verdicts.append(
        check(
            f"{grown / 1e6:+.1f} MB from round {FIRST_ROUNDS:,} to {ALL_ROUNDS:,}"
            f" (limit {LEAK_BYTES / 1e6:.0f} MB)",
            grown <= LEAK_BYTES,
        )
    )
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
