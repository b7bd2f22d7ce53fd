"""Document 003: the paths of its gateway (`/connections` …), its charge point service and its API gateway (`/services`).

What the document writes as columns of a table is spelt as there; what its gateway tells is spelt as in its URLs (`chargePointId`).
Lists are plain arrays, because the document knows no pages; what follows is in the header `Link`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api import commands
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.documents.arrays import array_of
from stationmaster.api.resources.connections import disconnect
from stationmaster.api.shapes import MAX_PAGE, Cursor, Limit, Text
from stationmaster.domain import connections, connectors, message_log, sessions, stations
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.permissions import Permission
from stationmaster.domain.rounding import half_up
from stationmaster.gateway.switchboard import NotConnected
from stationmaster.reason_words import Reason
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

NEWEST_MESSAGES = 10_000
DEFAULT_VERSION: Literal["1.6"] = "1.6"  # of a charge point that has not said which it speaks, as the document has it


class Connection(msgspec.Struct, frozen=True, rename="camel"):
    """An active connection."""

    charge_point_id: str
    version: str
    connected_at: datetime
    last_seen: datetime
    remote_address: str


class Connections(msgspec.Struct, frozen=True, rename="camel"):
    """Active charge point connections, of all charge points."""

    active: int
    total: int


class MessageStatistics(msgspec.Struct, frozen=True, rename="camel"):
    """Messages since the start of this server, and the newest ten thousand of all charge points by their type."""

    received: int
    sent: int
    by_type: dict[str, int]


class TransactionStatistics(msgspec.Struct, frozen=True, rename="camel"):
    """Transactions that go on, and those of the last 24 hours by their status."""

    active: int
    last24h: dict[str, int]


class ErrorStatistics(msgspec.Struct, frozen=True, rename="camel"):
    """How many of the newest messages were answered with an error, and connections that were refused since the start."""

    failed_messages: int
    error_rate: float
    refused_connections: int


class ResponseTimes(msgspec.Struct, frozen=True, rename="camel"):
    """In the mean, in milliseconds: ours to messages of charge points, theirs to ours. null: nothing was measured."""

    gateway_ms: float | None
    charge_points_ms: float | None


class Statistics(msgspec.Struct, frozen=True, rename="camel"):
    """The metrics that the document lists."""

    connections: Connections
    messages: MessageStatistics
    transactions: TransactionStatistics
    errors: ErrorStatistics
    response_times: ResponseTimes


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A message for a charge point, without the frame around it."""

    action: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
    payload: dict[str, Any] = {}
    message_id: Annotated[str, msgspec.Meta(min_length=1, max_length=36)] | None = None


# `[2, "messageId", "ActionName", { payload }]`
CallFrame = tuple[
    Literal[2],
    Annotated[str, msgspec.Meta(min_length=1, max_length=36)],
    Annotated[str, msgspec.Meta(min_length=1, max_length=50)],
    dict[str, Any],
]


class Connector(msgspec.Struct, frozen=True):
    """A row of the table `connectors`; null is what nobody has said."""

    id: str
    charge_point_id: str
    connector_id: int
    type: str | None
    status: str
    max_current: int | None
    max_power: int | None


class ChargePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table `charge_points`; null where it has not booted yet and nobody has said it."""

    id: str
    charge_point_id: str
    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware_version: str | None
    ocpp_version: str
    status: Literal["CONNECTED", "DISCONNECTED"]
    last_seen: datetime | None
    created_at: datetime
    updated_at: datetime
    connectors: list[Connector]


class CreatedChargePoint(ChargePoint, frozen=True, kw_only=True):
    """A new one, with the secret that it connects with; it is shown only this once."""

    secret: str


class NewChargePoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row to be made, in the columns of the table."""

    charge_point_id: str
    vendor: Text
    model: Text
    serial_number: Text | None = None
    firmware_version: Text | None = None
    ocpp_version: Literal["1.6", "2.0.1", "2.1"] | None = None


