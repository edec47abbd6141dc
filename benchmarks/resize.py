"""How fast do camera JPEGs become small pictures, and how good and how large are those?

Peers: pyvips' thumbnail (the reference of all ratios), sharp (installed by npm into a temporary
folder), OpenCV, Pillow, vipsthumbnail and ImageMagick. Files of 12, 16 and 24 megapixels, as
cameras write them, become 800 pixels wide, as JPEG and as WebP of quality 80; all else is each
tool's default. Each tool has a process of its own in each round. What is counted is the time
from the first to the last picture, after a warm-up: of libraries without their imports, of
command-line tools with the start of a process for each picture. All work on as many pictures at
once as there are workers, with one thread for each. Tools take turns and rounds repeat; the
ratio is the median of the rounds' ratios.

Results go to a folder in memory (/dev/shm) where there is one: stripline waits until a file is on
the disk and its peers do not, and the disk is not the question here.

    python benchmarks/resize.py --quick
    python benchmarks/resize.py --check     # exit code 1 if it is not as fast as is claimed
    python benchmarks/resize.py --tools stripline,pyvips --formats webp --rounds 9
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench_camera import camera_files
from bench_resize_job import Job
from bench_resize_peers import TOOLS, found_tools
from bench_resize_scores import score

from stripline.jpeg import kernels_in_use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench_camera import Photo
    from bench_resize_job import Answer
    from bench_resize_peers import Tool

REFERENCE = "pyvips"
WIDTH, QUALITY = 800, 80
WORKERS = 2
EXTENSIONS = {"jpeg": "jpg", "webp": "webp"}
ALSO_WITH_ONE_WORKER = ("stripline", "pyvips")
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed against one peer, with as many workers.

    Attributes:
        peer: Its name.
        speed: At least so many times as fast.
        size: With at most so many times its bytes; None for no worse a score, however large.
    """

    peer: str
    speed: float
    size: float | None = None


CLAIMS = {
    "jpeg": (Claim("pyvips", speed=1.10), Claim("sharp", speed=1.05)),
    "webp": (Claim("pyvips", speed=1.35, size=1.03),),
}
SCORE_TOLERANCE = 0.1


@dataclass(slots=True)
class Measured:
    """One tool's results over the rounds."""

    tool: Tool
    job: Job
    answers: list[Answer] = field(default_factory=list)
    size: float = 0
    score: float = 0

    @property
    def name(self) -> str:
        """The tool's."""
        return self.tool.name

    @property
    def workers(self) -> int:
        """How many pictures at once."""
        return self.job.workers

    @property
    def speeds(self) -> list[float]:
        """Pictures a second, of each round."""
        pictures = len(self.job.files) * self.job.repeats
        return [pictures / answer.seconds for answer in self.answers]

    @property
    def cpu(self) -> float:
        """Seconds computed for a picture."""
        pictures = len(self.job.files) * self.job.repeats
        return statistics.median(answer.cpu for answer in self.answers) / pictures

    @property
    def peak(self) -> int:
        """The most memory held in any round, in bytes."""
        return max(answer.peak for answer in self.answers)

    def look_at_results(self) -> None:
        """Fill in their mean size in bytes and mean score."""
        results = [(Path(path), Path(self.job.target(path))) for path, _, _ in self.job.files]
        self.size = statistics.mean(result.stat().st_size for _, result in results)
        self.score = statistics.mean(score(*pair) for pair in results)

    def speed_ratio(self, other: Measured) -> float:
        """How many times as fast as another: the median of the rounds' ratios."""
        pairs = zip(self.speeds, other.speeds, strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)


def measure(
    tools: Sequence[Tool], photos: Sequence[Photo], extension: str, options: argparse.Namespace
) -> list[Measured]:
    """Let all tools make one format of the photographs, in turns."""
    base = MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="stripline-", dir=base) as folder:
        contestants = []
        for tool in tools:
            for workers in (WORKERS, 1) if tool.name in ALSO_WITH_ONE_WORKER else (WORKERS,):
                output = Path(folder, f"{tool.name}-{workers}")
                output.mkdir()
                job = Job(
                    files=tuple((str(one.path), one.width, one.height) for one in photos),
                    output=str(output),
                    extension=extension,
                    width=WIDTH,
                    quality=QUALITY,
                    workers=workers,
                    repeats=options.repeats,
                )
                contestants.append(Measured(tool, job))
        for _ in range(options.rounds):
            for contestant in contestants:
                contestant.answers.append(contestant.tool.run(contestant.job))
        for contestant in contestants:
            contestant.look_at_results()
    return contestants


