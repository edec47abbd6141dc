"""Which encoder of FFmpeg serves a VideoEncoderConfig, and with which settings.

All encoders run without reordering (no B-frames), since WebCodecs has no decoding time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av_encode_limits import (
    DEFAULT_FRAMERATE,
    LAYERS,
    refuse_what_no_encoder_takes,
)
from stripline.webcodecs.codec_string import VideoCodec, parse_video
from stripline.webcodecs.enums import AlphaOption, ContentHint, LatencyMode
from stripline.webcodecs.enums import VideoEncoderBitrateMode as Mode
from stripline.webcodecs.exceptions import NotSupportedError
from stripline.webcodecs.levels import level_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["EncoderPlan", "plan_encoder"]

# Frames between key frames where none are asked for: ten seconds at 30 a second, so that players
# can seek. A multiple of four, the period of the temporal layers.
_KEY_INTERVAL: Final = 300
# Bits a pixel where a rate is needed and none is given.
_BITS_PER_PIXEL: Final = 0.1
# Bits a second that such a guess has at least: headers and the first picture are a larger part of
# small pictures. x264 made 32 x 32 grey with 3,000; with 50,000 the mean error was 2 of 255.
_LEAST_GUESS: Final = 50_000
# SVT-AV1 4.1 has no adaptive quantization for pictures with a shorter side, and without it holds no
# rate.
_AV1_RATE_SIDE: Final = 64
# Pictures up to this size are encoded on one thread, so that two encoders run as well as one on
# two processors; larger ones take more.
_ONE_THREAD_PIXELS: Final = 1280 * 720
_MOST_THREADS: Final = 8
# How fast libvpx is to be for each latency mode. VP8's realtime speeds of 0 and more drift with the
# time that frames take on the machine, so the same pictures give other bytes on a busy one and
# spare time is spent; below 0 they are what they say (libvpx's vp8cx.h, VP8E_SET_CPUUSED).
_VPX_SPEEDS: Final = {"vp8": {True: "-6", False: "5"}, "vp9": {True: "8", False: "5"}}

_AVC_PROFILES: Final = {
    66: "baseline",
    77: "main",
    100: "high",
    110: "high10",
    122: "high422",
    244: "high444",
}
# Main Still Picture (ITU-T H.265, A.3.4): streams of one picture, of which x265 makes Main.
_HEVC_STILL: Final = 3
# From this level on, blocks of 16 x 16 are too small (ITU-T H.265, A.4.2). x265 (build 216) does
# not pad pictures of a single column of blocks on the right: what moves in from there is garbage,
# another one each time, and decoders drift away. It crashes where blocks are higher than a picture.
_HEVC_LEVEL_5: Final = 150


@dataclass(frozen=True, slots=True)
class EncoderPlan:
    """How to open an encoder.

    Attributes:
        codec: What the codec string says.
        encoder: FFmpeg's name.
        pixels: FFmpeg's pixel format.
        options: FFmpeg's options.
        framerate: Frames a second.
        bitrate: Bits a second; 0 where the quality is held instead.
        threads: Threads to encode with.
        layers: Temporal layers; 1 is none.
        quantizer: How the quantizer of a frame is set: "" (it is not), "qmax", "roi" or "reopen".
        alpha: Whether the alpha channel is encoded.
        annexb: Whether H.264 and H.265 keep parameter sets in the chunks.
    """

    codec: VideoCodec
    encoder: str
    pixels: str
    options: Mapping[str, str]
    framerate: Fraction
    bitrate: int
    threads: int
    layers: int = 1
    quantizer: str = ""
    alpha: bool = False
    annexb: bool = False
    key_interval: int = field(default=_KEY_INTERVAL)


def plan_encoder(config: Mapping[str, Any]) -> EncoderPlan:
    """Plan for a checked VideoEncoderConfig.

    Raises:
        NotSupportedError: No encoder here does it; says which member is why.
    """
    codec = parse_video(config["codec"])
    if codec is None:
        raise NotSupportedError(f"no encoder for the codec string {config['codec']!r}")
    refuse_what_no_encoder_takes(codec, config)
    return _PLANS[codec.kind](codec, config)


class _Rate:
    """The bits of a configuration."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.mode = Mode(config.get("bitrate_mode", Mode.VARIABLE))
        self.realtime = config.get("latency_mode") == LatencyMode.REALTIME
        self.framerate = float(config.get("framerate", DEFAULT_FRAMERATE))
        self.layers = LAYERS[config.get("scalability_mode", "L1T1")]
        pixels = config["width"] * config["height"] * self.framerate
        guess = max(_LEAST_GUESS, pixels * _BITS_PER_PIXEL)
        given = config.get("bitrate")
        self.bits = max(1_000, int(given or guess))
        # A rate is held when one is given, or when the mode or the layers need one.
        self.held = self.mode is not Mode.QUANTIZER and (
            bool(given) or self.mode is Mode.CONSTANT or self.layers > 1 or self.realtime
        )
        self.constant = self.held and self.mode is Mode.CONSTANT


