"""A real object store for tests, and a proxy before it that fails when it is told to."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from tests import swift_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUCKET = f"s3://{swift_server.BUCKET}"


def environment(port: int, secret: str = swift_server.SECRET) -> dict[str, str]:
    """What a process must know to speak S3 to a port of this machine."""
    return {
        "AWS_ACCESS_KEY_ID": swift_server.KEY,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": swift_server.REGION,
        "AWS_ENDPOINT": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
    }


@contextmanager
def swift(folder: Path) -> Iterator[int]:
    """OpenStack Swift in a process of its own; the port that speaks S3."""
    command = [sys.executable, "-W", "ignore", str(Path(swift_server.__file__)), str(folder)]
    with (
        (folder / "complaints").open("wb") as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, (folder / "complaints").read_text()
            yield int(line)
        finally:
            process.kill()


@dataclass
class FaultyProxy:
    """Forwards requests to a store, unless it is told to answer itself.

    Attributes:
        port: Where it listens.
        fails: Given method and path, the status to answer with; None or 0 to forward; -1 to drop
            the connection.
        seen: Methods and paths, in the order in which they came.
    """

    port: int
    fails: Callable[[str, str], int | None] = lambda _method, _path: None
    seen: list[tuple[str, str]] = field(default_factory=list)

    def fail_times(self, times: int, status: int, method: str) -> None:
        """Fail the next requests of a kind."""
        left = [status] * times

        def fails(seen: str, path: str) -> int | None:
            del path
            return left.pop() if seen == method and left else None

        self.fails = fails


@contextmanager
def faulty_proxy(store_port: int) -> Iterator[FaultyProxy]:
    """A proxy before the store at a port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            proxy.seen.append((self.command, self.path))
            status = proxy.fails(self.command, self.path)
            if status == -1:
                self.close_connection = True
                return
            if status:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            connection = HTTPConnection("127.0.0.1", store_port)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            self.send_response(answer.status)
            headers = {name.lower(): value for name, value in answer.getheaders()}
            if self.command != "HEAD":
                headers["content-length"] = str(len(content))
            for name, value in headers.items():
                if name not in {"connection", "transfer-encoding", "date"}:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 - so they are called

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy = FaultyProxy(server.server_port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
