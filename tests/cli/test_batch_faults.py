"""`stripline batch` among faults: each is named, all the rest is done, the exit code is 1."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from stripline.streams.object_listing import stored_files
from stripline.streams.object_store import sink_at
from tests.batch.support import make_pictures
from tests.cli.command import STRIPLINE, environment, refused, run
from tests.cli.pictures import files_below
from tests.support import noise

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.stores import FaultyProxy

# Root may read everything, unless it gives up these rights.
BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []


def reported(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Names of what is done, and what the report says of the rest."""
    document: dict[str, Any] = json.loads((folder / "r.json").read_text())
    assert document["state"] == "failed"
    done = [file["source"] for file in document["files"] if file["state"] == "done"]
    failed = {
        file["source"].rpartition("/")[2]: f"{file['error']['type']}: {file['error']['message']}"
        for file in document["files"]
        if file["state"] == "failed"
    }
    assert (len(done), len(failed)) == (document["done"], document["failed"])
    return done, failed


def check_said(said: str, failed: Sequence[str]) -> None:
    """That a line names each failure, and nothing else."""
    assert len(said.splitlines()) == len(failed)
    for name in failed:
        assert re.search(rf"/{re.escape(name)}: \w+: ", said)


def test_files_that_are_damaged_closed_or_gone(tmp_path: Path) -> None:
    source = make_pictures(tmp_path / "in", 40)
    torn = [f"p{number:04}.jpg" for number in range(0, 40, 10)]
    for name in torn:
        (source / name).write_bytes((source / name).read_bytes()[:-300])
    (source / "p0005.jpg").chmod(0)
    # The first output is a pipe, whose writer waits until we read: the batch has begun by then.
    Image.fromarray(noise(300, 400)).save(source / "a.png")
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out/a.png")
    options = ("in", "-o", "out", "--scale", "1", "--replace", "--workers", "1")
    with subprocess.Popen(
        [*BOUND, STRIPLINE, "batch", *options, "--report", "r.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment({"XDG_STATE_HOME": str(tmp_path / "state")}),
    ) as process:
        with (tmp_path / "out/a.png").open("rb") as pipe:
            (source / "p0037.jpg").unlink()
            pipe.read()
        table, said = (text.decode() for text in process.communicate())
    assert process.returncode == 1, said
    done, failed = reported(tmp_path)
    assert list(failed) == sorted([*torn, "p0005.jpg", "p0037.jpg"])
    assert all("CorruptImage" in failed[name] for name in torn)
    assert failed["p0005.jpg"].startswith("PermissionError")
    assert "FileNotFoundError" in failed["p0037.jpg"]
    check_said(said, list(failed))
    assert "job 1 failed: 35 done, 6 failed" in table
    assert len(done) == len(files_below(tmp_path / "out")) == 35


def test_a_disk_that_becomes_full(tmp_path: Path, small_disk: Path) -> None:
    make_pictures(tmp_path / "in", 10, side=256)
    options = ("in", "-o", small_disk, "--format", "png", "--effort", "0", "--report", "r.json")
    extra = {"XDG_STATE_HOME": str(tmp_path / "state")}
    said = refused(run("batch", *options, directory=tmp_path, extra=extra), 1)
    done, failed = reported(tmp_path)
    assert done
    assert failed
    assert all(re.match("SinkFailed: .*No space left", text) for text in failed.values())
    check_said(said, list(failed))
    assert len(files_below(small_disk)) == len(done) == 10 - len(failed)
    for name in files_below(small_disk):
        with Image.open(small_disk / name) as image:
            assert np.asarray(image).shape == (256, 256, 3)


def test_a_store_that_refuses_some_requests(
    bucket: str, faults: FaultyProxy, tmp_path: Path
) -> None:
    for path in make_pictures(tmp_path / "pictures", 6).iterdir():
        sink = sink_at(f"{bucket}/in/{path.name}")
        sink.write(path.read_bytes())
        sink.commit()
    refuse = {("GET", "p0001.jpg"): 403, ("PUT", "p0002.jpg"): 403}
    passing = [500, 503]
    faults.fails = lambda method, path: refuse.get(
        (method, path.rpartition("/")[2]), passing.pop() if method == "PUT" and passing else None
    )
    options = (f"{bucket}/in", "-o", f"{bucket}/out", "--width", "20", "--report", "r.json")
    extra = {"XDG_STATE_HOME": str(tmp_path / "state")}
    said = refused(run("batch", *options, directory=tmp_path, extra=extra), 1)
    done, failed = reported(tmp_path)
    assert list(failed) == ["p0001.jpg", "p0002.jpg"]
    assert failed["p0001.jpg"].startswith("SourceFailed")
    assert failed["p0002.jpg"].startswith("SinkFailed")
    assert all("403" in text for text in failed.values())
    check_said(said, list(failed))
    assert len(done) == len(list(stored_files(f"{bucket}/out"))) == 4
    assert not passing
