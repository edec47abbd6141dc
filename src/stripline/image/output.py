"""Which file to make of a picture: format, quality or goal, and each format's own settings.

How a setting is found, the most particular first: the format's own (`output.webp.quality`), the
output's (`output.quality`), the format's default (a table in each encoder's file).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from stripline.image.encode.avif import AvifSettings
from stripline.image.encode.gif import GifSettings
from stripline.image.encode.jpeg import JpegSettings
from stripline.image.encode.png import PngSettings
from stripline.image.encode.tiff import TiffSettings
from stripline.image.encode.webp import WebpSettings
from stripline.image.settings import Effort, Quality, Settings

Score = Annotated[float, Field(gt=0, lt=100)]

DEFAULT_CANDIDATES = ("jpeg", "png", "webp")
_ALIASES: Final = {"jpg": "jpeg", "tif": "tiff"}


class Output(Settings):
    """Which file to make."""

    format: str = "keep"
    """`jpeg`, `png`, `webp`, `avif`, `tiff`, `gif`, or an encoder that a plugin brings; `keep` for
    the source's own (JPEG, or PNG with alpha, where that cannot be written); `auto` for the one of
    `candidates` that gives the smallest file."""
    candidates: tuple[str, ...] = DEFAULT_CANDIDATES
    """Formats that `auto` may choose from."""
    quality: Quality | Literal["auto"] | None = None
    """1 (small) to 100 (faithful), on the format's own scale; `auto` for the lowest that reaches
    `target`; None for the format's default."""
    target: Score | None = None
    """SSIMULACRA2 score to reach, as small as possible: 90 looks the same, 80 high, 70 good, 50
    medium quality. With `quality="auto"` alone it is 80."""
    max_bytes: Annotated[int, Field(ge=1)] | None = None
    """The largest file allowed: the best quality that fits is taken."""
    lossless: bool = False
    """Keep every pixel: the format's best lossless setting; a JPEG that becomes a JPEG keeps its
    coefficients."""
    effort: Effort | None = None
    """0 (fast) to 9 (small); None for a sensible middle. Each encoder's file says what it does."""
    never_larger: bool = False
    """Give the source's own bytes if the result is not smaller by at least `margin`, misses its
    goal, or would lack frames or pages. Only where they show the same picture: size and looks
    unchanged, the format among those asked for. What they say beside the picture stays."""
    margin: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the source's size that must be saved."""
    jpeg: JpegSettings = JpegSettings()
    png: PngSettings = PngSettings()
    webp: WebpSettings = WebpSettings()
    avif: AvifSettings = AvifSettings()
    tiff: TiffSettings = TiffSettings()
    gif: GifSettings = GifSettings()
    options: dict[str, Any] = Field(default_factory=dict)
    """Settings of an encoder that a plugin brings."""

    @field_validator("format", "candidates", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        if isinstance(value, str):
            return _ALIASES.get(value.lower(), value.lower())
        if isinstance(value, list | tuple):
            return tuple(cls._lower(one) for one in value)
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.lossless and (self.goal_score is not None or self.max_bytes is not None):
            raise ValueError("lossless leaves no quality to search for a target or max_bytes")
        if self.target is not None and isinstance(self.quality, int):
            raise ValueError("quality is a number and target a goal: give one of them")
        if self.format == "auto" and not self.candidates:
            raise ValueError("format is auto, but there are no candidates")
        return self

    @property
    def goal_score(self) -> float | None:
        """The score to search for, if one was asked for."""
        if self.target is not None:
            return self.target
        return 80.0 if self.quality == "auto" else None
