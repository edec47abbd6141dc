"""The one seam to libvips: which files it may open, 8-bit pixels from them, its errors as ours.

Nothing is imported before the first file is opened. If the application has not loaded pyvips
itself by then, libvips is set up for pictures from strangers: only the loaders listed here may
run, and operations are not cached. If it has, libvips stays as the application set it up.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, Literal

from stripline.errors import (
    CorruptImage,
    MissingDependency,
    OutOfMemory,
    SinkFailed,
    SourceFailed,
    StriplineError,
    UnsupportedFormat,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

# Formats of pictures as people have them, read by libraries that are fuzzed and kept up. The rest
# (scientific formats, libvips' own, ImageMagick's) stays shut. Ultra HDR is left to the JPEG
# loader, which streams it, and gives the same base picture.
_LOADERS: Final = (
    "VipsForeignLoadJpeg",
    "VipsForeignLoadPng",
    "VipsForeignLoadWebp",
    "VipsForeignLoadNsgif",
    "VipsForeignLoadTiff",
    "VipsForeignLoadHeif",
    "VipsForeignLoadJxl",
    "VipsForeignLoadSvg",
)
_FORMATS: Final = "JPEG, PNG, WebP, GIF, TIFF, AVIF, SVG, PGM, PPM, PAM"

FAIL_ON: Final = "error"
"""Below that ("truncated"), strips of a TIFF that cannot be read come as black, without a word; for
other formats the two are the same. "warning" refuses files that every program shows."""

Vips = Any  # pyvips has no types
Image = Any

_setting_up = threading.Lock()

_UNKNOWN_FORMAT: Final = "not in a known format"


def _too_old(said: str) -> MissingDependency:
    return MissingDependency(f"this ({said})", f"a libvips newer than {version()}", "image")


# What libvips and the libraries below it say, and what it means; what is not listed is damage.
_PHRASES: Final[tuple[tuple[str, Callable[[str], StriplineError]], ...]] = (
    ("ecurity limit", CorruptImage),  # libheif's, which calls that a failed allocation too
    ("(0 elements of", CorruptImage),  # nor is this one, of libtiff's
    ("out of memory", OutOfMemory),
    ("Insufficient memory", OutOfMemory),
    ("Memory allocation", OutOfMemory),
    ("llocate memory", OutOfMemory),
    ("No space left", partial(SinkFailed, 0, retryable=False)),
    ("quota exceeded", partial(SinkFailed, 0, retryable=False)),
    ("does not support optional argument", _too_old),
    ("support is not configured", UnsupportedFormat),
    ("system error: Unknown error", CorruptImage),  # not the system's at all
    ("system error: Invalid argument", CorruptImage),  # a place in the file that cannot be
    ("No such file", partial(SourceFailed, 0)),
    ("Permission denied", partial(SourceFailed, 0)),
    ("Is a directory", partial(SourceFailed, 0)),
    ("system error", partial(SourceFailed, 0, retryable=True)),
    ("no codec available", UnsupportedFormat),
    ("Unsupported", UnsupportedFormat),
    ("unsupported", UnsupportedFormat),
    ("not supported", UnsupportedFormat),
)
# Each line begins with who noticed; that one of several gave up in the end says nothing more.
_SPEAKER: Final = re.compile(r"^[A-Za-z]\w*: ")
# Nor do the places where libheif looked for the end of a file.
_EMPTY_WORDS: Final = re.compile(r"load error|(.*: )?bad seek to \d+|\(\d+\.\d+\)|")
_INCHES_PER_MM: Final = 1 / 25.4

# Interpretations whose pixels are, after conversion to 8 bits, still described by the profile that
# came with them.
_GREY: Final = frozenset({"b-w", "grey16"})
_RGB: Final = frozenset({"srgb", "rgb", "rgb16"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file's header says.

    Attributes:
        width: Pixels in a row, as stored (not turned).
        height: Rows, as stored.
        bands: 1 grey, 3 sRGB, 4 sRGB and straight alpha; or the space of `icc`.
        orientation: 1 to 8, as EXIF counts; what is still to be done to the stored pixels.
        dpi: Dots per inch, horizontally and vertically, if the file says.
        exif: EXIF, as stored.
        xmp: XMP packet.
        icc: The profile that describes the pixels; None if it is gone with a conversion.
    """

    width: int
    height: int
    bands: Literal[1, 3, 4]
    orientation: int
    dpi: tuple[int, int] | None
    exif: bytes | None
    xmp: bytes | None
    icc: bytes | None


