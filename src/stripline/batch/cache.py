"""Results that are kept on disk, so that the same bytes are not worked on twice by one recipe.

An entry is one file that a recipe made. Its name stands for all that decides its bytes: the
source's content, the recipe's fingerprint, how damage is treated, and the versions of what does the
work. Entries appear whole and never change; each holds a digest of itself and is thrown away if it
does not match. So any number of processes may share a folder without locks, on one machine or by a
shared disk, and a machine that stops at any moment does no harm.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stripline.batch.cache_entry import MAGIC, Copy, Entry
from stripline.batch.cache_room import make_room
from stripline.errors import SourceFailed, describe
from stripline.image import Limits, process
from stripline.image.entry_points import ENCODERS_GROUP, STEPS_GROUP
from stripline.image.sinks import Delivery

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from typing_extensions import Buffer

    from stripline.image import Recipe, VariantResult
    from stripline.image.sinks import Made, Sinks
    from stripline.streams import Sink
    from stripline.streams.source import Source

# What takes part in making files. Releases of any of them may give other bytes.
_PACKAGES: Final = (
    "stripline",
    "mozjpeg-lossless-optimization",
    "pi-heif",
    "pillow",
    "py-svg-hush",
    "pyoxipng",
    "pyvips",
    "pyvips-binary",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was made of a source, or was at hand.

    Attributes:
        variants: Files by name, in the order of the recipes.
        source_bytes: Size of the source.
        cached: Whether all of them were at hand.
        warnings: What a person should know.
    """

    variants: Mapping[str, VariantResult]
    source_bytes: int
    cached: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResultCache:
    """A folder of results. May be pickled and used by many threads and processes.

    Attributes:
        folder: Where they lie; made when it is needed.
        max_bytes: What they may take together. Those that were not used for the longest time go
            first. Between two looks at the folder each process may write 5 % more.
    """

    folder: str
    max_bytes: int

    def process(
        self,
        source: Source,
        variants: Mapping[str, Recipe],
        sinks: Sinks,
        limits: Limits | None = None,
        *,
        salvage: bool = False,
        verified: bool = False,
    ) -> Kept:
        """Deliver what is at hand and make the rest; see `stripline.image.process`.

        What `limits` say is not asked of sources whose results are at hand. A cache that fails, a
        full disk for example, is a warning and not an error.

        Args:
            source: A picture.
            variants: Recipes by name.
            sinks: Where files go.
            limits: What the source may need.
            salvage: Take what can be read of a damaged file.
            verified: Whether `sinks` look at files before they take them; results of those that do
                not are no use for those that do.

        Raises:
            StriplineError: See `stripline.image.process`.
        """
        state = _state(source)
        digest, size = _digest(source)
        keys = {
            name: _key(digest, recipe, salvage=salvage, verified=verified)
            for name, recipe in variants.items()
        }
        with ExitStack() as stack:
            entries = {name: self._find(key, stack) for name, key in keys.items()}
            missing = {name: variants[name] for name, entry in entries.items() if entry is None}
            made: dict[str, VariantResult] = {}
            warnings: tuple[str, ...] = ()
            if missing:
                keeping = stack.enter_context(_KeepingSinks(self, sinks))
                result = process(source, missing, keeping, limits, salvage=salvage)
                made, warnings = dict(result.variants), result.warnings
                if _state(source) == state:  # or these are the results of other bytes
                    warnings += keeping.keep(keys, result.variants)
            with Delivery(sinks) as delivery:
                for name, entry in entries.items():
                    if entry is not None:
                        made[name] = entry.deliver(name, delivery)
        ordered = {name: made[name] for name in variants}
        texts = [text for one in ordered.values() for text in one.warnings]
        return Kept(ordered, size, not missing, tuple(dict.fromkeys([*texts, *warnings])))

    def path_of(self, key: str) -> Path:
        """Where an entry lies."""
        return Path(self.folder, key[:2], key[2:])

    def _find(self, key: str, stack: ExitStack) -> Entry | None:
        """An entry whose bytes are what they were; one that is damaged is removed."""
        path = self.path_of(key)
        try:
            file = stack.enter_context(path.open("rb"))
        except OSError:
            return None
        try:
            entry = Entry.read(file)
        except (OSError, ValueError, KeyError, TypeError):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):  # a shared folder may be for reading only
            os.utime(path)
        return entry


def _state(source: Source) -> tuple[int, int, int] | None:
    """What changes when a local file does; objects see to that themselves."""
    if source.path is None:
        return None
    try:
        status = os.stat(source.path)  # noqa: PTH116 - it is a string
    except OSError as error:
        raise SourceFailed(0, describe(error)) from error
    return status.st_ino, status.st_size, status.st_mtime_ns


def _digest(source: Source) -> tuple[str, int]:
    """SHA-256 of the content, and its size."""
    if source.path is None:
        data = source.data()
        return hashlib.sha256(data).hexdigest(), memoryview(data).nbytes
    try:
        with Path(source.path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    except OSError as error:
        raise SourceFailed(0, describe(error)) from error


def _key(digest: str, recipe: Recipe, *, salvage: bool, verified: bool) -> str:
    parts = [MAGIC.decode(), digest, recipe.fingerprint, str(salvage), str(verified), *_versions()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _versions() -> tuple[str, ...]:
    """Of all that takes part in making files, steps and encoders of plugins included."""
    found = []
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    for group in (STEPS_GROUP, ENCODERS_GROUP):
        for point in entry_points(group=group):
            release = point.dist.version if point.dist is not None else ""
            found.append(f"{group} {point.name} {point.value} {release}")
    return tuple(sorted(found))


@dataclass(slots=True)
class _KeepingSinks:
    """Writes files to their places, and copies of them to where they will be entries."""

    cache: ResultCache
    sinks: Sinks
    copies: dict[str, Copy] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for copy in self.copies.values():
            copy.discard()

    def open(self, made: Made) -> Sink:
        """A file's place."""
        copy = Copy(self.cache.folder, made)
        self.copies[made.variant] = copy
        return _Twice(self.sinks.open(made), copy)

    def keep(
        self, keys: Mapping[str, str], results: Mapping[str, VariantResult]
    ) -> tuple[str, ...]:
        """Make entries of the copies; what a person should know if that fails."""
        troubles, added = [], 0
        for name, copy in self.copies.items():
            added += copy.keep(self.cache.path_of(keys[name]), results[name], self.cache.max_bytes)
            troubles.append(copy.trouble)
        if added:
            try:
                make_room(self.cache.folder, self.cache.max_bytes, added)
            except OSError as error:
                troubles.append(describe(error))
        return tuple(f"the result cache failed: {text}" for text in dict.fromkeys(troubles) if text)


class _Twice:
    """A sink that writes a copy as well."""

    def __init__(self, sink: Sink, copy: Copy) -> None:
        self._sink = sink
        self._copy = copy
        self.can_patch = sink.can_patch

    def write(self, data: Buffer) -> None:
        self._sink.write(data)
        self._copy.write(data)

    def patch(self, offset: int, data: bytes) -> None:
        self._sink.patch(offset, data)
        self._copy.write(data, offset)

    def commit(self) -> None:
        self._sink.commit()

    def abort(self) -> None:
        self._sink.abort()
        self._copy.discard()
