"""A budget of memory holds, whatever the pictures are."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stripline import jpeg
from tests.batch.support import files_below
from tests.support import photograph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="memory of other processes is read from Linux's /proc"
)

BUDGET_BYTES = 512_000_000
RUNNER = """
import json, os, sys
from pathlib import Path
from stripline.batch import Journal, plan_job, run_job
from stripline.batch.journal.history import task_rows
from stripline.pools import default_pool
from stripline.pools.isolated import IsolatedPool
from tests.batch.support import found_in, spec_for

if __name__ == "__main__":
    folder, pool, budget = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with Journal(folder / f"{pool}.db") as journal:
        recipe = {"resize": {"width": 800}, "output": {"format": "webp", "quality": 75}}
        spec = spec_for(folder / f"out-{pool}", recipe)
        job = plan_job(journal, found_in(folder / "in"), spec, inputs=["in"])
        print("planned", flush=True)
        sys.stdin.readline()
        with IsolatedPool(2) if pool == "isolated" else default_pool() as workers:
            run_job(journal, job, pool=workers, memory_bytes=budget)
        failed = {Path(row.url).stem: row.cause for row in task_rows(journal, job.id, "failed")}
    print(json.dumps(failed))
"""


def rows(side: int) -> Iterator[NDArray[np.uint8]]:
    """A photograph repeated, some rows at a time."""
    across = np.ascontiguousarray(photograph(1, -(-side // 512))[:, :side])
    for top in range(0, side, 512):
        yield across[: min(512, side - top)]


def save_jpeg(target: Path, side: int) -> None:
    jpeg.encode(rows(side), target, width=side, height=side, format="rgb")


def by_pillow(**options: Any) -> Callable[[Path, int], None]:
    def save(target: Path, side: int) -> None:
        tiles = -(-side // 512)
        Image.fromarray(photograph(tiles, tiles)[:side, :side]).save(target, **options)

    return save


# Kind -> the ending of its files, and what writes a square picture of a side in pixels.
KINDS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "jpeg": ("jpg", save_jpeg),
    "progressive": ("jpg", by_pillow(progressive=True)),
    "png": ("png", by_pillow(compress_level=1)),
    "tiff": ("tif", by_pillow(compression="tiff_deflate")),
    "webp": ("webp", by_pillow(method=1, quality=40)),  # others overflow at 100 megapixels
    "avif": ("avif", by_pillow(speed=10)),
}
WHOLE = ("progressive", "webp", "avif")  # what decoders hold at once
# How many there are of each side, for all kinds in turn.
SOME = {1_000: 20, 2_000: 10, 4_000: 6, 6_000: 3, 10_000: 1}
MANY = {1_000: 60, 2_000: 48, 3_500: 36, 5_000: 28, 7_000: 16, 10_000: 12}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, full_size: bool) -> Path:
    """40 files of 1 to 100 megapixels, or 200; each is called after its kind and side."""
    folder = tmp_path_factory.mktemp("budget")
    (folder / "in").mkdir()
    number = 0
    for side, many in (MANY if full_size else SOME).items():
        kinds = list(KINDS) if full_size else ["progressive", "jpeg", "jpeg"]
        for kind in islice(cycle(kinds), many):
            ending, save = KINDS[kind]
            first = folder / f"{kind}-{side}"
            if not first.exists():
                save(folder / f"new.{ending}", side)
                (folder / f"new.{ending}").rename(first)
            # Sizes come in another order than by size.
            (folder / "in" / f"{number * 7 % 200:03}-{kind}-{side}.{ending}").hardlink_to(first)
            number += 1
    return folder


def tree_bytes(process: int) -> int:
    """Resident memory of a process and its children; 0 once it is gone."""
    total = 0
    try:
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) * 1024
        for task in Path(f"/proc/{process}/task").iterdir():
            children = (task / "children").read_text(encoding="ascii").split()
            total += sum(tree_bytes(int(child)) for child in children)
    except (FileNotFoundError, ProcessLookupError):
        pass
    return total


@pytest.mark.parametrize("pool", ["threads", "isolated"])
def test_a_budget_holds(pictures: Path, pool: str) -> None:
    script = pictures / f"{pool}.py"
    script.write_text(RUNNER)
    command = [sys.executable, str(script), str(pictures), pool, str(BUDGET_BYTES)]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as runner:  # type: ignore[call-overload]
        assert runner.stdout.readline() == "planned\n"
        start, samples = tree_bytes(runner.pid), []
        runner.stdin.write("\n")
        runner.stdin.flush()
        while runner.poll() is None:
            samples.append(tree_bytes(runner.pid))
            with contextlib.suppress(subprocess.TimeoutExpired):
                runner.wait(0.01)  # leaves it the cores
        ended = json.loads(runner.stdout.read())
    names = {path.stem for path in (pictures / "in").iterdir()}
    made = {name.removesuffix(".webp") for name in files_below(pictures / f"out-{pool}")}
    most = max(samples) - start
    sys.stdout.write(f"{pool}: {most:,} bytes at most, refused: {sorted(names - made)}\n")
    assert most < BUDGET_BYTES
    assert len(samples) > len(names)
    # What neither streams nor fits is refused; all else is done.
    assert set(ended) == names - made
    assert set(ended.values()) <= {"OverBudget"}
    assert {name.split("-")[1] for name in ended} <= set(WHOLE)
    assert all(int(name.split("-")[2]) > 4_000 for name in ended)
