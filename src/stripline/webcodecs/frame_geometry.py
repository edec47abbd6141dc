"""Cropping, turning and sizing what a frame is made from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs.enums import AlphaOption, VideoPixelFormat
from stripline.webcodecs.frame_init import display_size
from stripline.webcodecs.frame_layout import DOMRect, parse_rect
from stripline.webcodecs.orientation import Orientation
from stripline.webcodecs.pixel_formats import pixel_format
from stripline.webcodecs.webidl import enum_member

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.webcodecs.media import Media

__all__ = ["oriented"]

_MEMBERS: Final = frozenset(
    ("visible_rect", "rotation", "flip", "alpha", "display_width", "display_height")
)


def oriented(
    media: Media, base: Orientation, shown: tuple[int, int], members: Mapping[str, Any]
) -> tuple[Media, Orientation, tuple[int, int]]:
    """Pixels as a new frame shall have them.

    "Initialize Visible Rect, Orientation, and Display Size" of section 9.4.6. Its last step asks
    whether the rotation that is added swaps width and height; what counts, and what
    web-platform-tests expect, is the rotation that results.

    Args:
        media: The pixels.
        base: How they are turned until now.
        shown: Width and height that they are shown at until now, turned.
        members: `visible_rect`, `rotation`, `flip`, `alpha`, `display_width`, `display_height`.

    Returns:
        The same pixels, cropped and perhaps without alpha; their orientation; their display size.

    Raises:
        TypeError: A member that is not what it must be.
    """
    if _MEMBERS.isdisjoint(members):
        return media, base, shown
    alpha = enum_member(AlphaOption, members.get("alpha", AlphaOption.KEEP), "alpha")
    name = pixel_format(media.format).opaque if alpha == AlphaOption.DISCARD else media.format
    old = rect = DOMRect(*media.visible)
    if "visible_rect" in members:
        size = media.coded_width, media.coded_height
        rect = parse_rect(members["visible_rect"], pixel_format(name), *size)
    turn = Orientation.parse(members.get("rotation", 0), members.get("flip", False))
    orientation = base.then(turn)
    across, down = base.sides(*shown)
    width = max(math.floor(rect.width * across / old.width + 0.5), 1)
    height = max(math.floor(rect.height * down / old.height + 0.5), 1)
    display = display_size(members) or orientation.sides(width, height)
    visible = (rect.x, rect.y, rect.width, rect.height)
    return _part(media, name, visible), orientation, display


def _part(media: Media, name: VideoPixelFormat, visible: tuple[int, int, int, int]) -> Media:
    """The same pixels, cropped, and without the alpha channel where `name` has none."""
    if name == media.format and visible == media.visible:
        return media
    planes = len(pixel_format(name).planes)
    return replace(
        media,
        format=name,
        planes=media.planes[:planes],
        strides=media.strides[:planes],
        visible=visible,
    )
