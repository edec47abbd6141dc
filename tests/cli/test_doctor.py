"""`stripline doctor`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import av
import pytest

import stripline
from stripline.cli.doctor import extras
from stripline.jpeg import available_kernels
from stripline.pools import memory_limit, usable_cores
from tests.cli.command import done, refused, run

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_says_what_is_in_use() -> None:
    said = done(run("doctor")).stdout.decode()
    assert stripline.__version__ in said
    assert available_kernels()[0] in said
    assert "cores" in said
    assert "memory limit" in said
    assert metadata.version("pyvips") in said


def test_json_is_complete() -> None:
    report = json.loads(done(run("doctor", "--json")).stdout)
    assert report["stripline"] == stripline.__version__
    assert report["cores"] == usable_cores()
    assert report["memory_limit"] == memory_limit()
    assert report["kernels"]["available"] == list(available_kernels())
    assert report["kernels"]["in_use"] == available_kernels()[0]
    for name in ("jpeg", "png", "webp", "avif", "tiff", "gif"):
        assert name in report["libvips"]["reads"]
        assert name in report["libvips"]["writes"]
    assert "svg" in report["libvips"]["reads"]
    assert report["extras"]["heif"]["pi-heif"] == metadata.version("pi-heif")
    assert report["extras"]["image"]["pyvips"] == metadata.version("pyvips")


def test_without_libvips_it_says_what_is_missing() -> None:
    program = (
        "import sys\n"
        "sys.modules['pyvips'] = None\n"  # importing it now fails as if it were not there
        "sys.argv = ['stripline', 'doctor', '--json']\n"
        "from stripline.cli.main import run\n"
        "run()\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert json.loads(result.stdout)["libvips"] is None


@pytest.mark.parametrize("name", available_kernels())
def test_kernels_follow_the_environment(name: str) -> None:
    report = json.loads(done(run("doctor", "--json", extra={"STRIPLINE_KERNELS": name})).stdout)
    assert report["kernels"]["in_use"] == name


def test_unknown_kernels_are_an_error() -> None:
    assert "scalar" in refused(run("doctor", extra={"STRIPLINE_KERNELS": "mmx"}), 2)


def test_extras_are_those_of_the_project() -> None:
    with PYPROJECT.open("rb") as file:
        declared = tomllib.load(file)["project"]["optional-dependencies"]
    for_developers = {"all", "bench", "test", "dev"}
    assert set(extras()) == set(declared) - for_developers
    for extra, packages in extras().items():
        names = {re.split(r"[<>=\[ ]", line, maxsplit=1)[0] for line in declared[extra]}
        assert set(packages) == names - {"stripline"}  # extras may name each other


def test_ffmpeg_is_named() -> None:
    report = json.loads(done(run("doctor", "--json")).stdout)
    assert report["ffmpeg"] == av.ffmpeg_version_info
    assert report["extras"]["video"]["av"] == metadata.version("av")
