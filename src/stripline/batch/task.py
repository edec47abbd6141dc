"""One picture's share of a batch, as a value that can be sent to another process or machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.image import Limits, Recipe


@dataclass(frozen=True, slots=True)
class SourceId:
    """Which file, in which state: what has to be the same for its results to hold.

    Attributes:
        url: An absolute path, or a URL of an object store.
        size: Bytes.
        version: When it was last changed (nanoseconds), or the store's tag of its content.
    """

    url: str
    size: int
    version: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A file that a task will make.

    Attributes:
        variant: The recipe's name.
        url: An absolute path, or a URL of an object store.
    """

    variant: str
    url: str


@dataclass(frozen=True, slots=True)
class Work:
    """All that a worker needs to know.

    Attributes:
        source: What to read.
        variants: What to make, by name.
        outputs: Where it goes.
        limits: What the source may need.
        salvage: Whether damaged sources give what can be read.
        verify: Whether outputs are decoded again and compared before the task counts as done.
    """

    source: SourceId
    variants: Mapping[str, Recipe]
    outputs: tuple[Planned, ...]
    limits: Limits
    salvage: bool = False
    verify: bool = False

    @property
    def key(self) -> str:
        """32 hexadecimal digits that stand for source, state, recipes and outputs.

        A task whose key is done in the journal need not be done again.
        """
        parts = [self.source.url, str(self.source.size), self.source.version]
        parts += [f"{name}={recipe.fingerprint}" for name, recipe in self.variants.items()]
        parts += [f"{planned.variant}>{planned.url}" for planned in self.outputs]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Written:
    """A file that a task made.

    Attributes:
        variant: The recipe's name.
        url: Where it is.
        format: Of the file.
        width: Pixels across.
        height: Rows.
        bytes: Size.
        quality: It was encoded with; None for lossless.
        score: SSIMULACRA2, where it was measured.
    """

    variant: str
    url: str
    format: str
    width: int
    height: int
    bytes: int
    quality: int | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task made and what it cost. Small: it travels between machines.

    Attributes:
        written: The files.
        bytes_in: Size of the source.
        seconds: Of work.
        worker: Host and process that did it.
        warnings: What a person should know.
        fallback: What was used in place of what failed; empty if nothing did.
        cached: Whether the result cache had it.
    """

    written: tuple[Written, ...]
    bytes_in: int
    seconds: float
    worker: str
    warnings: tuple[str, ...] = ()
    fallback: str = ""
    cached: bool = False

    @property
    def bytes_out(self) -> int:
        """Size of all files."""
        return sum(file.bytes for file in self.written)
