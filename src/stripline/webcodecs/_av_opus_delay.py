"""How much earlier a container's times of Opus are than those of WebCodecs: by the pre-skip.

Opus is heard late by its pre-skip, which every player drops at the beginning. Containers count from
the first sample that is heard, so their first packet lies before zero (RFC 7845, section 4.3;
Matroska, CodecDelay; MP4, an edit list). Chunks of WebCodecs have the time of what went into the
encoder.
"""

from __future__ import annotations

import io
import math
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av import av
from stripline.webcodecs.audio_headers import OPUS_HZ, OpusHead
from stripline.webcodecs.exceptions import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["opus_delay", "opus_pattern"]

_SILENCE: Final = b"\xf8\xff\xfe"  # 20 ms (RFC 6716, section 3.1)


def opus_delay(description: bytes, tick: Fraction) -> int:
    """The pre-skip of a description in a container's ticks; halves go up, as in FFmpeg.

    Args:
        description: An OpusHead.
        tick: Seconds.

    Raises:
        ValueError: It is none.
    """
    pre_skip = OpusHead.parse(description).pre_skip
    return math.floor(Fraction(pre_skip, OPUS_HZ) / tick + Fraction(1, 2))


@contextmanager
def opus_pattern(description: bytes) -> Iterator[Any]:
    """A stream with the pre-skip of a description, to make another one like it.

    PyAV cannot set it, and writes what it has read: here, from an Ogg file of one packet.

    Raises:
        DataError: FFmpeg does not take the description.
    """
    file = io.BytesIO()
    try:
        with (
            av.open(io.BytesIO(), "w", format="nut") as patterns,
            av.open(file, "w", format="ogg") as container,
        ):
            pattern = patterns.add_stream("libopus")
            stream: Any = container.add_stream_from_template(pattern, opaque=True)
            stream.codec_context.extradata = description
            container.start_encoding()
            packet: Any = av.Packet(_SILENCE)
            packet.pts = packet.dts = 0
            packet.time_base, packet.stream = Fraction(1, OPUS_HZ), stream
            container.mux_one(packet)
        file.seek(0)
        opened = av.open(file, "r")
    except (av.FFmpegError, ValueError) as error:
        raise DataError(f"the description of Opus is damaged: {error}") from error
    with opened:
        yield opened.streams[0]
