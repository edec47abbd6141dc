"""The streaming JPEG encoder: rows -> strips -> pool -> file.

A picture is cut into strips of half a million to a million pixels, coded independently of each
other and joined by restart markers, so any executor can encode them in any order. Every function
here drives the same core, which does no input or output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripline.jpeg._encode import encode, iter_encode
from stripline.jpeg._engine import available_kernels, kernels_in_use
from stripline.jpeg._inspect import JpegInfo, Segment, inspect
from stripline.jpeg._plan import Options
from stripline.jpeg._work import Progress
from stripline.jpeg.markers import Sampling
from stripline.jpeg.tables import Tables
from stripline.streams import Metadata, PixelFormat, PlanarFrame, Rows, RowSource, Sink

if TYPE_CHECKING:
    from stripline.jpeg._async import JpegEncoder

__all__ = [
    "JpegEncoder",
    "JpegInfo",
    "Metadata",
    "Options",
    "PixelFormat",
    "PlanarFrame",
    "Progress",
    "RowSource",
    "Rows",
    "Sampling",
    "Segment",
    "Sink",
    "Tables",
    "available_kernels",
    "encode",
    "inspect",
    "iter_encode",
    "kernels_in_use",
]


if not TYPE_CHECKING:  # a type checker would take any name at all for one of this module's

    def __getattr__(name: str) -> object:
        # asyncio takes longer to import than all the rest; only those who use it should wait.
        if name == "JpegEncoder":
            from stripline.jpeg._async import JpegEncoder  # noqa: PLC0415 - see above

            globals()[name] = JpegEncoder
            return JpegEncoder
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
