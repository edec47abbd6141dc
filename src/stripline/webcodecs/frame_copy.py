"""Copying pixels out of a frame, as they are or converted to RGB (section 9.4.5, `copyTo()`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripline.webcodecs.enums import PredefinedColorSpace, VideoPixelFormat
from stripline.webcodecs.exceptions import NotSupportedError
from stripline.webcodecs.frame_convert import convert_to_rgb
from stripline.webcodecs.frame_init import COPY_MEMBERS
from stripline.webcodecs.frame_layout import (
    CombinedLayout,
    DOMRect,
    PlaneLayout,
    check_alignment,
    compute_layout,
    parse_rect,
)
from stripline.webcodecs.pixel_formats import pixel_format
from stripline.webcodecs.plane_views import copy_planes, packed_pixels
from stripline.webcodecs.webidl import buffer_to_write, enum_member, gather

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.webcodecs.color_space import VideoColorSpace
    from stripline.webcodecs.media import Media

__all__ = ["copy_allocation", "copy_pixels"]


def copy_allocation(media: Media, options: object, keywords: Mapping[str, Any]) -> int:
    """The bytes that a copy with these options needs; see `VideoFrame.allocation_size()`."""
    members = gather("VideoFrameCopyToOptions", options, keywords, COPY_MEMBERS)
    return _parse(media, members)[1].allocation_size


def copy_pixels(
    media: Media,
    color_space: VideoColorSpace,
    destination: object,
    options: object,
    keywords: Mapping[str, Any],
) -> list[PlaneLayout]:
    """Copy, and say where each plane lies now; see `VideoFrame.copy_to()`."""
    members = gather("VideoFrameCopyToOptions", options, keywords, COPY_MEMBERS)
    rect, layout, wanted = _parse(media, members)
    target = buffer_to_write(destination, "destination")
    if target.nbytes < layout.allocation_size:
        raise TypeError(
            f"destination holds {target.nbytes:,} bytes, the copy needs {layout.allocation_size:,}"
        )
    if "format" in members:
        part = layout.parts[0]
        convert_to_rgb(
            media,
            rect,
            color_space,
            target=packed_pixels(target, part.offset, part.stride, part.rows, part.row_bytes),
            name=VideoPixelFormat(members["format"]),
            wanted=wanted,
        )
    else:
        copy_planes(media, layout, target)
    return layout.as_plane_layouts()


def _parse(
    media: Media, members: Mapping[str, Any]
) -> tuple[DOMRect, CombinedLayout, PredefinedColorSpace]:
    """The algorithm "Parse VideoFrameCopyToOptions" of section 9.4.6; the colours are checked."""
    wanted = enum_member(PredefinedColorSpace, members.get("color_space", "srgb"), "color_space")
    own = pixel_format(media.format)
    if "rect" in members:
        rect = parse_rect(members["rect"], own, media.coded_width, media.coded_height)
    else:
        rect = DOMRect(*media.visible)
        check_alignment(rect, own)
    form = own
    if "format" in members:
        form = pixel_format(enum_member(VideoPixelFormat, members["format"], "format"))
        if not form.is_rgb:
            raise NotSupportedError(
                f"a copy as {form.name} is asked for; RGBA, RGBX, BGRA and BGRX can be had, or "
                f"the frame's own {media.format} by leaving the format out"
            )
    return rect, compute_layout(rect, form, members.get("layout")), wanted
