"""What a fleet does. Each file is a scenario, called by its name; its docstring is its help line.

A scenario has `async def play(station, stage)`, and says with `STAGGER_S` over how many simulated seconds the stations
of a fleet are switched on. It may come to an end or go on for ever.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from stationmaster.simulator.charger import Charger


@dataclass(frozen=True)
class Stage:
    """What a scenario plays with: the tokens of its drivers, and chance that depends on nothing but the seed.

    `left_alone`: nobody comes to this charger but who is started from afar.
    """

    tokens: tuple[str, ...]
    chance: random.Random
    left_alone: bool = False

    def token(self) -> str:
        return self.chance.choice(self.tokens)


class Scenario(Protocol):
    """A module of this package."""

    __name__: str
    __doc__: str | None
    STAGGER_S: float
    play: "Callable[[Charger, Stage], Awaitable[None]]"


def names() -> list[str]:
    return sorted(module.name for module in iter_modules(__path__))


def load(name: str) -> Scenario:
    """The scenario of that name. Raises KeyError."""
    if name not in names():
        raise KeyError(name)
    return cast(Scenario, import_module(f"{__name__}.{name}"))
