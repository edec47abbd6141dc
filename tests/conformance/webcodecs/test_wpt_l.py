"""AudioData."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.enums import AudioSampleFormat
from stripline.webcodecs.exceptions import InvalidStateError, RangeError

TYPES = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "f32": np.float32}
RANGES: dict[str, tuple[float, float, float]] = {
    "u8": (0, 128, 255),
    "s16": (-(2**15), 0, 2**15 - 1),
    "s32": (-(2**31), 0, 2**31 - 1),
    "f32": (-1, 0, 1),
}


def make(name: str = "f32-planar", channels: int = 2, frames: int = 100, **more: Any) -> AudioData:
    init = {
        "format": name,
        "sample_rate": 8000,
        "number_of_frames": frames,
        "number_of_channels": channels,
        "timestamp": 1234,
        "data": np.zeros(channels * frames, TYPES[name.removesuffix("-planar")]),
        **more,
    }
    return AudioData(init)


def test_wpt_101_times_and_the_copy() -> None:
    data = np.zeros(200, np.float32)
    audio = make(data=data, timestamp=-10)
    assert audio.duration == 12500
    assert audio.timestamp == -10
    data[:] = 1
    copied = np.ones(100, np.float32)
    audio.copy_to(copied, {"plane_index": 1})
    assert not copied.any()


def test_wpt_102_closed_audio_is_empty_and_clones_live_on() -> None:
    audio = make()
    clone = audio.clone()
    audio.close()
    audio.close()
    assert audio.format is None
    assert (audio.sample_rate, audio.number_of_frames, audio.number_of_channels) == (0, 0, 0)
    assert audio.timestamp == 1234
    with pytest.raises(InvalidStateError, match="1234 is closed"):
        audio.clone()
    with pytest.raises(InvalidStateError):
        audio.copy_to(bytearray(400), plane_index=0)
    with pytest.raises(InvalidStateError):
        audio.allocation_size(plane_index=0)
    assert (clone.format, clone.number_of_frames) == ("f32-planar", 100)
    clone.copy_to(bytearray(400), plane_index=1)


@pytest.mark.parametrize(("name", "plane"), [("f32", 1), ("f32-planar", 2), ("s16-planar", 5)])
def test_wpt_103_planes_that_are_not_there(name: str, plane: int) -> None:
    with pytest.raises(RangeError, match=f"plane {plane}"):
        make(name).allocation_size(plane_index=plane)
    with pytest.raises(RangeError):
        make(name).copy_to(bytearray(10_000), plane_index=plane)


@pytest.mark.parametrize(
    "options",
    [
        {"frame_offset": 100},
        {"frame_offset": 2**32 - 1},
        {"frame_count": 101},
        {"frame_offset": 50, "frame_count": 51},
    ],
)
def test_wpt_104_frames_that_are_not_there(options: dict[str, int]) -> None:
    with pytest.raises(RangeError):
        make().allocation_size({"plane_index": 0, **options})
    with pytest.raises(RangeError):
        make().copy_to(bytearray(10_000), {"plane_index": 0, **options})


def test_wpt_104_a_destination_that_is_too_small() -> None:
    with pytest.raises(RangeError, match="399 bytes"):
        make().copy_to(bytearray(399), plane_index=0)
    make().copy_to(bytearray(4), plane_index=0, frame_offset=99)


@pytest.mark.parametrize("source", list(AudioSampleFormat))
@pytest.mark.parametrize("wanted", list(AudioSampleFormat))
def test_wpt_106_every_format_becomes_every_other(source: str, wanted: str) -> None:
    have, want = (name.removesuffix("-planar") for name in (source, wanted))
    low, middle, high = RANGES[have]
    # Left goes low, middle, high; right goes high, high, middle.
    samples = np.array([[low, high], [middle, high], [high, middle]]).astype(TYPES[have])
    data = samples.T.copy() if source.endswith("planar") else samples
    audio = make(source, frames=3, data=data)
    planes = 2 if wanted.endswith("planar") else 1
    parts = []
    for plane in range(planes):
        size = audio.allocation_size(plane_index=plane, format=wanted)
        part = np.zeros(size // np.dtype(TYPES[want]).itemsize, TYPES[want])
        audio.copy_to(part, plane_index=plane, format=wanted)
        parts.append(part)
    found = np.stack(parts, axis=1) if planes == 2 else parts[0].reshape(3, 2)
    to_low, to_middle, to_high = RANGES[want]
    assert found[0, 0] == to_low
    assert found[1, 0] == to_middle == found[2, 1]
    tops = {float(found[0, 1]), float(found[1, 1]), float(found[2, 0])}
    assert len(tops) == 1
    if "f32" in {have, want}:
        assert abs(tops.pop() - to_high) <= (1 if want != "f32" else 0)
    elif (have, want) == ("u8", "s16"):
        assert tops.pop() >= 32511
    else:
        assert tops.pop() >= to_high * 0.99


def test_wpt_106_halves_of_8_bits_as_floating_point() -> None:
    audio = make("u8", frames=2, data=bytes([191, 64, 255, 0]))
    left, right = (np.zeros(2, np.float32) for _ in range(2))
    audio.copy_to(left, plane_index=0, format="f32-planar")
    audio.copy_to(right, plane_index=1, format="f32-planar")
    assert np.abs(left - [0.5, 1]).max() <= 1 / 253
    assert np.abs(right - [-0.5, -1]).max() <= 1 / 253
