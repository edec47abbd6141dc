"""Which pictures are better left alone, because a smaller file would not be the same picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stripline.cli._pictures import Found, Picture

if TYPE_CHECKING:
    from stripline.cli._pictures import Failed


def reason_to_leave(file: Picture | Failed | Found, *, in_place: bool) -> Found | None:
    """The file with the reason for leaving it alone; None if there is none."""
    if not isinstance(file, Picture):
        return None
    reason = _written_otherwise(file, in_place=in_place) or _loses(file)
    return None if reason is None else replace(file.found, skipped=reason)


def _written_otherwise(picture: Picture, *, in_place: bool) -> str | None:
    from stripline.image.headers import FORMATS  # noqa: PLC0415 - of the image room

    job, info = picture.jobs[0], picture.info
    name = FORMATS[info.format]
    if info.format == "svg" and in_place:
        return "a drawing, which is not replaced by pixels"
    kept = job.recipe.output.format == "keep"
    if kept and info.format not in {encoder.traits.name for encoder in job.encoders}:
        return f"{name} cannot be written; --format with another one would convert it"
    if kept and info.format == "gif" and job.recipe.output.lossless:
        return "GIF cannot be written without loss; --format webp would convert it"
    return None


def _loses(picture: Picture) -> str | None:
    """What would be lost that a smaller file is not worth."""
    job, info = picture.jobs[0], picture.info
    if job.scaled is None:  # its coefficients are kept
        return None
    if info.frames != 1 and not job.scaled.animated:
        count = f"{info.frames:,}" if info.frames else "several"
        what = "frames" if info.animated else "pages"
        return f"it has {count} {what}, and only the first would be kept"
    if job.recipe.output.lossless:
        if info.colour in {"cmyk", "ycck", "lab", "other"}:
            return "its colours would be converted to RGB, which is not lossless"
        held = min(max(encoder.traits.bit_depths) for encoder in job.encoders)
        if info.bit_depth > held:
            return f"its {info.bit_depth} bits would become fewer, which is not lossless"
    return None
