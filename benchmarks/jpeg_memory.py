"""How much memory does streaming a gigantic JPEG take, and does it grow with the picture?

Each size runs in processes of its own: rows are generated, encoded on all cores and the file's
bytes dropped as they come. Reported is the most memory any of them ever held, above what the bare
interpreter held before it imported anything. No peer is measured: those of jpeg_encode.py want
the whole picture first (a gigapixel is 3 GB).

Two claims are checked, and the exit code is 1 if one fails:
- at most 48 MB for a picture 20,000 pixels wide, however high;
- the same memory, within 5 %, at 0.1 and 4 gigapixel of one width. A JPEG has at most 65,535 rows,
  so 4 gigapixel need a width above 61,035: both are 62,000 wide.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

from bench_memory import memory
from bench_rows import batches

LIMIT_BYTES = 48_000_000
TOLERANCE = 0.05

NARROW, WIDE = 20_000, 62_000  # pixels
TALLEST = 65_535  # rows
GIGAPIXELS = {NARROW: (0.1, 1.0, NARROW * TALLEST / 1e9), WIDE: (0.1, 1.0, 4.0)}

# The highest peak is a matter of chance: by how many finished strips one thread is ahead of others.
# A short picture is run more often, so that it gets as many chances as a long one.
RUN_GIGAPIXELS, FEWEST_RUNS, MOST_RUNS = 4.0, 2, 15


def stream(width: int, height: int) -> None:
    """The measured process: encode, drop the bytes, print the figures as JSON."""
    at_start = memory("VmRSS")
    from stripline import jpeg

    began = time.perf_counter()
    chunks = jpeg.iter_encode(batches(width, height), width, height, format="rgb")
    size = sum(len(chunk) for chunk in chunks)
    seconds = time.perf_counter() - began
    peak = memory("VmHWM") - at_start
    print(json.dumps({"peak": peak, "size": size, "seconds": seconds}))


def measure(width: int, gigapixels: float) -> int:
    """Run one size, each time in a process of its own, and return its highest peak in bytes."""
    rounds = max(FEWEST_RUNS, min(MOST_RUNS, round(RUN_GIGAPIXELS / gigapixels)))
    height = min(TALLEST, round(gigapixels * 1e9 / width))
    command = [sys.executable, __file__, "--stream", str(width), str(height)]
    runs = []
    for _ in range(rounds):
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        runs.append(json.loads(done.stdout))
    peak: int = max(run["peak"] for run in runs)
    speed = width * height / 1e6 / min(run["seconds"] for run in runs)
    print(
        f"{width:>7,} x {height:<7,} {width * height / 1e9:>5.2f} gigapixel  "
        f"peak {peak / 1e6:>6.1f} MB  file {runs[0]['size'] / 1e9:>6.2f} GB  "
        f"{speed:>5.0f} megapixels/s",
        flush=True,
    )
    return peak


def check(claim: str, holds: bool) -> bool:  # noqa: FBT001 - a table of claims and verdicts
    """Print a claim with its verdict, and return the verdict."""
    print(f"{'ok  ' if holds else 'FAIL'}  {claim}")
    return holds


def main(arguments: list[str]) -> int:
    """Measure all sizes and check the claims; the exit code says whether they hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="nothing above 0.3 gigapixel")
    parser.add_argument("--stream", nargs=2, type=int, metavar=("W", "H"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.stream:
        stream(*options.stream)
        return 0
    peaks = {
        width: [measure(width, size) for size in ((0.1, 0.3) if options.quick else sizes)]
        for width, sizes in GIGAPIXELS.items()
    }
    print()
    most = max(peaks[NARROW])
    verdicts = [
        check(
            f"{NARROW:,} pixels wide: at most {most / 1e6:.1f} MB "
            f"(limit {LIMIT_BYTES / 1e6:.0f} MB)",
            most <= LIMIT_BYTES,
        )
    ]
    for width, found in peaks.items():
        change = found[-1] / found[0] - 1
        verdicts.append(
            check(
                f"{width:,} pixels wide: the largest takes {100 * change:+.1f} % of the smallest's "
                f"memory more (limit {100 * TOLERANCE:.0f} %)",
                abs(change) <= TOLERANCE,
            )
        )
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
