"""Every command there is, by its name; one that is in a file of its own is made known by being imported here."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, Union

from stationmaster.domain.commands import battery_swap as battery_swap
from stationmaster.domain.commands import certificates as certificates
from stationmaster.domain.commands import customers as customers
from stationmaster.domain.commands import display as display
from stationmaster.domain.commands import event_streams as event_streams
from stationmaster.domain.commands import grid as grid
from stationmaster.domain.commands import local_list as local_list
from stationmaster.domain.commands import network as network
from stationmaster.domain.commands import publishing as publishing
from stationmaster.domain.commands import reserving as reserving
from stationmaster.domain.commands import smart_charging as smart_charging
from stationmaster.domain.commands import tariffs as tariffs
from stationmaster.domain.commands.kinds import Command, kebab

COMMANDS: dict[str, type[Command]] = {
    name_: kind for kind in Command.__subclasses__() for name_ in [kebab(kind.__name__)]
}
"""By the name in their URL."""

if TYPE_CHECKING:
    AnyCommand: TypeAlias = Command
else:
    AnyCommand = Union[tuple(COMMANDS.values())]  # noqa: UP007
"""What travels between nodes: any of them, told apart by its tag."""
