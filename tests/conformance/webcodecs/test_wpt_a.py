"""Letter A: construction, configuration and the query for support, of any codec."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from stripline.webcodecs import NotSupportedError
from tests.conformance.webcodecs.codecs import KINDS
from tests.conformance.webcodecs.video import Recorder

if TYPE_CHECKING:
    from tests.conformance.webcodecs.codecs import Kind

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@every_kind
def test_wpt_002_configure_returns_at_once(kind: Kind) -> None:
    codec = kind.new(Recorder())
    for _ in range(2):
        codec.configure(kind.valid)
        assert codec.state == "configured"
    codec.close()


@every_kind
@pytest.mark.parametrize("name", [None, "", " ", "\t\n"])
def test_wpt_003_an_empty_codec_is_a_type_error(kind: Kind, name: str | None) -> None:
    codec = kind.new(Recorder())
    wrong = {**kind.valid, "codec": name}
    if name is None:
        del wrong["codec"]
    for state in ("unconfigured", "configured"):
        with pytest.raises(TypeError):
            codec.configure(wrong)
        assert codec.state == state
        codec.configure(kind.valid)
    codec.close()


@every_kind
def test_wpt_004_005_an_unknown_codec_is_reported_later(kind: Kind) -> None:
    async def run() -> None:
        record = Recorder()
        codec = kind.new(record, **{**kind.valid, "codec": "bogus"})
        assert (codec.state, record.errors) == ("configured", [])
        seen: list[int] = []
        flush = codec.flush()
        flush.add_done_callback(lambda _: seen.append(len(record.errors)))
        with pytest.raises(NotSupportedError):
            await flush
        assert (seen, record.states) == ([1], ["closed"])
        assert isinstance(record.errors[0], NotSupportedError)

    asyncio.run(run())


@every_kind
def test_wpt_007_the_echo_knows_only_known_members(kind: Kind) -> None:
    async def run() -> None:
        given: dict[str, Any] = {**kind.valid, "future_config_feature": "foo"}
        if kind.nested:
            given[kind.nested] = {"bogus": 1}
        support = await kind.codec.is_config_supported(given)
        assert support["supported"] is True
        assert kind.valid.items() <= support["config"].items()
        assert "future_config_feature" not in support["config"]
        assert not kind.nested or "bogus" not in support["config"][kind.nested]
        assert support["config"] is not given

    asyncio.run(run())


def test_wpt_007_members_are_kept_and_the_description_copied() -> None:
    async def run() -> None:
        encoder = KINDS["VideoEncoder"]
        more = {
            "bitrate_mode": "constant",
            "latency_mode": "realtime",
            "alpha": "discard",
            "avc": {"format": "annexb"},
            "codec": "avc1.42001E",
        }
        support = await encoder.codec.is_config_supported(encoder.valid, **more)
        assert {name: support.config[name] for name in more} == more
        given = {"codec": "vp8", "rotation": 90, "flip": True, "description": bytes([1, 2, 3])}
        support = await KINDS["VideoDecoder"].codec.is_config_supported(given)
        assert given.items() <= support.config.items()
        assert support.config["description"] is not given["description"]
        support = await KINDS["VideoDecoder"].codec.is_config_supported(codec="vp8")
        assert "description" not in support.config

    asyncio.run(run())


@pytest.mark.parametrize("codec", ["avc1.42001E", "avc3.42001E"])
def test_wpt_009_both_names_of_h264(codec: str) -> None:
    async def run() -> None:
        record = Recorder()
        decoder = record.decoder(codec=codec)
        await decoder.flush()
        assert (decoder.state, record.errors) == ("configured", [])
        decoder.close()

    asyncio.run(run())
