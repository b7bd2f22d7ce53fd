"""Everything that is known of a charger around one moment, as one story in the order in which it happened.

Nothing is kept for it: it is put together from the histories that others keep, when somebody asks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from stationmaster.domain import message_log
from stationmaster.domain.errors import Invalid
from stationmaster.domain.message_log import Logged
from stationmaster.domain.timeline import sources
from stationmaster.domain.timeline.entries import RANKS, Entry, Kind
from stationmaster.domain.timeline.lived import lived
from stationmaster.domain.timeline.sentences import sentence
from stationmaster.storage import Work

__all__ = ["LONGEST_MIN", "USUAL_MIN", "Entry", "Kind", "Timeline", "around"]

USUAL_MIN, LONGEST_MIN = 30, 720
MOST_MESSAGES = 500
"""Before the moment, and as many after it."""
MOST = 300
"""Of everything else, each."""


class Timeline(msgspec.Struct, frozen=True):
    """What happened in [since, until). `left_out`: there was more; those nearest to the moment are here."""

    station: str
    at: datetime
    since: datetime
    until: datetime
    removed_at: datetime | None
    left_out: bool
    entries: list[Entry]


def around(
    work: Work, organization_id: int, identity: str, *, at: datetime, minutes: int, silent_after: timedelta
) -> Timeline:
    """So many minutes before and after `at`. A silence longer than `silent_after` is said. Raises `NotFound`, `Invalid`."""
    if not 1 <= minutes <= LONGEST_MIN:
        raise Invalid("minutes", "1 to {most}", most=LONGEST_MIN)
    if at > work.now:
        raise Invalid(
            "at",
            "{time} UTC has not come yet; it is {now} UTC",
            time=f"{at:%Y-%m-%d %H:%M}",
            now=f"{work.now:%Y-%m-%d %H:%M}",
        )
    width = timedelta(minutes=minutes)
    try:
        since, until = at - width, min(at + width, work.now + timedelta(microseconds=1))
    except OverflowError:
        raise Invalid("at", "a time that any charger has seen") from None
    station = lived(work, organization_id, identity, at)
    told = message_log.around(work, station.id, at, since=since, until=until, most=MOST_MESSAGES)
    left_out = any(
        len(part) >= MOST_MESSAGES for part in ([m for m in told if m.at < at], [m for m in told if m.at >= at])
    )
    whole_since, whole_until = (told[0].at, told[-1].at) if left_out else (since, until)
    moves = sources.connections_of(work, station.id, since, until, MOST)
    others = sources.all_but_messages(work, station, since, until, MOST)
    entries = _folded(sorted([*map(_message, told), *moves, *others], key=lambda each: (each.at, RANKS[each.kind])))
    gaps = _silences(told, moves, silent_after, since=max(whole_since, station.created_at), until=whole_until)
    return Timeline(
        identity,
        at,
        since,
        until,
        station.deleted_at,
        left_out or len(others) >= MOST or len(moves) >= MOST,
        sorted([*entries, *gaps], key=lambda each: each.at),
    )


def _message(logged: Logged) -> Entry:
    exchange = logged.exchange
    own = exchange.action if exchange.outcome == "ok" else f"{exchange.action} → {exchange.outcome}"
    remarks = "; ".join(exchange.remarks[:3])
    return Entry(logged.at, "message", sentence(exchange), detail=f"{own}: {remarks}"[:500] if remarks else own)


def _folded(entries: list[Entry]) -> list[Entry]:
    """The same message again and again, with nothing else in between, is one line."""
    folded: list[Entry] = []
    for entry in entries:
        last = folded[-1] if folded else None
        if (
            last is not None
            and entry.kind == "message"
            and (last.kind, last.sentence, last.detail)
            == (
                "message",
                entry.sentence,
                entry.detail,
            )
        ):
            folded[-1] = msgspec.structs.replace(last, count=last.count + 1, until=entry.at)
        else:
            folded.append(entry)
    return folded


def _silences(
    told: list[Logged], moves: list[Entry], silent_after: timedelta, *, since: datetime, until: datetime
) -> list[Entry]:
    """Where nothing came from the charger for longer than it should be silent."""
    answered = [each.at for each in told if each.exchange.direction == "in" or each.exchange.outcome == "ok"]
    came = [each.at for each in moves if each.kind == "connection"]
    until = max(since, until)
    heard = sorted({since, until, *(moment for moment in [*answered, *came] if since <= moment <= until)})
    return [_silence(begin, end, moves) for begin, end in pairwise(heard) if end - begin > silent_after]


def _silence(begin: datetime, end: datetime, moves: list[Entry]) -> Entry:
    last_move = next((each for each in reversed(moves) if each.at <= begin and each.connected is not None), None)
    why = ": it was not connected" if last_move is not None and last_move.connected is False else ""
    return Entry(begin, "silence", f"Nothing was heard for {_long(end - begin)}{why}.", until=end)


def _long(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} minutes" if minutes != 1 else "1 minute"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
