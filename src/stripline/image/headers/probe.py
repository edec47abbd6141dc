"""From a path, bytes or a stream to `ImageInfo`."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from stripline.errors import InvalidOption, SourceFailed, UnsupportedFormat, describe
from stripline.image.headers.bmp import read_bmp
from stripline.image.headers.foreign import describe_foreign
from stripline.image.headers.gif import read_gif
from stripline.image.headers.header import MAX_FRAMES, Header, PeekedStream, read_fully
from stripline.image.headers.info import FORMATS, Format, ImageInfo
from stripline.image.headers.isobmff import read_heif
from stripline.image.headers.jpeg import read_jpeg
from stripline.image.headers.jxl import read_jxl
from stripline.image.headers.png import read_png
from stripline.image.headers.sniff import sniff
from stripline.image.headers.svg import read_svg
from stripline.image.headers.tiff import read_tiff
from stripline.image.headers.webp import read_webp

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from typing_extensions import Buffer

    from stripline.image.limits import Limits
    from stripline.streams.raw import Readable

_READERS: Final[dict[Format, Callable[[Header], ImageInfo]]] = {
    "jpeg": read_jpeg,
    "png": read_png,
    "gif": read_gif,
    "webp": read_webp,
    "tiff": read_tiff,
    "bmp": read_bmp,
    "avif": read_heif,
    "heic": read_heif,
    "svg": read_svg,
    "jxl": read_jxl,
}


def probe(
    source: str | os.PathLike[str] | Buffer | Readable | PeekedStream,
    limits: Limits | None = None,
) -> ImageInfo:
    """Say what a picture file is, by its first bytes and its header, without decoding.

    Of most files 16 kB are read. GIF has to be walked to its end, which is the only place that
    says how many frames there are; animated WebP and TIFF are looked at in one place per frame.

    Args:
        source: A path, the bytes of a file, or anything with a `read` that gives bytes. It is read
            from where it stands. What can seek is put back there; of what cannot, at most 64 MiB
            are read, and wrapped in a `PeekedStream` they come again.
        limits: Checked before more is read than they allow. None checks nothing but that no more
            than 100,000 frames are counted.

    Raises:
        CorruptImage: A known format, but the header is malformed or cut short; says where.
        InvalidOption: The source is none of these.
        LimitExceeded: The picture is larger than is allowed.
        SourceFailed: The source cannot be read.
        UnsupportedFormat: Something else; says what.
    """
    if isinstance(source, str | os.PathLike):
        return _probe_path(source, limits)
    if hasattr(source, "read"):
        return _probe_file(cast("Any", source), limits)
    try:
        view = memoryview(source).cast("B")
    except (TypeError, ValueError, BufferError) as error:
        raise InvalidOption(
            f"{type(source).__name__} is none of: path, contiguous bytes, binary file, stream"
        ) from error
    return _identify(lambda at, size: bytes(view[at : at + size]), len(view), limits)


def _probe_path(path: str | os.PathLike[str], limits: Limits | None) -> ImageInfo:
    try:
        file = Path(path).open("rb", buffering=0)  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:  # ValueError: a path with a zero in it
        raise SourceFailed(0, describe(error)) from error
    with file:
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode):
            return _identify(_fetch_from(file, 0), status.st_size, limits)
        return _probe_stream(PeekedStream(file), limits)


def _probe_file(file: BinaryIO | PeekedStream, limits: Limits | None) -> ImageInfo:
    if isinstance(file, PeekedStream):
        return _probe_stream(file, limits)
    if not (hasattr(file, "seekable") and _seekable(file)):
        return _probe_stream(PeekedStream(file), limits)
    start = _seek(file, 0, io.SEEK_CUR)
    size = _seek(file, 0, io.SEEK_END) - start
    try:
        return _identify(_fetch_from(file, start), max(0, size), limits)
    finally:
        _seek(file, start)


def _probe_stream(stream: PeekedStream, limits: Limits | None) -> ImageInfo:
    def fetch(at: int, size: int) -> bytes:
        if limits is not None:  # what stands there, stands in a file of at least that size
            limits.check_bytes(at)
        return stream.peek(at, size)

    return _identify(fetch, None, limits)


def _fetch_from(file: BinaryIO, start: int) -> Callable[[int, int], bytes]:
    def fetch(at: int, size: int) -> bytes:
        _seek(file, start + at)
        return read_fully(file, size)

    return fetch


def _seekable(file: BinaryIO) -> bool:
    try:
        return file.seekable()
    except ValueError as error:  # it is closed
        raise SourceFailed(0, describe(error)) from error


def _seek(file: BinaryIO, at: int, whence: int = io.SEEK_SET) -> int:
    try:
        return file.seek(at, whence)
    except (OSError, ValueError, OverflowError) as error:
        raise SourceFailed(0, describe(error)) from error


def _identify(
    fetch: Callable[[int, int], bytes], size: int | None, limits: Limits | None
) -> ImageInfo:
    max_frames = limits.frames if limits is not None else None
    header = Header(fetch, size, MAX_FRAMES if max_frames is None else max_frames)
    picture_format = sniff(header.prefix)
    if picture_format is None:
        raise UnsupportedFormat(
            f"not a picture that can be read here: {describe_foreign(header.prefix)}"
        )
    if limits is not None:
        limits.check_bytes(header.size)
    header.name = FORMATS[picture_format]
    info = _READERS[picture_format](header)
    if limits is not None:
        limits.check(info)
    return info
