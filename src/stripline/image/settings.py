"""What all parts of a recipe are made of."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from stripline.streams.colour import parse_colour

WHITE: Final = (255, 255, 255)

Quality = Annotated[int, Field(ge=1, le=100)]
"""1 (small) to 100 (faithful), on the format's own scale."""
Effort = Annotated[int, Field(ge=0, le=9)]
"""0 (fast) to 9 (small); what it does is up to the format."""


class Settings(BaseModel):
    """Part of a recipe: validated when it is made, never changed after."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
    )


def _read_colour(value: object) -> object:
    return parse_colour(value) if isinstance(value, str) else value


def _check_colour(value: tuple[int, int, int]) -> tuple[int, int, int]:
    if not all(0 <= level <= 255 for level in value):
        raise ValueError(f"{value} is not a colour: each level goes from 0 to 255")
    return value


Colour = Annotated[
    tuple[int, int, int],
    BeforeValidator(_read_colour, json_schema_input_type=tuple[int, int, int] | str),
    AfterValidator(_check_colour),
]
"""Red, green and blue; written as a list of three, a name, `#rgb`, `#rrggbb` or `r,g,b`."""
