"""`stripline batch --cluster`: what docs/cluster.md shows runs as it stands there.

Only names, addresses and numbers of workers are others here. SLURM's `srun` is a script that
starts its command so many times, and a shell stands in for Kubernetes: it runs the containers'
commands in the environment that Dask's operator gives them.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.batch.support import files_below, make_pictures
from tests.cli.command import STRIPLINE, environment, refused, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

GUIDE = (Path(__file__).parents[2] / "docs/cluster.md").read_text(encoding="utf-8")
SRUN = """#!/bin/bash
[[ $1 == --ntasks=* ]] || exit 2
for ((task = 0; task < ${1#*=}; task++)); do "${@:2}" & done
wait
"""


def block(heading: str, language: str = "sh", number: int = 0) -> str:
    """What the guide shows below a heading."""
    section = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.finditer(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return [match[1] for match in found][number]


def changed(text: str, others: Mapping[str, object]) -> str:
    """The same with other names and numbers, each of which must be in it."""
    for old, new in others.items():
        assert old in text
        text = text.replace(old, str(new))
    return text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures, what threads make of them, and the programs that the guide calls."""
    make_pictures(tmp_path / "in", 8, side=150)
    (tmp_path / "in/cut.jpg").write_bytes((tmp_path / "in/p0000.jpg").read_bytes()[:900])
    refused(by_shell(tmp_path, "stripline batch in -o threads --profile web"), 1)
    programs = {
        "dask": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m dask "$@"\n',
        "hostname": "#!/bin/sh\necho 127.0.0.1\n",
        "srun": SRUN,
    }
    (tmp_path / "bin").mkdir()
    for name, text in programs.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


@pytest.fixture
def port() -> int:
    """A free one among those that SLURM's script makes of the numbers of jobs."""
    while True:
        number = random.randrange(20_000, 32_000)  # the system gives out those above
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", number))
            return number


def surroundings(folder: Path) -> dict[str, str]:
    path = f"{folder}/bin:{STRIPLINE.parent}:{os.environ['PATH']}"
    return environment({"XDG_STATE_HOME": f"{folder}/state", "HOME": str(folder), "PATH": path})


def by_shell(folder: Path, command: str) -> subprocess.CompletedProcess[bytes]:
    """What a command line came to."""
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        cwd=folder,
        env=surroundings(folder),
        check=False,
    )


@pytest.fixture
def begin(folder: Path) -> Iterator[Callable[..., None]]:
    """Starts commands that go on until the test is over."""
    begun = []

    def one(command: str, **more: str) -> None:
        part = subprocess.Popen(
            ["bash", "-c", command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**surroundings(folder), **more},
            start_new_session=True,  # so that what it starts ends with it
        )
        begun.append(part)

    yield one
    for part in reversed(begun):
        os.killpg(part.pid, signal.SIGKILL)
        part.wait()


def check(folder: Path, output: str, result: subprocess.CompletedProcess[bytes]) -> None:
    """That all was done that could be, as threads do it."""
    assert "CorruptImage" in refused(result, 1)
    made = files_below(folder / output)
    assert len(made) == 4 * 8
    assert made == files_below(folder / "threads")


def test_by_hand(folder: Path, port: int, begin: Callable[..., None]) -> None:
    scheduler, worker, batch = block("By hand, or by SSH").splitlines()
    here = {"10.0.0.1": "127.0.0.1", "8786": port}
    begin(changed(scheduler, here))
    begin(changed(worker, {**here, "--nworkers 8": "--nworkers 2"}))
    check(folder, "out", by_shell(folder, changed(batch, {**here, "/shared": folder})))


def test_one_machine(folder: Path) -> None:
    (folder / "photos").symlink_to("in")
    line = changed(block("One machine"), {"--workers 4": "--workers 2"}).strip()
    result = by_shell(folder, f"{line} --json")
    check(folder, "web", result)
    assert json.loads(result.stdout)["done"] == 8


def test_slurm(folder: Path, port: int) -> None:
    others = {"--ntasks=32": "--ntasks=2", "/scratch": folder}
    script = changed(block("SLURM"), others)
    first, asked = script.splitlines()[:2]
    assert (first, asked.split()[0]) == ("#!/bin/bash", "#SBATCH")
    assert all(re.fullmatch(r"--[a-z-]+=\S+", option) for option in asked.split()[1:])
    (folder / "job.sh").write_text(script)
    with (folder / "said").open("w+b") as said:
        job = subprocess.Popen(
            ["bash", "job.sh"],
            stdout=said,
            stderr=said,
            cwd=folder,
            env={**surroundings(folder), "SLURM_JOB_ID": str(port - 20_000)},
            start_new_session=True,
        )
        job.wait()
    os.killpg(job.pid, signal.SIGKILL)  # as SLURM ends what a script leaves behind
    assert job.returncode == 1, (folder / "said").read_text()
    assert files_below(folder / "out") == files_below(folder / "threads")
    assert (folder / "stripline.db").exists()


def containers() -> dict[str, dict[str, Any]]:
    """The parts of the cluster that the guide's manifest describes, and the service."""
    manifest = yaml.safe_load(block("Kubernetes", "yaml"))
    assert (manifest["apiVersion"], manifest["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    parts = {}
    for name in ("worker", "scheduler"):
        (parts[name],) = manifest["spec"][name]["spec"]["containers"]
        assert parts[name]["name"] == name
    parts["service"] = manifest["spec"]["scheduler"]["service"]
    parts["service"]["address"] = f"tcp://{manifest['metadata']['name']}-scheduler:8786"
    return parts


def test_kubernetes(folder: Path, port: int, begin: Callable[..., None]) -> None:
    parts = containers()
    begin(f"{shlex.join(parts['scheduler']['args'])} --host 127.0.0.1 --port {port}")
    address = f"tcp://127.0.0.1:{port}"
    worker = changed(" ".join(parts["worker"]["args"]), {"$(DASK_WORKER_NAME)": "w-1"})
    extra = {one["name"]: one["value"] for one in parts["worker"]["env"]}
    begin(worker, DASK_SCHEDULER_ADDRESS=address, **extra)
    line = f"stripline batch in -o out --profile web --cluster {address}"
    check(folder, "out", by_shell(folder, line))


def test_a_manifest_that_hangs_together() -> None:
    parts = containers()
    (listens,) = parts["scheduler"]["ports"]
    (port,) = parts["service"]["ports"]
    assert (port["targetPort"], port["port"]) == (listens["name"], listens["containerPort"])
    assert f"--cluster {parts['service']['address']}" in GUIDE
    arguments = parts["worker"]["args"]
    most = arguments[arguments.index("--memory-limit") + 1]
    assert re.fullmatch(r"\d+MB", most)
    given = parts["worker"]["resources"]["limits"]["memory"]
    assert int(most[:-2]) * 1_000_000 < int(given.removesuffix("Gi")) << 30


def test_what_is_said_of_ssh_can_be_read() -> None:
    from distributed.cli.dask_ssh import main

    words = shlex.split(block("By hand, or by SSH", number=1))
    assert words[:2] == ["dask", "ssh"]
    found = main.make_context("ssh", words[2:]).params
    assert (found["scheduler"], found["scheduler_port"]) == ("10.0.0.1", 8786)
    assert found["hostnames"] == ("10.0.0.2", "10.0.0.3")


def test_no_address_is_said(folder: Path) -> None:
    options = ("in", "-o", "x", "--width", "60", "--cluster", "http://127.0.0.1")
    extra = {"XDG_STATE_HOME": str(folder / "state")}
    said = refused(run("batch", *options, directory=folder, extra=extra), 2)
    assert "neither `local` nor" in said
