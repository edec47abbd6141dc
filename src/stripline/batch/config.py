"""Settings of a batch, from a file, the environment and flags, and where each came from.

The most particular place that says something about a setting decides::

    flags         of the command, or arguments of a call
    environment   STRIPLINE_WORKERS, STRIPLINE_OUTPUT, ...; lists with commas between their parts
    profile       chosen by `profile`, in any of these places: one of the file's, or a shipped one
    file          stripline.toml, .yaml or .yml, in the folder where the command runs or the nearest
                  one above it that has one; or the one that is given, or STRIPLINE_CONFIG names
    default

Paths in a file are seen from the folder of the file, all others from where the command runs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ByteSize, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, SettingsConfigDict

from stripline.batch.profiles import Profile, read_profile, shipped_profiles
from stripline.errors import InvalidOption, InvalidRecipe
from stripline.image.names import check_template
from stripline.image.recipe import parse_text
from stripline.streams.object_store import is_url

if TYPE_CHECKING:
    from pydantic_settings import PydanticBaseSettingsSource

    from stripline.image import Recipe

FILE_NAMES: Final = ("stripline.toml", "stripline.yaml", "stripline.yml")
_PREFIX: Final = "STRIPLINE_"
DEFAULT: Final = "default"


def _parts(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts)]
Bytes = Annotated[ByteSize, Field(ge=0)]
"""A number, or one with a unit: `512MB` (thousands), `2GiB` (times 1,024)."""
Count = Annotated[int, Field(ge=1, le=1024)]


class Config(BaseSettings):
    """Settings of batches and of watched folders."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, extra="forbid", frozen=True, use_attribute_docstrings=True
    )

    profile: str | None = None
    """What to make: a profile of the file, or `web`, `thumbnails`, `archive`, `print`."""
    output: str | None = None
    """Where results go: a folder, or an address in an object store."""
    template: str = "{stem}-{variant}.{ext}"
    """How files are called; see `stripline.image.names`."""
    include: Words = ()
    """Patterns of names that are wanted; all, if there are none."""
    exclude: Words = ()
    """Patterns of names that are left out."""
    min_bytes: Bytes = ByteSize(0)
    """The least size of a source."""
    max_bytes: Bytes | None = None
    """The greatest size of a source."""
    hidden: bool = False
    """Whether names that begin with a dot are looked at."""
    order: Literal["found", "smallest", "largest"] = "found"
    """Which task goes first, among those of one priority."""
    workers: Count | None = None
    """How many pictures at once; one for each core, if nothing is said."""
    pool: Literal["threads", "processes"] = "threads"
    """Where work runs. In processes a crash costs one picture, and more memory is taken."""
    cluster: str | None = None
    """`local`, or the address of a Dask scheduler, `tcp://...`."""
    memory: Bytes | None = None
    """What all tasks may need together; 60 % of what there is, if nothing is said."""
    seconds: Annotated[float, Field(gt=0)] = 300.0
    """How long work on one picture may take."""
    retries: Annotated[int, Field(ge=0, le=100)] = 3
    """How often a task is tried again that failed for a reason that may pass."""
    verify: bool = False
    """Whether results are decoded again and compared before they count."""
    salvage: bool = False
    """Whether damaged pictures give what can be read of them."""
    journal: str | None = None
    """Where jobs are written down: a path, or an SQLAlchemy URL."""
    cache: str | None = None
    """Folder of results that are kept for the next time; none, if nothing is said."""
    cache_bytes: Bytes = ByteSize(5_000_000_000)
    """How large that may become."""
    progress: Literal["auto", "bar", "json", "none"] = "auto"
    """How a run shows; `auto` is a bar on a terminal and nothing elsewhere."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least of what is logged."""
    log_format: Literal["auto", "console", "json"] = "auto"
    """How; `auto` is `console` on a terminal and `json` elsewhere."""
    metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """Where Prometheus may ask."""
    metrics_file: str | None = None
    """Where its textfile collector may look."""

    @field_validator("template")
    @classmethod
    def _names_files(cls, value: str) -> str:
        return check_template(value)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what it is made of: `load_config` asks the other sources, one by one."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


