"""When frames are shown, and what a source of frames is."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from stripline.webcodecs import VideoFrame


class When(NamedTuple):
    """Microseconds."""

    timestamp: int
    duration: int


class Clock:
    """The times of frames at a constant rate: without gaps, and without drift.

    Args:
        rate: Frames a second.
    """

    def __init__(self, rate: Fraction) -> None:
        self._rate = rate

    def __iter__(self) -> Iterator[When]:
        begin = 0
        for index in count(1):
            end = round(index * 1_000_000 / self._rate)
            yield When(begin, end - begin)
            begin = end


class FrameSource(Protocol):
    """Where frames come from.

    Attributes:
        width: In pixels.
        height: In pixels.
        rate: Frames a second, or None where the source does not say.
        count: How many frames, or None where that is not known.
        aspect: Width of a pixel divided by its height, or None for square ones.
    """

    width: int
    height: int
    rate: Fraction | None
    count: int | None
    aspect: Fraction | None

    def frames(self, rate: Fraction, *, mixed: bool) -> Iterator[VideoFrame]:
        """Each frame; `mixed` allows several sizes."""
