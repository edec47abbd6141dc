"""What became of one file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stripline.cli._errors import explain
from stripline.cli._pictures import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stripline.cli._pictures import Found, Picture
    from stripline.image import ImageInfo, Result, VariantResult


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was made, or in a dry run would be.

    Attributes:
        variant: Its name; empty for the only one.
        path: Where it is; None for standard output. In a dry run names that it may get, joined.
        format: Of the file.
        width: Pixels across.
        height: Rows of a frame.
        frames: How many.
        bytes: Size; None in a dry run.
        quality: None for lossless, for the source's own bytes and in a dry run.
        score: SSIMULACRA2, if it was measured.
        kept_source: Whether it is the source as it was.
        seconds: What it took.
        not_enlarged: Whether it is smaller than asked for.
    """

    variant: str
    path: str | None
    format: str
    width: int
    height: int
    frames: int
    bytes: int | None = None
    quality: int | None = None
    score: float | None = None
    kept_source: bool = False
    seconds: float = 0.0
    not_enlarged: bool = False

    @classmethod
    def of(cls, made: VariantResult, path: Path | None) -> Written:
        """What the library made, and where it was put."""
        return cls(
            variant=made.name,
            path=None if path is None else str(path),
            format=made.format,
            width=made.width,
            height=made.height,
            frames=made.frames,
            bytes=made.bytes,
            quality=made.quality,
            score=made.score,
            kept_source=made.kept_source,
            seconds=made.seconds,
            not_enlarged=made.not_enlarged,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file.

    Attributes:
        source: As it was named.
        info: What its header says, if that could be read.
        bytes: Its size, if that is known.
        outputs: What was made of it.
        seconds: For all of it.
        warnings: In sentences.
        error: What went wrong.
        skipped: Why it was left alone.
    """

    source: str
    info: ImageInfo | None = None
    bytes: int | None = None
    outputs: tuple[Written, ...] = ()
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    error: Exception | None = None
    skipped: str | None = None

    @classmethod
    def done(cls, picture: Picture, result: Result, paths: Mapping[str, Path]) -> Outcome:
        """Files were made."""
        made = result.variants
        return cls(
            picture.name,
            result.source,
            result.source_bytes,
            tuple(Written.of(one, paths.get(name)) for name, one in made.items()),
            result.seconds,
            result.warnings,
        )

    @classmethod
    def failed(cls, picture: Picture, error: Exception, seconds: float) -> Outcome:
        """Nothing was made of a picture."""
        info = picture.info
        return cls(picture.name, info, info.bytes, seconds=seconds, error=error)

    @classmethod
    def without(cls, file: Failed | Found) -> Outcome:
        """A file that was not worked on."""
        if isinstance(file, Failed):
            return cls(file.found.path, error=file.error)
        return cls(file.path, skipped=file.skipped)

    @property
    def saved(self) -> float | None:
        """Share of the source's bytes that the only output does without."""
        if not self.bytes or len(self.outputs) != 1 or self.outputs[0].bytes is None:
            return None
        return 1 - self.outputs[0].bytes / self.bytes

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        info, error = self.info, self.error
        return {
            "source": self.source,
            "format": None if info is None else info.format,
            "width": None if info is None else info.width,
            "height": None if info is None else info.height,
            "bytes": self.bytes,
            "outputs": [
                {name: getattr(output, name) for name in Written.__slots__}
                for output in self.outputs
            ],
            "saved": None if self.saved is None else round(self.saved, 4),
            "seconds": round(self.seconds, 4),
            "warnings": list(self.warnings),
            "error": None
            if error is None
            else {"type": type(error).__name__, "message": explain(error)},
            "skipped": self.skipped,
        }


def planned_outcome(picture: Picture, names: Mapping[str, tuple[Path, ...]]) -> Outcome:
    """What would become of a picture, as far as its header tells."""
    outputs = []
    for job in picture.jobs:
        info, box = picture.info, None if job.scaled is None else job.scaled.box
        moving = job.scaled is not None and job.scaled.animated
        outputs.append(
            Written(
                variant=job.name,
                path=" or ".join(map(str, names.get(job.name, ()))) or None,
                format=" or ".join(encoder.traits.name for encoder in job.encoders),
                width=info.width if box is None else box.out_width,
                height=info.height if box is None else box.out_height,
                frames=info.frames if moving else 1,
                not_enlarged=job.not_enlarged,
            )
        )
    return Outcome(picture.name, picture.info, picture.info.bytes, tuple(outputs))
