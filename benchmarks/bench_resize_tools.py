"""The measured process of every tool but sharp: `python bench_resize_tools.py TOOL`.

See bench_resize_job.py for what goes in and out. Each tool is used as its manual says that
thumbnails are made, reads no more of a JPEG than it needs where it can, and turns pictures upright.
Libraries run in this process, on as many threads as there are workers; their imports are not
counted. Of command-line tools each picture is a process of its own, whose start is counted.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING

from bench_memory import memory
from bench_resize_job import Answer, Job

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[str, int, int], object]


def _stripline(job: Job) -> Make:
    from stripline import image

    name = {"jpg": "jpeg", "webp": "webp"}[job.extension]
    recipe = image.Recipe(
        resize=image.Resize(width=job.width),
        output=image.Output(format=name, quality=job.quality),
    )

    def make(path: str, _width: int, _height: int) -> object:
        return image.process(path, recipe, job.target(path))

    return make


def _pyvips(job: Job) -> Make:
    import pyvips

    pyvips.cache_set_max(0)  # otherwise the second time a picture comes it costs nothing
    any_height = 10_000_000

    def make(path: str, _width: int, _height: int) -> object:
        image = pyvips.Image.thumbnail(path, job.width, height=any_height)
        return image.write_to_file(job.target(path), Q=job.quality)

    return make


def _opencv(job: Job) -> Make:
    import cv2

    cv2.setNumThreads(1)
    reduced = {
        2: cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_COLOR_8,
    }
    key = {"jpg": cv2.IMWRITE_JPEG_QUALITY, "webp": cv2.IMWRITE_WEBP_QUALITY}[job.extension]

    def make(path: str, width: int, height: int) -> object:
        # Told the width, because OpenCV has no way to ask for it without decoding.
        shrinks = [shrink for shrink in reduced if width >= shrink * job.width]
        decoded = cv2.imread(path, reduced[shrinks[-1]] if shrinks else cv2.IMREAD_COLOR)
        if decoded is None:
            message = f"OpenCV could not read {path}"
            raise RuntimeError(message)
        size = (job.width, round(height * job.width / width))
        small = cv2.resize(decoded, size, interpolation=cv2.INTER_AREA)
        if not cv2.imwrite(job.target(path), small, [key, job.quality]):
            message = f"OpenCV could not write {job.target(path)}"
            raise RuntimeError(message)
        return None

    return make


def _pillow(job: Job) -> Make:
    from PIL import Image, ImageOps

    def make(path: str, width: int, height: int) -> object:
        with Image.open(path) as picture:
            turned = picture.width != width
            size = (job.width, round(height * job.width / width))
            stored = size[::-1] if turned else size
            # Twice the size asked for, as Image.thumbnail does: draft goes no lower than that.
            picture.draft("RGB", (2 * stored[0], 2 * stored[1]))
            small = picture.resize(stored, Image.Resampling.LANCZOS)
            small = ImageOps.exif_transpose(small)
            small.save(job.target(path), quality=job.quality)
            return None

    return make


def _vipsthumbnail(job: Job) -> Make:
    def make(path: str, _width: int, _height: int) -> object:
        output = f"{job.target(path)}[Q={job.quality}]"
        command = ["vipsthumbnail", path, "--size", f"{job.width}x", "--output", output]
        return subprocess.run(command, check=True)

    return make


def _imagemagick(program: str) -> Callable[[Job], Make]:
    def tool(job: Job) -> Make:
        def make(path: str, width: int, height: int) -> object:
            # The hint is in stored pixels, and twice the size asked for, as its manual says.
            side = 2 * max(job.width, round(height * job.width / width))
            hint = f"jpeg:size={side}x{side}"
            command = [program, "-define", hint, path, "-auto-orient"]
            command += ["-thumbnail", f"{job.width}x", "-quality", str(job.quality)]
            return subprocess.run([*command, job.target(path)], check=True)

        return make

    return tool


_TOOLS: dict[str, Callable[[Job], Make]] = {
    "stripline": _stripline,
    "pyvips": _pyvips,
    "OpenCV": _opencv,
    "Pillow": _pillow,
    "vipsthumbnail": _vipsthumbnail,
    "convert": _imagemagick("convert"),
    "magick": _imagemagick("magick"),
}


def _cpu_seconds() -> float:
    """What this process and those it started and waited for have computed so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak(workers: int) -> int:
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return children * workers if children else memory("VmHWM")


def run(tool: str, job: Job) -> Answer:
    """Resize all pictures of a job."""
    make = _TOOLS[tool](job)
    with ThreadPoolExecutor(job.workers) as pool:

        def make_all(files: tuple[tuple[str, int, int], ...]) -> None:
            for done in [pool.submit(make, *file) for file in files]:
                done.result()

        make_all(job.files[: job.workers])
        cpu, began = _cpu_seconds(), time.perf_counter()
        make_all(job.files * job.repeats)
        seconds, cpu = time.perf_counter() - began, _cpu_seconds() - cpu
    return Answer(seconds, cpu, _peak(job.workers))


if __name__ == "__main__":
    print(json.dumps(asdict(run(sys.argv[1], Job.from_json(sys.stdin.read())))))
