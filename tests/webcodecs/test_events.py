from __future__ import annotations

from typing import Any

import pytest

from stripline.webcodecs.events import Event, EventHandler, EventTarget, taking


class Target(EventTarget):
    onfire = EventHandler("fire")


def fire(target: Target) -> None:
    assert target.dispatch_event(Event("fire", target))


def test_listeners_are_called_in_order_and_once_each() -> None:
    target = Target()
    seen: list[object] = []

    def first(event: Event) -> None:
        seen.append(("first", event.type, event.target is target))

    target.add_event_listener("fire", first)
    target.add_event_listener("fire", first)
    target.onfire = lambda: seen.append("handler")
    target.add_event_listener("fire", lambda _: seen.append("once"), once=True)
    target.add_event_listener("other", lambda _: seen.append("never"))
    fire(target)
    fire(target)
    assert seen == [
        ("first", "fire", True),
        "handler",
        "once",
        ("first", "fire", True),
        "handler",
    ]
    target.remove_event_listener("fire", first)
    target.remove_event_listener("fire", first)
    target.onfire = None
    fire(target)
    assert len(seen) == 5


def test_a_handler_keeps_its_place() -> None:
    target, seen = Target(), []
    target.onfire = lambda: seen.append("old")
    target.add_event_listener("fire", lambda: seen.append("listener"))
    handler = lambda: seen.append("new")  # noqa: E731 - compared below
    target.onfire = handler
    assert target.onfire is handler
    fire(target)
    assert seen == ["new", "listener"]
    handlers: Any = target
    handlers.onfire = "no function"
    assert handlers.onfire is None
    assert isinstance(Target.onfire, EventHandler)


def test_a_listener_may_also_be_the_handler() -> None:
    target, seen = Target(), []

    def listener() -> None:
        seen.append(1)

    target.onfire = listener
    target.add_event_listener("fire", listener)
    target.remove_event_listener("fire", listener)
    fire(target)
    assert seen == [1]


def test_one_that_removes_another_and_one_that_raises(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target, seen, reported = Target(), [], []
    monkeypatch.setattr("sys.excepthook", lambda kind, *_: reported.append(kind))

    def second() -> None:
        seen.append("second")

    def first() -> None:
        target.remove_event_listener("fire", second)
        raise KeyError

    target.add_event_listener("fire", first)
    target.add_event_listener("fire", second)
    target.add_event_listener("fire", lambda: seen.append("third"))
    fire(target)
    assert (seen, reported) == (["third"], [KeyError])


def test_a_listener_is_a_function() -> None:
    target: Any = Target()
    with pytest.raises(TypeError, match="function"):
        target.add_event_listener("fire", 5)
    target.add_event_listener("fire", None)  # as on the web
    target.remove_event_listener("fire", None)
    fire(target)


def test_a_listener_is_not_async() -> None:
    async def later() -> None:
        """Would never run."""

    target = Target()
    seen: list[Event] = []
    target.onfire = seen.append
    with pytest.raises(TypeError, match="not awaited"):
        target.add_event_listener("fire", later)
    with pytest.raises(TypeError, match="not awaited"):
        target.onfire = later
    fire(target)
    assert len(seen) == 1


def test_listeners_take_the_webs_options() -> None:
    target, seen = Target(), []
    once, often = (lambda: seen.append("once")), (lambda: seen.append("often"))
    target.add_event_listener("fire", once, {"once": True, "passive": True})
    target.add_event_listener("fire", often, True)
    fire(target)
    fire(target)
    target.remove_event_listener("fire", often, True)
    fire(target)
    assert seen == ["once", "often", "often"]


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        (lambda: (), ()),
        (lambda one: (one,), (1,)),
        (lambda one, two: (one, two), (1, 2)),
        (lambda *all_: all_, (1, 2)),
        (lambda one, two=0, three=0: (one, two, three), (1, 2, 0)),
        (lambda one, *, more=0: (one, more), (1, 0)),
    ],
)
def test_a_function_gets_no_more_than_it_takes(callback: Any, expected: tuple[int, ...]) -> None:
    assert taking(callback, 2)(1, 2) == expected


def test_builtins_get_everything() -> None:
    found: list[int] = []
    taking(found.append, 1)(7)
    assert found == [7]
