"""SVG: the root element's size, by SVG 2 chapter 8 and CSS Values 4 (96 dots per inch).

A scanner reads the root's attributes and nothing else. It knows no entities, so none can grow.
"""

from __future__ import annotations

import math
import re
import zlib
from typing import TYPE_CHECKING, Final

from stripline.errors import UnsupportedFormat
from stripline.image.headers.info import ImageInfo

if TYPE_CHECKING:
    from stripline.image.headers.header import Header

# The root's tag must end before; Inkscape writes some hundred bytes, Illustrator some thousand.
_MAX_TEXT_BYTES: Final = 65_536
_MAX_ATTRIBUTES: Final = 1_000
_MAX_MISCELLANY: Final = 1_000  # comments, instructions and a document type before the root
_GZIP: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31  # zlib's way of saying: a gzip header, the largest window
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_DOCTYPE: Final = re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\][ \t\r\n]*)?>", re.DOTALL)
_TAG: Final = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_ATTRIBUTE: Final = re.compile(
    r"[ \t\r\n]+([\w:.-]+)[ \t\r\n]*=[ \t\r\n]*(?:\"([^\"<]*)\"|'([^'<]*)')"
)
_TAG_END: Final = re.compile(r"[ \t\r\n]*/?>")
_LENGTH: Final = re.compile(
    r"\s*([+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,3})?)([a-zA-Z%]{0,3})\s*"
)
# CSS Values 4, 6.2; em and ex by the initial font size of 16 pixels, an ex being half an em.
_UNITS: Final = {
    "": 1.0,
    "px": 1.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "pt": 96 / 72,
    "pc": 16.0,
    "em": 16.0,
    "ex": 8.0,
}


def is_svg(prefix: bytes) -> bool:
    """Whether the root element, compressed or not, is `svg`."""
    root = _root(_text(prefix))
    return root is not None and root[0] == "svg"


def read_svg(header: Header) -> ImageInfo:
    """Read the root's width, height and viewBox.

    What is not given, or in percent of a window that is not there, is as large as the viewBox; with
    one side given, the viewBox gives the other in proportion. Style sheets are not looked at.

    Raises:
        CorruptImage: The root's tag is malformed or cut short, or a side is not above 0.
        UnsupportedFormat: No size is given, so that it depends on what is drawn.
    """
    data = header.upto(0, _MAX_TEXT_BYTES)
    text = _text(data)
    root = _root(text)
    if root is None:
        raise header.corrupt("the compressed text is damaged", 0)
    attributes, end = _attributes(text, root[1])
    if _TAG_END.match(text, end) is None:
        raise header.corrupt("the svg tag is malformed, cut short or too long", end)
    width, height = _size(attributes)
    if width is None or height is None:
        raise UnsupportedFormat("SVG without width and height or a viewBox has no size of its own")
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise header.corrupt(f"{width:g} x {height:g} pixels", root[1])
    return ImageInfo(
        format="svg",
        width=max(1, math.floor(width + 0.5)),
        height=max(1, math.floor(height + 0.5)),
        frames=1,
        bit_depth=8,
        colour="rgb",
        alpha=True,
        coding="gzip" if data.startswith(_GZIP) else "xml",
        lossless=True,
        bytes=header.size,
    )


def _text(data: bytes) -> str:
    """The beginning of the text; empty if it is none."""
    if data.startswith(_GZIP):
        try:
            data = zlib.decompressobj(_GZIP_WINDOW).decompress(data, _MAX_TEXT_BYTES)
        except zlib.error:
            return ""
    if data.startswith(_UTF16_MARKS):
        return data.decode("utf-16", errors="replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    # Only a text that begins with a tag is worth decoding.
    return data.decode("utf-8", errors="replace") if data.lstrip()[:1] == b"<" else ""


def _root(text: str) -> tuple[str, int] | None:
    """The root element's name without its prefix, and where the name ends."""
    at = 0
    for _ in range(_MAX_MISCELLANY):
        at = _end_of(_SPACE, text, at)
        if text.startswith("<?", at):
            at = text.find("?>", at) + 2
        elif text.startswith("<!--", at):
            at = text.find("-->", at + 4) + 3
        elif text.startswith("<!DOCTYPE", at):
            at = _end_of(_DOCTYPE, text, at)
        else:
            tag = _TAG.match(text, at)
            return None if tag is None else (tag[1], tag.end())
        if at < 4:  # no end was found
            return None
    return None


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return 0 if match is None else match.end()


def _attributes(text: str, at: int) -> tuple[dict[str, str], int]:
    """The attributes of a tag, and where they end."""
    found: dict[str, str] = {}
    for _ in range(_MAX_ATTRIBUTES):
        match = _ATTRIBUTE.match(text, at)
        if match is None:
            break
        found.setdefault(match[1], match[2] if match[2] is not None else match[3])
        at = match.end()
    return found, at


def _size(attributes: dict[str, str]) -> tuple[float | None, float | None]:
    box = _view_box(attributes.get("viewBox", ""))
    width, height = _length(attributes.get("width")), _length(attributes.get("height"))
    if box is not None:
        if width is None and height is None:
            return box
        if width is None and height is not None:
            width = height * box[0] / box[1]
        elif height is None and width is not None:
            height = width * box[1] / box[0]
    return width, height


def _view_box(text: str) -> tuple[float, float] | None:
    numbers = [_LENGTH.fullmatch(part) for part in re.split(r"[\s,]+", text.strip())[:5]]
    if len(numbers) != 4:
        return None
    _, _, width, height = (float(match[1]) if match and not match[2] else 0.0 for match in numbers)
    return (width, height) if width > 0 and height > 0 else None


def _length(text: str | None) -> float | None:
    """In pixels; None if it is not given, depends on a window, or makes no sense: all are alike."""
    match = None if text is None else _LENGTH.fullmatch(text)
    if match is None:
        return None
    unit = match[2].lower()
    return float(match[1]) * _UNITS[unit] if unit in _UNITS else None
