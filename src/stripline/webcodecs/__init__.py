"""The W3C WebCodecs API in Python, on FFmpeg.

Names, states and errors are those of https://www.w3.org/TR/webcodecs/, in snake_case; dictionaries
are dicts or keyword arguments, enumerations are strings, promises can be awaited or waited for.
Needs the extra "video".
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from stripline.errors import MissingDependency

if TYPE_CHECKING:
    from stripline.webcodecs.audio_data import AudioData, AudioDataCopyToOptions, AudioDataInit
    from stripline.webcodecs.audio_decoder import AudioDecoder
    from stripline.webcodecs.audio_encoder import AudioEncoder
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
    from stripline.webcodecs.image_data import ImageDecodeOptions, ImageDecoderInit
    from stripline.webcodecs.image_decoder import ImageDecoder, ImageDecodeResult
    from stripline.webcodecs.image_tracks import ImageTrack, ImageTrackList
    from stripline.webcodecs.promise import Promise
    from stripline.webcodecs.video_decoder import VideoDecoder
    from stripline.webcodecs.video_encoder import VideoEncoder
    from stripline.webcodecs.video_frame import VideoFrame

__all__ = [
    "AacBitstreamFormat",
    "AacEncoderConfig",
    "AbortError",
    "AlphaOption",
    "AudioData",
    "AudioDataCopyToOptions",
    "AudioDataInit",
    "AudioDecoder",
    "AudioDecoderConfig",
    "AudioEncoder",
    "AudioEncoderConfig",
    "AudioSampleFormat",
    "Av1EncoderConfig",
    "AvcBitstreamFormat",
    "AvcEncoderConfig",
    "BitrateMode",
    "CodecState",
    "ColorSpaceConversion",
    "ConfigSupport",
    "ContentHint",
    "DOMException",
    "DOMRect",
    "DataCloneError",
    "DataError",
    "EncodedAudioChunk",
    "EncodedAudioChunkMetadata",
    "EncodedAudioChunkType",
    "EncodedVideoChunk",
    "EncodedVideoChunkMetadata",
    "EncodedVideoChunkType",
    "EncodingError",
    "Event",
    "EventTarget",
    "FlacEncoderConfig",
    "HardwareAcceleration",
    "HevcBitstreamFormat",
    "HevcEncoderConfig",
    "ImageDecodeOptions",
    "ImageDecodeResult",
    "ImageDecoder",
    "ImageDecoderInit",
    "ImageTrack",
    "ImageTrackList",
    "InvalidAccessError",
    "InvalidStateError",
    "LatencyMode",
    "NotSupportedError",
    "OperationError",
    "OpusApplication",
    "OpusBitstreamFormat",
    "OpusEncoderConfig",
    "OpusSignal",
    "PlaneLayout",
    "PredefinedColorSpace",
    "Promise",
    "QuotaExceededError",
    "RangeError",
    "SecurityError",
    "VideoColorPrimaries",
    "VideoColorSpace",
    "VideoColorSpaceInit",
    "VideoDecoder",
    "VideoDecoderConfig",
    "VideoEncoder",
    "VideoEncoderBitrateMode",
    "VideoEncoderConfig",
    "VideoEncoderEncodeOptions",
    "VideoFrame",
    "VideoMatrixCoefficients",
    "VideoPixelFormat",
    "VideoTransferCharacteristics",
]

# Where the names live; each is loaded when one of its names is asked for, light ones first.
_HOMES: Final = (
    "enums",
    "exceptions",
    "events",
    "promise",
    "configs",
    "chunks",
    "color_space",
    "frame_layout",
    "audio_data",
    "video_frame",
    "video_encoder",
    "video_decoder",
    "audio_encoder",
    "audio_decoder",
    "image_data",
    "image_tracks",
    "image_decoder",
)

if not TYPE_CHECKING:  # a type checker would take any name at all for one of this module's

    def __getattr__(name: str) -> object:
        if name in __all__:
            for home in _HOMES:
                try:
                    module = import_module(f"{__name__}.{home}")
                except ModuleNotFoundError as error:
                    if error.name != "numpy":
                        raise
                    raise MissingDependency("coding video and audio", "numpy", "video") from error
                if name in module.__all__:
                    globals()[name] = getattr(module, name)
                    return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
