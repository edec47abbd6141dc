"""What does the WebCodecs API cost, and how well do two encoders share two cores?

The reference is a plain loop over PyAV (`from_ndarray`, `encode`, `decode`). Encoders are the very
same, opened with the same options. Decoders are compared twice: with the loop as PyAV opens a
decoder, and ("same decoder") as stripline does, which spreads the work over the processors. There,
what the API costs comes on top, as all processors are busy already. For AV1 the two are one: dav1d
takes all processors by itself. 300 frames of 1280 x 720 come
as numpy arrays; contestants take turns, rounds repeat, and the ratio is the median of the rounds'
ratios. A ratio above 1 means that stripline is faster: it copies a picture while the encoder works
on the one before. Two encoders at once are compared with one, both of pictures that are handed over
and not copied (`transfer`), and ("two that copy") of pictures that are copied: the copies of both
come from one thread, and wait for the memory. The same ratio of processor time says what the API
costs on a machine that is busy with other things, where the first one cannot be relied upon.

webcodecs-py is measured where it is installed (it needs Python 3.12). It brings libraries of its
own (libvpx, libaom), and does not keep to the bitrate that it is given, so stripline is given the
bitrate of what came out of it: files of the same size, made in realtime mode, on one thread. Their
qualities (PSNR of the luma) are printed.

    python benchmarks/webcodecs.py --quick
    python benchmarks/webcodecs.py --check     # exit code 1 if it is not as fast as is claimed
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from typing import TYPE_CHECKING, Any

from bench_video_peers import (
    config_for,
    decode,
    decode_plainly,
    encode,
    encode_plainly,
    encode_with_webcodecs_py,
    make_clip,
    psnr,
    rate_of,
    webcodecs_py,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench_video_peers import Clip, Took

CODECS = {
    "h264": "avc1.42E01F",
    "vp8": "vp8",
    "vp9": "vp09.00.31.08",
    "av1": "av01.0.05M.08",
}
CLAIMS = {
    "encode": 0.97,
    "decode": 0.97,
    "same decoder": 0.8,
    "two encoders": 1.8,
    "two that copy": 1.65,
}
# Of what webcodecs-py has, with these two stripline is ahead, with this one level within noise.
AHEAD, LEVEL = ("vp9", "av1"), ("vp8",)
LEVEL_CLAIM = 0.95


class Ratios:
    """Ratios of several rounds, by name."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}
        self.seconds: dict[str, list[float]] = {}

    def add(self, name: str, ours: Took, theirs: Took, work: int = 1) -> None:
        """Take what a round took; we did `work` times as much."""
        self.found.setdefault(name, []).append(work * theirs.seconds / ours.seconds)
        self.cpu.setdefault(name, []).append(work * theirs.cpu / ours.cpu)
        self.seconds.setdefault(name, []).append(ours.seconds / work)

    def median(self, name: str) -> float:
        """The ratio: above 1, stripline is faster."""
        return statistics.median(self.found[name])


def measure(codec: str, clip: Clip, rounds: int) -> Ratios:
    """Let stripline and PyAV encode and decode, in turns."""
    config, ratios = config_for(codec), Ratios()
    for index in range(rounds + 1):
        ours, chunks = encode(config, clip)
        decoder_config = chunks[0][1]["decoder_config"]
        decoded = decode(decoder_config, chunks)
        handed_over = encode(config, clip, copied=False)[0]
        measured = [
            ("encode", ours, encode_plainly(config, clip), 1),
            ("decode", decoded, decode_plainly(decoder_config, chunks, same=False), 1),
            ("same decoder", decoded, decode_plainly(decoder_config, chunks, same=True), 1),
            # Twice the work in less than twice the time: the ratio is that of the throughputs.
            ("two encoders", encode(config, clip, 2, copied=False)[0], handed_over, 2),
            ("two that copy", encode(config, clip, 2)[0], ours, 2),
        ]
        if index:  # the first round warms up
            for name, mine, other, work in measured:
                ratios.add(name, mine, other, work)
    return ratios


def measure_peer(peer: Any, codec: str, clip: Clip, rounds: int, ratios: Ratios) -> None:  # noqa: ANN401 - a module that may be missing
    """Let stripline and webcodecs-py encode to the same size, in turns; print the qualities."""
    config = config_for(codec)
    _, theirs = encode_with_webcodecs_py(peer, config, clip)
    same_size = {**config, "bitrate": rate_of(theirs)}
    _, chunks = encode(same_size, clip)
    for name, data in (("stripline", [bytes(c) for c, _ in chunks]), ("webcodecs-py", theirs)):
        decibels = psnr(config, data, clip)
        print(f"      {name:<14} {sum(map(len, data)) / 1000:>8,.0f} kB {decibels:>6.2f} dB")
    for _ in range(rounds):
        ours = encode(same_size, clip)[0]
        ratios.add("webcodecs-py", ours, encode_with_webcodecs_py(peer, config, clip)[0])


def claims(name: str, ratios: Ratios) -> dict[str, float]:
    """What is claimed of a codec."""
    claimed = dict(CLAIMS)
    if name == "av1":
        claimed["decode"] = CLAIMS["same decoder"]
    if "webcodecs-py" in ratios.found:
        claimed["webcodecs-py"] = 1.0 if name in AHEAD else LEVEL_CLAIM
    return claimed


def report(name: str, clip: Clip, ratios: Ratios, *, check: bool) -> bool:
    """Print a codec's ratios; whether all claims hold."""
    good = True
    for what, least in claims(name, ratios).items():
        ratio = ratios.median(what)
        speed = clip.count / statistics.median(ratios.seconds[what])
        verdict = ("ok    " if ratio >= least else "FAIL  ") if check else ""
        good &= ratio >= least
        cpu = statistics.median(ratios.cpu[what])
        print(
            f"{verdict}{name:<6} {what:<14} {ratio:>6.2f}x  CPU {cpu:>5.2f}x"
            f" {speed:>6.0f} frames/s",
            flush=True,
        )
    return good


def main(arguments: Sequence[str]) -> int:
    """Run with the given command line and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--codecs", default=",".join(CODECS), metavar="NAME,…")
    parser.add_argument("--check", action="store_true", help="compare with what is claimed")
    parser.add_argument("--quick", action="store_true", help="60 frames, 3 rounds")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.frames = 3, 60
    names = options.codecs.split(",")
    if not set(names) <= set(CODECS):
        parser.error(f"codecs are {', '.join(CODECS)}")
    peer = webcodecs_py()
    if peer is None:
        print("left out: webcodecs-py is not installed (it needs Python 3.12)")
    cores = os.cpu_count() or 1
    print(f"{options.frames} frames, {options.rounds} rounds, {cores} processors; medians")
    clip = make_clip(options.frames)
    good = True
    for name in names:
        ratios = measure(CODECS[name], clip, options.rounds)
        if peer is not None and name in (*AHEAD, *LEVEL):
            measure_peer(peer, CODECS[name], clip, options.rounds, ratios)
        good &= report(name, clip, ratios, check=options.check)
    return 0 if good or not options.check else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
