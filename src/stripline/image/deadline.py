"""A time limit that stops libvips where it is."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stripline.errors import LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.image.picture import Pixels


class Deadline:
    """Seconds from now, or for ever.

    A decoder that does not report progress (AVIF, HEIC, SVG) is noticed only when it returns.

    Args:
        seconds: How many; None for ever.
    """

    def __init__(self, seconds: float | None) -> None:
        self._began = time.monotonic()
        self._seconds = seconds

    def check(self) -> None:
        """Do nothing, in time.

        Raises:
            LimitExceeded: Too late.
        """
        if self._is_over and self._seconds is not None:
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
    def _is_over(self) -> bool:
        return self._seconds is not None and time.monotonic() - self._began > self._seconds

    def watch(self, pixels: Pixels) -> Pixels:
        """The same pixels, whose computation stops when the time is over."""
        if self._seconds is None:
            return pixels
        watched = pixels.copy()
        watched.set_progress(True)

        def stop(image: Pixels, _progress: object) -> None:
            if self._is_over:
                image.set_kill(True)

        watched.signal_connect("eval", stop)
        return watched