def _plan(
    codec: VideoCodec,
    config: Mapping[str, Any],
    rate: _Rate,
    **how: Any,  # noqa: ANN401 - EncoderPlan checks
) -> EncoderPlan:
    return EncoderPlan(
        codec=codec,
        framerate=Fraction(rate.framerate).limit_denominator(100_000) or Fraction(1, 100_000),
        bitrate=rate.bits if rate.held else 0,
        threads=_threads(codec, config),
        layers=rate.layers,
        **how,
    )


def _threads(codec: VideoCodec, config: Mapping[str, Any]) -> int:
    """On how many threads FFmpeg or its library encodes."""
    # VP8 on two threads was seen to take up to ten times the processor time.
    if config["width"] * config["height"] <= _ONE_THREAD_PIXELS or codec.kind == "vp8":
        return 1
    return min(os.cpu_count() or 1, _MOST_THREADS)


def _planar(codec: VideoCodec, bits: tuple[int, ...]) -> str:
    """FFmpeg's planar format of the chroma and depth.

    Raises:
        NotSupportedError: The encoder does not have the depth.
    """
    depth = min(codec.bit_depth, max(bits)) if codec.kind == "avc" else codec.bit_depth
    if depth not in bits or codec.chroma == "400":
        raise NotSupportedError(
            f"{codec.kind} profile {codec.profile} with {codec.bit_depth} bits and "
            f"{codec.chroma} chroma has no encoder here"
        )
    return f"yuv{codec.chroma}p" + (f"{depth}le" if depth > 8 else "")


def _avc(codec: VideoCodec, config: Mapping[str, Any]) -> EncoderPlan:
    if codec.profile not in _AVC_PROFILES:
        raise NotSupportedError(f"H.264 profile {codec.profile} has no encoder here")
    rate = _Rate(config)
    options = {
        "preset": "veryfast" if rate.realtime else "medium",
        "tune": "zerolatency",
        "profile": _AVC_PROFILES[codec.profile],
        "forced-idr": "1",
        "level": "1b" if codec.level == 9 else str(codec.level),
        **_x26_rate(rate),
    }
    if rate.mode is Mode.QUANTIZER:
        options |= {"aq-mode": "1", "aq-strength": "0.01", "qcomp": "1", "mbtree": "0"}
        options["x264-params"] = "ipratio=1.0:scenecut=0"
    return _plan(
        codec,
        config,
        rate,
        encoder="libx264",
        pixels=_planar(codec, (8, 10)),
        options=options,
        quantizer="roi" if rate.mode is Mode.QUANTIZER else "",
        annexb=_is_annexb(config, "avc"),
    )


