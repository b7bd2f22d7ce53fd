"""What a car did, second by second in spans: it charged, stood there, or was kept waiting."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

from stationmaster.domain.money.facts import SessionFacts, State
from stationmaster.domain.money.register import Register, second_of
from stationmaster.domain.money.tariff_version import TariffVersion

Doing = Literal["charging", "parked", "grace", "paused"]

_BY_STATE: dict[State, Doing] = {
    "suspended_by_car": "parked",
    "connected": "parked",
    "suspended_by_charger": "paused",
    "idle": "paused",
}


class Span(NamedTuple):
    """From a second until before another, since the session began."""

    begin_s: int
    end_s: int
    doing: Doing


def spans(facts: SessionFacts, register: Register, begin: int, version: TariffVersion) -> list[Span]:
    """The whole session, in order. The first seconds of each time that the car is parked are grace."""
    merged: list[Span] = []
    for span in _by_word_or_power(facts, register, begin, version.idle_below_w):
        if merged and merged[-1].doing == span.doing:
            merged[-1] = merged[-1]._replace(end_s=span.end_s)
        else:
            merged.append(span)
    return [piece for span in merged for piece in _with_grace(span, version.grace_minutes * 60)]


def _with_grace(span: Span, grace_s: int) -> Iterator[Span]:
    if span.doing != "parked" or not grace_s:
        yield span
        return
    paid_from = min(span.begin_s + grace_s, span.end_s)
    yield Span(span.begin_s, paid_from, "grace")
    if paid_from < span.end_s:
        yield Span(paid_from, span.end_s, "parked")


def _by_word_or_power(facts: SessionFacts, register: Register, begin: int, idle_below_w: int) -> Iterator[Span]:
    """The station's word; where it says that the car charges, or nothing, the power."""
    changes = register.idle_changes(idle_below_w)
    for begin_s, end_s, state in _words(facts, begin, register.length_s):
        doing = _BY_STATE.get(state)
        if doing is not None:
            yield Span(begin_s, end_s, doing)
        else:
            yield from _by_power(changes, begin_s, end_s)


def _words(facts: SessionFacts, begin: int, length_s: int) -> Iterator[tuple[int, int, State]]:
    """What the station said, and from when until when."""
    state: State = "unknown"
    since_s = 0
    for change in facts.states:
        second = second_of(change.at) - begin
        if second >= length_s:
            break
        if second > since_s:
            yield since_s, second, state
            since_s = second
        state = change.state
    yield since_s, length_s, state


def _by_power(changes: list[tuple[int, bool]], begin_s: int, end_s: int) -> Iterator[Span]:
    """Charging or parked, between two seconds."""
    for (since_s, idle), (until_s, _) in pairwise([*changes, (end_s, False)]):
        first, last = max(since_s, begin_s), min(until_s, end_s)
        if first < last:
            yield Span(first, last, "parked" if idle else "charging")
