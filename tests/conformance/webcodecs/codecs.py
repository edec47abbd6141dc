"""The codecs that rules for any codec are tested with, each with something for it to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stripline.webcodecs import EncodedAudioChunk, EncodedVideoChunk, VideoDecoder, VideoEncoder
from stripline.webcodecs.audio_decoder import AudioDecoder
from stripline.webcodecs.audio_encoder import AudioEncoder
from tests.conformance.webcodecs.audio import OPUS, audio, encoded_audio
from tests.conformance.webcodecs.video import Recorder, config, encoded, frame

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True)
class Kind:
    """One of the four codecs.

    Attributes:
        codec: Its class.
        valid: A configuration that works.
        nested: A dictionary within a configuration, to see unknown members go; None if none has.
        inputs: Makes so many inputs; the first, and every one for decoders, can be a start.
        put: The method that takes an input.
        size: The attribute with the queue's size.
    """

    codec: type[Any]
    valid: dict[str, Any]
    nested: str | None
    inputs: Callable[[int], Awaitable[list[Any]]]
    put: str
    size: str

    def new(self, record: Recorder, **members: Any) -> Any:
        """A codec that is recorded, configured if members are given."""
        record.codec = self.codec(output=record.output, error=record.error)
        if members:
            record.codec.configure(members)
        return record.codec

    def give(self, codec: Any, items: list[Any]) -> None:
        """Queue inputs."""
        for item in items:
            getattr(codec, self.put)(item)

    def queue_size(self, codec: Any) -> int:
        """The queue's size."""
        return int(getattr(codec, self.size))


async def _frames(count: int) -> list[Any]:
    return [frame(number) for number in range(count)]


async def _key_chunks(count: int) -> list[Any]:
    chunks, _ = await encoded("vp8", 1)
    return [
        EncodedVideoChunk(type="key", timestamp=number * 33_333, data=bytes(chunks[0]))
        for number in range(count)
    ]


async def _audio(count: int) -> list[Any]:
    return [audio(number * 20_000, frames=960) for number in range(count)]


async def _opus_chunks(count: int) -> list[Any]:
    chunks, _ = await encoded_audio(OPUS, await _audio(1))
    return [
        EncodedAudioChunk(type="key", timestamp=number * 20_000, data=bytes(chunks[0]))
        for number in range(count)
    ]


KINDS = {
    "VideoEncoder": Kind(
        VideoEncoder, config("vp8"), "avc", _frames, "encode", "encode_queue_size"
    ),
    "VideoDecoder": Kind(
        VideoDecoder, {"codec": "vp8"}, "color_space", _key_chunks, "decode", "decode_queue_size"
    ),
    # With A-law, as many chunks come out as inputs go in.
    "AudioEncoder": Kind(
        AudioEncoder, {**OPUS, "codec": "alaw"}, "opus", _audio, "encode", "encode_queue_size"
    ),
    "AudioDecoder": Kind(AudioDecoder, OPUS, None, _opus_chunks, "decode", "decode_queue_size"),
}
