"""A batch's events as Prometheus reads them."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from stripline.batch.metrics import MetricsListener
from stripline.batch.plan import plan_job
from stripline.batch.run import run_job
from stripline.errors import InvalidOption
from tests.batch.support import found_in, make_pictures, spec_for
from tests.batch.test_logs import EVENTS

if TYPE_CHECKING:
    from pathlib import Path

    from stripline.batch import Journal

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(port: int) -> Samples:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return samples(answer.read().decode())


def test_events_become_numbers() -> None:
    metrics = MetricsListener()
    port = metrics.serve(0)
    try:
        for event in EVENTS:
            metrics(event)
        found = scraped(port)
    finally:
        metrics.close()
    assert found["stripline_tasks_total", (("state", "done"),)] == 2
    assert found["stripline_tasks_total", (("state", "failed"),)] == 1
    assert found["stripline_tasks_total", (("state", "skipped"),)] == 1
    assert found["stripline_failures_total", (("cause", "CorruptImage"),)] == 1
    assert found["stripline_retries_total", (("cause", "SinkFailed"),)] == 1
    assert found["stripline_read_bytes_total", ()] == 400
    assert found["stripline_written_bytes_total", ()] == 200
    assert found["stripline_queue_length", ()] == 1
    assert found["stripline_task_seconds_count", (("stage", "variant"),)] == 2
    assert found["stripline_task_seconds_sum", (("stage", "rest"),)] == pytest.approx(2.03456)


def test_a_job_ends_in_a_file(journal: Journal, tmp_path: Path) -> None:
    folder = make_pictures(tmp_path / "in", 3)
    (folder / "bad.jpg").write_bytes((folder / "p0000.jpg").read_bytes()[:900])
    job = plan_job(journal, found_in(folder), spec_for(tmp_path / "out"), inputs=["in"])
    metrics = MetricsListener(tmp_path / "stripline.prom")
    totals = run_job(journal, job, listeners=[metrics])
    found = samples((tmp_path / "stripline.prom").read_text())
    assert found["stripline_tasks_total", (("state", "done"),)] == 3
    assert found["stripline_failures_total", (("cause", "CorruptImage"),)] == totals.failed == 1
    assert found["stripline_read_bytes_total", ()] == totals.bytes_in
    assert found["stripline_written_bytes_total", ()] == totals.bytes_out
    assert found["stripline_task_seconds_count", (("stage", "wait"),)] == 3
    assert found["stripline_running", ()] == found["stripline_admitted_bytes", ()] == 0
    assert found["process_resident_memory_bytes", ()] > 1_000_000


def test_a_port_that_is_taken_is_said_and_free_afterwards() -> None:
    one, other = MetricsListener(), MetricsListener()
    port = one.serve(0)
    with pytest.raises(InvalidOption, match=str(port)):
        other.serve(port)
    one.close()
    assert other.serve(port) == port
    other.close()
