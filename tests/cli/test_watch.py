"""`stripline watch`: the command from its start to the signal that ends it."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.batch.support import make_pictures
from tests.cli.command import STRIPLINE, environment, refused, run
from tests.cli.pictures import files_below

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("--width", "16", "--format", "webp", "--settle", "0.1")


def begun(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    extra = {"XDG_STATE_HOME": str(folder / "state")}
    command = [str(STRIPLINE), "watch", "in", "-o", "out", *SMALL, "--log-format", "json", *options]
    return subprocess.Popen(
        ["env", "--default-signal=INT", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(extra),
    )


def wait_for(process: subprocess.Popen[bytes], event: str, source: str = "") -> dict[str, Any]:
    """Read the log until something is in it."""
    assert process.stderr is not None
    for line in process.stderr:
        entry: dict[str, Any] = json.loads(line)
        if entry["event"] == event and str(entry.get("source", "")).endswith(source):
            return entry
    pytest.fail(f"the log ended without {event} {source}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_catches_up_goes_on_and_ends(tmp_path: Path, number: signal.Signals, code: int) -> None:
    make_pictures(tmp_path / "in", 2)
    make_pictures(tmp_path / "other", 4)
    with begun(tmp_path) as process:
        wait_for(process, "job ended")
        assert files_below(tmp_path / "out") == ["p0000.webp", "p0001.webp"]
        (tmp_path / "other/p0003.jpg").rename(tmp_path / "in/new.jpg")
        wait_for(process, "task done", "new.jpg")
        wait_for(process, "job ended")
        process.send_signal(number)
        assert process.stdout is not None
        assert process.stdout.read() == b""
    assert process.returncode == code
    assert files_below(tmp_path / "out") == ["new.webp", "p0000.webp", "p0001.webp"]


def test_deleted_pictures_take_their_files_along_if_asked(tmp_path: Path) -> None:
    make_pictures(tmp_path / "in", 2)
    with begun(tmp_path, "--deleted", "remove") as process:
        wait_for(process, "job ended")
        (tmp_path / "in/p0000.jpg").unlink()
        wait_for(process, "job ended")
        process.terminate()
    assert files_below(tmp_path / "out") == ["p0001.webp"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere", "-o", "out", *SMALL), "nowhere"),
        (("in", "-o", "in", *SMALL), "output"),
        (("in", "-o", "out", "--settle", "1"), "nothing says what to make"),
        (("in", "-o", "out", *SMALL, "--deleted", "burn"), "burn"),
    ],
)
def test_mistakes(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "in").mkdir()
    extra = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert words in refused(run("watch", *arguments, directory=tmp_path, extra=extra), 2)
