"""Batches that are stopped, by people and by other processes, and go on later."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.batch.support import make_pictures
from tests.cli.command import STRIPLINE, done, environment, refused, run
from tests.cli.pictures import coarse, files_below

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = ("in", "-o", "out", "--scale", "1", "--replace", "--workers", "1")


def state_of(folder: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(folder / "state")}


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return run(*arguments, directory=folder, extra=state_of(folder))


def begun(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    # A shell's background jobs ignore SIGINT and so do their children; people's commands do not.
    return subprocess.Popen(
        ["env", "--default-signal=INT", STRIPLINE, "batch", *OPTIONS, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(state_of(folder)),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of which the first one's output is a pipe, whose writer waits until we read."""
    make_pictures(tmp_path / "in", 4)
    Image.fromarray(coarse(400, 300)).save(tmp_path / "in/a.png")  # more than a pipe holds
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out/a.png")
    return tmp_path


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_once_finishes_what_runs_and_resumes(
    folder: Path, number: signal.Signals, code: int
) -> None:
    with begun(folder, "--json", "--report", "r.json") as process:
        assert process.stderr is not None
        assert process.stdout is not None
        with (folder / "out/a.png").open("rb") as pipe:
            process.send_signal(number)
            said = process.stderr.readline().decode()
            first = pipe.read()
        found = json.loads(process.stdout.read())
        said += process.stderr.read().decode()
    assert process.returncode == code, said
    assert "finished first" in said
    assert "Traceback" not in said
    with Image.open(io.BytesIO(first)) as image:
        image.load()
    assert (found["state"], found["done"], found["pending"]) == ("interrupted", 1, 4)
    assert json.loads((folder / "r.json").read_text())["done"] == 1
    assert files_below(folder / "out") == ["a.png"]
    later = done(command(folder, "jobs", "resume", "1", "--json"))
    assert (json.loads(later.stdout)["state"], json.loads(later.stdout)["done"]) == ("done", 5)
    assert files_below(folder / "out") == ["a.png", *(f"p{n:04}.jpg" for n in range(4))]


def test_twice_stops_at_once_and_leaves_nothing_half_written(folder: Path) -> None:
    with begun(folder) as process:
        assert process.stderr is not None
        pipe = os.open(folder / "out/a.png", os.O_RDONLY)  # nobody reads it
        try:
            process.send_signal(signal.SIGINT)
            assert b"finished first" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            said = process.stderr.read().decode()
            process.wait()
        finally:
            os.close(pipe)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert files_below(folder / "out") == ["a.png"]
    (folder / "out/a.png").unlink()
    done(command(folder, "batch", *OPTIONS))
    assert len(files_below(folder / "out")) == 5


def test_cancelled_by_another_process(folder: Path) -> None:
    with begun(folder, "--progress", "json") as process:
        assert process.stdout is not None
        with (folder / "out/a.png").open("rb") as pipe:
            assert "run by another process" in refused(command(folder, "batch", *OPTIONS), 2)
            (row,) = json.loads(done(command(folder, "jobs", "list", "--json")).stdout)
            assert row["state"] == "running"
            assert b"stopping" in done(command(folder, "jobs", "cancel", "1")).stdout
            # Once it has heard of it, it takes back what waits behind the one at work.
            for line in process.stdout:
                if json.loads(line).get("running") == 1:
                    break
            pipe.read()
        found: dict[str, Any] = json.loads(process.stdout.read().splitlines()[-1])
    assert process.returncode == 1
    assert (found["state"], found["done"], found["pending"]) == ("cancelled", 1, 4)
    done(command(folder, "jobs", "resume", "1"))
    assert len(files_below(folder / "out")) == 5


def test_killed_is_told_from_running(folder: Path) -> None:
    with begun(folder) as process, (folder / "out/a.png").open("rb"):
        process.kill()
        process.wait()
    (row,) = json.loads(done(command(folder, "jobs", "list", "--json")).stdout)
    assert row["state"] == "interrupted"
    (folder / "out/a.png").unlink()
    done(command(folder, "jobs", "resume", "1"))
    assert files_below(folder / "out") == ["a.png", *(f"p{n:04}.jpg" for n in range(4))]
