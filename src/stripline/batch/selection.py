"""Which of the files that are found are wanted: by name, size, date and content."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from stripline.batch.ignore import Patterns
from stripline.batch.places import source_of
from stripline.batch.task import Found, PassedOver
from stripline.errors import InvalidOption, StriplineError, describe
from stripline.image.headers import sniff

if TYPE_CHECKING:
    from datetime import datetime

    from stripline.streams.object_listing import StoredFile

_SNIFFED_BYTES: Final = 4096
_KINDS: Final = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)
_UNREADABLE: Final = "PermissionError: it may not be read"
# Rights are those of the user in whose name the process acts, where the system can tell.
_EFFECTIVE: Final = os.access in os.supports_effective_ids


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files are wanted; those that are not are reported with the reason.

    Attributes:
        include: Patterns as of `.gitignore`, of which a file's name must fit one; all files if
            there are none. `*.jpg` fits in any folder, `a/*.jpg` only in that one. Upper and lower
            case differ: `*.[jJ][pP][gG]`.
        exclude: Patterns of files and folders that are left out, whatever `include` says.
        min_bytes: The least size.
        max_bytes: The greatest size; None for any.
        changed_after: The earliest time of the last change, in a time zone; None for any.
        changed_before: It must have been before that; None for any.
        hidden: Whether to look at files and into folders whose names begin with a dot. They are
            passed over without a word otherwise.
        ignore_files: Whether `.striplineignore` counts.
        pictures: Whether a file must begin as a picture does, which means opening each. Plans look
            at headers anyway; this is for those who only list.

    Raises:
        InvalidOption: A pattern that is none, sizes below 0, a date without a time zone.
        MissingDependency: Patterns without the extra `batch`.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_bytes: int = 0
    max_bytes: int | None = None
    changed_after: datetime | None = None
    changed_before: datetime | None = None
    hidden: bool = False
    ignore_files: bool = True
    pictures: bool = False
    _included: Patterns | None = field(init=False, repr=False, compare=False)
    _excluded: Patterns | None = field(init=False, repr=False, compare=False)
    _after: float = field(init=False, repr=False, compare=False)
    _before: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("min_bytes", "max_bytes"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise InvalidOption(f"{name} is {value}; a size is 0 or more")
        included = Patterns(self.include, "include") if self.include else None
        excluded = Patterns(self.exclude, "exclude") if self.exclude else None
        object.__setattr__(self, "_included", included)
        object.__setattr__(self, "_excluded", excluded)
        object.__setattr__(self, "_after", _seconds(self.changed_after, float("-inf")))
        object.__setattr__(self, "_before", _seconds(self.changed_before, float("inf")))

    def why_not_named(self, relative: str) -> str | None:
        """Why nothing of such a name is wanted; None if it may be.

        Args:
            relative: Below the folder that was named; folders end with a slash.
        """
        if self._excluded is not None:
            excluded, why = self._excluded.decide(relative)
            if excluded:
                return f"excluded by {why}"
        if self._included is not None and not relative.endswith("/"):
            included, _ = self._included.decide(relative)
            if not included:
                return "not included"
        return None

    def judge(self, path: str, relative: str, status: os.stat_result) -> Found | PassedOver:
        """Whether a file of this machine is wanted."""
        if not stat.S_ISREG(status.st_mode):
            kinds = (words for is_kind, words in _KINDS if is_kind(status.st_mode))
            return PassedOver(path, relative, next(kinds, "no file"))
        reason = self.why_not_named(relative)
        reason = reason or self._why_not_such(status.st_size, status.st_mtime)
        if reason is not None:
            return PassedOver(path, relative, reason)
        if not os.access(path, os.R_OK, effective_ids=_EFFECTIVE):
            return PassedOver(path, relative, _UNREADABLE, failed=True)
        return self._judge_content(Found(path, relative, status.st_size, str(status.st_mtime_ns)))

    def judge_stored(self, file: StoredFile) -> Found | PassedOver:
        """Whether a file in a store is wanted."""
        reason = self.why_not_named(file.relative)
        reason = reason or self._why_not_such(file.size, file.changed.timestamp())
        if reason is not None:
            return PassedOver(file.url, file.relative, reason)
        return self._judge_content(Found(file.url, file.relative, file.size, file.version))

    def _why_not_such(self, size: int, changed: float) -> str | None:
        if size == 0:
            return "empty"
        if size < self.min_bytes:
            return f"{size:,} bytes, of which there must be {self.min_bytes:,}"
        if self.max_bytes is not None and size > self.max_bytes:
            return f"{size:,} bytes, of which {self.max_bytes:,} are allowed"
        if changed < self._after:
            return f"last changed before {self.changed_after}"
        if changed >= self._before:
            return f"not changed before {self.changed_before}"
        return None

    def _judge_content(self, found: Found) -> Found | PassedOver:
        if not self.pictures:
            return found
        try:
            with source_of(found.url).open() as file:
                beginning = file.read(_SNIFFED_BYTES)
        except (StriplineError, OSError) as error:
            return PassedOver(found.url, found.relative, describe(error), failed=True)
        if sniff(beginning) is None:
            return PassedOver(found.url, found.relative, "no picture")
        return found


def _seconds(moment: datetime | None, otherwise: float) -> float:
    if moment is None:
        return otherwise
    if moment.tzinfo is None:
        raise InvalidOption(f"{moment} has no time zone")
    return moment.timestamp()
