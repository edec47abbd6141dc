"""`stripline batch --cluster`, with the command lines that docs/cluster.md has."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.batch.support import files_below, make_pictures
from tests.cli.command import environment, refused, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DASK = (sys.executable, "-m", "dask")  # which is what `dask` does
SMALL = ("--width", "60", "--format", "webp")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures, and what threads make of them."""
    make_pictures(tmp_path / "in", 8, side=150)
    (tmp_path / "in/cut.jpg").write_bytes((tmp_path / "in/p0000.jpg").read_bytes()[:900])
    refused(batch(tmp_path, "threads"), 1)
    return tmp_path


def batch(folder: Path, output: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    extra = {"XDG_STATE_HOME": str(folder / "state")}
    return run("batch", "in", "-o", output, *SMALL, *options, directory=folder, extra=extra)


@pytest.fixture
def scheduler() -> Iterator[str]:
    """A scheduler with two workers, each a process started by its command."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment()}
    command = [*DASK, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    parts = [subprocess.Popen(command, **quiet)]  # type: ignore[call-overload]
    for _ in range(2):
        command = [*DASK, "worker", address, "--nthreads", "1", "--no-dashboard"]
        parts.append(subprocess.Popen(command, **quiet))  # type: ignore[call-overload]
    yield address
    for part in reversed(parts):
        part.terminate()
        part.wait()


def test_a_scheduler_with_two_workers(folder: Path, scheduler: str) -> None:
    assert "CorruptImage" in refused(batch(folder, "cluster", "--cluster", scheduler), 1)
    assert files_below(folder / "cluster") == files_below(folder / "threads")
    assert len(files_below(folder / "cluster")) == 8


def test_a_local_cluster(folder: Path) -> None:
    result = batch(folder, "local", "--cluster", "local", "--workers", "2", "--json")
    assert "CorruptImage" in refused(result, 1)
    assert json.loads(result.stdout)["done"] == 8
    assert files_below(folder / "local") == files_below(folder / "threads")


def test_no_address_is_said(folder: Path) -> None:
    said = refused(batch(folder, "x", "--cluster", "http://127.0.0.1"), 2)
    assert "neither `local` nor" in said
