"""Which encoder and which quality: what a recipe says, or what reaches its goal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stripline.streams import MemorySink

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.image.encode.encoder import Encoder
    from stripline.image.output import Output
    from stripline.image.picture import Picture
    from stripline.streams import Sink


@dataclass(frozen=True, slots=True)
class Choice:
    """How to write a picture.

    Attributes:
        picture: Its pixels, as the encoder takes them.
        encoder: Of which format.
        quality: To encode with; None for lossless.
        data: The file, if it was made while choosing.
        score: SSIMULACRA2, if it was measured.
    """

    picture: Picture
    encoder: Encoder
    quality: int | None
    data: bytes | None = None
    score: float | None = None

    def encoded(self, output: Output, pool: Executor | None) -> bytes:
        """The file, made now if it was not before."""
        if self.data is not None:
            return self.data
        sink = MemorySink()
        self.write(output, sink, pool)
        return sink.getvalue()

    def write(self, output: Output, sink: Sink, pool: Executor | None) -> None:
        """Encode to `sink`."""
        self.encoder.write(self.picture, output, sink, quality=self.quality, pool=pool)


def choose(
    picture: Picture,
    output: Output,
    encoders: tuple[Encoder, ...],
    *,
    pool: Executor | None = None,
) -> Choice:
    """Find the encoder and the quality.

    Args:
        picture: After all steps; sequential, so its pixels can be read once.
        output: What is asked for.
        encoders: The formats that it may have.
        pool: Where strips of a JPEG may be encoded.

    Raises:
        GoalNotReached: No quality gives the score or the size asked for.
    """
    encoder = encoders[0]
    quality = encoder.resolved_settings(output).get("quality")
    return Choice(picture, encoder, quality)
