"""What sessions would have cost under another tariff, before that one goes live: one of a month, or all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from stationmaster.domain import moments, prices, session_terms, sessions
from stationmaster.domain.errors import Conflict
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.money.rating import rate
from stationmaster.domain.money.tariff_version import TariffVersion
from stationmaster.domain.sessions import Times, Which
from stationmaster.domain.sessions.lists import only_those, with_names
from stationmaster.storage import Work

AT_ONCE = 50  # sessions in one unit of work


class Chosen(NamedTuple):
    """How many sessions ended in a time, and the keys of those that are looked at: all, or every so many where they are more."""

    sessions: int
    keys: list[int]


class Compared(NamedTuple):
    """One session under both; `before` is empty where no tariff held."""

    session: str
    station: str
    started_at: datetime
    energy_wh: Decimal | None
    before: Money | None
    after: Money


def choose(
    work: Work, organization_id: int, *, since: datetime, until: datetime, site: str | None, most: int
) -> Chosen:
    """The sessions that ended in [since, until) and count, evenly over the time."""
    which = Which(site=site, excluded=False, times=Times(ended_from=since, ended_to=until))
    table = sessions.sessions
    mine = only_those(with_names().with_only_columns(table.c.id), organization_id, which)
    keys = list(work.execute(mine.order_by(table.c.stopped_at, table.c.id)).scalars())
    if len(keys) <= most:
        return Chosen(len(keys), keys)
    return Chosen(len(keys), [keys[index * len(keys) // most] for index in range(most)])


def compare(work: Work, keys: Sequence[int], version: TariffVersion) -> list[Compared]:
    """These sessions by what they are priced by, and by another version."""
    rows = work.execute(with_names().where(sessions.sessions.c.id.in_(keys))).all()
    return [_compared(work, row, version) for row in rows]


def _compared(work: Work, row: sessions.ListedRow, version: TariffVersion) -> Compared:
    facts, readings = prices.facts_of(work, row)
    zone = moments.zone_named(prices.time_zone_of(work, row.station_id))
    try:
        held = prices.version_of_session(work, row, session_terms.of_session(work, row))
        before = rate(facts, readings, held, zone).total
    except Conflict:
        before = None
    after = rate(facts, readings, version, zone).total
    return Compared(row.public_id, row.station, row.started_at, row.energy_wh, before, after)
