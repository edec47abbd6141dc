"""Files in object stores: `s3://`, `gs://`, `az://`, and `memory://` within a process.

An address is `scheme://bucket/key`; the key is taken as it is written, without escapes. Who may
read and write, and where the store is, comes from the variables of the environment that the
store's own tools read (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT`, `GOOGLE_APPLICATION_CREDENTIALS`,
`AZURE_STORAGE_ACCOUNT_NAME`, ...). `file://` is a local path, spelt otherwise.

Needs the extra `store`. The library underneath runs threads of its own, which do not survive
`fork()`: processes that use a store are to be spawned.
"""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from stripline.errors import (
    InvalidOption,
    LimitExceeded,
    MissingDependency,
    SinkFailed,
    SourceFailed,
    StriplineError,
)
from stripline.streams.sink import FileSink, Sink
from stripline.streams.source import FileSource, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from obstore import ObjectMeta
    from obstore.store import ObjectStore, RetryConfig
    from typing_extensions import Buffer

SCHEMES: Final = ("s3", "gs", "az", "memory", "file")

# A part of a multipart upload; S3 takes 10,000 of at least 5 MiB. Two are under way at a time, so
# a sink holds at most three of them, be the file as large as it may.
_PART_BYTES: Final = 8 << 20
_PARTS_AT_ONCE: Final = 2
# Read at once from a file that is not read as a whole.
_RANGE_BYTES: Final = 1 << 20
# Requests are tried again below us after dropped connections and answers of 5xx, 408 and 429: some
# seconds in all. What lasts longer is the matter of whoever schedules the work. How long a request
# may take is left to AWS_TIMEOUT and its like: options given in code would replace all of those.
_RETRIES: Final = 3
_RETRY_SECONDS: Final = 20

_ADDRESS: Final = re.compile(rf"({'|'.join(SCHEMES)})://")
_STATUS: Final = re.compile(r"status code: (\d{3})")
# In messages: how long a request took, and the text in the store's answer.
_TOOK: Final = re.compile(r" in [\d.]+(?:ns|\u00b5s|ms|s)\b")
_SAID: Final = re.compile(r"<Message>([^<]*)</Message>")
_PASSING_STATUSES: Final = frozenset({408, 429})


def is_url(place: str) -> bool:
    """Whether a place is an address of a store, `file://` included, and not a path."""
    return _ADDRESS.match(place) is not None


def local_path(place: str) -> str | None:
    """The path of a place that lies on this machine; None for one in a store.

    Raises:
        InvalidOption: `file://` with another machine's name.
    """
    if not is_url(place):
        return place
    scheme, _, rest = place.partition("://")
    if scheme != "file":
        return None
    host = urlsplit(place).netloc
    if host not in {"", "localhost"}:
        raise InvalidOption(f"{place} lies on {host}; local files are file:///folder/name")
    return url2pathname(rest.removeprefix(host))


def split_url(url: str) -> tuple[str, str]:
    """The bucket's address, as `scheme://bucket`, and the key.

    Raises:
        InvalidOption: There is no bucket in it, or a key that no file can have.
    """
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    if not bucket and scheme != "memory":
        raise InvalidOption(f"{url} names no bucket: write {scheme}://bucket/key")
    if {".", ".."} & set(key.split("/")) or "//" in f"/{key}":
        raise InvalidOption(f"{url}: a key has no empty, . or .. part")
    return f"{scheme}://{bucket}", key


@cache
def store_of(bucket: str) -> ObjectStore:
    """What speaks to a bucket; one for a process.

    Args:
        bucket: Its address without a key.

    Raises:
        InvalidOption: The address or the environment does not say enough.
        MissingDependency: The extra `store` is not installed.
    """
    try:
        from obstore import store  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingDependency(f"reading and writing {bucket}", "obstore", "store") from error
    if bucket.startswith("memory://"):
        return store.MemoryStore()
    retry: RetryConfig = {
        "max_retries": _RETRIES,
        "retry_timeout": timedelta(seconds=_RETRY_SECONDS),
    }
    try:
        return store.from_url(bucket, retry_config=retry)
    except Exception as error:
        raise InvalidOption(f"{bucket}: {_message(error)}") from error


def open_place(place: str, *, max_bytes: int | None = None, version: str | None = None) -> Source:
    """A source at a path or an address.

    Args:
        place: The path or the address.
        max_bytes: The most that an object may hold; a file's size is checked by whoever probes it.
        version: The store's tag that an object must have; None for any.

    Raises:
        InvalidOption: The address says too little.
        MissingDependency: The extra `store` is not installed.
    """
    path = local_path(place)
    return FileSource(path) if path is not None else ObjectSource(place, max_bytes, version)


def sink_at(place: str, media_type: str | None = None) -> Sink:
    """A sink at a path or an address; the folder of a path must be there.

    Args:
        place: The path or the address.
        media_type: What the store answers as `Content-Type`; None for what it thinks best.

    Raises:
        InvalidOption: The address says too little.
        MissingDependency: The extra `store` is not installed.
        OSError: The file cannot be made.
    """
    path = local_path(place)
    return FileSink(path) if path is not None else ObjectSink(place, media_type)


def is_passing(error: BaseException) -> bool:
    """Whether a store's error may be another one's, or none, when the request is made again."""
    if type(error).__name__ != "GenericError":  # the others say what is wrong with the request
        return False
    status = _STATUS.search(str(error))
    if status is not None:
        return int(status[1]) >= 500 or int(status[1]) in _PASSING_STATUSES
    return "redirect" not in str(error)  # a wrong region; otherwise the connection


