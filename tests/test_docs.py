"""The examples in README.md and docs/ run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

import bench_pictures
from tests.cli.command import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/batch.md", "docs/image.md", "docs/jpeg.md", "docs/webcodecs.md")


def python_blocks(page: str) -> Iterator[tuple[str, str]]:
    """Each Python example of a page, with a name that says where it is."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for match in re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, match.start()) + 1
        yield f"{page}:{line}", match[1]


EXAMPLES = [example for page in PAGES for example in python_blocks(page)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that examples read."""
    picture = Image.fromarray(bench_pictures.photograph("chelsea.png"))
    picture.save(tmp_path / "scan.tif")
    picture.save(tmp_path / "photo.png")
    picture.save(tmp_path / "photo.jpg")
    picture.save(tmp_path / "upload.bin", "WEBP")
    picture.convert("RGBA").save(tmp_path / "logo.png")
    return tmp_path


@pytest.mark.parametrize(
    "source", [code for _, code in EXAMPLES], ids=[name for name, _ in EXAMPLES]
)
def test_example_runs(source: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_there_are_examples() -> None:
    assert {name.partition(":")[0] for name, _ in EXAMPLES} == set(PAGES)


def fenced(number: int) -> str:
    """What tools/readme_block.py says that a block of README.md holds."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools/readme_block.py", str(number)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_first_two_blocks_are_the_two_commands() -> None:
    assert fenced(1) == 'python -m pip install ".[all]" && stripline demo\n'
    assert fenced(2).endswith("&& python -m pytest\n")


def test_local_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
