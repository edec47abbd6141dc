from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.webcodecs import configs
from stripline.webcodecs.color_space import VideoColorSpace
from stripline.webcodecs.config_checks import (
    check_audio_decoder,
    check_audio_encoder,
    check_encode_options,
    check_video_decoder,
    check_video_encoder,
)
from stripline.webcodecs.configs import ConfigSupport

VIDEO = {"codec": "vp8", "width": 320, "height": 200}
AUDIO = {"codec": "opus", "sample_rate": 48_000, "number_of_channels": 2}


def test_keywords_win_over_the_dict_and_unknown_members_go() -> None:
    checked = check_video_encoder({**VIDEO, "future": 1}, {"width": 640, "other": 2})
    assert checked == check_video_encoder(VIDEO, {}) | {"width": 640}


def test_defaults_are_filled_in() -> None:
    assert check_video_encoder(VIDEO, {"avc": {}, "hevc": {}, "av1": {}}) == {
        **VIDEO,
        "hardware_acceleration": "no-preference",
        "alpha": "discard",
        "bitrate_mode": "variable",
        "latency_mode": "quality",
        "avc": {"format": "avc"},
        "hevc": {"format": "hevc"},
        "av1": {"force_screen_content_tools": False},
    }
    assert check_video_decoder({"codec": "vp8"}, {}) == {
        "codec": "vp8",
        "hardware_acceleration": "no-preference",
        "rotation": 0,
        "flip": False,
    }
    assert check_audio_decoder(AUDIO, {}) == AUDIO
    assert check_audio_encoder(AUDIO, {"opus": {}, "aac": {}, "flac": {}}) == {
        **AUDIO,
        "bitrate_mode": "variable",
        "opus": {
            "format": "opus",
            "signal": "auto",
            "application": "audio",
            "frame_duration": 20_000,
            "complexity": 9,
            "packetlossperc": 0,
            "useinbandfec": False,
            "usedtx": False,
        },
        "aac": {"format": "aac"},
        "flac": {"block_size": 0, "compress_level": 5},
    }


def test_none_is_not_given() -> None:
    assert check_video_encoder({**VIDEO, "bitrate": None}, {}) == check_video_encoder(VIDEO, {})
    with pytest.raises(TypeError, match="width is required"):
        check_video_encoder({**VIDEO, "width": None}, {})


def test_numbers_are_converted_as_on_the_web() -> None:
    checked = check_video_encoder(VIDEO, {"width": np.int64(7), "height": 9.9, "framerate": 29.97})
    assert (checked["width"], checked["height"], checked["framerate"]) == (7, 9, 29.97)


