"""Which encoder and which quality: what a recipe says, or what reaches its goal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stripline.image.goals.bench import Bench
from stripline.image.goals.contest import contest
from stripline.image.goals.goals import meet
from stripline.image.goals.ways import (
    ALPHA_TOP_QUALITY,
    Way,
    Ways,
    has_flat_way,
    lossless,
    own_quality,
    ways_of,
)
from stripline.streams import MemorySink

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from stripline.image.encode.encoder import Encoder
    from stripline.image.goals.goals import Scored
    from stripline.image.output import Output
    from stripline.image.picture import Picture
    from stripline.streams import Sink


@dataclass(frozen=True, slots=True)
class Choice:
    """How to write a picture.

    Attributes:
        picture: Its pixels, as the encoder takes them.
        way: Of which format, with which settings and quality.
        data: The file, if it was made while choosing.
        score: SSIMULACRA2, if it was measured.
        scored: On what it was measured: the whole `picture`, or a `sample` of it.
    """

    picture: Picture
    way: Way
    data: bytes | None = None
    score: float | None = None
    scored: Scored | None = None

    @property
    def encoder(self) -> Encoder:
        """Of the format."""
        return self.way.encoder

    @property
    def quality(self) -> int | None:
        """To encode with; None for lossless."""
        return self.way.quality

    def encoded(self, pool: Executor | None) -> bytes:
        """The file, made now if it was not before."""
        if self.data is not None:
            return self.data
        sink = MemorySink()
        self.write(sink, pool)
        return sink.getvalue()

    def write(self, sink: Sink, pool: Executor | None) -> None:
        """Write the file to `sink`; encode it if that was not done before."""
        if self.data is not None:
            sink.write(self.data)
            return
        way = self.way
        way.encoder.write(self.picture, way.output, sink, quality=way.quality, pool=pool)


def choose(
    picture: Picture,
    output: Output,
    encoders: tuple[Encoder, ...],
    *,
    pool: Executor | None = None,
    check: Callable[[], None] | None = None,
) -> Choice:
    """Find the encoder and the quality; docs/image.md says by which rules.

    With a format given and no goal nothing is read: the pixels stay a stream. Only pictures for
    WebP, which holds them anyway, are looked at, to see whether they are flat graphics; and those
    with alpha that were to have a quality above 92, to see whether anything is transparent.

    Args:
        picture: After all steps; sequential, so its pixels can be read once.
        output: What is asked for.
        encoders: The formats that it may have; one, unless the output's is `auto`.
        pool: Where strips of a JPEG may be encoded.
        check: Called before each trial; raises what is to end the search.

    Raises:
        GoalNotReached: No quality gives the score or the size asked for.
        InvalidRecipe: None of the formats can be lossless, which is asked for.
    """
    encoder = encoders[0]
    contested = output.format == "auto"
    if not contested and output.goal_score is None and output.max_bytes is None:
        return _plain(picture, output, encoder, pool)
    bench = Bench(picture, pool, check)
    if contested:
        found = contest(bench, output, encoders)
    else:
        ways = ways_of(encoder, output, alpha=bench.content.alpha)
        flat = output.goal_score is not None and bench.content.kind == "graphic"
        if flat and has_flat_way(encoder, output):
            ways = Ways(encoder, lossless(output))
        found = meet(bench, ways, output)
    data = found.data if found.is_file else None
    return Choice(bench.picture, found.way, data, found.score, found.scored)


def _plain(picture: Picture, output: Output, encoder: Encoder, pool: Executor | None) -> Choice:
    quality = encoder.resolved_settings(output).get("quality")
    way = Way(encoder, output, quality)
    if not encoder.traits.lossy or quality is None or own_quality(encoder, output) is not None:
        return Choice(picture, way)
    if output.quality is None and has_flat_way(encoder, output):
        bench = Bench(picture, pool)
        flat = bench.content.kind == "graphic"
        return Choice(bench.picture, Way(encoder, lossless(output), None) if flat else way)
    if quality > ALPHA_TOP_QUALITY and picture.has_alpha:
        bench = Bench(picture, pool)
        top = ALPHA_TOP_QUALITY if bench.content.alpha else quality
        return Choice(bench.picture, Way(encoder, output, top))
    return Choice(picture, way)
