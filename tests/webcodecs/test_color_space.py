from __future__ import annotations

import json
import pickle

import pytest

from stripline.webcodecs.color_space import REC709, SRGB, VideoColorSpace


def test_nothing_is_known_by_default() -> None:
    expected = dict.fromkeys(("primaries", "transfer", "matrix", "full_range"))
    assert VideoColorSpace().to_json() == expected


def test_a_space_can_be_made_of_another_and_changed() -> None:
    full = VideoColorSpace(REC709, full_range=True)
    assert full.to_json() == {**REC709.to_json(), "full_range": True}
    assert REC709.full_range is False


def test_spaces_are_values() -> None:
    same = VideoColorSpace(SRGB.to_json())
    assert same == SRGB
    assert hash(same) == hash(SRGB)
    assert same != REC709
    assert pickle.loads(pickle.dumps(SRGB)) == SRGB  # noqa: S301 - own bytes
    assert (SRGB == {}) is False


def test_a_space_is_json() -> None:
    text = json.dumps(REC709.to_json())
    assert VideoColorSpace(json.loads(text)) == REC709
    assert repr(REC709) == (
        "VideoColorSpace(primaries=bt709, transfer=bt709, matrix=bt709, full_range=False)"
    )


def test_members_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        SRGB.matrix = None  # type: ignore[misc]  # that is what is tested
