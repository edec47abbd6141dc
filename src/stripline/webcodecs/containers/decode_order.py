"""When chunks are decoded: containers store it, WebCodecs has only when they are shown.

Chunks come in decoding order. Where that is not the order in which they are shown (B-frames), each
is decoded before the time at which it is shown, and as many chunks before as the stream ever
reorders: its depth. Then the decoding times are the sorted times of showing, shifted by the depth.
"""

from __future__ import annotations

import heapq
from typing import Final, Generic, NamedTuple, TypeVar

from stripline.webcodecs.exceptions import DataError

__all__ = ["MOST_REORDERED", "DecodeOrder", "Timed"]

T = TypeVar("T")

MOST_REORDERED: Final = 16
"""Pictures that a decoder of H.264 or H.265 holds at most (ITU-T H.264, A.3.1; H.265, A.4.2)."""

# Between the chunks before the first one shown, where there is nothing to tell by.
_NOMINAL_STEP: Final = 1_000


class Timed(NamedTuple, Generic[T]):
    """A chunk with both of its times, in microseconds."""

    item: T
    timestamp: int
    decoded: int


class DecodeOrder(Generic[T]):
    """Finds the decoding times of one track's chunks.

    Args:
        depth: How many chunks the stream reorders at most; 0 is none. None where that is not known:
            the first chunks are then held, as many as can matter, to see.
    """

    def __init__(self, depth: int | None) -> None:
        self._depth = depth
        self._held: list[tuple[T, int]] = []
        self._begun = False
        self._ahead: list[int] = []  # times of showing that are no decoding times yet, a heap
        self._last: int | None = None

    def put(self, item: T, timestamp: int) -> list[Timed[T]]:
        """Take a chunk; give those whose decoding times are known now.

        Raises:
            DataError: It is shown at the time of another one, or reordered deeper than it may.
        """
        if self._begun:
            return [self._next(item, timestamp)]
        self._held.append((item, timestamp))
        wanted = MOST_REORDERED if self._depth is None else self._depth
        return self._begin() if len(self._held) > wanted else []

    def finish(self) -> list[Timed[T]]:
        """No more will come: give what is held."""
        return [] if self._begun or not self._held else self._begin()

    def _begin(self) -> list[Timed[T]]:
        held, self._held, self._begun = self._held, [], True
        times = [timestamp for _, timestamp in held]
        depth = observed_depth(times) if self._depth is None else self._depth
        self._depth = depth
        ordered = sorted(times)[: depth + 1]
        steps = len(ordered) - 1
        step = max(1, (ordered[-1] - ordered[0]) // steps) if steps else _NOMINAL_STEP
        self._ahead = [ordered[0] - step * behind for behind in range(depth, 0, -1)]
        return [self._next(*one) for one in held]

    def _next(self, item: T, timestamp: int) -> Timed[T]:
        decoded = heapq.heappushpop(self._ahead, timestamp)
        if decoded > timestamp or (self._last is not None and decoded <= self._last):
            raise DataError(
                f"the chunk of timestamp {timestamp:,} comes too late or twice: chunks are written "
                f"in decoding order, and this track was found to reorder {self._depth} at most"
            )
        self._last = decoded
        return Timed(item, timestamp, decoded)


def observed_depth(times: list[int]) -> int:
    """How many chunks, at most, come before one that is shown before them."""
    return max(
        (
            sum(earlier > timestamp for earlier in times[:index])
            for index, timestamp in enumerate(times)
        ),
        default=0,
    )
