from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stripline.batch.config import Config, find_file, load_config
from stripline.batch.profiles import shipped_profiles
from stripline.errors import InvalidOption, InvalidRecipe
from stripline.image import MemorySinks, process
from tests.support import photograph

FILE = """
workers = 2
order = "smallest"
output = "public/img"
include = ["*.jpg", "*.png"]
cache_bytes = "2GiB"
profile = "shop"

[profiles.shop]
order = "largest"
journal = "jobs.db"
[profiles.shop.variants.sm]
resize = { width = 320 }

[profiles.flat]
[profiles.flat.recipe]
output = { format = "webp" }
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "stripline.toml") -> Path:
    path = Path(name).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_without_anything_there_are_defaults() -> None:
    loaded = load_config()
    assert loaded.values == Config()
    assert set(loaded.origins.values()) == {"default"}
    assert (loaded.file, loaded.profile, loaded.variants) == (None, None, {})


def test_the_most_particular_place_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(FILE)
    monkeypatch.setenv("STRIPLINE_RETRIES", "7")
    monkeypatch.setenv("STRIPLINE_WORKERS", "3")
    monkeypatch.setenv("STRIPLINE_HIDDEN", "")  # as if it were not there
    loaded = load_config({"workers": 4, "memory": "512MB", "verify": None})
    values, origins = loaded.values, loaded.origins
    assert (values.workers, origins["workers"]) == (4, "flag")
    assert (values.retries, origins["retries"]) == (7, "environment STRIPLINE_RETRIES")
    assert (values.order, origins["order"]) == ("largest", f"profile shop ({path})")
    assert (values.include, origins["include"]) == (("*.jpg", "*.png"), str(path))
    assert (values.memory, values.cache_bytes) == (512_000_000, 2 << 30)
    assert (values.verify, origins["verify"]) == (False, "default")
    assert origins["hidden"] == "default"
    assert load_config().values.workers == 3
    assert list(loaded.variants) == ["sm"]
    assert ("workers", 4, "flag") in loaded.rows()
    assert [name for name, _, _ in loaded.rows()] == list(Config.model_fields)


def test_each_place_may_choose_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    write(FILE)
    assert load_config().profile.name == "shop"  # type: ignore[union-attr]  # it is one
    monkeypatch.setenv("STRIPLINE_PROFILE", "flat")
    loaded = load_config()
    assert list(loaded.variants) == [""]
    assert loaded.variants[""].output.format == "webp"
    assert loaded.origins["profile"] == "environment STRIPLINE_PROFILE"
    assert loaded.values.order == "smallest"
    assert list(load_config({"profile": "thumbnails"}).variants) == ["160", "320"]


def test_a_file_is_found_in_the_nearest_folder_above(monkeypatch: pytest.MonkeyPatch) -> None:
    top = write("workers = 1")
    near = write("workers: 2\n", "a/b/stripline.yaml")
    Path("a/b/c").mkdir()
    assert find_file("a/b/c") == near
    assert find_file("a") == top
    monkeypatch.chdir("a/b/c")
    assert load_config().values.workers == 2
    assert load_config(folder=top.parent).values.workers == 1
    assert load_config(file=top).values.workers == 1
    monkeypatch.setenv("STRIPLINE_CONFIG", str(top))
    assert load_config().file == top


def test_paths_are_seen_from_where_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(FILE.replace('"jobs.db"', '"sqlite:///jobs.db"')).parent
    Path("deep").mkdir()
    monkeypatch.chdir("deep")
    monkeypatch.setenv("STRIPLINE_CACHE", "here")
    loaded = load_config({"metrics_file": "there"})
    assert loaded.values.output == f"{folder}/public/img"
    assert loaded.values.journal == "sqlite:///jobs.db"
    assert (loaded.values.cache, loaded.values.metrics_file) == ("here", "there")
    write('output = "s3://bucket/a"', f"{folder}/stripline.toml")
    assert load_config().values.output == "s3://bucket/a"


def test_lists_in_the_environment_have_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPLINE_EXCLUDE", "*.tmp, raw/,")
    assert load_config().values.exclude == ("*.tmp", "raw/")


@pytest.mark.parametrize(
    ("text", "flags", "message"),
    [
        ("worker = 3", {}, r"worker: there is no such setting \(.*stripline.toml\)"),
        ("workers = 0", {}, r"workers: .*greater than or equal to 1 \(.*stripline.toml\)"),
        ("", {"memory": "lots"}, r"memory: .* \(flag\)"),
        ("", {"template": "{nothing}"}, r"template: .*\{nothing\}.* \(flag\)"),
        ("", {"profile": "none"}, "no profile 'none'; there are archive, print, thumbnails, web"),
        ("workers = ", {}, "stripline.toml: Invalid value"),
        ("profiles = 3", {"profile": "web"}, "profiles must hold profiles by name"),
        ("[profiles]\na = 3", {"profile": "a"}, "profile a .* must hold settings"),
        ("[profiles.a]\nworkers = 'x'", {"profile": "a"}, r"workers: .* \(profile a \(.*toml\)\)"),
        ("[profiles.a]\nprofile = 'web'", {"profile": "a"}, "names another profile"),
        ("[profiles.a]\nrecipe = 1", {"profile": "a"}, "recipe must hold the fields"),
        ("[profiles.a.recipe]\n[profiles.a.variants.b]", {"profile": "a"}, "variants and a recipe"),
    ],
)
def test_mistakes_say_where_they_stand(text: str, flags: dict[str, Any], message: str) -> None:
    write(text)
    with pytest.raises(InvalidOption, match=message):
        load_config(flags)


def test_mistakes_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPLINE_WORKERS", "many")
    with pytest.raises(InvalidOption, match=r"workers: .* \(environment STRIPLINE_WORKERS\)"):
        load_config()


def test_recipes_in_profiles_are_checked() -> None:
    write("[profiles.a.variants.sm]\nresize = { widht = 3 }")
    with pytest.raises(InvalidRecipe, match=r"profile a .*variant 'sm': resize.widht"):
        load_config({"profile": "a"})


def test_files_that_cannot_be_settings() -> None:
    write("- 1", "stripline.yaml")
    with pytest.raises(InvalidOption, match="must hold settings by name"):
        load_config()
    write("")
    with pytest.raises(InvalidOption, match="lie in one folder"):
        load_config()
    with pytest.raises(InvalidOption, match=r"settings are in a \.toml"):
        load_config(file=write("", "settings.ini"))
    with pytest.raises(FileNotFoundError):
        load_config(file="none.toml")
    assert load_config(file=write("", "empty.yaml")).values == Config()


def test_no_setting_is_taken_from_the_environment_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPLINE_WORKERS", "3")
    assert Config().workers is None


@pytest.mark.parametrize("name", ["web", "thumbnails", "archive", "print"])
def test_shipped_profiles_make_what_they_say(name: str, tmp_path: Path) -> None:
    loaded = load_config({"profile": name})
    assert loaded.profile == shipped_profiles()[name]
    source = tmp_path / "photo.jpg"
    Image.fromarray(photograph(4, 4)).save(source, quality=90, comment=b"note")
    sinks = MemorySinks()
    result = process(source, loaded.variants, sinks)
    sizes = {key: (made.width, made.height) for key, made in result.variants.items()}
    formats = {made.format for made in result.variants.values()}
    if name == "web":
        assert sizes == {
            "640": (640, 640),
            "1280": (1280, 1280),
            "1920": (1920, 1920),
            "fallback": (1280, 1280),
        }
        assert formats == {"webp", "jpeg"}
    elif name == "thumbnails":
        assert sizes == {"160": (160, 160), "320": (320, 320)}
    elif name == "archive":
        assert sizes == {"": (2048, 2048)}
        assert result.variants[""].bytes < source.stat().st_size
        (tmp_path / "small.jpg").write_bytes(sinks.files[""])
        with Image.open(source) as before, Image.open(tmp_path / "small.jpg") as after:
            assert before.tobytes() == after.tobytes()
            assert after.info["comment"] == b"note"
    else:
        assert (sizes, formats) == ({"print": (2048, 2048)}, {"jpeg"})
