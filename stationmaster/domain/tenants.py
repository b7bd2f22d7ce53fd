"""Tenants as whoever runs the installation manages them: made with their first owner, closed, opened again."""

from __future__ import annotations

from stationmaster.domain import accounts, joining, organizations, stations
from stationmaster.domain.errors import Conflict
from stationmaster.domain.one_time_links import Link
from stationmaster.domain.organizations import Organization
from stationmaster.storage import Work


def add(work: Work, *, name: str, owner: str | None, by_mail: bool) -> tuple[Organization, Link | None]:
    """A new organization, whose first owner is invited. Raises `Invalid`, `Conflict`."""
    made = organizations.create(work, name=name)
    if owner is None:
        return made, None
    return made, joining.invite(work, made.id, email=owner, role="owner", by_mail=by_mail)[1]


def close(work: Work, organization: Organization) -> Organization:
    """Nobody of it may log in, nor do its keys work; what it has stays. Raises `Conflict` while it has chargers, or runs this all."""
    organizations.lock(work, organization.id)
    if organization.closed_at is not None:
        return organization
    if organization.id == organizations.home(work):
        raise Conflict("this organization runs the installation")
    left = stations.count(work, organization.id)
    if left:
        raise Conflict(
            "it has chargers still ({left}): they would go on charging for nobody; remove them first", left=left
        )
    accounts.end_all_logins(work, organization.id)
    return organizations.set_closed(work, organization, closed=True)


def reopen(work: Work, organization: Organization) -> Organization:
    """Its people may log in again, and its keys work."""
    return (
        organization if organization.closed_at is None else organizations.set_closed(work, organization, closed=False)
    )
