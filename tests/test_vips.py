"""The seam to libvips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stripline import _vips
from stripline.errors import (
    CorruptImage,
    MissingDependency,
    OutOfMemory,
    SinkFailed,
    SourceFailed,
    UnsupportedFormat,
)
from tests.support import run_script

if TYPE_CHECKING:
    from pathlib import Path

# In the place of pyvips: while it is being set up, another thread comes and asks for it.
BEING_SET_UP = """
import threading
calls, seen, answered = [], [], threading.Event()

def second():
    from stripline import _vips
    _vips.library()
    seen.append(len(calls))
    answered.set()

other = threading.Thread(target=second)

def cache_set_max(count):
    other.start()
    answered.wait(0.2)  # it must not be answered yet, so this is how long the test takes

def concurrency_set(count):
    pass

def operation_block_set(name, state):
    calls.append(name)
"""


def test_a_thread_that_comes_during_the_set_up_waits_for_its_end(tmp_path: Path) -> None:
    (tmp_path / "pyvips.py").write_text(BEING_SET_UP)
    said = run_script(
        "import sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from stripline import _vips\n"
        "vips = _vips.library()\n"
        "vips.other.join()\n"
        "print(vips.seen == [len(vips.calls)])\n",
        tmp_path,
    )
    assert said == "True\n"


def test_a_full_disk_is_the_targets_failure_and_lasts() -> None:
    vips = _vips.library()
    pixels = vips.Image.black(300, 300)
    with pytest.raises(SinkFailed, match="No space left") as caught, _vips.vips_errors():
        pixels.pngsave_target(vips.Target.new_to_file("/dev/full"))
    assert not caught.value.retryable


def test_a_file_that_cannot_be_read_is_the_sources_failure(tmp_path: Path) -> None:
    vips = _vips.library()
    for path in (tmp_path, tmp_path / "nowhere.png"):
        with pytest.raises(SourceFailed) as caught, _vips.vips_errors("it"):
            vips.Image.new_from_source(vips.Source.new_from_file(str(path)), "").avg()
        assert not caught.value.retryable


def test_too_little_memory_may_be_enough_later() -> None:
    said = run_script(
        "import resource\n"
        "from stripline import _vips\n"
        "from stripline.errors import OutOfMemory\n"
        "vips = _vips.library()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "try:\n"
        "    with _vips.vips_errors('it'):\n"
        "        vips.Image.black(40_000, 40_000).copy_memory()\n"
        "except OutOfMemory as error:\n"
        "    print(error, error.retryable)\n"
    )
    assert said.startswith("it: out of memory")
    assert said.endswith("True\n")
    assert OutOfMemory.retryable


@pytest.mark.parametrize("name", ["it", None])
def test_damage_is_told_in_one_line_without_repetitions(name: str | None) -> None:
    vips = _vips.library()
    whole = vips.Image.gaussnoise(300, 300).cast("uchar").jpegsave_buffer(interlace=True)
    with pytest.raises(CorruptImage) as caught, _vips.vips_errors(name):
        vips.Image.new_from_buffer(whole[: len(whole) // 2], "", fail_on="truncated").avg()
    said = str(caught.value)
    assert (
        said.removeprefix("it: ").casefold() == "damaged or cut short: premature end of jpeg image"
    )
    assert said.startswith("it: ") == (name is not None)


def test_an_unknown_format_names_the_known_ones() -> None:
    vips = _vips.library()
    said = "the data is not in a format that can be read"
    with pytest.raises(UnsupportedFormat, match=said), _vips.vips_errors():
        vips.Image.new_from_buffer(b"nothing known" * 9, "")


def test_a_libvips_that_is_too_old_is_not_damage() -> None:
    said = r"this \(it: .*argument since_tomorrow\) needs a libvips newer than \d+\.\d+\.\d+"
    with pytest.raises(MissingDependency, match=said), _vips.vips_errors("it"):
        _vips.library().Image.black(1, 1).pngsave_buffer(since_tomorrow=True)
