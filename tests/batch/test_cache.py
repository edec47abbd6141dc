from __future__ import annotations

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stripline.batch import cache_room
from stripline.batch.cache import ResultCache
from stripline.batch.spec import Spec
from stripline.batch.task import Outcome, SourceId
from stripline.batch.work import do_work
from stripline.errors import CorruptImage, SinkFailed, SourceFailed
from stripline.image import MemorySinks, Recipe
from stripline.streams import MemorySink
from stripline.streams.source import FileSource, MemorySource
from tests.support import photograph

if TYPE_CHECKING:
    from stripline.image.sinks import Made

SMALL = Recipe.read({"resize": {"width": 32}, "output": {"format": "webp"}})
LARGE = Recipe.read({"resize": {"width": 64}, "output": {"format": "jpeg", "target": 60}})


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(photograph()).save(path)
    return path


@pytest.fixture
def cache(tmp_path: Path) -> ResultCache:
    return ResultCache(str(tmp_path / "cache"), 10_000_000)


def entries(cache: ResultCache) -> list[Path]:
    return sorted(path for path in Path(cache.folder).rglob("*") if path.is_file())


def test_the_same_bytes_are_worked_on_once(photo_file: Path, cache: ResultCache) -> None:
    first, again = MemorySinks(), MemorySinks()
    made = cache.process(FileSource(photo_file), {"a": SMALL, "b": LARGE}, first)
    other = photo_file.with_name("copy.png")
    other.write_bytes(photo_file.read_bytes())
    kept = cache.process(FileSource(other), {"x": LARGE, "y": SMALL}, again)
    assert (made.cached, kept.cached) == (False, True)
    assert first.files == {"a": again.files["y"], "b": again.files["x"]}
    assert list(kept.variants) == ["x", "y"]
    assert kept.source_bytes == photo_file.stat().st_size
    before, after = made.variants["b"], kept.variants["x"]
    assert (after.name, after.seconds) == ("x", 0.0)
    for name in ("format", "width", "height", "bytes", "quality", "score", "scored", "warnings"):
        assert getattr(after, name) == getattr(before, name)
    assert len(entries(cache)) == 2


def test_what_is_missing_is_made(photo_file: Path, cache: ResultCache) -> None:
    cache.process(FileSource(photo_file), {"a": SMALL}, MemorySinks())
    sinks = MemorySinks()
    kept = cache.process(FileSource(photo_file), {"a": SMALL, "b": LARGE}, sinks)
    assert not kept.cached
    assert list(kept.variants) == ["a", "b"]
    assert set(sinks.files) == {"a", "b"}


@pytest.mark.parametrize("changes", [{"salvage": True}, {"verified": True}])
def test_what_was_made_otherwise_does_not_count(
    photo_file: Path, cache: ResultCache, changes: dict[str, bool]
) -> None:
    source = MemorySource(photo_file.read_bytes())
    assert not cache.process(source, {"": SMALL}, MemorySinks()).cached
    assert not cache.process(source, {"": SMALL}, MemorySinks(), **changes).cached  # type: ignore[arg-type]  # it takes both
    assert cache.process(source, {"": SMALL}, MemorySinks()).cached


def test_other_pixels_or_another_recipe_are_other_results(
    photo_file: Path, cache: ResultCache
) -> None:
    source = FileSource(photo_file)
    cache.process(source, {"": SMALL}, MemorySinks())
    assert not cache.process(source, {"": SMALL.change(sharpen={})}, MemorySinks()).cached
    Image.fromarray(photograph()[::-1]).save(photo_file)
    assert not cache.process(source, {"": SMALL}, MemorySinks()).cached


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 255))
def test_a_damaged_entry_is_thrown_away(
    photo_file: Path, cache: ResultCache, where: float, mask: int
) -> None:
    source, good = FileSource(photo_file), MemorySinks()
    cache.process(source, {"": SMALL}, good)
    (path,) = entries(cache)
    content = bytearray(path.read_bytes())
    at = int(where * len(content))
    if mask:
        content[at] ^= mask
    else:
        del content[at:]
    path.write_bytes(content)
    sinks = MemorySinks()
    assert not cache.process(source, {"": SMALL}, sinks).cached
    assert sinks.files == good.files
    assert cache.process(source, {"": SMALL}, MemorySinks()).cached


@pytest.mark.parametrize(
    "content", [b"", b"strpcch1", b"\0\0\0\x02{}strpcch1", b"\0\0\0\x02[]strpcch1", bytes(100)]
)
def test_a_file_that_is_no_entry_is_thrown_away(
    photo_file: Path, cache: ResultCache, content: bytes
) -> None:
    cache.process(FileSource(photo_file), {"": SMALL}, MemorySinks())
    (path,) = entries(cache)
    path.write_bytes(content)
    assert not cache.process(FileSource(photo_file), {"": SMALL}, MemorySinks()).cached


def test_failures_are_not_kept(photo_file: Path, cache: ResultCache) -> None:
    class Broken(MemorySink):
        def commit(self) -> None:
            raise OSError("no")

    class Sinks:
        def open(self, made: Made) -> MemorySink:
            return Broken() if made.variant == "b" else MemorySink()

    with pytest.raises(SinkFailed):
        cache.process(FileSource(photo_file), {"a": SMALL, "b": LARGE}, Sinks())
    cut = MemorySource(photo_file.read_bytes()[:5000])
    with pytest.raises(CorruptImage):
        cache.process(cut, {"": SMALL}, MemorySinks())
    with pytest.raises(SourceFailed):
        cache.process(FileSource("none"), {"": SMALL}, MemorySinks())
    assert entries(cache) == []


