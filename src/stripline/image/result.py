"""What became of a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.image.headers import ImageInfo


@dataclass(frozen=True, slots=True)
class VariantResult:
    """One file that was made.

    Attributes:
        name: The variant's.
        format: Of the file.
        width: Pixels across.
        height: Rows of a frame.
        frames: How many.
        bytes: Size of the file.
        quality: That it was encoded with; None for lossless, and for the source's own bytes.
        score: SSIMULACRA2 against the pixels that went into the encoder, where it was measured.
        scored: What the score was measured on: the whole `picture`, or a representative `sample`.
        kept_source: Whether it is the source's own bytes, because they were the smaller.
        seconds: From its first step to its last byte.
        warnings: What a person should know, in sentences.
        not_enlarged: Whether it is smaller than asked for, as nothing is enlarged unasked.
    """

    name: str
    format: str
    width: int
    height: int
    frames: int
    bytes: int
    quality: int | None
    score: float | None
    scored: Literal["picture", "sample"] | None
    kept_source: bool
    seconds: float
    warnings: tuple[str, ...] = ()
    not_enlarged: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What `process` made of a source.

    Attributes:
        source: What the probe found.
        source_bytes: Size of the source.
        variants: What was made, by name, in the order of the recipes.
        seconds: For all of it.
    """

    source: ImageInfo
    source_bytes: int
    variants: Mapping[str, VariantResult] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def warnings(self) -> tuple[str, ...]:
        """Of all variants, each once."""
        return tuple(
            dict.fromkeys(text for made in self.variants.values() for text in made.warnings)
        )
