"""What a job came to, in every form."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from stripline.batch.journal import analysis
from stripline.batch.journal.copy import copied
from stripline.batch.journal.history import totals
from stripline.batch.plan import plan_job
from stripline.batch.report import check_report_name, summarize, write_report
from stripline.batch.report_chart import savings_chart
from stripline.batch.report_csv import COLUMNS
from stripline.batch.run import Run
from stripline.batch.spec import Spec
from stripline.batch.work import do_work
from stripline.errors import InvalidOption
from stripline.image import Recipe
from tests.batch.support import found_in, make_pictures

if TYPE_CHECKING:
    from pathlib import Path

    from stripline.batch import Job, Journal
    from stripline.batch.task import Failure, Outcome, Work

ODD = "<img src=x onerror=alert(1)>.jpg"


def with_fallback(work: Work) -> Outcome | Failure:
    """As work is done when an encoder of ours fails."""
    from dataclasses import replace

    from stripline.batch.task import Outcome

    outcome = do_work(work)
    if isinstance(outcome, Outcome) and work.source.url.endswith("p0001.jpg"):
        return replace(outcome, fallback="another encoder", warnings=("one", "two"))
    return outcome


@pytest.fixture
def job(any_journal: Journal, tmp_path: Path) -> Job:
    """Five pictures in two variants, of which one fails, and a text."""
    folder = make_pictures(tmp_path / "in", 4, side=128)
    (folder / "p0003.jpg").rename(folder / ODD)
    (folder / "bad.jpg").write_bytes((folder / "p0000.jpg").read_bytes()[:900])
    (folder / "notes.txt").write_text("words")
    variants = {
        "s": Recipe.read({"resize": {"width": 20}, "output": {"format": "webp"}}),
        "=m": Recipe.read({"resize": {"width": 60}}),
    }
    planned = plan_job(
        any_journal,
        found_in(folder),
        Spec(variants, str(tmp_path / "out"), "{stem}-{width}.{ext}"),
        inputs=[str(folder)],
        label="a <b>",
    )
    Run(any_journal, planned, do=with_fallback).run()
    return planned


def test_summary(any_journal: Journal, job: Job) -> None:
    report = summarize(any_journal, job.id)
    assert report.totals == totals(any_journal, job.id)
    assert [(kind.variant, kind.format, kind.files) for kind in report.kinds] == [
        ("=m", "jpeg", 4),
        ("s", "webp", 4),
    ]
    assert sum(kind.bytes for kind in report.kinds) == report.totals.bytes_out
    saved = [row.size - row.bytes_out for row in report.savings]
    assert saved == sorted(saved, reverse=True)
    assert len(saved) == sum(report.spread.values()) == 4
    assert [row.relative for row in report.failures] == ["bad.jpg"]
    assert [row.relative for row in report.unusual] == ["p0001.jpg"]
    assert report.saved is None  # two files of each picture are no smaller version of it
    assert len(summarize(any_journal, job.id, most=2).savings) == 2


def test_json(any_journal: Journal, job: Job, tmp_path: Path) -> None:
    write_report(any_journal, job.id, tmp_path / "r.json")
    found = json.loads((tmp_path / "r.json").read_text())
    assert {**summarize(any_journal, job.id).as_json(), "files": found["files"]} == found
    files = {file["source"].rpartition("/in/")[2]: file for file in found["files"]}
    assert len(files) == 6
    assert files["bad.jpg"]["error"]["type"] == "CorruptImage"
    assert files["notes.txt"]["skipped"]
    assert files["p0001.jpg"]["fallback"] == "another encoder"
    assert files["p0001.jpg"]["warnings"] == ["one", "two"]
    for output in files[ODD]["outputs"]:
        with Image.open(output["url"]) as image:
            assert image.size == (output["width"], output["height"])


def test_csv(any_journal: Journal, job: Job, tmp_path: Path) -> None:
    write_report(any_journal, job.id, tmp_path / "r.CSV")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "r.CSV").read_bytes().decode())))
    assert tuple(rows[0]) == COLUMNS
    assert [row["state"] for row in rows].count("done") == 8
    assert {row["variant"] for row in rows if row["state"] == "done"} == {"'=m", "s"}
    assert (
        sum(int(row["output_bytes"] or 0) for row in rows) == totals(any_journal, job.id).bytes_out
    )
    (failed,) = [row for row in rows if row["state"] == "failed"]
    assert (failed["cause"], failed["output"]) == ("CorruptImage", "")


class Page(HTMLParser):
    """What a page holds, by name of the element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: dict[str, list[dict[str, str | None]]] = {}
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.setdefault(tag, []).append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_page_is_whole_in_itself(any_journal: Journal, job: Job, tmp_path: Path) -> None:
    (tmp_path / "in/p0002.jpg").unlink()  # since then
    write_report(any_journal, job.id, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    page = Page(text)
    assert set(page.elements) & {"script", "link", "iframe", "object"} == set()
    assert re.findall(r"(?:src|href)=\"(?!data:)", text) == []
    pictures = [str(one["src"]).partition(",")[2] for one in page.elements["img"]]
    assert len(pictures) == 7
    for picture in pictures:
        with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
            image.load()
            assert image.format == "WEBP"
    assert "no longer there" in page.words
    assert ODD in page.words
    assert "a <b>" in page.words
    assert "CorruptImage" in page.words
    assert "another encoder" in page.words
    assert len(page.elements["svg"]) == 1


def test_chart_is_as_high_as_there_are_pictures() -> None:
    chart = savings_chart({-1: 5, 3: 10, 9: 20})
    heights = {
        match[1] is not None: float(match[2])
        for match in re.finditer(r'<rect( class="worse")? [^>]*height="([\d.]+)"', chart)
    }
    assert chart.count("<rect") == 3
    heights_in_order = [float(found) for found in re.findall(r'height="([\d.]+)" rx', chart)]
    assert heights_in_order == pytest.approx(
        [heights_in_order[2] / 4, heights_in_order[2] / 2, heights_in_order[2]]
    )
    assert heights[True] == heights_in_order[0]
    assert savings_chart({}).count("<rect") == 0


def test_spread_counts_tenths(any_journal: Journal, job: Job) -> None:
    from sqlalchemy import update

    from stripline.batch.journal.schema import tasks

    rows = summarize(any_journal, job.id).savings
    for row, kept in zip(rows, (0, 1001, 999, 55), strict=True):
        with any_journal.transaction() as connection:
            change = update(tasks).where(tasks.c.id == row.id)
            connection.execute(change.values(size=1000, bytes_out=kept))
    assert analysis.spread(any_journal, job.id) == {-1: 1, 0: 1, 9: 2}


@pytest.mark.parametrize("name", ["r", "r.pdf", "no/r.csv", "there.csv"])
def test_names_that_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "there.csv").mkdir()
    with pytest.raises(InvalidOption):
        check_report_name(tmp_path / name)


def test_a_report_that_fails_leaves_the_old_one(any_journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("old")
    with pytest.raises(InvalidOption, match="no job 99"):
        write_report(any_journal, 99, tmp_path / "r.json")
    assert [path.name for path in tmp_path.glob("*r.json*")] == ["r.json"]
    assert (tmp_path / "r.json").read_text() == "old"


def test_a_copy_of_a_journal_is_its_own(any_journal: Journal, job: Job) -> None:
    with copied(any_journal) as copy:
        assert summarize(copy, job.id) == summarize(any_journal, job.id)
        folder = copy.file.parent if copy.file else None
        with copy.transaction() as connection:
            from stripline.batch.journal.schema import jobs

            connection.execute(jobs.delete())
    assert folder is not None
    assert not folder.exists()
    assert totals(any_journal, job.id).done == 4


def test_what_is_skipped_and_why(any_journal: Journal, job: Job) -> None:
    found: dict[str, Any] = analysis.reasons(any_journal, job.id)
    assert list(found.values()) == [1]
