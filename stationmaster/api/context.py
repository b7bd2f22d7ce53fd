"""What the API is given by `app.py`, and hands to every route."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from litestar.di import NamedDependency

from stationmaster.api.callers import Caller
from stationmaster.api.live import Live
from stationmaster.api.logins import Standings, Throttle
from stationmaster.domain.credentials import Keys
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.settings import Settings
from stationmaster.storage import Database


@dataclass(frozen=True)
class Context:
    """Everything a route may need."""

    database: Database
    keys: Keys
    settings: Settings
    switchboard: Switchboard
    started_at: datetime
    live: Live = field(default_factory=Live)
    standings: Standings = field(default_factory=Standings)
    throttle: Throttle = field(default_factory=Throttle)
    # Checking a password takes 64 MiB and a whole core; more than two at a time would be felt by everyone.
    verifying: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))


# What a route may ask for by these names: `caller: GivenCaller, context: GivenContext`.
GivenContext: TypeAlias = NamedDependency[Context]
GivenCaller: TypeAlias = NamedDependency[Caller]
