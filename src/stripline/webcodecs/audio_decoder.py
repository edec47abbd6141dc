"""AudioDecoder: chunks to samples (section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.chunks import EncodedAudioChunk
from stripline.webcodecs.config_checks import check_audio_decoder
from stripline.webcodecs.decoder import Decoder
from stripline.webcodecs.enums import EncodedAudioChunkType
from stripline.webcodecs.exceptions import DataError
from stripline.webcodecs.support import answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.webcodecs._av_audio_decode import AudioDecodeBackend
    from stripline.webcodecs.configs import AudioDecoderConfig, ConfigSupport
    from stripline.webcodecs.promise import Promise

__all__ = ["AudioDecoder"]


class AudioDecoder(Decoder[EncodedAudioChunk, EncodedAudioChunk, AudioData]):
    """Decodes chunks to samples, on a thread of its own.

    `AudioDecoder(output=f, error=g)`, `AudioDecoder(f, g)` or `AudioDecoder({"output": f, ...})`.
    `output` is called with each AudioData; `error` once, with the DOMException that closed the
    decoder. Both run on the asyncio loop that made the decoder or, without one, on the decoder's
    thread.

    The configured rate and number of channels count for PCM, A-law, µ-law and AAC without a
    description; other streams tell their own, which AudioData has. Opus without a description has
    the configured channels, one or two, and always 48 kHz (RFC 7845, section 5.1).

    Each AudioData has the timestamp of its chunk. Opus with a description loses its pre-skip, so
    that it is heard when it was recorded: a chunk is then given out when the next has come, or at
    `flush()` without its end, with which the next output begins. As many chunks as are
    wholly within the pre-skip have no output: a single one of 2.5 ms, flushed, gives nothing.
    Vorbis' first chunk gives nothing, and each later one has the time of the one before if they
    come from AudioEncoder. The delays of AAC and MP3 are not written anywhere and stay in.

    A damaged chunk closes the decoder with an EncodingError; nothing is concealed.
    """

    def configure(
        self, config: Mapping[str, Any] | None = None, /, **members: Unpack[AudioDecoderConfig]
    ) -> None:
        """Say how to decode from the next chunk on, which must be a key chunk.

        Args:
            config: An AudioDecoderConfig, such as the "decoder_config" of an encoder's metadata.
            members: Its members, which win over the dict's.

        Raises:
            TypeError: The configuration is not valid.
            InvalidStateError: The decoder is closed.
        """
        self._configure(check_audio_decoder(config, members))

    def decode(self, chunk: EncodedAudioChunk) -> None:
        """Queue a chunk.

        Raises:
            TypeError: It is no EncodedAudioChunk.
            InvalidStateError: The decoder is not configured.
            DataError: It is a delta chunk, and the first after `configure()` or `flush()`.
        """
        if not isinstance(chunk, EncodedAudioChunk):
            raise TypeError(f"an EncodedAudioChunk is decoded, not {chunk!r}")
        with self._lock:
            self._refuse_unconfigured("decode()")
            if self._key_required:
                if chunk.type != EncodedAudioChunkType.KEY:
                    raise DataError("the first chunk after configure() or flush() must be a key")
                self._key_required = False
            self._enqueue(chunk)

    @staticmethod
    def is_config_supported(
        config: Mapping[str, Any] | None = None, /, **members: Unpack[AudioDecoderConfig]
    ) -> Promise[ConfigSupport]:
        """Find out whether a configuration can be decoded, by opening the decoder with it.

        Returns:
            A promise of a dict with "supported" and "config", a copy with the known members.
            Rejected with TypeError when the configuration is not valid.
        """
        return answer(check_audio_decoder, config, members, _try)

    def _new_backend(self) -> AudioDecodeBackend:
        from stripline.webcodecs._av_audio_decode import (  # noqa: PLC0415 - loads PyAV
            AudioDecodeBackend,
        )

        return AudioDecodeBackend()


def _try(config: dict[str, Any]) -> None:
    from stripline.webcodecs._av_audio_decode import AudioDecodeBackend  # noqa: PLC0415 - loads PyAV

    backend = AudioDecodeBackend()
    backend.configure(config)
    backend.close()
