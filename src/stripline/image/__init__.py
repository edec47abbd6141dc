"""One picture in, any variants out.

::

    headers/  what a file is, from its header alone, within limits
    decode/   from a file to pixels, by the decoder that its format needs
    steps/    orient, colour, resize, sharpen, flatten, metadata: one file each
    encode/   one file a format
    pipeline  all of it: a source, recipes by name, and where the files go

Needs the extra `image`; HEIC needs `heif` too. Importing this package loads nothing: a name is
fetched from its home when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from stripline.errors import MissingDependency

if TYPE_CHECKING:
    from stripline.image.headers import ImageInfo, probe
    from stripline.image.limits import Limits
    from stripline.image.output import Output
    from stripline.image.picture import Picture
    from stripline.image.pipeline import process
    from stripline.image.recipe import Recipe, load_variants, read_variants
    from stripline.image.result import Result, VariantResult
    from stripline.image.score import Reference, psnr, ssimulacra2
    from stripline.image.sinks import FolderSinks, MemorySinks
    from stripline.image.steps.resize import Resize
    from stripline.image.steps.sharpen import Sharpen

__all__ = [
    "FolderSinks",
    "ImageInfo",
    "Limits",
    "MemorySinks",
    "Output",
    "Picture",
    "Recipe",
    "Reference",
    "Resize",
    "Result",
    "Sharpen",
    "VariantResult",
    "load_variants",
    "probe",
    "process",
    "psnr",
    "read_variants",
    "ssimulacra2",
]

if not TYPE_CHECKING:  # a type checker would take any name at all for one of this module's
    _HOMES = {
        "FolderSinks": "sinks",
        "ImageInfo": "headers",
        "Limits": "limits",
        "MemorySinks": "sinks",
        "Output": "output",
        "Picture": "picture",
        "Recipe": "recipe",
        "Reference": "score",
        "Resize": "steps.resize",
        "Result": "result",
        "Sharpen": "steps.sharpen",
        "VariantResult": "result",
        "load_variants": "recipe",
        "probe": "headers.probe",
        "process": "pipeline",
        "psnr": "score",
        "read_variants": "recipe",
        "ssimulacra2": "score",
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            home = import_module(f"stripline.image.{_HOMES[name]}")
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "pydantic":
                raise
            raise MissingDependency(f"stripline.image.{name}", "pydantic", "image") from error
        value = getattr(home, name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
