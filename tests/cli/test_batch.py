"""`stripline batch`: what is done, what is said, what is done again."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from stripline.cli.app import app
from tests.batch.support import make_pictures
from tests.cli.command import done, refused, run
from tests.cli.pictures import files_below

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

SMALL = ("--width", "16", "--format", "webp")


def batch(
    folder: Path, *options: str, inputs: tuple[str, ...] = ("in",), output: str = "out"
) -> subprocess.CompletedProcess[bytes]:
    extra = {"XDG_STATE_HOME": str(folder / "state")}
    return run("batch", *inputs, "-o", output, *options, directory=folder, extra=extra)


def document(result: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done(result).stdout)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures in two folders."""
    make_pictures(tmp_path / "in", 4)
    make_pictures(tmp_path / "in/deep/er", 2)
    return tmp_path


def test_makes_files_in_the_same_tree_and_sums_up(folder: Path) -> None:
    said = done(batch(folder, *SMALL)).stdout.decode()
    assert files_below(folder / "out") == [
        *("deep/er/p0000.webp", "deep/er/p0001.webp"),
        *("p0000.webp", "p0001.webp", "p0002.webp", "p0003.webp"),
    ]
    assert re.search(r"job 1 done: 6 done; .* -> .*, \d+ % saved, .* pictures/s", said)
    assert "biggest savings" in said


def test_again_does_nothing_and_then_only_what_is_new(folder: Path) -> None:
    done(batch(folder, *SMALL))
    before = {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("*.webp")}
    assert document(batch(folder, *SMALL, "--json"))["done"] == 6
    make_pictures(folder / "in/new", 1)
    found = document(batch(folder, *SMALL, "--json"))
    assert (found["done"], found["job"]) == (7, 1)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    lines = json_lines(batch(folder, *SMALL, "--force", "--progress", "json"))
    assert sum(line["event"] == "task_ended" for line in lines) == 7


def json_lines(result: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done(result).stdout.splitlines()]


def test_progress_as_json_is_one_object_a_line(folder: Path) -> None:
    lines = json_lines(batch(folder, *SMALL, "--progress", "json"))
    names = [line["event"] for line in lines]
    assert names[0] == "job_started"
    assert names[-2:] == ["job_ended", "report"]
    assert names.count("task_started") == names.count("task_ended") == 6
    ended = [line for line in lines if line["event"] == "task_ended"]
    for line in ended:
        (written,) = line["outcome"]["written"]
        assert line["outcome"]["bytes_out"] == written["bytes"]
    last = [line for line in lines if line["event"] == "progress"][-1]
    assert (last["done"], last["pending"], last["running"]) == (6, 0, 0)
    assert last["bytes_in"] == lines[0]["bytes_pending"] == lines[-1]["bytes_in"]


def test_what_fails_is_listed_and_the_rest_is_done(folder: Path) -> None:
    (folder / "in/cut.jpg").write_bytes((folder / "in/p0000.jpg").read_bytes()[:900])
    (folder / "in/none.png").write_bytes(b"these are words")
    (folder / "in/empty.jpg").touch()
    (folder / "in/notes.txt").write_text("these are words")
    result = batch(folder, *SMALL)
    said = refused(result, 1)
    assert re.search(r"in/cut\.jpg: CorruptImage: ", said)
    assert re.search(r"in/none\.png: UnsupportedFormat: ", said)
    table = result.stdout.decode()
    assert "job 1 failed: 6 done, 2 failed, 2 skipped" in table
    assert "CorruptImage" in table
    assert len(files_below(folder / "out")) == 6
    refused(batch(folder, *SMALL), 1)  # what failed stays failed until somebody does something
    make_pictures(folder / "other", 1)
    (folder / "other/p0000.jpg").replace(folder / "in/cut.jpg")
    (folder / "in/none.png").unlink()
    done(batch(folder, *SMALL))
    assert len(files_below(folder / "out")) == 7


