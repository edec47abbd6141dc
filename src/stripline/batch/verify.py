"""Outputs that are looked at before they replace anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline.image import MemorySinks, process
from stripline.image.output import Output
from stripline.image.settings import WHITE
from stripline.image.verify import check_file
from stripline.streams import MemorySink

if TYPE_CHECKING:
    from stripline.batch.task import Work
    from stripline.image import Recipe
    from stripline.image.sinks import Made, Sinks
    from stripline.streams import Sink
    from stripline.streams.source import Source

_LOSSLESS: Final = Output(format="png", effort=0)


class VerifiedSinks:
    """Holds files in memory until all of them are there, decodes them again, compares them.

    Only then the first of them goes to its place. Each takes the time of making it once more, as
    PNG, and the memory of both.

    Args:
        work: The task.
        source: Its source.
        sinks: Where the files go.
    """

    def __init__(self, work: Work, source: Source, sinks: Sinks) -> None:
        self._work = work
        self._source = source
        self._sinks = sinks
        self._held: list[_Held] = []
        self._verified = False

    def open(self, made: Made) -> Sink:
        """Memory, for now."""
        held = _Held(self, made)
        self._held.append(held)
        return held

    def verify(self) -> None:
        """Look at all files, once.

        Raises:
            OutputDamaged: One of them is not what it should be.
        """
        if not self._verified:
            for held in self._held:
                self._check(held.made, held.getvalue())
            self._verified = True

    def deliver(self, held: _Held) -> None:
        """Write a file to its place."""
        sink = self._sinks.open(held.made)
        try:
            sink.write(held.getvalue())
            sink.commit()
        except BaseException:
            sink.abort()
            raise

    def _check(self, made: Made, data: bytes) -> None:
        if data == self._source.data():
            return  # a picture that could not be made smaller, and was checked by decoding it
        recipe, memory = _without_loss(self._work.variants[made.variant], made), MemorySinks()
        process(
            self._source,
            {made.variant: recipe},
            memory,
            self._work.limits,
            salvage=self._work.salvage,
        )
        name = made.variant or "the output"
        check_file(name, data, memory.files[made.variant], made.quality)


class _Held(MemorySink):
    def __init__(self, owner: VerifiedSinks, made: Made) -> None:
        super().__init__()
        self.made = made
        self._owner = owner

    def commit(self) -> None:
        self._owner.verify()
        self._owner.deliver(self)


def _without_loss(recipe: Recipe, made: Made) -> Recipe:
    """What the recipe asks for, as PNG."""
    changes: dict[str, object] = {"output": _LOSSLESS}
    if made.media_type == "image/jpeg":
        if recipe.background is None:
            changes["background"] = WHITE
        if recipe.output.lossless:  # the source's own coefficients, as they are stored
            changes |= {"orient": False, "colour": "keep"}
    return recipe.model_copy(update=changes)
