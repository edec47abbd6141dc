"""How many bytes does a picture take that looks the same, and how long does that take?

Photographs as JPEG, WebP and AVIF: each encoder's file at the quality where its SSIMULACRA2 is 80,
interpolated between the two qualities around it. Drawings as PNG: the whole file, lossless or
with a palette. Peers: mozjpeg (through pyvips, whose wheel links it), sharp (installed by npm into
a temporary folder) and Pillow with its defaults. All ratios are to Pillow's file of the same
format, which for JPEG is baseline, 4:2:0, without any optimisation; times are of one core; means
are geometric.

    python benchmarks/optimize.py
    python benchmarks/optimize.py --quick     # JPEG and PNG, timed once
    python benchmarks/optimize.py --formats jpeg,png --rounds 1
    python benchmarks/optimize.py --check     # exit code 1 if files are larger than is claimed
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bench_optimize_peers import Contender, Sharp, image_of, mozjpeg, pillow, stripline
from bench_resize_peers import sharp_modules
from PIL import Image, ImageDraw

from bench_pictures import PHOTOGRAPHS, photograph
from stripline.image.goals.judge import Judge
from stripline.image.goals.search import Curve, lowest_reaching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench_optimize_peers import Pixels

SCORE = 80.0
FORMATS = ("jpeg", "webp", "avif", "png")
SMALLEST_JPEG, PALETTE, LOSSLESS = (
    "stripline, effort 7",
    "stripline, palette",
    "stripline, lossless",
)
# Format and contender -> the largest ratio of bytes to Pillow's.
CLAIMS = {("jpeg", SMALLEST_JPEG): 0.75, ("png", PALETTE): 0.42, ("png", LOSSLESS): 0.76}
# Only where a search begins depends on it.
_USUAL = ((1, 0.0), (50, 62.0), (85, 80.0), (100, 95.0))


def photographs() -> Iterator[tuple[str, Pixels]]:
    """As they are, sharp to the pixel; and twice as large, as soft as cameras' own pixels are."""
    for name in PHOTOGRAPHS:
        pixels = photograph(name)
        yield name, pixels
        image = Image.fromarray(pixels)
        size = (2 * image.width, 2 * image.height)
        yield f"{name}, twice", np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def drawings() -> Iterator[tuple[str, Pixels]]:
    """A window, a chart with smooth lines, a logo: up to 256 colours, or nearly."""
    yield "window", np.asarray(_window())
    yield "chart", np.asarray(_smooth(_chart(4), 4))
    yield "logo", np.asarray(_smooth(_logo(4), 4))


def _window() -> Image.Image:
    image = Image.new("RGB", (1280, 800), (245, 246, 248))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1280, 48), fill=(40, 80, 160))
    draw.rectangle((0, 48, 240, 800), fill=(230, 232, 238))
    for row in range(46):
        words = f"{row:3d}  a line of text, number {row * 7919 % 1000}, of some length " * 2
        draw.text((256, 56 + 16 * row), words, fill=(20, 20, 30))
    for disc in range(12):
        top = 64 + 60 * disc
        draw.ellipse((20, top, 60, top + 40), fill=(20 * disc, 200 - 10 * disc, 90))
    return image


def _chart(scale: int) -> Image.Image:
    image = Image.new("RGB", (900 * scale, 600 * scale), "white")
    draw = ImageDraw.Draw(image)
    for line in range(10):
        y = (60 + 50 * line) * scale
        draw.line((60 * scale, y, 860 * scale, y), fill=(220, 220, 220), width=scale)
    for series, colour in enumerate(((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40))):
        points = [
            (x * scale, (300 + (90 + 40 * series) * math.sin(x / (40 + 17 * series))) * scale)
            for x in range(60, 860, 4)
        ]
        draw.line(points, fill=colour, width=3 * scale)
    return image


def _logo(scale: int) -> Image.Image:
    image = Image.new("RGB", (512 * scale, 512 * scale), (250, 250, 252))
    draw = ImageDraw.Draw(image)
    for ring in range(8):
        inset = (30 + 28 * ring) * scale
        colour = (30 + 25 * ring, 60, 200 - 20 * ring)
        draw.ellipse((inset, inset, 512 * scale - inset, 512 * scale - inset), fill=colour)
    return image


def _smooth(image: Image.Image, factor: int) -> Image.Image:
    return image.reduce(factor)


def contenders(form: str, sharp: Sharp | None) -> list[Contender]:
    """Those of a format; Pillow, the reference, first."""
    found = [pillow(form)]
    if form == "png":
        found.append(stripline(LOSSLESS, form, {"lossless": True}))
        found.append(stripline(PALETTE, form, {"png": {"palette": True, "effort": 3}}))
        if sharp is not None:
            smallest = {"compressionLevel": 9, "effort": 10}
            found.append(sharp.contender("sharp, smallest", form, smallest))
            found.append(sharp.contender("sharp, palette", form, {**smallest, "palette": True}))
        return found
    found += [
        stripline(f"stripline, effort {effort}", form, {"effort": effort})
        for effort in {"jpeg": (2, 6, 7), "webp": (2, 6), "avif": (2,)}[form]
    ]
    if form == "jpeg":
        found.append(mozjpeg())
    if sharp is not None:
        name = "sharp, mozjpeg" if form == "jpeg" else "sharp, defaults"
        found.append(sharp.contender(name, form, {"mozjpeg": True} if form == "jpeg" else {}))
    return found


