"""Decode a video and encode it anew, with a bounded number of frames in memory.

python examples/transcode.py clip.mp4 clip.webm --bitrate 500000
"""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from stripline.webcodecs import VideoDecoder, VideoEncoder, VideoFrame
from stripline.webcodecs.containers import Demuxer, Muxer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def closing(frames: AsyncIterator[VideoFrame]) -> AsyncIterator[VideoFrame]:
    """Give frames, and close each when the next one is asked for."""
    async for frame in frames:
        with frame:
            yield frame


async def transcode(source: str, target: str, bitrate: int) -> int:
    """Demuxer -> decoder -> encoder -> muxer; each waits for the next one. Gives the chunks."""
    count = 0
    with Demuxer(source) as demuxer, Muxer(target) as muxer:
        config = demuxer.video.decoder_config
        decoder = VideoDecoder(output=lambda _: None, error=print)
        encoder = VideoEncoder(output=muxer.write, error=print)
        async with decoder, encoder:
            decoder.configure(config)
            encoder.configure(
                codec="vp09.00.31.08",
                width=config["coded_width"],
                height=config["coded_height"],
                framerate=demuxer.video.frame_rate or 30,
                bitrate=bitrate,
            )
            frames = decoder.stream(demuxer.chunks(demuxer.video), max_queue=8)
            async for _ in encoder.stream(closing(frames), max_queue=8):
                count += 1
    return count


def main() -> None:
    """Transcode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("output")
    parser.add_argument("--bitrate", type=int, default=1_000_000)
    options = parser.parse_args()
    count = asyncio.run(transcode(options.source, options.output, options.bitrate))
    print(f"{options.output}: {count} chunks")


if __name__ == "__main__":
    main()
