"""What a charger does otherwise than its version's specification, what is done about it, and what it is never asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from litestar import Router, get
from litestar.params import FromPath

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import deviations, held_back, stations
from stationmaster.domain.deviations import NAMED, DeviationRow
from stationmaster.domain.held_back import Rule
from stationmaster.domain.permissions import Permission
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
    """Commands that this charger is never sent, and why. A raw call is sent all the same."""

    commands: list[str]
    why: str


class StationDeviations(msgspec.Struct, frozen=True):
    """`strict`: nothing is repaired. `held_back`: what it is never sent, because it falls over it."""

    station: str
    strict: bool
    items: list[Deviation]
    held_back: list[HeldBack]


@get("/{station_id:str}/deviations", permission=Permission.VIEW)
async def station_deviations(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> StationDeviations:
    """What it does wrong, and what we do about it; the most frequent first."""
    rules = held_back.with_known(context.settings.gateway.held_back)
    return await context.database.read(_deviations, caller.organization, station_id, rules)


router = Router("/stations", route_handlers=[station_deviations], tags=["chargers"])


def _deviations(work: Work, organization_id: int, identity: str, rules: Sequence[Rule]) -> StationDeviations:
    station = stations.get(work, organization_id, identity)
    found = [_public_form(row, station.strict) for row in deviations.of_station(work, station.id) if row.rule in NAMED]
    held = [HeldBack(list(rule.commands), rule.reason) for rule in held_back.of(station, rules)]
    return StationDeviations(identity, station.strict, found, held)


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
