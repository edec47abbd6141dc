from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from stripline.batch.discovery import discover
from stripline.batch.places import PlannedSinks, source_of
from stripline.batch.spec import Spec
from stripline.batch.task import Failure, Found, Outcome, Planned, Work
from stripline.batch.work import do_work
from stripline.errors import LimitExceeded, SourceFailed
from stripline.image import Limits, Recipe
from stripline.image.sinks import Made
from stripline.streams.object_store import open_place, sink_at
from tests.support import photograph

if TYPE_CHECKING:
    from tests.stores import FaultyProxy

KEY = "0123456789abcdef0123456789abcdef"
MADE = Made("sm", "webp", "image/webp", 320, 200, 80)
VARIANTS = {
    "sm": Recipe.read({"resize": {"width": 32}, "output": {"format": "webp"}}),
    "md": Recipe.read({"resize": {"width": 64}, "output": {"format": "jpeg"}}),
}


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(photograph()).save(path)
    return path


def upload(path: Path, url: str) -> None:
    sink = sink_at(url)
    sink.write(path.read_bytes())
    sink.commit()


def works(source: str, output: str) -> list[Work]:
    spec = Spec(VARIANTS, output)
    return [
        spec.work(KEY, found.source, found.relative, 0)
        for found in discover([source], output=output)
        if isinstance(found, Found)
    ]


def test_files_get_their_names_when_they_are_known(tmp_path: Path) -> None:
    template = f"{tmp_path}/a {{{{b}}}}/{{width}}x{{height}}-{{quality}}.{{ext}}"
    sinks = PlannedSinks([Planned("sm", template)], KEY)
    sink = sinks.open(MADE)
    sink.write(b"file")
    sink.commit()
    assert sinks.urls == {"sm": f"{tmp_path}/a {{b}}/320x200-80.webp"}
    assert Path(sinks.urls["sm"]).read_bytes() == b"file"


def test_a_file_url_is_a_local_file(tmp_path: Path) -> None:
    sink = PlannedSinks([Planned("sm", f"file://{tmp_path}/new/a.{{ext}}")], KEY).open(MADE)
    sink.write(b"file")
    sink.commit()
    assert (tmp_path / "new/a.webp").read_bytes() == b"file"


def test_an_object_is_fetched_in_the_state_that_was_planned() -> None:
    sink = sink_at("memory://states/a")
    sink.write(b"content")
    sink.commit()
    (found,) = discover(["memory://states/a"])
    assert isinstance(found, Found)
    assert bytes(source_of(found.url, version=found.version).data()) == b"content"
    with pytest.raises(SourceFailed, match="changed meanwhile"):
        source_of(found.url, version="other").data()
    with pytest.raises(LimitExceeded):
        source_of(found.url, max_bytes=6).data()


def test_a_task_goes_from_store_to_store(photo_file: Path, bucket: str) -> None:
    upload(photo_file, f"{bucket}/in/a/photo.png")
    (work,) = works(f"{bucket}/in", f"{bucket}/out")
    outcome = do_work(work)
    assert isinstance(outcome, Outcome)
    assert {file.url for file in outcome.written} == {
        f"{bucket}/out/a/photo-sm.webp",
        f"{bucket}/out/a/photo-md.jpg",
    }
    (here,) = works(str(photo_file), str(photo_file.parent / "out"))
    assert isinstance(do_work(here), Outcome)
    for file in outcome.written:
        name = file.url.rpartition("/")[2]
        local = (photo_file.parent / "out" / name).read_bytes()
        assert bytes(open_place(file.url).data()) == local
        assert file.bytes == len(local)


def test_a_store_that_fails_is_worth_another_attempt(
    photo_file: Path, bucket: str, faults: FaultyProxy
) -> None:
    (work,) = works(str(photo_file), f"{bucket}/out")
    faults.fails = lambda method, _: 503 if method == "PUT" else None
    failure = do_work(work)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.retryable) == ("SinkFailed", True)
    faults.fails = lambda method, _: 403 if method == "PUT" else None
    failure = do_work(work)
    assert isinstance(failure, Failure)
    assert not failure.retryable
    faults.fails = lambda *_: None
    assert isinstance(do_work(work), Outcome)


def test_objects_have_limits(photo_file: Path) -> None:
    upload(photo_file, "memory://limits/photo.png")
    (found,) = discover(["memory://limits/photo.png"])
    assert isinstance(found, Found)
    spec = Spec(VARIANTS, "memory://limits/out", limits=Limits(bytes=1000))
    failure = do_work(spec.work(KEY, found.source, found.relative, 0))
    assert isinstance(failure, Failure)
    assert failure.kind == "LimitExceeded"
