"""`stripline video encode`: pictures or a stream of frames in, a video file out."""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from stripline.cli import _files, _options, _text
from stripline.cli._errors import reported
from stripline.cli._progress import ProgressBar
from stripline.cli._stdin import standard_input
from stripline.cli._video_codecs import CODECS, codec_string
from stripline.errors import CorruptImage, InvalidOption

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stripline.cli._video_clock import FrameSource
    from stripline.webcodecs.containers import Muxer

_CONTAINERS: Final = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mp4",
    ".webm": "webm",
    ".mkv": "matroska",
}
_STREAM_ENDINGS: Final = frozenset({".y4m", ".raw", ".yuv", ".rgb"})
_USUAL_RATE: Final = Fraction(30)
# The coarsest quantizer of each codec.
_COARSEST: Final = {"avc": 51, "hevc": 51, "vp8": 63, "vp9": 63, "av1": 63}


def _rate(text: str | None) -> Fraction | None:
    if text is None:
        return None
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= 1000:
        message = f"{text!r} is no number of frames a second: 30, 29.97 or 30000/1001, say"
        raise typer.BadParameter(message)
    return rate


def _bits(text: str | None) -> int | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kM]?)", text)
    bits = int(float(match[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[match[2]]) if match else 0
    if not bits:
        message = f"{text!r} is no number of bits a second: 2500000, 800k or 2.5M, say"
        raise typer.BadParameter(message)
    return bits


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text)
    if match is None:
        message = f"{text!r} is no size: 1280x720, say"
        raise typer.BadParameter(message)
    return int(match[1]), int(match[2])


def encode(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="FRAMES...",
            help="Pictures, folders or patterns of them, a Y4M file, or - for Y4M or raw pixels "
            "on standard input.",
            show_default=False,
        ),
    ],
    *,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="The file to write: .mp4, .webm or .mkv, or - for standard output.",
            show_default=False,
        ),
    ],
    codec: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(CODECS),
            help="How to encode; a full codec string, such as vp09.00.10.08, is taken too.",
            show_default="vp9 for WebM, else h264",
        ),
    ] = None,
    bitrate: Annotated[
        str | None,
        typer.Option(metavar="BITS", help="Bits a second: 800k, 2.5M.", show_default="as needed"),
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(
            "-q",
            "--quality",
            min=1,
            max=100,
            help="The same for all frames, 1 (small) to 100 (faithful).",
            show_default=False,
        ),
    ] = None,
    fps: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="Frames a second: 30, 29.97, 30000/1001.",
            show_default="the Y4M's, else 30",
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="Scale to this size, of square pixels.",
            show_default="the first frame's",
        ),
    ] = None,
    container: Annotated[
        str | None,
        typer.Option(
            metavar="mp4|webm|matroska",
            help="The kind of file, where OUT's name does not say.",
            show_default="by OUT's name; mp4 for standard output",
        ),
    ] = None,
    fragmented: Annotated[
        bool,
        typer.Option(
            "--fragmented",
            help="A file that can be played while it is written.",
            show_default="for standard output",
        ),
    ] = False,
    width: Annotated[int | None, typer.Option(min=1, max=16384, help="Raw pixels: width.")] = None,
    height: Annotated[
        int | None, typer.Option(min=1, max=16384, help="Raw pixels: height.")
    ] = None,
    pixel_format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="Raw pixels: RGB, BGR, RGBA, I420, NV12, ..."
        ),
    ] = None,
    force: _options.Force = False,
) -> None:
    """Make a video of pictures, or of a stream of frames.

    Pictures in folders and patterns are taken by name, frame2 before frame10. Examples:

    stripline video encode frames/ -o clip.mp4 --fps 24

    stripline video encode 'shots/*.png' -o clip.webm --codec av1 --bitrate 2M

    producer | stripline video encode - -o clip.mp4 --width 1280 --height 720 --format RGB
    """
    rate, bits, wanted = _rate(fps), _bits(bitrate), _size(size)
    if bits is not None and quality is not None:
        message = "--bitrate and --quality exclude each other: give one"
        raise typer.BadParameter(message)
    _check_target(inputs, output, force=force)
    began = time.perf_counter()
    with reported(), _source(inputs, pixel_format, width, height) as source:
        kind = _container(output, container)
        rate = rate or source.rate or _USUAL_RATE
        config, options = _config(source, codec, kind, rate, wanted), {}
        if bits is not None:
            config["bitrate"] = bits
        if quality is not None:
            options = _quantizer(config, quality)
        frames = source.frames(rate, mixed=wanted is not None)
        from stripline.cli._video_encoding import encode_frames  # noqa: PLC0415 - not for --help

        with (
            ProgressBar("encoding", "frames") as progress,
            _muxer(output, kind, fragmented=fragmented) as muxer,
        ):
            count = encode_frames(
                frames, config, options, muxer, lambda done: progress.update(done, source.count)
            )
            if not count:
                raise CorruptImage("the stream holds no frame")
    if output != _files.STANDARD_STREAM and sys.stderr.isatty():
        seconds = time.perf_counter() - began
        size_text = _text.byte_count(os.stat(output).st_size)  # noqa: PTH116 - it is a string
        typer.echo(f"{output}: {count:,} frames, {size_text} in {seconds:.2f} s", err=True)


