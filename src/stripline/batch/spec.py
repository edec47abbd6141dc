"""What a job does with each picture, and how its files are called."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import asdict, dataclass, field
from string import Formatter
from typing import TYPE_CHECKING, Any, Self

from stripline.batch.task import Planned, Work
from stripline.errors import InvalidOption
from stripline.image import Limits, Recipe
from stripline.image.names import check_template
from stripline.streams.object_store import local_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.batch.task import SourceId


@dataclass(frozen=True, slots=True)
class Spec:
    """What a job does with each picture.

    Attributes:
        variants: What to make, by name.
        output: The folder, as an absolute path or a URL of an object store; `file://` becomes a
            path. Below it lies what is made in the folders in which the sources lie below theirs.
            None if whoever does the work finds the place.
        template: How files are called; see `stripline.image.names`. It may have `/`.
        limits: What a source may need.
        salvage: Whether damaged sources give what can be read.
        verify: Whether outputs are decoded again and compared before a task counts as done.

    Raises:
        InvalidOption: No variants, a template that names no file, or gives all variants one name,
            `file://` with another machine's name.
    """

    variants: Mapping[str, Recipe]
    output: str | None
    template: str = "{stem}-{variant}.{ext}"
    limits: Limits = field(default_factory=Limits)
    salvage: bool = False
    verify: bool = False
    _stamp: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.variants:
            raise InvalidOption("there are no variants to make")
        check_template(self.template)
        if self.output is not None:
            object.__setattr__(self, "output", local_path(self.output) or self.output)
        parts = [f"{name}={recipe.fingerprint}" for name, recipe in self.variants.items()]
        parts += [str(self.output), self.template, str(self.salvage)]
        object.__setattr__(self, "_stamp", _joined(parts))

    def key(self, source: SourceId, relative: str) -> str:
        """32 hexadecimal digits for a source in its present state and all that becomes of it."""
        parts = [source.url, str(source.size), source.version, relative]
        return hashlib.sha256(_joined(parts) + b"\0" + self._stamp).hexdigest()[:32]

    def places(self, relative: str) -> tuple[Planned, ...]:
        """Where the files of a source go that lies there below its folder."""
        if self.output is None:
            return ()
        folder, name = posixpath.split(relative)
        stem = posixpath.splitext(name)[0]
        root = self.output.rstrip("/")
        below = _literal(f"{root}/{folder}" if folder else root)
        return tuple(
            Planned(variant, f"{below}/{_partly(self.template, stem=stem, variant=variant)}")
            for variant in self.variants
        )

    def work(self, key: str, source: SourceId, relative: str, memory_bytes: int) -> Work:
        """The task of one source."""
        return Work(
            key=key,
            source=source,
            variants=self.variants,
            outputs=self.places(relative),
            limits=self.limits,
            salvage=self.salvage,
            verify=self.verify,
            memory_bytes=memory_bytes,
        )

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "variants": {
                name: recipe.model_dump(mode="json", exclude_defaults=True)
                for name, recipe in self.variants.items()
            },
            "output": self.output,
            "template": self.template,
            "limits": asdict(self.limits),
            "salvage": self.salvage,
            "verify": self.verify,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Of plain values that `to_json` gave.

        Raises:
            InvalidRecipe: A recipe asks for what this version or installation does not know.
        """
        variants = {name: Recipe.read(recipe) for name, recipe in values["variants"].items()}
        return cls(**{**values, "variants": variants, "limits": Limits(**values["limits"])})


def _joined(parts: list[str]) -> bytes:
    return "\0".join(parts).encode("utf-8", "surrogateescape")


def _literal(text: str) -> str:
    """A text that `str.format` gives back."""
    return text.replace("{", "{{").replace("}", "}}")


def _partly(template: str, **known: str) -> str:
    """The template with some of its fields filled in, the others as they were."""
    pieces = []
    for text, name, form, conversion in Formatter().parse(template):
        pieces.append(_literal(text))
        if name is None:
            continue
        whole = f"{{{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}}}"
        pieces.append(_literal(whole.format(**known)) if name in known else whole)
    return "".join(pieces)
