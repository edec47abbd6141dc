"""A time limit that stops libvips where it is."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from stripline.errors import LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from stripline.image.picture import Pixels


class Deadline:
    """Seconds from now, or for ever. Used as a context manager around the work.

    A library that does not ask whether it should go on (AVIF and HEIC decoders; WebP, AVIF and PNG
    optimisers once they have the pixels) is noticed only when it returns. A search for a goal stops
    between two trials.

    Args:
        seconds: How many; None for ever.
    """

    def __init__(self, seconds: float | None) -> None:
        self._began = time.monotonic()
        self._seconds = seconds
        self._lock = threading.Lock()
        self._watched: list[Pixels] = []
        # Not libvips' own progress signal, which does not come while rows are fetched.
        self._timer = None if seconds is None else threading.Timer(seconds, self._stop)

    def __enter__(self) -> Self:
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._watched.clear()

    def check(self) -> None:
        """Do nothing, in time.

        Raises:
            LimitExceeded: Too late.
        """
        if self._seconds is not None and time.monotonic() - self._began > self._seconds:
            raise LimitExceeded("seconds", self.elapsed, self._seconds)

    @contextmanager
    def stops(self) -> Iterator[None]:
        """Wrap work on watched pixels: an error that this deadline caused is its own.

        Raises:
            LimitExceeded: The work failed, and it is too late.
        """
        try:
            yield
        except Exception:
            self.check()
            raise

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return round(time.monotonic() - self._began, 3)

    @property
    def left(self) -> float | None:
        """Seconds until the end, at least a thousandth; None for ever."""
        if self._seconds is None:
            return None
        return max(0.001, self._seconds - (time.monotonic() - self._began))

    def watch(self, pixels: Pixels) -> Pixels:
        """The same pixels, whose computation stops when the time is over."""
        if self._seconds is None:
            return pixels
        self.check()
        watched = pixels.copy()
        with self._lock:
            self._watched.append(watched)
        return watched

    def _stop(self) -> None:
        with self._lock:
            for pixels in self._watched:
                pixels.set_kill(True)
