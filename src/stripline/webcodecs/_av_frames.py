"""Pixels and samples to and from the frames of PyAV, without a copy where that is possible."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

import av
import numpy as np

from stripline.webcodecs.color_space import SRGB, VideoColorSpace
from stripline.webcodecs.enums import (
    VideoColorPrimaries,
    VideoMatrixCoefficients,
    VideoPixelFormat,
    VideoTransferCharacteristics,
)
from stripline.webcodecs.exceptions import InvalidStateError, NotSupportedError
from stripline.webcodecs.frame_layout import DOMRect
from stripline.webcodecs.frame_sources import Picture, widen
from stripline.webcodecs.media import Media
from stripline.webcodecs.orientation import Orientation
from stripline.webcodecs.pixel_formats import pixel_format
from stripline.webcodecs.plane_views import plane_view

if TYPE_CHECKING:
    from fractions import Fraction

    from stripline.webcodecs.pixel_formats import PixelFormat

__all__ = [
    "AV_FORMATS",
    "av_from_media",
    "color_numbers",
    "color_space_from_av",
    "color_space_from_numbers",
    "is_av_frame",
    "media_from_av",
    "picture_from_av",
]

_MICROSECONDS: Final = 1_000_000


def _planar_names() -> dict[str, VideoPixelFormat]:
    names = {}
    for family, sampling in (("I420", "420"), ("I422", "422"), ("I444", "444")):
        for alpha in ("", "a"):
            for bits in ("", "10", "12"):
                end = f"p{bits}le" if bits else "p"
                ours = family + alpha.upper() + (f"P{bits}" if bits else "")
                names[f"yuv{alpha}{sampling}{end}"] = VideoPixelFormat(ours)
    del names["yuva420p12le"]  # FFmpeg has no such format
    return names


# FFmpeg's name of each format that it has; it has none for I420AP12.
_FROM_AV: Final = {
    **_planar_names(),
    "nv12": VideoPixelFormat.NV12,
    "rgba": VideoPixelFormat.RGBA,
    "rgb0": VideoPixelFormat.RGBX,
    "bgra": VideoPixelFormat.BGRA,
    "bgr0": VideoPixelFormat.BGRX,
}
AV_FORMATS: Final = {ours: theirs for theirs, ours in _FROM_AV.items()}

# Formats that are one of ours under another name. Those of RGB in planes, as a matrix of "rgb"
# has them, are green, blue, red in FFmpeg as in ITU-T H.273.
_SAME_AS: Final = {
    "yuvj420p": VideoPixelFormat.I420,
    "yuvj422p": VideoPixelFormat.I422,
    "yuvj444p": VideoPixelFormat.I444,
    "gbrp": VideoPixelFormat.I444,
    "gbrp10le": VideoPixelFormat.I444P10,
    "gbrp12le": VideoPixelFormat.I444P12,
    "gbrap": VideoPixelFormat.I444A,
    "gbrap10le": VideoPixelFormat.I444AP10,
    "gbrap12le": VideoPixelFormat.I444AP12,
}
_GREY: Final = {
    "gray": VideoPixelFormat.I420,
    "gray10le": VideoPixelFormat.I420P10,
    "gray12le": VideoPixelFormat.I420P12,
}

# ITU-T H.273, tables 2 to 4, whose numbers FFmpeg uses. The transfer functions of BT.2020 (14, 15)
# are that of BT.709 in more bits.
_PRIMARIES: Final = {
    VideoColorPrimaries.BT709: 1,
    VideoColorPrimaries.BT470BG: 5,
    VideoColorPrimaries.SMPTE170M: 6,
    VideoColorPrimaries.BT2020: 9,
    VideoColorPrimaries.SMPTE432: 12,
}
_TRANSFERS: Final = {
    VideoTransferCharacteristics.BT709: 1,
    VideoTransferCharacteristics.SMPTE170M: 6,
    VideoTransferCharacteristics.LINEAR: 8,
    VideoTransferCharacteristics.IEC61966_2_1: 13,
    VideoTransferCharacteristics.PQ: 16,
    VideoTransferCharacteristics.HLG: 18,
}
_MATRICES: Final = {
    VideoMatrixCoefficients.RGB: 0,
    VideoMatrixCoefficients.BT709: 1,
    VideoMatrixCoefficients.BT470BG: 5,
    VideoMatrixCoefficients.SMPTE170M: 6,
    VideoMatrixCoefficients.BT2020_NCL: 9,
}
_UNSPECIFIED: Final = 2
_LIMITED, _FULL = 1, 2  # AVCOL_RANGE_MPEG and AVCOL_RANGE_JPEG


def is_av_frame(data: object) -> TypeGuard[av.VideoFrame]:
    """Whether this is a video frame of PyAV."""
    return isinstance(data, av.VideoFrame)


def picture_from_av(frame: av.VideoFrame) -> Picture:
    """A frame of PyAV with its time, colours and rotation. The pixels are shared.

    Raises:
        InvalidStateError: It has no pixels.
        NotSupportedError: A pixel format that has no equal here.
    """
    if not frame.width or not frame.height:
        raise InvalidStateError(f"the frame is empty: {frame.width} x {frame.height}")
    base = frame.time_base
    timestamp = None if frame.pts is None or base is None else _microseconds(frame.pts, base)
    duration = _microseconds(frame.duration, base) if frame.duration and base else None
    # FFmpeg counts the degrees of a display matrix anticlockwise.
    turn = Orientation.parse(-frame.rotation, flip=False)
    return Picture(media_from_av(frame), color_space_from_av(frame), turn, timestamp, duration)


def _microseconds(ticks: int, base: Fraction) -> int:
    return round(ticks * base * _MICROSECONDS)


def media_from_av(frame: av.VideoFrame, visible: tuple[int, int, int, int] | None = None) -> Media:
    """The pixels of a frame of PyAV, which must not be changed any more.

    They are shared, except those of "rgb24" and "bgr24", which get a fourth byte. Grey gets
    chroma planes of no colour.

    Args:
        frame: Any software frame.
        visible: Left, top, width and height of what is visible; None for all.

    Raises:
        NotSupportedError: A pixel format that has no equal here.
    """
    theirs, width, height = frame.format.name, frame.width, frame.height
    visible = visible or (0, 0, width, height)
    if theirs in {"rgb24", "bgr24"}:
        name = VideoPixelFormat.RGBX if theirs == "rgb24" else VideoPixelFormat.BGRX
        pixels = np.asarray(frame.to_ndarray(), np.uint8)
        block = widen(pixels).data.toreadonly()
        return Media.of_block(pixel_format(name), (width, height), block, (4 * width,), visible)
    found = _FROM_AV.get(theirs) or _SAME_AS.get(theirs) or _GREY.get(theirs)
    if found is None:
        raise NotSupportedError(
            f"there is no VideoPixelFormat for FFmpeg's {theirs!r}; reformat() the frame first"
        )
    planes, strides = [], []
    for plane in frame.planes:
        stride, view = plane.line_size, memoryview(plane)
        if stride < 0:
            stride, view = -stride, _turned_over(view, -stride)
        planes.append(view.toreadonly())
        strides.append(stride)
    if theirs in _GREY:
        grey, stride = _no_colour(pixel_format(found), width, height)
        planes += [grey, grey]
        strides += [stride, stride]
    return Media(found, width, height, tuple(planes), tuple(strides), visible)


def _turned_over(view: memoryview, stride: int) -> memoryview:
    """A copy of rows that go from bottom to top."""
    return memoryview(np.frombuffer(view, np.uint8).reshape(-1, stride)[::-1].tobytes())


def _no_colour(form: PixelFormat, width: int, height: int) -> tuple[memoryview, int]:
    """A chroma plane of the middle value."""
    plane = form.planes[1]
    stride = plane.row_bytes(width)
    middle = (1 << (form.bits - 1)).to_bytes(plane.sample_bytes, "little")
    return memoryview(middle * (stride // plane.sample_bytes * plane.rows(height))), stride


def color_space_from_av(frame: av.VideoFrame) -> VideoColorSpace:
    """What a frame of PyAV says of its colours; a member is None where it says nothing."""
    return _color_space(
        frame.format.name,
        frame.color_primaries,
        frame.color_trc,
        frame.colorspace,
        frame.color_range,
    )


@lru_cache(maxsize=64)  # asked for every frame, and nearly always the same
def _color_space(
    theirs: str, primaries: int, transfer: int, matrix: int, level: int
) -> VideoColorSpace:
    if theirs.startswith(("rgb", "bgr")):
        return SRGB
    known = color_space_from_numbers(primaries, transfer, matrix, level).to_json()
    if theirs.startswith("gbr"):
        known["matrix"] = VideoMatrixCoefficients.RGB
    # FFmpeg too takes these to be of full range.
    if theirs.startswith("yuvj") or (
        theirs.startswith(("gbr", "gray")) and known["full_range"] is None
    ):
        known["full_range"] = True
    return VideoColorSpace(known)


def color_space_from_numbers(
    primaries: int, transfer: int, matrix: int, level: int
) -> VideoColorSpace:
    """A colour space from FFmpeg's numbers; a member is None where they say nothing."""
    return VideoColorSpace(
        {
            "primaries": _named(_PRIMARIES, primaries),
            "transfer": _named(_TRANSFERS, 1 if transfer in {14, 15} else transfer),
            "matrix": _named(_MATRICES, matrix),
            "full_range": {_LIMITED: False, _FULL: True}.get(int(level)),
        }
    )


