"""Commands that some chargers are never sent, because they fall over them: known ones, and those of the settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol

from sqlalchemy import bindparam, select

from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared


class Rule(NamedTuple):
    """These commands, by the names in their addresses, and patterns that all must fit the charger: `*` and `?`, in any case."""

    commands: tuple[str, ...]
    charger: str = "*"
    vendor: str = "*"
    model: str = "*"
    firmware: str = "*"
    why: str = ""

    @property
    def reason(self) -> str:
        return self.why or "It is held back in the settings of this server."


KNOWN = (
    Rule(
        ("change-availability",),
        vendor="EN+*",
        why="Chargers of EN+ are known to stop working when they are taken in or out of service from afar.",
    ),
)


class Told(Protocol):
    """What a charger is called, and what it has told of itself."""

    identity: str
    vendor: str | None
    model: str | None
    firmware: str | None


class Written(Protocol):
    """A rule as it stands in the settings."""

    commands: list[str]
    charger: str
    vendor: str
    model: str
    firmware: str
    why: str


def with_known(own: Iterable[Written]) -> list[Rule]:
    """The rules of the settings, and after them those that are known anyway."""
    written = [
        Rule(tuple(each.commands), each.charger, each.vendor, each.model, each.firmware, each.why) for each in own
    ]
    return [*written, *KNOWN]


def unknown_commands(rules: Iterable[Rule], known: Iterable[str]) -> list[str]:
    """Names in the rules that are no command's, so that a slip of the pen holds nothing back."""
    return sorted({name for rule in rules for name in rule.commands} - set(known))


def of(told: Told, rules: Iterable[Rule]) -> list[Rule]:
    """The rules that hold for this charger, in their order."""
    return [rule for rule in rules if _fits(rule, told)]


_told = Prepared(
    select(stations.c.identity, stations.c.vendor, stations.c.model, stations.c.firmware).where(
        stations.c.id == bindparam("station_id")
    )
)


def check(work: Work, station_id: int, command: str, rules: Sequence[Rule]) -> None:
    """Raises `Conflict` when this command is held back from this charger."""
    named = [rule for rule in rules if command in rule.commands]
    if not named:
        return
    for told in work.run(_told, station_id=station_id):
        for rule in of(told, named):
            raise Conflict(f"{command} is held back from charger {told.identity}: {rule.reason}")


def _fits(rule: Rule, told: Told) -> bool:
    patterns = ((rule.charger, told.identity), (rule.vendor, told.vendor), (rule.model, told.model))
    return all(_is(pattern, text) for pattern, text in (*patterns, (rule.firmware, told.firmware)))


def _is(pattern: str, text: str | None) -> bool:
    return fnmatchcase((text or "").strip().casefold(), pattern.strip().casefold())