def at_equal_score(one: Contender, pixels: Pixels, judge: Judge) -> tuple[float, int]:
    """Bytes at exactly the score, and the quality that reaches it."""
    made: dict[int, tuple[float, float]] = {}

    def measure(quality: int) -> float:
        file, _ = one.encode(pixels, quality)
        made[quality] = judge.score(file), math.log(len(file))
        return made[quality][0]

    quality = lowest_reaching(measure, SCORE, 2, 100, Curve(_USUAL))
    if quality is None:
        message = f"{one.name} does not reach {SCORE}"
        raise RuntimeError(message)
    above, below = made[quality], made.get(quality - 1, made[quality])
    share = (SCORE - below[0]) / (above[0] - below[0]) if above[0] > below[0] else 1.0
    return math.exp(below[1] + share * (above[1] - below[1])), quality


def measure(
    form: str, found: list[Contender], rounds: int
) -> dict[str, tuple[list[float], list[float]]]:
    """Ratios of bytes and of time to the first contender, by name; one of each picture."""
    ratios: dict[str, tuple[list[float], list[float]]] = {one.name: ([], []) for one in found}
    for name, pixels in drawings() if form == "png" else photographs():
        judge = Judge(image_of(pixels))
        if form == "png":
            sizes = {one.name: float(len(one.encode(pixels, None)[0])) for one in found}
            qualities: dict[str, int | None] = dict.fromkeys(sizes)
        else:
            at = {one.name: at_equal_score(one, pixels, judge) for one in found}
            sizes = {who: size for who, (size, _) in at.items()}
            qualities = {who: quality for who, (_, quality) in at.items()}
        times: dict[str, list[float]] = {one.name: [] for one in found}
        for _ in range(rounds):
            for one in found:
                times[one.name].append(one.encode(pixels, qualities[one.name])[1])
        first = found[0].name
        spent = {who: statistics.median(ms) for who, ms in times.items()}
        print(f"  {name}: {sizes[first]:,.0f} bytes, {spent[first]:.1f} ms")
        for one in found:
            ratios[one.name][0].append(sizes[one.name] / sizes[first])
            ratios[one.name][1].append(spent[one.name] / spent[first])
            quality = qualities[one.name]
            shown = "" if quality is None else f"  quality {quality}"
            print(
                f"    {one.name:22} {ratios[one.name][0][-1]:6.3f} of the bytes"
                f" {ratios[one.name][1][-1]:8.2f} of the time{shown}"
            )
    return ratios


def report(form: str, ratios: dict[str, tuple[list[float], list[float]]]) -> bool:
    """Print the means; whether the claims hold."""
    good = True
    for who, (sizes, times) in ratios.items():
        size, spent = statistics.geometric_mean(sizes), statistics.geometric_mean(times)
        claim = CLAIMS.get((form, who))
        verdict = ""
        if claim is not None:
            good &= size <= claim
            verdict = f"  {'ok' if size <= claim else 'FAIL'}: at most {claim} is claimed"
        print(f"{form:5} {who:22} {size:6.3f} of the bytes {spent:8.2f} of the time{verdict}")
    return good


def main() -> int:
    """Measure, print, check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--formats", default=",".join(FORMATS), help="of %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="for times (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="JPEG and PNG only, timed once")
    parser.add_argument("--check", action="store_true", help="fail if a claim does not hold")
    options = parser.parse_args()
    if options.quick:
        options.formats, options.rounds = "jpeg,png", 1
    good, results = True, {}
    with tempfile.TemporaryDirectory() as folder:
        sharp = _sharp(Path(folder))
        try:
            for form in options.formats.split(","):
                print(form)
                results[form] = measure(form, contenders(form, sharp), options.rounds)
        finally:
            if sharp is not None:
                sharp.close()
    print(f"\nratios to Pillow, geometric means; JPEG, WebP and AVIF at SSIMULACRA2 {SCORE:g}")
    for form, ratios in results.items():
        good &= report(form, ratios)
    return int(options.check and not good)


def _sharp(folder: Path) -> Sharp | None:
    found = sharp_modules(folder)
    if isinstance(found, str):
        print(f"sharp is left out: {found}")
        return None
    node, modules = found
    script = str(Path(__file__).with_name("bench_optimize_sharp.cjs"))
    return Sharp((node, script), {"NODE_PATH": str(modules)}, folder)


if __name__ == "__main__":
    sys.exit(main())
