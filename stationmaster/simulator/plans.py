"""What a fleet is to be: groups of chargers, described by options or by a file in TOML (docs/simulator.md)."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from stationmaster.simulator import quirks, scenarios
from stationmaster.simulator.charger import Charger
from stationmaster.simulator.clock import Clock
from stationmaster.simulator.fleet import Fleet
from stationmaster.simulator.station import Habits, RetryIds
from stationmaster.simulator.v2 import ChargingStation21, ChargingStation201
from stationmaster.simulator.v16 import ChargePoint16

MOST = 50_000
"""Chargers of one fleet: a process cannot play more."""

KINDS: dict[str, list[type[Charger]]] = {
    "1.6": [ChargePoint16],
    "2.0.1": [ChargingStation201],
    "2.1": [ChargingStation21],
    "mixed": [ChargePoint16, ChargingStation201, ChargingStation21],
}
POLICIES: tuple[RetryIds, ...] = ("same", "new", "drop")

Count = Annotated[int, Meta(ge=1, le=MOST)]


class BadPlan(Exception):
    """A file that cannot be played; the sentence names the file and the field."""


class Group(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Chargers that are alike. With a `count`, `identity` is the beginning of their names: ID-001, ID-002, …"""

    identity: Annotated[str, Meta(min_length=1, max_length=48)]
    count: Count = 1
    version: Literal["1.6", "2.0.1", "2.1", "mixed"] = "1.6"
    connectors: Annotated[int, Meta(ge=1, le=20)] = 1
    scenario: str = "living"
    sample_interval: Annotated[int, Meta(ge=1)] = 15
    """Simulated seconds between meter values."""
    retry_ids: Literal["same", "new", "drop", "mixed"] = "same"
    quirks: list[str] = []
    left_alone: bool = False

    @property
    def identities(self) -> list[str]:
        return [self.identity] if self.count == 1 else [f"{self.identity}-{n:03d}" for n in range(1, self.count + 1)]


class Plan(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A whole fleet."""

    url: str = "ws://localhost:9000/ocpp"
    tokens: Annotated[tuple[str, ...], Meta(min_length=1)] = ("RFID1", "RFID2", "RFID3")
    seed: int = 0
    time_factor: Annotated[float, Meta(ge=0.01)] = 1.0
    ramp_s: Annotated[float, Meta(ge=0)] | None = None
    """Real seconds over which they are switched on; none: as the scenario has it."""
    chargers: Annotated[list[Group], Meta(min_length=1)]

    @property
    def identities(self) -> list[str]:
        return [name for group in self.chargers for name in group.identities]


def read(file: Path) -> Plan:
    """The plan in this file. Raises BadPlan."""
    try:
        plan = msgspec.toml.decode(file.read_bytes(), type=Plan)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise BadPlan(f"{file} describes no fleet: {error}") from error
    for number, group in enumerate(plan.chargers):
        if group.scenario not in scenarios.names():
            raise BadPlan(
                f"{file}: chargers[{number}].scenario: there is no {group.scenario!r}, but {', '.join(scenarios.names())}"
            )
        if unknown := [quirk for quirk in group.quirks if quirk not in quirks.QUIRKS]:
            raise BadPlan(f"{file}: chargers[{number}].quirks: there is no {unknown[0]!r} (docs/simulator.md)")
    names = plan.identities
    if len(names) > MOST:
        raise BadPlan(f"{file}: {len(names)} chargers are more than {MOST}, the most that one process plays")
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise BadPlan(f"{file}: two chargers are called {twice}")
    return plan


def fleet(
    plan: Plan, secrets: dict[str, str | None], journals: Path | None, tls: ssl.SSLContext | None = None
) -> Fleet:
    """The chargers, not yet switched on; within a running event loop. `tls`: whom they trust, and their certificate."""
    clock = Clock(factor=plan.time_factor)
    stations: list[Charger] = []
    plays: dict[str, scenarios.Scenario] = {}
    for group in plan.chargers:
        turns, scenario = KINDS[group.version], scenarios.load(group.scenario)
        for place, name in enumerate(group.identities):
            policy = POLICIES[place % len(POLICIES)] if group.retry_ids == "mixed" else group.retry_ids
            station = turns[place % len(turns)](
                name,
                plan.url,
                password=secrets[name],
                connectors=group.connectors,
                clock=clock,
                seed=plan.seed,
                habits=Habits(retry_ids=policy, gives_up_when_refused=True, transfers_files=True),
                journal=None if journals is None else journals / f"{name}.journal",
                ssl_context=tls,
                quirks=group.quirks,
            )
            station.configuration.change("MeterValueSampleInterval", str(group.sample_interval))
            stations.append(station)
            plays[name] = scenario
    alone = frozenset(name for group in plan.chargers if group.left_alone for name in group.identities)
    ramp_s = None if plan.ramp_s is None else plan.ramp_s * plan.time_factor
    first = scenarios.load(plan.chargers[0].scenario)
    return Fleet(stations, first, plan.tokens, plan.seed, left_alone=alone, plays=plays, ramp_s=ramp_s)
