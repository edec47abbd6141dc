"""Letter G: AudioDecoder."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stripline.webcodecs import NotSupportedError
from stripline.webcodecs.audio_decoder import AudioDecoder
from tests.conformance.webcodecs.audio import audio_decoder
from tests.conformance.webcodecs.video import Recorder


@pytest.mark.parametrize(
    "config",
    [
        {"codec": "opus", "number_of_channels": 3},
        {"codec": "opus", "number_of_channels": 16},
        {"codec": "opus", "number_of_channels": 3, "description": bytes(9)},
        {"codec": "opus", "number_of_channels": 16, "description": b"OpusHead\1"},
        {"codec": "vorbis", "number_of_channels": 2},
        {"codec": "flac", "number_of_channels": 2},
    ],
)
def test_wpt_071_a_description_is_missing(config: dict[str, Any]) -> None:
    async def run() -> None:
        members = {**config, "sample_rate": 48_000}
        record = Recorder()
        decoder = audio_decoder(record, members)
        assert decoder.state == "configured"
        with pytest.raises(NotSupportedError):
            await decoder.flush()
        assert [type(error) for error in record.errors] == [NotSupportedError]
        assert record.states == ["closed"]
        support = await AudioDecoder.is_config_supported(members)
        assert support["supported"] is False

    asyncio.run(run())
