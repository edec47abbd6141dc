from __future__ import annotations

import os
import shutil
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Self

import pytest
from PIL import Image
from watchfiles import Change

from stripline.batch import Journal, Run, Spec
from stripline.batch.events import JobEnded, TaskEnded
from stripline.batch.journal import jobs
from stripline.batch.journal.history import task_rows
from stripline.batch.plan import Rules
from stripline.batch.restless import Restless
from stripline.batch.selection import Selection
from stripline.batch.watch import Watcher
from stripline.errors import InvalidOption
from stripline.image import Recipe
from tests.batch.support import Told, files_below, make_pictures, spec_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stripline.batch.events import Event as BatchEvent
    from stripline.batch.journal.jobs import Job


class Scene:
    """A watched folder, a journal, and a clock that stands still until it is told to go on."""

    def __init__(self, folder: Path, spec: Spec | None = None, **options: Any) -> None:
        self.sources = folder / "in"
        self.output = folder / "out"
        self.journal = Journal(f"sqlite:///{folder}/jobs.db")
        self.told = Told()
        self.now = 100.0
        self.sources.mkdir(exist_ok=True)
        self.spec = spec or spec_for(self.output)
        self.watcher = Watcher(
            self.journal,
            [str(self.sources)],
            self.spec,
            begin=lambda job: Run(self.journal, job, listeners=[self.told]),
            clock=lambda: self.now,
            **options,
        )

    def add(self, name: str, age: float = 100.0, side: int = 64) -> Path:
        """Make a picture that was last written to so many seconds ago."""
        path = self.sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.linear_gradient("L").resize((side, side)).convert("RGB").save(path)
        when = path.stat().st_mtime - age
        os.utime(path, (when, when))
        return path

    def happens(self, *paths: Path, change: Change = Change.added) -> None:
        self.watcher.notice([(change, str(path)) for path in paths])
        self.watcher.take()

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.watcher.take()

    @property
    def made(self) -> list[str]:
        return sorted(files_below(self.output)) if self.output.exists() else []

    @property
    def done(self) -> list[str]:
        """Sources of the tasks that ended well, by name, each time they did."""
        ended = [event for event in self.told.events if isinstance(event, TaskEnded)]
        return sorted(Path(event.source).name for event in ended if event.state == "done")

    def state(self, name: str) -> str:
        job = jobs.open_job(self.journal, [str(self.sources)], self.spec, "")
        rows = {row.relative: row for row in task_rows(self.journal, job.id)}
        return f"{rows[name].state} {rows[name].error}".strip()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.journal.close()


def test_what_is_there_is_done_at_first(scene: Scene) -> None:
    scene.add("a.png")
    scene.add("b/c.png")
    scene.watcher.catch_up()
    assert scene.made == ["a.jpg", "b/c.jpg"]
    scene.watcher.catch_up()
    assert scene.done == ["a.png", "c.png"]


def test_a_file_is_taken_when_it_stands_still(scene: Scene) -> None:
    path = scene.add("a.png")
    scene.happens(path)
    scene.wait(0.9)
    assert scene.made == []
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    scene.wait(0.9)  # it has changed
    scene.wait(0.9)
    path.write_bytes(whole)
    scene.wait(0.9)
    assert scene.made == []
    scene.wait(1.0)
    assert scene.made == ["a.jpg"]
    assert scene.done == ["a.png"]


def test_a_file_that_grows_at_first_is_waited_for(scene: Scene) -> None:
    path = scene.add("a.png", age=0.0)
    when = path.stat().st_mtime + 3600  # a clock that is ahead does not make it wait for ever
    os.utime(scene.add("b.png"), (when, when))
    scene.watcher.catch_up()
    assert scene.made == ["b.jpg"]
    scene.wait(1.0)
    assert scene.made == ["a.jpg", "b.jpg"]


def test_a_changed_file_is_done_again(scene: Scene) -> None:
    path = scene.add("a.png")
    scene.watcher.catch_up()
    before = (scene.output / "a.jpg").read_bytes()
    scene.add("a.png", side=80)
    scene.happens(path, change=Change.modified)
    scene.wait(1.0)
    assert scene.done == ["a.png", "a.png"]
    assert (scene.output / "a.jpg").read_bytes() != before


def test_a_file_that_was_only_touched_by_a_change_of_rights_is_not(scene: Scene) -> None:
    path = scene.add("a.png")
    scene.watcher.catch_up()
    path.chmod(0o600)
    scene.happens(path, change=Change.modified)
    scene.wait(1.0)
    assert scene.done == ["a.png"]


def test_a_folder_that_is_moved_in_is_done_with_all_in_it(scene: Scene, tmp_path: Path) -> None:
    make_pictures(tmp_path / "elsewhere/deep", 3)
    shutil.move(tmp_path / "elsewhere", scene.sources / "new")
    scene.happens(scene.sources / "new")
    scene.wait(1.0)  # the folder stands still; now its files have to
    scene.wait(1.0)
    assert scene.made == [f"new/deep/p{number:04}.jpg" for number in range(3)]


