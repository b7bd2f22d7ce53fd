"""What domain events are called outside, and what they say there: a struct for each, which the OpenAPI document describes."""

from __future__ import annotations

from datetime import datetime

import msgspec

from stationmaster.api.live import Hello, Lost, Words
from stationmaster.api.live_own import OwnSessionEvent, OwnSessionLimitEvent, OwnSessionUpdatedEvent
from stationmaster.api.resources.messages import Message
from stationmaster.api.resources.messages import public_form as message_form
from stationmaster.api.resources.sessions import Session
from stationmaster.api.resources.sessions import public_form as session_form
from stationmaster.api.shapes import Number, number
from stationmaster.domain import events, public_forms


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    pass


class _Moment(_Event, frozen=True, kw_only=True):
    station: str
    at: datetime


class StationConnectedEvent(_Moment, frozen=True, kw_only=True, tag="station_connected"):
    """A charger's socket is open."""


class StationDisconnectedEvent(_Moment, frozen=True, kw_only=True, tag="station_disconnected"):
    """A charger's socket has closed."""


class StationChangedEvent(_Moment, frozen=True, kw_only=True, tag="station_changed"):
    """Something in a charger's record has changed, or it was added or deleted: read it again."""


class StationBootedEvent(_Moment, frozen=True, kw_only=True, tag="station_booted"):
    """A charger has started and said what it is."""

    vendor: str
    model: str
    firmware: str | None


class ConnectorStatusEvent(_Moment, frozen=True, kw_only=True, tag="connector_status"):
    """A connector has told its state; EVSE 0 is the charger itself."""

    evse: int
    connector: int
    status: str
    error_code: str | None
    info: str | None


class _SessionEvent(_Event, frozen=True, kw_only=True):
    station: str
    evse: int | None
    session: Session


class SessionStartedEvent(_SessionEvent, frozen=True, kw_only=True, tag="session_started"):
    """A session has begun, or more became known of one that is going on."""


class SessionEndedEvent(_SessionEvent, frozen=True, kw_only=True, tag="session_ended"):
    """A session has ended, or its figures are others now."""


class SessionReviewedEvent(_SessionEvent, frozen=True, kw_only=True, tag="session_reviewed"):
    """A person has looked at a session that waited for it."""


class SessionUpdatedEvent(_Moment, frozen=True, kw_only=True, tag="session_updated"):
    """A meter value; `session` is null when it belongs to none.

    `energy_wh` is the register, `session_energy_wh` what the session has taken by then. Both are null where this value does
    not say so: the register of another meter, say.
    """

    evse: int
    session: str | None
    transaction_id: str | None
    energy_wh: Number | None
    session_energy_wh: Number | None
    power_w: Number | None
    soc_percent: Number | None


class MessageEvent(Message, frozen=True, kw_only=True, tag_field="type", tag="message"):
    """A message of the charger whose page is open; told again with its answer, under the same id."""

    station: str


class CommandEvent(public_forms.CommandRecord, frozen=True, kw_only=True, tag_field="type", tag="command"):
    """A command was sent, or something came of it."""

    station: str


class ReservationEvent(_Event, frozen=True, kw_only=True, tag="reservation"):
    """A reservation was asked for, or something came of it."""

    station: str
    reservation: public_forms.Reservation


class ConnectionRefusedEvent(_Event, frozen=True, kw_only=True, tag="connection_refused"):
    """A charger, or something like it, was turned away."""

    identity: str
    reason: str
    at: datetime


class AlarmEvent(_Moment, frozen=True, kw_only=True, tag="alarm"):
    """Something that a person should look at."""

    kind: str
    detail: str


class AlertEvent(_Event, frozen=True, kw_only=True, tag="alert"):
    """An alert was opened, acknowledged, escalated or resolved: read it."""

    id: str
    at: datetime


