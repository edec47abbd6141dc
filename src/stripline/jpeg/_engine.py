"""The one seam to the engine: which kernels run, and one strip of work as a value.

A strip task is all that an executor is given, and it can be pickled, so that strips may be encoded
by threads, by processes or on other machines.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from stripline import _native
from stripline._native import Assembly, DamagedJpeg, Segment, WholePicture, open_decoder
from stripline._native import Decoder as NativeDecoder
from stripline._native import Tables as NativeTables
from stripline.errors import UnknownKernels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from stripline.jpeg.tables import Tables

__all__ = [
    "KERNELS_VARIABLE",
    "Assembly",
    "DamagedJpeg",
    "NativeDecoder",
    "NativeTables",
    "Segment",
    "StripTask",
    "available_kernels",
    "kernels_in_use",
    "masked_scan",
    "mcu_size",
    "native_tables",
    "open_decoder",
    "run_strip",
    "strip_stages",
    "whole_picture",
]

KERNELS_VARIABLE = "STRIPLINE_KERNELS"

_Arguments = tuple[
    "tuple[Buffer, ...]",
    tuple[int, ...],
    int,
    int,
    str,
    str,
    NativeTables,
    tuple[int, int, int],
    str,
]

_MCU_SIZES = {
    "4:4:4": (8, 8),
    "4:2:2": (16, 8),
    "4:4:0": (8, 16),
    "4:2:0": (16, 16),
    "grey": (8, 8),
}


def available_kernels() -> tuple[str, ...]:
    """Names of the kernel sets that this CPU can run, fastest first; the last is ``scalar``."""
    return _native.available_kernels()


@cache
def kernels_in_use() -> str:
    """The set that encodes: ``STRIPLINE_KERNELS`` (read once), or the fastest.

    Raises:
        UnknownKernels: the variable names a set that does not exist or that this CPU cannot run.
    """
    available = available_kernels()
    wanted = os.environ.get(KERNELS_VARIABLE) or available[0]
    if wanted not in available:
        raise UnknownKernels(
            f"{KERNELS_VARIABLE} is {wanted!r}; this CPU can run {', '.join(available)}"
        )
    return wanted


def mcu_size(sampling: str) -> tuple[int, int]:
    """Width and height in pixels of a minimum coded unit (ITU-T T.81, A.2)."""
    return _MCU_SIZES[sampling]


@dataclass(frozen=True, slots=True)
class StripTask:
    """Rows of pixels and everything that decides their bytes.

    ``planes`` are C-contiguous bytes-like objects with rows ``strides`` bytes apart; ``width`` and
    ``rows`` count pixels. The result of :func:`run_strip` depends on nothing else, and on
    ``kernels`` only in how fast it comes.
    """

    index: int
    planes: tuple[Buffer, ...]
    strides: tuple[int, ...]
    width: int
    rows: int
    format: str
    sampling: str
    tables: NativeTables
    background: tuple[int, int, int]
    kernels: str

    def __reduce__(self) -> tuple[Any, ...]:
        planes = tuple(bytes(plane) for plane in self.planes)
        return StripTask, (
            self.index,
            planes,
            self.strides,
            self.width,
            self.rows,
            self.format,
            self.sampling,
            self.tables,
            self.background,
            self.kernels,
        )


def run_strip(task: StripTask) -> Segment:
    """The strip's entropy-coded segment: byte-aligned, stuffed, without markers.

    It is bytes-like, and turns to bytes when it is pickled. Its memory is used for a later strip
    once nobody holds it any more.
    """
    return _native.encode_strip(*_arguments(task))


def whole_picture(header: bytes, tasks: Iterable[StripTask]) -> WholePicture:
    """A file in the making, of strips that are all there, which any number of threads encode.

    Its `run` takes strips until none is left or it has done as many as it is told, and needs no
    interpreter lock meanwhile; `finish` gives the file.
    """
    return WholePicture(header, [_arguments(task) for task in tasks])


def masked_scan(
    pixels: Buffer, size: tuple[int, int], sampling: str, tables: Tables, price: float
) -> Segment:
    """A whole picture's scan, of as few bytes as its looks allow: see stripline.jpeg.masked."""
    return _native.encode_masked(
        pixels, *size, sampling, native_tables(tables), price, kernels_in_use()
    )


def native_tables(tables: Tables) -> NativeTables:
    """Tables as the engine looks things up in them."""
    huffman = (tables.dc_luma, tables.ac_luma, tables.dc_chroma, tables.ac_chroma)
    return NativeTables((tables.luma, tables.chroma), huffman)


def strip_stages(task: StripTask) -> dict[str, float]:
    """Encode a strip for the sake of its times: seconds by stage of the engine."""
    seconds = _native.measure_stages(*_arguments(task))
    return dict(zip(_native.STAGES, seconds, strict=True))


def _arguments(task: StripTask) -> _Arguments:
    return (
        task.planes,
        task.strides,
        task.width,
        task.rows,
        task.format,
        task.sampling,
        task.tables,
        task.background,
        task.kernels,
    )
