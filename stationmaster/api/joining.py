"""How people come in by themselves: with a link that works once, by registering, at another address (X-01, API-01, API-02).

What a stranger may ask answers the same for every address: the mailbox learns more, and nobody else.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import JSONBody

from stationmaster.api.auth import check_person, verified_again
from stationmaster.api.context import GivenCaller, GivenContext, source_of
from stationmaster.domain import accounts, joining, one_time_links, organizations
from stationmaster.domain.errors import Conflict
from stationmaster.domain.permissions import Permission
from stationmaster.reason_words import Reason
from stationmaster.storage import Work

Email = Annotated[str, msgspec.Meta(max_length=254)]
Password = Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)]
Token = Annotated[str, msgspec.Meta(max_length=200)]
Name = Annotated[str, msgspec.Meta(max_length=200)]


class Accepted(msgspec.Struct, frozen=True):
    """What happens now, whoever's address it is."""

    detail: str


class Forgotten(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose password is forgotten."""

    email: Email


@post("/password-reset", permission=Permission.PUBLIC, security=[{}], status_code=202)
async def forget_password(
    data: JSONBody[Forgotten], request: Request[Any, Any, Any], context: GivenContext
) -> Accepted:
    """Ask for a link by mail to choose a new password: it works once, for 30 minutes.

    The answer is the same for every address. A server without mail says so: an administrator makes a link then.
    """
    if not context.mails:
        raise Conflict("this server sends no mail; ask an administrator for a link to choose a new password")
    context.letters.attempt(data.email, source_of(request))
    await context.database.write(joining.forgotten, data.email)
    return Accepted("If there is an account with this address, a link is on its way to it.")


class ChosenPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of an invitation, or of a link for a new password: what stands behind the # of its address."""

    token: Token
    password: Password
    name: Name | None = None


@post("/new-password", permission=Permission.PUBLIC, security=[{}], status_code=204)
async def choose_password(data: JSONBody[ChosenPassword], context: GivenContext) -> None:
    """Choose a password with an invitation or a link for a new one. Every log-in of theirs ends; then one logs in."""

    def holder(work: Work) -> str:
        used = one_time_links.check(work, context.keys.once, data.token, ("invitation", "password"))
        return accounts.of_key(work, used.user_key).email

    email = await context.database.read(holder)
    async with context.passwords.turn():
        password = await asyncio.to_thread(accounts.hashed, data.password, email=email)
    await context.database.write(
        joining.choose_password, context.keys.once, data.token, password=password, name=data.name
    )
    context.standings.forget_all()


class NewRegistration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A driver who comes by themselves."""

    email: Email
    password: Password
    name: Name | None = None


@post("/registration", permission=Permission.PUBLIC, security=[{}], status_code=202)
async def register(data: JSONBody[NewRegistration], request: Request[Any, Any, Any], context: GivenContext) -> Accepted:
    """Register as a driver, where `registration.open` allows it; the address is confirmed by a link in a mail.

    The answer is the same for an address that is known already.
    """
    if not context.settings.registration.open:
        raise PermissionDeniedException(detail=Reason("nobody registers by themselves here; ask for an invitation"))
    accounts.check_email(data.email)
    context.letters.attempt(data.email, source_of(request))
    async with context.passwords.turn():
        password = await asyncio.to_thread(accounts.hashed, data.password, email=data.email.strip())

    def add(work: Work) -> None:
        home = organizations.named(work, context.settings.registration.organization)
        joining.register(work, home, email=data.email, password=password, name=data.name)

    await context.database.write(add)
    return Accepted("A link is on its way to this address; follow it to confirm that it is yours.")


class NewAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The address somebody wants to log in with, and their password."""

    email: Email
    password: Password


@post("/email", permission=Permission.LOGGED_IN, status_code=202)
async def change_email(
    data: JSONBody[NewAddress], request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext
) -> Accepted:
    """Log in with another address from when it is confirmed, by a link in a mail to it.

    A server without mail says so: an administrator changes the address then.
    """
    check_person(caller)
    if not context.mails:
        raise Conflict("this server sends no mail; ask an administrator to change your address")
    accounts.check_email(data.email)
    await verified_again(context, caller, data.password, source_of(request), field="password")
    context.letters.attempt(data.email, source_of(request))
    await context.database.write(joining.move, caller.organization, caller.actor.id, email=data.email)
    return Accepted("A link is on its way to this address; follow it to confirm that it is yours.")


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of a link that confirms an address: what stands behind the # of its address."""

    token: Token


@post("/confirmation", permission=Permission.PUBLIC, security=[{}], status_code=204)
async def confirm(data: JSONBody[Confirmation], context: GivenContext) -> None:
    """Confirm an address with the link that was mailed to it. Who has registered may log in now; who has moved logs in with it."""
    await context.database.write(joining.confirm, context.keys.once, data.token)
    context.standings.forget_all()


router = Router(
    "/auth",
    route_handlers=[forget_password, choose_password, register, change_email, confirm],
    tags=["log-in"],
)
