from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stripline.errors import InvalidOption, LimitExceeded, SinkFailed, SourceFailed
from stripline.image import MemorySinks, Recipe, process
from stripline.image.sinks import OneSink
from stripline.streams import FileSink, Sink
from stripline.streams.object_store import (
    ObjectSink,
    ObjectSource,
    is_url,
    local_path,
    open_place,
    sink_at,
    split_url,
    store_of,
)
from stripline.streams.source import FileSource, Source
from tests.support import photograph

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer

    from tests import stores

MIB = 1 << 20


@pytest.fixture(params=["memory", "s3"])
def place(request: pytest.FixtureRequest) -> str:
    """The address of an empty folder."""
    if request.param == "memory":
        return f"memory://{uuid4().hex}/folder"
    return str(request.getfixturevalue("bucket"))


def put(url: str, *pieces: Buffer) -> None:
    sink = sink_at(url)
    for piece in pieces:
        sink.write(piece)
    sink.commit()


def keys(url: str) -> list[str]:
    bucket, prefix = split_url(url)
    return [meta["path"] for chunk in store_of(bucket).list(prefix) for meta in chunk]


def test_what_is_written_is_read(place: str) -> None:
    url = f"{place}/a b/Zürich {{x}} #1%20?&+.jpg"
    put(url, b"01", memoryview(b"234"))
    source = open_place(url)
    assert isinstance(source, Source)
    assert bytes(source.data()) == b"01234"
    with source.open() as file:
        assert file.read(2) == b"01"
        assert file.seek(-1, io.SEEK_END) == 4
        assert file.read() == b"4"
        assert file.read() == b""


def test_a_file_read_in_parts_is_the_file(place: str) -> None:
    content = os.urandom(3 * MIB + 17)
    put(f"{place}/a", content)
    with open_place(f"{place}/a").open() as file:
        assert file.seekable()
        assert file.read(10) == content[:10]
        file.seek(2 * MIB - 5)
        assert file.read(MIB) == content[2 * MIB - 5 : 3 * MIB - 5]
        file.seek(0)
        assert file.read() == content


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 300)), max_size=20))
def test_seeking_and_reading_are_those_of_a_file(reads: list[tuple[int, int]]) -> None:
    content = bytes(range(256))
    put("memory://reads/a", content)
    real = io.BytesIO(content)
    with ObjectSource("memory://reads/a").open() as file:
        for start, count in reads:
            assert file.seek(start) == real.seek(start)
            assert file.read(count) == real.read(count)
        with pytest.raises(ValueError, match="before the file's first byte"):
            file.seek(-1)


def test_nothing_shows_before_the_commit(place: str) -> None:
    sink = sink_at(f"{place}/a.jpg")
    assert isinstance(sink, Sink)
    sink.write(b"012345")
    sink.patch(1, b"xx")
    sink.write(b"6")
    assert keys(place) == []
    sink.commit()
    assert bytes(open_place(f"{place}/a.jpg").data()) == b"0xx3456"


def test_an_abort_leaves_what_was_there(place: str) -> None:
    put(f"{place}/a", b"old")
    for url in (f"{place}/a", f"{place}/b"):
        sink = sink_at(url)
        sink.write(b"new")
        sink.abort()
    assert bytes(open_place(f"{place}/a").data()) == b"old"
    assert len(keys(place)) == 1


def test_large_files_go_in_parts(bucket: str, faults: stores.FaultyProxy) -> None:
    content = os.urandom(MIB)
    put(f"{bucket}/large", *[content] * 17)
    assert bytes(open_place(f"{bucket}/large").data()) == content * 17
    assert sum("partNumber" in path for method, path in faults.seen if method == "PUT") == 3


def test_an_upload_that_fails_is_called_off(bucket: str, faults: stores.FaultyProxy) -> None:
    faults.fails = lambda _, path: 403 if "partNumber=2" in path else None
    with pytest.raises(SinkFailed, match="403 Forbidden") as raised:
        put(f"{bucket}/large", bytes(17 * MIB))
    assert raised.value.written == 17 * MIB
    assert not raised.value.retryable
    assert faults.seen[-1][0] == "DELETE"
    assert keys(bucket) == []


def test_the_media_type_is_what_the_store_answers(bucket: str) -> None:
    sink = sink_at(f"{bucket}/a", "image/webp")
    sink.write(b"a")
    sink.commit()
    name, key = split_url(f"{bucket}/a")
    assert store_of(name).get(key).attributes["Content-Type"] == "image/webp"


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_failure_that_passes_is_not_seen(
    status: int, bucket: str, faults: stores.FaultyProxy
) -> None:
    faults.fail_times(1, status, "PUT")
    put(f"{bucket}/a", b"content")
    faults.fail_times(1, status, "GET")
    assert bytes(open_place(f"{bucket}/a").data()) == b"content"


