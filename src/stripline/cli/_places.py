"""Where the files go that a command makes, and that none of them destroys another."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stripline.cli._files import STANDARD_STREAM
from stripline.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stripline.cli._pictures import Failed, Found, Picture
    from stripline.image import Recipe
    from stripline.image.sinks import Made

_FORMATS: Final = {
    "jpg": "jpeg",
    "jpe": "jpeg",
    "tif": "tiff",
}
# So many names of files are said in a message; the rest is counted.
_MOST_NAMES: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """What OUT means.

    Attributes:
        path: The folder or the file; None for standard output.
        is_folder: Which of them.
        template: How names in a folder are made; None for one file.
    """

    path: Path | None
    is_folder: bool
    template: str | None = None

    def below(self, picture: Picture) -> Path:
        """The folder of a picture's files."""
        assert self.path is not None  # noqa: S101 - standard output has no folder
        return self.path / picture.found.below

    def path_for(self, picture: Picture, made: Made) -> Path:
        """The file of one variant.

        Raises:
            InvalidOption: See `stripline.image.names`.
        """
        from stripline.image.names import file_name  # noqa: PLC0415 - of the image room

        assert self.path is not None  # noqa: S101 - standard output has no name
        if self.template is None:
            return self.path
        return self.below(picture) / file_name(self.template, picture.found.stem, made)


def place_of(output: str, inputs: Sequence[str], *, several: bool, template: str | None) -> Place:
    """Decide what OUT is.

    It is a folder if it ends with a slash, if there is one by that name, if files get names by a
    template, or if there will be several of them; otherwise a file.

    Args:
        output: OUT.
        inputs: INPUT...
        several: Whether a picture has several variants.
        template: --template.

    Raises:
        InvalidOption: Standard output for more than one file, or for a terminal.
    """
    many = several or len(inputs) > 1 or any(Path(name).is_dir() for name in inputs)
    if output == STANDARD_STREAM:
        if many or template is not None:
            raise InvalidOption("standard output takes one file: give a folder as OUT")
        if sys.stdout.isatty():
            raise InvalidOption("a picture would garble the terminal: give -o a name or a pipe")
        return Place(None, is_folder=False)
    path = Path(output)
    if not (many or template is not None or output.endswith(("/", os.sep)) or path.is_dir()):
        return Place(path, is_folder=False)
    if path.exists() and not path.is_dir():
        raise InvalidOption(f"{output} is a file, but several files are to be made: give a folder")
    return Place(
        path,
        is_folder=True,
        template=template or ("{stem}-{variant}.{ext}" if several else "{stem}.{ext}"),
    )


def named_format(place: Place) -> str | None:
    """The format that the ending of a file's name stands for, if it stands for one."""
    from stripline.image.encode.registry import encoder_names  # noqa: PLC0415 - loads pydantic

    if place.path is None or place.is_folder:
        return None
    ending = place.path.suffix.lower().removeprefix(".")
    name = _FORMATS.get(ending, "jpeg" if ending == "jpeg" else ending)
    return name if name in encoder_names() else None


def given_format(place: Place, recipe: Recipe) -> Recipe:
    """The recipe with the format of OUT's ending, if nothing else is asked for.

    Raises:
        InvalidOption: Another format is asked for than the name says, or nothing says which.
    """
    name = named_format(place)
    ending = "" if place.path is None or place.is_folder else place.path.suffix
    if ending and name is None and recipe.output.format == "keep":
        raise InvalidOption(
            f"{place.path} ends in {ending}, which names no format: add --format, or write"
            f" {place.path}/ for a folder"
        )
    if name is None or recipe.output.format == name:
        return recipe
    if recipe.output.format == "keep":
        return recipe.change(output={**dict(recipe.output), "format": name})
    raise InvalidOption(
        f"{place.path} is named like {name}, but the format is to be {recipe.output.format}:"
        " give one of them, or a folder as OUT"
    )


