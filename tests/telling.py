"""What a 1.6 charger tells of a transaction, said straight to the domain: the usual start and the usual stop."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from stationmaster.domain import sessions
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Work


def start(
    work: Work,
    station: Station,
    evse: int = 1,
    *,
    at: datetime | Instant | None = None,
    meter: int | Decimal = 1000,
    token: str | None = "TAG1",
    authorization: str = "accepted",
    **more: Any,
) -> int:
    """A session begins; returns the number we give."""
    found = sessions.tell(
        work,
        station,
        sessions.TransactionTold(
            kind="started",
            numbered=True,
            evse=evse,
            connector=1,
            token=token,
            authorization=authorization,
            at=_instant(work, at),
            meter_wh=Decimal(meter),
            **more,
        ),
    )
    assert found is not None
    return int(found.transaction_id)


def stop(
    work: Work,
    station: Station,
    number: int | None,
    *,
    at: datetime | Instant | None = None,
    meter: int | Decimal | None = 6000,
    **more: Any,
) -> None:
    """It ends."""
    sessions.tell(
        work,
        station,
        sessions.TransactionTold(
            kind="ended",
            numbered=True,
            transaction_id=None if number is None else str(number),
            at=_instant(work, at),
            meter_wh=None if meter is None else Decimal(meter),
            **({"content": f"{number} {meter}", "repeat_key": f"stop {meter}"} | more),
        ),
    )


def _instant(work: Work, at: datetime | Instant | None) -> Instant:
    if isinstance(at, Instant):
        return at
    return Instant(at or work.now, (at or work.now).isoformat())


def newest_of(work: Work, customer_key: int) -> str:
    """The id of a customer's newest session."""
    table = sessions.sessions
    mine = table.select().where(table.c.customer_id == customer_key).order_by(table.c.id.desc())
    return str(work.execute(mine.limit(1)).one().public_id)
