"""Save pictures from all over a video, decoding only one frame for each.

python examples/thumbnails.py clip.mp4 thumbnails/ --count 6
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from stripline.webcodecs import VideoDecoder, VideoFrame
from stripline.webcodecs.containers import Demuxer


def picture(frame: VideoFrame) -> Image.Image:
    """The frame as a Pillow image, turned as it is shown."""
    rect = frame.visible_rect
    assert rect is not None  # noqa: S101 - the frame is open
    pixels = bytearray(frame.allocation_size(format="RGBA"))
    frame.copy_to(pixels, format="RGBA").result()
    image = Image.frombuffer("RGBA", (int(rect.width), int(rect.height)), bytes(pixels))
    image = image.convert("RGB").rotate(-frame.rotation, expand=True)
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if frame.flip else image


def main() -> None:
    """Seek to key frames: each can be decoded without any other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--width", type=int, default=320)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)

    frames: list[VideoFrame] = []
    with (
        Demuxer(options.source) as demuxer,
        VideoDecoder(output=frames.append, error=print) as decoder,
    ):
        track, length = demuxer.video, demuxer.duration or 0
        decoder.configure(track.decoder_config)
        for index in range(options.count):
            demuxer.seek(length * (2 * index + 1) // (2 * options.count))
            decoder.decode(next(iter(demuxer.chunks(track))))
            decoder.flush().result()
            with frames.pop() as frame:
                image = picture(frame)
                image.thumbnail((options.width, options.width))
                image.save(options.folder / f"{index}-{frame.timestamp // 1000}ms.jpg")
    print(f"{options.folder}: {options.count} pictures")


if __name__ == "__main__":
    main()
