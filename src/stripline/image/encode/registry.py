"""Encoders by name: those that come with stripline, and those of plugins.

Another package brings one by naming its class under
`[project.entry-points."stripline.encoders"]`; the class follows `Encoder` and finds its own
settings in `Output.options`. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from stripline.errors import InvalidRecipe
from stripline.image.encode.encoder import Traits
from stripline.image.entry_points import ENCODERS_GROUP, described, instance, names, point_for

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from stripline.image.encode.encoder import Encoder

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
    brought = [name for name in names(ENCODERS_GROUP) if name not in _BUILT_IN]
    return (*_BUILT_IN, *brought)


@cache
def encoder_for(name: str) -> Encoder:
    """The encoder of a format.

    Args:
        name: `jpeg`, `png`, ..., or an entry point of the group `stripline.encoders`.

    Raises:
        InvalidRecipe: Nobody brings it, several packages or a package and stripline do, it cannot
            be imported, or it is not an encoder.
    """
    point = point_for(ENCODERS_GROUP, name)
    if name in _BUILT_IN:
        if point is not None:
            raise InvalidRecipe(
                f"encoder {name!r} comes with stripline, and {point.value} brings it too:"
                " uninstall that package, or let it choose another name"
            )
        return _built_in(name)
    if point is None:
        raise InvalidRecipe(f"no encoder {name!r}; there are {', '.join(encoder_names())}")
    return _checked(instance(point), point)


def _built_in(name: str) -> Encoder:
    module = import_module(f"stripline.image.encode.{name}")
    return cast("Encoder", getattr(module, _BUILT_IN[name])())


def _checked(encoder: Any, point: EntryPoint) -> Encoder:  # noqa: ANN401 - not checked yet
    where = described(point)
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