class Picture:
    """A file being read from top to bottom, as 8-bit grey, RGB or RGBA.

    Of files with several pages or frames it is the first.

    Args:
        path: The file.

    Raises:
        CorruptImage: The header is damaged.
        MissingDependency: pyvips is not installed.
        UnsupportedFormat: Not a format that can be read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        vips = library()
        with vips_errors(path):
            # A source, because of a plain file name libvips would read a trailing [...] as options.
            source = vips.Source.new_from_file(path)
            image = vips.Image.new_from_source(source, "", access="sequential", fail_on=FAIL_ON)
            pixels, profile_holds = _to_8_bits(image)
            self.facts = _facts(image, pixels, profile_holds=profile_holds)
            self._region: Any = vips.Region.new(pixels)

    def fetch(self, top: int, rows: int) -> memoryview:
        """Rows from `top` on, packed, in memory of their own. Each call must go further down.

        Raises:
            CorruptImage: The file is damaged, or ends before these rows.
        """
        with vips_errors(self._path):
            return memoryview(self._region.fetch(0, top, self.facts.width, rows))

    def close(self) -> None:
        """Let go of the file and of the decoder's memory."""
        self._region = None


@cache
def library() -> Vips:
    """pyvips, imported and set up.

    Raises:
        MissingDependency: It is not installed.
    """
    # Threads that come first together wait for one of them: what is half set up would look to the
    # others like what the application set up, with every loader still shut.
    with _setting_up:
        return _set_up()


def version() -> str:
    """Which libvips it is, as `8.18.7`."""
    vips = library()
    return ".".join(str(vips.version(part)) for part in range(3))


def _set_up() -> Vips:
    set_up_by_application = "pyvips" in sys.modules
    try:
        import pyvips  # noqa: PLC0415 - optional, and 50 ms that most calls need not pay
    except (ImportError, OSError) as error:  # OSError: the binding without the library
        raise MissingDependency(
            "reading pictures other than PGM, PPM and PAM", "pyvips", "image"
        ) from error
    if not set_up_by_application:
        pyvips.cache_set_max(0)
        # What it warns of is either an error as well, or harmless; without any handler Python
        # would print it among a program's own words, and an exception for what is not UTF-8.
        logging.getLogger("pyvips").addHandler(logging.NullHandler())
        pyvips._to_string = _text  # noqa: SLF001 - of its handler of warnings alone
        if "VIPS_CONCURRENCY" not in os.environ:
            # One call uses one core: with many pictures the parallelism is the caller's.
            pyvips.concurrency_set(1)
        pyvips.operation_block_set("VipsForeignLoad", state=True)
        for loader in _LOADERS:
            pyvips.operation_block_set(loader, state=False)
    return pyvips


def _text(text: Any) -> str:  # noqa: ANN401 - a C string
    """What libvips says, of which a part may be bytes of a file."""
    ffi = sys.modules["pyvips"].ffi  # not `library()`, which may wait for this to return
    found: str = "" if text == ffi.NULL else ffi.string(text).decode(errors="replace")
    return found


