"""How good small pictures are: SSIMULACRA 2 against what the whole JPEG gives, filtered once.

The reference decodes all pixels, turns them upright and scales them with Lanczos3 over all of them
(`gap=0`: no averaging before the filter), in 8 bits, in sRGB's own encoding of light as all tools
here do.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pyvips

from stripline.image import Reference

if TYPE_CHECKING:
    from pathlib import Path

pyvips.cache_set_max(0)


def score(original: Path, result: Path) -> float:
    """SSIMULACRA 2 of a result: 100 is the reference itself."""
    picture = pyvips.Image.new_from_file(str(result)).colourspace("srgb")
    reference = _reference(original, picture.width, picture.height)
    return reference.score(picture.write_to_memory())


@cache
def _reference(original: Path, width: int, height: int) -> Reference:
    upright: Any = pyvips.Image.jpegload(str(original)).autorot()
    small = upright.reduce(upright.width / width, upright.height / height, kernel="lanczos3", gap=0)
    if (small.width, small.height) != (width, height):
        message = f"{original} became {small.width}x{small.height}, not {width}x{height}"
        raise RuntimeError(message)
    return Reference(small.write_to_memory(), width, height)
