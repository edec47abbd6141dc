"""What a VideoFrame is made from, and what is copied out of it: the dictionaries of section 9.4."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypedDict

from stripline.webcodecs.exceptions import DataCloneError
from stripline.webcodecs.webidl import unsigned_long

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripline.webcodecs.color_space import VideoColorSpace
    from stripline.webcodecs.configs import VideoColorSpaceInit
    from stripline.webcodecs.enums import AlphaOption, PredefinedColorSpace, VideoPixelFormat
    from stripline.webcodecs.frame_layout import DOMRect, PlaneLayout
    from stripline.webcodecs.webidl import BufferSource

__all__ = [
    "BUFFER_MEMBERS",
    "COPY_MEMBERS",
    "FRAME_MEMBERS",
    "VideoFrameBufferInit",
    "VideoFrameCopyToOptions",
    "VideoFrameInit",
    "clone_metadata",
    "display_size",
]


class VideoFrameInit(TypedDict, total=False):
    """What to change in a frame made from another frame; times are in microseconds."""

    timestamp: int
    duration: int | None
    alpha: AlphaOption | str
    visible_rect: DOMRect | Mapping[str, float] | Sequence[float] | None
    rotation: float
    flip: bool
    display_width: int | None
    display_height: int | None
    metadata: Mapping[str, Any] | None


class VideoFrameBufferInit(VideoFrameInit, total=False):
    """What the bytes of a frame mean; times are in microseconds, sizes in pixels or bytes."""

    format: VideoPixelFormat | str
    coded_width: int
    coded_height: int
    layout: Sequence[PlaneLayout | Mapping[str, int]] | None
    color_space: VideoColorSpace | VideoColorSpaceInit | Mapping[str, Any] | None
    transfer: Sequence[BufferSource] | None


class VideoFrameCopyToOptions(TypedDict, total=False):
    """Which pixels to copy, where to, and as what (section 9.5)."""

    rect: DOMRect | Mapping[str, float] | Sequence[float] | None
    layout: Sequence[PlaneLayout | Mapping[str, int]] | None
    format: VideoPixelFormat | str | None
    color_space: PredefinedColorSpace | str | None


FRAME_MEMBERS: Final = frozenset(VideoFrameInit.__annotations__)
BUFFER_MEMBERS: Final = FRAME_MEMBERS | frozenset(VideoFrameBufferInit.__annotations__)
COPY_MEMBERS: Final = frozenset(VideoFrameCopyToOptions.__annotations__)


def display_size(members: Mapping[str, Any]) -> tuple[int, int] | None:
    """The display size that was asked for, or None.

    Raises:
        TypeError: One of width and height without the other, or a size that is 0 or too large.
    """
    given = [name for name in ("display_width", "display_height") if name in members]
    if not given:
        return None
    if len(given) == 1:
        raise TypeError(f"{given[0]} needs the other of display_width and display_height")
    width, height = (unsigned_long(members[name], name) for name in given)
    if not width or not height:
        raise TypeError(f"the display size is empty: {width} x {height}")
    return width, height


def clone_metadata(metadata: object) -> dict[str, Any]:
    """A copy that shares nothing with the original ("Copy VideoFrame metadata").

    Raises:
        TypeError: It is no mapping.
        DataCloneError: Something in it cannot be copied.
    """
    if metadata is None or metadata == {}:
        return {}
    if not isinstance(metadata, Mapping):
        raise TypeError(f"metadata must be a dict, not {type(metadata).__name__}")
    try:
        cloned = copy.deepcopy(dict(metadata))
    except Exception as error:
        raise DataCloneError(f"metadata cannot be copied: {error}") from error
    _refuse_functions(cloned)
    return cloned


def _refuse_functions(value: object) -> None:
    if callable(value):
        raise DataCloneError(f"metadata cannot be copied: {value!r} is a function")
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        for item in value:
            _refuse_functions(item)
