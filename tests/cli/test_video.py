"""`stripline video`."""

from __future__ import annotations

import json
import signal
import subprocess
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stripline.cli._video_clock import Clock
from stripline.cli._video_codecs import codec_string
from stripline.errors import InvalidOption
from stripline.webcodecs.codec_string import parse_video
from stripline.webcodecs.containers import Demuxer
from stripline.webcodecs.levels import fits_level
from tests.cli.command import STRIPLINE, done, environment, refused, run
from tests.webcodecs.containers.media import decoded, encoded, muxed, picture, tone

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures whose names are in another order as text than as numbers."""
    (tmp_path / "frames").mkdir()
    for index in range(COUNT):
        Image.fromarray(picture(index)).save(tmp_path / f"frames/frame{index}.png")
    (tmp_path / "frames/notes.txt").write_text("no picture")
    return tmp_path


def frames_of(path: Path | bytes) -> tuple[Any, list[Any]]:
    """The first track of a file, and its frames as RGBA."""
    with Demuxer(path) as demuxer:
        track = demuxer.video
        frames = decoded(track, demuxer.chunks(track))
    pixels = []
    for frame in frames:
        data = bytearray(frame.allocation_size(format="RGBA"))
        frame.copy_to(data, format="RGBA").result()
        rows = np.frombuffer(data, np.uint8).reshape(frame.display_height, frame.display_width, 4)
        pixels.append((frame.timestamp, frame.duration, rows[..., :3].astype(int)))
    return track, pixels


def check_order(pixels: list[Any], count: int = COUNT) -> None:
    """Each frame is nearer to its own picture than to the neighbours'."""
    assert len(pixels) == count
    for index, (_, _, rows) in enumerate(pixels):
        wrong = [np.abs(rows - picture(index + away)).mean() for away in (-1, 0, 1)]
        assert wrong[1] == min(wrong)
        assert wrong[1] < 25


@pytest.mark.parametrize(
    ("name", "options", "codec"),
    [
        ("clip.mp4", (), "avc1."),
        ("clip.mp4", ("--codec", "h265"), "hvc1."),
        ("clip.webm", (), "vp09."),
        ("clip.webm", ("--codec", "vp8", "--bitrate", "800k"), "vp8"),
        ("clip.mkv", ("--codec", "av1"), "av01."),
        ("clip.mp4", ("--codec", "avc1.42C01E", "--fragmented"), "avc1.42"),
        ("clip.webm", ("--quality", "80"), "vp09."),
        ("clip.mp4", ("--codec", "av1", "--quality", "80"), "av01."),
        ("clip.bin", ("--container", "mp4", "-q", "90"), "avc1."),
    ],
)
def test_a_folder_becomes_a_video(
    folder: Path, name: str, options: tuple[str, ...], codec: str
) -> None:
    done(run("video", "encode", "frames", "-o", name, "--fps", "25", *options, directory=folder))
    track, pixels = frames_of(folder / name)
    assert track.codec.startswith(codec)
    assert [timestamp for timestamp, _, _ in pixels] == [40_000 * index for index in range(COUNT)]
    check_order(pixels)


def test_a_pattern_and_single_files(folder: Path) -> None:
    done(run("video", "encode", "frames/frame*.png", "-o", "a.mp4", directory=folder))
    check_order(frames_of(folder / "a.mp4")[1])
    names = [f"frames/frame{index}.png" for index in (0, 1, 2)]
    done(run("video", "encode", *names, "-o", "b.mp4", directory=folder))
    check_order(frames_of(folder / "b.mp4")[1], 3)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "h264"), ("a.webm", "vp8")])
def test_quality_and_bitrate_count(folder: Path, name: str, codec: str) -> None:
    sizes = {}
    for options in (("-q", "20"), ("-q", "95"), ("--bitrate", "20k"), ("--bitrate", "2M")):
        kind = ("--codec", codec)
        done(run("video", "encode", "frames", "-o", name, "-f", *kind, *options, directory=folder))
        sizes[options] = (folder / name).stat().st_size
    assert sizes["-q", "20"] < sizes["-q", "95"]
    assert sizes["--bitrate", "20k"] < sizes["--bitrate", "2M"]


