"""Chargers as they are shown: their record, their connectors, and what charges there now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from stationmaster.api.shapes import Number, number
from stationmaster.domain import connections, connectors, reservations, sessions, stations
from stationmaster.domain.connector_states import State
from stationmaster.domain.stations import ChargerType, Phase
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.storage import Work

Registration = Literal["accepted", "pending", "rejected"]
Version = Literal["1.6", "2.0.1", "2.1"]


class ConnectorSession(msgspec.Struct, frozen=True):
    """What charges at a connector now."""

    id: str
    token: str | None
    started_at: datetime
    energy_wh: Number | None
    power_w: Number | None
    soc_percent: Number | None


class ConnectorReservation(msgspec.Struct, frozen=True):
    """For whom a connector is kept, or is to be kept, and until when."""

    id: str
    token: str
    state: Literal["requested", "accepted"]
    expires_at: datetime


class Connector(msgspec.Struct, frozen=True, kw_only=True):
    """A connector as the charger last told of it: `state` in the words of this API, `status` in the charger's own.

    `since`: as long as state and error code have been these. `status_at`: when it said so last. null: never reported.
    `type`, `max_current_a` and `max_power_w` are what a person says of it.
    """

    evse: int
    connector: int
    type: connectors.Type | None
    max_current_a: int | None
    state: State | None
    status: str | None
    error_code: str | None
    info: str | None
    since: datetime | None
    status_at: datetime | None
    max_power_w: int | None
    session: ConnectorSession | None
    reservation: ConnectorReservation | None


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """A charger. `connected` is its socket now; `online` overlooks short gaps; `status` is that of the charger itself.

    `offline_since` is when its last connection ended; null while it is connected, and when it never was.
    `pinned_version` is the OCPP version chosen when it offers several, and assumed when it names none itself. `strict`: nothing it
    says is repaired, what deviates from the specification is answered with an error (for certification).
    `security_profile` is the lowest that it may connect with, `wanted_profile` a higher one it was asked to go up to and has not yet,
    `connected_profile` that of its newest connection: 1 is a password, 2 a password and TLS, 3 a certificate of its own and TLS; 0 nothing.
    Until `expired_until` it is let in with a certificate that has ended, to renew it and for nothing else.
    """

    id: str
    name: str | None
    site: str | None
    vendor: str | None
    model: str | None
    serial: str | None
    firmware: str | None
    ocpp_version: str | None
    pinned_version: str | None
    registration: Registration
    strict: bool
    security_profile: Literal[1, 2, 3]
    wanted_profile: Literal[1, 2, 3] | None
    expired_until: datetime | None
    connected_profile: Literal[0, 1, 2, 3] | None
    booted: bool
    connected: bool
    online: bool
    connected_at: datetime | None
    last_heard_at: datetime | None
    offline_since: datetime | None
    last_boot_at: datetime | None
    status: str | None
    error_code: str | None
    charger_type: ChargerType | None
    phase: Phase | None
    manufacturer: str | None
    max_power_w: int | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None
    connectors: list[Connector]


class CreatedStation(Station, frozen=True, kw_only=True):
    """A new charger with its secret, which is shown only this once."""

    secret: str


class Parts(msgspec.Struct):
    """What belongs to the stations of one page."""

    connectors: dict[int, list[connectors.Connector]]
    active: dict[int, list[sessions.SessionRow]]
    so_far: dict[int, sessions.SoFar]
    connections: dict[int, connections.ConnectionRow]
    reserved: dict[int, list[reservations.ReservationRow]]


def parts_of(work: Work, station_ids: list[int], node: str) -> Parts:
    if not station_ids:
        return Parts({}, {}, {}, {}, {})
    active = sessions.active_of(work, station_ids)
    so_far = sessions.so_far(work, active)
    latest = connections.current(work, station_ids)
    reserved = reservations.open_of(work, station_ids)
    plugs = connectors.of_stations(work, station_ids)
    return Parts(_by_station(plugs), _by_station(active), so_far, latest, _by_station(reserved))


class _OfStation(Protocol):
    @property
    def station_id(self) -> int: ...


R = TypeVar("R", bound=_OfStation)


def _by_station(rows: Iterable[R]) -> dict[int, list[R]]:
    """Looked through for each charger of a page, they took half of the time of its answer."""
    found: dict[int, list[R]] = {}
    for row in rows:
        found.setdefault(row.station_id, []).append(row)
    return found


_SAID = (
    *("charger_type", "phase", "manufacturer", "max_power_w"),
    *("created_at", "created_by", "updated_at", "deleted_at"),
)


def facts_of(row: stations.StationRow, site: str | None, parts: Parts, switchboard: Switchboard) -> dict[str, Any]:
    last = parts.connections.get(row.id)
    connection = None if last is None or last.closed_at is not None else last
    connectors = parts.connectors.get(row.id, [])
    whole = next((each for each in connectors if each.evse == 0), None)
    return {
        "id": row.identity,
        "name": row.name,
        "site": site,
        "vendor": row.vendor,
        "model": row.model,
        "serial": row.serial,
        "firmware": row.firmware,
        "ocpp_version": row.ocpp_version,
        "pinned_version": row.pinned_version,
        "registration": row.registration,
        "strict": row.strict,
        "security_profile": row.security_profile,
        "wanted_profile": row.wanted_profile,
        "expired_until": row.expired_until,
        "connected_profile": None if last is None else last.profile,
        "booted": row.booted_at is not None,
        "connected": connection is not None,
        "online": last is not None and last.online_since is not None,
        "connected_at": None if connection is None else connection.connected_at,
        "last_heard_at": None if last is None else switchboard.last_heard_at(last),
        "offline_since": None if last is None else last.closed_at,
        "last_boot_at": row.booted_at,
        "status": None if whole is None else whole.status,
        "error_code": None if whole is None else whole.error_code,
        **{name: getattr(row, name) for name in _SAID},
        "connectors": _connectors(
            [each for each in connectors if each.evse != 0],
            parts.active.get(row.id, []),
            parts.so_far,
            {each.evse: each for each in reversed(parts.reserved.get(row.id, []))},
        ),
    }


def _connectors(
    reported: list[connectors.Connector],
    active: list[sessions.SessionRow],
    so_far: dict[int, sessions.SoFar],
    reserved: dict[int | None, reservations.ReservationRow],
) -> list[Connector]:
    """Every connector the charger has told of, and those where something charges though it never did."""
    # A session without EVSE or connector is shown at the first one.
    charging = {(each.evse or 1, each.connector or 1): each for each in active}
    shown = [
        Connector(
            evse=each.evse,
            connector=each.number,
            type=each.type,
            max_current_a=each.max_current_a,
            max_power_w=each.max_power_w,
            session=_session(charging.pop((each.evse, each.number), None), so_far),
            reservation=_reservation(reserved.get(each.evse)),
            **_told(each if connectors.is_told(each) else None),
        )
        for each in reported
    ]
    shown += [
        Connector(
            evse=evse,
            connector=connector,
            type=None,
            max_current_a=None,
            max_power_w=None,
            session=_session(session, so_far),
            reservation=None,
            **_told(None),
        )
        for (evse, connector), session in charging.items()
    ]
    return sorted(shown, key=lambda each: (each.evse, each.connector))


_TOLD = ("state", "status", "error_code", "info", "since", "status_at")


def _told(each: connectors.Connector | None) -> dict[str, Any]:
    """What the charger has told of a connector: nothing, where only a person has."""
    return {name: getattr(each, name, None) for name in _TOLD}


def _reservation(row: reservations.ReservationRow | None) -> ConnectorReservation | None:
    if row is None or row.state not in ("requested", "accepted"):
        return None
    return ConnectorReservation(row.public_id, row.token, row.state, row.expires_at)


def _session(row: sessions.SessionRow | None, so_far: dict[int, sessions.SoFar]) -> ConnectorSession | None:
    if row is None:
        return None
    last = so_far.get(row.id)
    return ConnectorSession(
        id=row.public_id,
        token=row.token,
        started_at=row.started_at,
        energy_wh=None if last is None else number(last.energy_wh),
        power_w=None if last is None else number(last.power_w),
        soc_percent=None if last is None else number(last.soc_percent),
    )
