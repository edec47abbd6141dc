"""`stripline jobs`: lists, figures, reports; failed tasks tried again; old jobs forgotten."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from stripline.cli.app import app
from tests.batch.support import make_pictures
from tests.cli.command import done, refused, run

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from typer.testing import Result

SMALL = ("--width", "16", "--format", "webp")


def invoked(folder: Path, *arguments: str) -> Result:
    """The command in this process, which takes a tenth of the time."""
    extra = {"XDG_STATE_HOME": str(folder / "state"), "COLUMNS": "200"}
    return CliRunner(env=extra).invoke(app, arguments)


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return run(*arguments, directory=folder, extra={"XDG_STATE_HOME": str(folder / "state")})


def answer(folder: Path, *arguments: str) -> Any:
    return json.loads(done(command(folder, "jobs", *arguments, "--json")).stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A job that failed in part, and one that is done."""
    source, out = str(tmp_path / "in"), str(tmp_path / "out")
    make_pictures(tmp_path / "in", 3)
    (tmp_path / "in/cut.jpg").write_bytes((tmp_path / "in/p0000.jpg").read_bytes()[:900])
    (tmp_path / "in/gone.png").write_bytes(b"words")
    assert invoked(tmp_path, "batch", source, "-o", out, *SMALL).exit_code == 1
    only = ("--include", "p*")
    assert invoked(tmp_path, "batch", source, "-o", f"{out}2", *SMALL, *only).exit_code == 0
    return tmp_path


def test_lists_the_latest_first(folder: Path) -> None:
    rows = answer(folder, "list")
    assert [(row["job"], row["state"], row["done"], row["failed"]) for row in rows] == [
        (2, "done", 3, 0),
        (1, "failed", 3, 2),
    ]
    assert rows[1]["causes"] == {"CorruptImage": 1, "UnsupportedFormat": 1}
    assert rows[1]["bytes_out"] < rows[1]["bytes_in"]
    assert rows[1]["images_per_second"] > 0
    table = done(command(folder, "jobs", "list")).stdout.decode().splitlines()
    assert [line.split()[:2] for line in table] == [
        ["job", "state"],
        ["2", "done"],
        ["1", "failed"],
    ]
    text = done(command(folder, "jobs", "list", "--csv")).stdout.decode()
    read = list(csv.DictReader(io.StringIO(text)))
    assert [row["job"] for row in read] == ["2", "1"]
    assert [int(row["bytes_in"]) for row in read] == [row["bytes_in"] for row in rows]


def test_shows_one_with_its_tasks(folder: Path) -> None:
    result = command(folder, "jobs", "show", "1", "--report", "later.html")
    assert b"job 1 failed: 3 done, 2 failed" in result.stdout
    assert b"cut.jpg: CorruptImage" in result.stderr
    assert "before" in (folder / "later.html").read_text()
    failed = answer(folder, "show", "1", "--state", "failed")
    assert [row["source"] for row in failed] == [f"{folder}/in/cut.jpg", f"{folder}/in/gone.png"]
    assert failed[0]["error"]["type"] == "CorruptImage"
    lines = done(command(folder, "jobs", "show", "1", "--state", "done")).stdout.decode()
    assert lines.count("in/p000") == 3
    text = done(command(folder, "jobs", "show", "1", "--csv")).stdout.decode()
    assert [row["state"] for row in csv.DictReader(io.StringIO(text))].count("done") == 3


def test_retries_what_failed_as_it_is_now(folder: Path) -> None:
    make_pictures(folder / "other", 1)
    (folder / "other/p0000.jpg").replace(folder / "in/cut.jpg")
    (folder / "in/gone.png").unlink()
    make_pictures(folder / "in/new", 1)  # a retry does not look for new ones
    said = refused(command(folder, "jobs", "retry", "1"), 1)
    assert "gone.png: SourceFailed" in said
    assert "cut.jpg" not in said
    found = answer(folder, "list")[1]
    assert (found["done"], found["failed"]) == (4, 1)
    assert (folder / "out/cut.webp").is_file()


def test_forgets_what_is_old_or_named(folder: Path) -> None:
    assert b"0 forgotten" in done(command(folder, "jobs", "prune")).stdout
    done(command(folder, "jobs", "prune", "1"))
    assert [row["job"] for row in answer(folder, "list")] == [2]
    assert (folder / "out/p0000.webp").is_file()
    assert b"1 forgotten" in done(command(folder, "jobs", "prune", "--days", "0")).stdout
    assert answer(folder, "list") == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "9"), "no job 9"),
        (("show", "1", "--state", "lost"), "'lost'"),
        (("show", "1", "--report", "x.txt"), ".json, .csv or .html"),
        (("list", "--json", "--csv"), "exclude each other"),
        (("cancel", "2"), "nothing to cancel"),
        (("resume", "9"), "no job 9"),
    ],
)
def test_mistakes(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    result = invoked(folder, "jobs", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
