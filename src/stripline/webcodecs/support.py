"""The answer of `is_config_supported()`, found on a thread (section 7.1)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from stripline.webcodecs.configs import ConfigSupport
from stripline.webcodecs.exceptions import NotSupportedError
from stripline.webcodecs.promise import Promise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["answer"]


def answer(
    check: Callable[[Mapping[str, Any] | None, Mapping[str, Any]], dict[str, Any]],
    config: Mapping[str, Any] | None,
    members: Mapping[str, Any],
    attempt: Callable[[dict[str, Any]], None],
) -> Promise[ConfigSupport]:
    """Check a configuration, and try it.

    Args:
        check: Checks and copies it, or raises TypeError.
        config: The configuration.
        members: More of its members.
        attempt: Configures a codec, or raises NotSupportedError.
    """
    promise: Promise[ConfigSupport] = Promise()
    try:
        checked = check(config, members)
    except TypeError as error:
        promise.reject(error)
        return promise
    echo = check(checked, {})  # a copy of its own: the caller may change it

    def find_out() -> None:
        try:
            attempt(checked)
        except NotSupportedError:
            promise.resolve(ConfigSupport(supported=False, config=echo))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the promise
            promise.reject(error)
        else:
            promise.resolve(ConfigSupport(supported=True, config=echo))

    threading.Thread(target=find_out, name="stripline-is_config_supported", daemon=True).start()
    return promise
