"""What a charger tells while it charges: tried out where it does not say what it can."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from litestar import Router, post
from litestar.params import FromPath

from stationmaster.api.commands import beside
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import station_settings, stations
from stationmaster.domain.audit import Subject
from stationmaster.domain.commands import Change, ChangeSettings, Command, CommandRecord, ReadSettings
from stationmaster.domain.permissions import Permission
from stationmaster.domain.station_settings import measurands

Send = Callable[[Command], Awaitable[CommandRecord]]
Known = tuple[str | None, str | None]
_TAKEN, _REFUSED = ("accepted", "reboot_required"), ("rejected",)


class FoundMeasurands(msgspec.Struct, frozen=True):
    """`tells` is what it tells in a session from now on, `before` what it did. `asked`: so often its setting was to be changed. `why`: what ended that early."""

    setting: str
    before: list[str]
    tells: list[str]
    asked: int
    why: str | None


@post("/{station_id:str}/measurands", permission=Permission.OPERATE, status_code=200)
async def find_measurands(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> FoundMeasurands:
    """Let it tell energy, power, current, voltage and state of charge in a session, as far as it can: all at once, and where it refuses that one by one, at most
    six times. Nothing is taken away that it tells already. Each step is in the history of its commands. Some chargers restart when they are asked that: try it on one."""
    row = await context.database.read(stations.get, caller.organization, station_id)
    name = measurands.name_in(row.ocpp_version)

    async def send(command: Command) -> CommandRecord:
        return await context.switchboard.send(row.id, command, by=caller.actor.name)

    async def known() -> Known:
        return await context.database.read(station_settings.described, row.id, name)

    async with beside(context, "find_measurands", Subject("station", row.identity), {"setting": name}):
        return await try_out(name, send, known)


async def try_out(name: str, send: Send, known: Callable[[], Awaitable[Known]]) -> FoundMeasurands:
    """Ask until all is known. What is neither taken nor refused ends it, for who does not answer is asked no more."""
    if (await known())[0] is None:
        await send(ReadSettings([name]))
    before, choices = await known()
    trial, asked, why = measurands.trial(before, choices), 0, None
    tells = measurands.listed(before)
    try:
        value = next(trial)
        while True:
            record = await send(ChangeSettings([Change(name, value)]))
            asked += 1
            if record.outcome not in (*_TAKEN, *_REFUSED):
                why = record.sentence
                break
            if record.outcome in _TAKEN:
                tells = measurands.listed(value)
            value = trial.send(record.outcome in _TAKEN)
    except StopIteration as ended:
        tells = ended.value
    return FoundMeasurands(name, measurands.listed(before), tells, asked, why)


router = Router("/stations", route_handlers=[find_measurands], tags=["settings"])
