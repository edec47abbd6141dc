"""The command as a whole: help, version, and what it says when its own packages are missing."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

import stripline
from tests.cli.command import done, refused, run


def test_version_is_the_package_version() -> None:
    assert done(run("--version")).stdout.decode() == f"stripline {stripline.__version__}\n"
    assert stripline.__version__ == metadata.version("stripline")


@pytest.mark.parametrize("command", ["encode", "info", "doctor", "demo"])
def test_every_command_explains_itself(command: str) -> None:
    assert command in done(run("--help")).stdout.decode()
    assert f"stripline {command}" in done(run(command, "-h")).stdout.decode()


def test_unknown_command_exits_with_2() -> None:
    assert "embiggen" in refused(run("embiggen"), 2)


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_its_packages_it_says_what_to_install(missing: str) -> None:
    program = (
        "import sys\n"
        f"sys.modules[{missing!r}] = None\n"  # importing it now fails as if it were not there
        "from stripline.cli.main import run\n"
        "run()\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert 'pip install "stripline[cli]"' in refused(result, 1)
    assert result.stdout == b""
