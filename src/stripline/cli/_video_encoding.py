"""Frames through an encoder into a file, a few at a time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stripline.webcodecs import VideoFrame
    from stripline.webcodecs.containers import Muxer

# Frames that wait for the encoder: reading goes on meanwhile, and memory stays bounded.
_QUEUE: Final = 8


class _Outcome:
    """What the encoder's thread tells the one that feeds it."""

    def __init__(self, muxer: Muxer) -> None:
        self._muxer = muxer
        self.error: Exception | None = None
        self.changed = threading.Event()

    def output(self, chunk: Any, metadata: Mapping[str, Any]) -> None:  # noqa: ANN401 - of video
        if self.error is None:
            try:
                self._muxer.write(chunk, metadata)
            except Exception as error:  # noqa: BLE001 - raised where the frames come from
                self.failed(error)

    def failed(self, error: Exception) -> None:
        self.error = self.error or error
        self.changed.set()

    def check(self) -> None:
        if self.error is not None:
            raise self.error


def encode_frames(
    frames: Iterable[VideoFrame],
    config: Mapping[str, Any],
    options: Mapping[str, Any],
    muxer: Muxer,
    progress: Callable[[int], object],
) -> int:
    """Encode all frames, and close them.

    Args:
        frames: The frames.
        config: A VideoEncoderConfig.
        options: VideoEncoderEncodeOptions of each frame.
        muxer: Takes the chunks; it is not closed.
        progress: Told how many frames were handed over.

    Returns:
        How many there were.

    Raises:
        DOMException: The encoder or the muxer failed.
        OSError: The file failed.
    """
    from stripline.webcodecs import VideoEncoder  # noqa: PLC0415 - not for --help

    outcome = _Outcome(muxer)
    encoder = VideoEncoder(output=outcome.output, error=outcome.failed)
    encoder.add_event_listener("dequeue", outcome.changed.set)
    count = 0
    try:
        encoder.configure(config)
        for frame in frames:
            with frame:
                _wait_for_room(encoder, outcome)
                encoder.encode(_trimmed(frame, config), options)
            count += 1
            progress(count)
        _finish(encoder, outcome)
    finally:
        if encoder.state != "closed":
            encoder.close()
    return count


def _wait_for_room(encoder: Any, outcome: _Outcome) -> None:  # noqa: ANN401 - a VideoEncoder
    while True:
        outcome.changed.clear()
        outcome.check()
        if encoder.encode_queue_size < _QUEUE:
            return
        outcome.changed.wait()


def _finish(encoder: Any, outcome: _Outcome) -> None:  # noqa: ANN401 - a VideoEncoder
    outcome.check()
    try:
        encoder.flush().result()
    finally:
        outcome.check()


def _trimmed(frame: VideoFrame, config: Mapping[str, Any]) -> VideoFrame:
    """Without the last row or column where the encoder wants even sizes, rather than scaled."""
    over = (frame.display_width - config["width"], frame.display_height - config["height"])
    if over == (0, 0) or not set(over) <= {0, 1}:
        return frame
    from stripline.webcodecs import VideoFrame  # noqa: PLC0415 - not for --help

    rect = {"x": 0, "y": 0, "width": config["width"], "height": config["height"]}
    return VideoFrame(frame, visible_rect=rect)
