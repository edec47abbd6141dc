"""The installed command, run as people run it."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STRIPLINE = Path(sysconfig.get_path("scripts")) / "stripline"


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what changes how terminals are written to."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"FORCE_COLOR", "NO_COLOR", "STRIPLINE_KERNELS", "TTY_COMPATIBLE"}
    }
    # Wide enough for messages to stay on one line wherever the tests run.
    return {**kept, "COLUMNS": "200", "TERM": "dumb", **(extra or {})}


def run(
    *arguments: str | os.PathLike[str],
    stdin: bytes = b"",
    directory: Path | None = None,
    extra: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run `stripline` with arguments and wait for it."""
    return subprocess.run(
        [STRIPLINE, *arguments],
        input=stdin,
        capture_output=True,
        cwd=directory,
        env=environment(extra),
        check=False,
    )


def done(result: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[bytes]:
    """The result of a run that must have succeeded without saying anything on standard error."""
    assert result.returncode == 0, result.stderr.decode()
    assert result.stderr == b""
    return result


def refused(result: subprocess.CompletedProcess[bytes], code: int) -> str:
    """What a run that must have failed said, in one line and without a traceback."""
    said = result.stderr.decode()
    assert result.returncode == code, said
    assert "Traceback" not in said
    assert said.strip()
    return said
