"""Scale a picture, cut it or lay it on a background, to reach a size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from stripline._vips import library
from stripline.image.geometry import Box, place
from stripline.image.settings import WHITE, Colour, Settings

if TYPE_CHECKING:
    from stripline.image.picture import Picture, Pixels

Side = Annotated[int, Field(ge=1, le=1_000_000)]
Fit = Literal["inside", "fill", "pad", "exact"]
Gravity = Literal[
    "centre",
    "top",
    "bottom",
    "left",
    "right",
    "top-left",
    "top-right",
    "bottom-left",
    "bottom-right",
    "entropy",
    "attention",
]
Filter = Literal["nearest", "bilinear", "bicubic", "mitchell", "lanczos2", "lanczos3"]

_KERNELS: Final[dict[str, str]] = {
    "nearest": "nearest",
    "bilinear": "linear",
    "bicubic": "cubic",
    "mitchell": "mitchell",
    "lanczos2": "lanczos2",
    "lanczos3": "lanczos3",
}
# libvips scales rows before columns, for which it holds many whole rows: a PNG of 20,000 x 20,000
# pixels took 119 MB to become 800 wide. With columns averaged first, as libvips would have done
# after, and at least two left to the filter for each of the result, it takes 48 MB and half the
# time. The result is as near to one of a filter alone.
_WIDE: Final = 10_000
_LEFT_TO_FILTER: Final = 2


class Resize(Settings):
    """How large a picture becomes. Give `scale`, or `width`, `height` or both."""

    scale: Annotated[float, Field(gt=0, le=1000)] | None = None
    """Times as wide and as high."""
    width: Side | None = None
    """Pixels across; alone, the height follows."""
    height: Side | None = None
    """Pixels down; alone, the width follows."""
    fit: Fit = "inside"
    """With both sides: `inside` keeps the proportions within them, `fill` covers them and cuts
    what is over, `pad` lays the whole picture on a background of that size, `exact` distorts."""
    gravity: Gravity = "centre"
    """What `fill` keeps and where `pad` puts the picture: a place, or for `fill` the part with the
    most detail (`entropy`) or that catches the eye (`attention`)."""
    filter: Filter = "lanczos3"
    """How samples are weighted. To enlarge, there are `nearest`, `bilinear` and `bicubic`; the
    others mean the last."""
    enlarge: bool = False
    """Whether a smaller picture is blown up. If not, `inside` leaves it as it is, `fill` cuts it
    to the proportions asked for, `pad` puts it on the background unscaled."""
    linear: bool = False
    """Average light, not its encoding: slower; fine bright detail keeps its brightness."""
    background: Colour | Literal["transparent"] = WHITE
    """What `pad` fills with."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        sides = (self.width is not None) + (self.height is not None)
        if (self.scale is not None) == (sides > 0):
            raise ValueError("give either scale, or width, height or both")
        if self.fit != "inside" and sides != 2:
            raise ValueError(f"fit={self.fit!r} needs both width and height")
        if self.gravity in {"entropy", "attention"} and self.fit != "fill":
            raise ValueError(f"gravity={self.gravity!r} chooses what fit='fill' keeps")
        return self

    def averages_like(self, other: Resize | None) -> bool:
        """Whether two sizes of a picture may be made one from the other."""
        return other is not None and (self.filter, self.linear) == (other.filter, other.linear)


def resize(picture: Picture, settings: Resize | None) -> Picture:
    """The picture at the size that `settings` ask for, given the pixels it has now."""
    if settings is None:
        return picture
    box = place(picture.width, picture.height, settings)
    return cut_or_pad(scale(picture, settings, box.width, box.height), settings, box)


def scale(picture: Picture, settings: Resize, width: int, height: int) -> Picture:
    """The whole picture at `width` x `height`.

    Alpha is premultiplied while samples are averaged, so that what cannot be seen does not tint
    what can.
    """
    return picture.with_frames(lambda frame: _scale(frame, settings, width, height))


def cut_or_pad(picture: Picture, settings: Resize, box: Box) -> Picture:
    """The scaled picture with what is over cut off, or what is missing filled.

    Args:
        picture: Of the size that the box says; in memory if its content decides what is cut.
        settings: Gravity and background.
        box: Place and size.
    """
    if box.is_cropped:
        return _crop(picture, settings, box)
    if box.is_padded:
        return picture.with_frames(lambda frame: _pad(frame, settings, box))
    return picture


