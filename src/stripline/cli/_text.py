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


def shown(text: str) -> str:
    """Text as a terminal may have it: names of files can hold anything, escape sequences too."""
    text = text.encode(errors="surrogateescape").decode(errors="replace")
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def share(part: float) -> str:
    """A share in percent: 37 %, 4.2 %, -12 %."""
    percent = 100 * part
    return f"{percent:.{1 if abs(percent) < 9.95 else 0}f} %"
