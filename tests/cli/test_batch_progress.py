"""What people and programs see while a batch runs."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from stripline.batch.events import JobStarted, Progress, TaskEnded
from stripline.cli._batch_progress import BatchBar, figures, line_of, seconds_left
from tests.batch.support import make_pictures
from tests.batch.test_logs import EVENTS
from tests.cli.test_progress import OnTerminal

if TYPE_CHECKING:
    from pathlib import Path

HALF = Progress(
    done=40,
    failed=10,
    skipped=0,
    pending=50,
    running=2,
    bytes_in=40_000_000,
    bytes_out=10_000_000,
    memory_bytes=300_000_000,
    seconds=20.0,
)


def test_figures_of_a_job_that_is_half_done() -> None:
    assert figures(HALF, 100_000_000) == (
        "2.0/s 2.0 MB/s, 30.0 MB saved, 2 at work, 300 MB admitted, 10 failed, 0:20 left"
    )


@pytest.mark.parametrize(
    ("now", "bytes_pending", "left"),
    [
        (HALF, 100_000_000, 20.0),
        (HALF, 200_000_000, 60.0),
        (HALF, 1, 0.0),
        (HALF, 0, None),
        (Progress(0, 3, 0, 7, 1, 0, 0, 0, 1.0), 100, None),
        (Progress(9, 0, 0, 0, 0, 9, 9, 0, 1.0), 100, 0.0),
    ],
)
def test_time_left(now: Progress, bytes_pending: int, left: float | None) -> None:
    assert seconds_left(now, bytes_pending) == (None if left is None else pytest.approx(left))


def test_bar_shows_what_is_done_of_what_was_to_be_done() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=160)
    with BatchBar(console) as bar:
        bar(JobStarted(7, 120, 100, 100_000_000))
        bar(HALF)
    text = screen.getvalue()
    assert "job 7" in text
    assert "50/100" in text
    assert "10 failed" in text


def test_every_event_is_a_line() -> None:
    for event in EVENTS:
        line = json.loads(json.dumps(line_of(event)))
        fields = {name for name in event.__slots__ if name != "outcome"}
        assert {"event", *fields} <= set(line)
        if isinstance(event, TaskEnded) and event.outcome is not None:
            assert line["outcome"]["bytes_out"] == event.outcome.bytes_out


def test_bar_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_pictures(tmp_path / "in", 6)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    terminal = OnTerminal("batch", "in", "-o", "out", "--width", "16", directory=tmp_path)
    assert terminal.finish() == 0
    assert "job 1" in terminal.said
    assert "/6" in terminal.said
