"""EVSEs and connectors, and the state they report.

A 1.6 connector is an EVSE with one connector; EVSE 0 is the charger itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, UniqueConstraint, bindparam, select, text

from stationmaster.domain import events
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import Prepared

evses = Table(
    "evses",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("number", Integer, nullable=False),
    UniqueConstraint("station_id", "number"),
)

connectors = Table(
    "connectors",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("evse", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("error_code", Text),
    Column("info", Text),
    Column("vendor_id", Text),
    Column("vendor_error_code", Text),
    Column("status_at", UtcTime, nullable=False),
    UniqueConstraint("station_id", "evse", "number"),
)


# Two statements that both databases understand as they are; a first notification of n connectors at once meets the
# UNIQUE key, not a check before an insert (TX-15).
_see_evse = Prepared(text("INSERT INTO evses (station_id, number) VALUES (:station_id, :evse) ON CONFLICT DO NOTHING"))
_set_status = Prepared(
    text(
        "INSERT INTO connectors (station_id, evse, number, status, error_code, info, vendor_id, vendor_error_code, status_at)"
        " VALUES (:station_id, :evse, :number, :status, :error_code, :info, :vendor_id, :vendor_error_code, :status_at)"
        " ON CONFLICT (station_id, evse, number) DO UPDATE SET status = excluded.status, error_code = excluded.error_code,"
        " info = excluded.info, vendor_id = excluded.vendor_id, vendor_error_code = excluded.vendor_error_code,"
        " status_at = excluded.status_at"
    ).bindparams(bindparam("status_at", type_=UtcTime))
)


def report_status(
    work: Work,
    station: Station,
    *,
    evse: int,
    connector: int,
    status: str,
    at: datetime,
    error_code: str | None = None,
    info: str | None = None,
    vendor_id: str | None = None,
    vendor_error_code: str | None = None,
) -> None:
    """The state of a connector as the station tells it; the last word received holds.

    EVSE 0 is the charger itself and never becomes an EVSE row.
    """
    if evse > 0:
        work.run(_see_evse, station_id=station.id, evse=evse)
    work.run(
        _set_status,
        station_id=station.id,
        evse=evse,
        number=connector,
        status=status,
        error_code=error_code,
        info=info,
        vendor_id=vendor_id,
        vendor_error_code=vendor_error_code,
        status_at=at,
    )
    work.publish(
        events.ConnectorStatusChanged(
            station_id=station.id,
            station=station.identity,
            at=at,
            evse=evse,
            connector=connector,
            status=status,
            error_code=error_code,
            info=info,
        )
    )


def of_stations(work: Work, station_ids: list[int]) -> list[Any]:
    """Every connector these stations have reported, in their order; EVSE 0 is the charger itself."""
    theirs = select(connectors).where(connectors.c.station_id.in_(station_ids))
    return list(work.execute(theirs.order_by(connectors.c.station_id, connectors.c.evse, connectors.c.number)))
