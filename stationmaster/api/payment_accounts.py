"""Whose an account with a provider of payments is."""

from __future__ import annotations

from stationmaster.domain import payments
from stationmaster.domain.errors import Conflict
from stationmaster.outside.payments import Account, Providers
from stationmaster.storage import Work


def account_of(providers: Providers, work: Work, organization_id: int) -> Account | None:
    """The account that an organization takes payments with: its first."""
    return next(
        (each for each in providers if payments.organization_of(work, each.organization) == organization_id), None
    )


def needed(providers: Providers, work: Work, organization_id: int) -> Account:
    """The same. Raises `Conflict` where there is none."""
    account = account_of(providers, work, organization_id)
    if account is None:
        raise Conflict("one cannot pay here: there is no provider of payments in the settings")
    return account
