"""`stripline info`: what a picture file's header says."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, cast

import typer

from stripline import jpeg
from stripline.cli import _files, _options, _text
from stripline.cli._errors import reported
from stripline.errors import UnsupportedFormat
from stripline.streams import close_source, open_rows
from stripline.streams.netpbm import MAGIC_BYTES, is_netpbm

if TYPE_CHECKING:
    from stripline.image import ImageInfo
    from stripline.jpeg import JpegInfo

    Line = tuple[str, str]


def info(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A picture file, or - for one on standard input."),
    ],
    *,
    as_json: _options.AsJson = False,
) -> None:
    """Say what a picture is, from its header, without decoding it."""
    with reported():
        facts, lines = _about(source)
        if source != _files.STANDARD_STREAM:
            facts["file_bytes"] = os.stat(source).st_size  # noqa: PTH116 - it is a string anyway
            lines.append(("file", _text.byte_count(facts["file_bytes"])))
    if as_json:
        typer.echo(json.dumps({"file": source, **facts}, indent=2))
        return
    for name, value in lines:
        typer.echo(f"{name:<12} {value}")


def _about(source: str) -> tuple[dict[str, Any], list[Line]]:
    """What the header says, for programs and for people."""
    from stripline.image.headers import PeekedStream, probe  # noqa: PLC0415 - not needed for --help

    # What the probe has looked at of a stream can be read again.
    stream = PeekedStream(sys.stdin.buffer) if source == _files.STANDARD_STREAM else None
    try:
        found = probe(stream or source)
    except UnsupportedFormat as error:
        if stream is not None:
            raise
        if not _holds_rows(source):
            raise UnsupportedFormat(f"{source}: {error}") from error
        return _about_rows(source)
    facts = asdict(found)
    del facts["bytes"]  # it has a name of its own
    if found.format != "jpeg":
        return facts, _lines(found)
    about = jpeg.inspect(cast("BinaryIO", stream) if stream is not None else source)
    return facts | _facts(about), _jpeg_lines(about, found)


def _holds_rows(path: str) -> bool:
    with Path(path).open("rb") as file:
        return is_netpbm(file.read(MAGIC_BYTES))


def _about_rows(source: str) -> tuple[dict[str, Any], list[Line]]:
    """PGM, PPM and PAM, which only name their rows."""
    rows = open_rows(source)
    close_source(rows)
    facts = {"format": "netpbm", "width": rows.width, "height": rows.height, "pixels": rows.format}
    return facts, [("size", _size(rows.width, rows.height)), ("decoded as", rows.format)]


def _lines(found: ImageInfo) -> list[Line]:
    from stripline.image.headers import FORMATS  # noqa: PLC0415 - not needed for --help

    coding = found.coding + ", lossless" * bool(found.lossless) + ", tiled" * found.tiled
    coding += ", interlaced" * (found.progressive and found.coding != "progressive")
    lines = [
        ("size", _size(found.width, found.height)),
        ("format", f"{FORMATS[found.format]}, {coding}"),
        ("colour", _colour(found)),
    ]
    if found.frames != 1:
        count = f"{found.frames:,}" if found.frames else "several"
        lines.append(("frames" if found.animated else "pages", count))
    if found.orientation != 1:
        lines.append(("orientation", f"{found.orientation}, as EXIF counts"))
    if found.icc_bytes:
        lines.append(("ICC profile", _text.byte_count(found.icc_bytes)))
    return lines


def _colour(found: ImageInfo) -> str:
    alpha = ", transparency" * found.alpha
    return f"{found.colour}, {found.bit_depth} bits{alpha}"


def _facts(found: JpegInfo) -> dict[str, Any]:
    return {"format": "jpeg", "progressive": found.progressive, **asdict(found)}


def _jpeg_lines(found: JpegInfo, header: ImageInfo) -> list[Line]:
    quality = "unknown" if found.quality is None else str(found.quality)
    if found.quality is not None and not found.quality_exact:
        quality = f"about {quality}, with tables of its own"
    lines = [
        ("size", _size(found.width, found.height)),
        ("format", f"JPEG, {found.process}, {found.precision} bits"),
        ("colour", _colour(header)),
        ("subsampling", found.sampling),
        ("quality", quality),
        ("strips", f"{found.strips:,}"),
    ]
    if found.restart_interval:
        lines.append(("restarts", f"every {found.restart_interval:,} MCUs"))
    if found.orientation != 1:
        lines.append(("orientation", f"{found.orientation}, as EXIF counts"))
    if found.comment is not None:
        lines.append(("comment", found.comment))
    return lines + _extras(found.density, asdict(found))


def _extras(density: tuple[int, int] | None, sizes: dict[str, Any]) -> list[Line]:
    """The lines that only some pictures have."""
    lines = [] if density is None else [("density", f"{density[0]} x {density[1]} dots per inch")]
    lines += [
        (label, _text.byte_count(sizes[f"{name}_bytes"]))
        for name, label in (("exif", "EXIF"), ("xmp", "XMP"), ("icc", "ICC profile"))
        if sizes[f"{name}_bytes"]
    ]
    return lines


def _size(width: int, height: int | None) -> str:
    if height is None:
        return f"{width:,} pixels wide"
    return f"{width:,} x {height:,}, {_text.megapixels(width * height)}"
