from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import av.filter
import numpy as np
import pytest
from PIL import Image

from stripline.webcodecs._av_audio_frames import (
    audio_media_from_av,
    av_from_audio_media,
    default_layout,
)
from stripline.webcodecs._av_frames import AV_FORMATS, av_from_media, color_space_from_av
from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.color_space import REC709, VideoColorSpace
from stripline.webcodecs.enums import AudioSampleFormat, VideoPixelFormat
from stripline.webcodecs.exceptions import InvalidStateError, NotSupportedError
from stripline.webcodecs.video_frame import VideoFrame
from tests.support import noise, photograph, psnr
from tests.webcodecs.frames import copied, random_frame

TYPES = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "f32": np.float32}


@pytest.mark.parametrize("name", list(AV_FORMATS))
@pytest.mark.parametrize(("width", "height"), [(16, 8), (18, 10), (17, 9), (1, 1)])
@pytest.mark.parametrize("crop", [False, True])
def test_frames_go_to_pyav_and_back(
    name: VideoPixelFormat, width: int, height: int, *, crop: bool
) -> None:
    frame = random_frame(name, width, height, timestamp=7)
    if crop and width > 2:
        frame = VideoFrame(frame, visible_rect=(2, 2, width - 3, height - 4))
    theirs = av_from_media(frame._media(), frame.color_space)
    assert (theirs.width, theirs.height) == frame._media().visible[2:]
    again = VideoFrame(theirs, timestamp=0)
    # RGBX and BGRX are handed on with their fourth byte named alpha.
    assert again.format == name.replace("X", "A")
    assert copied(again) == copied(frame)


def test_ffmpeg_has_all_formats_but_one() -> None:
    assert set(VideoPixelFormat) - set(AV_FORMATS) == {VideoPixelFormat.I420AP12}
    with pytest.raises(NotSupportedError, match="I420AP12"):
        av_from_media(random_frame("I420AP12", 2, 2)._media())


@pytest.mark.parametrize("name", ["I420", "NV12", "RGBA", "RGBX", "BGRA", "BGRX"])
def test_what_is_encoded_most_is_shared(name: str) -> None:
    frame = random_frame(name, 64, 32)
    theirs = av_from_media(frame._media())
    ours = frame.planes()[0]
    assert theirs.planes[0].buffer_ptr == ours.ctypes.data
    frame.close()
    del ours
    again = random_frame(name, 64, 32)
    assert copied(VideoFrame(theirs, timestamp=0)) == copied(again)  # the memory is kept


