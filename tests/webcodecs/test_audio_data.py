from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.enums import AudioSampleFormat
from stripline.webcodecs.exceptions import DataCloneError, InvalidStateError

TYPES = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "f32": np.float32}
INIT: dict[str, Any] = {
    "format": "s16",
    "sample_rate": 44100,
    "number_of_frames": 4,
    "number_of_channels": 2,
    "timestamp": 0,
    "data": np.arange(8, dtype=np.int16),
}


def plane(audio: AudioData, dtype: Any, **options: Any) -> Any:
    """One plane as `copy_to()` copies it."""
    data = bytearray(audio.allocation_size(options))
    audio.copy_to(data, options)
    return np.frombuffer(data, dtype)


@pytest.mark.parametrize("missing", sorted(INIT))
def test_all_members_are_required(missing: str) -> None:
    with pytest.raises(TypeError, match=missing):
        AudioData({name: value for name, value in INIT.items() if name != missing})


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "s24"},
        {"sample_rate": 0},
        {"sample_rate": -1},
        {"sample_rate": float("nan")},
        {"sample_rate": "fast"},
        {"sample_rate": 1e39},
        {"sample_rate": 10**400},
        {"number_of_frames": 0},
        {"number_of_channels": 0},
        {"number_of_channels": 2**32},
        {"data": bytes(15)},
        {"data": "text"},
    ],
)
def test_members_that_are_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        AudioData({**INIT, **wrong})


@pytest.mark.parametrize("name", list(AudioSampleFormat))
@given(data=st.data())
def test_any_part_of_any_plane(name: AudioSampleFormat, data: st.DataObject) -> None:
    frames, channels = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 20))
    dtype = TYPES[name.removesuffix("-planar")]
    samples = np.random.default_rng(1).integers(0, 256, (frames, channels)).astype(dtype)
    planar = name.endswith("-planar")
    audio = AudioData.from_numpy(
        samples.T if planar else samples, sample_rate=8000, timestamp=0, planar=planar
    )
    assert audio.format == name
    assert (audio.number_of_frames, audio.number_of_channels) == (frames, channels)
    first = data.draw(st.integers(0, frames - 1))
    count = data.draw(st.integers(0, frames - first))
    index = data.draw(st.integers(0, channels - 1)) if planar else 0
    part = samples[first : first + count]
    expected = part[:, index] if planar else part.reshape(-1)
    found = plane(audio, dtype, plane_index=index, frame_offset=first, frame_count=count)
    assert (found == expected).all()
    shown = audio.planes()[index]
    assert (shown[first : first + count].reshape(-1) == expected).all()
    assert not shown.flags.writeable


def test_planar_and_interleaved_become_each_other() -> None:
    woven = AudioData(INIT)
    left = plane(woven, np.int16, plane_index=0, format="s16-planar")
    right = plane(woven, np.int16, plane_index=1, format="s16-planar", frame_offset=1)
    assert left.tolist() == [0, 2, 4, 6]
    assert right.tolist() == [3, 5, 7]
    planar = AudioData({**INIT, "format": "s16-planar"})
    assert plane(planar, np.int16, plane_index=0, format="s16").tolist() == [0, 4, 1, 5, 2, 6, 3, 7]


@given(samples=arrays(np.int16, 16))
def test_integers_survive_floating_point(samples: Any) -> None:
    audio = AudioData.from_numpy(samples, sample_rate=8000, timestamp=0)
    floats = plane(audio, np.float32, plane_index=0, format="f32")
    assert np.abs(floats).max() <= 1
    again = AudioData.from_numpy(floats, sample_rate=8000, timestamp=0)
    assert (plane(again, np.int16, plane_index=0, format="s16") == samples).all()


@given(samples=arrays(np.int16, 16))
def test_more_bits_and_back(samples: Any) -> None:
    audio = AudioData.from_numpy(samples, sample_rate=8000, timestamp=0)
    wide = plane(audio, np.int32, plane_index=0, format="s32")
    assert (wide == samples.astype(np.int64) * 65536).all()
    again = AudioData.from_numpy(wide, sample_rate=8000, timestamp=0)
    assert (plane(again, np.int16, plane_index=0, format="s16") == samples).all()


def test_floating_point_is_clipped_only_as_integers() -> None:
    samples = np.array([-5, 5, np.nan, np.inf, -np.inf], np.float32)
    audio = AudioData.from_numpy(samples, sample_rate=8000, timestamp=0)
    as_integers = plane(audio, np.int16, plane_index=0, format="s16")
    assert as_integers.tolist() == [-32768, 32767, 0, 32767, -32768]
    assert plane(audio, np.float32, plane_index=0, format="f32-planar")[1] == 5
    top = AudioData.from_numpy(np.ones(1, np.float32), sample_rate=8000, timestamp=0)
    assert plane(top, np.int32, plane_index=0, format="s32").tolist() == [2**31 - 1]


