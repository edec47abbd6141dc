"""Finding encoders, those of plugins included."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from stripline.errors import InvalidRecipe
from stripline.image.encode.encoder import Encoder, Traits
from stripline.image.encode.registry import encoder_for, encoder_names
from stripline.image.output import Output
from stripline.streams import MemorySink
from tests.image.encode import samples
from tests.support import run_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Install = Callable[[str, str, str], None]

PLUGIN = """
from stripline.image.encode.encoder import Traits

class NetpbmEncoder:
    traits = Traits(
        name="ppm", extension="ppm", media_type="image/x-portable-pixmap", alpha=False,
        animation=False, lossy=False, lossless=True, max_side=65535, quality=None,
    )

    def write(self, picture, output, sink, *, quality=None, pool=None):
        sink.write(f"P6 {picture.width} {picture.height} 255\\n".encode())
        sink.write(picture.pixels.write_to_memory())

    def resolved_settings(self, output):
        return dict(output.options)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package with an encoder where Python finds it, as pip does."""
    monkeypatch.syspath_prepend(str(tmp_path))
    encoder_for.cache_clear()
    modules = set(sys.modules)

    def put(name: str, encoder: str, code: str) -> None:
        module, _, _ = encoder.partition(":")
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[stripline.encoders]\n{name} = {encoder}\n")

    yield put
    encoder_for.cache_clear()
    for module in set(sys.modules) - modules:
        del sys.modules[module]


@pytest.mark.parametrize("name", encoder_names())
def test_built_in(name: str) -> None:
    encoder: Encoder = encoder_for(name)
    assert isinstance(encoder.traits, Traits)
    assert encoder.traits.name == name
    assert encoder.traits.media_type.startswith("image/")
    assert encoder is encoder_for(name)
    assert encoder.traits.lossy == (encoder.traits.quality is not None)


def test_unknown() -> None:
    with pytest.raises(InvalidRecipe, match=r"no encoder 'bmp'; there are jpeg, png, webp, avif"):
        encoder_for("bmp")


def test_plugin(install: Install) -> None:
    install("ppm", "netpbm_plugin:NetpbmEncoder", PLUGIN)
    assert "ppm" in encoder_names()
    sink = MemorySink()
    pixels = samples.coffee()
    encoder_for("ppm").write(samples.picture(pixels), Output(format="ppm"), sink)
    assert sink.getvalue() == b"P6 600 400 255\n" + pixels.tobytes()
    assert encoder_for("ppm").resolved_settings(Output(options={"a": 1})) == {"a": 1}


def test_plugin_that_does_not_import(install: Install) -> None:
    install("broken", "broken_plugin:Encoder", "import a_package_that_is_not_there")
    assert "broken" in encoder_names()
    with pytest.raises(
        InvalidRecipe,
        match=r"encoder 'broken' \(broken_plugin:Encoder\) cannot be loaded: ModuleNotFoundError",
    ) as caught:
        encoder_for("broken")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_plugin_that_is_no_encoder(install: Install) -> None:
    install("empty", "empty_plugin:Thing", "class Thing: traits = 1")
    with pytest.raises(InvalidRecipe, match="is not an encoder: it has no write, no resolved_set"):
        encoder_for("empty")


def test_plugin_with_another_name(install: Install) -> None:
    install("pgm", "named_plugin:NetpbmEncoder", PLUGIN)
    with pytest.raises(InvalidRecipe, match="Traits with the name of its entry point"):
        encoder_for("pgm")


def test_two_plugins_of_one_name(install: Install) -> None:
    install("ppm", "one_plugin:NetpbmEncoder", PLUGIN)
    install("ppm", "other_plugin:NetpbmEncoder", PLUGIN)
    with pytest.raises(InvalidRecipe, match=r"one_plugin:NetpbmEncoder, other_plugin:NetpbmEnc"):
        encoder_for("ppm")


def test_plugin_of_a_built_in_name(install: Install) -> None:
    install("png", "png_plugin:NetpbmEncoder", PLUGIN)
    assert encoder_names().count("png") == 1
    with pytest.raises(InvalidRecipe, match=r"comes with stripline, and png_plugin:NetpbmEncoder"):
        encoder_for("png")


def test_encoders_are_imported_when_asked_for() -> None:
    found = run_script(
        "import sys\n"
        "from stripline.image.encode.registry import encoder_for, encoder_names\n"
        "encoder_names()\n"
        "print('oxipng' in sys.modules, 'pyvips' in sys.modules)\n"
        "encoder_for('png')\n"
        "print('oxipng' in sys.modules)\n"
    )
    assert found.split() == ["False", "False", "True"]
