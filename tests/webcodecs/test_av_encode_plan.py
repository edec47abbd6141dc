from __future__ import annotations

import os
from typing import Any

import pytest

from stripline.webcodecs._av_encode_plan import plan_encoder
from stripline.webcodecs.config_checks import check_video_encoder
from stripline.webcodecs.exceptions import NotSupportedError

SIZE = {"width": 64, "height": 64}


@pytest.mark.parametrize(
    ("size", "processors", "threads", "columns"),
    [
        ((1280, 720), 4, 1, "0"),
        ((1920, 1080), 1, 1, "0"),
        ((1920, 1080), 2, 2, "1"),
        ((1920, 1080), 6, 6, "2"),
        ((3840, 2160), 64, 8, "3"),
    ],
)
def test_vp9_has_no_more_columns_of_tiles_than_threads(
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    processors: int,
    threads: int,
    columns: str,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    width, height = size
    plan = plan_encoder({"codec": "vp09.00.51.08", "width": width, "height": height})
    assert (plan.threads, plan.options["tile-columns"]) == (threads, columns)


@pytest.mark.parametrize("codec", ["vp8", "vp09.00.10.08"])
def test_framerates_that_libvpx_fails_at_are_refused(codec: str) -> None:
    for framerate in (1e-9, 1e-4, 5e6, 1e9):
        with pytest.raises(NotSupportedError, match="framerate"):
            plan_encoder({"codec": codec, **SIZE, "framerate": framerate})
    for framerate in (0.001, 1e6):
        plan_encoder({"codec": codec, **SIZE, "framerate": framerate})


def test_a_still_picture_is_no_video() -> None:
    with pytest.raises(NotSupportedError, match="one picture"):
        plan_encoder({"codec": "hvc1.3.E.L93.B0", **SIZE})


def test_a_hint_at_text_holds_with_members_of_av1() -> None:
    several: list[dict[str, Any]] = [
        {},
        {"av1": {}},
        {"av1": {"force_screen_content_tools": False}},
    ]
    for members in several:
        config = check_video_encoder(
            {"codec": "av01.0.04M.08", "content_hint": "text", **SIZE, **members}, {}
        )
        assert "scm=1" in plan_encoder(config).options["svtav1-params"]
