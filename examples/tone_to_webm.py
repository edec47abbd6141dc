"""Make a tone and encode it with Opus to a WebM.

python examples/tone_to_webm.py tone.webm
"""

from __future__ import annotations

import argparse

import numpy as np

from stripline.webcodecs import AudioData, AudioEncoder
from stripline.webcodecs.containers import Muxer

RATE = 48_000
BLOCK = 4_800  # a tenth of a second


def main() -> None:
    """Encode two channels, the right one a fifth above the left one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output")
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()

    samples = np.arange(int(options.seconds * RATE)) / RATE
    tone = np.stack([np.sin(2 * np.pi * pitch * samples) for pitch in (440, 660)], axis=1) * 0.3
    with Muxer(options.output) as muxer, AudioEncoder(output=muxer.write, error=print) as encoder:
        encoder.configure(codec="opus", sample_rate=RATE, number_of_channels=2, bitrate=96_000)
        for begin in range(0, len(tone), BLOCK):
            block = tone[begin : begin + BLOCK].astype(np.float32)
            with AudioData(
                format="f32",
                sample_rate=RATE,
                number_of_frames=len(block),
                number_of_channels=2,
                timestamp=begin * 1_000_000 // RATE,
                data=block,
            ) as data:
                encoder.encode(data)
    print(f"{options.output}: {options.seconds:g} seconds")


if __name__ == "__main__":
    main()
