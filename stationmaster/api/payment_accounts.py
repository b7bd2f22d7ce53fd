"""Whose an account with a provider of payments is."""

from __future__ import annotations

from stationmaster.domain import organizations
from stationmaster.domain.errors import DomainError
from stationmaster.outside.payments import Account, Providers
from stationmaster.storage import Work


def organization_of(work: Work, account: Account) -> int | None:
    """The key of the organization; None where the settings name none that there is."""
    try:
        return organizations.named(work, account.organization)
    except DomainError:
        return None


def account_of(providers: Providers, work: Work, organization_id: int) -> Account | None:
    """The account that an organization takes payments with: its first."""
    return next((each for each in providers if organization_of(work, each) == organization_id), None)
