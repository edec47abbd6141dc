"""Journals in SQLite and in a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stripline.batch import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEBIAN = Path("/usr/lib/postgresql")


def _binary(name: str) -> str | None:
    """PostgreSQL's server programs are not on Debian's PATH."""
    found = shutil.which(name)
    if found is not None:
        return found
    return next((str(path) for path in sorted(_DEBIAN.glob(f"*/bin/{name}"), reverse=True)), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server of our own, without its database."""
    initdb, server = _binary("initdb"), _binary("postgres")
    if initdb is None or server is None:
        assert os.environ.get("CI") != "true", "CI must have PostgreSQL: tools/install-test-tools"
        pytest.skip("PostgreSQL is not installed: tools/install-test-tools")
    with tempfile.TemporaryDirectory() as home:
        user = "nobody" if os.getuid() == 0 else None  # the server refuses to run as root
        if user is not None:
            shutil.chown(home, user)
        options = {"user": user, "extra_groups": []} if user is not None else {}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
        data = f"{home}/data"
        command = [initdb, "-D", data, "-U", "test", "--auth=trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(command, check=True, **options, **quiet)  # type: ignore[call-overload]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [server, "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", home]
        running = subprocess.Popen([*command, "-c", "fsync=off"], **options, **quiet)  # type: ignore[call-overload]
        try:
            _await(port, running)
            yield f"postgresql://test@127.0.0.1:{port}"
        finally:
            running.send_signal(signal.SIGQUIT)
            running.wait()


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; its own driver waits for that."""
    import psycopg

    while server.poll() is None:
        try:
            psycopg.connect(f"postgresql://test@127.0.0.1:{port}/postgres").close()
        except psycopg.OperationalError:
            continue
        return
    pytest.fail("PostgreSQL did not start")


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """A journal in PostgreSQL that nobody has opened yet."""
    import psycopg

    name = f"j{uuid.uuid4().hex}"
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())  # a database would take 8 MB
    return f"{postgres}/postgres?options=-csearch_path%3D{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def journal_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A journal that nobody has opened yet, of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "journal.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def any_journal(journal_url: str) -> Iterator[Journal]:
    """An empty journal of either kind."""
    with Journal(journal_url) as opened:
        yield opened


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty journal in a file."""
    with Journal(tmp_path / "journal.db") as opened:
        yield opened
