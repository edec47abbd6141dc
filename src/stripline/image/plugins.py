"""Steps that other packages bring, found by entry point.

A package names its step class under `[project.entry-points."stripline.steps"]`. The class has a
`Settings` subclass as its attribute `Settings`, and a method `apply(picture, settings)` that
returns a `Picture`; `examples/` has one. Encoders come the same way: see `encode/registry.py`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from pydantic import ConfigDict, model_validator

from stripline.errors import InvalidRecipe
from stripline.image.entry_points import STEPS_GROUP, instance, names, point_for
from stripline.image.settings import Settings

if TYPE_CHECKING:
    from stripline.image.picture import Picture


class Step(Protocol):
    """A step that a plugin brings. One instance serves all threads."""

    Settings: ClassVar[type[Settings]]

    def apply(self, picture: Picture, settings: Any) -> Picture:  # noqa: ANN401 - its own Settings
        """The picture with the step done to it."""


@cache
def step_for(name: str) -> Step:
    """The step of that name.

    Raises:
        InvalidRecipe: Nobody or more than one package brings it, or it cannot be imported.
    """
    point = point_for(STEPS_GROUP, name)
    if point is None:
        known = names(STEPS_GROUP)
        brought = f"; there are {', '.join(known)}" if known else ""
        raise InvalidRecipe(f"no installed package brings step {name!r} ({STEPS_GROUP}){brought}")
    return cast("Step", instance(point))


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
        return step_for(self.step).Settings.model_validate(self.model_extra or {})


def apply_custom(picture: Picture, steps: tuple[CustomStep, ...]) -> Picture:
    """The picture with the plugins' steps done to it, in order."""
    for step in steps:
        picture = step_for(step.step).apply(picture, step.own_settings())
    return picture
