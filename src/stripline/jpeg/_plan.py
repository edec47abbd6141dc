"""All decisions about a file, made before its first pixel: validated options, strips, header."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import index
from typing import Final, Literal, Protocol, TypedDict, get_args

from stripline.errors import InvalidOption
from stripline.jpeg._engine import NativeTables, kernels_in_use, mcu_size, native_tables
from stripline.jpeg.markers import (
    HEIGHT_OFFSET_BYTES,
    MAX_RESTART_INTERVAL_MCUS,
    SOI,
    Sampling,
    frame_segment,
    huffman_segment,
    metadata_segments,
    quantiser_segment,
    restart_segment,
    scan_segment,
)
from stripline.jpeg.tables import Tables
from stripline.streams import Metadata, PixelFormat
from stripline.streams.exif import UPRIGHT, minimal_exif, orientation

SAMPLINGS: Final[tuple[Sampling, ...]] = get_args(Sampling)
WHITE: Final = (255, 255, 255)

_NO_METADATA: Final = Metadata()

# A strip is as many MCU rows as come nearest to this: about a million and a half samples to code,
# so half a millisecond of work or more. Beside it, handing a strip to another thread (some 50
# microseconds) is small, and so are a restart marker, padding and first DC differences (8 bytes).
# It is one to three megabytes of RGB, of which a few per worker may exist.
STRIP_PIXELS: Final[dict[Sampling, int]] = {
    "4:4:4": 512 * 1024,
    "4:2:2": 768 * 1024,
    "4:4:0": 768 * 1024,
    "4:2:0": 1024 * 1024,
    "grey": 1024 * 1024,
}


class PictureShape(Protocol):
    """What must be known of the pixels: a `RowSource` has it, and its asynchronous sister."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int | None: ...
    @property
    def format(self) -> PixelFormat: ...


class Options(TypedDict, total=False):
    """How to encode; every function that encodes takes these by keyword."""

    quality: int
    """1 to 100, on the scale of the Independent JPEG Group. Default: 100."""
    subsampling: Sampling
    """How much chroma to keep. The default, `4:4:4`, keeps all there is: grey pictures stay grey,
    and video frames with halved chroma stay as they are."""
    background: tuple[int, int, int]
    """Red, green and blue, 0 to 255, to composite transparent pixels on. Default: white."""
    tables: Tables | None
    """Quantiser and Huffman tables of your own, in place of `quality`."""
    metadata: Metadata | Literal["keep"] | None
    """None (default) writes only what changes how a picture looks: its ICC profile and its
    orientation, where the source has them. "keep" copies all that the source has. A `Metadata` is
    written as it is, and nothing else."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one file is made of. `make_plan` validates; this only holds.

    Attributes:
        width: Pixels in a row.
        height: Rows, or None while unknown.
        format: Layout of the incoming pixels.
        sampling: What is coded.
        tables: Quantisers and Huffman codes, ready for the engine.
        background: Red, green, blue under transparent pixels.
        kernels: The engine's instruction set.
        strip_rows: Rows in every strip but the last; a whole number of MCU rows.
        restart_interval_mcus: MCUs in every strip but the last.
        prefix: The file from SOI up to SOF0.
        huffman: The DHT segment.
    """

    width: int
    height: int | None
    format: PixelFormat
    sampling: Sampling
    tables: NativeTables
    background: tuple[int, int, int]
    kernels: str
    strip_rows: int
    restart_interval_mcus: int
    prefix: bytes
    huffman: bytes

    def header(self, height: int, *, restarts: bool) -> bytes:
        """The file from SOI to SOS. Without restarts it is one strip."""
        return b"".join(
            (
                self.prefix,
                frame_segment(self.width, height, self.sampling),
                self.huffman,
                restart_segment(self.restart_interval_mcus) if restarts else b"",
                scan_segment(self.sampling),
            )
        )

    @property
    def height_offset(self) -> int:
        """Where in the file the height stands, in two bytes."""
        return len(self.prefix) + HEIGHT_OFFSET_BYTES


@dataclass(frozen=True, slots=True)
class _Prepared:
    native: NativeTables
    quantisers: bytes
    huffman: bytes


@lru_cache(maxsize=64)
def _prepare(tables: Tables, sampling: Sampling) -> _Prepared:
    return _Prepared(
        native_tables(tables),
        quantiser_segment(tables, sampling),
        huffman_segment(tables, sampling),
    )


