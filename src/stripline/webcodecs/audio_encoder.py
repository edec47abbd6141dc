"""AudioEncoder: samples to chunks (section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.codec import Codec
from stripline.webcodecs.config_checks import check_audio_encoder
from stripline.webcodecs.streaming import stream
from stripline.webcodecs.support import answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping

    from stripline.webcodecs._av_audio_encode import AudioEncodeBackend
    from stripline.webcodecs.chunks import EncodedAudioChunk
    from stripline.webcodecs.configs import AudioEncoderConfig, ConfigSupport
    from stripline.webcodecs.promise import Promise

__all__ = ["AudioEncoder"]


class AudioEncoder(Codec[dict[str, Any], AudioData]):
    """Encodes samples to chunks, on a thread of its own.

    `AudioEncoder(output=f, error=g)`, `AudioEncoder(f, g)` or `AudioEncoder({"output": f, ...})`.
    `output` is called with an EncodedAudioChunk and a dict, which has a "decoder_config" with the
    first chunk of a configuration. `error` is called once, with the DOMException that closed the
    encoder. Both run on the asyncio loop that made the encoder or, without one, on the encoder's
    thread.

    The codecs are Opus, AAC LC ("mp4a.40.2"), FLAC, MP3, Vorbis (stereo), A-law ("alaw"), µ-law
    ("ulaw") and PCM ("pcm-u8", "pcm-s16", "pcm-s24", "pcm-s32", "pcm-f32").

    Opus takes 1 to 32 channels but not 7, and runs at 8, 12, 16, 24 or 48 kHz; any other rate that
    is configured is turned to 48 kHz on the way in. Of Opus' members, `signal` is a hint that is
    not followed, both formats give the same packets and a description, and `usedtx` leaves out
    digital silence only. `bitrate` is for Opus, AAC and MP3; FLAC, Vorbis and PCM have none.

    The first chunk has the timestamp of the first input; later ones count the samples on, and
    begin anew where inputs leave a gap. Every chunk is a key chunk. The last one of a codec with
    frames of a fixed size is filled up with silence.
    """

    output_arguments: ClassVar[int] = 2

    @property
    def encode_queue_size(self) -> int:
        """How many AudioData wait to be encoded."""
        return self._queue_size

    def configure(
        self, config: Mapping[str, Any] | None = None, /, **members: Unpack[AudioEncoderConfig]
    ) -> None:
        """Say how to encode from the next input on; inputs before are completed as they were.

        Args:
            config: An AudioEncoderConfig.
            members: Its members, which win over the dict's.

        Raises:
            TypeError: The configuration is not valid.
            InvalidStateError: The encoder is closed.
        """
        self._configure(check_audio_encoder(config, members))

    def encode(self, data: AudioData) -> None:
        """Queue some samples, of any format. They are cloned and may be closed at once.

        Samples of another rate or number of channels than configured close the encoder with an
        EncodingError.

        Raises:
            TypeError: It is no AudioData, or is closed.
            InvalidStateError: The encoder is not configured.
        """
        if not isinstance(data, AudioData):
            raise TypeError(f"an AudioData is encoded, not {data!r}")
        if data.format is None:
            raise TypeError("the audio is closed")
        with self._lock:
            self._refuse_unconfigured("encode()")
            self._enqueue(data.clone())

    def stream(
        self, audio: Iterable[AudioData] | AsyncIterable[AudioData], *, max_queue: int = 8
    ) -> AsyncIterator[EncodedAudioChunk]:
        """Encode samples as fast as their chunks are taken; flush at the end.

        The output callback is called with each chunk too, before, and gets the metadata.

        Args:
            audio: The samples; they stay open.
            max_queue: How many AudioData may wait to be encoded, and chunks to be taken.

        Yields:
            The chunks.

        Raises:
            DOMException: What closed the encoder.
        """
        return stream(self, audio, self.encode, max_queue)

    @staticmethod
    def is_config_supported(
        config: Mapping[str, Any] | None = None, /, **members: Unpack[AudioEncoderConfig]
    ) -> Promise[ConfigSupport]:
        """Find out whether a configuration can be encoded, by opening the encoder with it.

        Returns:
            A promise of a dict with "supported" and "config", a copy with the known members.
            Rejected with TypeError when the configuration is not valid.
        """
        return answer(check_audio_encoder, config, members, _try)

    def _new_backend(self) -> AudioEncodeBackend:
        from stripline.webcodecs._av_audio_encode import (  # noqa: PLC0415 - loads PyAV
            AudioEncodeBackend,
        )

        return AudioEncodeBackend()


def _try(config: dict[str, Any]) -> None:
    from stripline.webcodecs._av_audio_encode import AudioEncodeBackend  # noqa: PLC0415 - loads PyAV

    backend = AudioEncodeBackend()
    backend.configure(config)
    backend.close()
