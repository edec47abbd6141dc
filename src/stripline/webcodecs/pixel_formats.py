"""The pixel formats of WebCodecs: planes, sizes of samples, subsampling, depth, alpha.

Source: section 9.8, "Pixel Format". Samples of more than 8 bits take two bytes, little-endian.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stripline.webcodecs.enums import VideoPixelFormat

__all__ = ["PIXEL_FORMATS", "PixelFormat", "Plane", "pixel_format"]


@dataclass(frozen=True, slots=True)
class Plane:
    """One plane of a format.

    Attributes:
        sample_bytes: Bytes of one sample with all its components: 4 in RGBA, 2 in NV12's chroma.
        across: Pixels that share a sample in a row: the horizontal sub-sampling factor.
        down: Pixels that share a sample in a column: the vertical sub-sampling factor.
        components: Components of a sample.
    """

    sample_bytes: int
    across: int = 1
    down: int = 1
    components: int = 1

    def row_bytes(self, width: int) -> int:
        """Bytes of a row of so many pixels; a sample that only part of the pixels share counts."""
        return -(-width // self.across) * self.sample_bytes

    def rows(self, height: int) -> int:
        """Rows of samples of so many rows of pixels, rounded up."""
        return -(-height // self.down)


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the samples of a frame lie in memory.

    Attributes:
        name: The format's name in the specification.
        planes: Its planes, in order.
        bits: Bits of a component: 8, 10 or 12.
        has_alpha: Whether there is an alpha channel (the X of RGBX is none).
        is_rgb: Whether it is one of the four packed RGB formats.
        opaque: The same format without alpha: its "equivalent opaque format".
    """

    name: VideoPixelFormat
    planes: tuple[Plane, ...]
    bits: int
    has_alpha: bool
    is_rgb: bool
    opaque: VideoPixelFormat

    @property
    def chroma(self) -> tuple[int, int]:
        """Pixels across and down that share a chroma sample; (1, 1) for RGB."""
        plane = self.planes[min(1, len(self.planes) - 1)]
        return plane.across, plane.down


def _planar(across: int, down: int, *, bits: int, alpha: bool) -> PixelFormat:
    size = 1 if bits == 8 else 2
    luma, chroma = Plane(size), Plane(size, across, down)
    family = {(2, 2): "I420", (2, 1): "I422", (1, 1): "I444"}[across, down]
    depth = "" if bits == 8 else f"P{bits}"
    return PixelFormat(
        name=VideoPixelFormat(family + ("A" if alpha else "") + depth),
        planes=(luma, chroma, chroma, luma) if alpha else (luma, chroma, chroma),
        bits=bits,
        has_alpha=alpha,
        is_rgb=False,
        opaque=VideoPixelFormat(family + depth),
    )


def _packed(name: str) -> PixelFormat:
    return PixelFormat(
        name=VideoPixelFormat(name),
        planes=(Plane(4, components=4),),
        bits=8,
        has_alpha=name.endswith("A"),
        is_rgb=True,
        opaque=VideoPixelFormat(name[:3] + "X"),
    )


_FORMATS: Final = (
    *(
        _planar(across, down, bits=bits, alpha=alpha)
        for across, down in ((2, 2), (2, 1), (1, 1))
        for alpha in (False, True)
        for bits in (8, 10, 12)
    ),
    PixelFormat(
        name=VideoPixelFormat.NV12,
        planes=(Plane(1), Plane(2, 2, 2, components=2)),
        bits=8,
        has_alpha=False,
        is_rgb=False,
        opaque=VideoPixelFormat.NV12,
    ),
    *(_packed(name) for name in ("RGBA", "RGBX", "BGRA", "BGRX")),
)

PIXEL_FORMATS: Final[dict[VideoPixelFormat, PixelFormat]] = {each.name: each for each in _FORMATS}


def pixel_format(name: VideoPixelFormat | str) -> PixelFormat:
    """The description of a format.

    Raises:
        KeyError: There is no such format.
    """
    return PIXEL_FORMATS[name]  # type: ignore[index]  # a StrEnum's members hash like their text
