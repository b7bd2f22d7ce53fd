"""What the gateway does from time to time; `background/timers.py` runs it."""

from __future__ import annotations

from stationmaster.domain.timers import every
from stationmaster.gateway.registry import Registry
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.settings import Redis


def third_of_a_lease(redis: Redis) -> float:
    """So often is a lease renewed: two times may fail before it is over."""
    return redis.lease_s / 3


@every(seconds=third_of_a_lease, for_itself=True)
async def hold_lease(registry: Registry) -> None:
    """Live on, and free what the dead hold."""
    await registry.look()


@every(seconds=60, for_itself=True)
async def note_heard(registry: Registry) -> None:
    """So old may be what another node shows of when a charger of ours was heard."""
    await registry.note_heard()


@every(seconds=1, for_itself=True)
async def compare_clocks(registry: Registry) -> None:
    """What several nodes share is told by the database's clock, so know how far ours is from it."""
    await registry.compare_clocks()


@every(seconds=1, for_itself=True)
async def write_what_is_owed(switchboard: Switchboard) -> None:
    """Answers to commands that storage could not take."""
    await switchboard.pay()
