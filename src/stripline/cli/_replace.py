"""Write a picture anew where that saves bytes: beside it, in another folder, or in its place."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stripline.cli._files import STANDARD_STREAM
from stripline.cli._outcome import Outcome, Written
from stripline.cli._places import check_free
from stripline.errors import GoalNotReached, SourceError
from stripline.streams import FileSink, open_sink

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from typing_extensions import Buffer

    from stripline.cli._pictures import Picture
    from stripline.cli._places import Place
    from stripline.streams import Sink


def possible_names(place: Place | None, picture: Picture) -> dict[str, tuple[Path, ...]]:
    """Every name that a picture's file may get: its own, and for each other format one."""
    endings = [_ending(picture, name) for name in _formats(picture)]
    names = [_target(place, picture, ending) for ending in (None, *endings)]
    return {"": tuple(dict.fromkeys(name for name in names if name is not None))}


class Rewrite:
    """Makes a picture smaller, or leaves it as it is.

    Args:
        place: OUT; None to replace the picture itself.
        keep_times: Whether the file gets the picture's times of change and of access.
        force: Whether other files may be replaced.
        seconds: What a picture may take.
    """

    def __init__(
        self, place: Place | None, *, keep_times: bool, force: bool, seconds: float
    ) -> None:
        self._place = place
        self._keep_times = keep_times
        self._force = force
        self._seconds = seconds

    def __call__(self, picture: Picture, strips: Executor | None) -> Outcome:
        """Do it.

        Raises:
            StriplineError, OSError: It cannot be done; the picture is as it was.
        """
        from stripline.image import (  # noqa: PLC0415 - loads the image room
            Limits,
            MemorySinks,
            process,
        )

        made, limits = MemorySinks(), Limits(seconds=self._seconds)
        result = process(picture.source, picture.recipes[""], made, limits, pool=strips)
        written, data = result.variants[""], made.files[""]
        margin = picture.recipes[""].output.margin
        enough = len(data) < result.source_bytes and (
            len(data) <= (1 - margin) * result.source_bytes
        )
        if written.kept_source or not enough:
            path = self._keep(picture, written.format, len(data))
            written = replace(
                written,
                format=picture.info.format,
                bytes=result.source_bytes,
                quality=None,
                score=None,
                kept_source=True,
            )
        else:
            path = _target(self._place, picture, _ending(picture, written.format))
            self._write(picture, data, path)
        return replace(Outcome.done(picture, result, {}), outputs=(Written.of(written, path),))

    def _keep(self, picture: Picture, wanted: str, size: int) -> Path | None:
        """Leave the picture in its place, or copy it to where it was to go."""
        place = self._place
        if place is None:
            return Path(picture.name)
        if not place.is_folder and wanted != picture.info.format:
            raise GoalNotReached(
                f"as {wanted} it has {size:,} bytes, which is not small enough beside the"
                f" {picture.info.bytes or 0:,} it has: nothing was written"
            )
        path = _target(place, picture, None)
        source = picture.source
        self._write(picture, Path(source).read_bytes() if isinstance(source, str) else source, path)
        return path

    def _write(self, picture: Picture, data: Buffer, path: Path | None) -> None:
        if path is None:
            _commit(open_sink(sys.stdout.buffer), data)
            return
        if self._place is None:
            self._replace(picture, data, path)
            return
        check_free(path, force=self._force)
        if self._place.is_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        _commit(FileSink(path), data)
        self._set_times(picture, path)

    def _replace(self, picture: Picture, data: Buffer, path: Path) -> None:
        """Put a file in the picture's place; under a new name, the old one goes last."""
        source, status = Path(picture.name), picture.status
        assert status is not None  # noqa: S101 - standard input is refused before
        if _version(source.lstat()) != _version(status):
            raise SourceError("it was changed while it was worked on, and was left as it is")
        if path != source:
            check_free(path, force=self._force)
        _commit(FileSink(path, mode=stat.S_IMODE(status.st_mode)), data)
        self._set_times(picture, path)
        if path != source:
            source.unlink()

    def _set_times(self, picture: Picture, path: Path) -> None:
        if self._keep_times and picture.status is not None:
            status = picture.status
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _version(status: os.stat_result) -> tuple[int, int, int, int]:
    """What tells a file from one that was put in its place, or written to."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _commit(sink: Sink, data: Buffer) -> None:
    try:
        sink.write(data)
        sink.commit()
    except BaseException:
        sink.abort()
        raise


def _formats(picture: Picture) -> list[str]:
    return [encoder.traits.name for encoder in picture.jobs[0].encoders]


def _ending(picture: Picture, name: str) -> str | None:
    """How names of files of that format end; None for the picture's own, whose name stays."""
    if name == picture.info.format:
        return None
    (encoder,) = (one for one in picture.jobs[0].encoders if one.traits.name == name)
    return encoder.traits.extension


def _target(place: Place | None, picture: Picture, ending: str | None) -> Path | None:
    """The file to write; None for standard output."""
    if place is not None and not place.is_folder:
        return place.path
    own = Path(picture.name)
    if picture.name == STANDARD_STREAM:
        own = Path(f"{picture.found.stem}.{picture.info.format}")
    if ending is not None:
        own = own.with_name(f"{own.stem}.{ending}")
    return own if place is None else place.below(picture) / own.name
