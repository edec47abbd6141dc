"""Where tasks read and write, and what they leave behind if they are killed."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stripline.errors import SourceFailed, describe
from stripline.streams import FileSink
from stripline.streams.object_store import ObjectSink, ObjectSource, is_url, local_path
from stripline.streams.sink import MARK_DIGITS, mark_of
from stripline.streams.source import FileSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stripline.batch.task import Planned
    from stripline.image.sinks import Made
    from stripline.streams import Sink
    from stripline.streams.source import Source


def is_local(url: str) -> bool:
    """Whether it is a path of this machine's."""
    return not is_url(url)


def source_of(url: str, *, max_bytes: int | None = None, version: str | None = None) -> Source:
    """What a task reads.

    Args:
        url: A path, or a URL of an object store.
        max_bytes: The most that an object is fetched of; files are checked when they are probed.
        version: The tag that an object must have, so that what is made is what was planned.

    Raises:
        InvalidOption: The URL says too little.
        MissingDependency: A URL without the extra `store`.
        SourceFailed: It is not there, or no regular file: a named pipe would wait for its writer.
    """
    if not is_local(url):
        return ObjectSource(url, max_bytes, version)
    try:
        mode = os.stat(url).st_mode  # noqa: PTH116 - once a task
    except OSError as error:
        raise SourceFailed(0, describe(error)) from error
    if not stat.S_ISREG(mode):
        raise SourceFailed(0, f"{url} is no regular file")
    return FileSource(url)


class PlannedSinks:
    """Opens the files of a task; see `stripline.image.sinks.Sinks`.

    Args:
        outputs: Where each variant goes.
        key: The task's, by which its temporary files can be told.

    Attributes:
        urls: Where each variant went, by name.
    """

    def __init__(self, outputs: Iterable[Planned], key: str) -> None:
        self.urls: dict[str, str] = {}
        self._outputs = {planned.variant: planned for planned in outputs}
        self._mark = key[:MARK_DIGITS]

    def open(self, made: Made) -> Sink:
        """A file that appears when it is complete."""
        url = self._outputs[made.variant].url_for(made)
        self.urls[made.variant] = url
        local = local_path(url)
        if local is None:
            return ObjectSink(url, made.media_type)
        path = Path(local)
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileSink(path, mark=self._mark)


def remove_leftovers(tasks: Iterable[tuple[str, Iterable[str]]]) -> int:
    """Delete the temporary files of tasks that were killed, and of no others.

    Args:
        tasks: The key of each, and the files that it was to make.

    Returns:
        How many there were.
    """
    marks: dict[str, set[str]] = {}
    for key, urls in tasks:
        for url in urls:
            if is_local(url):
                folder = os.path.dirname(os.path.realpath(url))  # noqa: PTH120 - of many strings
                marks.setdefault(folder, set()).add(key[:MARK_DIGITS])
    return sum(_remove(folder, keys) for folder, keys in marks.items())


def _remove(folder: str, marks: set[str]) -> int:
    removed = 0
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if mark_of(entry.name) in marks:
                with suppress(FileNotFoundError):
                    Path(entry.path).unlink()
                    removed += 1
    return removed