@pytest.mark.parametrize(("status", "retryable"), [(503, True), (-1, True), (400, False)])
def test_one_that_stays_says_whether_to_try_later(
    *, status: int, retryable: bool, bucket: str, faults: stores.FaultyProxy
) -> None:
    faults.fails = lambda *_: status
    with pytest.raises(SourceFailed) as read:
        open_place(f"{bucket}/a").data()
    with pytest.raises(SinkFailed) as written:
        put(f"{bucket}/a", b"content")
    assert read.value.retryable is written.value.retryable is retryable
    assert read.value.__cause__ is not None


def test_the_same_failure_reads_the_same(bucket: str) -> None:
    messages = set()
    for _ in range(2):
        with pytest.raises(SourceFailed, match="The specified key does not exist") as raised:
            open_place(f"{bucket}/none").data()
        assert not raised.value.retryable
        messages.add(str(raised.value))
    (message,) = messages
    assert "\n" not in message
    with pytest.raises(SourceFailed, match="not found"):
        open_place(f"{bucket}/none").open()


def test_a_wrong_secret_is_refused(
    bucket: str, swift_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    store_of.cache_clear()
    assert swift_port
    with pytest.raises(SinkFailed, match="403") as raised:
        put(f"{bucket}/a", b"a")
    assert not raised.value.retryable


def test_a_file_that_changes_while_it_is_read_is_an_error(place: str) -> None:
    url = f"{place}/a"
    put(url, bytes(3 * MIB))
    source = open_place(url)
    with source.open() as file:
        file.read(10)
        put(url, b"\1" * 3 * MIB)
        with pytest.raises(SourceFailed, match="changed meanwhile"):
            file.read()
    with pytest.raises(SourceFailed, match="changed meanwhile"):
        source.data()


def test_a_version_that_is_gone_is_an_error() -> None:
    put("memory://versions/a", b"one")
    with pytest.raises(SourceFailed, match="was another"):
        open_place("memory://versions/a", version="another").data()


def test_too_large_a_file_is_not_fetched(bucket: str, faults: stores.FaultyProxy) -> None:
    put(f"{bucket}/a", bytes(1000))
    faults.seen.clear()
    source = open_place(f"{bucket}/a", max_bytes=999)
    with pytest.raises(LimitExceeded, match="1,000 bytes, of which 999"):
        source.open()
    with pytest.raises(LimitExceeded, match="1,000 bytes, of which 999"):
        source.data()
    assert [method for method, _ in faults.seen] == ["HEAD", "GET"]


def test_a_picture_goes_from_store_to_store(place: str) -> None:
    file = io.BytesIO()
    Image.fromarray(photograph()).save(file, "png")
    put(f"{place}/in.png", file.getvalue())
    recipe = Recipe.read({"resize": {"width": 64}, "output": {"format": "webp"}})
    process(ObjectSource(f"{place}/in.png"), recipe, OneSink(ObjectSink(f"{place}/out.webp")))
    here = MemorySinks()
    process(file.getvalue(), {"": recipe}, here)
    assert bytes(open_place(f"{place}/out.webp").data()) == here.files[""]


def test_its_bytes_are_fetched_once(bucket: str, faults: stores.FaultyProxy) -> None:
    file = io.BytesIO()
    Image.fromarray(photograph()).save(file, "jpeg")
    put(f"{bucket}/in.jpg", file.getvalue())
    faults.seen.clear()
    process(ObjectSource(f"{bucket}/in.jpg"), Recipe(), io.BytesIO())
    assert [method for method, _ in faults.seen] == ["GET"]


@pytest.mark.parametrize(
    ("place", "is_address", "path"),
    [
        ("s3://b/k", True, None),
        ("memory:///k", True, None),
        ("file:///a%20b/c", True, "/a b/c"),
        ("file://localhost/c", True, "/c"),
        ("/a/s3://b", False, "/a/s3://b"),
        ("http:/a", False, "http:/a"),
        ("a%20b", False, "a%20b"),
    ],
)
def test_places_on_this_machine_are_told_from_others(
    *, place: str, is_address: bool, path: str | None
) -> None:
    assert is_url(place) is is_address
    assert local_path(place) == path


def test_local_places_are_local_files(tmp_path: Path) -> None:
    source = open_place(f"file://{tmp_path}/a")
    assert isinstance(source, FileSource)
    assert source.path == f"{tmp_path}/a"
    sink = sink_at(f"file://{tmp_path}/a")
    assert isinstance(sink, FileSink)
    sink.abort()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://", "names no bucket"),
        ("s3:///key", "names no bucket"),
        ("s3://b/a//c", "no empty"),
        ("s3://b/../c", "no empty"),
        ("memory://b/", "names no file"),
        ("memory://b/a/", "names no file"),
        ("s3://buck et/a", "invalid domain"),
        ("file://elsewhere/a", "lies on elsewhere"),
    ],
)
def test_addresses_that_cannot_be(url: str, message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        sink_at(url)
