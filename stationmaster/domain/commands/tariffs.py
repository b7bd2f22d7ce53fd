"""Commands about tariffs in a charger, which computes costs itself then, and about payments on the web (2.1).

A tariff is one of ours by its id, as far as it can be said in the words of chargers; or the specification's own object (TariffType, 2.1 part 2
§2.104): what is wrong in that is refused at its field.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from stationmaster.domain.commands.kinds import Command, Evse, SessionName, Whole
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

TariffId = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Tariff = Annotated[
    dict[str, Any],
    msgspec.Meta(description="TariffType of OCPP 2.1: `tariffId`, `currency`, `energy`, `chargingTime` …"),
]

OurTariff = Annotated[
    str, msgspec.Meta(min_length=1, max_length=255, description="The id of a tariff that is kept here")
]


def _check_one(tariff: object, ours: str | None) -> None:
    if (tariff is None) is (ours is None):
        raise Invalid("tariff", "name one of our tariffs as `ours`, or write one as `tariff`")


class SetDefaultTariff(Command, frozen=True):
    """Give the charger a tariff for drivers without one of their own, at one EVSE or at all. It takes the place of the one before."""

    administers = True

    tariff: Tariff | None = None
    evse: Whole = 0
    ours: OurTariff | None = None

    def check(self, work: Work, station: Station) -> str | None:
        _check_one(self.tariff, self.ours)
        return None


class GetTariffs(Command, frozen=True):
    """Ask which tariffs the charger has, at one EVSE or at all."""

    evse: Whole = 0


class ClearTariffs(Command, frozen=True):
    """Remove tariffs from the charger: those with these ids, those at this EVSE, or all."""

    administers = True

    ids: Annotated[list[TariffId], msgspec.Meta(max_length=100)] = []
    evse: Whole | None = None


class ChangeTransactionTariff(Command, frozen=True):
    """Let a session that goes on be charged by another tariff from now on. The currency stays."""

    administers = True

    session: SessionName
    tariff: Tariff | None = None
    ours: OurTariff | None = None

    def check(self, work: Work, station: Station) -> str | None:
        _check_one(self.tariff, self.ours)
        return None


class NotifyWebPaymentStarted(Command, frozen=True):
    """Tell the charger that somebody is paying on the web for this EVSE, so that nobody else begins there meanwhile."""

    evse: Evse
    timeout_s: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 120
