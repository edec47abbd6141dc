"""The quantizer of each frame, for the bitrate mode "quantizer".

libvpx takes another `qmax` between frames. x264 and x265 take offsets to the quantizer of regions,
here one region that is the whole picture, when they run at a constant rate factor with adaptive
quantization in all but name. SVT-AV1 keeps the one it is opened with, so another one means another
encoder, which begins with a key frame.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av import av

if TYPE_CHECKING:
    from collections.abc import Mapping

    from av.filter import Graph
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

    from stripline.webcodecs._av_encode_plan import EncoderPlan

__all__ = ["Quantizer", "wanted_quantizer"]

# The constant rate factor that `_av_encode_plan` gives, from which offsets count.
_BASE: Final = 26
_AVC_MOST: Final = 51
_VPX_MOST: Final = 63
# Where a frame says nothing: middling quality.
_DEFAULT: Final = {"roi": 26, "qmax": 32, "reopen": 32}


def wanted_quantizer(plan: EncoderPlan, options: Mapping[str, Any]) -> int | None:
    """The quantizer of a frame, from `options[codec]["quantizer"]`; None in other modes."""
    if not plan.quantizer:
        return None
    wanted: int = options.get(plan.codec.kind, {}).get("quantizer", _DEFAULT[plan.quantizer])
    # The registrations allow up to 255, libvpx and SVT-AV1 have 63: what is above is the coarsest.
    return wanted if plan.quantizer == "roi" else min(wanted, _VPX_MOST)


class Quantizer:
    """Sets the quantizer of frames before they are encoded; does nothing in other modes.

    Args:
        plan: The encoder's plan.
        config: The encoder's configuration.
        context: The encoder.
    """

    def __init__(
        self, plan: EncoderPlan, config: Mapping[str, Any], context: VideoCodecContext
    ) -> None:
        self._how = plan.quantizer
        self._size = (config["width"], config["height"])
        self._context = context
        self._graphs: dict[int, Graph] = {}

    def apply(self, picture: VideoFrame, wanted: int | None) -> VideoFrame:
        """Give a frame its quantizer.

        Returns:
            The frame to encode.
        """
        if wanted is None or self._how == "reopen":
            return picture
        if self._how == "qmax":
            self._context.qmax = wanted
            return picture
        # With the base quantizer too, an offset of 0. Where a picture brings none, x265 keeps those
        # of an earlier one in the buffer that it recycles, and makes no room for a later one's: it
        # crashed then.
        graph = self._graphs.get(wanted)
        if graph is None:
            graph = self._graphs[wanted] = self._region_graph(wanted)
        kind = picture.pict_type
        graph.push(picture)
        marked = graph.pull()
        assert isinstance(marked, av.VideoFrame)  # noqa: S101 - a video graph gives nothing else
        marked.pict_type = kind
        return marked

    def _region_graph(self, quantizer: int) -> Graph:
        width, height = self._size
        graph = av.filter.Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=width,
            height=height,
            format=self._context.format,
            time_base=Fraction(1, 1_000_000),
        )
        offset = f"{quantizer - _BASE}/{_AVC_MOST}"
        region = graph.add("addroi", f"0:0:{width}:{height}:{offset}")
        sink = graph.add("buffersink")
        source.link_to(region)
        region.link_to(sink)
        graph.configure()
        return graph
