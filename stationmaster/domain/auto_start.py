"""Chargers that begin no session by themselves although a card was accepted: they are started from here, once, with that card.

Which do so a person says of one charger, or a rule of the settings of a make; else none. What was shown is kept for some minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Boolean, Column, ColumnElement, ForeignKey, Table, Text, and_, bindparam, delete, or_, select
from sqlalchemy import text as sql

from stationmaster.domain import audit, held_back
from stationmaster.domain import stations as records
from stationmaster.domain.commands.history import commands
from stationmaster.domain.connectors import connectors
from stationmaster.domain.held_back import Told
from stationmaster.domain.sessions.table import is_open, sessions
from stationmaster.domain.stations import Station, StationRow, stations
from stationmaster.domain.tokens import uid_key
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, metadata
from stationmaster.storage.queries import Prepared, not_deleted

auto_starts = Table(
    "auto_starts",
    metadata,
    Column("station_id", BigInt, ForeignKey("stations.id"), primary_key=True, autoincrement=False),
    Column("wanted", Boolean, nullable=False),  # a person's word, which goes before every rule
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

shown_cards = Table(
    "shown_cards",
    metadata,
    Column("station_id", BigInt, ForeignKey("stations.id"), primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),  # the card that was accepted there last
    Column("shown_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),  # when it was started with, or was found to need no start
)

BY = "auto-start: a card was accepted, and no session began"
"""Who has asked, in the history of the charger's commands."""
FORGOTTEN_AFTER = timedelta(minutes=5)
"""So long a card is good for a start, and is not taken for another showing when it is told again."""
JUST_ENDED = timedelta(minutes=1)
"""A card that ends a session is shown about then: whoever leaves must not be charged anew."""
_WAITING = ("preparing", "occupied")


class Rule(NamedTuple):
    """Patterns that all must fit the charger, `*` and `?` in any case; `after_s`: so long a session may take to begin, 0: as of all."""

    charger: str = "*"
    vendor: str = "*"
    model: str = "*"
    firmware: str = "*"
    after_s: int = 0


class Rules(NamedTuple):
    """Those of the settings, and how long a session may take to begin where a rule says nothing else."""

    of_makes: tuple[Rule, ...]
    after_s: int


class Written(Protocol):
    """A rule as it stands in the settings."""

    charger: str
    vendor: str
    model: str
    firmware: str
    after_s: int


class Word(NamedTuple):
    """Whether a charger is started so, and by whose word; `by` is None where the rules decide."""

    wanted: bool
    by: str | None
    after_s: int


class Start(NamedTuple):
    """What is to be sent."""

    station_id: int
    token: str
    evse: int


def rules_of(written: Iterable[Written], after_s: int) -> Rules:
    """The settings as they are asked here."""
    return Rules(
        tuple(Rule(each.charger, each.vendor, each.model, each.firmware, each.after_s) for each in written), after_s
    )


_show = Prepared(
    sql(
        "INSERT INTO shown_cards (station_id, token, shown_at) VALUES (:station_id, :token, :now)"
        " ON CONFLICT (station_id) DO UPDATE SET token = excluded.token, shown_at = excluded.shown_at, used_at = NULL"
        " WHERE shown_cards.token <> excluded.token OR shown_cards.shown_at < :before"
    ).bindparams(
        bindparam("station_id", type_=BigInt),
        bindparam("token", type_=Text),
        bindparam("now", type_=UtcTime),
        bindparam("before", type_=UtcTime),
    )
)


def card_accepted(work: Work, station: Station, card: str | None) -> None:
    """A card was shown and let in. The same again within minutes is no other showing: some chargers ask over and over. Of a charger that is
    not started so nothing is kept."""
    if card is not None and station.notes_cards and station.accepted:
        work.run(_show, station_id=station.id, token=card, now=work.now, before=work.now - FORGOTTEN_AFTER)


def of_station(work: Work, station_id: int, told: Told, rules: Rules) -> Word:
    """Whether this charger is started so."""
    row = work.execute(select(auto_starts).where(auto_starts.c.station_id == station_id)).first()
    return _word(None if row is None else row.wanted, None if row is None else row.by, told, rules)


def say(work: Work, station: StationRow, *, wanted: bool | None, by: str) -> None:
    """Start it so, or never; None: the rules decide. From now on its cards are noted, or not any more."""
    mine = auto_starts.c.station_id == station.id
    before = work.execute(select(auto_starts.c.wanted).where(mine)).scalar()
    work.execute(delete(auto_starts).where(mine))
    if wanted is not None:
        work.execute(auto_starts.insert().values(station_id=station.id, wanted=wanted, by=by, at=work.now))
    changes: dict[str, Any] = {"before": {"auto_start": before}, "after": {"auto_start": wanted}}
    audit.record(work, "set_auto_start", audit.Subject("station", station.identity), **changes)
    records.keep(work, station)


