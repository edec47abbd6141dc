"""Events as on the web: listeners by name, and handlers as attributes (DOM, section 2)."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["Event", "EventHandler", "EventListener", "EventTarget", "callback_of", "taking"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        type: Its name, such as "dequeue".
        target: The object it happened to.
    """

    type: str
    target: object


EventListener: TypeAlias = Callable[..., object]


def taking(callback: Callable[..., object], most: int) -> Callable[..., object]:
    """Call a function with no more arguments than it takes, as JavaScript does.

    Args:
        callback: The function.
        most: How many arguments there are to give.

    Returns:
        A function of `most` arguments; the callback itself where it takes them all.
    """
    try:
        parameters = inspect.signature(callback).parameters.values()
    except (TypeError, ValueError):  # a builtin that does not say: it gets them all
        return callback
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return callback
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    count = sum(parameter.kind in by_position for parameter in parameters)
    if count >= most:
        return callback
    return lambda *args: callback(*args[:count])


def callback_of(function: Callable[..., object], most: int) -> Callable[..., object]:
    """As `taking`, of a function whose result nobody looks at.

    Raises:
        TypeError: It is an async function, of which nothing would ever run.
    """
    if inspect.iscoroutinefunction(function):
        raise TypeError(
            f"a codec's callback is called and not awaited, so not {function!r}: give a plain "
            "function, which may create a task"
        )
    return taking(function, most)


@dataclass(eq=False, slots=True)
class _Registration:
    type: str
    listener: EventListener
    call: Callable[..., object]
    once: bool
    removed: bool = False


class EventTarget:
    """Something that events happen to."""

    def __init__(self) -> None:
        self._registrations: list[_Registration] = []
        self._handlers: dict[str, _Registration] = {}

    def add_event_listener(
        self,
        type: str,  # noqa: A002 - the web's name
        listener: EventListener | None,
        options: Mapping[str, Any] | bool | None = None,  # noqa: FBT001 - as on the web
        *,
        once: bool = False,
    ) -> None:
        """Have a function called with each event of a name; a second time is ignored.

        Args:
            type: The event's name.
            listener: The function, which may take no argument; None is ignored.
            options: A dict whose "once" counts. The web's others mean nothing here: events have
                one target and cannot be cancelled.
            once: Remove it after the first event.

        Raises:
            TypeError: The listener is no function, or an async one.
        """
        if listener is None:
            return
        if not callable(listener):
            raise TypeError(f"a listener is a function, not {listener!r}")
        if isinstance(options, Mapping):
            once = once or bool(options.get("once"))
        if self._find(type, listener) is None:
            self._register(type, listener, once=once)

    def remove_event_listener(
        self,
        type: str,  # noqa: A002 - the web's name
        listener: EventListener | None,
        options: Mapping[str, Any] | bool | None = None,  # noqa: ARG002, FBT001 - as on the web
    ) -> None:
        """Undo `add_event_listener`; ignored when there is no such listener."""
        found = self._find(type, listener)
        if found is not None:
            self._unregister(found)

    def dispatch_event(self, event: Event) -> bool:
        """Call all listeners of the event's name, in the order in which they were added.

        An exception in one does not keep the others from being called; it goes to the same place
        as exceptions in other callbacks.

        Returns:
            True: no event here can be cancelled.
        """
        for registration in tuple(self._registrations):
            if registration.type != event.type or registration.removed:
                continue
            if registration.once:
                self._unregister(registration)
            try:
                registration.call(event)
            except Exception as error:  # noqa: BLE001 - one listener must not silence the others
                self._report_listener(error)
        return True

    def _report_listener(self, error: Exception) -> None:
        sys.excepthook(type(error), error, error.__traceback__)

    def _find(self, name: str, listener: EventListener | None) -> _Registration | None:
        handler = self._handlers.get(name)
        for registration in self._registrations:
            if registration is handler or registration.type != name:
                continue
            if registration.listener == listener:
                return registration
        return None

    def _register(self, name: str, listener: EventListener, *, once: bool) -> _Registration:
        registration = _Registration(name, listener, callback_of(listener, 1), once)
        self._registrations.append(registration)
        return registration

    def _unregister(self, registration: _Registration) -> None:
        registration.removed = True
        self._registrations = [other for other in self._registrations if other is not registration]


class EventHandler:
    """A handler as an attribute: `target.ondequeue = function`, or None for none (HTML, 8.1.8).

    Args:
        name: The event's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, target: EventTarget | None, owner: type[Any]) -> Any:  # noqa: ANN401 - the function, or from the class this
        if target is None:
            return self
        registration = target._handlers.get(self._name)  # noqa: SLF001 - the two are one
        return None if registration is None else registration.listener

    def __set__(self, target: EventTarget, listener: EventListener | None) -> None:
        # As on the web, what is not a function is no handler, and a new one keeps the old's place.
        old = target._handlers.get(self._name)  # noqa: SLF001 - the two are one
        if not callable(listener):
            if old is not None:
                target._unregister(old)  # noqa: SLF001 - the two are one
                del target._handlers[self._name]  # noqa: SLF001 - the two are one
        elif old is None:
            new = target._register(self._name, listener, once=False)  # noqa: SLF001 - the two are one
            target._handlers[self._name] = new  # noqa: SLF001 - the two are one
        else:
            old.call, old.listener = callback_of(listener, 1), listener
