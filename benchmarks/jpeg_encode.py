"""How fast is stripline's JPEG encoder, and how large are its files, against its peers?

Peers: simplejpeg (libjpeg-turbo, the reference of all ratios), Pillow, OpenCV, pyvips. Everything
is counted, from an RGB array in memory to a JPEG file in memory, called from Python. Encoders
take turns within a round and rounds repeat, so that a machine whose speed drifts treats all
alike; the ratio is the median of the rounds' ratios. Peers encode on one thread; stripline is
measured on one and on all cores. With --stream it also gives its bytes on as they come, to nobody:
a large file in memory takes fresh memory, which some machines are slow to give.

    python benchmarks/jpeg_encode.py --quick
    python benchmarks/jpeg_encode.py --megapixels 12,100 --kernels avx512,avx2,scalar
    python benchmarks/jpeg_encode.py --stream          # the bytes given on, not kept, too
    python benchmarks/jpeg_encode.py --stages          # where the engine's time goes
    python benchmarks/jpeg_encode.py --check           # exit code 1 if a recorded ratio is lost
    python benchmarks/jpeg_encode.py --record          # keep this run's ratios for --check
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import bench_record
import bench_stages

import bench_peers
import bench_pictures
from stripline.jpeg import available_kernels, kernels_in_use
from stripline.pools import default_pool, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench_peers import Encode, Picture
    from stripline.jpeg import Sampling

SETTINGS: tuple[tuple[int, Sampling], ...] = ((100, "4:4:4"), (90, "4:2:0"))
REFERENCE = "simplejpeg"
SMALL = (256, 256)
FLAGS = ("stream", "stages", "check", "record")

# An encoder's turn lasts about this long, however short one call is: long enough for the clock, and
# for the processor to have settled to this encoder's threads and memory.
TURN_SECONDS = 0.2


@dataclass(slots=True)
class Measured:
    """One encoder's results over the rounds."""

    name: str
    threads: int
    encode: Encode
    size: int = 0
    repeats: int = 1
    seconds: list[float] = field(default_factory=list)


def measure(
    contestants: Sequence[Measured], picture: Picture, quality: int, sampling: Sampling, rounds: int
) -> None:
    """Fill in the contestants' sizes and seconds: one warm-up call each, then `rounds` of turns."""
    for contestant in contestants:
        began = time.perf_counter()
        made = contestant.encode(picture, quality, sampling)
        contestant.size = made if isinstance(made, int) else len(made)
        took = time.perf_counter() - began
        contestant.repeats = max(1, round(TURN_SECONDS / took))
    for _ in range(rounds):
        for contestant in contestants:
            began = time.perf_counter()
            for _ in range(contestant.repeats):
                contestant.encode(picture, quality, sampling)
            took = time.perf_counter() - began
            contestant.seconds.append(took / contestant.repeats)


def ratio_to(reference: Measured, one: Measured) -> float:
    """How many times as fast as the reference: the median of the rounds' ratios."""
    pairs = zip(reference.seconds, one.seconds, strict=True)
    return statistics.median(theirs / ours for theirs, ours in pairs)


def report(contestants: Sequence[Measured], pixels: int) -> None:
    """Print a line per encoder: time, speed, bytes, and both as ratios to the reference."""
    reference = next((one for one in contestants if one.name == REFERENCE), None)
    print(f"  {'encoder':<12} {'threads':>7} {'ms':>9} {'min':>9} {'MP/s':>7}", end="")
    print(f" {'bytes':>12}" + (f" {'speed':>7} {'size':>8}" if reference else ""))
    for one in contestants:
        median = statistics.median(one.seconds)
        print(f"  {one.name:<12} {one.threads:>7} {median * 1e3:>9.3f}", end="")
        print(f" {min(one.seconds) * 1e3:>9.3f} {pixels / 1e6 / median:>7.1f}", end="")
        print(f" {one.size:>12,}", end="")
        if reference:
            larger = 100 * (one.size / reference.size - 1)
            print(f" {ratio_to(reference, one):>6.2f}x {larger:>+7.2f}%", end="")
        print()


