"""What both decoders are: chunks in, from a key chunk on (sections 3 and 4)."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from stripline.webcodecs.codec import Codec
from stripline.webcodecs.streaming import stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable

    from stripline.webcodecs.promise import Promise

__all__ = ["Decoder"]

Chunk = TypeVar("Chunk")
Input = TypeVar("Input")
Output = TypeVar("Output")


class Decoder(Codec[dict[str, Any], Input], Generic[Chunk, Input, Output]):
    """Base of AudioDecoder and VideoDecoder."""

    output_arguments: ClassVar[int] = 1

    _key_required = True

    @property
    def decode_queue_size(self) -> int:
        """How many chunks wait to be decoded."""
        return self._queue_size

    def _configure(self, config: dict[str, Any]) -> None:
        with self._lock:
            super()._configure(config)
            self._key_required = True

    @abstractmethod
    def decode(self, chunk: Chunk) -> None:
        """Queue a chunk."""

    def flush(self) -> Promise[None]:
        """Complete all work; the next chunk must be a key chunk. See `Codec.flush`."""
        with self._lock:
            self._key_required = True
            return super().flush()

    def stream(
        self, chunks: Iterable[Chunk] | AsyncIterable[Chunk], *, max_queue: int = 8
    ) -> AsyncIterator[Output]:
        """Decode chunks as fast as their outputs are taken; flush at the end.

        The output callback is called with each output too, before.

        Args:
            chunks: The chunks.
            max_queue: How many chunks may wait to be decoded, and outputs to be taken.

        Yields:
            The VideoFrames or AudioData.

        Raises:
            DOMException: What closed the decoder.
        """
        return stream(self, chunks, self.decode, max_queue)