def _scale(pixels: Pixels, settings: Resize, width: int, height: int) -> Pixels:
    if (pixels.width, pixels.height) == (width, height):
        return pixels
    depth, space = pixels.format, pixels.interpretation
    alpha = pixels.hasalpha()
    if settings.filter == "nearest":
        return _resample(pixels, settings, width, height)
    if settings.linear:
        pixels = pixels.colourspace("scrgb")
    if alpha:
        pixels = pixels.premultiply()
    pixels = _resample(pixels, settings, width, height)
    if alpha:
        pixels = pixels.unpremultiply()
    if settings.linear:
        pixels = pixels.colourspace(space)
    return pixels.cast(depth) if pixels.format != depth else pixels


def _resample(pixels: Pixels, settings: Resize, width: int, height: int) -> Pixels:
    """Exactly `width` x `height`."""
    if settings.filter == "nearest":
        return _reduced(pixels, "nearest", width, height)
    columns = _columns_at_once(pixels.width, width)
    if columns > 1:
        pixels = pixels.shrinkh(columns)
    across, down = min(width, pixels.width), min(height, pixels.height)
    pixels = _reduced(pixels, settings.filter, across, down)
    return _enlarged(pixels, settings.filter, width, height)


def _reduced(pixels: Pixels, name: Filter, width: int, height: int) -> Pixels:
    """By libvips, which rounds its own sizes, so the rest is cut or repeated."""
    if (pixels.width, pixels.height) == (width, height):
        return pixels
    resized = pixels.resize(
        width / pixels.width, vscale=height / pixels.height, kernel=_KERNELS[name]
    )
    if (resized.width, resized.height) != (width, height):
        resized = resized.embed(0, 0, width, height, extend="copy")
    return resized


def _enlarged(pixels: Pixels, name: Filter, width: int, height: int) -> Pixels:
    """Larger, by bilinear or bicubic interpolation, which are all that libvips has for this.

    Centres lie where they belong: `resize` would move the picture by half a pixel of the result.
    """
    if (pixels.width, pixels.height) == (width, height):
        return pixels
    across, down = width / pixels.width, height / pixels.height
    return pixels.affine(
        [across, 0, 0, down],
        interpolate=library().Interpolate.new("bilinear" if name == "bilinear" else "bicubic"),
        oarea=[0, 0, width, height],
        odx=(across - 1) / 2,
        ody=(down - 1) / 2,
        extend="copy",
        premultiplied=True,
    )


def _columns_at_once(width: int, wanted: int) -> int:
    """How many columns of a wide picture to average first: a divisor, so that nothing moves."""
    if width < _WIDE:
        return 1
    most = width // (wanted * _LEFT_TO_FILTER)
    return next((count for count in range(most, 1, -1) if width % count == 0), 1)


def _crop(picture: Picture, settings: Resize, box: Box) -> Picture:
    left, top = box.left, box.top
    if box.is_chosen_by_content(settings):  # all frames are cut where the first one is
        first = picture.first_frame().pixels
        part = first.smartcrop(box.out_width, box.out_height, interesting=settings.gravity)
        left, top = -part.xoffset, -part.yoffset
    return picture.with_frames(lambda frame: frame.crop(left, top, box.out_width, box.out_height))


def _pad(pixels: Pixels, settings: Resize, box: Box) -> Pixels:
    if settings.background == "transparent":
        if not pixels.hasalpha():
            pixels = pixels.addalpha()
        levels = [0.0] * pixels.bands
    else:
        levels = background_levels(pixels, settings.background)
        if len(levels) > pixels.bands:  # a coloured background makes a grey picture a colour one
            pixels = pixels.colourspace("srgb" if pixels.format == "uchar" else "rgb16")
    return pixels.embed(
        box.left, box.top, box.out_width, box.out_height, extend="background", background=levels
    )


def background_levels(pixels: Pixels, colour: tuple[int, int, int]) -> list[float]:
    """A colour as levels of the picture's bands, alpha opaque; three for grey if it has a hue."""
    factor, top = (257, 65_535) if pixels.format == "ushort" else (1, 255)
    red, green, blue = (level * factor for level in colour)
    colours = pixels.bands - int(pixels.hasalpha())
    levels = [red] if colours == 1 and red == green == blue else [red, green, blue]
    return [float(level) for level in levels] + [float(top)] * int(pixels.hasalpha())
