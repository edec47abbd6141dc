"""How savings spread over the pictures of a job, as an SVG chart to stand in a page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TENTHS: Final = range(-1, 10)
_WIDTH: Final = 720
_HEIGHT: Final = 240
_BAR: Final = 52
_STEP: Final = _WIDTH / len(_TENTHS)
_BASE: Final = _HEIGHT - 44  # below it the axis and its words
_TOP: Final = 24  # above it the number over the highest bar


def savings_chart(spread: Mapping[int, int]) -> str:
    """A bar for each tenth of the bytes that are saved, as high as there are pictures.

    Args:
        spread: See `stripline.batch.journal.analysis.spread`.
    """
    most = max(spread.values(), default=0)
    bars = "".join(
        _bar(index, tenth, spread.get(tenth, 0), most) for index, tenth in enumerate(_TENTHS)
    )
    about = ", ".join(f"{_words(tenth)}: {spread[tenth]:,}" for tenth in _TENTHS if tenth in spread)
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="Pictures by bytes saved. {escape(about)}">'
        f'<line x1="0" x2="{_WIDTH}" y1="{_BASE}" y2="{_BASE}"/>{bars}'
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 4}">bytes saved</text></svg>'
    )


def _bar(index: int, tenth: int, count: int, most: int) -> str:
    middle = (index + 0.5) * _STEP
    label = f'<text x="{middle:.1f}" y="{_BASE + 17}">{_words(tenth)}</text>'
    if not count:
        return label
    height = max(2.0, count / most * (_BASE - _TOP))
    top = _BASE - height
    kind = ' class="worse"' if tenth < 0 else ""
    return (
        f'<rect{kind} x="{middle - _BAR / 2:.1f}" y="{top:.1f}" width="{_BAR}" '
        f'height="{height:.1f}" rx="3"/>'
        f'<text x="{middle:.1f}" y="{top - 6:.1f}" class="count">{count:,}</text>{label}'
    )


def _words(tenth: int) -> str:
    return "larger" if tenth < 0 else f"{10 * tenth} to {10 * tenth + 10} %"
