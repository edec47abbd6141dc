"""Settings and fixtures that all tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import stores
from tests.support import photograph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

# No deadline: tests must not depend on how busy the machine is. In CI the examples are the same
# in every run, so that a failure is the change's.
settings.register_profile("house", deadline=None, max_examples=50)
settings.register_profile("ci", settings.get_profile("house"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Some tests are smaller than what they stand for, so that nobody waits for minutes."""
    parser.addoption(
        "--full-size",
        action="store_true",
        help="kill and fill memory as often as is claimed: minutes for tests/batch/test_kill.py"
        " and tests/batch/test_memory_budget.py",
    )


@pytest.fixture(scope="session")
def full_size(request: pytest.FixtureRequest) -> bool:
    """Whether tests are to be as large as what they stand for."""
    return bool(request.config.getoption("--full-size"))


@pytest.fixture(scope="session")
def photo() -> NDArray[np.uint8]:
    """A photograph, 512 x 512 RGB."""
    return photograph()


@pytest.fixture(scope="session")
def large_photo() -> NDArray[np.uint8]:
    """A photograph of several strips, 1536 x 1024 RGB."""
    return photograph(3, 2)


@pytest.fixture(scope="session")
def swift_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real object store that speaks S3."""
    with stores.swift(tmp_path_factory.mktemp("swift")) as port:
        yield port


@pytest.fixture
def bucket(
    swift_port: int, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The address of an empty place in it, for this process and those it starts."""
    from stripline.streams.object_store import store_of

    for name, value in stores.environment(swift_port).items():
        monkeypatch.setenv(name, value)
    store_of.cache_clear()
    yield f"{stores.BUCKET}/{request.node.name.translate(str.maketrans('[]/', '---'))}"
    store_of.cache_clear()


@pytest.fixture
def faults(
    bucket: str, swift_port: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[stores.FaultyProxy]:
    """What stands between this process and the store, and fails when it is told to."""
    from stripline.streams.object_store import store_of

    assert bucket
    with stores.faulty_proxy(swift_port) as proxy:
        for name, value in stores.environment(proxy.port).items():
            monkeypatch.setenv(name, value)
        store_of.cache_clear()
        yield proxy


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
        assert os.environ.get("CI") != "true" or os.getuid(), "CI as root must be able to mount"
        pytest.skip("only root may mount a small file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
