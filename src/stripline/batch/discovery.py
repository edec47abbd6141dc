"""From what was named to files: folders walked, stores listed, one file after the other.

Files come in the order in which they were named, those of a folder by name, those of a store in its
order; so two runs over the same files find them in the same order. However many there are, few are
held in memory.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from stripline.batch.selection import Selection
from stripline.batch.task import PassedOver
from stripline.batch.walk import Walk
from stripline.errors import InvalidOption, describe
from stripline.streams.object_listing import stored_file, stored_files
from stripline.streams.object_store import is_url, local_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stripline.batch.task import Found
    from stripline.streams.object_listing import StoredFile

_AMONG: Final = (
    "the output is {} itself, where the next run would take results for sources: give another"
    " folder, which may lie in it"
)


def discover(
    inputs: Sequence[str], selection: Selection | None = None, *, output: str | None = None
) -> Iterator[Found | PassedOver]:
    """Find the files that inputs mean.

    Symbolic links in folders are reported and not followed: what they lead to within the folder is
    found in its own place, and what lies outside was not named. One that is named itself is
    followed. Hidden temporary files of outputs in the making are passed over, and so is the output
    folder, where it lies in one that was named.

    Args:
        inputs: Files, folders, `s3://bucket/key`, `s3://bucket/prefix`. What lies in a folder that
            was named, and was named itself too, is found once, by itself.
        selection: Which files are wanted; None for all.
        output: Where results will go: a folder or an address.

    Returns:
        An iterator of files, and of what was left alone with the reason. It looks at the disk
        while it is read.

    Raises:
        InvalidOption: Nothing is there by a name, or results would go among their sources.
        MissingDependency: An address without the extra `store`.
        SourceFailed: A store fails, now or while it is read.
    """
    selection = selection or Selection()
    places = dict.fromkeys(place_of(name) for name in inputs)
    target = None if output is None else place_of(output)
    named = _Inputs(tuple(places), selection, target)
    found = [named.files(place) for place in places]  # looks at once whether anything is there
    return chain.from_iterable(found)


@dataclass(frozen=True, slots=True)
class _Inputs:
    """All that was named, and what goes for all of it."""

    places: tuple[str, ...]
    selection: Selection
    output: str | None

    def files(self, place: str) -> Iterator[Found | PassedOver]:
        """What lies at one of the places.

        Raises:
            InvalidOption: Nothing does, or the output.
        """
        if is_url(place):
            return self._stored(place)
        try:
            status = os.stat(place)  # noqa: PTH116 - paths are strings here
        except FileNotFoundError:
            raise InvalidOption(f"{place}: there is no such file or folder") from None
        except OSError as error:
            return iter([PassedOver(place, _name(place), describe(error), failed=True)])
        if not stat.S_ISDIR(status.st_mode):
            return iter([self.selection.judge(place, _name(place), status)])
        return walk_of(place, self.selection, self.places, self.output).files()

    def _stored(self, place: str) -> Iterator[Found | PassedOver]:
        if place == self.output:
            raise InvalidOption(_AMONG.format(place))
        single = stored_file(place)
        if single is not None:
            return iter([self.selection.judge_stored(single)])
        files = stored_files(place)
        first = next(files, None)
        if first is None:
            raise InvalidOption(f"{place}: there is nothing by that name")
        return self._listed(place, chain([first], files))

    def _listed(self, place: str, files: Iterable[StoredFile]) -> Iterator[Found | PassedOver]:
        apart = {*self.places, self.output} - {place, None}
        below = tuple(f"{other}/" for other in apart)
        for file in files:
            parts = file.relative.split("/")
            hidden = any(part.startswith(".") for part in parts) and not self.selection.hidden
            if not (hidden or file.url in apart or file.url.startswith(below)):
                yield self.selection.judge_stored(file)


def walk_of(root: str, selection: Selection, named: Iterable[str], output: str | None) -> Walk:
    """The walk of one folder of several that were named; all of them absolute paths.

    Raises:
        InvalidOption: The output is that folder.
    """
    apart = frozenset(place for place in named if place != root)
    return Walk(root, selection, apart, _output_in(root, output))


def place_of(name: str) -> str:
    """An absolute path, or an address without a slash at its end.

    Raises:
        InvalidOption: `file://` with another machine's name.
    """
    path = local_path(name)
    return name.rstrip("/") if path is None else os.path.abspath(path)  # noqa: PTH100 - a string


def _output_in(root: str, output: str | None) -> str | None:
    """Where the output lies below a folder, with a slash before each part.

    Raises:
        InvalidOption: It is the folder.
    """
    if output is None or is_url(output):
        return None
    real_root, real_output = os.path.realpath(root), os.path.realpath(output)
    if real_root == real_output:
        raise InvalidOption(_AMONG.format(root))
    above = real_root.rstrip("/")
    return real_output[len(above) :] if real_output.startswith(f"{above}/") else None


def _name(path: str) -> str:
    return path.rpartition("/")[2]
