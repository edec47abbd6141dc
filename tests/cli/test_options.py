"""How words become settings."""

from __future__ import annotations

import pytest
import typer

from stripline.cli import _options, _text
from stripline.pools import SerialExecutor, default_pool, pool_width
from stripline.streams.colour import COLOURS


@pytest.mark.parametrize(
    ("word", "levels"),
    [
        ("white", (255, 255, 255)),
        ("Navy", (0, 0, 128)),
        (" grey ", (128, 128, 128)),
        ("#fff", (255, 255, 255)),
        ("#1a2B3c", (26, 43, 60)),
        ("0,128,255", (0, 128, 255)),
        ("1, 2, 3", (1, 2, 3)),
    ],
)
def test_colours(word: str, levels: tuple[int, int, int]) -> None:
    assert _options.parse_colour(word) == levels


@pytest.mark.parametrize(
    "word",
    [
        "",
        "whitish",
        "#",
        "#ff",
        "#fffff",
        "#gggggg",
        "ffffff",
        "1,2",
        "1,2,3,4",
        "1,2,256",
        "-1,2,3",
    ],
)
def test_what_is_no_colour(word: str) -> None:
    with pytest.raises(typer.BadParameter, match="not a colour"):
        _options.parse_colour(word)


def test_every_named_colour_is_one() -> None:
    for name in COLOURS:
        assert all(0 <= level <= 255 for level in _options.parse_colour(name))


@pytest.mark.parametrize("word", ["444", "4:4:4", "GREY", "gray", "420"])
def test_samplings(word: str) -> None:
    assert _options.parse_sampling(word) in {"4:4:4", "4:2:0", "grey"}


@pytest.mark.parametrize("word", ["", "411", "4:1:1", "full"])
def test_what_is_no_sampling(word: str) -> None:
    with pytest.raises(typer.BadParameter, match="none of 444"):
        _options.parse_sampling(word)


def test_pools() -> None:
    with _options.pool_of(None) as pool:
        assert pool is default_pool()
    with _options.pool_of(1) as pool:
        assert isinstance(pool, SerialExecutor)
    with _options.pool_of(3) as pool:
        assert pool_width(pool) == 3
    with pytest.raises(RuntimeError, match="shutdown"):
        pool.submit(int)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (9_994, "9.99 kB"),
        (9_996, "10.0 kB"),
        (123_456, "123 kB"),
        (999_600, "1.00 MB"),
        (48_000_000, "48.0 MB"),
        (4_000_000_000_000, "4000 GB"),
    ],
)
def test_byte_counts(count: int, words: str) -> None:
    assert _text.byte_count(count) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(65_536, "0.07"), (12_000_000, "12.0"), (101_400_000, "101")],
)
def test_megapixels(count: int, words: str) -> None:
    assert _text.megapixels(count) == f"{words} megapixels"
