"""From options, the environment and settings files to what a batch is asked to do."""

from __future__ import annotations

import os
import re
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from stripline.batch import Journal, Rules, Spec, do_work
from stripline.batch.cache import ResultCache
from stripline.batch.config import DEFAULT, load_config
from stripline.batch.ignore import Patterns
from stripline.batch.selection import Selection
from stripline.cli._recipes import check_formats, parse_bytes, recipes_of, with_changes
from stripline.errors import InvalidOption
from stripline.image import Limits
from stripline.streams.object_store import is_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stripline.batch.config import Loaded
    from stripline.batch.run import Do
    from stripline.batch.task import Found
    from stripline.cli._batch_options import Again, Which, Word, Work

_CACHE: Final = re.compile(r"(.+):(\d+(?:\.\d+)?[kmgKMG]?i?[bB]?)")
_ONE_NAME: Final = "{stem}.{ext}"


def flags_of(*groups: Which | Work | Word, **more: object) -> dict[str, Any]:
    """What options say, as settings by the names of `stripline.batch.config.Config`.

    Raises:
        typer.BadParameter: One that cannot be read.
    """
    values = ((name, getattr(group, name)) for group in groups for name in group.__slots__)
    given = {name: value for name, value in values if value is not None and value is not False}
    given |= {name: value for name, value in more.items() if value is not None}
    for option, name in (("larger", "min_bytes"), ("smaller", "max_bytes"), ("memory", "memory")):
        if option in given:
            given[name] = parse_bytes(given.pop(option))
    if given.pop("processes", False):
        given["pool"] = "processes"
    match = _CACHE.fullmatch(str(given.get("cache", "")))
    if match is not None:
        given |= {"cache": match[1], "cache_bytes": parse_bytes(match[2])}
    for name in ("newer", "older", "priority"):  # no settings: they are of one command
        given.pop(name, None)
    return given


def loaded(config: Path | None, flags: Mapping[str, object]) -> Loaded:
    """All settings.

    Raises:
        StriplineError, OSError: See `stripline.batch.config.load_config`.
    """
    return load_config(flags, file=config)


def spec_of(settings: Loaded, recipe: Path | None, changes: Mapping[str, Any]) -> Spec:
    """What is done with each picture.

    Args:
        settings: Say all but what is made, and that too if they name a profile.
        recipe: --recipe.
        changes: What options say of recipes; see `recipes_of`.

    Raises:
        InvalidOption: Nothing says what to make, or two places do; no output.
        StriplineError, OSError: The recipe file; see `stripline.image.load_variants`.
    """
    values = settings.values
    if recipe is not None and settings.profile is not None:
        raise InvalidOption(
            f"--recipe and the profile {settings.profile.name} both say what to make: give one"
        )
    if settings.variants:
        recipes = with_changes(settings.variants, changes)
    elif recipe is not None or any(changes.values()):
        recipes = recipes_of(recipe, changes)
    else:
        raise InvalidOption(
            "nothing says what to make: give --profile (web, thumbnails, archive, print), --recipe,"
            " or options as --width 800 --format webp"
        )
    if values.output is None:
        raise InvalidOption("nothing says where files go: give -o OUT")
    check_formats(recipes.values())
    template = values.template
    if settings.origins["template"] == DEFAULT and len(recipes) == 1:
        template = _ONE_NAME
    return Spec(
        recipes,
        absolute(values.output),
        template,
        Limits(seconds=values.seconds),
        salvage=values.salvage,
        verify=values.verify,
    )


def selection_of(settings: Loaded, which: Which) -> Selection:
    """Which files are wanted.

    Raises:
        InvalidOption: A pattern or a date that is none.
    """
    values = settings.values
    return Selection(
        include=values.include,
        exclude=values.exclude,
        min_bytes=values.min_bytes,
        max_bytes=values.max_bytes,
        changed_after=_moment("--newer", which.newer),
        changed_before=_moment("--older", which.older),
        hidden=values.hidden,
    )


def rules_of(settings: Loaded, which: Which, again: Again) -> Rules:
    """How a plan deals with what it comes upon.

    Raises:
        InvalidOption: A pattern that is none.
        typer.BadParameter: No number behind it.
    """
    return Rules(
        order=settings.values.order,
        priority=_priority(which.priority or ()),
        retry_failed=again.retry_failed,
        force=again.force,
        replace=again.replace,
    )


def work_of(settings: Loaded) -> Do:
    """What is done with a task: with a result cache, if there is to be one."""
    values = settings.values
    if values.cache is None:
        return do_work
    return partial(do_work, cache=ResultCache(absolute(values.cache), values.cache_bytes))


def absolute(place: str) -> str:
    """A path that means the same from everywhere; addresses do anyway."""
    return place if is_url(place) else os.path.abspath(place)  # noqa: PTH100 - links stay as named


def journal_of(settings: Loaded) -> Journal:
    """Where jobs are written down.

    Raises:
        StriplineError, OSError: It cannot be opened; see `Journal`.
    """
    return Journal(settings.values.journal or default_journal())


def default_journal() -> str:
    """Where jobs are written down if nothing says where: among what programs keep for a person.

    That is `$XDG_STATE_HOME/stripline` (https://specifications.freedesktop.org/basedir-spec), by
    default `~/.local/state/stripline`. The folder is made if it is not there.
    """
    state = os.environ.get("XDG_STATE_HOME", "")
    home = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    folder = home / "stripline"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder / "journal.db")


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidOption(
            f"{option} {text}: a date is given as 2026-01-31, a time as 2026-01-31T18:30"
        ) from None
    return moment if moment.tzinfo is not None else moment.astimezone()  # as the clock here says


def _priority(rules: Sequence[str]) -> Callable[[Found], int] | int:
    """The number of the last pattern that fits a file; 0 if none does."""
    pairs = []
    for rule in rules:
        pattern, sign, number = rule.rpartition("=")
        if not sign or not re.fullmatch(r"[+-]?\d{1,6}", number):
            message = f"priority {rule!r} is not PATTERN=N, as 'covers/**=10'"
            raise typer.BadParameter(message)
        pairs.append((Patterns([pattern], "priority"), int(number)))
    if not pairs:
        return 0
    pairs.reverse()

    def of(file: Found) -> int:
        return next((number for one, number in pairs if one.decide(file.relative)[0]), 0)

    return of
