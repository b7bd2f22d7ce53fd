"""What a registered function asks for, by its signature: `def close_old(work: Work, retention: Retention)`."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from stationmaster.domain.events import Event

Things = Mapping[type, Any]


def name_of(function: Callable[..., Any]) -> str:
    """How it is called in the database and in the log."""
    return f"{function.__module__}.{function.__qualname__}"


@cache
def needs(function: Callable[..., Any], *, after: int = 0) -> Mapping[str, Any]:
    """The parameters behind the first `after`, with their types. Raises `TypeError` for one that has none."""
    hints = get_type_hints(function)
    names = list(inspect.signature(function).parameters)[after:]
    for name in names:
        if name not in hints:
            raise TypeError(f"{name_of(function)}: {name} needs a type")
    return types.MappingProxyType({name: hints[name] for name in names})


def given(function: Callable[..., Any], things: Things, *, after: int = 0) -> dict[str, Any]:
    """The arguments for these parameters, found by their types. Raises `TypeError` for what nobody has put there."""
    found = {}
    for name, kind in needs(function, after=after).items():
        if kind not in things:
            raise TypeError(f"{name_of(function)}: there is no {getattr(kind, '__name__', kind)} to be given as {name}")
        found[name] = things[kind]
    return found


def events_of(function: Callable[..., Any]) -> tuple[type[Event], ...]:
    """The event, or the events, that its second parameter names. Raises `TypeError` where it names none."""
    hint = list(needs(function, after=1).values())[:1]
    events = members(hint[0]) if hint else ()
    if not events or not all(isinstance(event, type) and issubclass(event, Event) for event in events):
        raise TypeError(f"{name_of(function)}: the second parameter must name an event")
    return events


def members(hint: Any) -> tuple[type, ...]:
    """The types in an annotation: of `A | B` both."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
