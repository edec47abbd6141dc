"""Goals through `process`: from a file to a file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stripline.errors import GoalNotReached
from stripline.image import process
from stripline.image.recipe import Recipe
from stripline.image.sinks import MemorySinks
from tests.image.goals.trials import cat, icon, score_of, screenshot
from tests.support import photograph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripline.image.result import VariantResult


def file_of(pixels: NDArray[np.uint8], form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def made(source: bytes, **output: Any) -> tuple[VariantResult, bytes]:
    sink = io.BytesIO()
    result = process(source, Recipe.read({"output": output}), sink)
    return result.variants[""], sink.getvalue()


def test_target() -> None:
    result, file = made(file_of(cat(), "PNG"), format="jpeg", target=75)
    assert result.score is not None
    assert result.score >= 75
    assert (result.scored, result.bytes) == ("picture", len(file))
    assert score_of(cat(), file) == result.score


def test_size() -> None:
    result, file = made(file_of(cat(), "PNG"), format="webp", max_bytes=9000)
    assert len(file) == result.bytes <= 9000
    assert (result.score, result.scored) == (None, None)
    with pytest.raises(GoalNotReached, match="the smallest file has"):
        made(file_of(cat(), "PNG"), format="webp", max_bytes=100)


@pytest.mark.parametrize(
    ("pixels", "formats"),
    [(photograph(), {"jpeg", "webp"}), (screenshot(), {"png", "webp"}), (icon(), {"png", "webp"})],
)
def test_auto(pixels: NDArray[np.uint8], formats: set[str]) -> None:
    source = file_of(pixels, "PNG")
    result, file = made(source, format="auto")
    assert result.format in formats
    assert len(file) < len(source)
    assert Image.open(io.BytesIO(file)).format == result.format.upper()


def test_never_larger_keeps_the_source_that_a_target_cannot_beat() -> None:
    source = file_of(cat(), "JPEG", quality=30)
    result, file = made(source, format="jpeg", target=95, never_larger=True)
    assert file == source
    assert (result.kept_source, result.quality, result.score) == (True, None, None)
    result, file = made(source, format="jpeg", target=50, never_larger=True, margin=0.01)
    assert len(file) < len(source)
    assert not result.kept_source
    assert result.score is not None


def test_variants_with_goals_of_their_own() -> None:
    variants = {
        "small": Recipe.read(
            {"resize": {"width": 200}, "output": {"format": "auto", "max_bytes": 5000}}
        ),
        "large": Recipe.read({"output": {"format": "webp", "quality": "auto"}}),
        "plain": Recipe.read({"output": {"format": "jpeg", "quality": 50}}),
    }
    result = process(file_of(cat(), "PNG"), variants, MemorySinks())
    assert result.variants["small"].bytes <= 5000
    assert (result.variants["large"].score or 0) >= 80
    assert (result.variants["plain"].quality, result.variants["plain"].score) == (50, None)


def test_animation_keeps_its_frames() -> None:
    frames = [Image.fromarray(np.roll(cat(), 20 * n, axis=1)) for n in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0)
    result, data = made(file.getvalue(), format="auto", quality=70)
    assert (result.format, result.frames) == ("webp", 3)
    assert result.scored == "sample"
    assert Image.open(io.BytesIO(data)).n_frames == 3  # type: ignore[attr-defined]
    goal, _ = made(file.getvalue(), format="webp", target=60)
    assert goal.frames == 3
    assert goal.score is not None
    assert goal.score >= 60
