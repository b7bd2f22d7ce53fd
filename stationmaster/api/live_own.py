"""What drivers hear of their own sessions while they look: nothing of chargers, cards or anybody else (D-01)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from stationmaster.api.shapes import Number, number
from stationmaster.domain import events


class OwnSessionEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="session"):
    """A session of one's own has begun or ended, or is otherwise now."""

    session: str
    status: str
    charging_state: str | None
    started_at: datetime
    stopped_at: datetime | None
    energy_wh: Number | None


class OwnSessionUpdatedEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="session_updated"):
    """What a session of one's own has taken by now, where this value of the meter says so."""

    session: str
    at: datetime
    energy_wh: Number | None
    power_w: Number | None
    soc_percent: Number | None


class OwnSessionLimitEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="session_limit_near"):
    """What there is for a session of one's own is nearly used up; when it is, the session is ended."""

    session: str
    because: str


def _limit(event: events.SessionLimitNear, _session: str | None) -> OwnSessionLimitEvent:
    return OwnSessionLimitEvent(session=event.session.id, because=event.because)


def _session(event: events.SessionEvent, _session: str | None) -> OwnSessionEvent:
    told = event.session
    return OwnSessionEvent(
        session=told.id,
        status=told.status,
        charging_state=told.charging_state,
        started_at=told.started_at,
        stopped_at=told.stopped_at,
        energy_wh=number(told.energy_wh),
    )


def _meter(event: events.MeterRead, session: str | None) -> OwnSessionUpdatedEvent:
    return OwnSessionUpdatedEvent(
        session=session or "",
        at=event.at,
        energy_wh=number(event.session_energy_wh),
        power_w=number(event.power_w),
        soc_percent=number(event.soc_percent),
    )


OWN_WORDS: Mapping[type, Any] = {
    events.SessionStarted: _session,
    events.SessionEnded: _session,
    events.SessionCorrected: _session,
    events.SessionChanged: _session,
    events.SessionLimitNear: _limit,
    events.MeterRead: _meter,
}
