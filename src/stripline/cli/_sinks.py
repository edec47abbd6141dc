"""Files of one picture, each where the place says."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from stripline.cli._places import check_free
from stripline.streams import FileSink, open_sink

if TYPE_CHECKING:
    from pathlib import Path

    from stripline.cli._pictures import Picture
    from stripline.cli._places import Place
    from stripline.image.sinks import Made
    from stripline.streams import Sink


class PlacedSinks:
    """Opens a file for each variant; see `stripline.image.sinks.Sinks`.

    Args:
        place: OUT.
        picture: Whose variants they are.
        force: Whether files that exist may be replaced.

    Attributes:
        paths: Where each variant went, by name; nothing of standard output.
    """

    def __init__(self, place: Place, picture: Picture, *, force: bool) -> None:
        self.paths: dict[str, Path] = {}
        self._place = place
        self._picture = picture
        self._force = force

    def open(self, made: Made) -> Sink:
        """A file that appears when it is complete, or standard output."""
        if self._place.path is None:
            return open_sink(sys.stdout.buffer)
        path = self._place.path_for(self._picture, made)
        # It was free when the work began; what somebody else put there since is theirs.
        check_free(path, force=self._force)
        if self._place.is_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.paths[made.variant] = path
        return FileSink(path)
