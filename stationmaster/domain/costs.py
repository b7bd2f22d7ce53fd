"""What a session costs, as its charger is told at the end."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import bindparam, exists, select

from stationmaster.domain import prices, session_terms, sessions, tariffs
from stationmaster.domain.errors import DomainError
from stationmaster.domain.sessions.lists import with_names
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared, not_deleted


class Cost(NamedTuple):
    """With taxes, in the currency of the charger; and what its driver is told of it."""

    total: Decimal
    message: str | None = None


_is_priced = Prepared(
    select(
        exists()
        .where(tariffs.tariffs.c.organization_id == bindparam("organization_id"), not_deleted(tariffs.tariffs))
        .label("it_is")
    )
)


def at_the_end(work: Work, station: Station, session_id: int) -> Cost | None:
    """What a session that has ended costs; None where it has no price.

    It comes out of what is stored of the session, and of nothing else: not out of the message at hand, nor the time of day.
    So a charger that asks again is told the same (TX-27). Where an organization has no tariff, that is all that is asked.
    """
    if not work.first(_is_priced, organization_id=station.organization_id).it_is:
        return None
    row = work.execute(with_names().where(sessions.sessions.c.id == session_id)).one()
    fixed = None if row.status == "active" else session_terms.fix(work, row)
    if fixed is None:
        return None
    try:
        priced = prices.by(work, row, fixed)
    except DomainError:  # no price is no reason not to hear that a session has ended
        return None
    return Cost(priced.bill.total.amount, f"{(row.energy_wh or Decimal(0)) / 1000:.1f} kWh, {priced.bill.total}")
