"""The demo's second part: the photographs that scikit-image brings, made ready for a site."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stripline.batch import Journal, Rules, Spec, plan_job, run_job
from stripline.batch.discovery import discover
from stripline.batch.report import summarize, write_report
from stripline.cli._batch_progress import progress_of
from stripline.cli._batch_report import print_report
from stripline.errors import MissingDependency
from stripline.image import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

# Those of its pictures that are photographs; which of them are in the package differs by release.
_NAMES: Final = (
    *("astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png"),
    *("grass.png", "gravel.png", "hubble_deep_field.jpg", "moon.png", "motorcycle_left.png"),
    *("motorcycle_right.png", "rocket.jpg"),
)
_VARIANTS: Final[dict[str, dict[str, Any]]] = {
    "large": {"resize": {"width": 800}, "output": {"format": "webp", "quality": 80}},
    "small": {"resize": {"width": 320}, "sharpen": {}, "output": {"format": "webp"}},
    "thumb": {
        "resize": {"width": 120, "height": 120, "fit": "fill", "gravity": "attention"},
        "output": {"format": "jpeg"},
    },
}


def photographs_demo(folder: Path) -> None:
    """Copy the photographs to a folder, make files for the web of each, and say what came of it.

    Args:
        folder: Where all of it goes; made if it is not there.

    Raises:
        MissingDependency: scikit-image is not installed, or an extra that the work needs.
        StriplineError, OSError: The folder cannot be written to.
    """
    source, output = folder / "photographs", folder / "web"
    source.mkdir(parents=True, exist_ok=True)
    for photograph in _photographs():
        shutil.copy(photograph, source)
    variants = {name: Recipe.read(recipe) for name, recipe in _VARIANTS.items()}
    spec = Spec(variants, str(output.absolute()), "{stem}-{variant}.{ext}")
    with Journal(folder / "journal.db") as journal, progress_of("auto") as listeners:
        found = discover([str(source)])
        rules = Rules(force=True)  # so that there is something to see each time
        job = plan_job(journal, found, spec, inputs=[str(source.absolute())], rules=rules)
        run_job(journal, job, listeners=listeners)
        write_report(journal, job.id, folder / "report.html")
        print_report(summarize(journal, job.id), as_json=False)


def _photographs() -> Iterator[Path]:
    found = find_spec("skimage")  # its files are all that is needed; importing it takes a second
    if found is None or not found.submodule_search_locations:
        raise MissingDependency("the demo's photographs", "scikit-image", "demo")
    data = Path(found.submodule_search_locations[0], "data")
    return (path for path in (data / name for name in _NAMES) if path.is_file())
