"""What a charger does otherwise than its version's specification, what is done about it, and what it is never asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec
from litestar import Router, delete, get, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.domain import auto_start, commands, deviations, held_back, stations
from stationmaster.domain.deviations import NAMED, DeviationRow
from stationmaster.domain.errors import NotFound
from stationmaster.domain.held_back import ExceptionRow, Rule
from stationmaster.domain.permissions import Permission
from stationmaster.domain.stations import StationRow
from stationmaster.storage import Work

STRICTLY = "The charger is held strictly: it is answered with an error."


class Deviation(msgspec.Struct, frozen=True):
    """A named rule that was met: `wrong` is what the charger does, `done` what we do about it as it is held now.

    `versions` are those in which it is a deviation. `repaired` and `refused` count messages since `first_at`; they are written down
    about once a minute. `example` is the message and the field of the last one.
    """

    rule: str
    wrong: str
    done: str
    versions: list[str]
    repaired: int
    refused: int
    first_at: datetime
    last_at: datetime
    example: str


class HeldBack(msgspec.Struct, frozen=True):
    """Commands that this charger is never sent, and why: by a rule for its make. A raw call is sent all the same."""

    commands: list[str]
    why: str


class CommandException(msgspec.Struct, frozen=True):
    """What a person has said of one command to this charger, which goes before every rule: `held`, it is never sent; else it is sent
    although a rule holds it back."""

    command: str
    held: bool
    why: str
    by: str
    at: datetime


class AutoStart(msgspec.Struct, frozen=True):
    """Whether it is started from here when a card was accepted, a cable is in and no session begins within `after_s` seconds. `by` has said
    so of this charger; null: the rules of the settings decide."""

    on: bool
    by: str | None
    after_s: int


class SaidOfAutoStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`on`: start it so, or never; null: the rules of the settings decide."""

    on: bool | None


class StationDeviations(msgspec.Struct, frozen=True):
    """`strict`: nothing is repaired. `held_back`: what it is never sent, because its kind falls over it; `exceptions`: what a person has
    said of it instead, command by command."""

    station: str
    strict: bool
    items: list[Deviation]
    held_back: list[HeldBack]
    exceptions: list[CommandException]
    auto_start: AutoStart


class SaidOfCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`held`: never send it. Else send it, whatever the rules say. `why` is for whoever reads it later."""

    held: bool
    why: Annotated[str, msgspec.Meta(max_length=300)] = ""


@get("/{station_id:str}/deviations", permission=Permission.VIEW)
async def station_deviations(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> StationDeviations:
    """What it does wrong, and what we do about it; the most frequent first."""
    rules = _rules(context)
    return await context.database.read(_deviations, caller.organization, station_id, rules)


@put("/{station_id:str}/command-exceptions/{command:str}", permission=Permission.ADMINISTER, status_code=HTTP_200_OK)
async def say_of_command(
    station_id: FromPath[str],
    command: FromPath[str],
    data: JSONBody[SaidOfCommand],
    caller: GivenCaller,
    context: GivenContext,
) -> StationDeviations:
    """Never send this charger a command that it falls over, or send it one that a rule holds back. A raw call is always sent."""
    if command not in commands.COMMANDS:
        raise NotFound("there is no command {command!r}", command=command)
    by, why = caller.actor.name, data.why.strip()

    def say(work: Work, station: StationRow) -> None:
        held_back.say(work, station.id, station.identity, command, held=data.held, why=why, by=by)

    return await _after(say, station_id, caller, context)


@delete("/{station_id:str}/command-exceptions/{command:str}", permission=Permission.ADMINISTER, status_code=HTTP_200_OK)
async def take_back_exception(
    station_id: FromPath[str], command: FromPath[str], caller: GivenCaller, context: GivenContext
) -> StationDeviations:
    """The rules decide again."""

    def take_back(work: Work, station: StationRow) -> None:
        held_back.take_back(work, station.id, station.identity, command)

    return await _after(take_back, station_id, caller, context)


@put("/{station_id:str}/auto-start", permission=Permission.ADMINISTER, status_code=HTTP_200_OK)
async def say_of_auto_start(
    station_id: FromPath[str], data: JSONBody[SaidOfAutoStart], caller: GivenCaller, context: GivenContext
) -> StationDeviations:
    """Start this charger when a card was accepted there and it begins no session by itself, as some wait for it; or never."""

    def say(work: Work, station: StationRow) -> None:
        auto_start.say(work, station, wanted=data.on, by=caller.actor.name)

    return await _after(say, station_id, caller, context)


router = Router(
    "/stations",
    route_handlers=[station_deviations, say_of_command, take_back_exception, say_of_auto_start],
    tags=["chargers"],
)


class _Rules(NamedTuple):
    """Those of the settings."""

    held_back: Sequence[Rule]
    auto_start: auto_start.Rules


def _rules(context: Context) -> _Rules:
    ours = context.settings.gateway
    return _Rules(held_back.with_known(ours.held_back), auto_start.rules_of(ours.auto_start, ours.auto_start_after_s))


async def _after(
    say: Callable[[Work, StationRow], None], identity: str, caller: Caller, context: Context
) -> StationDeviations:
    """What is so when a person has said something of it."""
    rules = _rules(context)

    def write(work: Work) -> StationDeviations:
        say(work, stations.get(work, caller.organization, identity))
        return _deviations(work, caller.organization, identity, rules)

    return await context.database.write(write)


def _deviations(work: Work, organization_id: int, identity: str, rules: _Rules) -> StationDeviations:
    station = stations.get(work, organization_id, identity)
    found = [_public_form(row, station.strict) for row in deviations.of_station(work, station.id) if row.rule in NAMED]
    held = [HeldBack(list(rule.commands), rule.reason) for rule in held_back.of(station, rules.held_back)]
    said = [_exception(row) for row in held_back.exceptions_of(work, station.id)]
    word = auto_start.of_station(work, station.id, station, rules.auto_start)
    started = AutoStart(word.wanted, word.by, word.after_s)
    return StationDeviations(identity, station.strict, found, held, said, started)


def _exception(row: ExceptionRow) -> CommandException:
    return CommandException(row.command, row.held, row.why, row.by, row.at)


def _public_form(row: DeviationRow, strict: bool) -> Deviation:
    rule = NAMED[row.rule]
    done = STRICTLY if strict and not rule.always else rule.done
    return Deviation(
        rule.id,
        rule.wrong,
        done,
        list(rule.versions),
        row.repaired,
        row.refused,
        row.first_at,
        row.last_at,
        row.example,
    )
