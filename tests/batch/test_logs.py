"""A batch's events as a log."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from stripline.batch.events import (
    JobEnded,
    JobStarted,
    Progress,
    TaskEnded,
    TaskRetried,
    TaskStarted,
)
from stripline.batch.logs import LogListener
from stripline.batch.task import Outcome, Written

if TYPE_CHECKING:
    from stripline.batch.events import Event
    from stripline.batch.logs import Level

WRITTEN = Written("w", "/out/a.webp", "webp", 3, 4, 100, 80, None, 0.1)
DONE = Outcome((WRITTEN,), 200, 1.23456, "host:1")
ODD = Outcome((WRITTEN,), 200, 1.0, "host:1", ("careful",), "another encoder", cached=True)
EVENTS: list[Event] = [
    JobStarted(3, 5, 4, 1000),
    TaskStarted(7, "/in/a.jpg", 1, 5000),
    TaskRetried(7, "/in/a.jpg", 1, "SinkFailed: full", 0.5),
    TaskStarted(7, "/in/a.jpg", 2, 5000),
    TaskEnded(7, "/in/a.jpg", "done", DONE),
    TaskEnded(8, "/in/b.jpg", "done", ODD),
    TaskEnded(9, "/in/c.jpg", "failed", None, "CorruptImage: bad"),
    TaskEnded(10, "/in/d.txt", "skipped", None, "no picture"),
    Progress(2, 1, 1, 1, 0, 400, 200, 0, 2.0),
    JobEnded(3, "failed"),
]


def logged(level: Level, *events: Event) -> list[dict[str, Any]]:
    file = io.StringIO()
    listener = LogListener("json", level, file)
    for event in events or EVENTS:
        listener(event)
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_all_that_happened_to_a_task_has_its_id() -> None:
    entries = [entry for entry in logged("debug") if entry.get("task") == "3-7"]
    assert [(entry["event"], entry["level"]) for entry in entries] == [
        ("task started", "debug"),
        ("task retried", "warning"),
        ("task started", "debug"),
        ("task done", "info"),
    ]
    assert entries[1]["error"] == "SinkFailed: full"
    done = entries[3]
    assert (done["bytes_in"], done["bytes_out"], done["seconds"]) == (200, 100, 1.2346)
    assert (done["files"], done["worker"]) == (["/out/a.webp"], "host:1")
    assert "fallback" not in done


@pytest.mark.parametrize(
    ("level", "count"), [("debug", 10), ("info", 7), ("warning", 4), ("error", 1)]
)
def test_levels(level: Level, count: int) -> None:
    assert len(logged(level)) == count


def test_what_is_unusual_is_a_warning_and_says_why() -> None:
    (entry,) = [entry for entry in logged("warning") if entry.get("task") == "3-8"]
    assert entry["warnings"] == ["careful"]
    assert entry["fallback"] == "another encoder"
    assert entry["cached"] is True


def test_names_cannot_garble_a_terminal_or_a_file() -> None:
    name = "/in/\x1b[31m\udcff\n.jpg"
    file = io.StringIO()
    LogListener("console", "debug", file)(TaskStarted(1, name, 1, 0))
    text = file.getvalue()
    assert "\x1b" not in text
    assert text.count("\n") == 1
    text.encode()
    (entry,) = logged("debug", TaskStarted(1, name, 1, 0))
    assert entry["source"] == name
