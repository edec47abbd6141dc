"""What lies in object stores: files below an address, and what is known of one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stripline.streams.object_store import (
    source_failed,
    split_url,
    store_errors,
    store_of,
    version_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from obstore import ObjectMeta


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in a store.

    Attributes:
        url: Its address.
        relative: The same below what was listed.
        size: Bytes.
        version: Tells its present content from another; see `object_store.version_of`.
        changed: When it was written.
    """

    url: str
    relative: str
    size: int
    version: str
    changed: datetime


def stored_file(url: str) -> StoredFile | None:
    """What is known of the file at an address; None if there is none.

    Raises:
        InvalidOption: The address says too little.
        MissingDependency: The extra `store` is not installed.
        SourceFailed: The store fails, or does not let us look.
    """
    bucket, key = split_url(url)
    store = store_of(bucket)
    if not key or key.endswith("/"):
        return None
    with store_errors(source_failed):
        try:
            meta = store.head(key)
        except FileNotFoundError:
            return None
        return _stored(bucket, meta, len(key) - len(key.rpartition("/")[2]))


def stored_files(url: str) -> Iterator[StoredFile]:
    """All files below an address, in the store's order (by key, in S3 and its like).

    They are asked for a page at a time, while they are taken.

    Raises:
        InvalidOption: The address says too little.
        MissingDependency: The extra `store` is not installed.
        SourceFailed: The store fails, or does not let us look.
    """
    bucket, prefix = split_url(url)
    prefix = prefix.rstrip("/")
    with store_errors(source_failed):
        for page in store_of(bucket).list(prefix or None):
            for meta in page:
                yield _stored(bucket, meta, len(prefix) + 1 if prefix else 0)


def remove_stored(url: str) -> None:
    """Remove a file; it does not matter whether there is one.

    Raises:
        InvalidOption: The address says too little.
        MissingDependency: The extra `store` is not installed.
        SourceFailed: The store fails, or does not let us.
    """
    bucket, key = split_url(url)
    with store_errors(source_failed), suppress(FileNotFoundError):
        store_of(bucket).delete(key)


def _stored(bucket: str, meta: ObjectMeta, prefix_length: int) -> StoredFile:
    key = meta["path"]
    return StoredFile(
        url=f"{bucket}/{key}",
        relative=key[prefix_length:],
        size=meta["size"],
        version=version_of(meta),
        changed=meta["last_modified"],
    )
