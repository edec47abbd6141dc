"""Colours in words: a name, `#rgb`, `#rrggbb`, `r,g,b`."""

from __future__ import annotations

from typing import Final

from stripline.errors import InvalidOption

# The sixteen colour names of HTML 4, and the two spellings of grey.
COLOURS: Final = {
    "black": "#000000",
    "silver": "#c0c0c0",
    "gray": "#808080",
    "grey": "#808080",
    "white": "#ffffff",
    "maroon": "#800000",
    "red": "#ff0000",
    "purple": "#800080",
    "fuchsia": "#ff00ff",
    "green": "#008000",
    "lime": "#00ff00",
    "olive": "#808000",
    "yellow": "#ffff00",
    "navy": "#000080",
    "blue": "#0000ff",
    "teal": "#008080",
    "aqua": "#00ffff",
}


def parse_colour(text: str) -> tuple[int, int, int]:
    """Read a colour: a name, `#rgb`, `#rrggbb` or `r,g,b` with numbers from 0 to 255.

    Raises:
        InvalidOption: It is none of these.
    """
    word = COLOURS.get(text.strip().lower(), text.strip().lower())
    try:
        if "," in word:
            levels = tuple(int(part) for part in word.split(","))
        else:
            digits = word.removeprefix("#")
            if len(digits) == 3:
                digits = "".join(digit * 2 for digit in digits)
            levels = tuple(bytes.fromhex(digits)) if word.startswith("#") else ()
    except ValueError:
        levels = ()
    if len(levels) != 3 or not all(0 <= level <= 255 for level in levels):
        raise InvalidOption(
            f"{text!r} is not a colour: give a name ({', '.join(COLOURS)}), "
            "#rgb, #rrggbb, or r,g,b from 0 to 255"
        )
    return levels[0], levels[1], levels[2]
