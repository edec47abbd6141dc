"""Where a picture's variants go: a folder, memory, or one target."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from stripline.errors import InvalidOption, SinkFailed, StriplineError
from stripline.image.names import file_name
from stripline.streams import FileSink, MemorySink, Sink, open_sink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from typing_extensions import Buffer


@dataclass(frozen=True, slots=True)
class Made:
    """What is known of a variant when its bytes are about to be written.

    Attributes:
        variant: Its name; empty if there is one without a name.
        extension: For a file name, without the dot.
        media_type: As HTTP says it.
        width: Pixels across.
        height: Rows of a frame.
        quality: As the format counts; None for lossless.
    """

    variant: str
    extension: str
    media_type: str
    width: int
    height: int
    quality: int | None


class Sinks(Protocol):
    """Gives each variant its place."""

    def open(self, made: Made) -> Sink:
        """Where to write this variant.

        Raises:
            StriplineError, OSError: There is no place for it.
        """


class MemorySinks:
    """Keeps variants in memory.

    Attributes:
        files: Bytes by variant, once all of them are complete.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def open(self, made: Made) -> Sink:
        """A place in `files`."""
        return _Kept(self.files, made.variant)


class _Kept(MemorySink):
    def __init__(self, files: dict[str, bytes], name: str) -> None:
        super().__init__()
        self._files = files
        self._name = name

    def commit(self) -> None:
        self._files[self._name] = self.getvalue()


class FolderSinks:
    """Makes files in a folder, named by a template; see `names.file_name`.

    Args:
        folder: Where they go; it is made if it is not there.
        stem: What `{stem}` stands for.
        template: How names are made of what is known of a variant.

    Attributes:
        paths: Where each variant went, by name.
    """

    def __init__(
        self, folder: str | os.PathLike[str], stem: str, template: str = "{stem}-{variant}.{ext}"
    ) -> None:
        self.paths: dict[str, Path] = {}
        self._folder = Path(folder)
        self._stem = stem
        self._template = template

    def open(self, made: Made) -> Sink:
        """A file that appears when it is complete.

        Raises:
            InvalidOption: Its name, by what the stem or the variant is called, leads elsewhere.
            OSError: There can be no folder for it.
        """
        name = file_name(self._template, self._stem, made)
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InvalidOption(f"{name!r} leads out of the output folder {self._folder}")
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.paths[made.variant] = path
        return FileSink(path)


class OneSink:
    """One path, binary file object or `Sink` for a single variant."""

    def __init__(self, target: object) -> None:
        self._target = target

    def open(self, made: Made) -> Sink:
        """The target."""
        del made
        return open_sink(self._target)


class Delivery:
    """Writes several variants, of which all appear or none, as far as their places can do that.

    Used as a context manager: leaving it well commits every sink in order; leaving it by an error
    aborts those that are not committed yet.
    """

    def __init__(self, sinks: Sinks) -> None:
        self._sinks = sinks
        self._open: list[tuple[Sink, _Counted]] = []

    def __enter__(self) -> Self:
        return self

    def sink(self, made: Made) -> _Counted:
        """Where to write a variant.

        Raises:
            SinkFailed: There is no place for it.
        """
        try:
            sink = self._sinks.open(made)
        except StriplineError:
            raise
        except Exception as error:
            raise SinkFailed.by(0, error) from error
        counted = _Counted(sink)
        self._open.append((sink, counted))
        return counted

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with ExitStack() as stack:
            for sink, _ in self._open:
                stack.callback(sink.abort)
            if error is not None:
                return
            for _, counted in self._open:
                counted.commit()
            stack.pop_all()


class _Counted:
    """A sink that counts, and makes every error of its place a `SinkFailed`."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.can_patch = sink.can_patch
        self.written = 0

    def write(self, data: Buffer) -> None:
        with self._failures():
            self._sink.write(data)
        self.written += memoryview(data).nbytes

    def patch(self, offset: int, data: bytes) -> None:
        with self._failures():
            self._sink.patch(offset, data)

    def commit(self) -> None:
        with self._failures():
            self._sink.commit()

    def abort(self) -> None:
        self._sink.abort()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except StriplineError:
            raise
        except Exception as error:
            raise SinkFailed.by(self.written, error) from error
