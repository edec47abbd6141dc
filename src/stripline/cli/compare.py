"""`stripline compare`: how far one picture is from another."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from stripline.cli import _options, _text
from stripline.cli._errors import reported, say
from stripline.cli._files import check_target
from stripline.errors import InvalidDimensions, InvalidOption

if TYPE_CHECKING:
    from stripline.image import ImageInfo
    from stripline.image.picture import Pixels

# The difference is shown so many times as large as it is: what compression does is hardly seen.
_AMPLIFIED: Final = 8
_GAP_PIXELS: Final = 8


def compare(
    one: Annotated[str, typer.Argument(metavar="A", help="The original.", show_default=False)],
    other: Annotated[
        str, typer.Argument(metavar="B", help="What was made of it.", show_default=False)
    ],
    *,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="Write a picture of A, B and their difference side by side; the ending of the "
            "name says in which format.",
        ),
    ] = None,
    force: _options.Force = False,
    as_json: _options.AsJson = False,
) -> None:
    """Say how far picture B is from its original A: bytes, SSIMULACRA 2 and PSNR.

    Both are taken as they are shown: upright, in sRGB, transparent parts over white.

    SSIMULACRA 2 of 90 looks the same, 80 high quality, 70 good, 50 medium. For example:

    stripline compare photo.png photo.webp

    stripline compare photo.png photo.jpg -o side-by-side.png
    """
    if output is not None:
        check_target(one, output, force=force)
        check_target(other, output, force=force)
    with reported():
        pair = _Shown.of(one), _Shown.of(other)
        _check_sizes(*pair)
        facts = _facts(*pair)
        if output is not None:
            _write_side_by_side(*pair, output)
    for shown in pair:
        if shown.info.frames != 1:
            say(f"{shown.name} has several frames or pages, of which the first was compared")
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    for name, value in _lines(facts, *pair):
        typer.echo(f"{name:<12} {value}")


@dataclass(frozen=True, slots=True)
class _Shown:
    """A picture as it is shown: upright, 8-bit sRGB, without alpha, in memory.

    Attributes:
        name: The file.
        info: What its header says.
        pixels: Three bands.
    """

    name: str
    info: ImageInfo
    pixels: Pixels

    @classmethod
    def of(cls, name: str) -> _Shown:
        """Decode a file.

        Raises:
            StriplineError: See `stripline.image.process`.
        """
        from stripline import _vips  # noqa: PLC0415 - loads the image room
        from stripline.image import Limits, Recipe, probe  # noqa: PLC0415
        from stripline.image.deadline import Deadline  # noqa: PLC0415
        from stripline.image.ladder import Ladder  # noqa: PLC0415
        from stripline.image.variant import finish, job_for  # noqa: PLC0415
        from stripline.streams.source import open_source  # noqa: PLC0415

        # A JPEG is all that a picture on a screen is: 8 bits, without alpha, without frames.
        recipe = Recipe.read({"background": "white", "output": {"format": "jpeg"}})
        limits = Limits()
        info = probe(name, limits)
        job = job_for("", recipe, info)
        wanted = [job.scaled] if job.scaled is not None else []
        with Deadline(limits.seconds) as deadline:
            ladder = Ladder(open_source(name), info, wanted, salvage=False, deadline=deadline)
            ((_, picture),) = ladder.pictures()
            with deadline.stops(), _vips.vips_errors(name):
                picture, _ = finish(picture, job, info)
                pixels = deadline.watch(picture.pixels.colourspace("srgb").cast("uchar"))
                return cls(name, info, pixels.copy_memory())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.width, self.pixels.height


def _check_sizes(one: _Shown, other: _Shown) -> None:
    if one.size == other.size:
        return
    (width, height), (across, down) = one.size, other.size
    raise InvalidDimensions(
        f"{one.name} has {width:,} x {height:,} pixels, {other.name} {across:,} x {down:,}: only"
        f" pictures of one size can be compared; stripline resize {other.name} --exact"
        f" {width}x{height} --enlarge -o OUT makes one of that size"
    )


def _facts(one: _Shown, other: _Shown) -> dict[str, Any]:
    """What is measured, for programs."""
    from stripline.image.score import (  # noqa: PLC0415 - loads the engine
        MIN_SIDE_PIXELS,
        psnr,
        ssimulacra2,
    )

    width, height = one.size
    pixels = one.pixels.write_to_memory(), other.pixels.write_to_memory()
    score = None
    if min(one.size) >= MIN_SIDE_PIXELS:
        score = round(ssimulacra2(*pixels, width, height), 4)
    decibels = psnr(*pixels, width, height)
    return {
        "a": _file_facts(one),
        "b": _file_facts(other),
        "width": width,
        "height": height,
        "identical": math.isinf(decibels),
        "ssimulacra2": score,
        "psnr": None if math.isinf(decibels) else round(decibels, 4),
    }


def _file_facts(shown: _Shown) -> dict[str, Any]:
    size = Path(shown.name).stat().st_size
    return {"file": shown.name, "format": shown.info.format, "bytes": size}


def _lines(facts: dict[str, Any], one: _Shown, other: _Shown) -> list[tuple[str, str]]:
    before, after = facts["a"]["bytes"], facts["b"]["bytes"]
    score, decibels = facts["ssimulacra2"], facts["psnr"]
    sizes = f"{_text.byte_count(before)} -> {_text.byte_count(after)}"
    return [
        ("A", f"{_text.shown(one.name)}: {one.info.describe()}"),
        ("B", f"{_text.shown(other.name)}: {other.info.describe()}"),
        ("bytes", f"{sizes}, {_text.share(1 - after / before)} saved"),
        ("SSIMULACRA2", "none: too small" if score is None else f"{score:.2f}"),
        ("PSNR", "the same pixels" if decibels is None else f"{decibels:.2f} dB"),
    ]


def _write_side_by_side(one: _Shown, other: _Shown, output: str) -> None:
    """Write A, B and what differs, from left to right.

    Raises:
        InvalidOption: No format by that ending, or too wide for it.
        OSError: It cannot be written.
    """
    from stripline import _vips  # noqa: PLC0415 - loads the image room
    from stripline.cli._places import Place, named_format  # noqa: PLC0415
    from stripline.image.encode.registry import encoder_for  # noqa: PLC0415
    from stripline.image.output import Output  # noqa: PLC0415
    from stripline.image.picture import Picture  # noqa: PLC0415
    from stripline.image.settings import WHITE  # noqa: PLC0415
    from stripline.streams import FileSink  # noqa: PLC0415

    name = named_format(Place(Path(output), is_folder=False))
    if name is None:
        raise InvalidOption(f"{output} does not end like a picture: call it something.png")
    encoder = encoder_for(name)
    with _vips.vips_errors(output):
        difference = ((one.pixels - other.pixels).abs() * _AMPLIFIED).cast("uchar")
        pixels = one.pixels
        for panel in (other.pixels, difference.copy(interpretation="srgb")):
            pixels = pixels.join(panel, "horizontal", shim=_GAP_PIXELS, background=WHITE)
        if pixels.width > encoder.traits.max_side:
            raise InvalidOption(
                f"side by side they are {pixels.width:,} pixels wide, {name} can have"
                f" {encoder.traits.max_side:,}: call OUT something.png"
            )
        sink = FileSink(output)
        try:
            encoder.write(Picture(pixels), Output(format=name), sink)
            sink.commit()
        except BaseException:
            sink.abort()
            raise
