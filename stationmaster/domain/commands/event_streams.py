"""Commands about the streams in which a charger tells values periodically (2.1)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from stationmaster.domain.commands.kinds import Command
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work


class GetPeriodicEventStreams(Command, frozen=True):
    """Ask which streams of values the charger has open."""


class AdjustPeriodicEventStream(Command, frozen=True):
    """Change how often a stream tells its values, or how many at once."""

    id: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
    interval_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] | None = None
    values: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None

    def check(self, work: Work, station: Station) -> str | None:
        if self.interval_s is None and self.values is None:
            raise Invalid("interval_s", "nothing is changed: give `interval_s`, `values`, or both")
        return None
