"""A folder of this machine and all that lies in it, one file after the other.

Names come in order, and nothing is held but what lies ahead in the folders that are open, at most
50,000 names of each.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stripline.batch.ignore import IGNORE_FILE, IgnoreFiles
from stripline.batch.task import PassedOver
from stripline.errors import InvalidOption, StriplineError, describe
from stripline.streams.sink import mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stripline.batch.selection import Selection
    from stripline.batch.task import Found

# Names of one folder in memory, some 5 MB. Larger folders are read again for each so many.
_NAMES_AT_ONCE: Final = 50_000
_DANGLING: Final = "a symbolic link to nothing"
_LINK: Final = "a symbolic link, which is not followed"


@dataclass(frozen=True, slots=True)
class _Folder:
    """One that is being walked: where it lies, what is left in it, which patterns count."""

    path: str
    relative: str
    names: Iterator[str]
    ignored: IgnoreFiles


class Walk:
    """A folder, and those in it; see `discover`.

    Args:
        root: Where it lies, as an absolute path.
        selection: Which files are wanted.
        apart: Paths that are left out without a word, as others look after them.
        output: Path below `root` of a folder that is left out as well, with `/` before each part.
    """

    def __init__(
        self, root: str, selection: Selection, apart: frozenset[str], output: str | None
    ) -> None:
        self._root = root
        self._selection = selection
        self._apart = apart
        self._output = output
        self._stack: list[_Folder] = []

    def files(self) -> Iterator[Found | PassedOver]:
        """All that lies there."""
        refused = self._enter(self._root, "", IgnoreFiles())
        if refused is not None:
            yield refused
        yield from self._rest()

    def files_at(self, relative: str) -> Iterator[Found | PassedOver]:
        """What lies at one place: a file, or a folder and all in it; nothing, if it is left out.

        Folders on the way are not listed.

        Args:
            relative: Where, below the folder, with `/` between its parts; empty for all of it.
        """
        if not relative:
            yield from self.files()
            return
        *above, name = relative.split("/")
        found: Found | PassedOver | None = self._enter(self._root, "", IgnoreFiles(), names=())
        for part in above:
            if self._stack:
                found = self._entry(self._stack.pop(), part, names=())
        if self._stack:
            found = self._entry(self._stack.pop(), name)
        if found is not None:
            yield found
        yield from self._rest()

    def _rest(self) -> Iterator[Found | PassedOver]:
        """All that lies ahead."""
        while self._stack:
            folder = self._stack[-1]
            try:
                name = next(folder.names, None)
            except OSError as error:  # a large folder, read again
                name = None
                yield _failed(folder.path, folder.relative, error)
            if name is None:
                self._stack.pop()
                continue
            found = self._entry(folder, name)
            if found is not None:
                yield found

    def _enter(
        self, path: str, relative: str, above: IgnoreFiles, names: Iterable[str] | None = None
    ) -> PassedOver | None:
        """Begin a folder, with all names in it or those given; or say why it cannot be read."""
        try:
            rest = _sorted_names(path) if names is None else iter(names)
            first = list(islice(rest, 1))  # now it shows if it cannot be listed
            ignored = self._ignored(path, relative, above)
        except (OSError, StriplineError) as error:
            return _failed(path, relative, error)
        self._stack.append(_Folder(path, relative, chain(first, rest), ignored))
        return None

    def _ignored(self, path: str, relative: str, above: IgnoreFiles) -> IgnoreFiles:
        """The patterns that count in a folder."""
        if not self._selection.ignore_files:
            return above
        try:
            text = Path(f"{path}/{IGNORE_FILE}").read_text(encoding="utf-8")
        except FileNotFoundError:
            return above
        except UnicodeDecodeError as error:
            raise InvalidOption(f"{relative}{IGNORE_FILE} is not UTF-8 text") from error
        return IgnoreFiles(above, relative, text.splitlines())

    def _entry(
        self, folder: _Folder, name: str, names: Iterable[str] | None = None
    ) -> Found | PassedOver | None:
        """What a name stands for; a folder is begun, with all names in it or those given."""
        if name.startswith(".") and (not self._selection.hidden or _is_ours(name)):
            return None
        path = f"{folder.path.rstrip('/')}/{name}"
        relative = f"{folder.relative}{name}"
        if path in self._apart:
            return None
        if not _is_text(name):
            reason = "its name is not UTF-8: rename it"
            return PassedOver(_shown(path), _shown(relative), reason, failed=True)
        return self._looked_at(folder, path, relative, names)

    def _looked_at(
        self, folder: _Folder, path: str, relative: str, names: Iterable[str] | None
    ) -> Found | PassedOver | None:
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return PassedOver(path, relative, "it went away meanwhile")
        except OSError as error:
            return _failed(path, relative, error)
        if stat.S_ISLNK(status.st_mode):
            dangles = not os.path.exists(path)  # noqa: PTH110 - paths are strings here
            return PassedOver(path, relative, _DANGLING if dangles else _LINK)
        if stat.S_ISDIR(status.st_mode):
            return self._subfolder(folder, path, f"{relative}/", names)
        ignored = folder.ignored.reason(relative)
        if ignored is not None:
            return PassedOver(path, relative, f"excluded by {ignored}")
        return self._selection.judge(path, relative, status)

    def _subfolder(
        self, folder: _Folder, path: str, relative: str, names: Iterable[str] | None
    ) -> PassedOver | None:
        """Begin a folder, unless it is left out; `relative` ends with a slash."""
        if f"/{relative}" == f"{self._output}/":
            return None
        ignored = folder.ignored.reason(relative)
        reason = f"excluded by {ignored}" if ignored else self._selection.why_not_named(relative)
        if reason is not None:
            return PassedOver(path, relative.rstrip("/"), reason)
        return self._enter(path, relative, folder.ignored, names)


def _failed(path: str, relative: str, error: Exception) -> PassedOver:
    name = relative.rstrip("/") or path.rpartition("/")[2]
    return PassedOver(path, name, describe(error), failed=True)


def _is_ours(name: str) -> bool:
    """Whether it is never a picture: our own file of patterns, or an output in the making."""
    return name == IGNORE_FILE or mark_of(name) is not None


def _sorted_names(folder: str) -> Iterator[str]:
    """Names in a folder by their characters, of which so many are in memory at once."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in islice(entries, _NAMES_AT_ONCE))
        more = next(entries, None) is not None
    if not more:
        yield from names
        return
    last = ""
    while names := _next_names(folder, last):
        yield from names
        last = names[-1]


def _next_names(folder: str, last: str) -> list[str]:
    with os.scandir(folder) as entries:
        return nsmallest(_NAMES_AT_ONCE, (entry.name for entry in entries if entry.name > last))


def _is_text(name: str) -> bool:
    """Whether a name can be written down; others have bytes that are no characters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    """A name with those bytes that are no characters spelt out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
