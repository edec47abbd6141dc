"""How fast does stripline decode a photograph for shrinking, against its peers?

Peers: simplejpeg (libjpeg-turbo, the reference of all ratios; once with its fast transform and
plain upsampling, which are its defaults), OpenCV, Pillow, pyvips. Everything is counted, from a
file in memory to rows of pixels, called from Python, at full size and at a half, a quarter and an
eighth. Decoders take turns within a round and rounds repeat; the ratio is the median of the
rounds' ratios. All decode on one thread. stripline gives its rows in batches of 64, as a pipeline
would take them, the others a whole picture.

    python benchmarks/jpeg_decode.py --quick
    python benchmarks/jpeg_decode.py --megapixels 12,16 --rounds 15
    STRIPLINE_KERNELS=avx2 python benchmarks/jpeg_decode.py
"""

from __future__ import annotations

import argparse
import importlib
import io
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import bench_pictures
from stripline import jpeg
from stripline.jpeg.decode import open_scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stripline.jpeg.decode import Denominator

    Decode = Callable[[bytes, Denominator], object]

SCALES: Final[tuple[Denominator, ...]] = (1, 2, 4, 8)
REFERENCE: Final = "simplejpeg"
QUALITY: Final = 92
BATCH_ROWS: Final = 64


@dataclass(slots=True)
class Measured:
    """One decoder's times over the rounds."""

    name: str
    decode: Decode
    seconds: list[float] = field(default_factory=list)


def _stripline(data: bytes, denominator: Denominator) -> object:
    rows = open_scaled(data, denominator)
    if rows is None:
        message = "not a file for this decoder"
        raise RuntimeError(message)
    return sum(batch.height for batch in rows.batches(BATCH_ROWS))


def _simplejpeg(*, fast: bool) -> Decode:
    import simplejpeg

    def decode(data: bytes, denominator: Denominator) -> object:
        height, width = simplejpeg.decode_jpeg_header(data)[:2]
        least = {
            "min_height": -(-height // denominator),
            "min_width": -(-width // denominator),
            "min_factor": 1,
        }
        scale = least if denominator > 1 else {}
        return simplejpeg.decode_jpeg(data, fastdct=fast, fastupsample=fast, **scale)

    return decode


def _opencv() -> Decode:
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    flags = {
        1: cv2.IMREAD_COLOR,
        2: cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_COLOR_8,
    }

    def decode(data: bytes, denominator: Denominator) -> object:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags[denominator])

    return decode


def _pillow() -> Decode:
    from PIL import Image

    def decode(data: bytes, denominator: Denominator) -> object:
        image = Image.open(io.BytesIO(data))
        image.draft("RGB", (image.width // denominator, image.height // denominator))
        return image.load()

    return decode


def _pyvips() -> Decode:
    import pyvips

    pyvips.cache_set_max(0)

    def decode(data: bytes, denominator: Denominator) -> object:
        options = {"shrink": denominator, "access": "sequential"}
        return pyvips.Image.new_from_buffer(data, "", **options).write_to_memory()

    return decode


_PEERS: Final[dict[str, tuple[str, Callable[[], Decode]]]] = {
    "simplejpeg": ("simplejpeg", lambda: _simplejpeg(fast=False)),
    "simplejpeg fast": ("simplejpeg", lambda: _simplejpeg(fast=True)),
    "OpenCV": ("cv2", _opencv),
    "Pillow": ("PIL", _pillow),
    "pyvips": ("pyvips", _pyvips),
}


def contestants() -> list[Measured]:
    """Stripline and the peers that are installed; says which are not."""
    found = [Measured("stripline", _stripline)]
    for name, (module, make) in _PEERS.items():
        try:
            importlib.import_module(module)
        except ModuleNotFoundError:
            print(f'{name} is not installed and not measured: pip install "stripline[bench]"')
            continue
        found.append(Measured(name, make()))
    return found


def measure(decoders: Sequence[Measured], data: bytes, scale: Denominator, rounds: int) -> None:
    """Fill in the decoders' seconds: one warm-up call each, then `rounds` of turns."""
    for decoder in decoders:
        decoder.decode(data, scale)
    for _ in range(rounds):
        for decoder in decoders:
            began = time.process_time()
            decoder.decode(data, scale)
            decoder.seconds.append(time.process_time() - began)


def report(decoders: Sequence[Measured]) -> None:
    """Print a line per decoder: processor time, and how many times as fast as the reference."""
    reference = next((one for one in decoders if one.name == REFERENCE), None)
    for one in decoders:
        median = statistics.median(one.seconds) * 1e3
        print(f"  {one.name:<16} {median:>8.1f} {min(one.seconds) * 1e3:>8.1f}", end="")
        if reference:
            pairs = zip(reference.seconds, one.seconds, strict=True)
            ratio = statistics.median(theirs / ours for theirs, ours in pairs)
            print(f" {ratio:>7.2f}x", end="")
        print()


def photograph_file(megapixels: float, kind: Literal["plain", "restarts"]) -> bytes:
    """A photograph as a camera would store it: quality 92, 4:2:0."""
    picture = bench_pictures.photographs(*bench_pictures.size_for(megapixels))
    if kind == "restarts":
        return jpeg.encode(picture, quality=QUALITY, subsampling="4:2:0")
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=QUALITY, subsampling="4:2:0")
    return file.getvalue()


def main(arguments: Sequence[str]) -> int:
    """Run with the given command line and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megapixels", default="12,16", metavar="N,…")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--quick", action="store_true", help="2 megapixels, 5 rounds")
    options = parser.parse_args(arguments)
    sizes = [2.0] if options.quick else [float(size) for size in options.megapixels.split(",")]
    rounds = 5 if options.quick else options.rounds
    print(f"kernels {jpeg.kernels_in_use()}, {rounds} rounds; median and least ms of processor")
    print(f"time, and {REFERENCE}'s time divided by the decoder's")
    kinds: tuple[Literal["plain", "restarts"], ...] = ("plain", "restarts")
    for megapixels in sizes:
        for kind in kinds:
            data = photograph_file(megapixels, kind)
            for scale in SCALES:
                decoders = contestants()
                measure(decoders, data, scale, rounds)
                print(f"\n{megapixels:g} megapixels, {kind}, {len(data):,} bytes, 1/{scale}")
                report(decoders)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
