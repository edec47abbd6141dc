"""The examples run, on small sizes, and make what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

from stripline.webcodecs.containers import Demuxer
from tests.cli.command import environment

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def run(name: str, *arguments: str, directory: Path) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name, *arguments],
        cwd=directory,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done


def animation(directory: Path) -> None:
    small = ("--frames", "70", "--width", "128", "--height", "96")
    assert run("numpy_to_mp4.py", "a.mp4", *small, directory=directory).stderr == b""


def test_numpy_to_mp4_and_thumbnails(tmp_path: Path) -> None:
    animation(tmp_path)
    with Demuxer(tmp_path / "a.mp4") as demuxer:
        chunks = list(demuxer.chunks(demuxer.video))
    assert [chunk.timestamp for chunk in chunks] == [i * 1_000_000 // 30 for i in range(70)]
    assert [i for i, chunk in enumerate(chunks) if chunk.type == "key"] == [0, 60]
    done = run("thumbnails.py", "a.mp4", "out", "--count", "7", "--width", "64", directory=tmp_path)
    assert done.stderr == b""
    pictures = sorted((tmp_path / "out").iterdir())
    assert len(pictures) == 7
    assert pictures[-1].name == "6-2000ms.jpg"
    with Image.open(pictures[0]) as image:
        assert image.size == (64, 48)


def test_transcode(tmp_path: Path) -> None:
    animation(tmp_path)
    done = run("transcode.py", "a.mp4", "b.webm", "--bitrate", "100000", directory=tmp_path)
    assert (done.stdout, done.stderr) == (b"b.webm: 70 chunks\n", b"")
    with Demuxer(tmp_path / "b.webm") as demuxer:
        assert demuxer.video.codec.startswith("vp09")
        assert len(list(demuxer)) == 70


def test_live(tmp_path: Path) -> None:
    done = run("live.py", "--frames", "20", "--rate", "100", directory=tmp_path)
    left_out = int(done.stderr.split()[0])
    with Demuxer(done.stdout) as demuxer:
        assert len(list(demuxer)) == 20 - left_out


def test_live_ends_when_nobody_reads(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "live.py"), "--frames", "0", "--rate", "100"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(5_000)
        process.stdout.close()
        process.stdout = None
        try:
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
        assert said == b""
    assert process.returncode == 0


def test_tone_to_webm(tmp_path: Path) -> None:
    assert run("tone_to_webm.py", "tone.webm", "--seconds", "1", directory=tmp_path).stderr == b""
    with Demuxer(tmp_path / "tone.webm") as demuxer:
        assert demuxer.audio.codec == "opus"
        assert demuxer.duration is not None
        assert 980_000 < demuxer.duration < 1_100_000
