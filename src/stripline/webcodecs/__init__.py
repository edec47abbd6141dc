"""The W3C WebCodecs API in Python, on FFmpeg.

Names, states and errors are those of https://www.w3.org/TR/webcodecs/, in snake_case; dictionaries
are dicts or keyword arguments, enumerations are strings, promises can be awaited or waited for.
Needs the extra "video".
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stripline.webcodecs.chunks import EncodedAudioChunk, EncodedVideoChunk
    from stripline.webcodecs.color_space import VideoColorSpace
    from stripline.webcodecs.configs import (
        AacEncoderConfig,
        AudioDecoderConfig,
        AudioEncoderConfig,
        Av1EncoderConfig,
        AvcEncoderConfig,
        ConfigSupport,
        EncodedAudioChunkMetadata,
        EncodedVideoChunkMetadata,
        FlacEncoderConfig,
        HevcEncoderConfig,
        OpusEncoderConfig,
        VideoColorSpaceInit,
        VideoDecoderConfig,
        VideoEncoderConfig,
        VideoEncoderEncodeOptions,
    )
    from stripline.webcodecs.enums import (
        AacBitstreamFormat,
        AlphaOption,
        AudioSampleFormat,
        AvcBitstreamFormat,
        BitrateMode,
        CodecState,
        ColorSpaceConversion,
        ContentHint,
        EncodedAudioChunkType,
        EncodedVideoChunkType,
        HardwareAcceleration,
        HevcBitstreamFormat,
        LatencyMode,
        OpusApplication,
        OpusBitstreamFormat,
        OpusSignal,
        PredefinedColorSpace,
        VideoColorPrimaries,
        VideoEncoderBitrateMode,
        VideoMatrixCoefficients,
        VideoPixelFormat,
        VideoTransferCharacteristics,
    )
    from stripline.webcodecs.events import Event, EventTarget
    from stripline.webcodecs.exceptions import (
        AbortError,
        DataCloneError,
        DataError,
        DOMException,
        EncodingError,
        InvalidAccessError,
        InvalidStateError,
        NotSupportedError,
        OperationError,
        QuotaExceededError,
        RangeError,
        SecurityError,
    )
    from stripline.webcodecs.frame_layout import DOMRect, PlaneLayout
    from stripline.webcodecs.promise import Promise
    from stripline.webcodecs.video_decoder import VideoDecoder
    from stripline.webcodecs.video_encoder import VideoEncoder
    from stripline.webcodecs.video_frame import VideoFrame

_HOMES = {
    "chunks": ("EncodedAudioChunk", "EncodedVideoChunk"),
    "color_space": ("VideoColorSpace",),
    "configs": (
        "AacEncoderConfig",
        "AudioDecoderConfig",
        "AudioEncoderConfig",
        "Av1EncoderConfig",
        "AvcEncoderConfig",
        "ConfigSupport",
        "EncodedAudioChunkMetadata",
        "EncodedVideoChunkMetadata",
        "FlacEncoderConfig",
        "HevcEncoderConfig",
        "OpusEncoderConfig",
        "VideoColorSpaceInit",
        "VideoDecoderConfig",
        "VideoEncoderConfig",
        "VideoEncoderEncodeOptions",
    ),
    "enums": (
        "AacBitstreamFormat",
        "AlphaOption",
        "AudioSampleFormat",
        "AvcBitstreamFormat",
        "BitrateMode",
        "CodecState",
        "ColorSpaceConversion",
        "ContentHint",
        "EncodedAudioChunkType",
        "EncodedVideoChunkType",
        "HardwareAcceleration",
        "HevcBitstreamFormat",
        "LatencyMode",
        "OpusApplication",
        "OpusBitstreamFormat",
        "OpusSignal",
        "PredefinedColorSpace",
        "VideoColorPrimaries",
        "VideoEncoderBitrateMode",
        "VideoMatrixCoefficients",
        "VideoPixelFormat",
        "VideoTransferCharacteristics",
    ),
    "events": ("Event", "EventTarget"),
    "exceptions": (
        "AbortError",
        "DOMException",
        "DataCloneError",
        "DataError",
        "EncodingError",
        "InvalidAccessError",
        "InvalidStateError",
        "NotSupportedError",
        "OperationError",
        "QuotaExceededError",
        "RangeError",
        "SecurityError",
    ),
    "frame_layout": ("DOMRect", "PlaneLayout"),
    "promise": ("Promise",),
    "video_decoder": ("VideoDecoder",),
    "video_encoder": ("VideoEncoder",),
    "video_frame": ("VideoFrame",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604 - a list of strings all the same
    *sorted(_HOME),
]

if not TYPE_CHECKING:  # a type checker would take any name at all for one of this module's

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_HOME})
