"""The table of results on a terminal and off it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.command import STRIPLINE, done, environment, run
from tests.cli.pictures import photo

if TYPE_CHECKING:
    from pathlib import Path

pty = pytest.importorskip("pty", reason="pseudo-terminals exist on Unix only")


def on_terminal(*arguments: str, directory: Path) -> str:
    """What a command prints when standard output is a terminal."""
    screen, theirs = pty.openpty()
    variables = environment({"TERM": "xterm", "COLUMNS": "60"})
    with subprocess.Popen(
        [STRIPLINE, *arguments], stdout=theirs, cwd=directory, env=variables
    ) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(screen, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            if not part:
                break
            said += part
    os.close(screen)
    assert process.returncode == 0
    return said.decode()


def test_table_fits_a_terminal(tmp_path: Path) -> None:
    name = "a-rather-long-name-of-a-picture-that-does-not-fit.png"
    photo(tmp_path / name)
    said = on_terminal("resize", name, "-o", "out/", "--width", "60", directory=tmp_path)
    assert "\x1b[1m" in said  # bold headings
    assert "1 picture, 1 file" in said
    plain = said.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert all(len(line) <= 60 for line in plain.splitlines()[:-1])


def test_table_off_a_terminal_has_one_line_a_file(tmp_path: Path) -> None:
    names = [f"a-rather-long-name-of-picture-number-{number}.png" for number in range(3)]
    for name in names:
        photo(tmp_path / name)
    result = done(run("resize", *names, "-o", "out", "--width", "60", directory=tmp_path))
    heading, *rows, total = result.stdout.decode().splitlines()
    assert heading.split() == ["file", "pixels", "bytes", "saved", "quality", "seconds"]
    assert [row.split()[0] for row in rows] == [f"out/{name}" for name in names]
    assert total.startswith("3 pictures, 3 files: ")
    assert b"\x1b" not in result.stdout


def test_score_has_a_column_where_there_is_one(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 200, 140)
    result = done(
        run("resize", "a.png", "-o", "a.jpg", "--scale", "1", "-q", "auto", directory=tmp_path)
    )
    assert "score" in result.stdout.decode().splitlines()[0]