def test_a_moved_file_is_done_under_its_new_name(scene: Scene) -> None:
    path = scene.add("a.png")
    scene.watcher.catch_up()
    moved = path.rename(path.with_name("b.png"))
    scene.happens(path, moved)
    scene.wait(1.0)
    assert scene.made == ["a.jpg", "b.jpg"]


def test_another_source_may_take_the_name_of_one_that_is_gone(scene: Scene) -> None:
    path = scene.add("a.png")
    scene.watcher.catch_up()
    moved = path.rename(path.with_name("a.webp"))
    scene.happens(path, moved)
    scene.wait(1.0)
    assert scene.done == ["a.png", "a.webp"]
    assert scene.made == ["a.jpg"]


def test_what_cannot_be_done_does_not_stop_the_rest(scene: Scene) -> None:
    scene.add("a.png")
    scene.watcher.catch_up()
    other = scene.add("a.webp")  # would become a.jpg as well
    broken = scene.sources / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    good = scene.add("good.png")
    scene.happens(other, broken, good)
    scene.wait(1.0)
    assert scene.done == ["a.png", "good.png"]
    assert "would both become" in scene.state("a.webp")
    assert scene.state("broken.png").startswith("failed")


def test_results_of_deleted_sources_stay(scene: Scene) -> None:
    path = scene.add("a.png")
    scene.watcher.catch_up()
    path.unlink()
    scene.happens(path, change=Change.deleted)
    scene.wait(1.0)
    assert scene.made == ["a.jpg"]
    scene.happens(scene.add("a.png", side=90))
    scene.wait(1.0)
    assert scene.done == ["a.png", "a.png"]


def test_or_they_go_if_that_is_asked(tmp_path: Path) -> None:
    scene = Scene(tmp_path, deleted="remove")
    for name in ("a.png", "b/c.png", "b/d.png", "bc.png"):
        scene.add(name)
    scene.watcher.catch_up()
    (scene.output / "b/d.jpg").write_bytes(b"somebody's own")
    shutil.rmtree(scene.sources / "b")
    (scene.sources / "a.png").unlink()
    scene.happens(scene.sources / "b", scene.sources / "a.png", change=Change.deleted)
    assert len(scene.made) == 4
    scene.wait(1.0)
    assert scene.made == ["b/d.jpg", "bc.jpg"]
    assert scene.state("b/c.png") == "skipped it is no longer there"
    scene.happens(scene.add("a.png"))
    scene.wait(1.0)
    assert scene.made == ["a.jpg", "b/d.jpg", "bc.jpg"]
    scene.journal.close()


def test_a_file_that_is_replaced_in_one_step_is_not_gone(tmp_path: Path) -> None:
    scene = Scene(tmp_path, deleted="remove")
    path = scene.add("a.png")
    scene.watcher.catch_up()
    path.unlink()
    scene.happens(path, change=Change.deleted)
    scene.add("a.png", side=70)  # before it is certain
    scene.wait(1.0)
    assert scene.made == ["a.jpg"]
    scene.wait(1.0)
    assert scene.done == ["a.png", "a.png"]
    scene.journal.close()


def test_results_in_a_store_go_too(tmp_path: Path, bucket: str) -> None:
    from stripline.streams.object_listing import stored_files

    recipe = Recipe.read({"resize": {"width": 20}, "output": {"format": "jpeg"}})
    scene = Scene(tmp_path, Spec({"": recipe}, bucket, "{stem}.{ext}"), deleted="remove")
    path = scene.add("a.png")
    scene.add("b.png")
    scene.watcher.catch_up()
    path.unlink()
    scene.happens(path, change=Change.deleted)
    scene.wait(1.0)
    assert [file.relative for file in stored_files(bucket)] == ["b.jpg"]
    scene.journal.close()


def test_what_is_not_wanted_is_left_alone(tmp_path: Path) -> None:
    output = tmp_path / "in/out"
    scene = Scene(tmp_path, spec_for(output), selection=Selection(exclude=("raw/",)))
    (scene.sources / ".striplineignore").write_text("*.tmp.png\n")
    paths = [
        scene.add(name)
        for name in ("raw/a.png", "b.tmp.png", ".hidden.png", "out/c.png", "out/d/e.png", "ok.png")
    ]
    scene.happens(*paths, tmp_path / "elsewhere.png")
    scene.wait(1.0)
    assert scene.done == ["ok.png"]
    assert "excluded by *.tmp.png" in scene.state("b.tmp.png")
    scene.journal.close()


