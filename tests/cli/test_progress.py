"""The progress bar: on a terminal only, and only for work that lasts."""

from __future__ import annotations

import os
import select
import subprocess
from typing import TYPE_CHECKING

import pytest

from stripline import jpeg
from tests.cli.command import STRIPLINE, environment
from tests.cli.pictures import picture, ppm

if TYPE_CHECKING:
    from pathlib import Path

pty = pytest.importorskip("pty", reason="pseudo-terminals exist on Unix only")


class OnTerminal:
    """The command with standard error on a terminal, whose screen is kept as text."""

    def __init__(self, *arguments: str, directory: Path) -> None:
        self._screen, theirs = pty.openpty()
        self.said = ""
        self.process = subprocess.Popen(
            [STRIPLINE, *arguments],
            stdin=subprocess.PIPE,
            stderr=theirs,
            cwd=directory,
            env=environment({"TERM": "xterm"}),
        )
        os.close(theirs)

    def write(self, data: bytes) -> None:
        """Give the command input; waits until it has taken it or a pipe holds it."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def read(self, patience_seconds: float | None) -> bool:
        """Take what is on the screen, waiting for it; False when no more can come, or none came."""
        if not select.select([self._screen], [], [], patience_seconds)[0]:
            return False
        try:
            part = os.read(self._screen, 65536)
        except OSError:  # how Linux says that the other side is closed
            return False
        self.said += part.decode()
        return bool(part)

    def finish(self) -> int:
        """End the input, read the screen to its end, and return the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        while self.read(None):
            pass
        os.close(self._screen)
        return self.process.wait()


def test_quick_work_shows_a_result_and_no_bar(tmp_path: Path) -> None:
    (tmp_path / "in.ppm").write_bytes(ppm(picture()))
    terminal = OnTerminal("encode", "in.ppm", directory=tmp_path)
    assert terminal.finish() == 0
    assert "in.jpg: " in terminal.said
    assert "rows" not in terminal.said


def test_long_work_shows_a_bar(tmp_path: Path) -> None:
    width, batch = 20_000, 8
    size = ("--width", str(width), "--format", "grey", "-s", "grey", "-q", "50")
    terminal = OnTerminal("encode", "-", "-o", "a.jpg", *size, directory=tmp_path)
    rows = 0
    # Feed it for as long as it takes to lose patience; a JPEG's last row comes long after that.
    while "encoding" not in terminal.said and rows + batch <= 65_535:
        terminal.write(bytes(width * batch))
        rows += batch
        terminal.read(0)
    assert terminal.finish() == 0
    assert "rows" in terminal.said
    assert "a.jpg: " in terminal.said
    assert jpeg.inspect(tmp_path / "a.jpg").height == rows
