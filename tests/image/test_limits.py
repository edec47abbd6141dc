from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from stripline.errors import InvalidOption, LimitExceeded
from stripline.image.headers import ImageInfo, probe
from stripline.image.limits import Limits
from tests.image.headers.samples import sample

NONE = Limits(bytes=None, pixels=None, side=None, frames=None, total_pixels=None, seconds=None)
INFO = ImageInfo("gif", 30, 20, 4, 8, "palette", alpha=False, coding="lzw", bytes=1000)


@pytest.mark.parametrize(
    ("limit", "what", "found"),
    [
        ("bytes", "bytes", 1000),
        ("pixels", "pixels", 600),
        ("side", "pixels a side", 30),
        ("frames", "frames", 4),
        ("total_pixels", "pixels in all frames", 2400),
    ],
)
def test_each_limit_lets_through_what_it_says_and_no_more(
    limit: str, what: str, found: int
) -> None:
    replace(NONE, **{limit: found}).check(INFO)
    with pytest.raises(LimitExceeded) as caught:
        replace(NONE, **{limit: found - 1}).check(INFO)
    error = caught.value
    assert (error.what, error.found, error.allowed) == (what, found, found - 1)


def test_the_defaults_let_a_large_scan_through_and_stop_a_bomb() -> None:
    scan = replace(INFO, format="png", width=20_000, height=20_000, frames=1, bytes=900_000_000)
    Limits().check(scan)
    for bomb in (
        replace(scan, width=30_000, height=30_000),
        replace(scan, width=1_000_000, height=1),
        replace(scan, frames=3),
        replace(scan, coded_size=(60_000, 60_000)),
        replace(INFO, frames=2_001),
        replace(INFO, bytes=1_000_000_001),
    ):
        with pytest.raises(LimitExceeded):
            Limits().check(bomb)
        NONE.check(bomb)


def test_what_is_not_known_is_not_refused() -> None:
    Limits(bytes=1, frames=1).check(replace(INFO, bytes=None, frames=0))


def test_the_files_size_is_checked_before_its_header() -> None:
    data = sample("png")[:40]
    with pytest.raises(LimitExceeded, match="40 bytes, of which 39 are allowed"):
        probe(data, Limits(bytes=39))


@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_limit_must_be_above_zero(value: float) -> None:
    with pytest.raises(InvalidOption, match="limit seconds is"):
        Limits(seconds=value)


def test_limits_travel_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(Limits(pixels=7))) == Limits(pixels=7)  # noqa: S301 - our own
