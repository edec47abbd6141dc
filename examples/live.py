"""Encode frames as they come, and send each on at once: an endless MP4 on standard output.

python examples/live.py | ffplay -
python examples/live.py --frames 0 | your-uploader     # until it is stopped
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from itertools import count

import numpy as np

from stripline.webcodecs import (
    EncodedVideoChunk,
    EncodedVideoChunkMetadata,
    VideoEncoder,
    VideoFrame,
)
from stripline.webcodecs.containers import Muxer

WIDTH, HEIGHT = 320, 240


def clock_face(seconds: float) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A hand that goes round once a second."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    x, y = x - WIDTH / 2, HEIGHT / 2 - y
    angle = np.arctan2(x, y) / (2 * np.pi) % 1
    hand = (np.abs((angle - seconds) % 1) < 0.02) & (np.hypot(x, y) < HEIGHT * 0.45)
    return np.repeat(np.where(hand, 255, 40).astype(np.uint8)[..., None], 3, axis=2)


async def send(frames: int, rate: float) -> None:
    """Encode with `latency_mode="realtime"`; leave out frames that the encoder has no time for."""
    left_out = 0
    failed: list[OSError] = []

    def output(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata) -> None:
        if not failed:
            try:
                muxer.write(chunk, metadata)
            except OSError as error:  # raised where the frames are made: nothing awaits this
                failed.append(error)

    # Each chunk is a fragment of its own, written as soon as the next one begins.
    with Muxer(sys.stdout.buffer, "mp4", low_latency=True) as muxer:
        muxer.add_video_track()
        async with VideoEncoder(output=output, error=print) as encoder:
            encoder.configure(
                codec="avc1.42E01F",
                width=WIDTH,
                height=HEIGHT,
                framerate=rate,
                bitrate=500_000,
                latency_mode="realtime",
            )
            began = time.monotonic()
            for index in range(frames) if frames else count():
                if failed:
                    raise failed[0]
                await asyncio.sleep(max(0.0, began + index / rate - time.monotonic()))
                if encoder.encode_queue_size > 2:
                    left_out += 1
                    continue
                timestamp = int(index * 1_000_000 / rate)
                with VideoFrame(clock_face(index / rate), timestamp=timestamp) as frame:
                    encoder.encode(frame, key_frame=index % int(rate) == 0)
    print(f"{left_out} frames were left out", file=sys.stderr)


def main() -> None:
    """Send."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300, help="0 is for ever")
    parser.add_argument("--rate", type=float, default=30)
    options = parser.parse_args()
    try:
        asyncio.run(send(options.frames, options.rate))
    except BrokenPipeError:  # nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the last flush


if __name__ == "__main__":
    main()
