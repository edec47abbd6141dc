"""The pixels that trials are made with, and what is known of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from stripline._vips import library
from stripline.image.goals.content import Content, look_at
from stripline.image.goals.judge import Judge, can_judge
from stripline.image.goals.sample import representative
from stripline.streams import Metadata

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from stripline.image.goals.ways import Way
    from stripline.image.picture import Picture, Pixels

# Judged on the whole up to this size: 0.2 s a trial, and 34 to 68 bytes a pixel.
_JUDGED_PIXELS: Final = 1 << 22
# Pixels of larger pictures lie in a temporary file, of which the system keeps in memory what fits.
_MEMORY_BYTES: Final = 128 << 20


class Bench:
    """A picture in memory, with what trials need of it, each made when it is first asked for.

    Pixels are held in memory up to 128 MB and in a temporary file above. A sample adds 4 MB,
    judging it 36 MB (71 with transparency), judging the whole 143 MB (285) at most.

    Args:
        picture: After all steps; its pixels are read here, once.
        pool: Where strips of a JPEG may be encoded.
        check: Called before each trial; raises what is to end the work.
    """

    def __init__(
        self, picture: Picture, pool: Executor | None, check: Callable[[], None] | None = None
    ) -> None:
        self._pool = pool
        self._check = check
        self.picture = replace(picture, pixels=_held(picture.pixels))

    def encode(self, way: Way, picture: Picture) -> bytes:
        """A trial: the file of the picture, the sample or a part of either.

        Raises:
            StriplineError: See `Encoder.write`; or what `check` raises.
        """
        if self._check is not None:
            self._check()
        return way.encode(picture, self._pool)

    @cached_property
    def content(self) -> Content:
        """What kind of picture it is."""
        return look_at(self.picture.pixels)

    @cached_property
    def sample(self) -> Picture:
        """What stands for the picture: the frames of an animation as a still, without metadata."""
        if self.is_sampled:
            pixels = representative(self.picture.pixels)
            return replace(self.picture, pixels=pixels, frames=1, delays=(), metadata=Metadata())
        return self.picture

    @cached_property
    def is_sampled(self) -> bool:
        """Whether the sample is another picture than the whole."""
        pixels = self.picture.pixels
        return self.picture.frames > 1 or representative(pixels) is not pixels

    @cached_property
    def sample_judge(self) -> Judge | None:
        """Scores trials with the sample; None for pictures too small to be scored."""
        pixels = self.sample.pixels
        return Judge(pixels) if can_judge(pixels) else None

    @cached_property
    def whole_judge(self) -> Judge | None:
        """Scores trials with the whole; None for animations and pictures above 4 megapixels."""
        if not self.is_sampled:
            return self.sample_judge
        pixels = self.picture.pixels
        small = pixels.width * pixels.height <= _JUDGED_PIXELS
        still = self.picture.frames == 1
        return Judge(pixels) if small and still and can_judge(pixels) else None


def _held(pixels: Pixels) -> Pixels:
    samples = pixels.width * pixels.height * pixels.bands
    if samples * (1 if pixels.format == "uchar" else 2) <= _MEMORY_BYTES:
        return pixels.copy_memory()
    held = library().Image.new_temp_file("%s.v")
    pixels.write(held)
    return held