class Transaction(msgspec.Struct, frozen=True):
    """A row of the table `transactions`. Meter values in Wh, `energy_consumed` in kWh."""

    id: str
    transaction_id: int | str
    charge_point_id: str
    connector_id: int | None
    id_tag: str | None
    start_timestamp: datetime
    stop_timestamp: datetime | None
    start_meter_value: int | None
    stop_meter_value: int | None
    energy_consumed: float | None
    status: str
    reason: str | None
    created_at: datetime
    updated_at: datetime


class Service(msgspec.Struct, frozen=True):
    """A part of the system."""

    name: str
    status: Literal["healthy", "unhealthy"]


class Services(msgspec.Struct, frozen=True):
    """The overall health. One process answers for all parts, so there is nothing to register."""

    status: Literal["healthy", "unhealthy"]
    services: list[Service]


@get("/connections", permission=Permission.VIEW, include_in_schema=False)
async def list_connections(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    context: GivenContext,
    limit: Limit = MAX_PAGE,
    cursor: Cursor = None,
) -> Response[list[Connection]]:
    """Active connections."""

    def read(work: Work) -> tuple[Found[stations.ListedStation], dict[int, connections.ConnectionRow]]:
        among = [connections.open_stations()]
        page = stations.listed(work, caller.organization, Wanted(limit, cursor), among=among)
        return page, connections.current(work, [row.id for row in page.rows])

    def public_form(row: stations.ListedStation) -> Connection:
        open_one = latest[row.id]
        last_seen = context.switchboard.last_heard_at(open_one)
        return Connection(row.identity, open_one.version, open_one.connected_at, last_seen, open_one.source)

    page, latest = await context.database.read(read)
    return array_of(request, map(public_form, page.rows), page.next)


@post(
    "/connections/{charge_point_id:str}/send", permission=Permission.RAW_CALL, status_code=200, include_in_schema=False
)
async def send_message(
    charge_point_id: FromPath[str], data: JSONBody[CallFrame | Message], caller: GivenCaller, context: GivenContext
) -> list[Any]:
    """Send a message as it is, and get the charge point's own CALL_RESULT or CALL_ERROR, as a frame."""
    message = data if isinstance(data, Message) else Message(data[2], data[3], data[1])
    message_id = message.message_id or secrets.token_hex(8)
    station = await context.database.read(stations.get, caller.organization, charge_point_id)
    call = commands.RawCall(message.action, message.payload)
    try:
        answer = await commands.raw_call(station, call, caller, context)
    except NotConnected as error:
        raise NotFound(error.reason) from None
    match answer:
        case commands.CallResult():
            return [3, message_id, answer.payload]
        case commands.CallError():
            return [4, message_id, answer.code, answer.description, answer.details]
        case commands.Timeout():
            raise HTTPException(status_code=504, detail=Reason("the charge point did not answer in time"))
        case commands.CallLost():
            raise Conflict("the connection was lost after the message was sent: whether it was obeyed is not known")


