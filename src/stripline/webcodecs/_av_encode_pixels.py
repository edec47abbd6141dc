"""From frames to what an encoder takes: its size, its pixel format, its colours."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av_frames import av_from_media, color_numbers
from stripline.webcodecs.color_space import REC709, VideoColorSpace
from stripline.webcodecs.enums import VideoMatrixCoefficients as Matrix
from stripline.webcodecs.enums import VideoPixelFormat
from stripline.webcodecs.media import Media
from stripline.webcodecs.pixel_formats import pixel_format
from stripline.webcodecs.plane_views import visible_planes

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame as AvFrame

    from stripline.webcodecs.video_frame import VideoFrame

__all__ = ["FrameShaper", "encoded_color_space", "set_colors"]

# swscale's names of matrices (SWS_CS_*), by PyAV's numbers.
_SWS_MATRIX: Final = {Matrix.BT709: 1, Matrix.BT470BG: 5, Matrix.SMPTE170M: 5, Matrix.BT2020_NCL: 9}


def _is_rgb(colors: VideoColorSpace, form: VideoPixelFormat) -> bool:
    return pixel_format(form).is_rgb or colors.matrix == Matrix.RGB


@lru_cache(maxsize=64)  # asked for every frame, and nearly always the same
def encoded_color_space(colors: VideoColorSpace, form: VideoPixelFormat | None) -> VideoColorSpace:
    """The colours of the encoded pictures: those of the frame, and BT.709's where it says nothing.

    RGB is encoded as BT.709 in the limited range, as browsers do.
    """
    if form is None or _is_rgb(colors, form):
        return REC709
    given = {name: value for name, value in colors.to_json().items() if value is not None}
    return VideoColorSpace({**REC709.to_json(), **given})


def set_colors(context: VideoCodecContext, colors: VideoColorSpace) -> None:
    """Have an encoder write these colours into its stream."""
    numbers = color_numbers(colors)
    context.color_primaries, context.color_trc = numbers.primaries, numbers.transfer
    context.colorspace, context.color_range = numbers.matrix, numbers.range


class FrameShaper:
    """Makes frames of one size and pixel format.

    Args:
        width: In pixels.
        height: In pixels.
        pixels: FFmpeg's pixel format.
    """

    def __init__(self, width: int, height: int, pixels: str) -> None:
        self._size = (width, height)
        self._pixels = pixels

    def shape(self, frame: VideoFrame) -> AvFrame:
        """The visible pixels of a frame, scaled and converted where needed."""
        media = frame._media()  # noqa: SLF001 - frames are for codecs to read
        media = _in_ten_bits(_without_idle_alpha(media, self._pixels))
        source = av_from_media(media, frame.color_space)
        if (source.width, source.height) == self._size and source.format.name == self._pixels:
            return source
        return source.reformat(*self._size, self._pixels, **_conversion(frame))


def _without_idle_alpha(media: Media, pixels: str) -> Media:
    """The pixels without an alpha channel that is not encoded, for which FFmpeg may lack a name."""
    form = pixel_format(media.format)
    if form.is_rgb or not form.has_alpha or pixels.startswith("yuva"):
        return media
    return replace(
        media, format=form.opaque, planes=media.planes[:3], strides=media.strides[:3], block=None
    )


def _in_ten_bits(media: Media) -> Media:
    """I420AP12, for which FFmpeg has no name, without its last two bits; all else as it is.

    Alpha is encoded beside eight bits, for which they do not count.
    """
    if media.format is not VideoPixelFormat.I420AP12:
        return media
    samples = [plane >> 2 for plane in visible_planes(media)]
    block = memoryview(b"".join(plane.tobytes() for plane in samples))
    strides = tuple(2 * plane.shape[1] for plane in samples)
    size = media.visible[2:]
    form = pixel_format(VideoPixelFormat.I420AP10)
    return Media.of_block(form, size, block, strides, (0, 0, *size))


def _conversion(frame: VideoFrame) -> dict[str, Any]:
    """Only RGB changes its colours; all else keeps its matrix and range."""
    form, colors = frame.format, frame.color_space
    if form is not None and _is_rgb(colors, form):
        return {"dst_colorspace": "ITU709", "src_color_range": "JPEG", "dst_color_range": "MPEG"}
    matrix = _SWS_MATRIX.get(colors.matrix or Matrix.BT709, 1)
    level = "JPEG" if colors.full_range else "MPEG"
    return {
        "src_colorspace": matrix,
        "dst_colorspace": matrix,
        "src_color_range": level,
        "dst_color_range": level,
    }