def test_an_end_between_is_made_up_for(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for number in range(4):
        scene.add(f"{number}.png")

    def stop_after_one(event: BatchEvent) -> None:
        if isinstance(event, TaskEnded):
            scene.watcher.stop()

    def begin(job: Job) -> Run:
        return Run(scene.journal, job, listeners=[scene.told, stop_after_one], in_flight=1)

    scene.watcher._begin = begin
    scene.watcher.catch_up()
    assert len(scene.done) == 1
    scene.journal.close()
    again = Scene(tmp_path)
    again.watcher.catch_up()
    assert len(again.done) == 3
    assert len(again.made) == 4
    again.journal.close()


def test_a_folder_that_is_away_is_not_forgotten(tmp_path: Path) -> None:
    scene = Scene(tmp_path, deleted="remove")
    scene.add("a.png")
    scene.watcher.catch_up()
    scene.sources.rename(tmp_path / "away")
    scene.happens(scene.sources, change=Change.deleted)
    scene.wait(1.0)
    scene.watcher.catch_up()
    assert scene.made == ["a.jpg"]
    (tmp_path / "away").rename(scene.sources)
    scene.watcher.catch_up()
    assert scene.done == ["a.png"]
    scene.journal.close()


def test_only_folders_that_are_there_are_watched(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{tmp_path}/jobs.db")
    with pytest.raises(InvalidOption, match="no such folder to watch"):
        Watcher(journal, [str(tmp_path / "none")], spec_for(tmp_path / "out"))
    with pytest.raises(InvalidOption, match="take results for sources"):
        Watcher(journal, [str(tmp_path)], spec_for(tmp_path))
    journal.close()


def test_what_is_in_the_way_at_first_is_said(scene: Scene) -> None:
    scene.add("a.png")
    scene.output.mkdir()
    (scene.output / "a.jpg").write_bytes(b"somebody's own")
    with pytest.raises(InvalidOption, match="exist already"):
        scene.watcher.catch_up()


def test_restless_paths_are_in_order_and_forgotten(tmp_path: Path) -> None:
    restless = Restless(1.0)
    for name in ("b", "a"):
        (tmp_path / name).touch()
        restless.touch(str(tmp_path / name), 0.0)
    restless.touch(str(tmp_path / "none"), 0.0)
    assert restless.settled(0.5) == ([], [])
    assert len(restless) == 3
    there, gone = restless.settled(1.0)
    assert [Path(path).name for path in there] == ["a", "b"]
    assert [Path(path).name for path in gone] == ["none"]
    assert len(restless) == 0


class Living:
    """A watch in a thread of its own, and what it has done, waited for by events."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.journal = Journal(f"sqlite:///{folder}/jobs.db")
        self.done: set[str] = set()
        self._happened = Event()
        self.watcher = Watcher(
            self.journal,
            [str(folder / "in")],
            spec_for(folder / "out"),
            begin=lambda job: Run(self.journal, job, listeners=[self._hear]),
            settle_seconds=0.05,
            **options,
        )
        self.error: BaseException | None = None
        self._thread = Thread(target=self._watch)

    def _watch(self) -> None:
        try:
            self.watcher.watch()
        except BaseException as error:  # noqa: BLE001 - shown by the test
            self.error = error
            self._happened.set()

    def _hear(self, event: BatchEvent) -> None:
        if isinstance(event, TaskEnded) and event.state == "done":
            self.done.add(Path(event.source).name)
        if isinstance(event, JobEnded):
            self._happened.set()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        while not condition():
            assert self._happened.wait(60), "nothing happened for a minute"
            assert self.error is None, self.error
            self._happened.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watcher.stop()
        self._thread.join()
        self.journal.close()
        assert self.error is None, self.error


@pytest.mark.parametrize("polling", [False, True])
def test_a_real_folder_is_watched(tmp_path: Path, polling: bool) -> None:
    sources = make_pictures(tmp_path / "in", 2)
    with Living(tmp_path, polling=polling) as living:
        living.wait_for(lambda: {"p0000.jpg", "p0001.jpg"} <= living.done)
        living.done.clear()
        shutil.copy(sources / "p0000.jpg", sources / "new.jpg")
        living.wait_for(lambda: "new.jpg" in living.done)
        (sources / "new.jpg").rename(sources / "moved.jpg")
        living.wait_for(lambda: "moved.jpg" in living.done)
        make_pictures(sources / "sub", 1, side=80)
        living.wait_for((tmp_path / "out/sub/p0000.jpg").exists)
        shutil.rmtree(sources)
        make_pictures(tmp_path / "next", 1, side=96).rename(sources)
        shutil.copy(sources / "p0000.jpg", sources / "after.jpg")
        living.wait_for(lambda: "after.jpg" in living.done)
    assert not [name for name in files_below(tmp_path / "out") if name.startswith(".")]


def test_rules_hold_for_all_that_comes(tmp_path: Path) -> None:
    scene = Scene(tmp_path, rules=Rules(replace=True))
    scene.output.mkdir()
    (scene.output / "a.jpg").write_bytes(b"in the way")
    scene.happens(scene.add("a.png"))
    scene.wait(1.0)
    assert scene.done == ["a.png"]
    scene.journal.close()
