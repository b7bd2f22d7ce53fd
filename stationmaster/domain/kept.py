"""How an event is kept until it is told: with ids where a snapshot would lie by then.

A session that is told again after an hour may have been corrected meanwhile. Its topic says with `@rebuilds` how it is found.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, get_type_hints

import msgspec

from stationmaster.domain.events import Event
from stationmaster.storage import Work

E = TypeVar("E", bound=Event)
F = TypeVar("F", bound=Callable[..., Any])
_finders: dict[type, Callable[[Work, str], Any]] = {}


def rebuilds(function: F) -> F:
    """Register `function(work, id)` as what finds the thing it returns; of events only its id is kept."""
    _finders[get_type_hints(function)["return"]] = function
    return function


def written(event: Event) -> str:
    """The event as it is kept."""
    snapshots = _snapshots(type(event))
    if not snapshots:
        return msgspec.json.encode(event).decode()
    fields = msgspec.structs.asdict(event)
    return msgspec.json.encode(fields | {name: fields[name].id for name in snapshots}).decode()


def read(work: Work, kind: type[E], text: str) -> E:
    """The event as it is true now. Raises what the finders raise, when the thing it is about is no more."""
    snapshots = _snapshots(kind)
    if not snapshots:
        return msgspec.json.decode(text, type=kind)
    fields = msgspec.json.decode(text)
    for name, find in snapshots.items():
        fields[name] = msgspec.to_builtins(find(work, fields[name]))
    return msgspec.convert(fields, kind)


@cache
def _snapshots(kind: type[Event]) -> dict[str, Callable[[Work, str], Any]]:
    return {name: _finders[hint] for name, hint in get_type_hints(kind).items() if hint in _finders}