_PATHS: Final = frozenset({"output", "journal", "cache", "metrics_file"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where they came from.

    Attributes:
        values: The settings.
        origins: Where each of them came from, by name, in words; `default` for the rest.
        file: The file that was read; None if there is none.
        profile: What `profile` names; None if nothing does.
    """

    values: Config
    origins: Mapping[str, str]
    file: Path | None
    profile: Profile | None

    @property
    def variants(self) -> Mapping[str, Recipe]:
        """The recipes of the profile, by name; none without one."""
        return {} if self.profile is None else self.profile.variants

    def rows(self) -> list[tuple[str, object, str]]:
        """Name, value and origin of every setting, in their order, as plain values."""
        values = self.values.model_dump(mode="json")
        return [(name, values[name], self.origins[name]) for name in type(self.values).model_fields]


def load_config(
    flags: Mapping[str, object] | None = None,
    *,
    file: str | os.PathLike[str] | None = None,
    folder: str | os.PathLike[str] = ".",
) -> Loaded:
    """Put settings together.

    Args:
        flags: Settings by name; those that are None were not given.
        file: The file; None to look for one.
        folder: Where to begin to look.

    Raises:
        InvalidOption: A setting that is unknown or cannot be, with the place where it stands; a
            profile that nobody knows; two files in one folder; a file that is malformed.
        InvalidRecipe: A profile's recipe asks for what cannot be.
        MissingDependency: YAML without PyYAML.
        OSError: The file cannot be read.
    """
    given = file or os.environ.get(f"{_PREFIX}CONFIG")
    path = Path(given).absolute() if given else find_file(folder)
    held = {} if path is None else _read(path)
    profiles = held.pop("profiles", {})
    environment = EnvSettingsSource(Config, env_ignore_empty=True)()
    asked = {name: value for name, value in (flags or {}).items() if value is not None}
    name = asked.get("profile") or environment.get("profile") or held.get("profile")
    profile = None if name is None else _profile(str(name), profiles, path)
    layers: list[tuple[str, Mapping[str, Any]]] = []
    if path is not None:
        layers.append((str(path), _rebased(held, path)))
    if profile is not None:
        own = path is not None and profile.origin == str(path)
        settings = _rebased(profile.settings, path) if own and path else profile.settings
        layers.append((f"profile {profile.name} ({profile.origin})", settings))
    layers += [("environment", environment), ("flag", asked)]
    values, origins = _merged(layers)
    return Loaded(values, origins, path, profile)


def find_file(folder: str | os.PathLike[str] = ".") -> Path | None:
    """The settings' file in a folder, or in the nearest one above it that has one.

    Raises:
        InvalidOption: Two of them in one folder.
    """
    start = Path(folder).absolute()
    for place in (start, *start.parents):
        found = [place / name for name in FILE_NAMES if (place / name).is_file()]
        if len(found) > 1:
            raise InvalidOption(f"{found[0]} and {found[1].name} lie in one folder: keep one")
        if found:
            return found[0]
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        value = parse_text(path.suffix.lower(), path.read_text(encoding="utf-8"))
    except InvalidRecipe as error:
        raise InvalidOption(f"{path}: settings are in a .toml, .yaml or .yml file") from error
    except ValueError as error:
        raise InvalidOption(f"{path}: {error}") from error
    if value is None:  # an empty YAML file
        return {}
    if not isinstance(value, dict):
        raise InvalidOption(f"{path} must hold settings by name")
    return value


def _profile(name: str, held: object, path: Path | None) -> Profile:
    if not isinstance(held, Mapping):
        raise InvalidOption(f"{path}: profiles must hold profiles by name")
    if name in held:
        return read_profile(name, held[name], str(path))
    shipped = shipped_profiles()
    if name not in shipped:
        known = ", ".join(sorted({*map(str, held), *shipped}))
        raise InvalidOption(f"there is no profile {name!r}; there are {known}")
    return shipped[name]


def _rebased(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The same, with paths as seen from the folder of the file that they stand in."""
    return {
        name: os.path.normpath(path.parent / Path(value).expanduser())
        if name in _PATHS and isinstance(value, str) and not (is_url(value) or "://" in value)
        else value
        for name, value in values.items()
    }


def _merged(layers: list[tuple[str, Mapping[str, Any]]]) -> tuple[Config, dict[str, str]]:
    merged: dict[str, Any] = {}
    origins = dict.fromkeys(Config.model_fields, DEFAULT)
    for origin, values in layers:
        for name, value in values.items():
            merged[name] = value
            variable = f" {_PREFIX}{name.upper()}" if origin == "environment" else ""
            origins[str(name)] = f"{origin}{variable}"
    try:
        return Config.model_validate(merged), origins
    except ValidationError as error:
        raise InvalidOption(_complaints(error, origins)) from error


def _complaints(error: ValidationError, origins: Mapping[str, str]) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else "settings"
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = "there is no such setting"
        lines.append(f"{name}: {message} ({origins.get(name, DEFAULT)})")
    return "; ".join(dict.fromkeys(lines))
