"""What other packages bring, found by entry point: steps and encoders."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

from stripline.errors import InvalidRecipe, describe

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

STEPS_GROUP: Final = "stripline.steps"
ENCODERS_GROUP: Final = "stripline.encoders"
_KINDS: Final = {STEPS_GROUP: "step", ENCODERS_GROUP: "encoder"}


def names(group: str) -> list[str]:
    """What the entry points of a group are called, each once, in order."""
    return sorted({point.name for point in entry_points(group=group)})


def point_for(group: str, name: str) -> EntryPoint | None:
    """The entry point of that name; None if nobody brings it.

    Raises:
        InvalidRecipe: More than one package does.
    """
    points = tuple(entry_points(group=group, name=name))
    if len(points) > 1:
        places = ", ".join(sorted(point.value for point in points))
        raise InvalidRecipe(
            f"several packages bring {_KINDS[group]} {name!r}: {places}; uninstall all but one"
        )
    return points[0] if points else None


def instance(point: EntryPoint) -> Any:  # noqa: ANN401 - what it is depends on the group
    """An instance of the class that an entry point names.

    Raises:
        InvalidRecipe: It cannot be imported or made.
    """
    try:
        return point.load()()
    except Exception as error:
        raise InvalidRecipe(f"{described(point)} cannot be loaded: {describe(error)}") from error


def described(point: EntryPoint) -> str:
    """What to call it in messages."""
    return f"{_KINDS[point.group]} {point.name!r} ({point.value})"
