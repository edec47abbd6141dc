"""Track: one stream of chunks in a container."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Track"]


@dataclass(frozen=True, slots=True)
class Track:
    """One stream of chunks in a container.

    Attributes:
        number: Its place among all of the container's streams, from 0.
        kind: "video" or "audio".
        decoder_config: A VideoDecoderConfig or AudioDecoderConfig: `decoder.configure()` takes it.
        duration: Microseconds, or None where the container does not say.
        frames: How many chunks, or None where the container does not say.
        frame_rate: Frames a second on average, of video; None where it is not known.
        language: As the container names it, or None.
    """

    number: int
    kind: Literal["video", "audio"]
    decoder_config: dict[str, Any] = field(repr=False)
    duration: int | None = None
    frames: int | None = None
    frame_rate: float | None = None
    language: str | None = None

    @property
    def codec(self) -> str:
        """The codec string."""
        return str(self.decoder_config["codec"])
