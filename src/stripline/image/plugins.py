"""Steps that other packages bring, found by entry point.

A package names its step class under `[project.entry-points."stripline.steps"]`. The class has a
`Settings` subclass as its attribute `Settings`, and a method `apply(picture, settings)` that
returns a `Picture`; `examples/` has one. Encoders come the same way: see `encode/registry.py`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import ConfigDict, model_validator

from stripline.errors import InvalidRecipe, describe
from stripline.image.settings import Settings

if TYPE_CHECKING:
    from stripline.image.picture import Picture

STEPS_GROUP = "stripline.steps"


class Step(Protocol):
    """A step that a plugin brings. One instance serves all threads."""

    Settings: ClassVar[type[Settings]]

    def apply(self, picture: Picture, settings: Any) -> Picture:  # noqa: ANN401 - its own Settings
        """The picture with the step done to it."""


@cache
def load(group: str, name: str) -> Any:  # noqa: ANN401 - what it is depends on the group
    """An instance of the class that an entry point names.

    Raises:
        InvalidRecipe: Nobody or more than one package brings it, or it cannot be imported.
    """
    found = entry_points(group=group, name=name)
    if not found:
        known = sorted({point.name for point in entry_points(group=group)})
        brought = f"; there are {', '.join(known)}" if known else ""
        raise InvalidRecipe(f"no installed package brings {name!r} ({group}){brought}")
    if len(found) > 1:
        places = ", ".join(sorted(point.value for point in found))
        raise InvalidRecipe(f"several packages bring {name!r} ({group}): {places}")
    (point,) = found
    try:
        return point.load()()
    except Exception as error:
        raise InvalidRecipe(f"{name!r} ({point.value}) fails: {describe(error)}") from error


class CustomStep(Settings):
    """A plugin's step: its name as `step`, and its own settings beside it."""

    model_config = ConfigDict(extra="allow")

    step: str
    """Name of the entry point."""

    @model_validator(mode="after")
    def _check(self) -> CustomStep:
        try:
            self.own_settings()
        except InvalidRecipe as error:
            raise ValueError(str(error)) from error
        return self

    def own_settings(self) -> Settings:
        """The step's settings, validated by the plugin's own model."""
        plugin: Step = load(STEPS_GROUP, self.step)
        return plugin.Settings.model_validate(self.model_extra or {})


def apply_custom(picture: Picture, steps: tuple[CustomStep, ...]) -> Picture:
    """The picture with the plugins' steps done to it, in order."""
    for step in steps:
        plugin: Step = load(STEPS_GROUP, step.step)
        picture = plugin.apply(picture, step.own_settings())
    return picture
