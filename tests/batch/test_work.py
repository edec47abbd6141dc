"""One task: what comes of it, and of all that can be wrong with it."""

from __future__ import annotations

import errno
import os
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from PIL import Image

from stripline.batch import do_work
from stripline.batch.task import Failure, Outcome
from stripline.batch.work import worker_name
from tests.batch.support import files_below, found_in, make_pictures, spec_for
from tests.image.corpus import animation, oriented_jpeg

if TYPE_CHECKING:
    from pathlib import Path

    from stripline.batch.task import Work

T = TypeVar("T")


def work_on(path: Path, output: Path, recipe: dict[str, Any] | None = None, **more: Any) -> Work:
    spec = spec_for(output, recipe, **more)
    (found,) = [found for found in found_in(path.parent) if found.url == str(path)]
    return spec.work(spec.key(found.source, found.relative), found.source, found.relative, 0)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return make_pictures(tmp_path / "in", 1) / "p0000.jpg"


def sent(value: T) -> T:
    """What another process would get."""
    copy: T = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own
    return copy


def done(work: Work) -> Outcome:
    outcome = do_work(work)
    assert isinstance(outcome, Outcome), outcome
    return outcome


def failed(work: Work) -> Failure:
    failure = do_work(work)
    assert isinstance(failure, Failure)
    return failure


def test_what_was_made(picture: Path, tmp_path: Path) -> None:
    outcome = done(work_on(picture, tmp_path / "out"))
    (file,) = outcome.written
    assert (file.url, file.width, file.quality) == (str(tmp_path / "out" / "p0000.jpg"), 40, 80)
    assert outcome.bytes_out == file.bytes == (tmp_path / "out" / "p0000.jpg").stat().st_size
    assert outcome.bytes_in == picture.stat().st_size
    assert outcome.worker == worker_name()
    assert (outcome.fallback, outcome.warnings) == ("", ())


def test_work_and_what_comes_of_it_can_be_sent(picture: Path, tmp_path: Path) -> None:
    work = sent(work_on(picture, tmp_path / "out"))
    assert sent(done(work)).written
    picture.unlink()
    assert sent(failed(work)).kind == "SourceFailed"


def test_sources_that_are_gone_or_no_files(picture: Path, tmp_path: Path) -> None:
    work = work_on(picture, tmp_path / "out")
    picture.unlink()
    assert "FileNotFoundError" in failed(work).message
    os.mkfifo(picture)
    assert "no regular file" in failed(work).message
    picture.unlink()
    picture.mkdir()
    failure = failed(work)
    assert (failure.kind, failure.retryable) == ("SourceFailed", False)
    assert files_below(tmp_path / "out") == {}


def test_a_damaged_source_is_not_tried_again_but_can_be_salvaged(
    picture: Path, tmp_path: Path
) -> None:
    data = picture.read_bytes()
    picture.write_bytes(data[: len(data) - 300])
    work = work_on(picture, tmp_path / "out")
    failure = failed(work)
    assert (failure.kind, failure.retryable, failure.alone) == ("CorruptImage", False, False)
    assert files_below(tmp_path / "out") == {}
    assert done(replace(work, salvage=True)).written


@pytest.mark.parametrize(
    ("number", "retryable"), [(errno.EIO, True), (errno.ENOSPC, False), (errno.EACCES, False)]
)
def test_places_that_fail(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, retryable: bool
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("stripline.streams.sink.os.fsync", refuse)
    failure = failed(work_on(picture, tmp_path / "out"))
    assert (failure.kind, failure.retryable) == ("SinkFailed", retryable)
    assert os.strerror(number) in failure.message
    assert files_below(tmp_path / "out") == {}


def test_our_own_encoder_is_stood_in_for_and_that_is_said(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise AssertionError("a fault of our own")

    monkeypatch.setattr("stripline.image.encode.jpeg.iter_encode", break_down)
    outcome = done(work_on(picture, tmp_path / "out"))
    assert "mozjpeg in place of our own encoder" in outcome.fallback
    assert "a fault of our own" in outcome.fallback
    with Image.open(tmp_path / "out" / "p0000.jpg") as image:
        assert image.size == (40, 40)
    monkeypatch.setattr("stripline.image.variant.choose", break_down)
    assert failed(work_on(picture, tmp_path / "out")).kind == "AssertionError"


@pytest.mark.parametrize(
    "recipe",
    [
        {"resize": {"width": 40}, "output": {"format": "jpeg"}},
        {"output": {"format": "jpeg"}},
        {"output": {"format": "jpeg", "lossless": True}},
        {"output": {"format": "jpeg", "quality": 5}},
        {"output": {"format": "webp"}},
        {"output": {"format": "png", "png": {"palette": True}}},
        {"output": {"format": "avif", "effort": 0}},
        {"output": {"format": "gif"}},
        {"output": {"format": "jpeg", "never_larger": True, "quality": 100}},
        {"resize": {"width": 30, "height": 30, "fit": "fill"}, "output": {"format": "tiff"}},
    ],
)
def test_outputs_that_are_right_pass_the_check(tmp_path: Path, recipe: dict[str, Any]) -> None:
    for name, data in {
        "a.jpg": oriented_jpeg(6),
        "b.gif": animation("GIF"),
        "c.jpg": (make_pictures(tmp_path / "in", 1) / "p0000.jpg").read_bytes(),
    }.items():
        (tmp_path / "in" / name).write_bytes(data)
        if recipe.get("output", {}).get("lossless") and name.endswith("gif"):
            continue
        plain = done(work_on(tmp_path / "in" / name, tmp_path / "plain", recipe))
        checked = done(work_on(tmp_path / "in" / name, tmp_path / "out", recipe, verify=True))
        assert [one.bytes for one in checked.written] == [one.bytes for one in plain.written]
    assert files_below(tmp_path / "out") == files_below(tmp_path / "plain")


def test_outputs_that_are_wrong_replace_nothing(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stripline.image.goals.choose import Choice

    work = work_on(picture, tmp_path / "out", verify=True)
    done(work)
    before = files_below(tmp_path / "out")
    write = Choice.write

    def write_another(choice: Choice, sink: Any, pool: Any) -> None:
        pixels = choice.picture.pixels.copy_memory()
        flipped = replace(choice.picture, pixels=pixels.rot180().invert())
        is_reference = choice.encoder.traits.name == "png"
        write(choice if is_reference else replace(choice, picture=flipped), sink, pool)

    monkeypatch.setattr(Choice, "write", write_another)
    failure = failed(work)
    assert (failure.kind, failure.retryable) == ("OutputDamaged", True)
    assert "score" in failure.message
    assert files_below(tmp_path / "out") == before
