"""The tracks of an image (sections 10.6 and 10.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripline.webcodecs.promise import Promise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ImageTrack", "ImageTrackList"]


class ImageTrack:
    """One track: a still picture, or an animation.

    Attributes:
        animated: Whether it has, or may get, more than one frame.
        frame_count: How many frames are known; grows while data comes in.
        repetition_count: How often the animation is shown again after the first time; may be
            `math.inf`.
    """

    def __init__(
        self,
        select: Callable[[ImageTrack, bool], None],
        *,
        animated: bool,
        frame_count: int,
        repetition_count: float,
    ) -> None:
        self._select = select
        self.animated = animated
        self.frame_count = frame_count
        self.repetition_count = repetition_count
        self._selected = False

    @property
    def selected(self) -> bool:
        """Whether this is the track that is decoded; may be set.

        Selecting a track, or none, drops the decodes that are pending, with AbortError.
        """
        return self._selected

    @selected.setter
    def selected(self, selected: bool) -> None:
        self._select(self, bool(selected))


class ImageTrackList:
    """The tracks of an image, none before `ready` is resolved; like a list."""

    def __init__(self) -> None:
        self._tracks: list[ImageTrack] = []
        self._ready: Promise[None] = Promise()

    @property
    def ready(self) -> Promise[None]:
        """Resolved once the tracks are known; rejected if they never will be."""
        return self._ready

    @property
    def length(self) -> int:
        """How many tracks there are; `len()` says it too."""
        return len(self._tracks)

    @property
    def selected_index(self) -> int:
        """Which track is selected; -1 for none."""
        return next((i for i, track in enumerate(self._tracks) if track.selected), -1)

    @property
    def selected_track(self) -> ImageTrack | None:
        """The track that is selected, if one is."""
        return next((track for track in self._tracks if track.selected), None)

    def __len__(self) -> int:
        return len(self._tracks)

    def __getitem__(self, index: int) -> ImageTrack:
        return self._tracks[index]

    def __iter__(self) -> Iterator[ImageTrack]:
        return iter(tuple(self._tracks))
