from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from stripline.webcodecs.chunks import EncodedAudioChunk, EncodedVideoChunk
from stripline.webcodecs.enums import EncodedVideoChunkType
from stripline.webcodecs.exceptions import DataCloneError

KINDS = pytest.mark.parametrize("kind", [EncodedVideoChunk, EncodedAudioChunk])


@KINDS
def test_changing_the_source_changes_nothing(kind: Any) -> None:
    data = bytearray(b"abc")
    chunk = kind(type="key", timestamp=0, data=data)
    data[:] = b"xyz"
    assert bytes(chunk) == b"abc"
    assert chunk.data.readonly


@KINDS
def test_bytes_and_transferred_buffers_are_not_copied(kind: Any) -> None:
    data = bytearray(b"abc")
    chunk = kind(type="key", timestamp=0, data=data, transfer=[data])
    data[0] = ord("x")  # to see that it is the same memory
    assert bytes(chunk) == b"xbc"
    constant = b"abc"
    assert kind(type="key", timestamp=0, data=constant).data.obj is constant


@KINDS
def test_a_buffer_is_transferred_once(kind: Any) -> None:
    data = bytearray(3)
    with pytest.raises(DataCloneError):
        kind(type="key", timestamp=0, data=data, transfer=[data, data])


@KINDS
def test_arrays_of_any_type_are_their_bytes_row_by_row(kind: Any) -> None:
    numbers = np.arange(12, dtype=np.uint16).reshape(3, 4)
    assert bytes(kind(type="key", timestamp=0, data=numbers)) == numbers.tobytes()
    across = numbers[:, ::2]
    assert bytes(kind(type="key", timestamp=0, data=across)) == across.tobytes()
    swapped = numbers.astype(">u2")
    assert bytes(kind(type="key", timestamp=0, data=swapped)) == swapped.tobytes()


@KINDS
def test_chunks_cross_process_boundaries(kind: Any) -> None:
    chunk = kind(type="delta", timestamp=-5, duration=7, data=bytearray(b"abc"))
    again = pickle.loads(pickle.dumps(chunk))  # noqa: S301 - own bytes
    assert (again.type, again.timestamp, again.duration) == ("delta", -5, 7)
    assert bytes(again) == b"abc"


@KINDS
@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"data": "text"}, "data"),
        ({"data": 5}, "data"),
        ({"timestamp": "soon"}, "timestamp"),
        ({"timestamp": 2**63}, "timestamp"),
        ({"duration": -1}, "duration"),
        ({"duration": float("inf")}, "duration"),
    ],
)
def test_members_that_are_wrong(kind: Any, members: dict[str, Any], name: str) -> None:
    with pytest.raises(TypeError, match=name):
        kind({"type": "key", "timestamp": 0, "data": b"", **members})


@KINDS
def test_unknown_members_of_a_dict_are_ignored_and_keywords_are_not(kind: Any) -> None:
    assert kind({"type": "key", "timestamp": 0, "data": b"", "future": 1}).byte_length == 0
    with pytest.raises(TypeError, match="future"):
        kind(type="key", timestamp=0, data=b"", future=1)
    with pytest.raises(TypeError, match="must be a dict"):
        kind([1, 2])


@KINDS
@pytest.mark.parametrize("target", [b"12345", memoryview(bytearray(10))[::2], "text"])
def test_destinations_that_cannot_be_written_to(kind: Any, target: Any) -> None:
    with pytest.raises(TypeError, match="destination"):
        kind(type="key", timestamp=0, data=b"abc").copy_to(target)


def test_fractions_of_microseconds_are_cut_off() -> None:
    chunk = EncodedVideoChunk(type="key", timestamp=-1.9, duration=33333.3, data=b"")  # type: ignore[arg-type]  # what users do
    assert (chunk.timestamp, chunk.duration) == (-1, 33333)


def test_the_type_is_a_member_and_its_text() -> None:
    chunk = EncodedVideoChunk(type=EncodedVideoChunkType.KEY, timestamp=0, data=b"ab")
    assert chunk.type is EncodedVideoChunkType.KEY
    assert str(chunk.type) == "key"
    assert repr(chunk) == "<EncodedVideoChunk key timestamp=0 duration=None 2 bytes>"
