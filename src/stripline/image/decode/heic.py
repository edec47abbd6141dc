"""HEIC through pi-heif (extra `heif`): libvips' wheel has no HEVC decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripline import _vips
from stripline.errors import CorruptImage, MissingDependency, describe
from stripline.image.picture import Picture
from stripline.streams.exif import UPRIGHT, with_orientation
from stripline.streams.metadata import Metadata

if TYPE_CHECKING:
    from stripline.streams.source import Source


def decode_heic(source: Source) -> Picture:
    """Read the primary picture; its turns and mirrors are done by the decoder.

    Of a damaged one nothing can be salvaged.

    Raises:
        CorruptImage: It is damaged.
        MissingDependency: pi-heif is not installed.
    """
    try:
        import pi_heif  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingDependency("reading HEIC", "pi-heif", "heif") from error
    try:
        with source.open() as file:
            found = pi_heif.open_heif(file, convert_hdr_to_8bit=True)
            image = found[found.primary_index]
            data, stride = bytes(image.data), image.stride
    except (OSError, ValueError, EOFError, SyntaxError, RuntimeError, LookupError) as error:
        raise CorruptImage(f"{source.name}: {describe(error)}") from error
    return Picture(_pixels(data, image.size, image.mode, stride), metadata=_metadata(image.info))


def _pixels(data: bytes, size: tuple[int, int], mode: str, stride: int) -> Any:  # noqa: ANN401
    """Rows that may have padding, without copying them."""
    bands = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "RGBa": 4}[mode]
    (width, height), vips = size, _vips.library()
    pixels = vips.Image.new_from_memory(data, stride // bands, height, bands, "uchar")
    return pixels.crop(0, 0, width, height).copy(interpretation="srgb" if bands > 2 else "b-w")


def _metadata(info: dict[str, Any]) -> Metadata:
    exif = info.get("exif") or None
    return Metadata(
        exif=with_orientation(exif, UPRIGHT) if exif else None,
        xmp=info.get("xmp") or None,
        icc=info.get("icc_profile") or None,
    )
