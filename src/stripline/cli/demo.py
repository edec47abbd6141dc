"""`stripline demo`: draw a large picture, encode it as it is drawn; then a batch of photographs."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stripline import jpeg
from stripline.cli import _files, _options, _text
from stripline.cli._errors import needing_batch, reported
from stripline.cli._machine import peak_memory
from stripline.cli._progress import ProgressBar
from stripline.errors import MissingDependency
from stripline.jpeg import kernels_in_use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from stripline.cli._scene import Scene

DEFAULT_TARGET = "stripline-demo.jpg"
PHOTOGRAPHS_FOLDER = "stripline-demo"
ASPECT = 1.5  # width to height
MOST_MEGAPIXELS = 65535 * (65535 / ASPECT) / 1e6  # the largest picture a JPEG can hold, at 3:2

# Rows drawn at a time, and how many such batches of the picture are kept for timing the encoder.
BATCH_ROWS = 16
SAMPLED_BATCHES = 12
MOST_TIMED_PIXELS = 200_000_000


def demo(
    *,
    megapixels: Annotated[
        float, typer.Option(min=0.01, max=MOST_MEGAPIXELS, help="How large a picture to draw.")
    ] = 50.0,
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="OUT", help="The JPEG to write.", show_default=DEFAULT_TARGET
        ),
    ] = None,
    quality: _options.Quality = 90,
    subsampling: _options.SubsamplingOption = "420",
    threads: _options.Threads = None,
    force: _options.Force = False,
    photographs: Annotated[
        bool,
        typer.Option(
            "--photographs/--no-photographs",
            help="Also make files for the web of scikit-image's photographs, in stripline-demo.",
        ),
    ] = True,
) -> None:
    """Draw a landscape, encode it while it is drawn, and say how fast that was.

    The picture is never whole in memory. Then a batch makes files for the web of photographs.
    Nothing is downloaded.
    """
    sampling = _options.parse_sampling(subsampling)
    target = DEFAULT_TARGET if output is None else output
    # The demo's own file may be replaced: running it twice is no accident.
    _files.check_target(None, target, force=force or output is None)
    with reported(), _options.pool_of(threads) as pool:
        scene = _scene(megapixels)
        settings = _Settings(scene.width, scene.height, quality, sampling, pool)
        drawn = _encode_scene(scene, target, settings)
        memory = peak_memory()
        encoder_alone = _time_encoder(scene, settings)
    size = f"{scene.width} x {scene.height}, {_text.megapixels(scene.width * scene.height)}"
    per_second = scene.width * scene.height / 1e6
    report = [
        ("picture", f"{size}, quality {quality}, {sampling}"),
        ("file", f"{target}, {_text.byte_count(drawn.size)}"),
        ("drawing and encoding", f"{per_second / drawn.seconds:.0f} megapixels/s"),
        ("drawing alone", f"{per_second / drawn.drawing_seconds:.0f} megapixels/s"),
        ("encoding alone", f"{encoder_alone:.0f} megapixels/s"),
        ("kernels", kernels_in_use()),
        ("peak memory", "unknown" if memory is None else _text.byte_count(memory)),
    ]
    # With OUT "-" the picture itself is on standard output.
    for name, value in report:
        typer.echo(f"{name:<21} {value}", err=target == _files.STANDARD_STREAM)
    if photographs and target != _files.STANDARD_STREAM:
        _show_photographs()


def _show_photographs() -> None:
    """The batch; without what it needs, a word of what that is."""
    folder = Path(PHOTOGRAPHS_FOLDER)
    with reported():
        try:
            with needing_batch():
                from stripline.cli._demo_batch import photographs_demo  # noqa: PLC0415 - an extra

            typer.echo(f"\nphotographs, each in three sizes, in {folder}:")
            photographs_demo(folder)
        except MissingDependency as error:
            typer.echo(f"{'photographs':<21} {error}")
            return
    typer.echo(f"{folder / 'report.html'} shows them before and after")


@dataclass(frozen=True, slots=True)
class _Settings:
    width: int
    height: int
    quality: int
    sampling: jpeg.Sampling
    pool: Executor


@dataclass(frozen=True, slots=True)
class _Drawn:
    size: int
    seconds: float
    drawing_seconds: float


def _scene(megapixels: float) -> Scene:
    try:
        from stripline.cli._scene import Scene  # noqa: PLC0415 - needs numpy
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        raise MissingDependency("the demo", "numpy", "demo") from error
    width = max(1, min(65535, round((megapixels * 1e6 * ASPECT) ** 0.5)))
    return Scene(width, max(1, min(65535, round(width / ASPECT))))


def _encode_scene(scene: Scene, target: str, settings: _Settings) -> _Drawn:
    """Encode the scene as it is drawn, and say how long both took together and drawing alone."""
    drawing_seconds = 0.0

    def rows() -> Iterator[memoryview]:
        nonlocal drawing_seconds
        batches = scene.batches(BATCH_ROWS)
        while True:
            began = time.perf_counter()
            batch = next(batches, None)
            drawing_seconds += time.perf_counter() - began
            if batch is None:
                return
            yield batch

    began = time.perf_counter()
    with ProgressBar("drawing and encoding") as progress:
        size = jpeg.encode(
            rows(),
            _files.opened(target),
            width=settings.width,
            height=settings.height,
            format="rgb",
            quality=settings.quality,
            subsampling=settings.sampling,
            pool=settings.pool,
            progress=progress.update,
        )
    return _Drawn(size, time.perf_counter() - began, drawing_seconds)


def _time_encoder(scene: Scene, settings: _Settings) -> float:
    """Megapixels/s of encoding batches from all over the scene, drawn beforehand and repeated."""
    step = max(BATCH_ROWS, scene.height // SAMPLED_BATCHES // BATCH_ROWS * BATCH_ROWS)
    batches = [
        scene.pixels(top, min(top + BATCH_ROWS, scene.height)).data.cast("B")
        for top in range(0, scene.height, step)
        if top + BATCH_ROWS <= scene.height or top == 0
    ]
    row_size = 3 * scene.width
    cycle = sum(batch.nbytes // row_size for batch in batches)
    wanted = min(65535, max(cycle, MOST_TIMED_PIXELS // scene.width), max(cycle, scene.height))
    cycles = max(1, wanted // cycle)
    began = time.perf_counter()
    chunks = jpeg.iter_encode(
        itertools.chain.from_iterable(itertools.repeat(batches, cycles)),
        scene.width,
        cycles * cycle,
        format="rgb",
        quality=settings.quality,
        subsampling=settings.sampling,
        pool=settings.pool,
    )
    for _ in chunks:
        pass
    return scene.width * cycles * cycle / 1e6 / (time.perf_counter() - began)