def planned(place: Place, picture: Picture) -> dict[str, tuple[Path, ...]]:
    """Every name that a picture's files may get, by variant.

    Where the format is chosen by size there is one for each. Standard output has none.
    """
    from stripline.image.sinks import Made  # noqa: PLC0415 - of the image room

    names: dict[str, tuple[Path, ...]] = {}
    if place.path is None:
        return names
    for job in picture.jobs:
        paths = []
        for encoder in job.encoders:
            traits = encoder.traits
            width, height = picture.info.width, picture.info.height
            if job.scaled is not None:
                width, height = job.scaled.box.out_width, job.scaled.box.out_height
            quality = encoder.resolved_settings(job.recipe.output).get("quality")
            quality = None if job.recipe.output.lossless else quality
            made = Made(job.name, traits.extension, traits.media_type, width, height, quality)
            paths.append(place.path_for(picture, made))
        names[job.name] = tuple(dict.fromkeys(paths))
    return names


def check_template(place: Place, recipes: Iterable[Recipe]) -> None:
    """Refuse names that cannot be made, or have a quality that is only found by a search.

    Raises:
        InvalidOption: See above, and `stripline.image.names.check_template`.
    """
    from stripline.image import names  # noqa: PLC0415 - of the image room

    if place.template is None:
        return
    names.check_template(place.template)
    outputs = [recipe.output for recipe in recipes]
    searched = any(one.goal_score is not None or one.max_bytes is not None for one in outputs)
    if searched and "{quality" in place.template:
        raise InvalidOption(
            f"template {place.template!r} has the quality, which is not known before it is"
            " searched for: leave it out, or give --quality a number"
        )


def check_free(path: Path, *, force: bool) -> None:
    """Refuse to replace a file that nobody allowed to replace.

    Something like /dev/null or a named pipe loses nothing by being written to.

    Raises:
        InvalidOption: It exists.
    """
    if path.is_dir():
        raise InvalidOption(f"{path} is a folder")
    if path.is_file() and not force:
        raise InvalidOption(f"{path} exists: give --force to replace it, or another OUT")


def check_all(
    files: Sequence[Picture | Failed | Found],
    names: Mapping[str, Mapping[str, tuple[Path, ...]]],
    place: Place | None,
    *,
    force: bool,
) -> None:
    """Refuse, before any work, what would destroy an input, another output or a file that exists.

    Args:
        files: All that was named or found; none of them may be written to.
        names: The names that a picture's files may get, by picture and by variant.
        place: OUT, which no name may lead out of; None in place, where a picture's own name is
            free to be written to.
        force: Whether files that exist may be replaced.

    Raises:
        InvalidOption: Says which files collide.
    """
    sources = {os.path.realpath(file.name) for file in files}
    root = os.path.realpath(place.path or "") if place is not None else ""
    owners: dict[str, str] = {}
    existing = []
    for source, path, what in _each(names):
        real = os.path.realpath(path)
        if place is None and real == os.path.realpath(source):
            continue
        if place is not None and place.is_folder and not _is_below(real, root):
            raise InvalidOption(f"{path} leads out of {place.path}")
        if real in sources:
            raise InvalidOption(f"{path} is an input: give another OUT, or a --template")
        owner = owners.setdefault(real, what)
        if owner != what:
            raise InvalidOption(
                f"{owner} and {what} would both become {path}: give a --template with {{ext}},"
                " {variant} or {width}, or other folders"
            )
        if Path(real).is_dir() or (Path(real).is_file() and not force):
            existing.append(path)
    if existing:
        _refuse(existing)


def _each(
    names: Mapping[str, Mapping[str, tuple[Path, ...]]],
) -> Iterator[tuple[str, Path, str]]:
    """Each name with its picture, and what to call the two together with the variant."""
    for source, variants in names.items():
        for variant, paths in variants.items():
            what = f"{source} as {variant}" if variant else source
            yield from ((source, path, what) for path in paths)


def _is_below(path: str, root: str) -> bool:
    return path.startswith(root.rstrip(os.sep) + os.sep)


def _refuse(existing: Sequence[Path]) -> None:
    names = ", ".join(str(path) for path in existing[:_MOST_NAMES])
    rest = len(existing) - _MOST_NAMES
    more = f" and {rest:,} more" if rest > 0 else ""
    verb = "exists" if len(existing) == 1 else "exist"
    raise InvalidOption(f"{names}{more} {verb}: give --force to replace, or another OUT")
