"""Where the pixels of a frame come from: buffers, numpy arrays, Pillow images, frames of PyAV."""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripline.webcodecs.color_space import SRGB, VideoColorSpace
from stripline.webcodecs.enums import VideoPixelFormat
from stripline.webcodecs.exceptions import InvalidStateError
from stripline.webcodecs.frame_layout import DOMRect, compute_layout
from stripline.webcodecs.media import Media
from stripline.webcodecs.orientation import UPRIGHT, Orientation
from stripline.webcodecs.pixel_formats import pixel_format
from stripline.webcodecs.webidl import (
    buffer_to_read,
    enum_member,
    is_transferred,
    kept_bytes,
    require,
    unsigned_long,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from PIL.Image import Image

__all__ = ["Picture", "picture_from", "widen"]

_EXIF_ORIENTATION: Final = 0x0112


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels and what is known of them before a frame's own members are looked at.

    Attributes:
        media: The pixels.
        color_space: What the numbers mean; None for what the format suggests.
        orientation: How they must be turned to be shown.
        timestamp: In microseconds; None for pictures that have none.
        duration: In microseconds; None when not known.
        display: Width and height as shown; None for those of the visible pixels.
    """

    media: Media
    color_space: VideoColorSpace | None
    orientation: Orientation = UPRIGHT
    timestamp: int | None = None
    duration: int | None = None
    display: tuple[int, int] | None = None


def _from_buffer(data: object, members: Mapping[str, Any]) -> Media:
    """The pixels in a buffer, copied unless it is handed over; all of them are visible.

    Args:
        data: Anything with the buffer protocol.
        members: `format`, `coded_width`, `coded_height`, and perhaps `layout` and `transfer`: see
            `VideoFrame`.

    Raises:
        TypeError: A member that is not what it must be, or too few bytes.
    """
    require("VideoFrameBufferInit", members, "format", "coded_width", "coded_height", "timestamp")
    form = pixel_format(enum_member(VideoPixelFormat, members["format"], "format"))
    width = unsigned_long(members["coded_width"], "coded_width")
    height = unsigned_long(members["coded_height"], "coded_height")
    if not width or not height:
        raise TypeError(f"the coded size is empty: {width} x {height}")
    layout = compute_layout(DOMRect(0, 0, width, height), form, members.get("layout"))
    view = buffer_to_read(data, "data")
    if view.nbytes < layout.allocation_size:
        raise TypeError(
            f"data holds {view.nbytes:,} bytes; {width} x {height} pixels of {form.name} "
            f"need {layout.allocation_size:,}"
        )
    view = kept_bytes(data, view[: layout.allocation_size], members.get("transfer"))
    planes = tuple([view[begin:end] for begin, end in layout.spans])
    block = view[layout.spans[0][0] :] if layout.is_block else None
    return Media(form.name, width, height, planes, layout.strides, (0, 0, width, height), block)


def picture_from(data: object, members: Mapping[str, Any]) -> Picture:
    """The pixels of anything but a VideoFrame; `VideoFrame` says of what.

    Raises:
        TypeError: A member that is missing or not what it must be, too few bytes, or an array that
            is no picture.
        InvalidStateError: A picture without pixels, or an image that was closed or is damaged.
        NotSupportedError: A frame of PyAV in a format that has no name here.
    """
    if isinstance(data, np.ndarray):
        return _from_numpy(data, members)
    # What was never imported cannot have made the object.
    if "av.video.frame" in sys.modules:
        from stripline.webcodecs._av_frames import is_av_frame, picture_from_av  # noqa: PLC0415

        if is_av_frame(data):
            return picture_from_av(data)
    if "PIL.Image" in sys.modules:
        from PIL.Image import Image  # noqa: PLC0415 - as above

        if isinstance(data, Image):
            return _from_pillow(data)
    return Picture(_from_buffer(data, members), None)


def _from_numpy(array: NDArray[Any], members: Mapping[str, Any]) -> Picture:
    """A picture where the array's shape says its size, a buffer where the members do."""
    if array.ndim in {2, 3} and "coded_width" not in members:
        name = members.get("format")
        if name is None or pixel_format(enum_member(VideoPixelFormat, name, "format")).is_rgb:
            shared = is_transferred(array, members.get("transfer"))
            return _from_array(array, name, shared=shared)
    return Picture(_from_buffer(array, members), None)


def _from_array(array: NDArray[Any], name: str | None, *, shared: bool) -> Picture:
    """A picture of an array: H x W x 3, H x W x 4, or H x W, which is grey."""
    if array.dtype != np.uint8:
        raise TypeError(f"the array must be of uint8, not {array.dtype}; scale it to 0 to 255")
    channels = array.shape[2] if array.ndim == 3 else 1
    if channels not in {1, 3, 4}:
        raise TypeError(f"the array has {channels} channels; 1, 3 or 4 can be used")
    height, width = array.shape[:2]
    if not height or not width:
        raise InvalidStateError(f"the array is empty: {width} x {height}")
    if channels == 4:
        pixels = array if shared and array.flags.c_contiguous else np.array(array, order="C")
    elif channels == 3:
        pixels = widen(array)
    else:
        grey = array.reshape(height, width).astype("<u4")
        pixels = (grey * np.uint32(0x010101)) | np.uint32(0xFF000000)
    order = name or ("RGBA" if channels == 4 else "RGBX")
    form = pixel_format(VideoPixelFormat(order if channels == 4 else order[:3] + "X"))
    return Picture(_whole(form.name, width, height, pixels.data.cast("B")), SRGB)


def widen(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Three channels with a fourth of 255, ten times faster than channel by channel.

    Each pixel is read as a number of four bytes, of which the highest, the next pixel's first, is
    then overwritten. The last pixel has no next one.
    """
    height, width, _ = array.shape
    count = height * width
    source = np.ascontiguousarray(array).reshape(-1)
    pixels = np.empty(count, "<u4")
    overlapping: NDArray[np.uint32] = np.ndarray((count - 1,), "<u4", source.data, 0, (3,))
    np.bitwise_or(overlapping, np.uint32(0xFF000000), out=pixels[:-1])
    wide = pixels.view(np.uint8)
    wide[-4:-1] = source[-3:]
    wide[-1] = 255
    return wide


def _from_pillow(image: Image) -> Picture:
    """The pixels of an image, turned as its Exif data says."""
    width, height = image.size
    if not width or not height:
        raise InvalidStateError(f"the image is empty: {width} x {height}")
    if image.mode.startswith(("I", "F")):
        raise TypeError(f"the image's mode is {image.mode!r}; scale it to 0 to 255, as mode L")
    try:
        if image.has_transparency_data:
            name, data = VideoPixelFormat.RGBA, image.convert("RGBA").tobytes()
        else:
            name, data = VideoPixelFormat.RGBX, image.convert("RGB").tobytes("raw", "RGBX")
    except (ValueError, OSError) as error:  # it was closed, or its file is damaged
        raise InvalidStateError(f"the image cannot be used: {error}") from error
    whole = _whole(name, width, height, memoryview(data))
    return Picture(whole, SRGB, _exif_orientation(image))


def _exif_orientation(image: Image) -> Orientation:
    """How an image's Exif data turn it; not at all where they cannot be read."""
    try:
        tag = image.getexif().get(_EXIF_ORIENTATION)
    except (SyntaxError, ValueError, OSError, struct.error):  # what Pillow raises of damage
        tag = None
    return Orientation.from_exif(tag) if isinstance(tag, int) else UPRIGHT


def _whole(name: VideoPixelFormat, width: int, height: int, data: memoryview) -> Media:
    """Packed pixels, all of them visible."""
    visible = (0, 0, width, height)
    return Media.of_block(
        pixel_format(name), (width, height), data.toreadonly(), (4 * width,), visible
    )
