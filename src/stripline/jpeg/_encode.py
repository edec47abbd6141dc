"""`encode` and `iter_encode`: the synchronous face of the encoder."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, BinaryIO, ParamSpec, overload

from stripline.errors import SinkFailed, StriplineError
from stripline.jpeg._assemble import assemble
from stripline.jpeg._drive import pump
from stripline.jpeg._plan import make_plan
from stripline.jpeg._work import need_height
from stripline.jpeg.core import EncoderCore, Piece
from stripline.streams import close_source, open_rows, open_sink

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor
    from typing import Unpack

    from stripline.jpeg._plan import Options
    from stripline.jpeg._work import Progress
    from stripline.streams import PixelFormat, RowSource, Sink

    Target = str | os.PathLike[str] | BinaryIO | Sink

P = ParamSpec("P")


@overload
def encode(
    source: object,
    target: None = None,
    *,
    width: int | None = None,
    height: int | None = None,
    format: PixelFormat | None = None,
    pool: Executor | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> bytes: ...


@overload
def encode(
    source: object,
    target: Target,
    *,
    width: int | None = None,
    height: int | None = None,
    format: PixelFormat | None = None,
    pool: Executor | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> int: ...


def encode(
    source: object,
    target: Target | None = None,
    *,
    width: int | None = None,
    height: int | None = None,
    format: PixelFormat | None = None,  # noqa: A002 - the word that everyone looks for
    pool: Executor | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> bytes | int:
    """Encode a picture as a baseline JPEG.

    The bytes depend on the pixels and the options alone: not on the pool, nor on how the rows
    come. Pixels are held only while their strip (half a million to a million) is encoded: at most
    as many strips as the pool is wide and five more, beside what the source itself holds.

    Args:
        source: The pixels, one of

            - a path: PGM, PPM and PAM are read directly, everything else through libvips (extra
              `image`), sequentially and in bounded memory where the format allows it;
            - an open binary file with PGM, PPM or PAM, which may be a pipe, or with raw packed
              rows if `width` and `format` are given;
            - an array (buffer protocol: numpy, memoryview) of 8-bit unsigned integers, shaped
              (height, width), (height, width, 1), (height, width, 3) or (height, width, 4), with
              any strides, or flat bytes if `width` is given;
            - a Pillow image of mode L, RGB, RGBA or RGBX;
            - an iterable of bytes-like batches, each any whole number of packed rows, if `width`
              is given; a batch may be reused by its maker when the next one is asked for;
            - a `PlanarFrame` (video), or any `RowSource`.

            It is read once, and closed if it is an iterable that can be closed.
        target: A path, which appears or is replaced only when the file is complete; a binary file
            object, which is written to from where it stands; a `Sink`; or None to get the bytes.
        width: Pixels in a row, where the source does not know.
        height: Rows, where the source does not know. It may stay unknown if the target is memory,
            a path or a seekable file.
        format: Layout of the pixels, where the source does not know, or to say that an array has
            its channels as `bgr`, `bgra`, `rgbx` or `bgrx`. The default for rows is `rgb`.
        pool: Any `concurrent.futures.Executor`; None for the shared pool of threads, one per
            usable core. A picture of a single strip is encoded in the calling thread.
        progress: Called in this thread after each strip, with how many rows are done, of how many
            (None while unknown).
        **options: How to encode, see `Options`:

            - quality: 1 to 100, on the scale of the Independent JPEG Group; default 100.
            - subsampling: how much chroma to keep: `4:4:4` (default), `4:2:2`, `4:4:0`, `4:2:0` or
              `grey`. `4:4:4` keeps all there is: grey pictures stay grey, and video frames with
              halved chroma stay as they are.
            - background: red, green and blue to composite transparent pixels on (straight
              alpha); default white.
            - tables: quantiser and Huffman `Tables` of your own, in place of quality.
            - metadata: None (default) writes only what changes how a picture looks: its ICC
              profile and its orientation, where the source has them; "keep" copies EXIF, XMP, ICC
              profile and density; a `Metadata` is written as it is, and nothing else.

    Returns:
        The file; with a target of your own, the number of bytes written to it.

    Raises:
        UsageError: The call cannot be carried out: InvalidDimensions, UnsupportedPixels,
            InvalidOption, UnknownKernels.
        SourceError: The pixels are not as promised: TooFewRows, TooManyRows, WrongRowSize,
            SourceFailed, UnsupportedFormat, CorruptImage.
        SinkError: The target cannot take the bytes: SinkFailed, TargetNotSeekable.
        MissingDependency: The source needs an extra that is not installed.
        WorkerLost: A worker of the pool died.

        After an error no strip is left in the pool and no file at the target path.
    """
    with _owned(open_rows(source, width=width, height=height, pixel_format=format)) as rows:
        core = EncoderCore(make_plan(rows, **options))
        if target is None:
            return assemble(core, rows, pool, progress)
        sink = _open_sink(target)
        with closing(pump(core, rows, pool, progress)) as pieces:
            return _deliver(core, pieces, sink)


def iter_encode(
    rows: object,
    width: int | None = None,
    height: int | None = None,
    *,
    format: PixelFormat | None = None,  # noqa: A002 - the word that everyone looks for
    pool: Executor | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Iterator[bytes]:
    """Encode rows as they come, giving the file's bytes as they are ready.

    Everything is as with `encode`, but for the result. Options are checked at once; rows are read
    when bytes are asked for. Closing the iterator, or dropping it, stops the work.

    Args:
        rows: Usually an iterable of bytes-like batches, each any whole number of packed rows; or
            anything else that `encode` takes as its source.
        width: Pixels in a row.
        height: Rows. It must be known, because it stands in the first bytes.
        format: Layout of the pixels; `rgb` if the source does not say.
        pool: See `encode`.
        progress: See `encode`.
        **options: See `encode`.

    Raises:
        TargetNotSeekable: The height is not known.
        StriplineError: See `encode`.
    """
    source = open_rows(rows, width=width, height=height, pixel_format=format)
    try:
        need_height(source.height)
        core = EncoderCore(make_plan(source, **options))
    except BaseException:
        close_source(source)
        raise
    return _iterate(core, source, pool, progress)


def _iterate(
    core: EncoderCore, source: RowSource, pool: Executor | None, progress: Progress | None
) -> Iterator[bytes]:
    with _owned(source), closing(pump(core, source, pool, progress)) as pieces:
        for ready in pieces:
            if ready:
                yield b"".join(ready)


@contextmanager
def _owned(source: RowSource) -> Iterator[RowSource]:
    try:
        yield source
    finally:
        close_source(source)


def _open_sink(target: Target) -> Sink:
    try:
        return open_sink(target)
    except OSError as error:
        raise SinkFailed.by(0, error) from error


def _deliver(core: EncoderCore, pieces: Iterable[list[Piece]], sink: Sink) -> int:
    """Write the file to `sink`, whole or not at all; how many bytes it has."""
    written = 0
    try:
        if not sink.can_patch:
            need_height(core.plan.height)
        for ready in pieces:
            for piece in ready:
                _put(written, sink.write, piece)
                written += len(piece)
        if core.patch is not None:
            _put(written, sink.patch, *core.patch)
        _put(written, sink.commit)
    except BaseException:
        sink.abort()
        raise
    return written


def _put(written: int, action: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Do something with a sink, translating what it raises."""
    try:
        action(*args, **kwargs)
    except StriplineError:
        raise
    except Exception as error:
        raise SinkFailed.by(written, error) from error