@delete("/connections/{charge_point_id:str}", permission=Permission.OPERATE, include_in_schema=False)
async def disconnect_charge_point(charge_point_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Disconnect a charge point. It may come straight back; who must stay away is deleted, or given another secret."""
    try:
        await disconnect(charge_point_id, caller, context)
    except NotConnected as error:
        raise NotFound(error.reason) from None


@get("/statistics", permission=Permission.VIEW, include_in_schema=False)
async def get_statistics(caller: GivenCaller, context: GivenContext) -> Statistics:
    """Connection statistics."""

    def read(
        work: Work,
    ) -> tuple[Connections, int, list[sessions.Counted], list[message_log.Traffic]]:
        organization = caller.organization
        connected = stations.count(work, organization, among=connections.open_stations())
        return (
            Connections(connected, stations.count(work, organization)),
            sessions.count_active(work, organization),
            sessions.count_by_status(work, organization, since=work.now - timedelta(days=1)),
            message_log.traffic(work, organization, newest=NEWEST_MESSAGES),
        )

    there, active, by_status, traffic = await context.database.read(read)
    counts = context.switchboard.counts
    by_type: dict[str, int] = {}
    for each in traffic:
        by_type[each.action] = by_type.get(each.action, 0) + each.times
    failed = sum(each.failed for each in traffic)
    return Statistics(
        there,
        MessageStatistics(counts["received"], counts["sent"], dict(sorted(by_type.items()))),
        TransactionStatistics(active, {_status(each.status): each.sessions for each in by_status}),
        ErrorStatistics(failed, round(failed / (sum(by_type.values()) or 1), 4), counts["refused"]),
        ResponseTimes(_mean_ms(traffic, "in"), _mean_ms(traffic, "out")),
    )


@get("/charge-points", permission=Permission.VIEW, include_in_schema=False)
async def list_charge_points(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    context: GivenContext,
    limit: Limit = MAX_PAGE,
    cursor: Cursor = None,
) -> Response[list[ChargePoint]]:
    """Charge points, newest first."""

    def read(work: Work) -> tuple[Found[stations.ListedStation], _Parts]:
        page = stations.listed(work, caller.organization, Wanted(limit, cursor))
        return page, _parts(work, [row.id for row in page.rows])

    page, parts = await context.database.read(read)
    shown = [ChargePoint(**_facts(row, parts, context)) for row in page.rows]
    return array_of(request, shown, page.next)


@get("/charge-points/{charge_point_id:str}", permission=Permission.VIEW, include_in_schema=False)
async def get_charge_point(charge_point_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> ChargePoint:
    """One charge point, by its `charge_point_id` or its `id`."""

    def read(work: Work) -> tuple[stations.StationRow, _Parts]:
        row = stations.by_either_name(work, caller.organization, charge_point_id)
        return row, _parts(work, [row.id])

    row, parts = await context.database.read(read)
    return ChargePoint(**_facts(row, parts, context))


@post("/charge-points", permission=Permission.ADMINISTER, include_in_schema=False)
async def create_charge_point(
    data: JSONBody[NewChargePoint], caller: GivenCaller, context: GivenContext
) -> CreatedChargePoint:
    """Create a charge point. What it says of itself when it boots takes the place of what is said here."""

    def create(work: Work) -> tuple[stations.StationRow, str]:
        try:
            return stations.create(
                work,
                caller.organization,
                context.keys,
                identity=data.charge_point_id,
                pinned_version=data.ocpp_version,
                hardware=stations.Hardware(data.vendor, data.model, data.serial_number, data.firmware_version),
            )
        except Invalid as error:
            raise Invalid("charge_point_id" if error.field == "id" else error.field, error.reason) from None

    row, secret = await context.database.write(create)
    return CreatedChargePoint(**_facts(row, _Parts({}, {}), context), secret=secret)


TransactionsOf = Annotated[str | None, QueryParameter(max_length=48, description="Only those of this charge point")]


@get("/transactions", permission=Permission.VIEW, include_in_schema=False)
async def list_transactions(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    context: GivenContext,
    charge_point_id: TransactionsOf = None,
    limit: Limit = MAX_PAGE,
    cursor: Cursor = None,
) -> Response[list[Transaction]]:
    """Transactions, newest first."""
    which = sessions.Which(station=charge_point_id)

    def shown(work: Work, organization_id: int) -> tuple[list[Transaction], str | None]:
        page = sessions.listed(work, organization_id, Wanted(limit, cursor), which)
        return _transactions(work, page.rows), page.next

    rows, following = await context.database.read(shown, caller.organization)
    return array_of(request, rows, following)


@get("/transactions/{transaction_id:str}", permission=Permission.VIEW, include_in_schema=False)
async def get_transaction(transaction_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Transaction:
    """One transaction, by its `id` or its `transaction_id`."""

    def shown(work: Work, organization_id: int) -> list[Transaction]:
        return _transactions(work, [sessions.by_either_name(work, organization_id, transaction_id)])

    (found,) = await context.database.read(shown, caller.organization)
    return found


@get("/services", permission=Permission.VIEW, include_in_schema=False)
async def list_services(context: GivenContext) -> Response[Services]:
    """The parts of the system, and whether each does its work."""
    unready = context.unready()
    database = context.database.available and unready != "storage_down"
    healthy = {"api-gateway": True, "ocpp-gateway": unready is None, "charge-point": database, "database": database}
    services = [Service(name, "healthy" if well else "unhealthy") for name, well in healthy.items()]
    well = all(healthy.values())
    return Response(Services("healthy" if well else "unhealthy", services), status_code=200 if well else 503)


router = Router(
    "/",
    route_handlers=[
        list_connections,
        send_message,
        disconnect_charge_point,
        get_statistics,
        list_charge_points,
        get_charge_point,
        create_charge_point,
        list_transactions,
        get_transaction,
        list_services,
    ],
)


class _Parts(msgspec.Struct):
    """What belongs to the charge points of one answer, by the key of each."""

    connections: dict[int, connections.ConnectionRow]
    connectors: dict[int, list[connectors.Connector]]


def _parts(work: Work, station_ids: list[int]) -> _Parts:
    found: dict[int, list[connectors.Connector]] = {}
    for each in connectors.of_stations(work, station_ids):
        if each.evse != 0:
            found.setdefault(each.station_id, []).append(each)
    return _Parts(connections.current(work, station_ids), found)


def _facts(row: stations.StationRow, parts: _Parts, context: Context) -> dict[str, Any]:
    last = parts.connections.get(row.id)
    there = last is not None and last.closed_at is None
    return {
        "id": row.public_id,
        "charge_point_id": row.identity,
        "vendor": row.vendor,
        "model": row.model,
        "serial_number": row.serial,
        "firmware_version": row.firmware,
        "ocpp_version": row.ocpp_version or row.pinned_version or DEFAULT_VERSION,
        "status": "CONNECTED" if there else "DISCONNECTED",
        "last_seen": None if last is None else context.switchboard.last_heard_at(last),
        "created_at": row.created_at,
        "updated_at": row.changed_at,
        "connectors": [_connector(row, each) for each in parts.connectors.get(row.id, [])],
    }


def _connector(station: stations.StationRow, each: connectors.Connector) -> Connector:
    name = f"{station.public_id}-{each.evse}-{each.number}"
    # The document knows no EVSE: its connector is that of 1.6, which is ours with the number of its EVSE.
    kind = None if each.type is None else re.sub(r"^TYPE(?=\d)", "TYPE_", each.type.upper())
    state = each.state.upper()
    return Connector(name, station.public_id, each.evse, kind, state, each.max_current_a, each.max_power_w)


def _transactions(work: Work, rows: Sequence[sessions.ListedRow]) -> list[Transaction]:
    changed = sessions.last_changed(work, rows)
    return [_transaction(row, changed[row.id]) for row in rows]


def _transaction(row: sessions.ListedRow, changed_at: datetime) -> Transaction:
    number = row.transaction_id
    return Transaction(
        id=row.public_id,
        transaction_id=int(number) if _is_number(number) else number,
        charge_point_id=row.station,
        connector_id=row.evse,
        id_tag=row.token,
        start_timestamp=row.started_at,
        stop_timestamp=row.stopped_at,
        start_meter_value=None if row.meter_start_wh is None else int(row.meter_start_wh),
        stop_meter_value=None if row.meter_stop_wh is None else int(row.meter_stop_wh),
        energy_consumed=_kwh(row.energy_wh),
        status=_status(row.status),
        reason=row.stop_reason_told or row.stop_reason,
        created_at=row.received_at,
        updated_at=changed_at,
    )


def _is_number(text: str) -> bool:
    """Whether it is a positive int32, as in 1.6; what only looks like one (`007`) is a text."""
    return text.isascii() and text.isdecimal() and len(text) <= 10 and str(int(text)) == text


def _kwh(energy_wh: Decimal | None) -> float | None:
    return None if energy_wh is None else float(half_up(energy_wh / 1000, 3))


def _status(status: str) -> str:
    """`STARTED`, as the document has it; the others it does not name are spelt likewise."""
    return "STARTED" if status == "active" else status.upper()


def _mean_ms(traffic: Sequence[message_log.Traffic], direction: str) -> float | None:
    timed = [(each.took_ms, each.times) for each in traffic if each.direction == direction and each.took_ms is not None]
    count = sum(each for _, each in timed)
    return round(sum(took_ms * each for took_ms, each in timed) / count, 1) if count else None
