"""Who people are at a provider of log-ins: an account is known by issuer and subject, and by nothing that can change hands."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Column, ForeignKey, Table, Text, UniqueConstraint, insert, update

from stationmaster.domain import accounts, audit, drivers, organizations
from stationmaster.domain.accounts import User
from stationmaster.domain.errors import DomainError
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

identities = Table(
    "identities",
    metadata,
    key(),
    Column("user_id", BigInt, ForeignKey("users.id"), nullable=False, index=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=False),
    UniqueConstraint("issuer", "subject"),
)


class NoAccount(DomainError):
    """Their provider knows who they are, and nobody here may log in as that."""


class Identity(NamedTuple):
    """Who somebody is, as a provider says."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None


class Rules(NamedTuple):
    """What the operator trusts a provider with, beyond those who are known by its subject."""

    organization: str | None  # by name, where there are several
    link_by_email: (
        bool  # an account of this organization with the same address, which the provider has verified, is theirs
    )
    default_role: str | None  # who is not known is added in this role


def enter(work: Work, identity: Identity, rules: Rules) -> User:
    """Who this is here: known, or linked, or added, as the rules say. Raises `NoAccount`."""
    theirs = (identities.c.issuer == identity.issuer) & (identities.c.subject == identity.subject)
    known = work.execute(
        accounts.selected.join(identities, identities.c.user_id == accounts.users.c.id).where(
            theirs, accounts.users.c.deleted_at.is_(None)
        )
    ).one_or_none()
    if known is not None:
        user = accounts.entering(work, known.public_id)
        if user is None:
            raise NoAccount("this account is locked out")
        work.execute(update(identities).where(theirs).values(used_at=work.now))
        return user
    user = _linked(work, identity, rules) or _added(work, identity, rules)
    if user is None:
        raise NoAccount("nobody here is known as that; ask an administrator")
    _keep(work, identity, user)
    return user


def _linked(work: Work, identity: Identity, rules: Rules) -> User | None:
    if not (rules.link_by_email and identity.email and identity.email_verified):
        return None
    row = accounts.login_row(work, identity.email)
    if row is None or row.organization_id != organizations.named(work, rules.organization):
        return None
    if row.locked_at is not None:
        raise NoAccount("this account is locked out")
    # Whoever registered at the address may have been a stranger, so their password goes; an invitation is accepted by this.
    return accounts.vouch_for(work, accounts.from_row(row)) if row.awaited_since is not None else accounts.from_row(row)


def _added(work: Work, identity: Identity, rules: Rules) -> User | None:
    if not (rules.default_role and identity.email and identity.email_verified):
        return None
    row = accounts.login_row(work, identity.email)
    if row is not None and not accounts.is_unconfirmed(row):
        return None  # it is somebody's already, and linking was not allowed
    home = organizations.named(work, rules.organization)
    name = identity.name if identity.name is not None and identity.name.isprintable() else None
    user = accounts.add(
        work, home, email=identity.email, password=None, role=rules.default_role, name=name and name[:200]
    )
    drivers.become_customer(work, user)
    return user


def _keep(work: Work, identity: Identity, user: User) -> None:
    where = {"issuer": identity.issuer, "subject": identity.subject}
    # A removed user's row may hold it still; it is this one's from now on.
    theirs = (identities.c.issuer == identity.issuer) & (identities.c.subject == identity.subject)
    facts = {"user_id": user.key, "created_at": work.now, "used_at": work.now}
    if not work.execute(update(identities).where(theirs).values(facts)).rowcount:
        work.execute(insert(identities).values(where | facts))
    audit.record(
        work,
        "link_identity",
        accounts.subject_of(user),
        after=where,
        actor=accounts.actor_of(user),
        organization=user.organization_id,
    )
