"""Numbers in words."""

from __future__ import annotations


def byte_count(count: int) -> str:
    """A number of bytes with a decimal unit and three digits: 999 B, 1.50 kB, 12.3 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5 or unit == "GB":
            break
        value /= 1000
    if unit == "B":
        return f"{count} B"
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {unit}"


def megapixels(count: int) -> str:
    """A number of pixels: 0.26 megapixels, 12.0 megapixels, 101 megapixels."""
    value = count / 1e6
    return f"{value:.{2 if value < 1 else 1 if value < 100 else 0}f} megapixels"
