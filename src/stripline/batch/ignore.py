"""Patterns that leave files out, as `.gitignore` has them, and the files that hold them.

A folder may have a file `.striplineignore`. Its lines count for what is in the folder and below;
where several files have something to say of a name, the nearest one decides, and in it the last
line that fits. A folder that is left out is not looked into, so nothing in it can be let in again.
The patterns are described at https://git-scm.com/docs/gitignore.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stripline.errors import InvalidOption, MissingDependency

if TYPE_CHECKING:
    from collections.abc import Iterable

IGNORE_FILE: Final = ".striplineignore"


class Patterns:
    """Lines of patterns, the last one that fits deciding.

    Args:
        lines: As `.gitignore` has them.
        origin: Where they come from, for messages.

    Raises:
        InvalidOption: A line that is no pattern.
        MissingDependency: The extra `batch` is not installed.
    """

    def __init__(self, lines: Iterable[str], origin: str) -> None:
        try:
            from pathspec import GitIgnoreSpec  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingDependency("leaving files out", "pathspec", "batch") from error
        self._lines = [line for line in lines if line.strip() and not line.startswith("#")]
        self._origin = origin
        for line in self._lines:  # one by one, to say which
            try:
                GitIgnoreSpec.from_lines([line])
            except (ValueError, re.error) as error:
                raise InvalidOption(f"{origin}: {line!r} is no pattern") from error
        self._spec = GitIgnoreSpec.from_lines(self._lines)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def decide(self, relative: str) -> tuple[bool | None, str]:
        """Whether a name fits, and why.

        Args:
            relative: Below the folder that the patterns are for; folders end with a slash.

        Returns:
            True if the last line that fits says so, False if it lets the name in (`!pattern`), None
            if no line fits; and which line, and where it stands.
        """
        result = self._spec.check_file(relative)
        if result.include is None or result.index is None:
            return None, ""
        return result.include, f"{self._lines[result.index]} ({self._origin})"


class IgnoreFiles:
    """The patterns that count in a folder: its own, and those of the folders above it.

    Args:
        above: Those that count in the folder that this one lies in; None for the topmost.
        folder: Where it lies below the topmost, with `/` behind each part; empty for that itself.
        lines: Of its own file, if it has one.
    """

    def __init__(
        self, above: IgnoreFiles | None = None, folder: str = "", lines: Iterable[str] = ()
    ) -> None:
        self._above = above
        self._cut = len(folder)
        self._own = Patterns(lines, f"{folder}{IGNORE_FILE}")

    def __bool__(self) -> bool:
        return bool(self._own or self._above)

    def reason(self, relative: str) -> str | None:
        """Why a name is left out; None if it is not.

        Args:
            relative: Below the topmost folder; folders end with a slash.
        """
        decision, why = self._own.decide(relative[self._cut :])
        if decision is not None:
            return why if decision else None
        return self._above.reason(relative) if self._above is not None else None