@pytest.mark.parametrize(
    "wrong",
    [
        {"codec": 3},
        {"codec": " \t"},
        {"width": 0},
        {"width": 0.5},
        {"width": -1},
        {"width": 2**32},
        {"width": "wide"},
        {"width": float("nan")},
        {"width": float("inf")},
        {"bitrate": -1},
        {"framerate": float("nan")},
        {"framerate": "fast"},
        {"alpha": "maybe"},
        {"latency_mode": "slow"},
        {"bitrate_mode": "none"},
        {"hardware_acceleration": "required"},
        {"scalability_mode": 3},
        {"content_hint": 3},
        {"avc": "annexb"},
        {"avc": {"format": "hevc"}},
        {"hevc": {"format": "avc"}},
    ],
)
def test_wrong_video_encoder_members(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        check_video_encoder(VIDEO, wrong)


@pytest.mark.parametrize("config", [3, "vp8", [("codec", "vp8")]])
def test_a_configuration_is_a_dict(config: Any) -> None:
    with pytest.raises(TypeError, match="dict"):
        check_video_encoder(config, {})


def test_nothing_of_the_caller_is_kept() -> None:
    given: dict[str, Any] = {
        "codec": "avc1.42001E",
        "description": bytearray(b"abc"),
        "color_space": {"matrix": "bt709", "bogus": 1},
    }
    checked = check_video_decoder(given, {})
    given["description"][0] = 0
    given["color_space"]["matrix"] = "rgb"
    assert checked["description"] == b"abc"
    absent = dict.fromkeys(("primaries", "transfer", "full_range"))
    assert checked["color_space"] == {"matrix": "bt709", **absent}
    again = check_video_decoder(checked, {})
    assert again == checked
    assert again["description"] is not checked["description"]


def test_a_color_space_may_be_an_object() -> None:
    space = VideoColorSpace(primaries="bt709", full_range=False)
    checked = check_video_decoder({"codec": "vp8", "color_space": space}, {})
    assert checked["color_space"] == space.to_json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"coded_width": 3},
        {"coded_width": 3, "coded_height": 0},
        {"display_aspect_height": 3},
        {"description": "text"},
        {"description": 3},
        {"color_space": {"matrix": "bt601"}},
        {"rotation": float("inf")},
    ],
)
def test_wrong_video_decoder_members(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        check_video_decoder({"codec": "vp8"}, wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": 0},
        {"number_of_channels": 0},
        {"sample_rate": None},
        {"bitrate": 0},
        {"bitrate": 6_000_000_000},
        {"bitrate_mode": "quantizer"},
        {"opus": {"complexity": 11}},
        {"opus": {"packetlossperc": 101}},
        {"opus": {"frame_duration": 0}},
        {"opus": {"frame_duration": 2501}},
        {"opus": {"frame_duration": 120_001}},
        {"opus": {"signal": "noise"}},
        {"opus": {"application": "radio"}},
        {"aac": {"format": "latm"}},
        {"flac": {"block_size": 15}},
        {"flac": {"block_size": 65_536}},
        {"flac": {"compress_level": 9}},
    ],
)
def test_wrong_audio_encoder_members(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        check_audio_encoder({**AUDIO, **wrong}, {})


def test_audio_members_are_kept() -> None:
    opus = {"format": "ogg", "frame_duration": 2500, "complexity": 0, "usedtx": True}
    flac = {"block_size": 0, "compress_level": 8}
    given: dict[str, Any] = {
        **AUDIO,
        "bitrate": 1,
        "opus": opus,
        "flac": flac,
        "aac": {"format": "adts"},
    }
    checked = check_audio_encoder(given, {})
    for name in ("opus", "flac", "aac"):
        assert given[name].items() <= checked[name].items()
    assert checked["bitrate"] == 1
    assert check_audio_decoder({**AUDIO, "description": b""}, {}) == {**AUDIO, "description": b""}
    for wrong in (
        {"codec": "opus"},
        {**AUDIO, "sample_rate": 0},
        {**AUDIO, "number_of_channels": 0},
    ):
        with pytest.raises(TypeError):
            check_audio_decoder(wrong, {})


def test_encode_options() -> None:
    assert check_encode_options(None, {}) == {}
    assert check_encode_options({"key_frame": 1}, {}) == {"key_frame": True}
    assert check_encode_options({"vp9": {"quantizer": 63, "x": 1}}, {}) == {
        "vp9": {"quantizer": 63}
    }
    beyond = {"vp8": {"quantizer": 64}}
    for wrong in ({"avc": {"quantizer": 52}}, {"av1": {"quantizer": -1}}, {"vp9": 3}, beyond):
        with pytest.raises(TypeError):
            check_encode_options(wrong, {})


def test_a_released_buffer_is_no_description() -> None:
    buffer = memoryview(bytearray(3))
    buffer.release()
    with pytest.raises(TypeError, match="description"):
        check_video_decoder({"codec": "vp8", "description": buffer}, {})


def test_a_number_beyond_floating_point_is_a_type_error() -> None:
    given = {"codec": "vp8", "width": 64, "height": 64, "framerate": 10**400}
    with pytest.raises(TypeError, match="framerate"):
        check_video_encoder(given, {})


def test_support_has_attributes() -> None:
    support = ConfigSupport(supported=True, config={"codec": "vp8"})
    assert (support.supported, support.config) == (True, {"codec": "vp8"})
    assert dict(support) == {"supported": True, "config": {"codec": "vp8"}}


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
NAMES = st.sampled_from(sorted({*configs.VideoEncoderConfig.__annotations__}))


@given(st.dictionaries(NAMES, VALUES | st.dictionaries(st.text(), VALUES)))
def test_anything_is_checked_or_a_type_error(given: dict[str, Any]) -> None:
    try:
        checked = check_video_encoder(given, {})
    except TypeError:
        return
    assert check_video_encoder(checked, {}) == checked


def test_names_are_not_spelt_as_in_javascript() -> None:
    for wrong, meant in (
        ({"latencyMode": "realtime"}, "latency_mode"),
        ({"avc": {"Format": "annexb"}}, "avc.format"),
    ):
        with pytest.raises(TypeError, match=f"is written {meant}"):
            check_video_encoder(VIDEO, wrong)
    for options in ({"keyFrame": True}, {"keyframe": True}):
        with pytest.raises(TypeError, match="is written key_frame"):
            check_encode_options(options, {})
    with pytest.raises(
        TypeError, match=r"color_space\.fullRange is written color_space\.full_range"
    ):
        check_video_decoder({"codec": "vp8", "color_space": {"fullRange": True}}, {})