def _hevc(codec: VideoCodec, config: Mapping[str, Any]) -> EncoderPlan:
    if codec.profile == _HEVC_STILL:
        raise NotSupportedError(
            f"{config['codec']!r} is of one picture (Main Still Picture): encode profile 1 or 2"
        )
    width, height = config["width"], config["height"]
    least_block = 32 if (codec.level or 0) >= _HEVC_LEVEL_5 else 16
    if width <= least_block or height < least_block:
        raise NotSupportedError(
            f"{width} x {height} is too small: H.265 is encoded from {least_block + 1} x "
            f"{least_block} on at level {level_name(codec)}"
        )
    rate = _Rate(config)
    params = [
        "log-level=none",
        "repeat-headers=1",
        "bframes=0",
        "info=0",
        f"high-tier={int(codec.high_tier)}",
    ]
    if rate.mode is not Mode.QUANTIZER:
        params += [f"level-idc={level_name(codec)}"]
    else:
        # Told of a level, x265 holds the level's bitrate with other quantizers than those asked for
        # (52 instead of 12 was seen). Untold, it says the lowest level that the pictures fit.
        params += ["aq-mode=1", "aq-strength=0.01", "qcomp=1", "cutree=0", "ipratio=1.0"]
        params += ["scenecut=0"]
    if os.cpu_count() == 1 or config["width"] * config["height"] <= _ONE_THREAD_PIXELS:
        params += ["pools=none", "frame-threads=1", "wpp=0"]
    # Two columns of blocks at least, for what is said at `_HEVC_LEVEL_5`.
    if width <= 64:
        params += ["ctu=32" if width > 32 <= height else "ctu=16"]
    return _plan(
        codec,
        config,
        rate,
        encoder="libx265",
        pixels=_planar(codec, (8, 10, 12)),
        options={
            "preset": "ultrafast" if rate.realtime else "fast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "x265-params": ":".join(params),
            **_x26_rate(rate),
        },
        quantizer="roi" if rate.mode is Mode.QUANTIZER else "",
        annexb=_is_annexb(config, "hevc"),
    )


def _is_annexb(config: Mapping[str, Any], kind: str) -> bool:
    return bool(config.get(kind, {}).get("format") == "annexb")


def _x26_rate(rate: _Rate) -> dict[str, str]:
    """Options of x264 and x265: a rate with a bounded buffer, or a constant quality."""
    if not rate.held:
        return {"crf": "26" if rate.mode is Mode.QUANTIZER else "23"}
    # A constant rate may vary within a second, a variable one to twice itself.
    most = rate.bits if rate.constant else 2 * rate.bits
    return {"maxrate": str(most), "bufsize": str(most)}


def _vp8(codec: VideoCodec, config: Mapping[str, Any]) -> EncoderPlan:
    return _vpx(codec, config, "libvpx", "yuv420p", 10)


def _vp9(codec: VideoCodec, config: Mapping[str, Any]) -> EncoderPlan:
    pixels = _planar(codec, (8,))
    if config.get("alpha") == AlphaOption.KEEP and pixels != "yuv420p":
        raise NotSupportedError("alpha is encoded beside VP9 profile 0 only")
    return _vpx(codec, config, "libvpx-vp9", pixels, 32)


def _vpx(
    codec: VideoCodec, config: Mapping[str, Any], encoder: str, pixels: str, crf: int
) -> EncoderPlan:
    rate = _Rate(config)
    options = {
        "deadline": "realtime" if rate.realtime else "good",
        "cpu-used": _VPX_SPEEDS[codec.kind][rate.realtime],
        "lag-in-frames": "0",
        "auto-alt-ref": "0",
    }
    if codec.kind == "vp9":
        options["row-mt"] = "1"
        # A power of two. Tiles are coded each for itself: on one thread, the four columns that
        # libvpx makes of 1280 pixels were seen to cost 0.1 to 0.7 dB and 5 % of the time.
        options["tile-columns"] = str(_threads(codec, config).bit_length() - 1)
        if config.get("content_hint") == ContentHint.TEXT:
            options["tune-content"] = "screen"
    if rate.mode is Mode.QUANTIZER:
        # With next to no bits to spend, the quantizer is always the highest allowed: `qmax`, which
        # can be changed between frames.
        options |= {"minrate": "1000", "maxrate": "1000", "qmin": "0", "b": "1000"}
    elif not rate.held:
        options |= {"crf": str(crf), "b": "0" if codec.kind == "vp9" else str(rate.bits * 8)}
    elif rate.constant:
        options |= {"minrate": str(rate.bits), "maxrate": str(rate.bits)}
        options |= {"bufsize": str(rate.bits)}
    if rate.layers > 1:
        options |= _vpx_layers(rate)
    alpha = config.get("alpha") == AlphaOption.KEEP
    return _plan(
        codec,
        config,
        rate,
        encoder=encoder,
        pixels="yuva420p" if alpha else pixels,
        options=options,
        quantizer="qmax" if rate.mode is Mode.QUANTIZER else "",
        alpha=alpha,
    )


