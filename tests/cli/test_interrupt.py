"""What happens when the other end of a pipe goes away, or somebody stops the command."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from stripline import jpeg
from tests.cli.command import STRIPLINE, environment
from tests.cli.pictures import coarse, files_below, ppm

if TYPE_CHECKING:
    from pathlib import Path

# More than pipes hold, so that writing this much means that the other side has read some of it.
MORE_THAN_A_PIPE_BYTES = 4 << 20


def started(*arguments: str, directory: Path) -> subprocess.Popen[bytes]:
    # A shell's background jobs ignore SIGINT and so do their children; people's commands do not.
    return subprocess.Popen(
        ["env", "--default-signal=INT", STRIPLINE, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=directory,
        env=environment(),
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_encoding_leaves_no_file(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    size = ("--width", "1000", "--format", "rgb")
    with started("encode", "-", "-o", "out.jpg", *size, directory=tmp_path) as process:
        assert process.stdin is not None
        process.stdin.write(bytes(MORE_THAN_A_PIPE_BYTES))
        process.stdin.flush()
        # Rows are being encoded now, and the command waits for more, or is just about to: then only
        # the end of its input, which comes after the signal, makes it look.
        process.send_signal(number)
        process.stdin.close()
        assert process.stderr is not None
        said = process.stderr.read().decode()
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_stopped_among_many_pictures_finishes_those_at_hand(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        Image.fromarray(coarse(300, 200)).save(tmp_path / f"{name}.png")
    (tmp_path / "out").mkdir()
    # The first output is a pipe, which holds less than the picture: its writer waits for us.
    os.mkfifo(tmp_path / "out/a.png")
    names = ("a.png", "b.png", "c.png", "d.png")
    options = ("-o", "out", "--scale", "1", "--threads", "1", "--json")
    with started("resize", *names, *options, directory=tmp_path) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        with (tmp_path / "out/a.png").open("rb") as pipe:
            process.send_signal(signal.SIGINT)
            said = process.stderr.readline().decode()
            first = pipe.read()
        document = json.loads(process.stdout.read())
        said += process.stderr.read().decode()
    assert process.returncode == 130, said
    assert "finishing the pictures" in said
    assert "Traceback" not in said
    with Image.open(io.BytesIO(first)) as image:
        image.load()
    assert document["interrupted"]
    assert [file["source"] for file in document["files"]] == ["a.png"]
    assert files_below(tmp_path / "out") == ["a.png"]


def test_reader_that_goes_away_is_no_disaster(tmp_path: Path) -> None:
    (tmp_path / "in.ppm").write_bytes(ppm(coarse(1200, 900)))
    with started("encode", "in.ppm", "-o", "-", directory=tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.close()
        beginning = os.read(process.stdout.fileno(), 100)
        process.stdout.close()
        said = process.stderr.read()
    assert beginning[:2] == b"\xff\xd8"
    assert said == b""
    assert process.returncode == 1


def test_real_shell_pipeline(tmp_path: Path) -> None:
    pixels = coarse(300, 200)
    (tmp_path / "in.ppm").write_bytes(ppm(pixels))
    program = f"'{STRIPLINE}'"
    script = f"cat in.ppm | {program} encode - -o out.jpg && {program} encode - < in.ppm > two.jpg"
    subprocess.run(["bash", "-c", script], check=True, cwd=tmp_path, env=environment())
    assert (tmp_path / "out.jpg").read_bytes() == jpeg.encode(pixels)
    assert (tmp_path / "two.jpg").read_bytes() == jpeg.encode(pixels)