def test_profile_and_options_beside_it(folder: Path) -> None:
    found = document(batch(folder, "--profile", "web", "--effort", "0", "--json"))
    assert sorted(found["variants"]) == ["1280", "1920", "640", "fallback"]
    kinds = {(kind["variant"], kind["format"]): kind["files"] for kind in found["kinds"]}
    assert kinds == {
        ("640", "webp"): 6,
        ("1280", "webp"): 6,
        ("1920", "webp"): 6,
        ("fallback", "jpeg"): 6,
    }
    assert (folder / "out/deep/er/p0000-fallback.jpg").is_file()


def test_recipe_file(folder: Path) -> None:
    (folder / "r.toml").write_text("[variants.s.resize]\nwidth = 8\n[variants.t.resize]\nwidth = 4")
    done(batch(folder, "--recipe", "r.toml", "--template", "{variant}/{stem}-{width}.{ext}"))
    assert (folder / "out/deep/er/s/p0001-8.jpg").is_file()
    assert (folder / "out/t/p0003-4.jpg").is_file()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "nothing says what to make"),
        (("--profile", "wub"), "no profile 'wub'"),
        (("--profile", "web", "--recipe", "r.toml"), "give one"),
        ((*SMALL, "--template", "{nope}"), "{nope}"),
        ((*SMALL, "--order", "best"), "order"),
        ((*SMALL, "--newer", "soon"), "--newer soon"),
        ((*SMALL, "--priority", "high"), "PATTERN=N"),
        ((*SMALL, "--memory", "lots"), "'lots'"),
        ((*SMALL, "--workers", "0"), "workers"),
        ((*SMALL, "--report", "r.pdf"), ".json, .csv or .html"),
        ((*SMALL, "--report", "no/r.csv"), "no folder no"),
        ((*SMALL, "--template", "same.{ext}"), "would both become"),
        ((*SMALL, "--journal", "nonsense://x"), "journal"),
        (("--width", "9", "--fit", "3x3"), "exclude each other"),
    ],
)
def test_mistakes_are_said_before_any_work(
    folder: Path, options: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "r.toml").write_text("[resize]\nwidth = 8\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    result = CliRunner().invoke(app, ["batch", "in", "-o", "out", *options])
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert not (folder / "out").exists()


def test_files_of_strangers_are_replaced_only_when_that_is_said(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out/p0001.webp").write_text("mine")
    assert "exist already" in refused(batch(folder, *SMALL), 2)
    assert files_below(folder / "out") == ["p0001.webp"]
    done(batch(folder, *SMALL, "--replace"))
    assert (folder / "out/p0001.webp").read_bytes()[:4] == b"RIFF"


def test_output_in_the_input_is_never_worked_on(folder: Path) -> None:
    for _ in range(2):
        found = document(batch(folder, *SMALL, "--json", output="in/made"))
        assert found["done"] == 6
    assert len(files_below(folder / "in/made")) == 6


def test_dry_run_says_what_would_be_done(folder: Path) -> None:
    said = done(batch(folder, *SMALL, "-n")).stdout.decode()
    assert f"{folder}/in/p0000.jpg -> {folder}/out/p0000.webp" in said
    assert said.splitlines()[-1] == "6 to do, 0 done before"
    assert not (folder / "out").exists()
    done(batch(folder, *SMALL))
    (folder / "in/p0000.jpg").write_bytes((folder / "in/p0003.jpg").read_bytes())
    (folder / "in/empty.jpg").touch()
    for options in ((), ("--json",)):
        result = done(batch(folder, *SMALL, "-n", *options))
    found = json.loads(result.stdout)
    assert [file["source"] for file in found["files"]] == [f"{folder}/in/p0000.jpg"]
    assert found["tasks"] == {"done": 5, "queued": 1, "skipped": 1}
    # Nothing of it was written down either.
    assert document(batch(folder, *SMALL, "--json"))["tasks"] == {"done": 6, "skipped": 1}


def test_which_files_and_in_which_order(folder: Path) -> None:
    (folder / ".striplineignore").touch()
    options = ("--include", "p*", "--exclude", "p0002*", "--workers", "1")
    order = ("--priority", "deep/**=5", "--order", "largest", "--progress", "json")
    lines = json_lines(batch(folder, *SMALL, *options, *order))
    started = [line["source"] for line in lines if line["event"] == "task_started"]
    names = [source.removeprefix(f"{folder}/in/") for source in started]
    sizes = [(folder / "in" / name).stat().st_size for name in names]
    assert sorted(names[:2]) == ["deep/er/p0000.jpg", "deep/er/p0001.jpg"]
    assert sorted(names[2:]) == ["p0000.jpg", "p0001.jpg", "p0003.jpg"]
    assert sizes[:2] == sorted(sizes[:2], reverse=True)
    assert sizes[2:] == sorted(sizes[2:], reverse=True)


def test_by_size_and_date(folder: Path) -> None:
    (folder / "in/p0001.jpg").write_bytes((folder / "in/p0001.jpg").read_bytes() + bytes(9000))
    options = ("--larger", "8k", "--newer", "2020-01-01", "--older", "2300-01-01T00:00+00:00")
    found = document(batch(folder, *SMALL, *options, "--json"))
    assert found["tasks"] == {"done": 1, "skipped": 5}


def test_processes_verified_and_cached_give_the_same_files(folder: Path) -> None:
    done(batch(folder, *SMALL))
    options = ("--processes", "--workers", "2", "--verify", "--cache", "kept:10M")
    done(batch(folder, *SMALL, *options, output="out2"))
    lines = json_lines(batch(folder, *SMALL, *options, "--progress", "json", output="out3"))
    assert all(line["outcome"]["cached"] for line in lines if line["event"] == "task_ended")
    for name in files_below(folder / "out"):
        made = (folder / "out" / name).read_bytes()
        assert (
            made == (folder / "out2" / name).read_bytes() == (folder / "out3" / name).read_bytes()
        )


def test_reports_of_all_kinds(folder: Path) -> None:
    (folder / "in/bad.jpg").write_bytes((folder / "in/p0000.jpg").read_bytes()[:900])
    reports = ("--report", "r.json", "--report", "r.csv", "--report", "r.html")
    refused(batch(folder, *SMALL, *reports), 1)
    found = json.loads((folder / "r.json").read_text())
    assert [file["state"] for file in found["files"]].count("done") == found["done"] == 6
    rows = list(csv.DictReader(io.StringIO((folder / "r.csv").read_text())))
    assert [row["cause"] for row in rows if row["state"] == "failed"] == ["CorruptImage"]
    page = (folder / "r.html").read_text()
    assert page.count('src="data:image/webp;base64,') == 12
    assert "bad.jpg" in page


def test_log_has_one_id_for_each_task(folder: Path) -> None:
    result = batch(folder, *SMALL, "--log-format", "json", "--log-level", "debug")
    assert result.returncode == 0
    entries = [json.loads(line) for line in result.stderr.splitlines()]
    ids = {entry["task"] for entry in entries if "task" in entry}
    assert len(ids) == 6
    for task in ids:
        mine = [entry["event"] for entry in entries if entry.get("task") == task]
        assert mine == ["task started", "task done"]


def test_metrics_in_a_file(folder: Path) -> None:
    done(batch(folder, *SMALL, "--metrics-file", "stripline.prom"))
    text = (folder / "stripline.prom").read_text()
    assert 'stripline_tasks_total{state="done"} 6.0' in text
    assert "stripline_queue_length 0.0" in text


def test_settings_of_a_file_and_the_environment(folder: Path) -> None:
    (folder / "stripline.toml").write_text(
        'output = "made"\n[profiles.tiny]\nworkers = 2\n[profiles.tiny.recipe.resize]\nwidth = 4\n'
    )
    extra = {"XDG_STATE_HOME": str(folder / "state"), "STRIPLINE_PROFILE": "tiny"}
    done(run("batch", "in", directory=folder, extra=extra))
    with Image.open(folder / "made/p0001.jpg") as image:
        assert image.size == (4, 4)


def test_nothing_but_the_summary_where_nobody_looks(folder: Path) -> None:
    result = done(batch(folder, *SMALL))
    assert b"\x1b" not in result.stdout
    assert b"left" not in result.stdout
