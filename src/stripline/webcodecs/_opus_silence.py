"""Discontinuous transmission for Opus: chunks of lasting silence are not sent.

FFmpeg does not hand libopus's own switch on, so what libopus does with digital silence is done
here: after 200 ms of it (NB_SPEECH_FRAMES_BEFORE_DTX of silk/define.h) nothing is sent, but for one
chunk after every 400 ms (MAX_CONSECUTIVE_DTX). Faint noise is not taken for silence.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SilenceGate"]

_QUIET: Final = 2.0**-16  # half a step of 16 bits
_BEFORE_SECONDS: Final = 0.2
_LONGEST_SECONDS: Final = 0.4


class SilenceGate:
    """Says which packets to leave out.

    Args:
        rate: Hz of the positions.
    """

    def __init__(self, rate: int) -> None:
        self._before = round(_BEFORE_SECONDS * rate)
        self._longest = round(_LONGEST_SECONDS * rate)
        self._loud: deque[tuple[int, int]] = deque()
        self._sent_at = 0

    def hear(self, samples: NDArray[Any], start: int, scale: float) -> None:
        """Take notice of input.

        Args:
            samples: Floating point, of shape (frames, channels).
            start: The position of the first frame.
            scale: Positions per frame of the input.
        """
        loud = np.flatnonzero((np.abs(samples) > _QUIET).any(axis=1))
        if loud.size:
            self._loud.append((start + int(loud[0] * scale), start + int((loud[-1] + 1) * scale)))

    def passes(self, start: int, end: int) -> bool:
        """Whether the packet of this span of the input is sent."""
        while self._loud and self._loud[0][1] <= start - self._before:
            self._loud.popleft()
        silent = start >= self._before and not any(first < end for first, _ in self._loud)
        if silent and end - self._sent_at <= self._longest:
            return False
        self._sent_at = end
        return True
