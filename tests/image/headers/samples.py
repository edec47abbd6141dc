"""Picture files made for the tests, and parts to make broken ones of."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pillow_heif
import pillow_jxl  # noqa: F401 - teaches Pillow to write JPEG XL
import pyvips
from PIL import Image

from tests.support import photograph

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH, HEIGHT = 61, 40
ICC = pyvips.Image.black(1, 1).copy(interpretation="srgb").icc_export(output_profile="p3")
ICC_PROFILE: bytes = ICC.get("icc-profile-data")


def picture(mode: str = "RGB", *, left: int = 100) -> Image.Image:
    """A piece of a photograph, with transparency that varies if the mode has any."""
    image = Image.fromarray(photograph()[:HEIGHT, left : left + WIDTH])
    if mode in {"RGBA", "LA"}:
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image.convert(mode)


def pillow(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """A file as Pillow writes it."""
    file = io.BytesIO()
    picture(mode).save(file, kind, **options)
    return file.getvalue()


def animation(kind: str, frames: int = 3, mode: str = "RGB", **options: Any) -> bytes:
    """A file of several frames, as Pillow writes it."""
    others = [picture(mode, left=100 + 40 * number) for number in range(1, frames)]
    return pillow(kind, mode, save_all=True, append_images=others, **options)


def vips(suffix: str, *, interpretation: str | None = None, **options: Any) -> bytes:
    """A file as libvips writes it."""
    image = pyvips.Image.new_from_array(photograph()[:HEIGHT, 100 : 100 + WIDTH])
    if interpretation is not None:
        image = image.colourspace(interpretation)
    written: bytes = image.write_to_buffer(suffix, **options)
    return written


def heic(mode: str = "RGB", **options: Any) -> bytes:
    """A file as libheif and x265 write it."""
    file = io.BytesIO()
    pillow_heif.from_pillow(picture(mode)).save(file, **options)
    return file.getvalue()


def exif(orientation: int) -> bytes:
    """EXIF as Pillow writes it, with other tags around the orientation."""
    tags = Image.Exif()
    tags[0x010F] = "a camera's maker"
    tags[0x0112] = orientation
    tags[0x0131] = "some program"
    return tags.tobytes()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file."""
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png_header(
    width: int, height: int, depth: int = 8, colour_type: int = 2, *, rest: bytes = b"\0\0\0"
) -> bytes:
    """A PNG file up to IHDR: compression, filter and interlace are in the rest."""
    data = struct.pack(">IIBB", width, height, depth, colour_type) + rest
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", data)


def with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    """The same PNG file with a chunk after IHDR."""
    return png[:33] + png_chunk(kind, data) + png[33:]


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of ISO/IEC 14496-12."""
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def full_box(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with a version."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def heif(
    *properties: bytes,
    item: bytes = b"av01",
    brands: tuple[bytes, ...] = (b"avif", b"mif1"),
    extra: bytes = b"",
) -> bytes:
    """A HEIF file of one item without pixels."""
    numbers = bytes(range(1, len(properties) + 1))
    return box(b"ftyp", brands[0], bytes(4), *brands) + full_box(
        b"meta",
        full_box(b"hdlr", bytes(4), b"pict", bytes(13)),
        full_box(b"pitm", struct.pack(">H", 1)),
        full_box(
            b"iinf",
            struct.pack(">H", 1),
            full_box(b"infe", struct.pack(">HH", 1, 0), item, b"\0", version=2),
        ),
        box(
            b"iprp",
            box(b"ipco", *properties),
            full_box(b"ipma", struct.pack(">IHB", 1, 1, len(numbers)), numbers),
        ),
        extra,
    )


def ispe(width: int, height: int) -> bytes:
    """The property that says an item's size."""
    return full_box(b"ispe", struct.pack(">II", width, height))


AV1C = box(b"av1C", bytes((0x81, 0x00, 0x0C, 0x00)))


def tiff_directory(entries: list[tuple[int, int, int]], following: int, order: str = "<") -> bytes:
    """A directory of entries with one SHORT or LONG (tag, type, value)."""
    body = b"".join(
        struct.pack(f"{order}HHI", tag, kind, 1)
        + (struct.pack(f"{order}HH", value, 0) if kind == 3 else struct.pack(f"{order}I", value))
        for tag, kind, value in entries
    )
    return struct.pack(f"{order}H", len(entries)) + body + struct.pack(f"{order}I", following)


MAKERS: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: pillow("jpeg", exif=exif(6), icc_profile=ICC_PROFILE),
    "jpeg-cmyk": lambda: pillow("jpeg", "CMYK"),
    "png": lambda: pillow("png", "RGBA", exif=exif(3), icc_profile=ICC_PROFILE),
    "apng": lambda: animation("png"),
    "gif": lambda: animation("gif"),
    "webp": lambda: pillow("webp", exif=exif(8), icc_profile=ICC_PROFILE),
    "webp-lossless": lambda: pillow("webp", "RGBA", lossless=True),
    "webp-animated": lambda: animation("webp"),
    "tiff": lambda: pillow("tiff", "RGBA", exif=exif(5), icc_profile=ICC_PROFILE),
    "tiff-pages": lambda: animation("tiff"),
    "bigtiff": lambda: vips(".tif", bigtiff=True, compression="deflate", tile=True),
    "bmp": lambda: pillow("bmp"),
    "bmp-alpha": lambda: pillow("bmp", "RGBA"),
    "avif": lambda: vips(".avif", compression="av1", Q=50),
    "avif-alpha": lambda: pillow("avif", "RGBA", icc_profile=ICC_PROFILE),
    "avif-animated": lambda: animation("avif"),
    "heic": heic,
    "heic-alpha": lambda: heic("RGBA"),
    "svg": lambda: (
        b'<?xml version="1.0"?>\n<!-- by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"'
        b' width="61" height="40px" viewBox="0 0 122 80"><rect width="9" height="9"/></svg>'
    ),
    "jxl": lambda: pillow("jxl"),
    "jxl-alpha": lambda: pillow("jxl", "RGBA", lossless=True),
}
"""One maker for each kind of file; all are `WIDTH` x `HEIGHT`."""


@functools.cache
def sample(name: str) -> bytes:
    """The file of that name."""
    return MAKERS[name]()


def format_of(name: str) -> str:
    """Which format a sample is in."""
    return {"apng": "png", "bigtiff": "tiff"}.get(name, name.split("-", maxsplit=1)[0])
