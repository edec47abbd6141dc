from __future__ import annotations

import os
import shutil
import socket
import tempfile
import tracemalloc
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stripline.batch import walk
from stripline.batch.discovery import discover
from stripline.batch.selection import Selection
from stripline.batch.task import Found, PassedOver
from stripline.errors import InvalidOption, SourceFailed
from stripline.streams import FileSink
from stripline.streams.object_store import sink_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stores import FaultyProxy


def make(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content")
    return folder


def look(*inputs: object, output: str | None = None, **select: Any) -> list[Found | PassedOver]:
    return list(discover([str(one) for one in inputs], Selection(**select), output=output))


def names(*inputs: object, output: str | None = None, **select: Any) -> list[str]:
    files = look(*inputs, output=output, **select)
    return [file.relative for file in files if isinstance(file, Found)]


def reasons(*inputs: object, **select: Any) -> dict[str, str]:
    files = look(*inputs, **select)
    return {file.relative: file.reason for file in files if isinstance(file, PassedOver)}


@contextmanager
def as_nobody() -> Iterator[Path]:
    """A folder for a user who may not read everything, as root may."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)
        yield folder
    finally:
        if root:
            os.seteuid(0)
        for path in folder.rglob("*"):
            path.chmod(0o777)
        shutil.rmtree(folder)


def test_a_folder_is_walked_by_name_and_structure_is_kept(tmp_path: Path) -> None:
    make(tmp_path, "b.jpg", "a/z.jpg", "a/c/y.jpg", "a.jpg", "B.jpg")
    assert names(tmp_path) == ["B.jpg", "a/c/y.jpg", "a/z.jpg", "a.jpg", "b.jpg"]
    found = look(tmp_path)[1]
    assert isinstance(found, Found)
    status = (tmp_path / "a/c/y.jpg").stat()
    assert found == Found(f"{tmp_path}/a/c/y.jpg", "a/c/y.jpg", 7, str(status.st_mtime_ns))


def test_inputs_come_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "one/b.jpg", "two/a.jpg")
    monkeypatch.chdir(tmp_path)
    assert names("two", "one/b.jpg", f"file://{tmp_path}/one") == ["a.jpg", "b.jpg"]
    assert [file.url for file in look("one")] == [f"{tmp_path}/one/b.jpg"]


def test_what_is_named_twice_is_found_once_by_itself(tmp_path: Path) -> None:
    make(tmp_path, "a/b/c.jpg", "a/d.jpg", ".hidden.jpg")
    assert names(tmp_path, tmp_path / "a/b", tmp_path / "a" / "d.jpg", tmp_path) == [
        "c.jpg",
        "d.jpg",
    ]
    assert names(tmp_path / ".hidden.jpg") == [".hidden.jpg"]


def test_what_is_not_there_is_said_before_anything_is_found(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg")
    with pytest.raises(InvalidOption, match="none: there is no such file or folder"):
        discover([str(tmp_path), str(tmp_path / "none")])


def test_hidden_files_are_passed_over_without_a_word(tmp_path: Path) -> None:
    make(tmp_path, ".a.jpg", ".git/b.jpg", "c.jpg")
    assert [file.relative for file in look(tmp_path)] == ["c.jpg"]
    assert names(tmp_path, hidden=True) == [".a.jpg", ".git/b.jpg", "c.jpg"]


def test_outputs_in_the_making_are_never_found(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "a.jpg")
    sink.write(b"half")
    assert len(list(tmp_path.iterdir())) == 1
    assert look(tmp_path, hidden=True) == []
    sink.commit()
    assert names(tmp_path) == ["a.jpg"]


def test_what_is_no_file_is_reported(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "real/b.jpg")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nothing").touch()
    (tmp_path / "dangling").symlink_to("none")
    (tmp_path / "link").symlink_to("a.jpg")
    (tmp_path / "circle").symlink_to(".")
    (tmp_path / "real/out").symlink_to("/")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert reasons(tmp_path) == {
            "circle": "a symbolic link, which is not followed",
            "dangling": "a symbolic link to nothing",
            "link": "a symbolic link, which is not followed",
            "nothing": "empty",
            "pipe": "a named pipe",
            "real/out": "a symbolic link, which is not followed",
            "socket": "a socket",
        }
    assert names(tmp_path) == ["a.jpg", "real/b.jpg"]
    assert reasons(tmp_path / "pipe") == {"pipe": "a named pipe"}
    assert reasons("/dev/null") == {"null": "a device"}


def test_a_link_that_is_named_is_followed(tmp_path: Path) -> None:
    make(tmp_path, "real/a.jpg")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").symlink_to("real/a.jpg")
    assert names(tmp_path / "link", tmp_path / "file") == ["a.jpg", "file"]


def test_what_may_not_be_read_is_a_failure_and_not_the_end() -> None:
    with as_nobody() as folder:
        make(folder, "a.jpg", "closed/b.jpg", "c.jpg", "patterns/.striplineignore", "z.jpg")
        (folder / "c.jpg").chmod(0)
        (folder / "closed").chmod(0)
        (folder / "patterns/.striplineignore").chmod(0)
        failed = {file.relative: file for file in look(folder) if isinstance(file, PassedOver)}
        assert names(folder) == ["a.jpg", "z.jpg"]
        assert reasons(folder / "closed/b.jpg")["b.jpg"].startswith("PermissionError")
    assert all(file.failed and "PermissionError" in file.reason for file in failed.values())
    assert list(failed) == ["c.jpg", "closed", "patterns"]


def test_names_that_are_no_text_are_reported(tmp_path: Path) -> None:
    make(tmp_path, "ok.jpg")
    with open(os.fsencode(tmp_path) + b"/caf\xe9.jpg", "wb") as file:  # noqa: PTH123 - of bytes
        file.write(b"x")
    (passed,) = (one for one in look(tmp_path) if isinstance(one, PassedOver))
    assert passed == PassedOver(
        f"{tmp_path}/caf\\xe9.jpg", "caf\\xe9.jpg", "its name is not UTF-8: rename it", failed=True
    )


def test_the_output_is_not_looked_into(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "out/a.webp", "outer/b.jpg", "sub/out/c.jpg")
    expected = ["a.jpg", "outer/b.jpg", "sub/out/c.jpg"]
    assert names(tmp_path, output=str(tmp_path / "out")) == expected
    assert names(tmp_path, output=f"file://{tmp_path}/out/") == expected
    (tmp_path / "link").symlink_to("sub/out")
    assert names(tmp_path, output=str(tmp_path / "link")) == ["a.jpg", "out/a.webp", "outer/b.jpg"]
    assert len(names(tmp_path, output=str(tmp_path / "none"))) == 4


def test_the_output_may_appear_while_files_are_found(tmp_path: Path) -> None:
    make(tmp_path, "a/a.jpg", "b.jpg")
    files = discover([str(tmp_path)], output=str(tmp_path / "c"))
    assert next(files).relative == "a/a.jpg"
    make(tmp_path, "c/a.webp")
    assert [file.relative for file in files] == ["b.jpg"]


@pytest.mark.parametrize("output", [".", "./", "a/.."])
def test_the_output_may_not_be_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    make(tmp_path, "a/b.jpg")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidOption, match="take results for sources"):
        discover(["."], output=output)


def test_includes_and_excludes(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "b.png", "raw/c.jpg", "sub/raw/d.jpg", "sub/e.tmp.jpg")
    chosen: dict[str, Any] = {"include": ("*.jpg",), "exclude": ("/raw/", "*.tmp.*")}
    assert names(tmp_path, **chosen) == ["a.jpg", "sub/raw/d.jpg"]
    assert reasons(tmp_path, **chosen) == {
        "b.png": "not included",
        "raw": "excluded by /raw/ (exclude)",
        "sub/e.tmp.jpg": "excluded by *.tmp.* (exclude)",
    }
    assert names(tmp_path, include=("sub/*.jpg",)) == ["sub/e.tmp.jpg"]


def test_ignore_files_count_where_they_lie(tmp_path: Path) -> None:
    make(tmp_path, "a.tmp", "top.jpg", "sub/a.tmp", "sub/top.jpg", "sub/keep.tmp", "no/x.jpg")
    make(tmp_path, "sub/deep/a.tmp", "sub/deep/y.jpg")
    (tmp_path / ".striplineignore").write_text("# what nobody wants\n\n*.tmp\n/top.jpg\nno/\n")
    (tmp_path / "sub/.striplineignore").write_text("!keep.tmp\n")
    (tmp_path / "sub/deep/.striplineignore").write_text("!*.tmp\ny.jpg")
    assert names(tmp_path) == ["sub/deep/a.tmp", "sub/keep.tmp", "sub/top.jpg"]
    why = reasons(tmp_path)
    assert why["sub/a.tmp"] == "excluded by *.tmp (.striplineignore)"
    assert why["sub/deep/y.jpg"] == "excluded by y.jpg (sub/deep/.striplineignore)"
    assert why["no"] == "excluded by no/ (.striplineignore)"
    assert len(names(tmp_path, ignore_files=False)) == 8


@pytest.mark.parametrize("content", [b"!\n", b"[z-a]\n", b"\xff\xfe\n"])
def test_an_ignore_file_that_cannot_be_read_closes_its_folder(
    tmp_path: Path, content: bytes
) -> None:
    make(tmp_path, "a/b.jpg", "c.jpg")
    (tmp_path / "a/.striplineignore").write_bytes(content)
    passed, found = look(tmp_path)
    assert isinstance(passed, PassedOver)
    assert passed.failed
    assert "a/.striplineignore" in passed.reason
    assert found.relative == "c.jpg"


def test_sizes_and_dates(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    (tmp_path / "b.jpg").write_bytes(bytes(1000))
    os.utime(tmp_path / "c.jpg", (0, 86_400))
    day = datetime(1970, 1, 3, tzinfo=UTC)
    assert names(tmp_path, min_bytes=8) == ["b.jpg"]
    assert names(tmp_path, max_bytes=999) == ["a.jpg", "c.jpg"]
    assert names(tmp_path, changed_after=day) == ["a.jpg", "b.jpg"]
    assert names(tmp_path, changed_before=day) == ["c.jpg"]
    assert reasons(tmp_path, max_bytes=999) == {"b.jpg": "1,000 bytes, of which 999 are allowed"}
    assert reasons(tmp_path, changed_after=day) == {
        "c.jpg": "last changed before 1970-01-03 00:00:00+00:00"
    }


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ({"min_bytes": -1}, "min_bytes is -1"),
        ({"include": ("!",)}, "include: '!' is no pattern"),
        ({"exclude": ("ok", "[z-a]")}, "exclude: '\\[z-a\\]' is no pattern"),
        ({"changed_after": datetime(2024, 1, 1)}, "has no time zone"),  # noqa: DTZ001 - the mistake
    ],
)
def test_selections_that_cannot_be(select: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        Selection(**select)


def test_pictures_are_told_by_their_first_bytes(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "really.txt", "webp")
    make(tmp_path, "lie.jpg")
    assert names(tmp_path, pictures=True) == ["really.txt"]
    assert reasons(tmp_path, pictures=True) == {"lie.jpg": "no picture"}


def test_large_folders_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [f"{number:03}.jpg" for number in range(100)]
    make(tmp_path, *wanted)
    make(tmp_path, "050/x.jpg")
    monkeypatch.setattr(walk, "_NAMES_AT_ONCE", 7)
    assert names(tmp_path) == [*wanted[:50], "050/x.jpg", *wanted[50:]]


def test_files_are_found_while_they_are_taken(tmp_path: Path) -> None:
    make(tmp_path, *(f"{folder}/{name}.jpg" for folder in range(40) for name in range(50)))
    files = discover([str(tmp_path)])
    next(files)
    tracemalloc.start()
    count = sum(1 for _ in files)
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1999
    # The names of one folder of fifty, and what one file is found with.
    assert most < 50_000
    assert held < 50_000


def test_a_file_that_goes_away_meanwhile_is_reported(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "b.jpg", "c/d.jpg")
    files = discover([str(tmp_path)])
    next(files)
    (tmp_path / "b.jpg").unlink()
    assert list(files)[0] == PassedOver(  # noqa: RUF015 - all of them are taken
        f"{tmp_path}/b.jpg", "b.jpg", "it went away meanwhile"
    )


_NAME = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.lists(_NAME, min_size=1, max_size=4).map(tuple), max_size=12))
def test_every_file_is_found_once_whatever_its_name(
    tmp_path_factory: pytest.TempPathFactory, paths: set[tuple[str, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    made = set()
    for parts in paths:
        if {".", ".."} & set(parts):
            continue
        path = folder.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        except OSError:  # a file where a folder would be, or the other way round
            continue
        made.add("/".join(parts))
    found = names(folder, hidden=True, ignore_files=False)
    assert len(found) == len(set(found))
    assert set(found) == made - {name for name in made if name.endswith(".striplineignore")}
    assert found == names(folder, hidden=True, ignore_files=False)


def put(url: str, data: bytes = b"content") -> None:
    sink = sink_at(url)
    sink.write(data)
    sink.commit()


def test_a_store_is_listed(bucket: str) -> None:
    for key in ("b.jpg", "a/c.jpg", "a/.hidden/d.jpg", "out/b.webp", "raw/e.jpg", "a/é {x}.jpg"):
        put(f"{bucket}/{key}")
    put(f"{bucket}/empty.jpg", b"")
    put(f"{bucket}x/other.jpg")
    output = f"{bucket}/out/"
    files = look(bucket, f"{bucket}/b.jpg", output=output, exclude=("raw/",))
    assert [file.relative for file in files] == [
        "a/c.jpg",
        "a/é {x}.jpg",
        "empty.jpg",
        "raw/e.jpg",
        "b.jpg",
    ]
    assert reasons(bucket, exclude=("raw/",)) == {
        "empty.jpg": "empty",
        "raw/e.jpg": "excluded by raw/ (exclude)",
    }
    first = files[0]
    assert isinstance(first, Found)
    assert (first.url, first.size) == (f"{bucket}/a/c.jpg", 7)
    assert first.version == look(f"{bucket}/a/c.jpg")[0].version  # type: ignore[union-attr]  # it is one
    put(f"{bucket}/a/c.jpg", b"another")
    assert first.version != look(f"{bucket}/a/c.jpg")[0].version  # type: ignore[union-attr]  # it is one


def test_nothing_in_a_store_is_said_at_once(bucket: str) -> None:
    with pytest.raises(InvalidOption, match="there is nothing by that name"):
        discover([f"{bucket}/none"])
    put(f"{bucket}/a.jpg")
    with pytest.raises(InvalidOption, match="take results for sources"):
        discover([bucket], output=f"{bucket}/")


def test_a_store_that_fails_ends_the_search(bucket: str, faults: FaultyProxy) -> None:
    put(f"{bucket}/a.jpg")
    faults.fails = lambda *_: 503
    with pytest.raises(SourceFailed, match="503") as raised:
        discover([bucket])
    assert raised.value.retryable


def test_pictures_in_a_store_are_told_by_their_first_bytes(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    put("memory://sniffed/a", (tmp_path / "a.png").read_bytes())
    put("memory://sniffed/b")
    assert names("memory://sniffed", pictures=True) == ["a"]