@pytest.mark.parametrize(
    ("rate", "frames", "microseconds"),
    [(48000, 960, 20000), (44100, 1, 22), (44100, 1024, 23219), (7999.5, 8000, 1000062)],
)
def test_durations_are_whole_microseconds(rate: float, frames: int, microseconds: int) -> None:
    samples = np.zeros(frames, np.int16)
    audio = AudioData.from_numpy(samples, sample_rate=rate, timestamp=0)
    assert audio.duration == microseconds
    assert audio.sample_rate == rate


def test_options_that_are_wrong() -> None:
    audio = AudioData(INIT)
    with pytest.raises(TypeError, match="plane_index"):
        audio.allocation_size()
    with pytest.raises(TypeError, match="format"):
        audio.allocation_size(plane_index=0, format="s24")
    with pytest.raises(TypeError, match="frame_offset"):
        audio.allocation_size(plane_index=0, frame_offset=-1)
    with pytest.raises(TypeError, match="writable"):
        audio.copy_to(bytes(16), plane_index=0)


def test_larger_destinations_keep_their_rest() -> None:
    target = bytearray(b"\xee" * 20)
    AudioData(INIT).copy_to(target, plane_index=0)
    assert target[16:] == b"\xee" * 4


def test_transferred_buffers_are_not_copied() -> None:
    data = np.arange(8, dtype=np.int16)
    audio = AudioData({**INIT, "data": data, "transfer": [data]})
    data[0] = 99  # to see that it is the same memory
    assert audio.planes()[0][0, 0] == 99
    with pytest.raises(DataCloneError):
        AudioData({**INIT, "data": data, "transfer": [data, data]})


@pytest.mark.parametrize(
    "array",
    [np.zeros(4), np.zeros(4, np.uint16), np.zeros((1, 2, 3), np.int16), np.zeros((0, 2), "i2")],
)
def test_arrays_that_are_no_audio(array: Any) -> None:
    with pytest.raises(TypeError):
        AudioData.from_numpy(array, sample_rate=8000, timestamp=0)


def test_numbers_of_the_other_byte_order_are_audio_too() -> None:
    audio = AudioData.from_numpy(np.array([1, -2], ">i2"), sample_rate=8000, timestamp=0)
    assert audio.planes()[0].reshape(-1).tolist() == [1, -2]


def test_audio_crosses_process_boundaries() -> None:
    for name in ("s16", "s16-planar"):
        audio = AudioData({**INIT, "format": name, "timestamp": -3})
        again = pickle.loads(pickle.dumps(audio))  # noqa: S301 - own bytes
        assert (again.format, again.timestamp, again.sample_rate) == (name, -3, 44100)
        for one, other in zip(audio.planes(), again.planes(), strict=True):
            assert (one == other).all()
    audio.close()
    with pytest.raises(DataCloneError):
        pickle.dumps(audio)


def test_what_is_given_is_looked_at_before_the_audio() -> None:
    """Web IDL converts the arguments first; then it counts that the audio is closed."""
    audio = AudioData(INIT)
    audio.close()
    target = bytearray(64)
    for wrong in ({}, {"plane_index": -1}, {"plane_index": 0, "format": "s24"}):
        with pytest.raises(TypeError):
            audio.copy_to(target, wrong)
        with pytest.raises(TypeError):
            audio.allocation_size(wrong)
    with pytest.raises(TypeError, match="buffer"):
        audio.copy_to(None, plane_index=0)  # type: ignore[arg-type]  # what is tested
    with pytest.raises(InvalidStateError):
        audio.copy_to(target, plane_index=9)
    with pytest.raises(InvalidStateError):
        audio.allocation_size(plane_index=9)
    with AudioData(INIT) as audio, pytest.raises(TypeError, match="buffer"):
        audio.copy_to(None, plane_index=9)  # type: ignore[arg-type]  # what is tested


def test_a_with_statement_closes() -> None:
    with AudioData(INIT) as audio:
        assert repr(audio) == "<AudioData s16 4 frames x 2 at 44100 Hz timestamp=0>"
        view = audio.planes()[0]
    assert view[3, 1] == 7
    assert (audio.duration, repr(audio)) == (0, "<AudioData closed timestamp=0>")
    with pytest.raises(InvalidStateError):
        audio.planes()


def test_numbers_of_eight_bytes_are_no_samples() -> None:
    with pytest.raises(TypeError, match="astype"):
        AudioData({**INIT, "data": np.zeros(10_000)})
