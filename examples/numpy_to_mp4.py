"""Draw an animation with numpy and encode it to an MP4.

python examples/numpy_to_mp4.py plasma.mp4
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from stripline.webcodecs import VideoEncoder, VideoFrame
from stripline.webcodecs.containers import Muxer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RATE = 30


def plasma(width: int, height: int, count: int) -> Iterator[NDArray[np.uint8]]:
    """Waves of colour that run through each other: arrays of height x width x 3."""
    y, x = np.mgrid[:height, :width] / height
    for index in range(count):
        time = index / RATE
        wave = np.sin(6 * x + 3 * time) + np.sin(9 * y - 2 * time) + np.sin(7 * (x + y) + time)
        colours = [np.sin(wave * 2 + phase) for phase in (0, 2, 4)]
        yield (np.stack(colours, axis=2) * 127 + 128).astype(np.uint8)


def fail(error: Exception) -> None:
    """Called once if the encoder fails; `flush` then raises too."""
    print(f"the encoder failed: {error}")


def main() -> None:
    """Encode; without an asyncio loop, chunks come on the encoder's own thread."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    options = parser.parse_args()

    with Muxer(options.output) as muxer, VideoEncoder(output=muxer.write, error=fail) as encoder:
        encoder.configure(
            codec="avc1.64001F",
            width=options.width,
            height=options.height,
            framerate=RATE,
            bitrate=2_000_000,
        )
        for index, pixels in enumerate(plasma(options.width, options.height, options.frames)):
            with VideoFrame(pixels, timestamp=index * 1_000_000 // RATE) as frame:
                encoder.encode(frame, key_frame=index % 60 == 0)
    print(f"{options.output}: {options.frames} frames")


if __name__ == "__main__":
    main()
