"""Commands about tariffs in a charger, which computes costs itself then, and about payments on the web (2.1).

A tariff is told as the specification's own object (TariffType, 2.1 part 2 §2.104); what is wrong in it is refused at its field.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from stationmaster.domain.commands.kinds import Command, Evse, SessionName, Whole

TariffId = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Tariff = Annotated[
    dict[str, Any],
    msgspec.Meta(description="TariffType of OCPP 2.1: `tariffId`, `currency`, `energy`, `chargingTime` …"),
]


class SetDefaultTariff(Command, frozen=True):
    """Give the charger a tariff for drivers without one of their own, at one EVSE or at all. It takes the place of the one before."""

    administers = True

    tariff: Tariff
    evse: Whole = 0


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
    tariff: Tariff


class NotifyWebPaymentStarted(Command, frozen=True):
    """Tell the charger that somebody is paying on the web for this EVSE, so that nobody else begins there meanwhile."""

    evse: Evse
    timeout_s: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 120
