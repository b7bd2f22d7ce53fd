"""What can be asked of a charger: one route for each command, the history, and the raw call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from litestar import Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, FromPath, JSONBody

from stationmaster.api.auth import Permission
from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, paged
from stationmaster.domain import audit, commands, message_log, stations
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.public_forms import CommandRecord
from stationmaster.storage import Work

BEFORE_ACCEPTED = "May be sent to a charger that is pending: it helps it to become accepted."
ONCE_ACCEPTED = "Only a charger that is accepted is asked this; else it is 409."


def _route(name: str, kind: type[commands.Command]) -> HTTPRouteHandler:
    """`POST /stations/{id}/commands/{name}`, with the command's own fields as its body."""

    async def ask(station_id: FromPath[str], caller: GivenCaller, context: GivenContext, data: Any) -> CommandRecord:
        station = await context.database.read(stations.get, caller.organization, station_id)
        command = kind(**msgspec.structs.asdict(data)) if data else kind()
        sent = message_log.blanked(msgspec.to_builtins(command))
        subject = Subject("station", station.identity)
        async with beside(context, name, subject, sent):
            return await context.switchboard.send(station.id, command, by=caller.actor.name)

    ask.__name__ = kind.__name__
    ask.__doc__ = f"{kind.__doc__}\n\n{BEFORE_ACCEPTED if kind.before_accepted else ONCE_ACCEPTED}"
    # A command whose fields all have defaults may be asked for without a body.
    optional, body = not any(field.required for field in msgspec.structs.fields(kind)), _body(kind)
    ask.__annotations__["data"] = Annotated[body | None if optional else body, BodyKwarg()]
    ask.__defaults__ = (None,) if optional else None
    permission = Permission.ADMINISTER if kind.administers else Permission.OPERATE
    if kind.deploys:
        permission = Permission.DEPLOY_FIRMWARE
    if kind.is_makers_own:
        permission = Permission.RAW_CALL
    return post(f"/{name}", permission=permission, status_code=200)(ask)


@asynccontextmanager
async def beside(context: Context, action: str, subject: Subject, sent: Any) -> AsyncIterator[None]:
    """The line of the audit log is written beside the command's own row, not before it, and before the caller has an answer.

    Of a request that is to be done once it is written first: a kill between the two must not let the command be sent again.
    """
    writing = asyncio.create_task(context.database.write(audit.record, action, subject, after=sent))
    if context.once:
        await writing
    try:
        yield
    finally:
        await writing


def _body(kind: type[commands.Command]) -> Any:
    """The command without the tag by which commands are told apart between nodes: here the URL names it."""
    fields: list[Any] = []
    for each in msgspec.structs.fields(kind):
        if each.required:
            fields.append((each.name, each.type))
        elif each.default is not msgspec.NODEFAULT:
            fields.append((each.name, each.type, each.default))
        else:
            fields.append((each.name, each.type, msgspec.field(default_factory=each.default_factory)))
    return msgspec.defstruct(kind.__name__, fields, frozen=True, forbid_unknown_fields=True)


@post("/{name:str}", permission=Permission.OPERATE, include_in_schema=False)
async def unknown(station_id: FromPath[str], name: FromPath[str]) -> None:
    """A name that is no command."""
    raise NotFound(
        "there is no command {name!r}; there are {known}", name=name, known=", ".join(sorted(commands.COMMANDS))
    )


@get("/", permission=Permission.VIEW)
async def list_commands(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[CommandRecord]:
    """What was asked of this charger, and what came of it, newest first."""
    rows = await context.database.read(_history, caller.organization, station_id, limit, cursor)
    return paged(rows, limit, commands.public_form)


class RawCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Any action with any payload, passed on unchanged."""

    action: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
    payload: dict[str, Any]
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=600)] | None = None


class CallResult(msgspec.Struct, frozen=True, tag_field="type", tag="CALLRESULT"):
    """The charger's answer."""

    payload: dict[str, Any]
    took_ms: float | None


class CallError(msgspec.Struct, frozen=True, tag_field="type", tag="CALLERROR"):
    """The charger's refusal, in its own words."""

    code: str
    description: str
    details: dict[str, Any]


class Timeout(msgspec.Struct, frozen=True, tag_field="type", tag="TIMEOUT"):
    """The charger did not answer in time."""


class CallLost(msgspec.Struct, frozen=True, tag_field="type", tag="LOST"):
    """The connection was lost after the call was sent: whether the charger obeyed is not known."""


@post("/stations/{station_id:str}/call", permission=Permission.RAW_CALL, status_code=200)
async def call_station(
    station_id: FromPath[str], data: JSONBody[RawCall], caller: GivenCaller, context: GivenContext
) -> CallResult | CallError | Timeout | CallLost:
    """Send a call as it is, and get the charger's own answer. Who asked is kept in the charger's history."""
    station = await context.database.read(stations.get, caller.organization, station_id)
    return await raw_call(station, data, caller, context)


async def raw_call(
    station: stations.StationRow, data: RawCall, caller: Caller, context: Context
) -> CallResult | CallError | Timeout | CallLost:
    """Send a call as it is; raises `Conflict` and what `Switchboard.call` raises."""
    sent = {"action": data.action, "payload": message_log.blanked(data.payload)}
    subject = Subject("station", station.identity)
    timeout_s = data.timeout_s or context.settings.gateway.call_timeout(data.action)
    async with beside(context, "raw_call", subject, sent):
        outcome = await context.switchboard.call(
            station.id, data.action, data.payload, timeout_s=timeout_s, by=caller.actor.name
        )
    shown = _as_it_is if Permission.SEE_SECRETS in caller.permissions else message_log.blanked
    match outcome.kind:
        case "result":
            return CallResult(shown(outcome.payload or {}), outcome.took_ms)
        case "error":
            return CallError(outcome.code or "", shown(outcome.description or ""), shown(outcome.details or {}))
        case "timeout":
            return Timeout()
        case "lost":
            return CallLost()
        case "replaced":
            raise Conflict(
                "the connection was lost or replaced before this could be sent; the charger has not heard of it"
            )


router = Router(
    "/",
    route_handlers=[
        Router(
            "/stations/{station_id:str}/commands",
            route_handlers=[list_commands, unknown, *(_route(name, kind) for name, kind in commands.COMMANDS.items())],
        ),
        call_station,
    ],
    tags=["commands"],
)


def _as_it_is(told: Any) -> Any:
    return told


def _history(work: Work, organization_id: int, identity: str, limit: int, cursor: str | None) -> list[Any]:
    station = stations.get(work, organization_id, identity)
    return commands.listed(work, station.id, limit=limit, cursor=cursor)
