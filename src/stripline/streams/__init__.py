"""Where pixels come from and where bytes go.

`open_rows` makes a `RowSource` of whatever it is given; `open_sink` makes a `Sink` of a path, a
file object or nothing. One file holds one adapter.
"""

from stripline.streams._rows import (
    MAX_SIDE_PIXELS,
    PIXEL_BYTES,
    PIXEL_FORMATS,
    PixelFormat,
    Rows,
    RowSource,
    bytes_per_row,
    check_format,
    check_side,
    close_source,
    packed_rows,
)
from stripline.streams.iterator import IteratorRows
from stripline.streams.metadata import Metadata
from stripline.streams.open_rows import open_rows
from stripline.streams.planar import PlanarFrame
from stripline.streams.sink import FileSink, MemorySink, Sink, StreamSink, open_sink

__all__ = [
    "MAX_SIDE_PIXELS",
    "PIXEL_BYTES",
    "PIXEL_FORMATS",
    "FileSink",
    "IteratorRows",
    "MemorySink",
    "Metadata",
    "PixelFormat",
    "PlanarFrame",
    "RowSource",
    "Rows",
    "Sink",
    "StreamSink",
    "bytes_per_row",
    "check_format",
    "check_side",
    "close_source",
    "open_rows",
    "open_sink",
    "packed_rows",
]
