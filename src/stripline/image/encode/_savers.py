"""What the encoders share: libvips' savers on the way to a sink, and how settings are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar, runtime_checkable

from stripline._vips import field_names, library, vips_errors
from stripline.errors import (
    InvalidDimensions,
    SinkFailed,
    StriplineError,
    UnsupportedPixels,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripline.image.encode.encoder import Traits
    from stripline.image.picture import Picture, Pixels
    from stripline.streams import Sink

T = TypeVar("T")

# Header fields that libvips gives every image; they cannot be removed.
_HEADER: Final = frozenset(
    {b"width", b"height", b"bands", b"format", b"coding", b"interpretation"}
    | {b"xoffset", b"yoffset", b"xres", b"yres", b"filename"}
)
# libvips' VipsForeignKeep.
EXIF, XMP, ICC = 1, 2, 8
# Not metadata: how rows may be asked for.
_ACCESS: Final = frozenset({b"vips-sequential"})


class Writer(Protocol):
    """Takes bytes in order."""

    def write(self, data: bytes, /) -> object:
        """Take all of `data`."""


@runtime_checkable
class Seekable(Writer, Protocol):
    """A binary file."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes from where it stands."""

    def seek(self, offset: int, whence: int, /) -> int:
        """Stand elsewhere; where that is, from the start."""


