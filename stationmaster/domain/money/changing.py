"""Prices that follow their changes, where the law of a place wants that: several versions of a tariff as one, each for its own time of a session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from stationmaster.domain.money.register import second_of
from stationmaster.domain.money.tariff_version import Element, TariffVersion


def as_it_changes(begins_at: datetime, versions: Sequence[tuple[datetime, TariffVersion]]) -> TariffVersion:
    """The versions in the order of their times, the first of them in force at the begin, as the one by which a session is priced.

    What holds for a session as a whole (limits, grace, holidays, how a reservation is priced) is that of the first. A version in another
    currency, or with taxes inside where they were outside, cannot go on with a session: that is priced by the one before until its end.
    """
    first = versions[0][1]
    alike = [versions[0]]
    for at, version in versions[1:]:
        if (version.currency, version.tax_included) != (first.currency, first.tax_included):
            break
        alike.append((at, version))
    seconds = [0, *(second_of(at) - second_of(begins_at) for at, _ in alike[1:])]
    elements: list[Element] = [element for element in first.elements if element.restrictions.reservation is not None]
    for index, (_, version) in enumerate(alike):
        until = seconds[index + 1] if index + 1 < len(alike) else None
        elements += [
            cut
            for element in version.elements
            if element.restrictions.reservation is None and (cut := _within(element, seconds[index], until)) is not None
        ]
    return replace(first, elements=tuple(elements))


def _within(element: Element, since: int, until: int | None) -> Element | None:
    """The element between two seconds of a session; None where it does not hold then."""
    held = element.restrictions
    begin = max(since, held.min_duration or 0)
    ends = [end for end in (until, held.max_duration) if end is not None]
    end = min(ends) if ends else None
    if end is not None and end <= begin:
        return None
    return replace(element, restrictions=replace(held, min_duration=begin or None, max_duration=end))