def _named(table: dict[Any, int], number: int) -> Any:  # noqa: ANN401 - one of the table's keys
    return next((name for name, value in table.items() if value == number), None)


class ColorNumbers(NamedTuple):
    """A colour space in FFmpeg's numbers."""

    primaries: int
    transfer: int
    matrix: int
    range: int


def color_numbers(color_space: VideoColorSpace) -> ColorNumbers:
    """A colour space in FFmpeg's numbers; what is not said is "unspecified"."""
    return ColorNumbers(
        _PRIMARIES.get(color_space.primaries, _UNSPECIFIED),  # type: ignore[arg-type]  # None is not there
        _TRANSFERS.get(color_space.transfer, _UNSPECIFIED),  # type: ignore[arg-type]  # as above
        _MATRICES.get(color_space.matrix, _UNSPECIFIED),  # type: ignore[arg-type]  # as above
        {True: _FULL, False: _LIMITED, None: 0}[color_space.full_range],
    )


def av_from_media(media: Media, color_space: VideoColorSpace | None = None) -> av.VideoFrame:
    """The visible pixels as a frame of PyAV.

    They are shared where the planes lie as `VideoFrame.from_numpy_buffer()` wants them: I420 and
    NV12 without padding, of even width and a height that 4 divides; RGB formats always. Otherwise
    they are copied into a frame that FFmpeg allocates. A shared frame must not be changed, by
    filters that work in place, say. RGBX is handed on as "rgba" and BGRX as "bgra", which PyAV can
    share as it cannot "rgb0": the fourth byte means nothing then.

    Raises:
        NotSupportedError: FFmpeg has no such pixel format (I420AP12).
    """
    theirs = AV_FORMATS.get(media.format)
    if theirs is None:
        raise NotSupportedError(f"FFmpeg has no pixel format like {media.format}")
    rgb_planes = color_space is not None and color_space.matrix == VideoMatrixCoefficients.RGB
    if rgb_planes and theirs.startswith(("yuv444", "yuva444")):
        theirs = theirs.replace("yuva444", "gbra").replace("yuv444", "gbr")
    frame = _sharing(media, theirs) or _copied(media, theirs)
    if color_space is not None:
        numbers = color_numbers(color_space)
        frame.color_primaries, frame.color_trc = numbers.primaries, numbers.transfer
        frame.colorspace, frame.color_range = numbers.matrix, numbers.range
    return frame