def test_odd_sizes_lose_their_edge_and_size_scales(folder: Path) -> None:
    Image.fromarray(picture(0)[:63, :95]).save(folder / "odd.png")
    done(run("video", "encode", "odd.png", "-o", "odd.mp4", directory=folder))
    _, [(_, _, rows)] = frames_of(folder / "odd.mp4")
    assert rows.shape == (62, 94, 3)
    assert np.abs(rows - picture(0)[:62, :94]).mean() < 12
    said = refused(run("video", "encode", "frames", "odd.png", "-o", "x.mp4", directory=folder), 2)
    assert "95 x 63" in said
    assert not (folder / "x.mp4").exists()
    done(run("video", "encode", "odd.png", "-o", "s.webm", "--size", "48x32", directory=folder))
    assert frames_of(folder / "s.webm")[1][0][2].shape == (32, 48, 3)


def y4m(count: int, header: str, planes: bytes) -> bytes:
    return f"YUV4MPEG2 {header}\n".encode() + (b"FRAME\n" + planes) * count


def test_y4m_brings_its_rate_and_aspect(tmp_path: Path) -> None:
    data = y4m(5, "W64 H48 F30000:1001 Ip A2:1 C420jpeg", bytes(64 * 48) + bytes([128] * 64 * 24))
    done(run("video", "encode", "-", "-o", "a.mp4", stdin=data, directory=tmp_path))
    with Demuxer(tmp_path / "a.mp4") as demuxer:
        stamps = [chunk.timestamp for chunk in demuxer.chunks(demuxer.video)]
        config = demuxer.video.decoder_config
    assert stamps == [0, 33367, 66733, 100100, 133467]
    assert (config["display_aspect_width"], config["display_aspect_height"]) == (8, 3)
    (tmp_path / "a.y4m").write_bytes(y4m(2, "W16 H16 F25:1 C444p10", bytes(16 * 16 * 6)))
    done(run("video", "encode", "a.y4m", "-o", "b.webm", directory=tmp_path))
    assert len(frames_of(tmp_path / "b.webm")[1]) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no Y4M"),
        (b"\x89PNG and more", "no Y4M"),
        (y4m(1, "W16 H16 C411", bytes(400)), "chroma '411'"),
        (y4m(1, "W0 H16", b""), "0 x 16"),
        (y4m(1, "H16", b""), "no W with a number"),
        (y4m(2, "W16 H16", bytes(384))[:-5], "ends in frame 2, after 379"),
        (y4m(1, "W16 H16", bytes(384)) + b"NONSENSE\n", "does not begin with FRAME"),
        (b"YUV4MPEG2 " + b"X" * 5000, "header line"),
        (y4m(1, "W16 H16", bytes(384)) + b"\n" + b"FRAME\n" + bytes(384), "frame 2 of the stream"),
        (y4m(1, "W16 H16 It", bytes(384)), "interlaced pictures (It)"),
        (y4m(1, "W16 H16 A99999:1", bytes(384)), "pixels that are 99999:1"),
        (y4m(0, "W16 H16", b""), "holds no frame"),
    ],
)
def test_streams_that_are_none(tmp_path: Path, data: bytes, said: str) -> None:
    result = run("video", "encode", "-", "-o", "a.mp4", stdin=data, directory=tmp_path)
    assert said in refused(result, 2 if said == "no Y4M" else 1)
    assert not list(tmp_path.iterdir())


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    data = y4m(1, "W64 H48 F25:1 A4:3 C420jpeg", bytes(64 * 48) + bytes([128] * 64 * 24))
    done(run("video", "encode", "-", "-o", "a.mp4", stdin=data, directory=tmp_path))
    with Demuxer(tmp_path / "a.mp4") as demuxer:
        config = demuxer.video.decoder_config
    assert (config["display_aspect_width"], config["display_aspect_height"]) == (16, 9)
    for name in ("a.webm", "a.mkv"):
        said = refused(run("video", "encode", "-", "-o", name, stdin=data, directory=tmp_path), 2)
        assert "give --size 86x48" in " ".join(said.split())
        size = ("--size", "86x48")
        done(run("video", "encode", "-", "-o", name, *size, stdin=data, directory=tmp_path))
        config = frames_of(tmp_path / name)[0].decoder_config
        assert (config["coded_width"], config["coded_height"]) == (86, 48)


