"""What a picture file's header says, in the same words for all formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Format = Literal["jpeg", "png", "gif", "webp", "tiff", "bmp", "avif", "heic", "svg", "jxl"]
"""The file formats that can be told apart and read the header of."""

Colour = Literal["grey", "rgb", "ycbcr", "palette", "cmyk", "ycck", "lab", "other"]
"""How colours are stored. `grey` counts black and white; `other` is all that has no name here."""

FORMATS: Final[dict[Format, str]] = {
    "jpeg": "JPEG",
    "png": "PNG",
    "gif": "GIF",
    "webp": "WebP",
    "tiff": "TIFF",
    "bmp": "BMP",
    "avif": "AVIF",
    "heic": "HEIC",
    "svg": "SVG",
    "jxl": "JPEG XL",
}
"""The formats, and what people call them."""

_PAGED: Final = ("tiff",)
_INTERLACED: Final = ("png", "gif")
_FIRST_SIDEWAYS_ORIENTATION: Final = 5
_COLOUR_NAMES: Final[dict[Colour, str]] = {
    "grey": "grey",
    "rgb": "RGB",
    "ycbcr": "YCbCr",
    "palette": "palette",
    "cmyk": "CMYK",
    "ycck": "YCCK",
    "lab": "Lab",
    "other": "other colours",
}


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the header of a picture file says. A claim until the picture is decoded.

    Attributes:
        format: The file format.
        width: Pixels in a row as stored, before `orientation`. An SVG's at 96 dots per inch.
        height: Rows as stored.
        frames: 1 for a still picture; pages of a TIFF; 0 for an animated JPEG XL, whose header
            does not count them. Frames that begin in the file are counted, also in one cut short.
        bit_depth: Bits of a stored sample: the deepest channel's, or a palette's index.
        colour: How colours are stored.
        alpha: Whether any pixel may be transparent.
        icc_bytes: Size of the ICC profile as stored (compressed in PNG), 0 without. JPEG XL codes
            its profile with the pixels, so 0 there.
        cicp: The colours as numbers of ITU-T H.273, if the file says them so: primaries, transfer,
            matrix, full range. PNG's sRGB chunk is (1, 13, 0, 1).
        orientation: 1 to 8, as EXIF counts; 1 without. Of `irot` and `imir` in AVIF and HEIC,
            which decoders apply by themselves, as JPEG XL's do. PNG: of EXIF, else of XMP.
        progressive: Whether rows come in several passes, so that decoding needs the whole picture
            in memory: progressive JPEG, interlaced PNG and GIF.
        lossless: Whether the pixels were stored as they were; None if the header cannot tell.
        coding: How the pixels are coded, in the format's own words: `baseline`, `lzw`, `hevc`.
        tiled: Whether a TIFF is stored in tiles.
        coded_size: Width and height of what is decoded, if only a part of it is shown: HEIC codes
            whole blocks and says which part is the picture.
        complete: False if the file ends before what its header promises: a GIF without its end, a
            TIFF with pixels beyond it. Other formats' decoders notice that by themselves.
        samples: For each pixel as stored, fewer where chroma is subsampled: 1.5 of a JPEG at 4:2:0.
            JPEG alone says it in its header; None otherwise.
        bytes: Size of the file; None for a stream.
    """

    format: Format
    width: int
    height: int
    frames: int
    bit_depth: int
    colour: Colour
    alpha: bool
    coding: str
    icc_bytes: int = 0
    cicp: tuple[int, int, int, int] | None = None
    orientation: int = 1
    progressive: bool = False
    lossless: bool | None = None
    tiled: bool = False
    complete: bool = True
    coded_size: tuple[int, int] | None = None
    samples: float | None = None
    bytes: int | None = None

    @property
    def animated(self) -> bool:
        """Whether the frames follow each other in time, as pages do not."""
        return self.frames != 1 and self.format not in _PAGED

    @property
    def pixels(self) -> int:
        """Pixels in one frame, as many as a decoder has to hold."""
        width, height = self.coded_size or (self.width, self.height)
        return width * height

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height once the orientation is applied."""
        if self.orientation >= _FIRST_SIDEWAYS_ORIENTATION:
            return self.height, self.width
        return self.width, self.height

    def describe(self) -> str:
        """One line for people, as `JPEG 4,032 x 3,024, 8-bit YCbCr, baseline, orientation 6`."""
        parts = [
            f"{FORMATS[self.format]} {self.width:,} x {self.height:,}",
            f"{self.bit_depth}-bit {_COLOUR_NAMES[self.colour]}" + " + alpha" * self.alpha,
            self.coding,
        ]
        if self.frames != 1:
            count = f"{self.frames:,}" if self.frames else "several"
            parts.append(f"{count} {'pages' if self.format in _PAGED else 'frames'}")
        if self.progressive and self.format in _INTERLACED:
            parts.append("interlaced")
        if self.tiled:
            parts.append("tiled")
        if self.icc_bytes:
            parts.append("ICC profile")
        if self.orientation != 1:
            parts.append(f"orientation {self.orientation}")
        return ", ".join(parts)
