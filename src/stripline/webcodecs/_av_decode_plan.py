"""Which decoder of FFmpeg serves a VideoDecoderConfig, and with which settings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._avcc import length_bytes
from stripline.webcodecs.codec_string import VideoCodec, parse_video
from stripline.webcodecs.enums import HardwareAcceleration
from stripline.webcodecs.exceptions import NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DecoderPlan", "plan_decoder"]

_DECODERS: Final = {
    "avc": "h264",
    "hevc": "hevc",
    "vp8": "vp8",
    "vp9": "vp9",
    "av1": "libdav1d",
}
_LONGEST: Final = 16_384
_MOST_THREADS: Final = 4
# H.264 profiles whose tools FFmpeg's decoder lacks: extended (data partitioning, SP and SI).
_AVC_MISSING: Final = frozenset({88})


@dataclass(frozen=True, slots=True)
class DecoderPlan:
    """How to open a decoder.

    Attributes:
        codec: What the codec string says.
        decoder: FFmpeg's name.
        options: FFmpeg's options.
        description: The codec's own bytes, where FFmpeg takes them.
        length_bytes: Bytes of the length before each unit; None for start codes.
        threads: Threads to decode with.
        thread_type: FFmpeg's name of how they share the work.
    """

    codec: VideoCodec
    decoder: str
    options: Mapping[str, str]
    description: bytes | None
    length_bytes: int | None
    threads: int
    thread_type: str


def plan_decoder(config: Mapping[str, Any]) -> DecoderPlan:
    """Plan for a checked VideoDecoderConfig.

    Raises:
        NotSupportedError: No decoder here does it; says which member is why.
    """
    codec = parse_video(config["codec"])
    if codec is None or (codec.kind == "avc" and codec.profile in _AVC_MISSING):
        raise NotSupportedError(f"no decoder for the codec string {config['codec']!r}")
    if config.get("hardware_acceleration") == HardwareAcceleration.PREFER_HARDWARE:
        raise NotSupportedError("there is no hardware decoder: all run in software")
    size = (config.get("coded_width", 1), config.get("coded_height", 1))
    if max(size) > _LONGEST:
        raise NotSupportedError(f"{size[0]} x {size[1]} is too large: {_LONGEST:,} is the most")
    description = config.get("description") or None
    lengths = None
    if codec.kind in {"avc", "hevc"} and description is not None:
        lengths = length_bytes(codec.kind, description)
        if lengths is None:
            record = "avcC" if codec.kind == "avc" else "hvcC"
            raise NotSupportedError(f"the description is no {record} record")
    if codec.kind in {"vp8", "vp9"}:
        description = None  # vpcC tells nothing that the stream does not
    options = {"err_detect": "explode"} if codec.kind in {"avc", "hevc"} else {}
    threads, thread_type = min(os.cpu_count() or 1, _MOST_THREADS), "FRAME"
    if config.get("optimize_for_latency"):
        threads, thread_type = 1, "SLICE"
    if codec.kind == "av1":
        options["max_frame_delay"] = "1" if config.get("optimize_for_latency") else str(threads)
    return DecoderPlan(
        codec, _DECODERS[codec.kind], options, description, lengths, threads, thread_type
    )
