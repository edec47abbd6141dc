"""How large a picture may be before anything is decoded, and what work on it may cost."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from stripline.errors import InvalidOption, LimitExceeded

if TYPE_CHECKING:
    from stripline.image.headers import ImageInfo

_BYTES: Final = 1_000_000_000
_PIXELS: Final = 500_000_000
_SIDE: Final = 100_000
_FRAMES: Final = 2_000
_TOTAL_PIXELS: Final = 1_000_000_000
_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture from a stranger may ask for; None means no limit.

    The defaults let through what people have, scans of 20,000 x 20,000 pixels included, and stop
    what only an attack or an accident makes. A service with a known use should set less: sharp
    stops at 268 megapixels, imgproxy at 50.

    Attributes:
        bytes: Size of the file, where it is known: 1 GB. A scan of 400 megapixels as PNG or
            lossless TIFF stays below it.
        pixels: In one frame: 500 million, which is 2 GB once decoded to RGBA. A PNG file of 1 MB
            can hold a gigapixel of one colour.
        side: Width and height: 100,000. A row of a million pixels costs little in `pixels`, but
            every buffer of rows grows with it.
        frames: Of an animation, or pages of a TIFF: 2,000, more than a minute at 30 a second.
        total_pixels: Frames times pixels: a billion. Each frame of an animation is decoded to its
            full size, however small it is in the file.
        seconds: For the whole work on the picture: 300. AVIF takes seconds a megapixel.
        memory_bytes: For the whole work on the picture: none, as only the machine's owner knows.

    Raises:
        InvalidOption: A limit is not above zero.
    """

    bytes: int | None = _BYTES
    pixels: int | None = _PIXELS
    side: int | None = _SIDE
    frames: int | None = _FRAMES
    total_pixels: int | None = _TOTAL_PIXELS
    seconds: float | None = _SECONDS
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not value > 0:  # NaN is not above zero either
                raise InvalidOption(f"limit {field.name} is {value}; it must be above 0, or None")

    def check(self, info: ImageInfo) -> None:
        """Check what a header says; `seconds` and `memory_bytes` are for those who do the work.

        Raises:
            LimitExceeded: The first limit that is exceeded, in the order of the fields.
        """
        frames = max(1, info.frames)
        self.check_bytes(info.bytes)
        for what, found, allowed in (
            ("pixels", info.pixels, self.pixels),
            ("pixels a side", max(info.coded_size or (info.width, info.height)), self.side),
            ("frames", frames, self.frames),
            ("pixels in all frames", frames * info.pixels, self.total_pixels),
        ):
            if allowed is not None and found > allowed:
                raise LimitExceeded(what, found, allowed)

    def check_bytes(self, size: int | None) -> None:
        """Check a file's size, before anything of it is read; None is a size that is not known.

        Raises:
            LimitExceeded: It is larger than is allowed.
        """
        if self.bytes is not None and size is not None and size > self.bytes:
            raise LimitExceeded("bytes", size, self.bytes)