def waiting(work: Work, connected: Collection[int]) -> list[int]:
    """Those of these chargers where a card was accepted lately, and nothing came of it yet.

    The cards are few, as each is kept for minutes; the chargers of a node are many, and this is asked every few seconds.
    """
    card = shown_cards.c
    lately = card.used_at.is_(None), card.shown_at > work.now - FORGOTTEN_AFTER
    return sorted(set(work.execute(select(card.station_id).where(*lately)).scalars()) & set(connected))


def claim(work: Work, keys: Collection[int], rules: Rules) -> list[Start]:
    """What is to be started now at these chargers. Each card is given out once, whoever asks and how often."""
    card = shown_cards.c
    named = (stations.c.identity, stations.c.vendor, stations.c.model, stations.c.firmware)
    mine = select(shown_cards, *named, auto_starts.c.wanted).join(stations, stations.c.id == card.station_id)
    mine = mine.outerjoin(auto_starts, auto_starts.c.station_id == card.station_id)
    accepted = not_deleted(stations), stations.c.registration == "accepted"
    lately = card.used_at.is_(None), card.shown_at > work.now - FORGOTTEN_AFTER
    rows = work.execute(mine.where(card.station_id.in_(keys), *lately, *accepted).order_by(card.station_id)).all()
    found = []
    for row in rows:
        word = _word(row.wanted, None, row, rules)
        if not word.wanted:
            continue
        over = _came_of_it(work, row)
        evse = None if over else _place(work, row, timedelta(seconds=word.after_s))
        if over or evse is not None:
            this = card.station_id == row.station_id, card.token == row.token, card.used_at.is_(None)
            claimed = work.execute(shown_cards.update().where(*this).values(used_at=work.now)).rowcount
            if evse is not None and claimed:
                found.append(Start(row.station_id, row.token, evse))
    return found


def forget(work: Work) -> None:
    """Cards that nothing came of: whose they are is nobody's business for longer."""
    work.execute(delete(shown_cards).where(shown_cards.c.shown_at <= work.now - FORGOTTEN_AFTER))


def _word(wanted: bool | None, by: str | None, told: Told, rules: Rules) -> Word:
    rule = next((each for each in rules.of_makes if held_back.fits(each, told)), None)
    after_s = rules.after_s if rule is None or not rule.after_s else rule.after_s
    return Word(rule is not None if wanted is None else wanted, by, after_s)


def _came_of_it(work: Work, row: Any) -> bool:
    """A session began or ended since, or goes on with this card, or it has just ended one; or somebody has sent a start."""
    session, before = sessions.c, row.shown_at - JUST_ENDED
    since = or_(session.received_at >= row.shown_at, session.stop_received_at >= row.shown_at)
    with_it = session.token_key == uid_key(row.token), or_(is_open, session.stop_received_at >= before)
    begun = select(session.id).where(session.station_id == row.station_id, or_(since, and_(*with_it))).limit(1)
    command = commands.c
    asked = select(command.id).where(command.station_id == row.station_id, command.name == "remote-start")
    # A charger that asks about the card of a start from afar shows that card, too.
    asked = asked.where(command.asked_at >= before).limit(1)
    return work.execute(begun).first() is not None or work.execute(asked).first() is not None


def _place(work: Work, row: Any, after: timedelta) -> int | None:
    """The EVSE that has waited for long enough since the card was shown and the cable was in. None where there are several: whose car it is
    nobody can tell.
    """
    place = connectors.c
    busy = select(sessions.c.id).where(
        sessions.c.station_id == place.station_id, sessions.c.evse == place.evse, is_open
    )
    mine: list[ColumnElement[bool]] = [place.station_id == row.station_id, place.evse > 0, place.state.in_(_WAITING)]
    rows = work.execute(select(place.evse, place.since).where(*mine, ~busy.exists())).all()
    if len({each.evse for each in rows}) > 1:  # one of them may have stood there before
        near = FORGOTTEN_AFTER / 2
        rows = [each for each in rows if abs(each.since - row.shown_at) <= near]
    if len({each.evse for each in rows}) != 1:
        return None
    since: datetime = max(row.shown_at, min(max(each.since for each in rows), work.now))
    return int(rows[0].evse) if work.now >= since + after else None
