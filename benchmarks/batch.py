"""What does the batch add to the work itself: in time, on both cores, and for what is done already?

The peer is the plain loop that people write: `process` for each picture on a pool of threads, as
many as the batch has workers, into a folder in memory. Both take turns; the figure is the median
of the rounds.

Three claims, with `--check` exit code 1 if one fails:
- a task of the batch takes at most 1.5 ms more than the same call in the plain loop (tiny
  pictures, so that nothing else matters; the plan, which the loop does not have, is shown apart);
- with pictures as cameras write them, the batch makes at least 0.97 as many a second on all
  workers, plan included;
- `stripline batch` over 100,000 files of which all are done takes at most 15 s and 200 MB, from
  the start of the interpreter to its end.

    python benchmarks/batch.py --quick
    python benchmarks/batch.py --check
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench_camera import camera_files

from stripline.batch import Journal, Spec, plan_job, run_job
from stripline.batch.discovery import discover
from stripline.batch.task import Outcome, Written
from stripline.image import FolderSinks, Limits, Recipe, process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripline.batch.task import Work

MOST_TASK_SECONDS = 0.0015
LEAST_THROUGHPUT = 0.97
MOST_SECONDS, MOST_BYTES, FILES = 15.0, 200_000_000, 100_000
WORKERS = 2
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_CAMERA_FILES = 12  # of their own; the rest are the same under other names
TEMPLATE = "{stem}.{ext}"
COMMAND = """
import atexit, sys
from bench_memory import memory
from stripline.cli.main import run
atexit.register(lambda: print(memory("VmHWM"), file=sys.stderr))
run()
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """One round.

    Attributes:
        plain: Seconds of the loop.
        plan: Seconds of finding and planning.
        run: Seconds of the batch's run.
    """

    plain: float
    plan: float
    run: float


def plainly(files: Sequence[Path], recipe: Recipe, output: Path) -> float:
    """Seconds of the loop that people write."""

    def one(path: Path) -> None:
        process(path, recipe, FolderSinks(output, path.stem, TEMPLATE))

    began = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in pool.map(one, files):
            pass
    return time.perf_counter() - began


def by_batch(folder: Path, recipe: Recipe, output: Path, count: int) -> tuple[float, float]:
    """Seconds of plan and run."""
    spec = Spec({"": recipe}, str(output), TEMPLATE)
    with Journal(output.with_suffix(".db")) as journal, ThreadPoolExecutor(WORKERS) as pool:
        began = time.perf_counter()
        job = plan_job(journal, discover([str(folder)]), spec, inputs=[str(folder)])
        planned = time.perf_counter()
        totals = run_job(journal, job, pool=pool)
        ended = time.perf_counter()
    if totals.done != count:
        message = f"{totals.done} of {count} are done: {dict(totals.causes)}"
        raise RuntimeError(message)
    return planned - began, ended - planned


def compare(folder: Path, recipe: Recipe, rounds: int) -> list[Timed]:
    """Both ways over the same files, in turns, each round into new folders."""
    files = sorted(folder.iterdir())
    timed = []
    for number in range(rounds + 1):
        with tempfile.TemporaryDirectory(dir=folder.parent) as place:
            output = Path(place, "batch")
            if number % 2:
                plan, run = by_batch(folder, recipe, output, len(files))
            plain = plainly(files, recipe, Path(place, "plain"))
            if not number % 2:
                plan, run = by_batch(folder, recipe, output, len(files))
        if number:  # the first is a warm-up
            timed.append(Timed(plain, plan, run))
    return timed


def overhead(place: Path, tasks: int, rounds: int) -> bool:
    """Tiny pictures; whether a task takes as little more as is claimed."""
    folder = place / "tiny"
    folder.mkdir()
    write_tiny(folder, tasks)
    recipe = Recipe.read({"resize": {"width": 8}, "output": {"format": "png"}})
    timed = compare(folder, recipe, rounds)
    more = statistics.median((one.run - one.plain) / tasks for one in timed)
    plan = statistics.median(one.plan / tasks for one in timed)
    plain = statistics.median(one.plain / tasks for one in timed)
    print(f"{tasks:,} tiny pictures, {rounds} rounds, {WORKERS} threads")
    print(f"  plain loop      {1e3 * plain:6.2f} ms a picture")
    print(f"  batch, more     {1e3 * more:6.2f} ms a picture (claimed: {1e3 * MOST_TASK_SECONDS})")
    print(f"  its plan        {1e3 * plan:6.2f} ms a picture")
    return more <= MOST_TASK_SECONDS