def _message(error: Exception) -> str:
    """Class and message in one line, the same whenever the same thing happens."""
    text = str(error).partition("\n\nDebug source")[0]
    said = _SAID.search(text)
    text = _TOOK.sub("", text.partition("<?xml")[0])
    words = f"{text} {said[1]}" if said is not None else text
    return f"{type(error).__name__}: {' '.join(words.split()).rstrip(':')}"


@contextmanager
def store_errors(failed: Callable[..., StriplineError]) -> Iterator[None]:
    """The store's errors as ours; `failed` is given a message and `retryable`."""
    try:
        yield
    except StriplineError:
        raise
    except Exception as error:
        raise failed(_message(error), retryable=is_passing(error)) from error


def source_failed(reason: str, *, retryable: bool) -> SourceFailed:
    """For `store_errors`, where nothing was read yet."""
    return SourceFailed(0, reason, retryable=retryable)


class ObjectSource:
    """A file in an object store.

    Its bytes are fetched once for all who want the whole of it. Reading by `open` fetches parts of
    1 MiB as they are wanted. All of them come from one state of the file, or it is an error.

    Args:
        url: Its address.
        max_bytes: The most that it may hold; None for any number.
        version: The tag that it must have; None for the one that it has when it is first read.

    Raises:
        InvalidOption: The address says too little.
        MissingDependency: The extra `store` is not installed.
    """

    path: Final = None

    def __init__(self, url: str, max_bytes: int | None = None, version: str | None = None) -> None:
        self.name = url
        bucket, self._key = split_url(url)
        self._store = store_of(bucket)
        self._max_bytes = max_bytes
        self._version = version
        self._data: Buffer | None = None

    def open(self) -> BinaryIO:
        """The file, fetched as it is read.

        Raises:
            SourceFailed: It is not there, it has changed, or the store fails.
            LimitExceeded: It is larger than is allowed.
        """
        if self._data is not None:
            return io.BytesIO(self._data)
        with store_errors(source_failed):
            meta = self._store.head(self._key)
            self._check(meta)
            return io.BufferedReader(_Ranges(self._fetch, meta["size"]), _RANGE_BYTES)

    def data(self) -> Buffer:
        """Its bytes.

        Raises:
            SourceFailed: It is not there, it has changed, or the store fails.
            LimitExceeded: It is larger than is allowed.
        """
        if self._data is None:
            with store_errors(source_failed):
                result = self._store.get(self._key)
                self._check(result.meta)
                self._data = memoryview(result.bytes())
        return self._data

    def _fetch(self, start: int, end: int) -> Buffer:
        with store_errors(source_failed):
            result = self._store.get(self._key, options={"range": (start, end)})
            self._check(result.meta)
            return memoryview(result.bytes())

    def _check(self, meta: ObjectMeta) -> None:
        if self._max_bytes is not None and meta["size"] > self._max_bytes:
            raise LimitExceeded("bytes", meta["size"], self._max_bytes)
        version = version_of(meta)
        if self._version is None:
            self._version = version
        elif self._version != version:
            raise SourceFailed(
                0, f"{self.name} was {self._version} and is {version}: it changed meanwhile"
            )


def version_of(meta: ObjectMeta) -> str:
    """What tells one state of an object from the next: the tag of its content, or its time."""
    return meta["e_tag"] or meta["last_modified"].isoformat()


class _Ranges(io.RawIOBase):
    """A seekable file whose parts are fetched when they are read."""

    def __init__(self, fetch: Callable[[int, int], Buffer], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"seek to {base + offset}, before the file's first byte")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readall(self) -> bytes:  # the base class would fetch the rest in 8 KiB
        if self._at >= self._size:
            return b""
        rest = bytes(self._fetch(self._at, self._size))
        self._at = self._size
        return rest

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as the base class has it
        end = min(self._at + len(buffer), self._size)
        if end <= self._at:
            return 0
        piece = memoryview(self._fetch(self._at, end))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class ObjectSink:
    """A file in an object store that appears, or replaces another, only when it is complete.

    Bytes are kept until `commit`, 8 MiB in memory and what is over in a temporary file, and sent
    then: in one request, or by a multipart upload in parts of 8 MiB, which is called off if it
    fails. So an abort leaves nothing behind, nor does a process that dies before the commit: no
    upload that nobody ends and somebody pays for.

    Args:
        url: Its address.
        media_type: What the store answers as `Content-Type`; None for what it thinks best.

    Raises:
        InvalidOption: The address says too little, or names no file.
        MissingDependency: The extra `store` is not installed.
    """

    can_patch = True

    def __init__(self, url: str, media_type: str | None = None) -> None:
        bucket, self._key = split_url(url)
        if not self._key or self._key.endswith("/"):
            raise InvalidOption(f"{url} names no file")
        self._store = store_of(bucket)
        self._attributes = {} if media_type is None else {"Content-Type": media_type}
        self._file = SpooledTemporaryFile(_PART_BYTES)  # noqa: SIM115 - commit or abort closes it
        self._bytes = 0

    def write(self, data: Buffer) -> None:
        """Append `data`."""
        self._file.write(data)
        self._bytes += memoryview(data).nbytes

    def patch(self, offset: int, data: bytes) -> None:
        """Replace bytes."""
        self._file.seek(offset)
        self._file.write(data)
        self._file.seek(0, io.SEEK_END)

    def commit(self) -> None:
        """Send everything.

        Raises:
            SinkFailed: The store does not take it; says whether it may do so later.
        """
        self._file.seek(0)
        with store_errors(self._failed), self._file:
            self._store.put(
                self._key,
                self._file,
                attributes=self._attributes,
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )

    def abort(self) -> None:
        """Forget everything; what stood there before stays as it was."""
        self._file.close()

    def _failed(self, reason: str, *, retryable: bool) -> SinkFailed:
        return SinkFailed(self._bytes, reason, retryable=retryable)
