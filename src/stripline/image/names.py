"""Names of output files, by template."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Final

from stripline.errors import InvalidOption

if TYPE_CHECKING:
    from stripline.image.sinks import Made

FIELDS: Final = ("stem", "variant", "width", "height", "quality", "ext")


def check_template(template: str) -> str:
    """Return `template` if names can be made by it.

    Raises:
        InvalidOption: Unknown fields, braces that do not match, a format that does not suit.
    """
    try:
        found = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
    except ValueError as error:
        raise InvalidOption(f"template {template!r}: {error}") from None
    unknown = [field for field in found if field not in FIELDS]
    if unknown:
        known = ", ".join(f"{{{field}}}" for field in FIELDS)
        raise InvalidOption(f"template {template!r} has {{{unknown[0]}}}; known are {known}")
    for quality in (80, "lossless"):
        try:
            template.format(stem="a", variant="b", width=1, height=1, quality=quality, ext="c")
        except (ValueError, LookupError) as error:
            raise InvalidOption(f"template {template!r}: {error}") from None
    if not template.strip("/") or template.endswith("/"):
        raise InvalidOption(f"template {template!r} names no file")
    if ".." in template.split("/") or template.startswith("/"):
        raise InvalidOption(f"template {template!r} leads out of the output folder")
    return template


def file_name(template: str, stem: str, made: Made) -> str:
    """The name of a variant's file.

    Fields are `{stem}` (the source's name without its ending), `{variant}`, `{width}`, `{height}`,
    `{quality}` (`lossless` without one) and `{ext}`.

    Raises:
        InvalidOption: See `check_template`.
    """
    return check_template(template).format(
        stem=stem,
        variant=made.variant,
        width=made.width,
        height=made.height,
        quality="lossless" if made.quality is None else made.quality,
        ext=made.extension,
    )
