"""Pictures for batches, and what became of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from stripline.batch import Found, Spec
from stripline.batch.journal.history import task_rows
from stripline.image import Recipe
from tests.support import photograph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.batch import Job, Journal
    from stripline.batch.events import Event

THUMBNAIL: dict[str, Any] = {"resize": {"width": 40}, "output": {"format": "jpeg"}}


def make_pictures(folder: Path, count: int, side: int = 64) -> Path:
    """Different parts of a photograph as JPEG files."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = photograph()
    for number in range(count):
        top, left = number * 7 % (512 - side), number * 13 % (512 - side)
        part = pixels[top : top + side, left : left + side]
        Image.fromarray(part).save(folder / f"p{number:04}.jpg", quality=85)
    return folder


def found_in(folder: Path) -> Iterator[Found]:
    """All files below a folder, by name."""
    for path in sorted(folder.rglob("*")):
        if not path.is_dir() or path.suffix:
            status = path.lstat()
            relative = path.relative_to(folder).as_posix()
            yield Found(str(path), relative, status.st_size, str(status.st_mtime_ns))


def spec_for(output: Path, recipe: dict[str, Any] | None = None, **more: Any) -> Spec:
    """One variant, called like its source."""
    values = {"template": "{stem}.{ext}", **more}
    return Spec({"": Recipe.read(recipe or THUMBNAIL)}, str(output), **values)


def states(journal: Journal, job: Job) -> dict[str, str]:
    """The state of each task, by name of its source."""
    return {Path(row.url).name: row.state for row in task_rows(journal, job.id)}


def errors(journal: Journal, job: Job) -> dict[str, str]:
    """Class and message of what went wrong, by name of the source."""
    rows = task_rows(journal, job.id)
    return {Path(row.url).name: f"{row.cause}: {row.error}" for row in rows if row.error}


def files_below(folder: Path) -> dict[str, bytes]:
    """All files, hidden ones too, by name."""
    found = {}
    for directory, _, names in os.walk(folder):
        for name in names:
            path = Path(directory, name)
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


class Told:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type) -> list[Any]:
        """Those of one kind."""
        return [event for event in self.events if isinstance(event, kind)]
