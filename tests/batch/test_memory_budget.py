"""A budget of memory holds, whatever the pictures are."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from stripline import jpeg
from tests.batch.support import files_below
from tests.support import photograph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="memory of other processes is read from Linux's /proc"
)

BUDGET_BYTES = 512_000_000
RUNNER = """
import os, sys
from pathlib import Path
from stripline.batch import Journal, plan_job, run_job
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
            sums = run_job(journal, job, pool=workers, memory_bytes=budget)
    print(sums.state)
"""


def rows(side: int) -> Iterator[NDArray[np.uint8]]:
    """A photograph repeated, some rows at a time."""
    across = np.ascontiguousarray(photograph(1, -(-side // 512))[:, :side])
    for top in range(0, side, 512):
        yield across[: min(512, side - top)]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 JPEG files of 1 to 100 megapixels, some of which do not stream, none of which is large."""
    folder = tmp_path_factory.mktemp("budget")
    (folder / "in").mkdir()
    sides = [1_000] * 20 + [2_000] * 10 + [4_000] * 6 + [6_000] * 3 + [10_000]
    pixels = photograph(8, 8)
    for number, side in enumerate(sides):
        target = folder / "in" / f"p{number * 7 % 40:02}.jpg"
        if number % 3 == 0 and side <= 4_000:
            Image.fromarray(pixels[:side, :side]).save(target, progressive=True)
        else:
            jpeg.encode(rows(side), target, width=side, height=side, format="rgb")
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
        assert runner.stdout.read() == "done\n"
    assert len(files_below(pictures / f"out-{pool}")) == 40
    assert len(samples) > 40
    assert max(samples) - start < BUDGET_BYTES
