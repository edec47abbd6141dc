"""`stripline info`: what a picture file's header says."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stripline import jpeg
from stripline.cli import _files, _options, _text
from stripline.cli._errors import reported
from stripline.errors import UnsupportedFormat
from stripline.streams import close_source, open_rows

if TYPE_CHECKING:
    from stripline.jpeg import JpegInfo

    Line = tuple[str, str]


def info(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A picture file, or - for a JPEG on standard input."),
    ],
    *,
    as_json: _options.AsJson = False,
) -> None:
    """Say what a picture is, from its header, without decoding it."""
    with reported():
        found = _about_jpeg(source)
        facts, lines = _about_other(source) if found is None else (_facts(found), _lines(found))
        if source != _files.STANDARD_STREAM:
            facts["file_bytes"] = os.stat(source).st_size  # noqa: PTH116 - it is a string anyway
            lines.append(("file", _text.byte_count(facts["file_bytes"])))
    if as_json:
        typer.echo(json.dumps({"file": source, **facts}, indent=2))
        return
    for name, value in lines:
        typer.echo(f"{name:<12} {value}")


def _about_jpeg(source: str) -> JpegInfo | None:
    """What our own reader says; None for what is no JPEG but could be another picture."""
    if source == _files.STANDARD_STREAM:
        return jpeg.inspect(sys.stdin.buffer)
    try:
        return jpeg.inspect(source)
    except UnsupportedFormat:
        return None


def _about_other(source: str) -> tuple[dict[str, Any], list[Line]]:
    """What the readers of other formats say."""
    rows = open_rows(source)
    close_source(rows)
    metadata = getattr(rows, "metadata", None)
    sizes = {
        f"{name}_bytes": len(getattr(metadata, name, None) or b"")
        for name in ("exif", "xmp", "icc")
    }
    density = getattr(metadata, "density", None)
    facts = {
        "format": "other",
        "width": rows.width,
        "height": rows.height,
        "pixels": rows.format,
        "density": density,
        **sizes,
    }
    lines = [("size", _size(rows.width, rows.height)), ("decoded as", rows.format)]
    return facts, [*lines, *_extras(density, sizes)]


def _facts(found: JpegInfo) -> dict[str, Any]:
    return {"format": "jpeg", "progressive": found.progressive, **asdict(found)}


def _lines(found: JpegInfo) -> list[Line]:
    quality = "unknown" if found.quality is None else str(found.quality)
    if found.quality is not None and not found.quality_exact:
        quality = f"about {quality}, with tables of its own"
    lines = [
        ("size", _size(found.width, found.height)),
        ("format", f"JPEG, {found.process}, {found.precision} bits"),
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
