"""One picture's share of a batch, as a value that can be sent to another process or machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.image import Limits, Recipe
    from stripline.image.sinks import Made


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
class Found:
    """A file that discovery came upon and that may be a picture.

    Attributes:
        url: An absolute path, or a URL of an object store.
        relative: The same below the folder it was found in, with `/` between its parts; its name
            alone if it was named itself.
        size: Bytes.
        version: When it was last changed (nanoseconds), or the store's tag of its content.
    """

    url: str
    relative: str
    size: int
    version: str

    @property
    def source(self) -> SourceId:
        """Without the place it was found in."""
        return SourceId(self.url, self.size, self.version)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file that discovery came upon and left alone, to be reported.

    Attributes:
        url: As of a `Found`.
        relative: As of a `Found`.
        reason: Why, in words: `excluded by *.tmp`, `PermissionError: ...`.
        failed: Whether something is wrong (unreadable), or it was not wanted (empty, no picture).
    """

    url: str
    relative: str
    reason: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A file that a task will make.

    Attributes:
        variant: The recipe's name.
        url: An absolute path, or a URL of an object store, as a template: `{width}`, `{height}`,
            `{quality}` and `{ext}` stand for what is known once the picture is decoded. Braces
            that are meant are doubled.
    """

    variant: str
    url: str

    def url_for(self, made: Made) -> str:
        """Where it goes, now that it is known what it is."""
        return self.url.format(
            width=made.width,
            height=made.height,
            quality="lossless" if made.quality is None else made.quality,
            ext=made.extension,
        )


@dataclass(frozen=True, slots=True)
class Work:
    """All that a worker needs to know.

    Attributes:
        key: 32 hexadecimal digits that stand for source, state, recipes and outputs. A task whose
            key is done in the journal need not be done again.
        source: What to read.
        variants: What to make, by name.
        outputs: Where it goes, a place for each variant.
        limits: What the source may need.
        salvage: Whether damaged sources give what can be read.
        verify: Whether outputs are decoded again and compared before the task counts as done.
        memory_bytes: What it was admitted for; 0 if that was not estimated.
        budget_bytes: What there is, if it was admitted for more; 0 otherwise.
        gives_back: Whether the memory it took goes back to the system at once. Taking it anew costs
            the next task time: a sixth with pictures of 12 to 24 megapixels.
    """

    key: str
    source: SourceId
    variants: Mapping[str, Recipe]
    outputs: tuple[Planned, ...]
    limits: Limits
    salvage: bool = False
    verify: bool = False
    memory_bytes: int = 0
    budget_bytes: int = 0
    gives_back: bool = False


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
        seconds: From its first step to its last byte.
    """

    variant: str
    url: str
    format: str
    width: int
    height: int
    bytes: int
    quality: int | None
    score: float | None
    seconds: float = 0.0


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


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task made nothing. A value, because causes of errors do not travel between processes.

    Attributes:
        kind: Class of the error.
        message: What it said.
        retryable: Whether the same task can succeed when it is tried again.
        alone: Whether it may have been for want of memory or by a crash, so that it is to be tried
            once more with nothing beside it.
        seconds: Of work.
        worker: Host and process that did it; empty if that is not known.
    """

    kind: str
    message: str
    retryable: bool = False
    alone: bool = False
    seconds: float = 0.0
    worker: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind
