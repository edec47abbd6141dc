"""What becomes of FFmpeg's pictures: frames, made by the thread that delivers them.

The decoder's thread hands on what it got and goes back to decoding: each picture that it takes
longer for is one that FFmpeg's threads wait for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripline.webcodecs._av_alpha import with_alpha
from stripline.webcodecs._av_frames import color_space_from_av, media_from_av
from stripline.webcodecs.color_space import VideoColorSpace
from stripline.webcodecs.enums import VideoMatrixCoefficients as Matrix
from stripline.webcodecs.exceptions import DOMException, EncodingError
from stripline.webcodecs.orientation import Orientation
from stripline.webcodecs.video_frame import VideoFrame

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from av.video.frame import VideoFrame as AvFrame

    from stripline.webcodecs.media import Media

__all__ = ["Decoded", "FrameMaker"]

_LONGEST: Final = 2**32 - 1  # what an unsigned long, as displayWidth is, has room for


class Decoded(NamedTuple):
    """A picture as FFmpeg gave it out.

    Attributes:
        picture: The pixels, and what the stream says of their colours.
        timestamp: Microseconds.
        duration: Microseconds, or None.
        aspect: How wide a pixel is for its height, where the stream says so.
        alpha: Its alpha channel, from a stream of its own.
        maker: Knows the configuration that it was decoded with.
    """

    picture: AvFrame
    timestamp: int
    duration: int | None
    aspect: Fraction | None
    alpha: Media | None
    maker: FrameMaker


class FrameMaker:
    """Makes the frames of one configuration of a decoder; for one thread.

    Args:
        config: A checked VideoDecoderConfig.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        given = config.get("color_space", {})
        self._given_colors = {name: value for name, value in given.items() if value is not None}
        # What the last picture said of its colours and sides, and what goes with that: mostly, the
        # next one says the same.
        self._colors = (VideoColorSpace(), VideoColorSpace(self._given_colors))
        self._sides: tuple[tuple[int, int, Fraction | None], tuple[int, int]] | None = None
        self._turn = Orientation.parse(config.get("rotation", 0), config.get("flip", False))

    def make(self, decoded: Decoded) -> VideoFrame:
        """Make the frame of a picture; the pixels are shared.

        Raises:
            EncodingError: There is no such VideoFrame.
        """
        picture, timestamp, duration, aspect, alpha, _ = decoded
        try:
            media = media_from_av(picture)
            if alpha is not None:
                media = with_alpha(media, alpha)
            said = color_space_from_av(picture)
            if said is not self._colors[0]:
                # The configuration has the last word.
                colors = VideoColorSpace({**_fill_colors(said), **self._given_colors})
                self._colors = (said, colors)
            sides = (media.coded_width, media.coded_height, aspect)
            if self._sides is None or self._sides[0] != sides:
                self._sides = (sides, self._display_size(*sides))
            return VideoFrame._from_media(  # noqa: SLF001 - made for this
                media,
                timestamp,
                duration,
                self._colors[1],
                orientation=self._turn,
                display_size=self._sides[1],
            )
        except DOMException as error:
            raise EncodingError(f"the picture cannot be given out: {error}") from error

    def _display_size(self, width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
        """The size as shown: no side smaller than coded ("Create a VideoFrame", section 9.4.6)."""
        ratio = 1.0
        if "display_aspect_width" in self._config:
            shape = self._config["display_aspect_width"] / self._config["display_aspect_height"]
            ratio = shape * height / width
        elif aspect:
            ratio = float(aspect)
        size = (round(width * ratio), height) if ratio >= 1 else (width, round(height / ratio))
        return self._turn.sides(min(size[0], _LONGEST), min(size[1], _LONGEST))


# What goes with a matrix where a stream says no more, as in VP9 (section 7.2 of its specification,
# whose color_space names one of these standards).
_USUAL: Final = {
    Matrix.BT709: ("bt709", "bt709"),
    Matrix.BT470BG: ("bt470bg", "smpte170m"),
    Matrix.SMPTE170M: ("smpte170m", "smpte170m"),
    Matrix.BT2020_NCL: ("bt2020", "bt709"),
    Matrix.RGB: ("bt709", "iec61966-2-1"),
}


def _fill_colors(colors: VideoColorSpace) -> Mapping[str, Any]:
    """The colours of a stream, with the primaries and transfer that its matrix suggests."""
    known = colors.to_json()
    if colors.matrix is not None and colors.primaries is None and colors.transfer is None:
        known["primaries"], known["transfer"] = _USUAL[colors.matrix]
        if known["full_range"] is None:
            known["full_range"] = colors.matrix == Matrix.RGB
    return known
