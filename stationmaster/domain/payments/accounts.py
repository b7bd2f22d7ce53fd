"""Whose an account with a provider is."""

from __future__ import annotations

from stationmaster.domain import organizations
from stationmaster.domain.errors import DomainError
from stationmaster.storage import Work


def organization_of(work: Work, name: str | None) -> int | None:
    """The key of the organization that the settings name for an account; without a name the only one. None where there is no such."""
    try:
        return organizations.named(work, name)
    except DomainError:
        return None