def _sharing(media: Media, theirs: str) -> av.VideoFrame | None:
    """A frame on the same memory, or None where PyAV cannot make one."""
    left, top, width, height = media.visible
    if pixel_format(media.format).is_rgb:
        pixels = plane_view(media, 0, DOMRect(left, top, width, height))
        return av.VideoFrame.from_numpy_buffer(pixels, theirs.replace("0", "a"))
    whole = (left, top, width, height) == (0, 0, media.coded_width, media.coded_height)
    if theirs not in {"yuv420p", "nv12"} or media.block is None or not whole:
        return None
    strides = (width, width // 2, width // 2) if theirs == "yuv420p" else (width, width)
    # PyAV takes the height to be a multiple of 4.
    if width % 2 or height % 4 or media.strides != strides:
        return None
    rows = np.frombuffer(media.block, np.uint8, height * 3 // 2 * width).reshape(-1, width)
    return av.VideoFrame.from_numpy_buffer(rows, theirs)


def _copied(media: Media, theirs: str) -> av.VideoFrame:
    left, top, width, height = media.visible
    frame = av.VideoFrame(width, height, theirs)
    rect = DOMRect(left, top, width, height)
    for index, plane in enumerate(frame.planes):
        samples = plane_view(media, index, rect)
        target: np.ndarray[Any, np.dtype[Any]] = np.ndarray(
            samples.shape,
            samples.dtype,
            memoryview(plane),
            0,
            (plane.line_size, *samples.strides[1:]),
        )
        target[...] = samples
    return frame
