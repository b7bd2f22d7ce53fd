"""What domain events are called outside, and what they say there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from stationmaster.api.live import Words
from stationmaster.api.resources.messages import public_form as message_form
from stationmaster.api.resources.sessions import public_form as session_form
from stationmaster.api.shapes import number
from stationmaster.domain import events


class Moment(msgspec.Struct, frozen=True):
    """station_connected, station_disconnected, station_changed."""

    station: str
    at: datetime


def _meter(event: events.MeterRead, session: str | None) -> tuple[str, Any]:
    return "session_updated", {
        "station": event.station,
        "evse": event.evse,
        "session": session,
        "transaction_id": event.transaction_id,
        "at": event.at,
        "energy_wh": number(event.energy_wh),
        "power_w": number(event.power_w),
        "soc_percent": number(event.soc_percent),
    }


def _booted(event: events.StationBooted, _session: str | None) -> tuple[str, Any]:
    return "station_booted", {
        "station": event.station,
        "vendor": event.vendor,
        "model": event.model,
        "firmware": event.firmware,
        "at": event.at,
    }


def _status(event: events.ConnectorStatusChanged, _session: str | None) -> tuple[str, Any]:
    return "connector_status", {
        "station": event.station,
        "evse": event.evse,
        "connector": event.connector,
        "status": event.status,
        "error_code": event.error_code,
        "info": event.info,
        "at": event.at,
    }


def _about_session(kind: str) -> Words:
    return lambda event, _session: (
        kind,
        {"station": event.station, "evse": event.session.evse, "session": session_form(event.session)},
    )


def _moment(kind: str) -> Words:
    return lambda event, _session: (kind, Moment(event.station, event.at))


def _message(event: events.MessageLogged, _session: str | None) -> tuple[str, Any]:
    return "message", {"station": event.station} | msgspec.structs.asdict(message_form(event))


def _command(event: events.CommandChanged, _session: str | None) -> tuple[str, Any]:
    return "command", {"station": event.station} | msgspec.structs.asdict(event.command)


def _refused(event: events.ConnectionRefused, _session: str | None) -> tuple[str, Any]:
    return "connection_refused", {"identity": event.identity, "reason": event.reason, "at": event.at}


def _alarm(event: events.Alarm, _session: str | None) -> tuple[str, Any]:
    return "alarm", {"station": event.station, "kind": event.kind, "detail": event.detail, "at": event.at}


WORDS: dict[type, Words] = {
    events.StationConnected: _moment("station_connected"),
    events.StationDisconnected: _moment("station_disconnected"),
    # Online and offline change what a station's record shows; a page reads it again.
    events.StationOnline: _moment("station_changed"),
    events.StationOffline: _moment("station_changed"),
    events.StationChanged: _moment("station_changed"),
    events.StationBooted: _booted,
    events.ConnectorStatusChanged: _status,
    events.SessionStarted: _about_session("session_started"),
    events.MeterRead: _meter,
    events.SessionEnded: _about_session("session_ended"),
    events.SessionCorrected: _about_session("session_ended"),
    events.SessionReviewed: _about_session("session_reviewed"),
    events.MessageLogged: _message,
    events.CommandChanged: _command,
    events.ConnectionRefused: _refused,
    events.Alarm: _alarm,
}
