"""Reports that come in parts: in any order, some twice, some never. One is whole when its last part is known and none before it lacks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

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
MAX_TEXT = 65_536  # characters of a report that is a text; what is beyond is in the message log


def take_part(
    work: Work, station: Station, request_id: int, *, seq: int, more: bool, items: int = 0, text: str | None = None
) -> CommandRow | None:
    """A part of a report that we have asked for has come, with so many items; the command it belongs to as it is now, None when there is none.

    Of a report that is a text, the `text` of each part is put into its place, and the data of the command has the whole.
    """
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
    data: dict[str, Any] = {"report": report}
    if text is not None and row.progress != REPORTED:
        texts = with_text(before.get("texts", {}), seq, text)
        data["text"] = "".join(piece for _, pieces in sorted(texts.items(), key=_by_number) for piece in pieces)
        if not whole:
            report["texts"] = texts
    sentence = "The charger has reported." if whole else "The charger is reporting."
    if missing:
        sentence = f"The report is not whole. Missing: {in_words(missing)}."
    step = REPORTED if whole else "reporting"
    return progress(work, station, request_id, step, data=data, ended="done" if whole else None, sentence=sentence)


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
        again = _again(row)
        expire_one(work, identity, row, f"{row.detail or ''}{' It is asked for again.' if again else ''}")
        if again is not None:
            lost.append(Unfinished(row.station_id, again))
    return lost


def _again(row: CommandRow) -> Command | None:
    """What is asked for a second time, since a part of it was lost; nothing is asked for a third time."""
    if row.asked_by == AGAIN or row.name not in COMMANDS:
        return None
    command: Command = msgspec.convert({"command": row.name, **(row.arguments or {})}, AnyCommand)
    return command if command.can_be_repeated else None


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


def with_text(texts: Mapping[str, list[str]], seq: int, text: str) -> dict[str, list[str]]:
    """The texts that have come by their number, with one more. Of two that differ both count: some chargers never count on."""
    mine = texts.get(str(seq), [])
    room = MAX_TEXT - sum(len(piece) for pieces in texts.values() for piece in pieces)
    if text in mine or room <= 0:
        return dict(texts)
    return {**texts, str(seq): [*mine, text[:room]]}


def _by_number(item: tuple[str, list[str]]) -> int:
    return int(item[0])


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
