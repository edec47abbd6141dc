"""What is measured while it resizes: how each tool's process is started, and what is not there."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench_resize_job import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench_resize_job import Job

_HERE = Path(__file__).parent
_INSTALL_SECONDS = 120

# Name shown -> the module it is imported as.
_LIBRARIES = {"pyvips": "pyvips", "OpenCV": "cv2", "Pillow": "PIL"}
_IMAGEMAGICK = ("magick", "convert")  # version 7 and 6
TOOLS = ("stripline", "pyvips", "sharp", "OpenCV", "Pillow", "vipsthumbnail", "ImageMagick")


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that resizes.

    Attributes:
        name: To show.
        command: Starts a process that does a job (bench_resize_job.py).
        environment: Variables it needs, beside this process's own.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, job: Job) -> Answer:
        """Do a job in a process of its own.

        Raises:
            subprocess.CalledProcessError: It failed; it has said why.
        """
        environment = {**os.environ, **self.environment, "UV_THREADPOOL_SIZE": str(job.workers)}
        done = subprocess.run(
            self.command,
            input=job.to_json(),
            stdout=subprocess.PIPE,
            env=environment,
            check=True,
            text=True,
        )
        return Answer(**json.loads(done.stdout))


def found_tools(names: Iterable[str], folder: Path) -> list[Tool]:
    """Those of the tools that are installed; says what keeps the others out.

    Args:
        names: Some of `TOOLS`.
        folder: Where sharp may be installed.
    """
    tools = []
    for name in names:
        found = _sharp(folder) if name == "sharp" else _tool(name)
        if isinstance(found, Tool):
            tools.append(found)
        else:
            print(f"{name} is not measured: {found}", flush=True)
    return tools


def _tool(name: str) -> Tool | str:
    """The tool, or why it is not there."""
    # One picture, one thread: parallel are the pictures.
    if name == "stripline":
        return Tool(name, _python(name))
    if name in _LIBRARIES:
        if importlib.util.find_spec(_LIBRARIES[name]) is None:
            return f'there is no module {_LIBRARIES[name]}: pip install "stripline[bench]"'
        return Tool(name, _python(name), {"VIPS_CONCURRENCY": "1"})
    if name == "vipsthumbnail":
        if _says("vips", "vipsthumbnail", "--version"):
            return Tool(name, _python(name), {"VIPS_CONCURRENCY": "1"})
        return "it is not installed (Debian: libvips-tools)"
    for program in _IMAGEMAGICK:
        # Others have programs of these names, too.
        if _says("ImageMagick", program, "-version"):
            one_thread = {"MAGICK_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
            return Tool(name, _python(program), one_thread)
    return "it is not installed (Debian: imagemagick)"


def _python(tool: str) -> tuple[str, ...]:
    return (sys.executable, str(_HERE / "bench_resize_tools.py"), tool)


def _says(word: str, program: str, option: str) -> bool:
    """Whether a program is there and names itself so."""
    if shutil.which(program) is None:
        return False
    said = subprocess.run([program, option], check=False, capture_output=True, text=True)
    return said.returncode == 0 and word in said.stdout


def _sharp(folder: Path) -> Tool | str:
    found = sharp_modules(folder)
    if isinstance(found, str):
        return found
    node, modules = found
    script = str(_HERE / "bench_resize_sharp.cjs")
    return Tool("sharp", (node, script), {"NODE_PATH": str(modules)})


def sharp_modules(folder: Path) -> tuple[str, Path] | str:
    """Sharp, installed by npm into a folder unless it is there already.

    Returns:
        Node's path and that of its modules; or why there is none.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        return "node is not installed"
    modules = folder / "node_modules"
    if not (modules / "sharp").exists():
        if npm is None:
            return "npm is not installed"
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "sharp"]
        try:
            installed = subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=_INSTALL_SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"`npm install sharp` took more than {_INSTALL_SECONDS} seconds"
        if installed.returncode != 0:
            last = installed.stderr.strip().splitlines()[-1:] or ["no reason given"]
            return f"`npm install sharp` failed: {last[0]}"
    return node, modules
