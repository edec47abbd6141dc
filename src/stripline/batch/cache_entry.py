"""One result on disk: written along with the file that it copies, checked before it is used again.

An entry's file is what was made, then a description in JSON, the description's length in four
bytes, and eight bytes that say what this is. The description holds a digest of all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from stripline.batch.cache_room import PARTIAL
from stripline.errors import describe
from stripline.image.result import VariantResult
from stripline.image.sinks import Made

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import Buffer

    from stripline.image.sinks import Delivery

MAGIC: Final = b"strpcch1"
_MOST_DESCRIPTION_BYTES: Final = 1 << 16
_COPY_BYTES: Final = 1 << 20


@dataclass(slots=True)
class Entry:
    """A file that was made before, open."""

    file: BinaryIO
    size: int
    made: Made
    result: dict[str, Any]

    @classmethod
    def read(cls, file: BinaryIO) -> Self:
        """Read and check an entry.

        Raises:
            OSError, ValueError, KeyError, TypeError: It is damaged.
        """
        end = file.seek(0, os.SEEK_END)
        tail = len(MAGIC) + 4
        file.seek(max(0, end - tail))
        last = file.read(tail)
        length = int.from_bytes(last[:4], "big")
        size = end - tail - length
        if last[4:] != MAGIC or length > _MOST_DESCRIPTION_BYTES or size < 0:
            raise ValueError("no entry")
        file.seek(size)
        text = file.read(length)
        described = json.loads(text)
        if described["digest"] != _content_digest(file, size, described["body"]):
            raise ValueError("damaged")
        body = described["body"]
        return cls(file, size, Made(**body["made"]), _checked(body["result"]))

    def deliver(self, name: str, delivery: Delivery) -> VariantResult:
        """Write the file to its place."""
        sink = delivery.sink(Made(**{**asdict(self.made), "variant": name}))
        self.file.seek(0)
        left = self.size
        while left:
            piece = self.file.read(min(left, _COPY_BYTES))
            sink.write(piece)
            left -= len(piece)
        return VariantResult(**{**self.result, "name": name, "seconds": 0.0})


def _checked(result: dict[str, Any]) -> dict[str, Any]:
    """A result's fields, of which JSON makes lists of tuples."""
    return asdict(VariantResult(**{**result, "warnings": tuple(result["warnings"])}))


def _content_digest(file: BinaryIO, size: int, body: object) -> str:
    """Of the first bytes of a file, and of what describes them."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode())
    file.seek(0)
    left = size
    while left and (piece := file.read(min(left, _COPY_BYTES))):
        digest.update(piece)
        left -= len(piece)
    return digest.hexdigest()


class Copy:
    """What may become an entry. Its troubles are its own: they are told, not raised."""

    def __init__(self, folder: str, made: Made) -> None:
        self._made = made
        self._path = Path(folder, f".{os.urandom(8).hex()}{PARTIAL}")
        self._file: BinaryIO | None = None
        self.trouble = ""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("x+b")
        except OSError as error:
            self._give_up(error)

    def write(self, data: Buffer, offset: int | None = None) -> None:
        """Append, or replace bytes."""
        if self._file is None:
            return
        try:
            if offset is not None:
                self._file.seek(offset)
            self._file.write(data)
            self._file.seek(0, os.SEEK_END)
        except OSError as error:
            self._give_up(error)

    def keep(self, path: Path, result: VariantResult, max_bytes: int) -> int:
        """Become an entry, if there is room for it; its size."""
        if self._file is None:
            return 0
        try:
            size = self._file.seek(0, os.SEEK_END)
            body = {"made": asdict(self._made), "result": asdict(result)}
            digest = _content_digest(self._file, size, json.loads(json.dumps(body)))
            described = json.dumps({"digest": digest, "body": body}).encode()
            if size + len(described) > max_bytes or len(described) > _MOST_DESCRIPTION_BYTES:
                return 0
            self._file.seek(size)
            self._file.write(described + len(described).to_bytes(4, "big") + MAGIC)
            self._file.close()
            path.parent.mkdir(exist_ok=True)
            self._path.replace(path)
        except OSError as error:
            self._give_up(error)
            return 0
        self._file = None
        return size + len(described)

    def discard(self) -> None:
        """Leave nothing, unless it became an entry."""
        if self._file is not None:
            self._drop()

    def _give_up(self, error: OSError) -> None:
        self.trouble = describe(error)
        self._drop()

    def _drop(self) -> None:
        with suppress(OSError):
            if self._file is not None:
                self._file.close()
        self._file = None
        with suppress(OSError):
            self._path.unlink()