LiveEvent = (
    Hello
    | Lost
    | StationConnectedEvent
    | StationDisconnectedEvent
    | StationChangedEvent
    | StationBootedEvent
    | ConnectorStatusEvent
    | SessionStartedEvent
    | SessionEndedEvent
    | SessionReviewedEvent
    | SessionUpdatedEvent
    | MessageEvent
    | CommandEvent
    | ReservationEvent
    | ConnectionRefusedEvent
    | AlarmEvent
    | AlertEvent
)

OwnLiveEvent = Hello | Lost | OwnSessionEvent | OwnSessionUpdatedEvent | OwnSessionLimitEvent
"""What drivers hear of their own sessions."""


def _meter(event: events.MeterRead, session: str | None) -> SessionUpdatedEvent:
    return SessionUpdatedEvent(
        station=event.station,
        evse=event.evse,
        session=session,
        transaction_id=event.transaction_id,
        at=event.at,
        energy_wh=number(event.energy_wh),
        session_energy_wh=number(event.session_energy_wh),
        power_w=number(event.power_w),
        soc_percent=number(event.soc_percent),
    )


def _booted(event: events.StationBooted, _session: str | None) -> StationBootedEvent:
    return StationBootedEvent(
        station=event.station, vendor=event.vendor, model=event.model, firmware=event.firmware, at=event.at
    )


def _status(event: events.ConnectorStatusChanged, _session: str | None) -> ConnectorStatusEvent:
    return ConnectorStatusEvent(
        station=event.station,
        evse=event.evse,
        connector=event.connector,
        status=event.status,
        error_code=event.error_code,
        info=event.info,
        at=event.at,
    )


def _about_session(kind: type[_SessionEvent]) -> Words:
    return lambda event, _session: kind(
        station=event.station, evse=event.session.evse, session=session_form(event.session)
    )


def _session_changed(event: events.SessionChanged, _session: str | None) -> _SessionEvent:
    kind = SessionStartedEvent if event.session.status == "active" else SessionEndedEvent
    return kind(station=event.station, evse=event.session.evse, session=session_form(event.session))


def _moment(kind: type[_Moment]) -> Words:
    return lambda event, _session: kind(station=event.station, at=event.at)


def _message(event: events.MessageLogged, _session: str | None) -> MessageEvent:
    return MessageEvent(station=event.station, **msgspec.structs.asdict(message_form(event)))


def _command(event: events.CommandChanged, _session: str | None) -> CommandEvent:
    return CommandEvent(station=event.station, **msgspec.structs.asdict(event.command))


def _reservation(event: events.ReservationChanged, _session: str | None) -> ReservationEvent:
    return ReservationEvent(station=event.station, reservation=event.reservation)


def _refused(event: events.ConnectionRefused, _session: str | None) -> ConnectionRefusedEvent:
    return ConnectionRefusedEvent(identity=event.identity, reason=event.reason, at=event.at)


def _alarm(event: events.Alarm, _session: str | None) -> AlarmEvent:
    return AlarmEvent(station=event.station, kind=event.kind, detail=event.detail, at=event.at)


def _alert(event: events.AlertChanged, _session: str | None) -> AlertEvent:
    return AlertEvent(id=event.alert, at=event.at)


WORDS: dict[type, Words] = {
    events.StationConnected: _moment(StationConnectedEvent),
    events.StationDisconnected: _moment(StationDisconnectedEvent),
    # Online and offline change what a station's record shows; a page reads it again.
    events.StationOnline: _moment(StationChangedEvent),
    events.StationOffline: _moment(StationChangedEvent),
    events.StationChanged: _moment(StationChangedEvent),
    events.StationBooted: _booted,
    events.ConnectorStatusChanged: _status,
    events.SessionStarted: _about_session(SessionStartedEvent),
    events.MeterRead: _meter,
    events.SessionEnded: _about_session(SessionEndedEvent),
    events.SessionCorrected: _about_session(SessionEndedEvent),
    events.SessionChanged: _session_changed,
    events.SessionReviewed: _about_session(SessionReviewedEvent),
    events.MessageLogged: _message,
    events.CommandChanged: _command,
    events.ReservationChanged: _reservation,
    events.ConnectionRefused: _refused,
    events.Alarm: _alarm,
    events.AlertChanged: _alert,
}
