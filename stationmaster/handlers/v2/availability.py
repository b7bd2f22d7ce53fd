"""Block G, availability."""

from __future__ import annotations

from stationmaster.domain import commands, connectors, sessions
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

availability = Routes(V201)

_FREE = ("available", "unavailable", "reserved")  # states in which no session can be going on
_AVAILABILITY = "AvailabilityState"


@availability.on
def heartbeat(work: Work, station: Station, req: v201.Heartbeat) -> v201.HeartbeatResponse:
    return v201.HeartbeatResponse(current_time=now_text(work.now))


@availability.on
def status_notification(work: Work, station: Station, req: v201.StatusNotification) -> v201.StatusNotificationResponse:
    at = words.moment(work, req.timestamp)
    report_status(work, station, evse=req.evse_id, connector=req.connector_id, status=req.connector_status, at=at)
    return v201.StatusNotificationResponse()


def report_status(
    work: Work, station: Station, *, evse: int, connector: int, status: str, at: Instant, info: str | None = None
) -> None:
    """The state of a connector, by a StatusNotification or an event of the device model (G01.FR.08)."""
    evse, connector = words.place(evse), words.place(connector) if evse else 0
    state = words.state(status)
    connectors.report_status(
        work, station, evse=evse, connector=connector, state=state, status=status, at=at.at, info=info
    )
    if evse > 0 and state in _FREE:
        sessions.suspect(work, station, evse=evse, connector=connector)


def availability_event(work: Work, station: Station, event: v201.EventDataType) -> None:
    """The state of a connector, or of the whole station, told as a variable: what 2.1 prefers to a StatusNotification."""
    if event.variable.name != _AVAILABILITY:
        return
    component, at = event.component, words.moment(work, event.timestamp)
    status, info, where = event.actual_value, event.tech_info, component.evse
    if component.name == "ChargingStation":
        report_status(work, station, evse=0, connector=0, status=status, at=at, info=info)
    elif component.name == "Connector" and where is not None and where.connector_id is not None:
        place = {"evse": where.id, "connector": where.connector_id}
        report_status(work, station, **place, status=status, at=at, info=info)


def meter_event(work: Work, station: Station, event: v201.EventDataType) -> None:
    """A fiscal meter that has a fault, as one that cannot be read, tells so as a variable (part 2, appendix 3.2.31)."""
    component, variable = event.component, event.variable.name
    if component.name != "FiscalMetering" or variable != "Problem" or event.cleared:
        return
    if event.actual_value.lower() == "true":
        sessions.meter_failed(work, station, evse=words.evse(component.evse) or 0, told=f"{component.name}/{variable}")


@availability.sends
def change_availability(work: Work, station: Station, command: commands.ChangeAvailability) -> v201.ChangeAvailability:
    return v201.ChangeAvailability(
        operational_status="Operative" if command.operative else "Inoperative",
        # G04: without an EVSE it is the whole station.
        evse=v201.EVSEType(id=command.evse, connector_id=command.connector) if command.evse else None,
    )
