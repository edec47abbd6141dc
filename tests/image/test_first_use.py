"""The first pictures of a process may come in several threads at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from tests.image.corpus import saved, small_photo
from tests.support import run_script

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import sys, threading
from pathlib import Path
from stripline import _vips

class Stopping(tuple):
    "The loaders, of which the second is shut until the other thread had its chance."
    def __iter__(self):
        for index, name in enumerate(tuple.__iter__(self)):
            if index == 1:
                second.start()
                second.join(0.3)
            yield name

_vips._LOADERS = Stopping(reversed(_vips._LOADERS))
file, errors = Path(sys.argv[1]).read_bytes(), []

def read():
    try:
        _vips.library().Image.new_from_buffer(file, "").avg()
    except Exception as error:
        errors.append(error)

second = threading.Thread(target=read)
read()
second.join()
print(errors)
"""


def test_libvips_is_set_up_before_anybody_uses_it(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(saved(Image.fromarray(small_photo()), "PNG"))
    assert run_script(SCRIPT, picture) == "[]\n"
