"""The alpha channel beside VP8 and VP9: a stream of its own, whose luma is the alpha.

Source: WebM container guidelines, "alpha channel". Chunks of it are what an encoder's metadata
calls `alpha_side_data`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av import av
from stripline.webcodecs._av_frames import media_from_av
from stripline.webcodecs.enums import VideoPixelFormat
from stripline.webcodecs.exceptions import EncodingError

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

    from stripline.webcodecs.media import Media

__all__ = ["AlphaDecoder", "with_alpha"]

_WITH_ALPHA: Final = {
    VideoPixelFormat.I420: VideoPixelFormat.I420A,
    VideoPixelFormat.I422: VideoPixelFormat.I422A,
    VideoPixelFormat.I444: VideoPixelFormat.I444A,
}


class AlphaDecoder:
    """Decodes the alpha of numbered chunks.

    Args:
        context: A decoder of the codec that gives each picture at once: of one thread.
    """

    def __init__(self, context: VideoCodecContext) -> None:
        self._context = context
        self._pictures: dict[int, Media] = {}

    def decode(self, number: int, data: bytes) -> None:
        """Decode the alpha of a chunk.

        Raises:
            EncodingError: It is damaged.
        """
        if not data:  # FFmpeg takes it for the stream's end
            raise EncodingError("the alpha channel is empty")
        packet: av.Packet[Any] = av.Packet(len(data))
        packet.update(data)
        packet.pts = packet.dts = number
        try:
            frames = self._context.decode(packet)
        except (av.FFmpegError, ValueError) as error:
            raise EncodingError(f"the alpha channel cannot be decoded: {error}") from error
        for frame in frames:
            self._pictures[number] = media_from_av(frame)

    def take(self, number: int) -> Media | None:
        """The alpha of a chunk, once; None where it had none."""
        return self._pictures.pop(number, None)

    def flush(self) -> None:
        """Begin anew, with a key frame."""
        self._context.flush_buffers()
        self._pictures.clear()


def with_alpha(media: Media, alpha: Media) -> Media:
    """A picture with its alpha channel.

    Args:
        media: The picture.
        alpha: A picture whose luma is the alpha.

    Raises:
        EncodingError: The two have different sizes, or the picture has no 8 bits.
    """
    size = (media.coded_width, media.coded_height)
    if (alpha.coded_width, alpha.coded_height) != size or media.format not in _WITH_ALPHA:
        raise EncodingError(
            f"the alpha channel is {alpha.coded_width} x {alpha.coded_height}, the picture "
            f"{media.format} of {size[0]} x {size[1]}"
        )
    return replace(
        media,
        format=_WITH_ALPHA[media.format],
        planes=(*media.planes, alpha.planes[0]),
        strides=(*media.strides, alpha.strides[0]),
        block=None,
    )
