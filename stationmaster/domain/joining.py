"""How people come in, and come in again: invited, registered by themselves, with a password they forgot, at another address.

Each way ends in a link that works once (`one_time_links.py`). It is mailed where mail is set up (`by_mail`, which the edge knows);
otherwise whoever manages users is given it, to hand on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from stationmaster.domain import accounts, audit, drivers, looks, one_time_links
from stationmaster.domain.accounts import PasswordHash, User, UserRow
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict
from stationmaster.domain.events import MailDue
from stationmaster.domain.invoices import issuers
from stationmaster.domain.one_time_links import Link
from stationmaster.storage import Work

AGAIN_AFTER = timedelta(minutes=2)  # so that a stranger cannot fill somebody's mailbox


def invite(
    work: Work,
    organization_id: int,
    *,
    email: str,
    role: str,
    site_names: list[str] | None = None,
    name: str | None = None,
    by_mail: bool,
) -> tuple[User, Link]:
    """A user who chooses their own password. Raises as `accounts.add` does."""
    user = accounts.add(
        work, organization_id, email=email, password=None, role=role, site_names=site_names, name=name, awaited=True
    )
    return user, _sent(work, user, one_time_links.make(work, user.key, "invitation", email=user.email), by_mail)


def link_for(work: Work, organization_id: int, public_id: str, *, by_mail: bool) -> tuple[User, Link]:
    """A new link for somebody who was invited, or has forgotten their password. Raises `NotFound`, `Conflict`."""
    user = accounts.get(work, organization_id, public_id)
    row = accounts.row_of(work, user)
    if row.locked_at is not None:
        raise Conflict("{email} is locked out", email=user.email)
    link = one_time_links.make(
        work, user.key, "password" if row.awaited_since is None else "invitation", email=user.email
    )
    audit.record(work, "make_link", Subject("user", user.id), after={"kind": link.kind}, organization=organization_id)
    return user, _sent(work, user, link, by_mail)


def forgotten(work: Work, email: str) -> None:
    """Somebody says they forgot their password: mail a link when there is such a user. Nothing tells the one who asks."""
    row = accounts.login_row(work, email)
    if row is None or not accounts.may_enter(row):
        return
    if _was_just_sent(work, row.id, "password"):
        return
    user = accounts.get(work, row.organization_id, row.public_id)
    _sent(work, user, one_time_links.make(work, user.key, "password", email=user.email), by_mail=True)


def register(work: Work, organization_id: int, *, email: str, password: PasswordHash, name: str | None) -> None:
    """A driver who comes by themselves, and is let in when they confirm the address. Raises `Invalid`.

    Whoever has an account at this address already is told so by mail; nothing tells the one who asks.
    """
    row = accounts.login_row(work, email)
    if row is not None and not accounts.is_unconfirmed(row):
        if accounts.may_enter(row):
            _mail(work, row, "known", email=row.email)
        return
    if row is not None and _was_just_sent(work, row.id, "registration"):
        return
    user = accounts.add(
        work, organization_id, email=email, password=password, role=drivers.ROLE, name=name, awaited=True
    )
    _sent(work, user, one_time_links.make(work, user.key, "registration", email=user.email), by_mail=True)


def move(work: Work, organization_id: int, public_id: str, *, email: str) -> None:
    """Somebody wants to log in with another address, which is to be confirmed. Raises `Invalid`.

    That it belongs to somebody else already, only its mailbox is told.
    """
    user = accounts.get(work, organization_id, public_id)
    accounts.check_email(email)
    with work.beyond():  # people log in by it, in whatever organization
        taken = accounts.login_row(work, email)
        if taken is not None and taken.id != user.key and not accounts.is_unconfirmed(taken):
            _mail(work, taken, "known", email=taken.email)
            return
    _sent(work, user, one_time_links.make(work, user.key, "email", email=email.strip()), by_mail=True)


def choose_password(work: Work, key: bytes, text: str, *, password: PasswordHash, name: str | None = None) -> User:
    """Use an invitation or a link for a new password; every log-in of theirs ends. Raises `Invalid`."""
    used = one_time_links.use(work, key, text, ("invitation", "password"))
    user = accounts.of_key(work, used.user_key)
    actor = accounts.actor_of(user)
    user = accounts.set_password(work, email=user.email, password=password, actor=actor)
    if name is not None:
        user = accounts.change_profile(work, user.organization_id, user.id, {"name": name})
    return user


def confirm(work: Work, key: bytes, text: str) -> User:
    """Use a link that confirms an address. Raises `Invalid`, `Conflict` when somebody else has it by now."""
    used = one_time_links.use(work, key, text, ("registration", "email"))
    user = accounts.of_key(work, used.user_key)
    if used.kind == "registration":
        admitted = accounts.admit(work, user)
        drivers.become_customer(work, admitted)
        return admitted
    before = user.email
    user = accounts.change_email(work, user.organization_id, user.id, email=used.email)
    _mail(work, user, "moved", email=before, now=user.email)
    return user


def _was_just_sent(work: Work, user_key: int, kind: one_time_links.Kind) -> bool:
    before = one_time_links.made_at(work, user_key, kind)
    return before is not None and work.now - before < AGAIN_AFTER


def _sent(work: Work, user: User, link: Link, by_mail: bool) -> Link:
    if by_mail:
        _mail(work, user, link.kind, email=link.email, link=link.public_id)
    return link


def _mail(
    work: Work,
    user: User | UserRow,
    kind: one_time_links.Kind | Literal["known", "moved"],
    *,
    email: str,
    link: str | None = None,
    now: str = "",
) -> None:
    look = looks.get(work, user.organization_id)
    # In their own language, or in that of the organization for who has not chosen one yet.
    language = user.language or issuers.get(work, user.organization_id).language
    due = MailDue(
        kind=kind,
        email=email,
        organization=look.shown_name,
        link=link,
        now=now,
        language=language,
        sender=look.name or "",
        organization_id=user.organization_id,
    )
    work.publish(due)
