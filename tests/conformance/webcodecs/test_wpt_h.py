"""EncodedVideoChunk and EncodedAudioChunk."""

from __future__ import annotations

from typing import Any

import pytest

from stripline.webcodecs.chunks import EncodedAudioChunk, EncodedVideoChunk

KINDS = pytest.mark.parametrize("kind", [EncodedVideoChunk, EncodedAudioChunk])
INIT: dict[str, Any] = {"type": "key", "timestamp": -10, "data": bytes([1, 2, 3])}


@KINDS
def test_wpt_074_a_chunk_is_what_was_given(kind: Any) -> None:
    chunk = kind({**INIT, "type": "delta", "duration": 300})
    assert (chunk.type, chunk.timestamp, chunk.duration) == ("delta", -10, 300)
    assert chunk.byte_length == 3
    assert kind(INIT).duration is None
    assert kind({**INIT, "duration": 0}).duration == 0
    assert kind({**INIT, "data": b""}).byte_length == 0
    assert kind(**INIT).timestamp == -10


@KINDS
@pytest.mark.parametrize("missing", ["type", "timestamp", "data"])
def test_wpt_074_type_timestamp_and_data_are_required(kind: Any, missing: str) -> None:
    with pytest.raises(TypeError, match=missing):
        kind({name: value for name, value in INIT.items() if name != missing})


@KINDS
def test_wpt_074_the_type_is_key_or_delta(kind: Any) -> None:
    with pytest.raises(TypeError, match="other"):
        kind({**INIT, "type": "other"})


@KINDS
def test_wpt_075_copies_need_room_and_leave_the_rest_alone(kind: Any) -> None:
    chunk = kind(INIT)
    with pytest.raises(TypeError, match="2 bytes"):
        chunk.copy_to(bytearray(2))
    exact, larger = bytearray(3), bytearray(b"\x09" * 5)
    chunk.copy_to(exact)
    chunk.copy_to(memoryview(larger))
    assert exact == b"\x01\x02\x03"
    assert larger == b"\x01\x02\x03\x09\x09"
