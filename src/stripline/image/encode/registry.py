"""Encoders by name: those that come with stripline, and those of plugins.

Another package brings one by naming its class under
`[project.entry-points."stripline.encoders"]`; the class follows `Encoder` and finds its own
settings in `Output.options`. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final, cast

from stripline.errors import InvalidRecipe, describe
from stripline.image.encode.encoder import Traits

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from stripline.image.encode.encoder import Encoder

ENCODERS_GROUP: Final = "stripline.encoders"
_BUILT_IN: Final[dict[str, str]] = {
    "jpeg": "JpegEncoder",
    "png": "PngEncoder",
    "webp": "WebpEncoder",
    "avif": "AvifEncoder",
    "tiff": "TiffEncoder",
    "gif": "GifEncoder",
}


def encoder_names() -> tuple[str, ...]:
    """All formats that can be written: the built-in ones, then plugins' by name."""
    brought = {point.name for point in entry_points(group=ENCODERS_GROUP)}
    return (*_BUILT_IN, *sorted(brought - _BUILT_IN.keys()))


@cache
def encoder_for(name: str) -> Encoder:
    """The encoder of a format.

    Args:
        name: `jpeg`, `png`, ..., or an entry point of the group `stripline.encoders`.

    Raises:
        InvalidRecipe: Nobody brings it, several packages or a package and stripline do, it cannot
            be imported, or it is not an encoder.
    """
    points = tuple(entry_points(group=ENCODERS_GROUP, name=name))
    places = ", ".join(sorted(point.value for point in points))
    if name in _BUILT_IN:
        if points:
            raise InvalidRecipe(
                f"encoder {name!r} comes with stripline, and {places} brings it too:"
                " uninstall that package, or let it choose another name"
            )
        return _built_in(name)
    if not points:
        raise InvalidRecipe(f"no encoder {name!r}; there are {', '.join(encoder_names())}")
    if len(points) > 1:
        raise InvalidRecipe(
            f"several packages bring an encoder {name!r}: {places}; uninstall all but one"
        )
    return _plugin(points[0])


def _built_in(name: str) -> Encoder:
    module = import_module(f"stripline.image.encode.{name}")
    return cast("Encoder", getattr(module, _BUILT_IN[name])())


def _plugin(point: EntryPoint) -> Encoder:
    where = f"encoder {point.name!r} ({point.value})"
    try:
        encoder = point.load()()
    except Exception as error:
        raise InvalidRecipe(f"{where} cannot be loaded: {describe(error)}") from error
    missing = [
        member
        for member in ("traits", "write", "resolved_settings")
        if not hasattr(encoder, member)
    ]
    if missing:
        raise InvalidRecipe(f"{where} is not an encoder: it has no {', no '.join(missing)}")
    if not isinstance(encoder.traits, Traits) or encoder.traits.name != point.name:
        raise InvalidRecipe(f"{where} must have Traits with the name of its entry point")
    return cast("Encoder", encoder)
