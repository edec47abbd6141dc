"""The seam to libvips."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
