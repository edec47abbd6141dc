"""`stripline optimize --in-place`: pictures are replaced whole or not at all, nothing else is."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from stripline.cli._pictures import Found, Picture, look_at
from stripline.cli._replace import Rewrite
from stripline.errors import SourceError
from stripline.image import Recipe
from tests.cli.command import done, refused, run
from tests.cli.pictures import files_below, photo, size_of

if TYPE_CHECKING:
    from pathlib import Path

OLD_NS = 1_000_000_000_123_456_789


def test_mode_always_stays_and_times_on_request(tmp_path: Path) -> None:
    for keep in (False, True):
        file = photo(tmp_path / "a.jpg", 300, 200, quality=97)
        size = file.stat().st_size
        file.chmod(0o640)
        os.utime(file, ns=(OLD_NS, OLD_NS))
        options = ("--keep-times",) if keep else ()
        done(run("optimize", "a.jpg", "--in-place", *options, directory=tmp_path))
        after = file.stat()
        assert after.st_size < size
        assert stat.S_IMODE(after.st_mode) == 0o640
        assert (after.st_mtime_ns == OLD_NS) == keep
        assert files_below(tmp_path) == ["a.jpg"]


def test_what_is_not_smaller_is_not_touched(tmp_path: Path) -> None:
    file = photo(tmp_path / "a.jpg", 300, 200, quality=20)
    before = file.read_bytes(), file.stat()
    os.utime(file, ns=(OLD_NS, OLD_NS))
    done(run("optimize", ".", "--in-place", "-q", "90", directory=tmp_path))
    after = file.read_bytes(), file.stat()
    assert after[0] == before[0]
    assert (after[1].st_ino, after[1].st_mtime_ns) == (before[1].st_ino, OLD_NS)


def test_another_format_replaces_the_picture(tmp_path: Path) -> None:
    photo(tmp_path / "sub/a.png", 300, 200).chmod(0o600)
    os.utime(tmp_path / "sub/a.png", ns=(OLD_NS, OLD_NS))
    (tmp_path / "sub/notes.txt").write_text("precious")
    options = ("optimize", ".", "--in-place", "--format", "webp", "--keep-times")
    result = run(*options, directory=tmp_path)
    assert result.returncode == 0
    assert files_below(tmp_path) == ["sub/a.webp", "sub/notes.txt"]
    assert size_of(tmp_path / "sub/a.webp") == ("WEBP", (300, 200))
    status = (tmp_path / "sub/a.webp").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (0o600, OLD_NS)


def test_a_new_name_that_exists_needs_force(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 300, 200)
    (tmp_path / "a.webp").write_text("precious")
    options = ("optimize", "a.png", "--in-place", "--format", "webp")
    assert "a.webp exists" in refused(run(*options, directory=tmp_path), 2)
    assert (tmp_path / "a.webp").read_text() == "precious"
    assert (tmp_path / "a.png").exists()
    done(run(*options, "--force", directory=tmp_path))
    assert files_below(tmp_path) == ["a.webp"]
    assert size_of(tmp_path / "a.webp") == ("WEBP", (300, 200))


def test_pictures_that_would_get_one_name_stay(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg"):
        photo(tmp_path / name, 300, 200)
    options = ("optimize", ".", "--in-place", "--format", "webp", "--force")
    assert "would both become a.webp" in refused(run(*options, directory=tmp_path), 2)
    photo(tmp_path / "a.webp", 300, 200, quality=100)
    assert "a.webp is an input" in refused(run(*options, directory=tmp_path), 2)
    assert files_below(tmp_path) == ["a.jpg", "a.png", "a.webp"]


def test_links_and_what_is_no_picture_stay(tmp_path: Path) -> None:
    outside = photo(tmp_path / "outside/o.jpg", 300, 200, quality=97)
    before = outside.read_bytes()
    photo(tmp_path / "in/a.jpg", 300, 200, quality=97)
    (tmp_path / "in/link.jpg").symlink_to("../outside/o.jpg")
    (tmp_path / "in/folder").symlink_to("../outside")
    (tmp_path / "in/notes.txt").write_text("precious")
    (tmp_path / "in/fake.jpg").write_text("also precious")
    result = run("optimize", "in", "--in-place", directory=tmp_path)
    assert result.returncode == 1
    assert result.stderr.count(b"a symbolic link, which is not followed") == 2
    assert b"in/fake.jpg" in result.stderr
    for named in ("in/link.jpg", "in/folder"):
        result = run("optimize", named, "--in-place", directory=tmp_path)
        assert result.returncode == 0
        assert b"skipped: a symbolic link" in result.stderr
    assert outside.read_bytes() == before
    assert files_below(tmp_path / "in") == [
        "a.jpg",
        "fake.jpg",
        "folder",
        "link.jpg",
        "notes.txt",
    ]
    assert (tmp_path / "in/fake.jpg").read_text() == "also precious"


def test_damaged_pictures_stay(tmp_path: Path) -> None:
    whole = photo(tmp_path / "a.png", 300, 200).read_bytes()
    photo(tmp_path / "b.jpg", 300, 200, quality=97)
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    result = run("optimize", ".", "--in-place", directory=tmp_path)
    assert "a.png" in refused(result, 1)
    assert b"1 picture, 1 file" in result.stdout
    assert (tmp_path / "a.png").read_bytes() == whole[: len(whole) // 2]
    assert files_below(tmp_path) == ["a.png", "b.jpg"]


@pytest.mark.parametrize("name", ["jpeg", "webp"])
def test_what_somebody_else_changed_meanwhile_stays(tmp_path: Path, name: str) -> None:
    file = photo(tmp_path / "a.jpg", 300, 200, quality=97)
    recipe = Recipe.read({"output": {"format": name, "never_larger": True}})
    looked = look_at(Found(str(file)), {"": recipe})
    assert isinstance(looked, Picture)
    edited = photo(file, 300, 200, quality=98).read_bytes()
    with pytest.raises(SourceError, match="changed while"):
        Rewrite(None, keep_times=False, force=False, seconds=300)(looked, None)
    assert file.read_bytes() == edited
    assert files_below(tmp_path) == ["a.jpg"]


def test_dry_run_changes_nothing(tmp_path: Path) -> None:
    before = photo(tmp_path / "a.png", 300, 200).read_bytes()
    options = ("optimize", ".", "--in-place", "--format", "webp", "--dry-run")
    result = done(run(*options, directory=tmp_path))
    assert b"a.png -> a.png or a.webp" in result.stdout
    assert (tmp_path / "a.png").read_bytes() == before
    assert files_below(tmp_path) == ["a.png"]
