"""VideoDecoder: chunks to frames (section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Unpack

from stripline.webcodecs._avcc import length_bytes
from stripline.webcodecs.chunks import EncodedVideoChunk
from stripline.webcodecs.codec_string import parse_video
from stripline.webcodecs.config_checks import check_video_decoder
from stripline.webcodecs.decoder import Decoder
from stripline.webcodecs.enums import EncodedVideoChunkType
from stripline.webcodecs.exceptions import DataError
from stripline.webcodecs.key_chunks import is_surely_delta
from stripline.webcodecs.support import answer
from stripline.webcodecs.video_frame import VideoFrame
from stripline.webcodecs.webidl import buffer_to_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.webcodecs._av_video_decode import VideoDecodeBackend
    from stripline.webcodecs._av_video_output import Decoded
    from stripline.webcodecs.codec_string import VideoCodec
    from stripline.webcodecs.configs import ConfigSupport, VideoDecoderConfig
    from stripline.webcodecs.promise import Promise
    from stripline.webcodecs.webidl import BufferSource

__all__ = ["VideoDecoder"]


_FIRST: Final = "the first chunk after configure() or flush() must be a key chunk"


class DecodeItem(NamedTuple):
    """One call of `decode()`."""

    chunk: EncodedVideoChunk
    alpha: bytes | None


class VideoDecoder(Decoder[EncodedVideoChunk, DecodeItem, VideoFrame]):
    """Decodes chunks to frames, on a thread of its own.

    `VideoDecoder(output=f, error=g)`, `VideoDecoder(f, g)` or `VideoDecoder({"output": f, ...})`.
    `output` is called with each VideoFrame, in the order in which they are shown; `error` once,
    with the DOMException that closed the decoder. Both run on the asyncio loop that made the
    decoder or, without one, on the decoder's thread.

    Damage that is noticed closes the decoder with an EncodingError, and nothing is concealed:
    broken framing, missing ends, what FFmpeg's decoders find. No codec here has checksums, so wrong
    bytes within a picture are often decoded to a wrong picture, and so is a picture that needs a
    chunk that was left out.
    """

    _codec: VideoCodec | None = None
    _length_bytes: int | None = None

    def configure(
        self, config: Mapping[str, Any] | None = None, /, **members: Unpack[VideoDecoderConfig]
    ) -> None:
        """Say how to decode from the next chunk on, which must be a key chunk.

        Args:
            config: A VideoDecoderConfig, such as the "decoder_config" of an encoder's metadata.
            members: Its members, which win over the dict's.

        Raises:
            TypeError: The configuration is not valid.
            InvalidStateError: The decoder is closed.
        """
        checked = check_video_decoder(config, members)
        with self._lock:
            self._configure(checked)
            self._codec = parse_video(checked["codec"])
            description = checked.get("description") or b""
            self._length_bytes = (
                length_bytes(self._codec.kind, description) if self._codec else None
            )

    def decode(
        self, chunk: EncodedVideoChunk, *, alpha_side_data: BufferSource | None = None
    ) -> None:
        """Queue a chunk.

        Args:
            chunk: The chunk.
            alpha_side_data: The alpha channel of VP8 or VP9, which an encoder's metadata has under
                this name; the frame is then I420A. A comfort beyond the specification, which
                leaves it to a second decoder.

        Raises:
            TypeError: It is no EncodedVideoChunk, or the alpha is no buffer.
            InvalidStateError: The decoder is not configured.
            DataError: It is the first chunk after `configure()` or `flush()` and is marked as a
                delta chunk, or its bytes say so.
        """
        if not isinstance(chunk, EncodedVideoChunk):
            raise TypeError(f"an EncodedVideoChunk is decoded, not {chunk!r}")
        alpha = None
        if alpha_side_data is not None:
            alpha = bytes(buffer_to_read(alpha_side_data, "alpha_side_data"))
        with self._lock:
            self._refuse_unconfigured("decode()")
            if self._key_required:
                if chunk.type != EncodedVideoChunkType.KEY:
                    raise DataError(_FIRST)
                if self._codec and is_surely_delta(self._codec, bytes(chunk), self._length_bytes):
                    raise DataError(f"{_FIRST}; the bytes of this one are of a delta chunk")
                self._key_required = False
            self._enqueue(DecodeItem(chunk, alpha))

    @staticmethod
    def is_config_supported(
        config: Mapping[str, Any] | None = None, /, **members: Unpack[VideoDecoderConfig]
    ) -> Promise[ConfigSupport]:
        """Find out whether a configuration can be decoded, by opening the decoder with it.

        Returns:
            A promise of a dict with "supported" and "config", a copy with the known members.
            Rejected with TypeError when the configuration is not valid.
        """
        return answer(check_video_decoder, config, members, _try)

    def _new_backend(self) -> VideoDecodeBackend:
        from stripline.webcodecs._av_video_decode import (  # noqa: PLC0415 - loads PyAV
            VideoDecodeBackend,
        )

        return VideoDecodeBackend()

    def _finish(self, output: tuple[Decoded]) -> tuple[VideoFrame]:
        decoded = output[0]
        return (decoded.maker.make(decoded),)


def _try(config: dict[str, Any]) -> None:
    from stripline.webcodecs._av_decode_plan import plan_decoder  # noqa: PLC0415 - used here only
    from stripline.webcodecs._av_video_decode import open_decoder  # noqa: PLC0415 - loads PyAV

    open_decoder(plan_decoder(config))
