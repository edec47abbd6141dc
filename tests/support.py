"""What tests of several modules need."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from skimage import data

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def photograph(down: int = 1, across: int = 1) -> NDArray[np.uint8]:
    """A 512 x 512 RGB photograph, tiled."""
    picture: NDArray[np.uint8] = np.tile(data.astronaut(), (down, across, 1))  # type: ignore[no-untyped-call]  # ships no types
    return picture


def noise(height: int, width: int, channels: int = 3, seed: int = 1) -> NDArray[np.uint8]:
    """Random pixels; grey ones without a third axis."""
    shape = (height, width) if channels == 1 else (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def decode(jpeg: bytes) -> NDArray[np.uint8]:
    """Decode with libjpeg-turbo; anything it only warns of is an error."""
    with Image.open(io.BytesIO(jpeg)) as image:
        image.load()
        return np.asarray(image)


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal to noise ratio in decibels."""
    error = np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def run_script(code: str, *arguments: object) -> str:
    """Run Python in a process of its own; what it prints. It may not complain of anything."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


class CountingPool(ThreadPoolExecutor):
    """Knows which of its calls are not over."""

    def __init__(self, workers: int = 2) -> None:
        super().__init__(workers)
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        self.futures.append(future)
        return future

    def is_idle(self) -> bool:
        """Whether all are."""
        return all(future.done() for future in self.futures)


class LosingExecutor(Executor):
    """A pool that somebody shut down with the calls in it."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


class HeldExecutor(Executor):
    """Takes calls and runs them when it is told to, in any order: time stands still between."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []
        self.most_waiting = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        self.most_waiting = max(self.most_waiting, len(self.waiting))
        return future

    def run(self, index: int = 0) -> None:
        """Run one of the waiting calls, unless it was cancelled."""
        future, call = self.waiting.pop(index)
        if future.set_running_or_notify_cancel():
            future.set_result(call())