@pytest.mark.parametrize("plane", [0, 1, 2])
def test_planes_that_are_padded_are_copied(plane: int) -> None:
    width, height = 64, 32
    strides = [width, width // 2, width // 2]
    strides[plane] += 8
    sizes = [strides[0] * height, *(stride * height // 2 for stride in strides[1:])]
    layout = [
        {"offset": sum(sizes[:index]), "stride": stride} for index, stride in enumerate(strides)
    ]
    frame = VideoFrame(
        noise(sum(sizes), 1).tobytes(),
        format="I420",
        coded_width=width,
        coded_height=height,
        timestamp=0,
        layout=layout,
    )
    theirs = av_from_media(frame._media(), frame.color_space)
    assert copied(VideoFrame(theirs, timestamp=0)) == copied(frame)


def test_a_frame_without_pixels() -> None:
    with pytest.raises(InvalidStateError, match="empty"):
        VideoFrame(av.VideoFrame(), timestamp=0)


@pytest.mark.parametrize("name", ["gbrp", "gbrap", "gbrp10le", "gray", "gray10le"])
def test_rgb_in_planes_and_grey_are_of_full_range(name: str) -> None:
    theirs = av.VideoFrame.from_ndarray(photograph()[:32, :32]).reformat(format=name)
    theirs.color_range = 0
    expected = theirs.reformat(format="rgb24").to_ndarray().astype(int)
    pixels = np.frombuffer(copied(VideoFrame(theirs, timestamp=0), format="RGBX"), np.uint8)
    assert abs(pixels.reshape(32, 32, 4)[..., :3] - expected).max() <= 1


@pytest.mark.parametrize("name", ["yuv420p", "yuv444p10le", "rgba"])
def test_frames_of_pyav_are_shared(name: str) -> None:
    theirs = av.VideoFrame.from_ndarray(photograph()[:32, :32]).reformat(format=name)
    frame = VideoFrame(theirs, timestamp=0)
    assert frame.planes()[0].ctypes.data == theirs.planes[0].buffer_ptr
    expected = copied(frame)
    del theirs
    assert copied(frame) == expected


@pytest.mark.parametrize("name", ["rgb24", "bgr24"])
def test_three_bytes_become_four(name: str) -> None:
    array = noise(5, 7)
    frame = VideoFrame(av.VideoFrame.from_ndarray(array, name), timestamp=0)
    assert frame.format == ("RGBX" if name == "rgb24" else "BGRX")
    assert (np.asarray(frame)[..., :3] == array).all()


@pytest.mark.parametrize(("name", "middle"), [("gray", 128), ("gray10le", 512), ("gray12le", 2048)])
def test_grey_has_no_colour(name: str, middle: int) -> None:
    theirs = av.VideoFrame.from_ndarray(photograph()[:6, :7]).reformat(format=name)
    frame = VideoFrame(theirs, timestamp=0)
    y, u, v = frame.planes()
    assert y.shape == (6, 7)
    assert u.shape == v.shape == (3, 4)
    assert set(u.reshape(-1)) == set(v.reshape(-1)) == {middle}


@pytest.mark.parametrize("name", ["gbrp", "gbrap", "gbrp10le", "gbrap12le"])
def test_rgb_in_planes_is_a_matrix(name: str) -> None:
    photo = photograph()[:32, :32]
    theirs = av.VideoFrame.from_ndarray(photo).reformat(format=name)
    frame = VideoFrame(theirs, timestamp=0)
    assert frame.color_space.matrix == "rgb"
    space = VideoColorSpace(frame.color_space, full_range=True)
    frame = VideoFrame(theirs, timestamp=0, color_space=space)
    pixels = np.frombuffer(copied(frame, format="RGBX"), np.uint8).reshape(32, 32, 4)
    assert psnr(pixels[..., :3], photo) > 48
    assert av_from_media(frame._media(), space).format.name == name


def test_formats_without_an_equal() -> None:
    theirs = av.VideoFrame(4, 4, "yuv411p")
    with pytest.raises(NotSupportedError, match="yuv411p"):
        VideoFrame(theirs, timestamp=0)


def test_times_come_along() -> None:
    theirs = av.VideoFrame(4, 4, "yuv420p")
    with pytest.raises(TypeError, match="timestamp"):
        VideoFrame(theirs)
    theirs.pts, theirs.time_base = -3, Fraction(1, 30)
    frame = VideoFrame(theirs)
    assert (frame.timestamp, frame.duration) == (-100_000, None)
    assert VideoFrame(theirs, timestamp=1, duration=2).timestamp == 1


@pytest.mark.parametrize(
    "space",
    [
        REC709,
        VideoColorSpace(primaries="bt2020", transfer="pq", matrix="bt2020-ncl", full_range=False),
        VideoColorSpace(primaries="smpte432", transfer="hlg", matrix="bt709", full_range=True),
        VideoColorSpace(primaries="bt470bg", transfer="smpte170m", matrix="bt470bg"),
        VideoColorSpace(transfer="linear", matrix="smpte170m"),
        VideoColorSpace(),
    ],
)
def test_color_spaces_come_along(space: VideoColorSpace) -> None:
    frame = random_frame("I420", 16, 16)
    assert color_space_from_av(av_from_media(frame._media(), space)) == space


def test_the_functions_of_bt2020_are_that_of_bt709() -> None:
    theirs = av.VideoFrame(4, 4, "yuv420p10le")
    theirs.color_trc = 14
    assert color_space_from_av(theirs).transfer == "bt709"
    assert color_space_from_av(av.VideoFrame(4, 4, "yuvj420p")).full_range is True


@pytest.mark.parametrize("channels", [1, 2, 6, 8, 9, 16, 24])
@pytest.mark.parametrize("name", list(AudioSampleFormat))
def test_audio_goes_to_pyav_and_back(name: AudioSampleFormat, channels: int) -> None:
    dtype = TYPES[name.removesuffix("-planar")]
    samples: Any = np.random.default_rng(1).integers(0, 256, (101, channels)).astype(dtype)
    planar = name.endswith("-planar")
    audio = AudioData.from_numpy(
        samples.T if planar else samples, sample_rate=44100, timestamp=0, planar=planar
    )
    theirs = av_from_audio_media(audio._media())
    assert (theirs.samples, theirs.sample_rate) == (101, 44100)
    assert theirs.layout.nb_channels == channels
    again = AudioData._from_media(audio_media_from_av(theirs), 0)
    assert (again.format, again.sample_rate) == (name, 44100)
    for one, other in zip(audio.planes(), again.planes(), strict=True):
        assert (one == other).all()


@pytest.mark.parametrize("name", ["dbl", "dblp"])
def test_doubles_are_narrowed(name: str) -> None:
    samples = np.array([[0.5, -0.25, 0.125, 1.0]])
    array = samples if name == "dbl" else np.vstack([samples, -samples])
    theirs = av.AudioFrame.from_ndarray(array, name, "stereo")
    theirs.sample_rate = 8000
    planes = AudioData._from_media(audio_media_from_av(theirs), 0).planes()
    assert planes[0].reshape(-1).tolist() == samples[0].tolist()


def test_long_integers_are_refused() -> None:
    theirs = av.AudioFrame(format="s64", layout="mono", samples=4)
    with pytest.raises(NotSupportedError, match="s64"):
        audio_media_from_av(theirs)


def test_layouts_have_as_many_channels_as_asked() -> None:
    for channels in range(1, 25):
        assert av.AudioLayout(default_layout(channels)).nb_channels == channels


def test_rows_from_bottom_to_top_are_turned_round() -> None:
    photo = photograph()[:32, :32]
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=32,
        height=32,
        format=av.VideoFormat("rgba", 32, 32),
        time_base=Fraction(1, 25),
    )
    flip = graph.add("vflip")
    sink = graph.add("buffersink")
    source.link_to(flip)
    flip.link_to(sink)
    graph.configure()
    rgba = np.dstack([photo, np.full((32, 32), 9, np.uint8)])
    graph.push(av.VideoFrame.from_ndarray(rgba, "rgba"))
    theirs = graph.pull()
    assert isinstance(theirs, av.VideoFrame)
    assert theirs.planes[0].line_size < 0
    assert (np.asarray(VideoFrame(theirs, timestamp=0)) == rgba[::-1]).all()


@pytest.mark.parametrize(("tag", "rotation"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_the_rotation_of_a_display_matrix_comes_along(tag: int, rotation: int) -> None:
    image = Image.fromarray(photograph()[:32, :48])
    exif = image.getexif()
    exif[0x0112] = tag
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif)
    file.seek(0)
    with av.open(file, "r", format="mjpeg") as container:
        theirs = next(container.decode(video=0))
    frame = VideoFrame(theirs, timestamp=0)
    assert (frame.rotation, frame.flip) == (rotation, False)
    upright = (48, 32) if rotation % 180 == 0 else (32, 48)
    assert (frame.display_width, frame.display_height) == upright
