"""Drawings that take long, or that nobody can draw."""

from __future__ import annotations

import pytest

from stripline import image
from stripline.errors import CorruptImage, LimitExceeded, WorkerLost
from stripline.image import Limits, MemorySinks, Recipe


def drawing(inside: str) -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="60" height="40">{inside}</svg>'
    ).encode()


def uses(levels: int) -> bytes:
    """Each level draws the one before ten times."""
    groups = ['<g id="g0"><rect width="9" height="9"/></g>']
    for level in range(1, levels):
        once = f'<use xlink:href="#g{level - 1}"/>'
        groups.append(f'<g id="g{level}">{once * 10}</g>')
    return drawing(f"<defs>{''.join(groups)}</defs>" + f'<use xlink:href="#g{levels - 1}"/>')


def test_one_that_takes_too_long_is_ended() -> None:
    recipe = Recipe.read({"output": {"format": "png"}})
    assert image.process(uses(2), recipe, MemorySinks()).variants[""].width == 60
    slow = '<filter id="f"><feGaussianBlur stdDeviation="90"/></filter>' + (
        '<g filter="url(#f)">' * 20 + '<rect width="60" height="40"/>' + "</g>" * 20
    )
    large = Recipe.read({"resize": {"width": 6000, "enlarge": True}, "output": {"format": "png"}})
    sinks = MemorySinks()
    with pytest.raises(LimitExceeded, match="seconds"):
        image.process(drawing(slow), large, sinks, Limits(seconds=0.5))
    assert not sinks.files


def test_one_that_librsvg_does_not_draw_is_damaged() -> None:
    with pytest.raises(CorruptImage, match="the data: "):
        image.process(uses(8), Recipe.read({"output": {"format": "png"}}), MemorySinks())


def test_a_process_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(WorkerLost, match="draws an SVG ended with 1"):
        image.process(uses(2), Recipe.read({"output": {"format": "png"}}), MemorySinks())
