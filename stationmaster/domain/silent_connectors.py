"""Connectors whose status is old news: their charger has started, or has ended an update, and has not told of them since (O-11).

An update takes a charger out of service, and some never say that they are back when it has failed; some tell of one connector
of two after a start. Each time they are asked once: there are chargers that drop their line when they are asked too much.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import and_, exists, select, union_all

from stationmaster.domain import firmware
from stationmaster.domain.commands.history import commands
from stationmaster.domain.connectors import connectors
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.lists import rows_among

BY = "stationmaster"
SETTLED_AFTER = timedelta(minutes=2)  # by then a charger has told by itself, if it does at all
FORGOTTEN_AFTER = timedelta(days=1)


def to_ask(work: Work, connected: Collection[int]) -> list[int]:
    """Which of these chargers are to be asked for the status of their connectors now."""
    since = union_all(
        select(stations.c.id.label("station_id"), stations.c.booted_at.label("at")),
        select(firmware.updates.c.station_id, firmware.updates.c.finished_at).where(
            firmware.updates.c.state != "refused"
        ),
    ).subquery()
    silent = exists().where(
        connectors.c.station_id == since.c.station_id, connectors.c.evse > 0, connectors.c.status_at < since.c.at
    )
    asked = exists().where(
        commands.c.station_id == since.c.station_id,
        commands.c.name == "trigger-message",
        commands.c.asked_by == BY,
        commands.c.asked_at >= since.c.at,
    )
    lately = (since.c.at > work.now - FORGOTTEN_AFTER, since.c.at <= work.now - SETTLED_AFTER)
    accepted = and_(stations.c.id == since.c.station_id, stations.c.registration == "accepted")
    wanted = select(since.c.station_id).join(stations, accepted).where(*lately, silent, ~asked)
    return sorted({row.station_id for row in rows_among(work, wanted, since.c.station_id, sorted(connected))})
