"""Which files a command works on, and what is known of them before any pixel is decoded."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stripline.cli._files import STANDARD_STREAM
from stripline.cli._stdin import standard_input
from stripline.errors import (
    InvalidOption,
    SourceFailed,
    StriplineError,
    UnsupportedFormat,
    describe,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stripline.image import ImageInfo, Recipe
    from stripline.image.variant import Job

# A file with such a name that is no picture is worth a word; any other is none of our business.
_ENDINGS: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".gif", ".webp", ".tif", ".tiff", ".bmp"}
    | {".avif", ".heic", ".heif", ".svg", ".svgz", ".jxl"}
)
NO_PICTURE: Final = "no picture"
LINK: Final = "a symbolic link, which is not followed"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was named, or that lies in a folder that was named.

    Attributes:
        path: As it was named; `-` for standard input.
        below: The folder it lies in, as seen from the folder that was named.
        named: Whether it was named itself.
        skipped: Why it is left alone; None if it is not.
    """

    path: str
    below: Path = Path()
    named: bool = True
    skipped: str | None = None

    @property
    def name(self) -> str:
        """What to call it."""
        return self.path

    @property
    def stem(self) -> str:
        """Its name without the ending."""
        return "stdin" if self.path == STANDARD_STREAM else Path(self.path).stem


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and what is to be made of it.

    Attributes:
        found: The file.
        source: What the library is given to read.
        info: What its header says.
        jobs: What each variant will be.
        recipes: By name of the variant.
        status: What the system says of the file; None for standard input.
    """

    found: Found
    source: Any
    info: ImageInfo
    recipes: Mapping[str, Recipe]
    jobs: tuple[Job, ...] = field(repr=False)
    status: os.stat_result | None

    @property
    def name(self) -> str:
        """What to call it."""
        return self.found.path


@dataclass(frozen=True, slots=True)
class Failed:
    """A file of which nothing can be made.

    Attributes:
        found: The file.
        error: Why.
    """

    found: Found
    error: Exception

    @property
    def name(self) -> str:
        """What to call it."""
        return self.found.path


def find(
    inputs: Sequence[str], *, output: Path | None, in_place: bool = False
) -> list[Found | Failed]:
    """The files that INPUT... means, in the order in which they were named, folders by name.

    Hidden files and folders are passed over. Symbolic links are neither followed in folders nor
    replaced; below `output` nothing is looked at.

    Raises:
        InvalidOption: Nothing is there by that name, OUT is a folder that was named, or standard
            input is to be replaced.
    """
    found: dict[str, Found | Failed] = {}
    for name in inputs:
        for file in _below(name, output=output, in_place=in_place):
            found.setdefault(_identity(file), file)  # what is named twice is done once
    return list(found.values())


def _identity(file: Found | Failed) -> str:
    if isinstance(file, Failed):
        return file.found.path
    return file.path if file.skipped is not None else os.path.realpath(file.path)


def _below(name: str, *, output: Path | None, in_place: bool) -> Iterator[Found | Failed]:
    path = Path(name)
    if name == STANDARD_STREAM:
        if in_place:
            raise InvalidOption("standard input cannot be replaced: give -o OUT")
        yield Found(name)
    elif in_place and path.is_symlink():
        yield Found(name, skipped=LINK)
    elif path.is_dir():
        if output is not None and _is_same(path, output):
            raise InvalidOption(
                f"OUT is the folder {name} itself, where the next run would take its files for"
                " pictures to work on: give another one, which may lie in it"
            )
        yield from _walk(path, Path(), output)
    elif path.exists():
        yield Found(name)
    else:
        raise InvalidOption(f"{name}: there is no such file or folder")


def _walk(folder: Path, below: Path, output: Path | None) -> Iterator[Found | Failed]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield Failed(Found(str(folder), below, named=False), error)
        return
    for entry in listed:
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        if entry.is_symlink():
            yield Found(str(path), below, named=False, skipped=LINK)
        elif entry.is_dir():
            if output is None or not _is_same(path, output):
                yield from _walk(path, below / entry.name, output)
        elif entry.is_file():
            yield Found(str(path), below, named=False)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def look_at(found: Found | Failed, recipes: Mapping[str, Recipe]) -> Picture | Failed | Found:
    """Read a file's header and decide what each variant of it will be.

    Returns:
        The picture; or why nothing can be made of it; or, of what is no picture and does not claim
        to be one, the file with the reason for leaving it alone.
    """
    from stripline.image import Limits, probe  # noqa: PLC0415 - loads the image room
    from stripline.image.variant import job_for  # noqa: PLC0415

    if isinstance(found, Failed) or found.skipped is not None:
        return found
    limits = Limits()
    try:
        source, status = _opened(found, limits.bytes)
        info = probe(source, limits)
        jobs = tuple(job_for(name, recipe, info) for name, recipe in recipes.items())
    except UnsupportedFormat as error:
        if found.named or Path(found.path).suffix.lower() in _ENDINGS:
            return Failed(found, error)
        return Found(found.path, found.below, named=False, skipped=NO_PICTURE)
    except (StriplineError, OSError) as error:
        return Failed(found, error)
    return Picture(found, source, info, recipes, jobs, status)


def _opened(found: Found, max_bytes: int | None) -> tuple[Any, os.stat_result | None]:
    """What the library reads. Standard input is read here, as it comes only once."""
    if found.path == STANDARD_STREAM:
        from stripline.streams.source import open_source  # noqa: PLC0415

        return open_source(standard_input(), max_bytes).data(), None
    try:
        return found.path, Path(found.path).stat()
    except OSError as error:
        raise SourceFailed(0, describe(error)) from error
