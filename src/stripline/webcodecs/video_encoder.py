"""VideoEncoder: frames to chunks (section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Unpack

from stripline.webcodecs.codec import Codec
from stripline.webcodecs.config_checks import check_encode_options, check_video_encoder
from stripline.webcodecs.exceptions import DataError
from stripline.webcodecs.streaming import stream
from stripline.webcodecs.support import answer
from stripline.webcodecs.video_frame import VideoFrame

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping

    from stripline.webcodecs._av_video_encode import VideoEncodeBackend
    from stripline.webcodecs.chunks import EncodedVideoChunk
    from stripline.webcodecs.configs import (
        ConfigSupport,
        VideoEncoderConfig,
        VideoEncoderEncodeOptions,
    )
    from stripline.webcodecs.promise import Promise

__all__ = ["VideoEncoder"]


class EncodeItem(NamedTuple):
    """One call of `encode()`."""

    frame: VideoFrame
    options: Mapping[str, Any]


class VideoEncoder(Codec[dict[str, Any], EncodeItem]):
    """Encodes frames to chunks, on a thread of its own.

    `VideoEncoder(output=f, error=g)`, `VideoEncoder(f, g)` or `VideoEncoder({"output": f, ...})`.
    `output` is called with an EncodedVideoChunk and a dict: "decoder_config" with the first chunk
    of a configuration and whenever it changes, "svc" with temporal layers, "alpha_side_data" with
    alpha. `error` is called once, with the DOMException that closed the encoder. Both run on the
    asyncio loop that made the encoder or, without one, on the encoder's thread.

    The codecs are H.264 and H.265 (x264, x265), VP8, VP9 (libvpx) and AV1 (SVT-AV1).
    """

    output_arguments: ClassVar[int] = 2

    _orientation: tuple[int, bool] | None = None

    @property
    def encode_queue_size(self) -> int:
        """How many frames wait to be encoded."""
        return self._queue_size

    def configure(
        self, config: Mapping[str, Any] | None = None, /, **members: Unpack[VideoEncoderConfig]
    ) -> None:
        """Say how to encode from the next frame on; frames before are completed as they were.

        An equal configuration keeps the encoder and only makes the next chunk a key chunk.

        Args:
            config: A VideoEncoderConfig.
            members: Its members, which win over the dict's.

        Raises:
            TypeError: The configuration is not valid.
            InvalidStateError: The encoder is closed.
        """
        checked = check_video_encoder(config, members)
        with self._lock:
            self._configure(checked)
            self._orientation = None

    def encode(
        self,
        frame: VideoFrame,
        options: Mapping[str, Any] | None = None,
        /,
        **members: Unpack[VideoEncoderEncodeOptions],
    ) -> None:
        """Queue a frame. It is cloned and may be closed at once; it is scaled if need be.

        Args:
            frame: A VideoFrame.
            options: VideoEncoderEncodeOptions.
            members: Their members, such as `key_frame=True`, which win over the dict's.

        Raises:
            TypeError: The frame is closed or none, or an option is not valid.
            InvalidStateError: The encoder is not configured.
            DataError: The frame is turned otherwise than the first one after `configure()`.
        """
        if not isinstance(frame, VideoFrame):
            raise TypeError(f"a VideoFrame is encoded, not {frame!r}")
        checked = check_encode_options(options, members)
        if frame.format is None:
            raise TypeError("the frame is closed")
        with self._lock:
            self._refuse_unconfigured("encode()")
            orientation = (frame.rotation, frame.flip)
            if self._orientation not in {None, orientation}:
                raise DataError(
                    f"the frame has rotation and flip {orientation}, the first one had "
                    f"{self._orientation}: call configure() between"
                )
            self._orientation = orientation
            self._enqueue(EncodeItem(frame.clone(), checked))

    def stream(
        self, frames: Iterable[VideoFrame] | AsyncIterable[VideoFrame], *, max_queue: int = 8
    ) -> AsyncIterator[EncodedVideoChunk]:
        """Encode frames as fast as their chunks are taken; flush at the end.

        The output callback is called with each chunk too, before, and gets the metadata.

        Args:
            frames: The frames; they stay open.
            max_queue: How many frames may wait to be encoded, and chunks to be taken.

        Yields:
            The chunks.

        Raises:
            DOMException: What closed the encoder.
        """
        return stream(self, frames, self.encode, max_queue)

    @staticmethod
    def is_config_supported(
        config: Mapping[str, Any] | None = None, /, **members: Unpack[VideoEncoderConfig]
    ) -> Promise[ConfigSupport]:
        """Find out whether a configuration can be encoded, by opening the encoder with it.

        Returns:
            A promise of a dict with "supported" and "config", a copy with the known members.
            Rejected with TypeError when the configuration is not valid.
        """
        return answer(check_video_encoder, config, members, _try)

    def _new_backend(self) -> VideoEncodeBackend:
        from stripline.webcodecs._av_video_encode import (  # noqa: PLC0415 - loads PyAV
            VideoEncodeBackend,
        )

        return VideoEncodeBackend()


def _try(config: dict[str, Any]) -> None:
    from stripline.webcodecs._av_video_encode import probe_encoder  # noqa: PLC0415 - loads PyAV

    probe_encoder(config)