def _vpx_layers(rate: _Rate) -> dict[str, str]:
    """Temporal layers of libvpx: the base gets the larger share of the bits."""
    total = max(rate.layers, rate.bits // 1000)
    shares: tuple[int, ...] = (4, 6, 10)
    decimators, period, ids, mode = "4,2,1", 4, "0,2,1,2", 3
    if rate.layers == 2:
        shares, decimators, period, ids, mode = (6, 10), "2,1", 2, "0,1", 2
    targets = ",".join(
        str(max(index, total * share // 10)) for index, share in enumerate(shares, 1)
    )
    return {
        "error-resilient": "default",
        # The same shortest and longest distance: no key frame but where one is asked for, so that
        # the pattern of layers holds.
        "keyint_min": str(_KEY_INTERVAL),
        "ts-parameters": (
            f"ts_number_layers={rate.layers}:ts_target_bitrate={targets}"
            f":ts_rate_decimator={decimators}:ts_periodicity={period}"
            f":ts_layer_id={ids}:ts_layering_mode={mode}"
        ),
    }


def _av1(codec: VideoCodec, config: Mapping[str, Any]) -> EncoderPlan:
    rate = _Rate(config)
    if codec.profile != 0:
        raise NotSupportedError(f"SVT-AV1 encodes profile 0 only, not {codec.profile}")
    rate.held &= min(config["width"], config["height"]) >= _AV1_RATE_SIDE
    params = {"pred-struct": "1", "rc": "2" if rate.held else "0"}
    if rate.realtime and rate.held:
        # Four kinds of movement at two rates were 1.2 dB better at the same size in the mean (-1 to
        # +4). With the quantizer given for each frame, SVT-AV1 4.1 crashes in this mode.
        params["rtc"] = "1"
    if rate.layers > 1:
        # Without a rate, SVT-AV1 takes no less than 2. Two layers are then the first two of three
        # as one, and the third.
        params["hierarchical-levels"] = str(rate.layers - 1 if rate.held else 2)
    screen = config.get("content_hint") == ContentHint.TEXT
    if screen or config.get("av1", {}).get("force_screen_content_tools"):
        params["scm"] = "1"
    threads = 1 if config["width"] * config["height"] <= _ONE_THREAD_PIXELS else 4
    params["lp"] = str(threads)
    # Without a rate, presets below 10 have the lowest of three layers need the middle one.
    simple = rate.realtime or (rate.layers > 1 and not rate.held)
    options = {
        "preset": "11" if simple else "8",
        "svtav1-params": ":".join(f"{name}={value}" for name, value in params.items()),
    }
    if rate.mode is Mode.QUANTIZER:
        # The quantizer is "qp", for all of the picture; see `_av_quantizer`.
        options["svtav1-params"] += ":aq-mode=0"
    elif not rate.held:
        options["crf"] = "35"
    return _plan(
        codec,
        config,
        rate,
        encoder="libsvtav1",
        pixels=_planar(codec, (8, 10)),
        options=options,
        quantizer="reopen" if rate.mode is Mode.QUANTIZER else "",
    )


_PLANS: Final[dict[str, Callable[[VideoCodec, Mapping[str, Any]], EncoderPlan]]] = {
    "avc": _avc,
    "hevc": _hevc,
    "vp8": _vp8,
    "vp9": _vp9,
    "av1": _av1,
}
