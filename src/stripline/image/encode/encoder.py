"""What every encoder looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.image.output import Output
    from stripline.image.picture import Picture
    from stripline.streams import Sink


MetadataPart = Literal["exif", "xmp", "icc", "comment", "density"]


@dataclass(frozen=True, slots=True)
class Traits:
    """What a format can hold.

    Attributes:
        name: `jpeg`, `png`, ...
        extension: Of file names, without the dot.
        media_type: As HTTP says it.
        alpha: Whether it has transparency.
        animation: Whether it has frames in time.
        lossy: Whether quality means something.
        lossless: Whether `Output.lossless` can be had.
        max_side: The largest width and height, in pixels.
        quality: Default quality; None if there is no lossy mode.
        bit_depths: Bits a channel that it can hold. Pixels of 16 bits suit all with more than 8.
        metadata: Which parts of `Metadata` it can hold, by attribute. A picture whose profile is
            not among them must be sRGB.
    """

    name: str
    extension: str
    media_type: str
    alpha: bool
    animation: bool
    lossy: bool
    lossless: bool
    max_side: int
    quality: int | None
    bit_depths: tuple[int, ...] = (8,)
    metadata: tuple[MetadataPart, ...] = ()


class Encoder(Protocol):
    """Writes one format. It keeps no state: one instance serves all threads."""

    @property
    def traits(self) -> Traits:
        """What the format can hold."""

    def write(
        self,
        picture: Picture,
        output: Output,
        sink: Sink,
        *,
        quality: int | None = None,
        pool: Executor | None = None,
    ) -> None:
        """Encode `picture` and write the file's bytes to `sink`; neither commit nor abort it.

        The picture suits the traits: no frames or alpha that the format cannot hold, a fitting bit
        depth, upright, sRGB or grey unless `metadata.icc` says otherwise. Of its metadata all that
        the format can hold is written, and nothing else; what the pixels' own fields say is not.

        Args:
            picture: What to encode. It may be sequential: its rows can be read once only.
            output: The recipe's wishes; the encoder looks at its own settings, `lossless` and
                `effort`.
            sink: Takes the bytes.
            quality: What the search found; None for what `output` says.
            pool: Where strips may run; None for the calling thread alone.

        Raises:
            CorruptImage: The source turned out to be damaged while its rows were read.
            InvalidDimensions: A side is longer than `max_side`.
            InvalidRecipe: Settings that do not go together.
            SinkFailed: The sink raised.
            UnsupportedPixels: Not of a depth that the format takes.
        """

    def resolved_settings(self, output: Output) -> dict[str, Any]:
        """What `write` will use, for reports: quality, effort and the rest of its settings.

        Raises:
            InvalidRecipe: Settings that do not go together.
        """