def run(options: argparse.Namespace) -> dict[str, float]:
    """Measure all pictures at all settings with this process's kernels; our ratios by case."""
    ratios = {}
    others = bench_peers.peers()
    cores = usable_cores()
    print(f"\nkernels {kernels_in_use()}, {cores} usable cores, {options.rounds} rounds, medians;")
    print(f"speed is {REFERENCE}'s time divided by the encoder's")
    cases: list[tuple[str, Callable[[int, int], Picture], tuple[int, int]]] = [
        (name, make, bench_pictures.size_for(megapixels))
        for megapixels in options.megapixels
        for name, make in bench_pictures.PICTURES.items()
        if name in options.pictures
    ]
    cases.append(("photographs", bench_pictures.photographs, SMALL))
    for name, make, (width, height) in cases:
        picture = make(width, height)
        for quality, sampling in SETTINGS:
            contestants = [Measured("stripline", 1, bench_peers.stripline(None))]
            if cores > 1:
                all_cores = bench_peers.stripline(default_pool())
                contestants.append(Measured("stripline", cores, all_cores))
            if options.stream:
                contestants.append(Measured("streamed", 1, bench_peers.streamed(None)))
                contestants.append(
                    Measured("streamed", cores, bench_peers.streamed(default_pool()))
                )
            contestants += [Measured(peer, 1, encode) for peer, encode in others.items()]
            measure(contestants, picture, quality, sampling, options.rounds)
            print(f"\n{name}, {width} x {height}, quality {quality}, {sampling}")
            report(contestants, width * height)
            if options.stages:
                bench_stages.print_stages(picture, quality, sampling, options.rounds)
            reference = next((one for one in contestants if one.name == REFERENCE), None)
            for one in contestants:
                if one.name == "stripline" and reference is not None:
                    size = f"{width} x {height}"
                    case = f"{kernels_in_use()}, {name} {size}, {quality}, {sampling}"
                    ratios[f"{case}, {one.threads} thread(s)"] = ratio_to(reference, one)
    return ratios


def run_for_kernels(names: Sequence[str], arguments: Sequence[str]) -> int:
    """Measure each set of kernels in a process of its own, as the choice is made once in each."""
    unknown = set(names) - set(available_kernels())
    if unknown:
        available = ", ".join(available_kernels())
        print(f"not available here: {', '.join(sorted(unknown))} (there are {available})")
        return 2
    worst = 0
    for name in names:
        environment = {**os.environ, "STRIPLINE_KERNELS": name}
        command = [sys.executable, __file__, *arguments]
        worst = max(worst, subprocess.run(command, check=False, env=environment).returncode)
    return worst


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def numbers(text: str) -> list[float]:
        return [float(part) for part in text.split(",")]

    def words(text: str) -> list[str]:
        return text.split(",")

    parser.add_argument("--megapixels", type=numbers, default=[12.0, 100.0], metavar="N,…")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--pictures", type=words, default=list(bench_pictures.PICTURES), metavar="NAME,…"
    )
    parser.add_argument("--kernels", type=words, metavar="SET,…", help="compare sets of kernels")
    parser.add_argument("--stream", action="store_true", help="give the bytes on, too")
    parser.add_argument("--stages", action="store_true", help="where the engine's time goes")
    parser.add_argument("--check", action="store_true", help="compare with the recorded ratios")
    parser.add_argument("--record", action="store_true", help="keep this run's ratios")
    parser.add_argument("--quick", action="store_true", help="2 megapixels, 3 rounds")
    options = parser.parse_args(arguments)
    unknown = set(options.pictures) - set(bench_pictures.PICTURES)
    if unknown:
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    if options.quick:
        options.megapixels, options.rounds, options.pictures = [2.0], 3, ["photographs"]
    return options


def main(arguments: Sequence[str]) -> int:
    """Run with the given command line and return the exit code."""
    options = parsed(arguments)
    if options.kernels is None:
        ratios = run(options)
        kept = bench_record.compare(ratios) if options.check else True
        if options.record:
            bench_record.record(ratios)
        return 0 if kept else 1
    passed_on = [
        f"--megapixels={','.join(map(str, options.megapixels))}",
        f"--rounds={options.rounds}",
        f"--pictures={','.join(options.pictures)}",
        *(
            f"--{flag}"
            for flag in ("stream", "stages", "check", "record")
            if getattr(options, flag)
        ),
    ]
    return run_for_kernels(options.kernels, passed_on)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
