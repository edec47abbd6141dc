"""Profiles that are sRGB, and those that are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageCms

from stripline._vips import library
from stripline.image.icc import colour_space, is_srgb


def built_in(name: str) -> bytes:
    """One of the profiles that libvips carries: srgb, p3, cmyk."""
    return bytes(library().Operation.call("profile_load", name))


def little_cms_srgb() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return profile.tobytes()


def test_srgb_of_two_makers() -> None:
    assert is_srgb(built_in("srgb"))
    assert is_srgb(little_cms_srgb())


@pytest.mark.parametrize("name", ["p3", "cmyk"])
def test_others(name: str) -> None:
    assert not is_srgb(built_in(name))


def test_lab_is_no_srgb() -> None:
    assert not is_srgb(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())


def test_spaces() -> None:
    assert colour_space(built_in("p3")) == b"RGB "
    assert colour_space(built_in("cmyk")) == b"CMYK"
    assert colour_space(b"no profile") is None
    assert colour_space(built_in("srgb")[:-1]) is None


@given(st.integers(0, 400), st.integers(0, 255))
def test_damage_is_no_error(at: int, value: int) -> None:
    damaged = bytearray(little_cms_srgb())
    damaged[at] = value
    assert is_srgb(bytes(damaged)) in {True, False}


@given(st.integers(0, 700))
def test_what_is_cut_short_is_no_profile(size: int) -> None:
    profile = little_cms_srgb()
    assert colour_space(profile[: min(size, len(profile) - 1)]) is None
