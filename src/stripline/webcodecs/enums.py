"""The enumerations of WebCodecs and its codec registrations.

Each is a `StrEnum`: `"key"` and `EncodedVideoChunkType.KEY` are equal and may be used alike.
Sources: https://www.w3.org/TR/webcodecs/ (the section is named per class) and the registrations of
https://www.w3.org/TR/webcodecs-codec-registry/.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
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
]


class CodecState(StrEnum):
    """Where a codec is in its life (section 7.17)."""

    UNCONFIGURED = "unconfigured"
    CONFIGURED = "configured"
    CLOSED = "closed"


class EncodedVideoChunkType(StrEnum):
    """Whether a video chunk can be decoded without others (section 8.2.6)."""

    KEY = "key"
    DELTA = "delta"


class EncodedAudioChunkType(StrEnum):
    """Whether an audio chunk can be decoded without others (section 8.1.6)."""

    KEY = "key"
    DELTA = "delta"


class HardwareAcceleration(StrEnum):
    """A hint about where to run (section 7.9)."""

    NO_PREFERENCE = "no-preference"
    PREFER_HARDWARE = "prefer-hardware"
    PREFER_SOFTWARE = "prefer-software"


class AlphaOption(StrEnum):
    """What becomes of an alpha channel (section 7.10)."""

    KEEP = "keep"
    DISCARD = "discard"


class LatencyMode(StrEnum):
    """Whether an encoder may hold frames back for quality (section 7.11)."""

    QUALITY = "quality"
    REALTIME = "realtime"


class VideoEncoderBitrateMode(StrEnum):
    """How a video encoder spends bits (section 7.15)."""

    CONSTANT = "constant"
    VARIABLE = "variable"
    QUANTIZER = "quantizer"


class BitrateMode(StrEnum):
    """How an audio encoder spends bits (MediaStream Recording, section 2.5)."""

    CONSTANT = "constant"
    VARIABLE = "variable"


class ContentHint(StrEnum):
    """What the frames show (MediaStreamTrack Content Hints, section 3)."""

    NONE = ""
    MOTION = "motion"
    DETAIL = "detail"
    TEXT = "text"
    SPEECH = "speech"
    SPEECH_RECOGNITION = "speech-recognition"
    MUSIC = "music"


class VideoPixelFormat(StrEnum):
    """How a frame's samples lie in memory (section 9.8)."""

    I420 = "I420"
    I420P10 = "I420P10"
    I420P12 = "I420P12"
    I420A = "I420A"
    I420AP10 = "I420AP10"
    I420AP12 = "I420AP12"
    I422 = "I422"
    I422P10 = "I422P10"
    I422P12 = "I422P12"
    I422A = "I422A"
    I422AP10 = "I422AP10"
    I422AP12 = "I422AP12"
    I444 = "I444"
    I444P10 = "I444P10"
    I444P12 = "I444P12"
    I444A = "I444A"
    I444AP10 = "I444AP10"
    I444AP12 = "I444AP12"
    NV12 = "NV12"
    RGBA = "RGBA"
    RGBX = "RGBX"
    BGRA = "BGRA"
    BGRX = "BGRX"


class AudioSampleFormat(StrEnum):
    """How audio samples lie in memory (section 9.3)."""

    U8 = "u8"
    S16 = "s16"
    S32 = "s32"
    F32 = "f32"
    U8_PLANAR = "u8-planar"
    S16_PLANAR = "s16-planar"
    S32_PLANAR = "s32-planar"
    F32_PLANAR = "f32-planar"


class VideoColorPrimaries(StrEnum):
    """The colours of red, green, blue and white (section 9.10; ITU-T H.273, table 2)."""

    BT709 = "bt709"
    BT470BG = "bt470bg"
    SMPTE170M = "smpte170m"
    BT2020 = "bt2020"
    SMPTE432 = "smpte432"


class VideoTransferCharacteristics(StrEnum):
    """From light to samples (section 9.11; ITU-T H.273, table 3)."""

    BT709 = "bt709"
    SMPTE170M = "smpte170m"
    IEC61966_2_1 = "iec61966-2-1"
    LINEAR = "linear"
    PQ = "pq"
    HLG = "hlg"


class VideoMatrixCoefficients(StrEnum):
    """From RGB to luma and chroma (section 9.12; ITU-T H.273, table 4)."""

    RGB = "rgb"
    BT709 = "bt709"
    BT470BG = "bt470bg"
    SMPTE170M = "smpte170m"
    BT2020_NCL = "bt2020-ncl"


class PredefinedColorSpace(StrEnum):
    """The RGB that a conversion makes (HTML, "PredefinedColorSpace")."""

    SRGB = "srgb"
    DISPLAY_P3 = "display-p3"


class ColorSpaceConversion(StrEnum):
    """Whether an image decoder applies an embedded colour profile (HTML, "ImageBitmap")."""

    NONE = "none"
    DEFAULT = "default"


class AvcBitstreamFormat(StrEnum):
    """Where H.264's parameter sets go and how its units are framed (AVC registration)."""

    AVC = "avc"
    ANNEXB = "annexb"


class HevcBitstreamFormat(StrEnum):
    """Where H.265's parameter sets go and how its units are framed (HEVC registration)."""

    HEVC = "hevc"
    ANNEXB = "annexb"


class AacBitstreamFormat(StrEnum):
    """Bare AAC with a description, or ADTS without one (AAC registration)."""

    AAC = "aac"
    ADTS = "adts"


class OpusBitstreamFormat(StrEnum):
    """Whether an identification header accompanies the packets (Opus registration)."""

    OPUS = "opus"
    OGG = "ogg"


class OpusSignal(StrEnum):
    """What is heard (Opus registration)."""

    AUTO = "auto"
    MUSIC = "music"
    VOICE = "voice"


class OpusApplication(StrEnum):
    """What the stream is for (Opus registration)."""

    VOIP = "voip"
    AUDIO = "audio"
    LOWDELAY = "lowdelay"