def make_plan(
    source: PictureShape,
    *,
    quality: int = 100,
    subsampling: Sampling = "4:4:4",
    background: tuple[int, int, int] = WHITE,
    tables: Tables | None = None,
    metadata: Metadata | Literal["keep"] | None = None,
    **unknown: object,
) -> Plan:
    """Validate the options and decide everything else. They are explained at `Options`.

    Raises:
        TypeError: There is no such option.
        InvalidOption: An option outside its range, or a sampling that the format cannot have.
        UnknownKernels: STRIPLINE_KERNELS names a set that this machine cannot run.
    """
    if unknown:
        known = ", ".join(Options.__annotations__)
        raise TypeError(f"there is no option {', '.join(unknown)}; there are {known}")
    if tables is None:
        tables = Tables.for_quality(quality)
    sampling = _choose_sampling(subsampling, source.format)
    prepared = _prepare(tables, sampling)
    strip_rows, restart_interval_mcus = strip_geometry(source.width, sampling)
    written = _choose_metadata(metadata, getattr(source, "metadata", None))
    return Plan(
        width=source.width,
        height=source.height,
        format=source.format,
        sampling=sampling,
        tables=prepared.native,
        background=_check_background(background),
        kernels=kernels_in_use(),
        strip_rows=strip_rows,
        restart_interval_mcus=restart_interval_mcus,
        prefix=SOI + metadata_segments(written) + prepared.quantisers,
        huffman=prepared.huffman,
    )


def strip_geometry(width: int, sampling: Sampling) -> tuple[int, int]:
    """Rows and MCUs of a strip: the MCU rows, at least one, that come nearest to `STRIP_PIXELS`.

    It depends on nothing but the width and the sampling, so a file's bytes depend neither on the
    pool nor on how the rows arrive.
    """
    mcu_width, mcu_height = mcu_size(sampling)
    mcus_across = -(-width // mcu_width)
    mcu_row_pixels = mcus_across * mcu_width * mcu_height
    mcu_rows = max(1, (STRIP_PIXELS[sampling] + mcu_row_pixels // 2) // mcu_row_pixels)
    # The strip's size keeps the interval far below its limit, which would else be taken modulo.
    interval_mcus = mcus_across * mcu_rows
    assert interval_mcus <= MAX_RESTART_INTERVAL_MCUS  # noqa: S101 - states what the sizes imply
    return mcu_rows * mcu_height, interval_mcus


def _choose_sampling(subsampling: Sampling, pixel_format: PixelFormat) -> Sampling:
    """What to code: 4:4:4 keeps all the chroma that there is, which may be less."""
    if subsampling not in SAMPLINGS:
        raise InvalidOption(
            f"unknown subsampling {subsampling!r}; known are {', '.join(SAMPLINGS)}"
        )
    if pixel_format == "grey":
        return "grey"
    if pixel_format in {"i420", "nv12"}:
        if subsampling in {"4:2:2", "4:4:0"}:
            raise InvalidOption(f"{pixel_format} frames are 4:2:0 and cannot become {subsampling}")
        return "grey" if subsampling == "grey" else "4:2:0"
    return subsampling


def _choose_metadata(wanted: Metadata | Literal["keep"] | None, found: Metadata | None) -> Metadata:
    if isinstance(wanted, Metadata):
        return wanted
    if wanted not in {None, "keep"}:
        raise InvalidOption(f"metadata is {wanted!r}; it is None, 'keep' or a Metadata")
    if found is None:
        return _NO_METADATA
    if wanted == "keep":
        return found
    turned = orientation(found.exif) if found.exif else UPRIGHT
    return Metadata(icc=found.icc, exif=None if turned == UPRIGHT else minimal_exif(turned))


def _check_background(background: tuple[int, int, int]) -> tuple[int, int, int]:
    if background is WHITE:
        return background
    try:
        red, green, blue = (index(channel) for channel in background)
    except (TypeError, ValueError):
        raise InvalidOption(
            f"background is {background!r}; it must be three ints: red, green, blue"
        ) from None
    if not all(0 <= channel <= 255 for channel in (red, green, blue)):
        raise InvalidOption(f"background is {background!r}; each channel goes from 0 to 255")
    return red, green, blue
