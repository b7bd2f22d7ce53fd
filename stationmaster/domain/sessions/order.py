"""Which of its numbered events a station has told, when they come in any order (2.x, TX-21, TX-24): pure.

A gap is a range of numbers `[first, last]` between those that were heard. Numbers need not begin with 0: some stations count
on from one transaction to the next, so only the event that says "started" tells where they begin.
"""

from __future__ import annotations

from typing import NamedTuple

Gaps = list[list[int]]

MAX_GAPS = 50  # of one session; beyond that the oldest are forgotten


class Heard(NamedTuple):
    """The highest number, and what is missing below it."""

    sequence: int | None
    gaps: Gaps


def hear(known: Heard, number: int | None, *, begins: bool) -> Heard:
    """What is known after one more event; `begins`: there is none before it."""
    if number is None:
        return known
    sequence, gaps = known
    if sequence is None:
        gaps = [] if begins or number == 0 else [[0, number - 1]]
        return Heard(number, gaps)
    if number > sequence:
        if number > sequence + 1:
            gaps = [*gaps, [sequence + 1, number - 1]]
    elif gaps:
        gaps = [part for gap in gaps for part in _without(gap, number)]
    if begins and gaps:
        gaps = [[max(first, number), last] for first, last in gaps if last >= number]
    return Heard(max(sequence, number), gaps[-MAX_GAPS:])


def is_known(known: Heard, number: int | None) -> bool:
    """Whether an event of this number was told before."""
    if number is None or known.sequence is None or number > known.sequence:
        return False
    return not any(first <= number <= last for first, last in known.gaps)


def mark(flags: list[str], heard: Heard) -> None:
    """A person sees that something is missing, for as long as it is."""
    if heard.gaps and "gaps" not in flags:
        flags.append("gaps")
    elif not heard.gaps and "gaps" in flags:
        flags.remove("gaps")


def _without(gap: list[int], number: int) -> Gaps:
    first, last = gap
    if not first <= number <= last:
        return [gap]
    return [part for part in ([first, number - 1], [number + 1, last]) if part[0] <= part[1]]