def report(contestants: Sequence[Measured]) -> None:
    """Print a line per tool; ratios are to the reference with the same number of workers."""
    references = {one.workers: one for one in contestants if one.name == REFERENCE}
    print(f"  {'tool':<14} {'workers':>7} {'pictures/s':>10} {'CPU ms':>7} {'peak MB':>8}", end="")
    print(f" {'bytes':>8} {'score':>7}" + (f" {'speed':>6} {'CPU':>6} {'size':>6}"))
    for one in contestants:
        print(f"  {one.name:<14} {one.workers:>7} {statistics.median(one.speeds):>10.2f}", end="")
        print(f" {one.cpu * 1e3:>7.1f} {one.peak / 1e6:>8.1f} {one.size:>8,.0f}", end="")
        print(f" {one.score:>7.2f}", end="")
        reference = references.get(one.workers)
        if reference is not None:
            print(f" {one.speed_ratio(reference):>5.2f}x {one.cpu / reference.cpu:>5.2f}x", end="")
            print(f" {one.size / reference.size:>5.3f}x", end="")
        print(flush=True)


def check(image_format: str, contestants: Sequence[Measured]) -> bool:
    """Print each claim with its verdict; return whether all hold. Unmeasured ones do not."""
    found = {one.name: one for one in contestants if one.workers == WORKERS}
    ours = found.get("stripline")
    verdicts = []
    for claim in CLAIMS[image_format]:
        peer = found.get(claim.peer)
        if ours is None or peer is None:
            print(f"FAIL  {image_format}: stripline and {claim.peer} were not both measured")
            verdicts.append(False)
            continue
        speed, size = ours.speed_ratio(peer), ours.size / peer.size
        if claim.size is None:
            good = ours.score >= peer.score - SCORE_TOLERANCE
            limit = f"score {ours.score:.2f} (at least {peer.score:.2f} - {SCORE_TOLERANCE})"
        else:
            good = size <= claim.size
            limit = f"{size:.3f}x its bytes (at most {claim.size:.2f}x)"
        verdicts.append(good and speed >= claim.speed)
        print(
            f"{'ok  ' if verdicts[-1] else 'FAIL'}  {image_format}: {speed:.2f}x as fast as"
            f" {claim.peer} (at least {claim.speed:.2f}x), {limit}"
        )
    return all(verdicts)


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def words(text: str) -> list[str]:
        return text.split(",")

    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--files", type=int, default=16, help="how many there are to resize")
    parser.add_argument("--repeats", type=int, default=3, help="how often each is, in a round")
    parser.add_argument("--tools", type=words, default=list(TOOLS), metavar="NAME,…")
    parser.add_argument("--formats", type=words, default=list(EXTENSIONS), metavar="NAME,…")
    parser.add_argument(
        "--sharp", type=Path, metavar="FOLDER", help="install sharp there, and keep it"
    )
    parser.add_argument("--check", action="store_true", help="compare with what is claimed")
    parser.add_argument("--quick", action="store_true", help="4 files, 3 rounds")
    options = parser.parse_args(arguments)
    for chosen, known in ((options.tools, TOOLS), (options.formats, EXTENSIONS)):
        unknown = sorted(set(chosen) - set(known))
        if unknown:
            parser.error(f"{', '.join(unknown)} is not one of {', '.join(known)}")
    if options.quick:
        options.rounds, options.files, options.repeats = 3, 4, 2
    return options


def main(arguments: Sequence[str]) -> int:
    """Run with the given command line and return the exit code."""
    options = parsed(arguments)
    with tempfile.TemporaryDirectory(prefix="stripline-") as temporary:
        tools = found_tools(options.tools, options.sharp or Path(temporary))
        photos = camera_files(Path(temporary), options.files)
        megapixels = statistics.mean(photo.pixels for photo in photos) / 1e6
        megabytes = statistics.mean(photo.path.stat().st_size for photo in photos) / 1e6
        print(
            f"{len(photos)} files, in the mean {megapixels:.1f} megapixels and {megabytes:.1f} MB;"
            f" kernels {kernels_in_use()}, {options.rounds} rounds, medians;\n"
            f"CPU and bytes are a picture's, peak MB the process's; speed, CPU and size are"
            f" {REFERENCE}'s times",
            flush=True,
        )
        verdicts = []
        for name in options.formats:
            contestants = measure(tools, photos, EXTENSIONS[name], options)
            print(f"\nto {name}, {WIDTH} pixels wide, quality {QUALITY}")
            report(contestants)
            if options.check:
                verdicts.append(check(name, contestants))
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
