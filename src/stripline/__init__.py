"""Turn pixels into small files: fast, streaming, in bounded memory.

Layers, each of which imports only those before it::

    errors    one tree, named by cause
    pools     where work runs: any concurrent.futures.Executor
    streams   where pixels come from and bytes go
    jpeg      rows -> strips -> pool -> file
    cli       the command line

Importing this package loads none of them: a name is fetched from its home when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stripline import errors, jpeg, pools, streams
    from stripline.errors import StriplineError
    from stripline.jpeg import (
        JpegEncoder,
        JpegInfo,
        Metadata,
        PlanarFrame,
        Tables,
        encode,
        inspect,
        iter_encode,
    )

    __version__: str

__all__ = [
    "JpegEncoder",
    "JpegInfo",
    "Metadata",
    "PlanarFrame",
    "StriplineError",
    "Tables",
    "__version__",
    "encode",
    "errors",
    "inspect",
    "iter_encode",
    "jpeg",
    "pools",
    "streams",
]

if not TYPE_CHECKING:  # a type checker would take any name at all for one of this module's
    _MODULES = frozenset({"errors", "jpeg", "pools", "streams"})
    _HOMES = {"StriplineError": "stripline.errors"}

    def __getattr__(name: str) -> object:
        value: object
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415 - slower than all the rest

            value = version("stripline")
        elif name in _MODULES:
            value = import_module(f"stripline.{name}")
        elif name in __all__:
            value = getattr(import_module(_HOMES.get(name, "stripline.jpeg")), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
