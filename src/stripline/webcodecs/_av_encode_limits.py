"""What no encoder of FFmpeg takes of a VideoEncoderConfig, known before one is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs.enums import AlphaOption, HardwareAcceleration
from stripline.webcodecs.exceptions import NotSupportedError
from stripline.webcodecs.levels import fits_level, fits_level_in_time, level_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.webcodecs.codec_string import VideoCodec

__all__ = ["DEFAULT_FRAMERATE", "LAYERS", "refuse_what_no_encoder_takes"]

DEFAULT_FRAMERATE: Final = 30.0
# Temporal layers of each scalability mode.
LAYERS: Final = {"L1T1": 1, "L1T2": 2, "L1T3": 3}
# Frames a second that libvpx was seen to encode at; from 0.0001 down and 5,000,000 up it opens and
# then fails.
_VPX_FRAMERATES: Final = (0.001, 1_000_000)
# The longest side that an encoder takes: VP8 has 14 bits, the others 16; x264 stops at 16384,
# SVT-AV1 at 16384 by 8704.
_LONGEST: Final = {"avc": 16_384, "hevc": 16_384, "vp8": 16_383, "vp9": 65_535, "av1": 8_704}
# All software: a picture of more than 8192 x 8192 pixels at once needs gigabytes.
_LARGEST_AREA: Final = 8_192 * 8_192


def refuse_what_no_encoder_takes(codec: VideoCodec, config: Mapping[str, Any]) -> None:
    """Check size, level, modes and framerate.

    Args:
        codec: What the codec string says.
        config: A checked VideoEncoderConfig.

    Raises:
        NotSupportedError: No encoder here does it; says which member is why.
    """
    _check_size(codec, config)
    _check_modes(codec, config)


def _check_size(codec: VideoCodec, config: Mapping[str, Any]) -> None:
    width, height = config["width"], config["height"]
    longest = _LONGEST[codec.kind]
    if max(width, height) > longest or width * height > _LARGEST_AREA:
        raise NotSupportedError(
            f"{width} x {height} is too large for {codec.kind}: {longest:,} on a side and "
            f"{_LARGEST_AREA:,} pixels are the most"
        )
    if not fits_level(codec, width, height):
        raise NotSupportedError(
            f"{width} x {height} is too large for level {level_name(codec)} of "
            f"{config['codec']!r}: ask for a higher level"
        )
    framerate = config.get("framerate", DEFAULT_FRAMERATE)
    if not fits_level_in_time(codec, width, height, framerate):
        raise NotSupportedError(
            f"{width} x {height} at {framerate} frames a second is too much for level "
            f"{level_name(codec)} of {config['codec']!r}: ask for a higher level"
        )
    across, down = {"420": (2, 2), "422": (2, 1)}.get(codec.chroma, (1, 1))
    if codec.kind in {"avc", "hevc"} and (width % across or height % down):
        raise NotSupportedError(
            f"{width} x {height}: {codec.kind} needs an even size for {codec.chroma} chroma"
        )


def _check_modes(codec: VideoCodec, config: Mapping[str, Any]) -> None:
    if config.get("hardware_acceleration") == HardwareAcceleration.PREFER_HARDWARE:
        raise NotSupportedError("there is no hardware encoder: all run in software")
    mode = config.get("scalability_mode", "L1T1")
    if mode not in LAYERS or (LAYERS[mode] > 1 and codec.kind in {"avc", "hevc"}):
        raise NotSupportedError(f"scalability mode {mode!r} is not supported by {codec.kind}")
    if config.get("alpha") == AlphaOption.KEEP and codec.kind not in {"vp8", "vp9"}:
        raise NotSupportedError(f"{codec.kind} is encoded without alpha here: only vp8 and vp9")
    framerate = config.get("framerate", DEFAULT_FRAMERATE)
    if framerate <= 0:
        raise NotSupportedError(f"a framerate of {framerate} cannot be encoded")
    least, most = _VPX_FRAMERATES
    if codec.kind in {"vp8", "vp9"} and not least <= framerate <= most:
        raise NotSupportedError(
            f"{codec.kind} takes a framerate of {least} to {most:,}, not {framerate}"
        )
