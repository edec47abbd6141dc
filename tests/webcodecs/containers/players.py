"""Programs of others that play files: FFmpeg's ffprobe and Chromium."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

# Loads a file into a <video>, seeks to each time, and says what it found there.
_PLAY: Final = """async ([data, type, times]) => {
  const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
  const video = document.createElement("video");
  video.muted = true;
  const heard = name => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, {once: true});
    video.addEventListener("error", () => reject(new Error(video.error.message)), {once: true});
  });
  let event = heard("loadeddata");
  video.src = URL.createObjectURL(new Blob([bytes], {type}));
  await event;
  const seen = [];
  for (const time of times) {
    event = heard("seeked");
    video.currentTime = time;
    await event;
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const context = canvas.getContext("2d");
    // A browser that is short of time has nothing to draw yet: the canvas stays transparent.
    let row;
    for (let tries = 0; tries < 100 && !(row && row[3]); tries++) {
      await new Promise(requestAnimationFrame);
      context.drawImage(video, 0, 0);
      row = context.getImageData(0, canvas.height >> 1, canvas.width, 1).data;
    }
    seen.push(Array.from(row));
  }
  return {width: video.videoWidth, height: video.videoHeight, duration: video.duration, seen};
}"""


def program(*names: str) -> str:
    """The first of these programs that is there; without, the test is left out, but not in CI."""
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
    message = f"{names[0]} is missing: run tools/install-test-tools"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def probe(path: Path) -> dict[str, Any]:
    """What ffprobe finds when it decodes a whole file; it may not complain of anything."""
    done = subprocess.run(
        [
            program("ffprobe"),
            *("-v", "warning", "-err_detect", "explode", "-count_frames"),
            *("-show_streams", "-show_format", "-of", "json", path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Chromium:
    """A browser without a window.

    It lives on a thread of its own: Playwright runs an asyncio loop for as long as it lives, next
    to which neither `asyncio.run()` nor a codec without a loop would work.
    """

    def __init__(self) -> None:
        self._path = program("chromium", "chromium-browser", "google-chrome")
        self._thread = ThreadPoolExecutor(1)
        self._page: Page = self._thread.submit(self._open).result()

    def _open(self) -> Page:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        # Chromium's own sandbox cannot be made by root, who runs tests in containers.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        self._browser = self._playwright.chromium.launch(executable_path=self._path, args=arguments)
        return self._browser.new_page()

    def play(self, data: bytes, kind: str, times: list[float]) -> dict[str, Any]:
        """Play a file in a <video>: its size, duration, and the middle row of pixels at times."""
        text = base64.b64encode(data).decode()
        found: dict[str, Any] = self._thread.submit(
            self._page.evaluate, _PLAY, [text, kind, times]
        ).result()
        return found

    def close(self) -> None:
        """End it."""
        self._thread.submit(self._browser.close).result()
        self._thread.submit(self._playwright.stop).result()
        self._thread.shutdown()