class vips_errors:  # noqa: N801 - used like a function: with vips_errors(name)
    """Translates what libvips raises; everything else is left alone.

    Args:
        name: What is being read, for the message; None where only the caller knows.

    Raises:
        UnsupportedFormat: libvips knows no such format, or not this kind of it.
        MissingDependency: libvips is too old for what is asked of it.
        OutOfMemory: There is not enough for this picture, now.
        SinkFailed: The disk of temporary files is full.
        SourceFailed: The system cannot read the file.
        CorruptImage: Anything else that is wrong with the data.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str | None = None) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        vips = library()
        if isinstance(error, vips.Error):
            raise translated(self._name, error) from error
        if isinstance(error, UnicodeDecodeError):
            # pyvips takes what libvips says for UTF-8, but it may quote the file.
            vips.vips_lib.vips_error_clear()
            said = vips.Error("", error.object.decode(errors="replace"))
            raise translated(self._name, said) from error


def translated(name: str | None, error: BaseException) -> StriplineError:
    """An error of libvips' as one of ours, by the table of its phrases."""
    said = str(error)
    if _UNKNOWN_FORMAT in said:
        return UnsupportedFormat(
            f"{name or 'the data'} is not in a format that can be read ({_FORMATS})"
        )
    text = _in_one_line(error)
    kind = next((kind for phrase, kind in _PHRASES if phrase in said), CorruptImage)
    if kind is CorruptImage:  # "libpng read error" is all that libpng says of a file cut short
        text = f"damaged or cut short: {text}"
    if name is not None:
        text = f"{name}: {text}"
    return kind(text)


def _in_one_line(error: BaseException) -> str:
    """What libvips says, without which function was called and without repetitions."""
    detail: str = getattr(error, "detail", "") or ""
    lines = (_SPEAKER.sub("", line).strip() for line in detail.splitlines())
    found = dict.fromkeys(line for line in lines if not _EMPTY_WORDS.fullmatch(line))
    return "; ".join(found) or " ".join(str(error).split())


def _to_8_bits(image: Image) -> tuple[Image, bool]:
    """Convert to 8-bit grey, RGB or RGBA; say whether the picture's ICC profile still holds."""
    space, bands = image.interpretation, image.bands
    if image.format == "uint":  # conversion knows of 16 bits, and would take more for overflow
        image = image.cast("uchar", shift=True)
    if space in _GREY and bands == 1:
        image, holds = image.colourspace("b-w"), True
    elif space in _RGB and bands > 2:
        image, holds = image.colourspace("srgb"), True
    elif space == "cmyk":
        # Without a profile of its own, libvips has one for print.
        image, holds = image.icc_transform("srgb", embedded=True, input_profile="cmyk"), False
    else:  # grey with alpha included: a JPEG of one component cannot have a coloured background
        image, holds = image.colourspace("srgb"), False
    if image.bands > 4:  # more than one alpha channel: the first counts
        image = image.extract_band(0, n=4)
    return image.cast("uchar"), holds


def _facts(image: Image, pixels: Image, *, profile_holds: bool) -> Facts:
    return Facts(
        width=pixels.width,
        height=pixels.height,
        bands=pixels.bands,
        orientation=field(image, "orientation") or 1,
        dpi=dpi_of(image),
        exif=blob(image, "exif-data"),
        xmp=blob(image, "xmp-data"),
        icc=blob(image, "icc-profile-data") if profile_holds else None,
    )


def field_names(image: Image) -> list[bytes]:
    """What a loader noted. Keywords of a PNG are Latin-1, which `get_fields` would stumble over."""
    vips = library()
    array = vips.vips_lib.vips_image_get_fields(image.pointer)
    names: list[bytes] = []
    while (name := array[len(names)]) != vips.ffi.NULL:
        names.append(vips.ffi.string(name))
        vips.glib_lib.g_free(name)
    vips.glib_lib.g_free(array)
    return names


def field(image: Image, name: str) -> Any:  # noqa: ANN401 - depends on the field
    """What a loader noted under `name`; None if it did not."""
    return image.get(name) if image.get_typeof(name) else None


def blob(image: Image, name: str) -> bytes | None:
    """Bytes that a loader noted under `name`; None if it did not."""
    data = field(image, name)
    return None if data is None else bytes(data)


def dpi_of(image: Image) -> tuple[int, int] | None:
    """Dots per inch, if the file said so."""
    if not image.get_typeof("resolution-unit"):
        return None
    across, down = (round(per_mm / _INCHES_PER_MM) for per_mm in (image.xres, image.yres))
    return (across, down) if 0 < across <= 0xFFFF and 0 < down <= 0xFFFF else None


def set_blob(image: Image, name: str, data: bytes | None) -> Image:
    """The same image with a field of bytes attached, or without it."""
    changed = image.copy()
    if data is not None:
        changed.set_type(library().GValue.blob_type, name, data)
    elif image.get_typeof(name):
        changed.remove(name)
    return changed
