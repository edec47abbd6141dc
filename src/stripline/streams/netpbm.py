"""Rows from PGM, PPM and PAM (netpbm's P5, P6 and P7), as pipes carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline.errors import CorruptImage, UnsupportedFormat
from stripline.streams.raw import FileRows, read_fully

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stripline.streams._rows import PixelFormat
    from stripline.streams.raw import Readable

_MAGICS: Final = (b"P5", b"P6", b"P7")
MAGIC_BYTES: Final = 2

# Longer than any header with sense in it, comments included.
_MAX_HEADER_BYTES: Final = 1 << 16
_MAXVAL: Final = 255

_PAM_FORMATS: Final[dict[tuple[str, int], PixelFormat]] = {
    ("GRAYSCALE", 1): "grey",
    ("RGB", 3): "rgb",
    ("RGB_ALPHA", 4): "rgba",
    # The tuple type may be left out; the depth then says enough.
    ("", 1): "grey",
    ("", 3): "rgb",
    ("", 4): "rgba",
}


def is_netpbm(magic: bytes) -> bool:
    """Whether a file that begins with these two bytes is for `NetpbmRows`."""
    return magic in _MAGICS


class NetpbmRows(FileRows):
    """Rows from a PGM, PPM or PAM file of which the two magic bytes have been read.

    No byte after the last row is read, so that more can follow in the same pipe.

    Args:
        file: Anything with a `read` that gives bytes.
        magic: The two bytes.
        close: Called at the end, if the file is to be closed then.

    Raises:
        CorruptImage: The header is malformed or cut short.
        InvalidDimensions: A side outside 1 to 65,535.
        UnsupportedFormat: Samples that are not 8-bit with a maximum of 255, or channels other than
            grey, RGB and RGBA.
    """

    def __init__(
        self, file: Readable, magic: bytes, close: Callable[[], None] | None = None
    ) -> None:
        header = _Header(file)
        if magic == b"P7":
            width, height, pixel_format, maxval = _read_pam(header)
        else:
            pixel_format = "grey" if magic == b"P5" else "rgb"
            width, height, maxval = (header.number(name) for name in ("width", "height", "maxval"))
        if maxval != _MAXVAL:
            raise UnsupportedFormat(
                f"netpbm samples with a maximum of {maxval} cannot be read; convert them to 255"
                " (for example with pamdepth)"
            )
        super().__init__(file, width, height, pixel_format, to_the_end=False, close=close)


class _Header:
    """Reads a header byte by byte, because what follows it must stay in the pipe."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._read = 0

    def byte(self) -> bytes:
        self._read += 1
        byte = read_fully(self._file, 1)
        if not byte:
            raise CorruptImage("netpbm header ends early")
        if self._read > _MAX_HEADER_BYTES:
            raise CorruptImage(f"netpbm header is longer than {_MAX_HEADER_BYTES:,} bytes")
        return byte

    def line(self) -> str:
        """The next line that is not a comment, without its end."""
        while True:
            text = b"".join(iter(self.byte, b"\n"))
            if not text.startswith(b"#"):
                return text.decode("ascii", errors="replace").strip()

    def number(self, name: str) -> int:
        """The next number, and the one white space behind it."""
        token = b""
        while True:
            byte = self.byte()
            if byte == b"#":
                while self.byte() not in b"\r\n":
                    pass
                byte = b"\n"
            if not byte.isspace():
                token += byte
            elif token:
                return _number(name, token.decode("ascii", errors="replace"))


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise CorruptImage(f"netpbm header has {text[:20]!r} for its {name}")
    return int(text)


def _read_pam(header: _Header) -> tuple[int, int, PixelFormat, int]:
    fields: dict[str, str] = {}
    for line in _pam_lines(header):
        key, _, value = line.partition(" ")
        # Several tuple type lines make one name, by the format's definition.
        fields[key] = f"{fields[key]} {value.strip()}" if key in fields else value.strip()
    numbers = {}
    for key in ("WIDTH", "HEIGHT", "DEPTH", "MAXVAL"):
        if key not in fields:
            raise CorruptImage(f"PAM header has no {key}")
        numbers[key] = _number(key, fields[key])
    kind, depth = fields.get("TUPLTYPE", ""), numbers["DEPTH"]
    pixel_format = _PAM_FORMATS.get((kind, depth))
    if pixel_format is None:
        known = ", ".join(f"{name} with {channels}" for name, channels in _PAM_FORMATS if name)
        raise UnsupportedFormat(
            f"PAM tuples of {depth} samples ({kind or 'no type'}) cannot be read; known are {known}"
        )
    return numbers["WIDTH"], numbers["HEIGHT"], pixel_format, numbers["MAXVAL"]


def _pam_lines(header: _Header) -> Iterator[str]:
    header.line()  # the rest of the magic's line
    while (line := header.line()) != "ENDHDR":
        if line:
            yield line
