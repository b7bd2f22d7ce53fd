"""Reports that come in parts: in any order, some twice, some never. One is whole when its last part is known and none before it lacks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple

import msgspec

from stationmaster.domain.commands.history import (
    REPORTED,
    CommandRow,
    by_request_id,
    expire_one,
    progress,
    reporting,
)
from stationmaster.domain.commands.kinds import Command
from stationmaster.domain.commands.named import COMMANDS, AnyCommand
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

Span = tuple[int, int]
AGAIN = "stationmaster"  # who asks for a report that was lost
MAX_SPANS = 200  # a charger that numbers its parts at random is not followed further


def take_part(
    work: Work, station: Station, request_id: int, *, seq: int, more: bool, items: int = 0
) -> CommandRow | None:
    """A part of a report that we have asked for has come, with so many items; the command it belongs to, None when there is none."""
    row = by_request_id(work, station, request_id)
    if row is None:
        return None
    before = (row.data or {}).get("report") or {}
    had = [(first, last) for first, last in before.get("parts", [])]
    parts = with_part(had, seq)
    last = before.get("last") if more else max(seq, before.get("last") or 0)
    missing = gaps(parts, last)
    whole = last is not None and not missing
    report = {
        "parts": parts,
        "last": last,
        "missing": missing,
        "items": before.get("items", 0) + (items if parts != had else 0),
    }
    sentence = "The charger has reported." if whole else "The charger is reporting."
    if missing:
        sentence = f"The report is not whole. Missing: {in_words(missing)}."
    step, ended = (REPORTED, "done") if whole else ("reporting", None)
    progress(work, station, request_id, step, data={"report": report}, ended=ended, sentence=sentence)  # type: ignore[arg-type]
    return row


class Unfinished(NamedTuple):
    """A report that has never come whole, and the command that asks for it."""

    station_id: int
    command: Command


def end_unfinished(work: Work, station_ids: Collection[int], *, quiet_for: timedelta) -> list[Unfinished]:
    """Of these stations, the reports of which a part has come, nothing for so long, and never all of it. They have ended; those
    that we have not asked for a second time already are to be asked for again."""
    lost = []
    for row, identity in reporting(work):
        if row.station_id not in station_ids or row.until is None or row.within_s is None:
            continue
        if row.until - timedelta(seconds=row.within_s) + quiet_for > work.now:
            continue
        again = row.asked_by != AGAIN and row.name in COMMANDS
        expire_one(work, identity, row, f"{row.detail or ''}{' It is asked for again.' if again else ''}")
        if again:
            asked = {"command": row.name, **(row.arguments or {})}
            lost.append(Unfinished(row.station_id, msgspec.convert(asked, AnyCommand)))
    return lost


def with_part(parts: Sequence[Span], seq: int) -> list[Span]:
    """The parts that have come, as spans, with one more."""
    if any(first <= seq <= last for first, last in parts):
        return list(parts)
    joined: list[Span] = []
    for first, last in sorted([*parts, (seq, seq)]):
        if joined and first == joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined if len(joined) <= MAX_SPANS else list(parts)


def gaps(parts: Sequence[Span], last: int | None) -> list[Span]:
    """What lacks between the parts that have come, and up to the last one as far as it is known."""
    found, expected = [], 0
    for first, until in parts:
        if first > expected:
            found.append((expected, first - 1))
        expected = max(expected, until + 1)
    if last is not None and expected <= last:
        found.append((expected, last))
    return found


def in_words(missing: Sequence[Span]) -> str:
    """`part 9`, `parts 3, 7 to 9`; counted from 0 as the charger does."""
    each = [str(first) if first == last else f"{first} to {last}" for first, last in missing]
    return f"part{'' if len(each) == 1 and missing[0][0] == missing[0][1] else 's'} {', '.join(each)}"
