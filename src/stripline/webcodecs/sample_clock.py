"""When each sample of a row of inputs is heard."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from stripline.webcodecs.exceptions import EncodingError

__all__ = ["SampleClock", "microseconds"]

_MICROSECONDS: Final = 1_000_000
_LATEST: Final = 2**63 - 1  # of Web IDL's "long long", in microseconds


def microseconds(frames: float, rate: float) -> int:
    """How long so many frames last, cut to whole microseconds as `AudioData.duration` is."""
    return int(frames * _MICROSECONDS / rate)


class _Input(NamedTuple):
    position: int
    timestamp: int
    origin: int  # the position that is counted from, and its time
    origin_timestamp: int


class SampleClock:
    """Gives the time of any position, by counting from the inputs' own timestamps.

    Inputs that follow each other are counted through, so that their rounding to microseconds does
    not show. One that is off by a whole sample or more begins anew: there is a gap.

    Args:
        rate: Positions per second.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._inputs: deque[_Input] = deque()

    def add(self, position: int, timestamp: int) -> None:
        """An input begins.

        Args:
            position: Of its first sample; not before those of earlier inputs.
            timestamp: Microseconds.
        """
        origin, origin_timestamp = position, timestamp
        if self._inputs:
            last = self._inputs[-1]
            counted = last.origin_timestamp + self._span(position - last.origin)
            if abs(timestamp - counted) < max(2.0, _MICROSECONDS / self._rate):
                origin, origin_timestamp = last.origin, last.origin_timestamp
        self._inputs.append(_Input(position, timestamp, origin, origin_timestamp))

    def time(self, position: int) -> int:
        """The time of a position, in microseconds; positions are asked for in order.

        Raises:
            EncodingError: It is beyond 64 bits, which timestamps have.
        """
        while len(self._inputs) > 1 and self._inputs[1].position <= position:
            self._inputs.popleft()
        now = self._inputs[0]
        if position == now.position:
            return now.timestamp
        time = now.origin_timestamp + int(self._span(position - now.origin))
        if time > _LATEST:
            raise EncodingError(f"time went on to {time:,} µs, which is beyond {_LATEST:,}")
        return time

    def _span(self, frames: int) -> float:
        return frames * _MICROSECONDS / self._rate