def throughput(place: Path, pictures: int, rounds: int) -> bool:
    """Pictures as cameras write them; whether the batch makes as many a second as is claimed."""
    folder = place / "camera"
    folder.mkdir()
    for photo in camera_files(folder, _CAMERA_FILES):
        for number in range(1, pictures // _CAMERA_FILES):
            (folder / f"{number}-{photo.path.name}").hardlink_to(photo.path)
    recipe = Recipe.read({"resize": {"width": 800}, "output": {"format": "jpeg", "quality": 80}})
    timed = compare(folder, recipe, rounds)
    # Not the median of the rounds' ratios: the same work takes 5 % more or less from turn to turn.
    plain = statistics.median(one.plain for one in timed)
    ratio = plain / statistics.median(one.plan + one.run for one in timed)
    running = plain / statistics.median(one.run for one in timed)
    speed = pictures / plain
    print(f"{pictures} pictures of 12 to 24 megapixels to 800 pixels, {rounds} rounds")
    print(f"  plain loop      {speed:6.1f} pictures/s")
    print(f"  batch           {ratio:6.3f} of that (claimed: {LEAST_THROUGHPUT})")
    print(f"  without a plan  {running:6.3f}")
    return ratio >= LEAST_THROUGHPUT


def write_tiny(folder: Path, count: int) -> None:
    """Small files, 100 a folder if there are many: one picture, told apart by what follows it."""
    first = folder / "first"
    process(
        _grey(), Recipe.read({"output": {"format": "png"}}), FolderSinks(folder, "first", "{stem}")
    )
    data = first.read_bytes()
    first.unlink()
    for number in range(count):
        place = folder if count < 10_000 else folder / f"{number // 100:04}"
        place.mkdir(exist_ok=True)
        (place / f"{number:06}.png").write_bytes(data)


def _grey() -> bytes:
    """A PNG of 16 x 16 pixels."""
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.linear_gradient("L").resize((16, 16)).save(file, "PNG")
    return file.getvalue()


def pretend(work: Work) -> Outcome:
    """What a worker does, without a picture: here only what is remembered of it matters."""
    (place,) = work.outputs
    url = place.url.format(width=8, height=8, quality="lossless", ext="png")
    Path(url).parent.mkdir(parents=True, exist_ok=True)
    Path(url).write_bytes(b"made")
    return Outcome((Written("", url, "png", 8, 8, 4, None, None),), work.source.size, 0.0, "here")


def done_before(place: Path, files: int) -> bool:
    """The command over a job that is done; whether it is as fast and as small as is claimed."""
    folder, output, journal = place / "many", place / "made", place / "many.db"
    folder.mkdir()
    write_tiny(folder, files)
    recipe = Recipe.read({"resize": {"width": 8}, "output": {"format": "png"}})
    spec = Spec({"": recipe}, str(output), TEMPLATE, Limits(seconds=300.0))
    began = time.perf_counter()
    with Journal(journal) as opened:
        job = plan_job(opened, discover([str(folder)]), spec, inputs=[str(folder)])
        planned = time.perf_counter()
        from stripline.batch.run import Run

        Run(opened, job, do=pretend).run()
    ran = time.perf_counter()
    options = ("-o", output, "--width", "8", "--format", "png", "--journal", journal, "--json")
    command = [sys.executable, "-c", COMMAND, "batch", *map(str, (folder, *options))]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    again = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=here)
    seconds, peak = time.perf_counter() - again, int(done.stderr)
    if f'"done": {files}' not in done.stdout or '"job": 1,' not in done.stdout:
        message = f"the command found another job: {done.stdout}"
        raise RuntimeError(message)
    print(f"{files:,} files")
    print(f"  planned in      {planned - began:6.1f} s")
    print(f"  written down in {ran - planned:6.1f} s, without the work itself")
    most_seconds, most_bytes = MOST_SECONDS * files / FILES, MOST_BYTES
    print(f"  done, again     {seconds:6.1f} s (claimed: {most_seconds:.1f})")
    print(f"  peak memory     {peak / 1e6:6.1f} MB (claimed: {most_bytes / 1e6:.0f})")
    return seconds <= most_seconds and peak <= most_bytes


def main() -> None:
    """Measure, print, and with --check fail if a claim does."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few pictures and rounds")
    parser.add_argument("--check", action="store_true", help="exit code 1 if a claim fails")
    parser.add_argument("--rounds", type=int, help="how many (default 7, quick 3)")
    parser.add_argument("--pictures", type=int, help="of a camera (default 288, quick 24)")
    parser.add_argument("--files", type=int, help="done before (default 100,000, quick 10,000)")
    given = parser.parse_args()
    rounds = given.rounds or (3 if given.quick else 7)
    files = given.files or (FILES // 10 if given.quick else FILES)
    home = MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None
    place = Path(tempfile.mkdtemp(dir=home))
    try:
        kept = [
            overhead(place, 500 if given.quick else 2000, rounds),
            throughput(place, given.pictures or (24 if given.quick else 288), rounds),
            done_before(place, files),
        ]
    finally:
        shutil.rmtree(place)
    if given.check and not all(kept):
        sys.exit(1)


if __name__ == "__main__":
    main()
