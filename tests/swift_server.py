"""OpenStack Swift with its S3 interface, for tests: a real object store in one process.

    python swift_server.py FOLDER

makes the store in FOLDER, listens on free ports of 127.0.0.1, creates the buckets that tests use,
prints the port that speaks S3 and serves until it is ended. Key `test:tester`, secret `testing`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

KEY, SECRET, REGION = "test:tester", "testing", "us-east-1"
BUCKET = "pictures"

_HASHES = """
[swift-hash]
swift_hash_path_prefix = house
swift_hash_path_suffix = house
[storage-policy:0]
name = one
default = yes
"""
_STORAGE = """
[DEFAULT]
devices = {folder}/disks
mount_check = false
swift_dir = {folder}
fsync = off
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
"""
_FILTERS = ("catch_errors", "cache", "listing_formats", "s3api", "tempauth", "copy", "slo")
_PROXY = """
[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = {filters} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
"""
# What filters are told; what is not named here has defaults.
_SETTINGS = {
    "cache": ("memcache", ["memcache_servers = 127.0.0.1:1"]),
    "s3api": ("s3api", [f"location = {REGION}", "min_segment_size = 5242880"]),
    "tempauth": ("tempauth", ["user_test_tester = testing .admin"]),
}


def serve(folder: Path) -> None:
    """Run the store until the process ends."""
    # Both have to come before anything that opens sockets or reads the configuration.
    os.environ["SWIFT_CONF"] = str(folder)
    (folder / "swift.conf").write_text(_HASHES)
    import eventlet

    eventlet.monkey_patch()
    from swift.common import utils

    utils.SWIFT_CONF_FILE = str(folder / "swift.conf")
    from eventlet import wsgi
    from swift.common.ring import RingBuilder
    from swift.common.utils import NullLogger
    from swift.common.wsgi import SwiftHttpProtocol, loadapp

    (folder / "disks" / "one").mkdir(parents=True)
    sockets = {}
    for name in ("account", "container", "object"):
        sockets[name] = eventlet.listen(("127.0.0.1", 0))
        ring = RingBuilder(part_power=2, replicas=1, min_part_hours=0)
        port = sockets[name].getsockname()[1]
        place = {"ip": "127.0.0.1", "port": port, "device": "one"}
        ring.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1.0, **place})
        ring.rebalance()
        ring.get_ring().save(str(folder / f"{name}.ring.gz"))
        text = _STORAGE.format(folder=folder, name=name)
        (folder / f"{name}.conf").write_text(text)
    sockets["proxy"] = eventlet.listen(("127.0.0.1", 0))
    lines = [_PROXY.format(folder=folder, filters=" ".join(_FILTERS))]
    for name in _FILTERS:
        kind, settings = _SETTINGS.get(name, (name, []))
        lines += [f"[filter:{name}]", f"use = egg:swift#{kind}", *settings]
    (folder / "proxy.conf").write_text("\n".join(lines))
    servers = [
        eventlet.spawn(
            wsgi.server,
            socket,
            loadapp(str(folder / f"{name}.conf"), global_conf={"log_name": name}),
            NullLogger(),
            protocol=SwiftHttpProtocol,
            capitalize_response_headers=False,
        )
        for name, socket in sockets.items()
    ]
    eventlet.spawn(_end_with, os.getppid())
    eventlet.spawn(_announce, folder, sockets["proxy"].getsockname()[1])
    for server in servers:
        server.wait()


def _end_with(parent: int) -> None:
    """End the process once the one that started it is gone, however it went."""
    import eventlet

    while os.getppid() == parent:
        eventlet.sleep(1)
    os._exit(0)


def _announce(folder: Path, port: int) -> None:
    """Make the bucket from within, where nobody asks for a key, and say that all is ready."""
    from swift.common.internal_client import InternalClient

    inside = folder / "inside.conf"
    inside.write_text(_PROXY.format(folder=folder, filters="catch_errors"))
    with inside.open("a") as file:
        file.write("[filter:catch_errors]\nuse = egg:swift#catch_errors\n")
    client = InternalClient(str(inside), "tests", 1, global_conf={"log_name": "inside"})
    client.create_container("AUTH_test", BUCKET)
    print(port, flush=True)  # noqa: T201 - that is how whoever started it learns


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