def test_luma_alone(tmp_path: Path) -> None:
    grey = picture(0)[..., 1]
    data = y4m(2, "W96 H64 F25:1 Cmono XCOLORRANGE=FULL", grey.tobytes())
    size = ("-q", "100")
    done(run("video", "encode", "-", "-o", "a.mp4", *size, stdin=data, directory=tmp_path))
    _, pixels = frames_of(tmp_path / "a.mp4")
    assert len(pixels) == 2
    assert np.abs(pixels[1][2] - grey[..., None].astype(int)).mean() < 4


def test_pictures_of_more_than_eight_bits(tmp_path: Path) -> None:
    grey = picture(0)[..., 1]
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    done(run("video", "encode", "deep.png", "-o", "a.mp4", "-q", "100", directory=tmp_path))
    assert np.abs(frames_of(tmp_path / "a.mp4")[1][0][2] - grey[..., None]).mean() < 4
    Image.fromarray(grey.astype(np.float32)).save(tmp_path / "float.tif")
    said = refused(run("video", "encode", "float.tif", "-o", "b.mp4", directory=tmp_path), 1)
    assert "floating-point samples" in said


@pytest.mark.parametrize("form", ["RGB", "bgra", "I420"])
def test_raw_pixels_to_standard_output(form: str, tmp_path: Path) -> None:
    parts = []
    for index in range(COUNT):
        rows = picture(index)
        if form == "bgra":
            rows = np.dstack([rows[..., ::-1], np.full(rows.shape[:2], 255, np.uint8)])
        parts.append(bytes(96 * 64) + bytes([128] * 96 * 32) if form == "I420" else rows.tobytes())
    size = ("--width", "96", "--height", "64", "--format", form)
    result = run("video", "encode", "-", "-o", "-", *size, stdin=b"".join(parts))
    pixels = frames_of(done(result).stdout)[1]
    if form == "I420":
        assert len(pixels) == COUNT
    else:
        check_order(pixels)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("frames", "-o", "there.mp4"), 2, "there.mp4 exists"),
        (("frames", "-o", "clip.xyz"), 2, "named like no video"),
        (("frames", "-o", "a.mp4", "--container", "avi"), 2, "none of mp4, webm, matroska"),
        (("frames", "-o", "a.mp4", "--codec", "mpeg4"), 2, "none of h264"),
        (("frames", "-o", "a.mp4", "--codec", ""), 2, "none of h264"),
        (("frames", "-o", "no/a.mp4"), 1, "no/a.mp4: No such file"),
        (("frames", "-o", "a.mp4", "--codec", "avc1.999999"), 2, "no codec string"),
        (("frames", "-o", "a.mp4", "--codec", "vp8"), 1, "mp4 does not hold vp8"),
        (("frames", "-o", "a.mp4", "-q", "50", "--bitrate", "1M"), 2, "exclude each other"),
        (("frames", "-o", "a.mp4", "--bitrate", "lots"), 2, "bits a second"),
        (("frames", "-o", "a.mp4", "--fps", "0"), 2, "frames a second"),
        (("frames", "-o", "a.mp4", "--size", "5"), 2, "no size"),
        (("cut.png", "-o", "a.mp4", "--width", "5"), 2, "both --width and --height"),
        (("frames", "-", "-o", "a.mp4"), 2, "give it alone"),
        (("nothing", "-o", "a.mp4"), 1, "nothing: No such file"),
        (("*.gif", "-o", "a.mp4"), 2, "no picture"),
        (("frames/notes.txt", "-o", "a.mp4"), 1, "no picture"),
        (("cut.png", "-o", "a.mp4"), 1, "cut.png is damaged"),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (folder / "there.mp4").write_bytes(b"kept")
    whole = (folder / "frames/frame0.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    result = run("video", "encode", *arguments, directory=folder)
    assert said in " ".join(refused(result, code).split())
    assert (folder / "there.mp4").read_bytes() == b"kept"
    assert {path.name for path in folder.iterdir()} == {"frames", "there.mp4", "cut.png"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_frames_come_leaves_no_file(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    size = ("--width", "640", "--height", "480")
    with subprocess.Popen(
        ["env", "--default-signal=INT", STRIPLINE, "video", "encode", "-", "-o", "a.mp4", *size],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(),
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(bytes(640 * 480 * 3 * 4))
        process.stdin.flush()
        process.send_signal(number)
        process.stdin.close()
        said = process.stderr.read().decode()
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_info_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(muxed(encoded("avc1.42C00B", 30, 10, 90), "mp4"))
    said = done(run("video", "info", "a.mp4", directory=tmp_path)).stdout.decode()
    for word in ("mov,mp4", "1.000 s", "avc1.42C00B, 96 x 64", "30 frames", "turned by 90"):
        assert word in said
    said = done(run("video", "info", "-", stdin=tone("libopus", "ogg"))).stdout.decode()
    assert "opus, 48,000 Hz, stereo" in said


def test_info_of_what_is_cut_off_or_without_colours(tmp_path: Path) -> None:
    (chunk, metadata), *_ = encoded("vp8", 1)
    config = {**metadata["decoder_config"], "color_space": {"full_range": False}}
    data = muxed([(chunk, {"decoder_config": config})], "matroska")
    (tmp_path / "a.mkv").write_bytes(data)
    said = done(run("video", "info", "a.mkv", directory=tmp_path)).stdout.decode()
    assert not any(line.rstrip().endswith(",") for line in said.splitlines())
    assert "cut off" not in said
    (tmp_path / "a.mkv").write_bytes(data[:-7])
    said = done(run("video", "info", "a.mkv", directory=tmp_path)).stdout.decode()
    assert "7 bytes are missing at the end" in said


def test_info_as_json(tmp_path: Path) -> None:
    (tmp_path / "a.webm").write_bytes(muxed(encoded("vp8"), "webm"))
    facts = json.loads(done(run("video", "info", "a.webm", "--json", directory=tmp_path)).stdout)
    assert facts["container"] == "matroska,webm"
    assert facts["file_bytes"] == (tmp_path / "a.webm").stat().st_size
    (track,) = facts["tracks"]
    assert (track["kind"], track["codec"], track["coded_width"]) == ("video", "vp8", 96)


def test_info_of_what_is_no_video(tmp_path: Path) -> None:
    assert "No such file" in refused(run("video", "info", "a.mp4", directory=tmp_path), 1)
    (tmp_path / "a.mp4").write_text("no video")
    assert "a.mp4 cannot be read" in refused(run("video", "info", "a.mp4", directory=tmp_path), 1)


@pytest.mark.parametrize("name", ["h264", "h265", "vp9", "av1"])
@pytest.mark.parametrize("size", [(64, 64), (640, 360), (1280, 720), (1920, 1080), (3840, 2160)])
@pytest.mark.parametrize("rate", [1, 30, 60])
def test_codec_strings_fit_their_level(name: str, size: tuple[int, int], rate: int) -> None:
    codec = parse_video(codec_string(name, *size, Fraction(rate)))
    assert codec is not None
    assert fits_level(codec, *size)


def test_codec_strings_that_are_known_well() -> None:
    assert codec_string("h264", 1280, 720, Fraction(30)) == "avc1.64001F"
    assert codec_string("h264", 1920, 1080, Fraction(30)) == "avc1.640028"
    assert codec_string("vp9", 1920, 1080, Fraction(30)) == "vp09.00.40.08"
    assert codec_string("av1", 1920, 1080, Fraction(30)) == "av01.0.08M.08"
    assert codec_string("vp8", 9, 9, Fraction(1)) == "vp8"
    with pytest.raises(InvalidOption, match="no level of h264 has 16,384 x 16,384 pixels"):
        codec_string("h264", 16384, 16384, Fraction(30))


def test_a_clock_has_neither_gaps_nor_drift() -> None:
    ticks = iter(Clock(Fraction(30000, 1001)))
    times = [next(ticks) for _ in range(30_001)]
    assert times[30_000].timestamp == 1_001_000_000
    assert all(a.timestamp + a.duration == b.timestamp for a, b in pairwise(times))


def test_help_is_there() -> None:
    said = done(run("video", "--help")).stdout.decode()
    assert "encode" in said
    assert "info" in said