def test_a_source_that_changes_meanwhile_is_not_kept(photo_file: Path, cache: ResultCache) -> None:
    class Sinks:
        def open(self, made: Made) -> MemorySink:
            del made
            os.utime(photo_file, (1, 1))
            return MemorySink()

    assert not cache.process(FileSource(photo_file), {"": SMALL}, Sinks()).cached
    assert entries(cache) == []


def test_a_cache_that_fails_is_a_warning(photo_file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sinks = MemorySinks()
    kept = ResultCache(str(tmp_path / "file"), 10**6).process(
        FileSource(photo_file), {"": SMALL}, sinks
    )
    assert not kept.cached
    assert sinks.files[""]
    (warning,) = kept.warnings
    assert warning.startswith("the result cache failed: ")


def test_what_was_not_used_for_long_goes_first(photo_file: Path, tmp_path: Path) -> None:
    recipes = [SMALL.change(resize={"width": width}) for width in range(20, 40)]
    source = FileSource(photo_file)
    probe = ResultCache(str(tmp_path / "probe"), 10**7)
    probe.process(source, {str(n): recipe for n, recipe in enumerate(recipes)}, MemorySinks())
    total = sum(path.stat().st_size for path in entries(probe))
    cache = ResultCache(str(tmp_path / "cache"), total * 6 // 10)
    for number, recipe in enumerate(recipes):
        cache.process(source, {"": recipe}, MemorySinks())
        for path in entries(cache):  # an hour goes by
            status = path.stat()
            os.utime(path, ns=(0, status.st_mtime_ns - 3_600_000_000_000))
        assert cache.process(source, {"": recipes[0]}, MemorySinks()).cached
        kept = sum(path.stat().st_size for path in entries(cache))
        assert kept <= cache.max_bytes * 1.1, number
    assert cache.process(source, {"": recipes[-1]}, MemorySinks()).cached
    assert not cache.process(source, {"": recipes[1]}, MemorySinks()).cached


def test_what_is_larger_than_the_cache_is_not_kept(photo_file: Path, tmp_path: Path) -> None:
    cache = ResultCache(str(tmp_path / "cache"), 100)
    assert not cache.process(FileSource(photo_file), {"": SMALL}, MemorySinks()).cached
    assert entries(cache) == []


def test_what_dead_processes_left_is_removed(
    photo_file: Path, cache: ResultCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(cache.folder)
    folder.mkdir()
    for name, seconds in ((".old.partial", 2), (".new.partial", None)):
        (folder / name).touch()
        if seconds is not None:
            os.utime(folder / name, (seconds, seconds))
    monkeypatch.setattr(cache_room, "_written", {})
    cache.process(FileSource(photo_file), {"": SMALL}, MemorySinks())
    assert [path.name for path in entries(cache) if path.suffix == ".partial"] == [".new.partial"]


def test_threads_share_a_cache(photo_file: Path, cache: ResultCache) -> None:
    recipes = [SMALL.change(resize={"width": width}) for width in range(20, 26)]

    def work(number: int) -> bytes:
        sinks = MemorySinks()
        recipe = recipes[number % len(recipes)]
        cache.process(FileSource(photo_file), {"": recipe}, sinks)
        return sinks.files[""]

    with ThreadPoolExecutor(4) as pool:
        files = list(pool.map(work, range(48)))
    assert all(file == files[number % 6] for number, file in enumerate(files))
    assert len(entries(cache)) == 6


_WORKER = """
import sys
from stripline.batch.cache import ResultCache
from stripline.image import MemorySinks, Recipe
from stripline.streams.source import FileSource
cache = ResultCache(sys.argv[1], 30_000)
for turn in range(2):
    for width in range(20, 50):
        recipe = Recipe.read({"resize": {"width": width}, "output": {"format": "webp"}})
        sinks = MemorySinks()
        cache.process(FileSource(sys.argv[2]), {"": recipe}, sinks)
        assert sinks.files[""][:4] == b"RIFF"
"""


def test_processes_share_a_small_cache(photo_file: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WORKER, str(tmp_path / "cache"), str(photo_file)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    left = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert left
    assert all(path.suffix != ".partial" for path in left)
    assert sum(path.stat().st_size for path in left) <= 30_000 * 1.25


def test_tasks_use_it_across_folders(photo_file: Path, cache: ResultCache) -> None:
    do = pickle.loads(pickle.dumps(partial(do_work, cache=cache)))  # noqa: S301 - our own bytes
    outcomes = []
    for folder in ("one", "two"):
        spec = Spec({"sm": SMALL}, str(photo_file.parent / folder))
        source = SourceId(str(photo_file), photo_file.stat().st_size, "1")
        outcomes.append(do(spec.work("0" * 32, source, "photo.png", 0)))
    assert all(isinstance(outcome, Outcome) for outcome in outcomes)
    assert [outcome.cached for outcome in outcomes] == [False, True]
    one, two = (photo_file.parent / folder / "photo-sm.webp" for folder in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert outcomes[0].written[0].bytes == outcomes[1].written[0].bytes == one.stat().st_size