def _check_target(inputs: Sequence[str], output: str, *, force: bool) -> None:
    for name in inputs:
        _files.check_target(name, output, force=force, what="a video")


@contextmanager
def _source(
    inputs: Sequence[str], pixel_format: str | None, width: int | None, height: int | None
) -> Iterator[FrameSource]:
    """Where the frames come from."""
    raw = {pixel_format, width, height} != {None}
    first = inputs[0]
    is_stream = first == _files.STANDARD_STREAM or Path(first).suffix.lower() in _STREAM_ENDINGS
    if not is_stream and not raw:
        if _files.STANDARD_STREAM in inputs:
            raise InvalidOption("standard input is a stream of frames: give it alone")
        from stripline.cli._video_pictures import Pictures, find  # noqa: PLC0415 - not for --help

        yield Pictures(find(inputs))
        return
    from stripline.cli._video_stream import open_stream  # noqa: PLC0415 - not for --help

    if len(inputs) > 1:
        raise InvalidOption("a stream of frames is encoded alone: give one of them")
    if first == _files.STANDARD_STREAM:
        if sys.stdin.isatty():
            raise InvalidOption("standard input is a terminal: pipe frames into it")
        yield open_stream(standard_input(), pixel_format, width, height)
        return
    with open(first, "rb") as file:  # noqa: PTH123 - its error names the file as it was given
        yield open_stream(file, pixel_format, width, height)


def _container(output: str, named: str | None) -> str:
    if named is not None:
        if named not in _CONTAINERS.values():
            known = ", ".join(dict.fromkeys(_CONTAINERS.values()))
            raise InvalidOption(f"the container {named!r} is none of {known}")
        return named
    if output == _files.STANDARD_STREAM:
        return "mp4"
    ending = Path(output).suffix.lower()
    if ending not in _CONTAINERS:
        raise InvalidOption(
            f"{output} is named like no video: end it with {', '.join(_CONTAINERS)}, or give "
            "--container"
        )
    return _CONTAINERS[ending]


def _config(
    source: FrameSource,
    codec: str | None,
    kind: str,
    rate: Fraction,
    wanted: tuple[int, int] | None,
) -> dict[str, Any]:
    """The VideoEncoderConfig."""
    from stripline.webcodecs.codec_string import parse_video  # noqa: PLC0415 - not for --help

    name = ("vp9" if kind == "webm" else "h264") if codec is None else codec
    width, height = wanted or (source.width, source.height)
    text = codec_string(name, width, height, rate)
    parsed = parse_video(text)
    if parsed is None:
        raise InvalidOption(f"{text!r} is no codec string that is known")
    if wanted is None and parsed.kind in {"avc", "hevc"} and parsed.chroma == "420":
        # Halved chroma needs even sizes: an odd column or row at the edge is left out.
        width, height = max(2, width & ~1), max(2, height & ~1)
    config: dict[str, Any] = {"codec": text, "width": width, "height": height}
    config["framerate"] = float(rate)
    if source.aspect not in {None, 1} and wanted is None:
        shape = (source.aspect or 1) * Fraction(width, height)
        if kind != "mp4":
            square = f"{max(2, round(height * shape / 2) * 2)}x{height}"
            raise InvalidOption(
                f"the pixels are not square but {source.aspect}, which only MP4 keeps: give "
                f"--size {square}, as the picture is shown, or an OUT that ends with .mp4"
            )
        shape = shape.limit_denominator(65_535)
        config["display_width"], config["display_height"] = shape.numerator, shape.denominator
    return config


def _quantizer(config: dict[str, Any], quality: int) -> dict[str, Any]:
    """Have each frame encoded with the same quantizer; give its options."""
    from stripline.webcodecs.codec_string import parse_video  # noqa: PLC0415 - not for --help

    parsed = parse_video(config["codec"])
    assert parsed is not None  # noqa: S101 - `_config` has refused it otherwise
    kind = parsed.kind
    config["bitrate_mode"] = "quantizer"
    return {kind: {"quantizer": round(_COARSEST[kind] * (100 - quality) / 100)}}


def _muxer(output: str, kind: str, *, fragmented: bool) -> Muxer:
    from stripline.webcodecs.containers import Muxer  # noqa: PLC0415 - not for --help

    # Standard output may be a file that is appended to, which does not say so.
    pieces = True if fragmented or output == _files.STANDARD_STREAM else None
    muxer = Muxer(_files.opened(output), kind, fragmented=pieces)
    muxer.add_video_track()
    return muxer
