"""What Opus decodes to, cut so that each block is what one chunk stands for.

An Opus encoder is heard late by its pre-skip: that many samples are dropped when decoding begins
(RFC 7845, section 4.2), and every later sample moves forward by as many. So that each block is
given out with its chunk's own timestamp and as long as its chunk, it takes its last samples from
the chunk after it. The very last block is shorter, by the pre-skip, and so is the last one before a
flush; what is missing of it then begins the next block.

Opus always decodes to 48 kHz, whatever rate was configured (RFC 7845, section 5.1).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from stripline.webcodecs._av_audio_frames import audio_media_from_av
from stripline.webcodecs.audio_convert import audio_frames
from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.audio_headers import OPUS_HZ
from stripline.webcodecs.enums import AudioSampleFormat
from stripline.webcodecs.media import AudioMedia
from stripline.webcodecs.sample_clock import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.frame import AudioFrame as AvFrame
    from numpy.typing import NDArray

__all__ = ["OpusBlocks"]

_MICROSECONDS: Final = 1_000_000

# After a flush, a chunk farther from the end of the last one than this does not follow it.
_FOLLOWS_MICROSECONDS: Final = 1_000


class _Block(NamedTuple):
    """One chunk's part of what comes out, in samples from where decoding began."""

    timestamp: int
    start: int
    end: int


class OpusBlocks:
    """Takes decoded samples, gives blocks.

    Args:
        pre_skip: Samples to drop at first.
    """

    def __init__(self, pre_skip: int) -> None:
        self._pre_skip = pre_skip
        self._drained = False
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget all: the next chunk begins a stream."""
        self._skip = self._pre_skip
        self._expected = 0  # samples of each channel that were announced
        self._blocks: deque[_Block] = deque()
        self._samples: deque[NDArray[Any]] = deque()
        self._held = 0  # in there
        self._given = 0
        self._next_timestamp: int | None = None

    def is_elsewhere(self, timestamp: int) -> bool:
        """Whether a chunk, the first after `drain`, does not follow the last one."""
        drained, self._drained = self._drained, False
        if not drained or self._next_timestamp is None:
            return False
        return abs(timestamp - self._next_timestamp) > _FOLLOWS_MICROSECONDS

    def expect(self, timestamp: int, frames: int) -> None:
        """A chunk is about to be decoded.

        Args:
            timestamp: Its own.
            frames: The samples that it stands for.
        """
        start = self._expected
        self._expected += frames
        self._blocks.append(_Block(timestamp, start, self._expected))
        self._next_timestamp = timestamp + microseconds(frames, OPUS_HZ)

    def put(self, frame: AvFrame) -> None:
        """Decoded samples."""
        media = audio_media_from_av(frame)
        dropped = min(self._skip, media.frames)
        self._skip -= dropped
        if dropped < media.frames:
            self._samples.append(audio_frames(media)[dropped:])
            self._held += media.frames - dropped

    def take(self) -> Iterator[tuple[AudioData]]:
        """The blocks that are whole."""
        while self._blocks and self._held >= self._blocks[0].end - self._given:
            yield self._cut(self._blocks.popleft())

    def drain(self) -> Iterator[tuple[AudioData]]:
        """The blocks that are whole, and then what there is."""
        yield from self.take()
        if self._blocks and self._held:
            yield self._cut(self._blocks.popleft()._replace(end=self._given + self._held))
        self._drained = True

    def _cut(self, block: _Block) -> tuple[AudioData]:
        # After a flush a block begins before its chunk does.
        timestamp = block.timestamp + (self._given - block.start) * _MICROSECONDS // OPUS_HZ
        media = _of(self._pull(block.end - self._given))
        return (AudioData._from_media(media, timestamp),)  # noqa: SLF001 - made for this

    def _pull(self, count: int) -> NDArray[Any]:
        parts, missing = [], count
        while missing:
            part = self._samples.popleft()
            if len(part) > missing:
                self._samples.appendleft(part[missing:])
                part = part[:missing]
            parts.append(part)
            missing -= len(part)
        self._held -= count
        self._given += count
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _of(samples: NDArray[Any]) -> AudioMedia:
    """Samples of shape (frames, channels)."""
    frames, channels = samples.shape
    plane = np.ascontiguousarray(samples).data.cast("B").toreadonly()
    return AudioMedia(AudioSampleFormat.F32, OPUS_HZ, channels, frames, (plane,))
