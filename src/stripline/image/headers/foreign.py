"""What a file is that is no picture, or none that can be read here, in words for people."""

from __future__ import annotations

import codecs
from typing import Final

_SHOWN_BYTES: Final = 12
_HTML_SEARCHED_BYTES: Final = 1_024
_HTML_STARTS: Final = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title")

# Where it stands, the bytes, what the file is. The first that fits counts.
_MAGICS: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"MZ", "a Windows program (MZ)"),
    (0, b"\x7fELF", "a Linux program (ELF)"),
    (0, b"\xcf\xfa\xed\xfe", "a macOS program (Mach-O)"),
    (0, b"\xca\xfe\xba\xbe", "a Java class or a macOS program"),
    (0, b"#!", "a script"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript document (EPS)"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\x1f\x8b", "gzip-compressed data"),
    (0, b"BZh", "bzip2-compressed data"),
    (0, b"\xfd7zXZ\0", "xz-compressed data"),
    (0, b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"\x89PNG\r\n\x1a\n\0\0\0\x04CgBI", "a PNG file altered for iOS (CgBI)"),
    (0, b"8BPS", "a Photoshop document (PSD)"),
    (0, b"gimp xcf", "a GIMP picture (XCF)"),
    (0, b"\0\0\x01\0", "a Windows icon (ICO)"),
    (0, b"\0\0\x02\0", "a Windows cursor (CUR)"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 codestream"),
    (0, b"II\xbc\x01", "a JPEG XR picture"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (0, b"#?RADIANCE", "a Radiance picture (HDR)"),
    (0, b"qoif", "a QOI picture"),
    (0, b"DDS ", "a DirectDraw texture (DDS)"),
    (0, b"SIMPLE  =", "a FITS picture"),
    (128, b"DICM", "a DICOM picture"),
    (0, b"FUJIFILMCCD-RAW", "a Fujifilm raw picture (RAF)"),
    (0, b"IIU\0", "a Panasonic raw picture (RW2)"),
    (0, b"IIRO", "an Olympus raw picture (ORF)"),
    (0, b"IIRS", "an Olympus raw picture (ORF)"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM film"),
    (8, b"AVI ", "an AVI film"),
    (8, b"WAVE", "a WAVE sound"),
    (0, b"ID3", "an MP3 sound"),
    (0, b"OggS", "an Ogg film or sound"),
    (0, b"fLaC", "a FLAC sound"),
    *((0, b"P%d\n" % kind, "a netpbm picture (PNM)") for kind in range(1, 8)),
)
_FILM_BRANDS: Final = {
    b"qt  ": "a QuickTime film (MOV)",
    b"crx ": "a Canon raw picture (CR3)",
    b"jpx ": "a JPEG 2000 picture",
}


def describe_foreign(prefix: bytes) -> str:
    """Say what a file is, with the article: `an HTML page`, `a ZIP archive`.

    Args:
        prefix: Its first bytes; some kilobytes are plenty.
    """
    if not prefix:
        return "an empty file"
    if prefix[4:8] == b"ftyp":
        brand = prefix[8:12]
        return _FILM_BRANDS.get(brand) or f"an MP4 film ({brand.decode('latin-1').strip()!r})"
    text = _text(prefix)
    for at, magic, name in _MAGICS:
        # A magic of letters alone may begin a text; a program or a sound is never one.
        if prefix.startswith(magic, at) and not (text and magic.isalnum()):
            return name
    return text or f"unknown data, which begins with {prefix[:_SHOWN_BYTES].hex(' ').upper()}"


def _text(prefix: bytes) -> str | None:
    """What kind of text it is; None if it is not text."""
    encoding = "utf-16" if prefix.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    try:
        # Not final: the prefix may end within a character.
        text = codecs.getincrementaldecoder(encoding)().decode(prefix)
    except UnicodeDecodeError:
        return None
    if not all(char.isprintable() or char.isspace() for char in text):
        return None
    start = text.lstrip("\ufeff \t\r\n").encode()[:_HTML_SEARCHED_BYTES].lower()
    if start.startswith(_HTML_STARTS) or (start.startswith(b"<") and b"<html" in start):
        return "an HTML page"
    return "an XML document" if start.startswith(b"<?xml") else "plain text"
