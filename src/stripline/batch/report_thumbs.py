"""Small pictures for a page, as data URLs."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from stripline.batch.places import source_of
from stripline.errors import StriplineError
from stripline.image import Recipe, process
from stripline.image.sinks import MemorySinks

if TYPE_CHECKING:
    from stripline.image import Limits

SIDE_PIXELS: Final = 280
_RECIPE: Final = Recipe.read(
    {
        "resize": {"width": SIDE_PIXELS, "height": SIDE_PIXELS, "fit": "inside"},
        "output": {"format": "webp", "quality": 75},
    }
)


def thumbnail_url(url: str, limits: Limits) -> str | None:
    """A picture as it is now, at most 280 pixels a side, for the `src` of an `img`.

    Args:
        url: A path, or a URL of an object store.
        limits: What it may need.

    Returns:
        None if it is gone, or cannot be read.
    """
    made = MemorySinks()
    try:
        process(source_of(url, max_bytes=limits.bytes), {"": _RECIPE}, made, limits, salvage=True)
    except (StriplineError, OSError):
        return None
    return "data:image/webp;base64," + base64.b64encode(made.files[""]).decode("ascii")
