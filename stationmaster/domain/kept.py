"""How an event is kept until it is told: with ids where a snapshot would lie by then.

A session that is told again after an hour may have been corrected meanwhile. Its topic says with `@rebuilds` how it is found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from stationmaster.domain.errors import NotFound
from stationmaster.domain.events import Event
from stationmaster.storage import Work

E = TypeVar("E", bound=Event)
F = TypeVar("F", bound=Callable[..., Any])
Find = Callable[[Work, Collection[str]], dict[str, Any]]
_finders: dict[type, Find] = {}


def rebuilds(function: F) -> F:
    """Register `function(work, ids)` as what finds the things it returns, by their ids; of events only the id is kept."""
    _, thing = get_args(get_type_hints(function)["return"])
    _finders[thing] = function
    return function


def written(event: Event) -> str:
    """The event as it is kept."""
    snapshots = _snapshots(type(event))
    if not snapshots:
        return msgspec.json.encode(event).decode()
    fields = msgspec.structs.asdict(event)
    return msgspec.json.encode(fields | {name: fields[name].id for name in snapshots}).decode()


def read(work: Work, kind: type[E], text: str) -> E:
    """The event as it is true now. Raises `NotFound` when the thing it is about is no more."""
    return _event(kind, text, _things(work, [(kind, text)]))


def read_all(work: Work, told: Sequence[tuple[type[E], str]]) -> list[E | None]:
    """The same of many, with one question for all things of a kind. None for what cannot be read, or is about what is no more."""
    things = _things(work, told)
    found: list[E | None] = []
    for kind, text in told:
        try:
            found.append(_event(kind, text, things))
        except (NotFound, KeyError, msgspec.DecodeError):
            found.append(None)
    return found


Things = dict[Find, dict[str, Any]]


def _things(work: Work, told: Iterable[tuple[type[E], str]]) -> Things:
    """What these events are about, by its id."""
    wanted: dict[Find, set[str]] = {}
    for kind, text in told:
        for name, find in _snapshots(kind).items():
            wanted.setdefault(find, set()).add(str(msgspec.json.decode(text).get(name)))
    return {find: find(work, ids) for find, ids in wanted.items()}


def _event(kind: type[E], text: str, things: Things) -> E:
    snapshots = _snapshots(kind)
    if not snapshots:
        return msgspec.json.decode(text, type=kind)
    fields = msgspec.json.decode(text)
    for name, find in snapshots.items():
        thing = things[find].get(fields[name])
        if thing is None:
            raise NotFound("there is no {name} {id} any more", name=name, id=fields[name])
        fields[name] = msgspec.to_builtins(thing)
    return msgspec.convert(fields, kind)


@cache
def _snapshots(kind: type[Event]) -> dict[str, Find]:
    return {name: _finders[hint] for name, hint in get_type_hints(kind).items() if hint in _finders}
