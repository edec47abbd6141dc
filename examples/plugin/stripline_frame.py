"""A step that draws a border, and an encoder of portable pixmaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from stripline.image.encode.encoder import Traits
from stripline.image.settings import Colour, Settings
from stripline.image.steps.resize import background_levels

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.image.output import Output
    from stripline.image.picture import Picture
    from stripline.streams import Sink


class FrameSettings(Settings):
    """How the border looks."""

    thickness: Annotated[int, Field(ge=1, le=1000)] = 8
    """Pixels on each side, outside the picture."""
    colour: Colour = (0, 0, 0)
    """Of the border; of its brightness alone around a grey picture."""


class Frame:
    """Draws a border around each frame of a picture."""

    Settings = FrameSettings

    def apply(self, picture: Picture, settings: FrameSettings) -> Picture:
        """The picture, larger by the border."""
        side = settings.thickness

        def framed(pixels: Any) -> Any:  # noqa: ANN401 - libvips has no types
            return pixels.embed(
                side,
                side,
                pixels.width + 2 * side,
                pixels.height + 2 * side,
                extend="background",
                background=background_levels(pixels, settings.colour)[: pixels.bands],
            )

        return picture.with_frames(framed)


class PpmEncoder:
    """Writes binary portable pixmaps (netpbm: ppm(5)) and graymaps."""

    traits = Traits(
        name="ppm",
        extension="ppm",
        media_type="image/x-portable-anymap",
        alpha=False,
        animation=False,
        lossy=False,
        lossless=True,
        max_side=1_000_000,
        quality=None,
    )

    def write(
        self,
        picture: Picture,
        output: Output,  # noqa: ARG002 - there is nothing to choose
        sink: Sink,
        *,
        quality: int | None = None,  # noqa: ARG002 - nor here
        pool: Executor | None = None,  # noqa: ARG002 - nor anything to do at once
    ) -> None:
        """A header and the pixels."""
        magic = "P5" if picture.pixels.bands == 1 else "P6"
        sink.write(f"{magic} {picture.width} {picture.height} 255\n".encode())
        sink.write(picture.pixels.write_to_memory())

    def resolved_settings(self, output: Output) -> dict[str, Any]:  # noqa: ARG002 - none
        """Nothing."""
        return {}
