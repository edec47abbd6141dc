"""Files of odd kinds, made here: by Pillow, libvips, or byte by byte."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from stripline._vips import library
from tests.support import photograph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


def saved(image: Image.Image, image_format: str, **options: Any) -> bytes:
    """A Pillow image as a file."""
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def small_photo(height: int = 96, width: int = 128) -> Pixels:
    """Part of a photograph that differs in all corners."""
    part: Pixels = np.ascontiguousarray(photograph()[40 : 40 + height, 150 : 150 + width])
    return part


def profile_of(name: str) -> bytes:
    """A profile that libvips carries: srgb, p3, cmyk."""
    return bytes(library().Operation.call("profile_load", name))


def adobe_rgb() -> bytes:
    """An ICC profile with the primaries and the gamma of Adobe RGB (1998), adapted to D50."""
    columns = {
        b"rXYZ": (0.60974, 0.31111, 0.01947),
        b"gXYZ": (0.20528, 0.62567, 0.06087),
        b"bXYZ": (0.14919, 0.06322, 0.74457),
        b"wtpt": (0.9642, 1.0, 0.8249),
    }
    tags = {
        name: b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65_536 * value) for value in column))
        for name, column in columns.items()
    }
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 563) + b"\0\0"  # gamma 563/256
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 6) + b"Adobe\0" + bytes(78 + 2)
    tags[b"cprt"] = b"text\0\0\0\0none\0\0\0\0"
    table, body = struct.pack(">I", len(tags)), b""
    offset = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">2I", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = offset + len(body)
    header = struct.pack(">I4s4s4s4s4s", size, b"lcms", b"\x02\x10\0\0", b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += struct.pack(">3i", 63_190, 65_536, 54_061)
    return header.ljust(128, b"\0") + table + body


def oriented_jpeg(orientation: int) -> bytes:
    """A photograph stored so that EXIF's `orientation` makes it upright: `small_photo()`."""
    upright = Image.fromarray(small_photo())
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "maker"
    return saved(stored, "JPEG", quality=98, subsampling=0, exif=exif)


def sixteen_bit_png(channels: int) -> bytes:
    """A ramp of 16-bit values: grey, RGB or RGBA."""
    height, width = 32, 64
    ramp = np.linspace(0, 65_535, height * width).astype(">u2").reshape(height, width, 1)
    pixels = np.repeat(ramp, channels, axis=2)
    if channels == 4:
        pixels[..., 3] = 65_535
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    kind = {1: 0, 3: 2, 4: 6}[channels]
    return png(width, height, 16, kind, zlib.compress(rows))


def png(width: int, height: int, depth: int, kind: int, data: bytes) -> bytes:
    """A PNG file of compressed rows (W3C PNG, 11.2.1)."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def huge_black_png(side: int) -> bytes:
    """A one-bit PNG of zeros, whose data is compressed as it is made: a hundredth of a megabyte."""
    row = bytes(1 + -(-side // 8))
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return png(side, side, 1, 0, packed)


def animation(image_format: str, *, loops: int = 3) -> bytes:
    """Three frames of different colours, shown for 80, 160 and 240 ms."""
    frames = [
        Image.fromarray(np.full((40, 60, 3), colour, np.uint8))
        for colour in ((220, 30, 30), (30, 220, 30), (30, 30, 220))
    ]
    options: dict[str, Any] = {"lossless": True} if image_format == "WEBP" else {}
    return saved(
        frames[0],
        image_format,
        save_all=True,
        append_images=frames[1:],
        duration=[80, 160, 240],
        loop=loops,
        **options,
    )


def palette_png() -> bytes:
    """Four colours, of which one is transparent."""
    image = Image.new("P", (64, 48))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    image.putdata([(x // 16) % 4 for _ in range(48) for x in range(64)])
    return saved(image, "PNG", transparency=3)


SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="60" height="40"><script>document.title = "ran"</script>
<rect width="60" height="40" fill="#00f" onclick="alert(1)"/>
<image xlink:href="file:///etc/passwd" width="60" height="40"/>
<rect x="30" width="30" height="40" fill="red"/></svg>"""
