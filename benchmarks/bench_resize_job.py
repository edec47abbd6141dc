"""What a process that is measured while it resizes is told, and what it answers: JSON both ways.

It reads a job from its standard input, resizes the first pictures once as a warm-up, then takes
the time for all of them, and prints its answer. A picture `a.jpg` becomes `a.jpg` or `a.webp` in
the job's output folder.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """Pictures to resize.

    Attributes:
        files: Paths, and width and height once upright.
        output: The folder for results.
        extension: `jpg` or `webp`.
        width: Pixels across that results have.
        quality: Of the results, on the format's own scale.
        workers: How many pictures are worked on at once.
        repeats: How often the list is gone through.
    """

    files: tuple[tuple[str, int, int], ...]
    output: str
    extension: str
    width: int
    quality: int
    workers: int
    repeats: int

    def target(self, path: str) -> str:
        """Where a picture's result goes."""
        return str(Path(self.output, f"{Path(path).stem}.{self.extension}"))

    def to_json(self) -> str:
        """For the process that is to do it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """What `to_json` gave."""
        fields: dict[str, Any] = json.loads(text)
        files = tuple((path, width, height) for path, width, height in fields.pop("files"))
        return cls(files=files, **fields)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job took.

    Attributes:
        seconds: From the first picture to the last, without the warm-up.
        cpu: Seconds that all its threads and processes computed in that time.
        peak: The most memory that it held since its start, in bytes (VmHWM). Where each picture has
            a process of its own: of the largest, times as many as ran at once.
    """

    seconds: float
    cpu: float
    peak: int
