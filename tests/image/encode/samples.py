"""Pictures to encode, and what other programs make of the files."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageCms, ImageDraw, ImageFont
from skimage import data

from stripline._vips import library
from stripline.image.encode.registry import encoder_for
from stripline.image.output import Output
from stripline.image.picture import Picture
from stripline.streams import MemorySink, Metadata

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXIF = b"II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\x06\0\0\0\x1a\0\0\0\0\0\0\0hello\0"
"""A description, and nothing else."""
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF/></x:xmpmeta>"
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FULL = Metadata(exif=EXIF, xmp=XMP, icc=ICC)


def picture(pixels: NDArray[Any], metadata: Metadata | None = None, frames: int = 1) -> Picture:
    """A picture of an array of grey, grey and alpha, RGB or RGBA pixels of 8 or 16 bits."""
    deep = pixels.dtype == np.uint16
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    grey, colour = ("grey16", "rgb16") if deep else ("b-w", "srgb")
    image = library().Image.new_from_array(np.ascontiguousarray(pixels))
    image = image.copy(interpretation=grey if channels < 3 else colour)
    return Picture(image, frames=frames, metadata=metadata or Metadata())


def sequential(pixels: NDArray[np.uint8]) -> Picture:
    """A picture whose rows can be read once, from a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    image = library().Image.new_from_buffer(file.getvalue(), "", access="sequential")
    return Picture(image)


def encode(source: Picture | NDArray[Any], name: str, **output: Any) -> bytes:
    """The file that the encoder `name` makes."""
    wanted = Output(format=name, **output)
    sink = MemorySink()
    made = source if isinstance(source, Picture) else picture(source)
    encoder_for(name).write(made, wanted, sink)
    return sink.getvalue()


def opened(file: bytes) -> Image.Image:
    """The file as Pillow sees it, decoded."""
    image = Image.open(io.BytesIO(file))
    image.load()
    return image


def pixels_of(file: bytes) -> NDArray[Any]:
    """The pixels that Pillow finds."""
    return np.asarray(opened(file))


def said(file: bytes) -> dict[str, object]:
    """What the file says beside its pixels: EXIF tags, XMP, profile, comment, density."""
    image = opened(file)
    info = image.info
    xmp = info.get("xmp", info.get("XML:com.adobe.xmp"))
    found = {
        "exif": dict(image.getexif()),
        "xmp": xmp.encode() if isinstance(xmp, str) else xmp,
        "icc": info.get("icc_profile"),
        "comment": info.get("comment", info.get("Comment")),
        "dpi": tuple(round(float(value)) for value in info["dpi"]) if "dpi" in info else None,
    }
    return {name: value for name, value in found.items() if value}


def with_alpha(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture fading out to the right, and a transparent corner."""
    height, width = pixels.shape[:2]
    alpha = np.tile(np.linspace(255, 40, width).astype(np.uint8), (height, 1))
    alpha[: height // 4, : width // 4] = 0
    return np.dstack([pixels, alpha])


def deep(pixels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """16 bits a channel, all of them in use."""
    noise = np.random.default_rng(1).integers(0, 256, pixels.shape, dtype=np.uint16)
    return pixels.astype(np.uint16) * 256 + noise


def coffee() -> NDArray[np.uint8]:
    """A photograph, 600 x 400 RGB."""
    found: NDArray[np.uint8] = data.coffee()  # type: ignore[no-untyped-call]  # ships no types
    return found


def screenshot(*, alpha: bool = False) -> NDArray[np.uint8]:
    """A drawing of a window with text and buttons, with soft edges: 244 colours."""
    width, height = 1000, 700
    random = np.random.default_rng(1)
    ground = (0, 0, 0, 0) if alpha else (246, 247, 249)
    image = Image.new("RGBA" if alpha else "RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, 60), fill=(40, 60, 110))
    font = ImageFont.load_default(16)
    for top in range(80, height - 20, 22):
        words = [
            "".join(chr(97 + letter) for letter in random.integers(0, 26, random.integers(2, 9)))
            for _ in range(14)
        ]
        draw.text((20, top), " ".join(words), fill=(30, 30, 40), font=font)
    for _ in range(12):
        left, top = int(random.integers(0, width)), int(random.integers(0, height))
        red, green, blue = (int(level) for level in random.integers(0, 256, 3))
        box = (left, top, left + 90, top + 40)
        draw.rounded_rectangle(box, 8, fill=(red, green, blue), outline=(0, 0, 0))
    return np.asarray(image)


def gradient() -> NDArray[np.uint8]:
    """A drawing with a smooth ground and two flat boxes: 14,725 colours."""
    across, down = np.linspace(0, 1, 800)[None, :, None], np.linspace(0, 1, 600)[:, None, None]
    warm, cold = np.array([240, 200, 120]), np.array([30, 80, 160])
    ground = (cold * (1 - across) + warm * across) * (0.6 + 0.4 * down)
    pixels: NDArray[np.uint8] = ground.round().astype(np.uint8)
    pixels[100:300, 100:500] = 255
    pixels[350:500, 200:700] = (20, 20, 30)
    return pixels


def icon() -> NDArray[np.uint8]:
    """An icon with alpha and soft edges, 256 x 256: 868 colours."""
    image = Image.new("RGBA", (1024, 1024), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 40, 984, 984), fill=(220, 60, 60, 255))
    draw.polygon([(512, 200), (768, 768), (256, 768)], fill=(255, 255, 255, 255))
    draw.ellipse((412, 412, 612, 612), fill=(30, 60, 200, 180))
    return np.asarray(image.resize((256, 256), Image.Resampling.LANCZOS))


def animation(*, alpha: bool = False, loops: int = 3) -> Picture:
    """Five frames of 96 x 64, two of them equal, shown for different times."""
    first = coffee()[:64, :96]
    frames = [first, 255 - first, 255 - first, np.roll(first, 9, axis=1), first[::-1]]
    if alpha:
        frames = [with_alpha(frame) for frame in frames]
    made = picture(np.vstack(frames), frames=len(frames))
    return replace(made, delays=(70, 130, 200, 90, 40), loops=loops)