class SinkWriter:
    """Writes to a sink and counts.

    Args:
        sink: Where the bytes go.

    Raises:
        SinkFailed: From `write`, when the sink raises.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.written = 0
        """Bytes that the sink has taken."""

    def write(self, data: bytes) -> None:
        """Pass `data` on."""
        try:
            self._sink.write(data)
        except StriplineError:
            raise
        except Exception as error:
            raise SinkFailed.by(self.written, error) from error
        self.written += len(data)


class HeadWriter:
    """Holds a file's first bytes back until they are complete enough to be rewritten.

    Args:
        writer: Takes the rewritten head and what follows it.
        rewrite: Given all bytes so far, returns what to write in their place, or None while they
            are too few.
    """

    def __init__(self, writer: Writer, rewrite: Callable[[bytes], bytes | None]) -> None:
        self._writer = writer
        self._rewrite = rewrite
        self._held: bytearray | None = bytearray()

    def write(self, data: bytes) -> None:
        """Hold `data` back, or pass it on."""
        if self._held is None:
            self._writer.write(data)
            return
        self._held += data
        head = self._rewrite(bytes(self._held))
        if head is not None:
            self._held = None
            self._writer.write(head)


def save(pixels: Pixels, saver: str, writer: Writer, *, keep: int = 0, **options: object) -> None:
    """Run one of libvips' savers, giving its bytes to `writer` as they come.

    Args:
        pixels: An image from `bare`: what it says beside its pixels would be rewritten on the way
            (libvips adds a dozen tags to any EXIF data, and EXIF data to files that have none), so
            encoders write metadata themselves.
        saver: `webpsave` and the like.
        writer: Takes the bytes. One with `read` and `seek` is given to savers that need these.
        keep: `EXIF`, `XMP` and `ICC`, or-ed: what libvips is to write.
        **options: The saver's.

    Raises:
        CorruptImage: The source turned out to be damaged.
        SinkFailed: The sink failed.
    """
    failure: list[BaseException] = []

    def crossing(action: Callable[..., T], failed: T) -> Callable[..., T]:
        """The same call, whose error waits until libvips has returned."""

        def call(*arguments: object) -> T:
            try:
                return action(*arguments)
            except BaseException as error:  # noqa: BLE001 - raised below, when C code is left
                failure.append(error)
                return failed

        return call

    def write(buffer: memoryview) -> int:
        writer.write(bytes(buffer))
        return len(buffer)

    target = library().TargetCustom()
    target.on_write(crossing(write, -1))
    if isinstance(writer, Seekable):
        target.on_read(crossing(writer.read, b""))
        target.on_seek(crossing(writer.seek, -1))
    try:
        with vips_errors():
            getattr(pixels, f"{saver}_target")(target, keep=keep, **options)
    except StriplineError:
        if not failure:
            raise
    if failure:
        raise failure[0]


def saved(pixels: Pixels, saver: str, *, keep: int = 0, **options: object) -> bytes:
    """Run one of libvips' savers for the whole file.

    Args:
        pixels: From `bare`, as for `save`.
        saver: `webpsave` and the like.
        keep: `EXIF`, `XMP` and `ICC`, or-ed: what libvips is to write.
        **options: The saver's.

    Raises:
        CorruptImage: The source turned out to be damaged.
    """
    with vips_errors():
        return bytes(getattr(pixels, f"{saver}_buffer")(keep=keep, **options))


def bare(pixels: Pixels) -> Pixels:
    """The same pixels with nothing said about them."""
    image = pixels.copy()
    for name in field_names(image):
        if name not in _HEADER and name not in _ACCESS:
            image.remove(name)
    return image


def with_blobs(pixels: Pixels, **blobs: bytes | None) -> Pixels:
    """The same pixels with metadata for libvips to write; names have `_` for `-`."""
    image = pixels.copy()
    for name, data in blobs.items():
        if data is not None:
            image.set_type(library().GValue.blob_type, name.replace("_", "-"), data)
    return image


def animated(picture: Picture, *, step_ms: int = 1) -> Pixels:
    """Bare pixels that say where frames begin, how long each is shown and how often all are.

    Args:
        picture: An animation; missing delays are a tenth of a second, as browsers have it.
        step_ms: Milliseconds that the format counts in. Delays are rounded so that the sum of
            those up to any frame is off by half a step at most.
    """
    delays = picture.delays or (100,) * picture.frames
    gint, array = library().GValue.gint_type, library().GValue.array_int_type
    image = bare(picture.pixels)
    image.set_type(gint, "page-height", picture.height)
    image.set_type(gint, "n-pages", picture.frames)
    image.set_type(array, "delay", rounded_delays(delays, step_ms))
    image.set_type(gint, "loop", picture.loops)
    return image


def rounded_delays(delays: tuple[int, ...], step: int) -> list[int]:
    end = shown = 0
    rounded = []
    for delay in delays:
        end += delay
        rounded.append((end - shown + step // 2) // step * step)
        shown += rounded[-1]
    return rounded


def check_size(picture: Picture, traits: Traits) -> None:
    """Make sure that the format can have such a picture, before any work.

    Raises:
        InvalidDimensions: A side is too long.
    """
    for name, side in (("width", picture.width), ("height", picture.height)):
        if side > traits.max_side:
            raise InvalidDimensions(
                f"{name} is {side:,}; {traits.name.upper()} can have {traits.max_side:,} at most:"
                " make the picture smaller or choose another format"
            )


def check_depth(picture: Picture, traits: Traits) -> None:
    """Make sure that the pixels are integers of a depth that the format is given.

    Raises:
        UnsupportedPixels: They are not.
    """
    formats = {"uchar"} if max(traits.bit_depths) == 8 else {"uchar", "ushort"}
    if picture.pixels.format not in formats:
        raise UnsupportedPixels(
            f"pixels of type {picture.pixels.format}; {traits.name.upper()} takes"
            f" {' or '.join(sorted(formats))}"
        )


def at_most_8_bits(pixels: Pixels) -> Pixels:
    """Pixels of 16 bits reduced to 8."""
    return pixels if pixels.format == "uchar" else pixels.cast("uchar", shift=True)


def first(*values: T | None, default: T) -> T:
    """The first value that is there: how a setting is found, the most particular first."""
    return next((value for value in values if value is not None), default)


def wanted_quality(found: int | None, own: int | None, output: object, default: int) -> int:
    """Quality by the cascade.

    Args:
        found: What a search found.
        own: The format's own setting.
        output: The output's: a number, or anything else for none.
        default: The format's default.
    """
    common = output if isinstance(output, int) else None
    return first(found, own, common, default=default)
