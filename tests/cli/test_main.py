"""The command as a whole: help, version, and what it says when its own packages are missing."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

import stripline
from tests.cli.command import done, environment, refused, run

# Typer itself loads pydantic, if it is there, to read a command's options.
HEAVY = {"numpy", "pydantic", "pyvips", "PIL", "yaml", "stripline.image"}
COMMANDS = ["resize", "optimize", "compare", "recipe", "encode", "info", "doctor", "demo"]


def test_version_is_the_package_version() -> None:
    assert done(run("--version")).stdout.decode() == f"stripline {stripline.__version__}\n"
    assert stripline.__version__ == metadata.version("stripline")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    assert command in done(run("--help")).stdout.decode()
    assert f"stripline {command}" in done(run(command, "-h")).stdout.decode()


@pytest.mark.parametrize("arguments", [["--help"], ["resize", "--help"], ["--version"]])
def test_help_is_quick_because_it_loads_little(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from stripline.cli.main import run\n"
        f"sys.argv = ['stripline', *{arguments!r}]\n"
        "try:\n"
        "    run()\n"
        "except SystemExit:\n"
        f"    names = {HEAVY - ({'pydantic'} if 'resize' in arguments else set())!r}\n"
        "    sys.exit(','.join(name for name in names if name in sys.modules))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, env=environment()
    )
    assert result.stderr.decode().strip() == ""
    assert result.stdout


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
