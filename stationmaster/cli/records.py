"""`stationmaster user|station|token|organization add …`: records made from the command line, beside a server or before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import typer

from stationmaster import telemetry
from stationmaster.domain import (
    accounts,
    audit,
    drivers,
    installation,
    joining,
    one_time_links,
    organizations,
    permissions,
    second_factors,
    signing,
    stations,
    tenants,
    tokens,
)
from stationmaster.domain.audit import Signature
from stationmaster.domain.credentials import Keys
from stationmaster.domain.one_time_links import Link
from stationmaster.installation_key import SecretKey, keep_key, secret_key
from stationmaster.settings import BadSettings, Settings, load
from stationmaster.storage import Database, Work, migrations, opening

user = typer.Typer(no_args_is_help=True, help="People who log in.")
station = typer.Typer(no_args_is_help=True, help="Chargers.")
token = typer.Typer(no_args_is_help=True, help="Cards and other tokens.")
organization = typer.Typer(no_args_is_help=True, help="Tenants: each sees only what is its own.")

Of = Annotated[
    str | None, typer.Option("--organization", help="Name of the organization; may be left out while there is only one")
]
ROLES = ", ".join(permissions.ROLES)
Role = Annotated[str, typer.Option(help=ROLES)]


@organization.command("add")
def add_organization(
    name: str, owner: Annotated[str | None, typer.Option(help="E-mail address of who is invited to run it")] = None
) -> None:
    """Add an organization, and print the invitation of its owner."""
    settings = load()
    key = secret_key(settings)
    _, link = _write(lambda work: tenants.add(work, name=name, owner=owner, by_mail=False), settings, key)
    print(f"organization {name}")
    if link is not None:
        _print_link(link, settings, key)


@organization.command("rename")
def rename_organization(name: str, new: Annotated[str, typer.Argument(metavar="NEW-NAME")]) -> None:
    """Give an organization another name."""
    _write(lambda work: organizations.rename(work, organizations.named(work, name), name=new))
    print(f"organization {new}")


@organization.command("close")
def close_organization(name: str) -> None:
    """Nobody of an organization may log in any more, nor do its keys work; what it has stays."""
    _write(lambda work: tenants.close(work, organizations.get(work, organizations.named(work, name))))
    print(f"organization {name} is closed")


@organization.command("open")
def open_organization(name: str) -> None:
    """Let the people and keys of an organization in again."""
    _write(lambda work: tenants.reopen(work, organizations.get(work, organizations.named(work, name))))
    print(f"organization {name} is open")


@organization.command("list")
def list_organizations() -> None:
    """All organizations."""
    for each in _write(organizations.listed):
        print(each.name if each.closed_at is None else f"{each.name}  closed")


@user.command("list")
def list_users(organization: Of = None) -> None:
    """Who can log in, and in which role."""
    rows = _write(
        lambda work: accounts.listed(work, organizations.named(work, organization), limit=10_000, cursor=None)
    )
    for row in reversed(rows):
        state = "  locked out" if row.locked_at is not None else "  invited" if row.awaited_since is not None else ""
        print(f"{row.email}  {row.role}{state}")


@user.command("password")
def change_password(
    email: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Give somebody another password; their log-ins end."""
    _write(lambda work: accounts.set_password(work, email=email, password=password))
    print(f"{email} has another password")


@user.command("remove")
def remove_user(email: str, organization: Of = None) -> None:
    """Remove somebody: their log-ins and keys end."""
    _change(email, organization, accounts.remove)
    print(f"{email} is removed")


@user.command("invite")
def invite_user(
    email: str,
    role: Role = "administrator",
    site: Annotated[list[str] | None, typer.Option(help="Limit them to this site; may be given again")] = None,
    organization: Of = None,
) -> None:
    """Add somebody who chooses their own password, and print the link for it."""

    def invite(work: Work) -> Link:
        home = organizations.named(work, organization)
        return joining.invite(work, home, email=email, role=role, site_names=site, by_mail=False)[1]

    _hand_out(invite)


@user.command("reset")
def reset_password(email: str, organization: Of = None) -> None:
    """Print a link with which somebody chooses a new password; for who was invited, a new invitation."""

    def make(work: Work) -> Link:
        home = organizations.named(work, organization)
        return joining.link_for(work, home, accounts.named(work, home, email).id, by_mail=False)[1]

    _hand_out(make)


def _hand_out(make: Callable[[Work], Link]) -> None:
    settings = load()
    key = secret_key(settings)
    _print_link(_write(make, settings, key), settings, key)


def _print_link(link: Link, settings: Settings, key: SecretKey) -> None:
    base = settings.web.public_url or f"http://{settings.web.host}:{settings.web.port}"
    print(one_time_links.address(base, Keys(key.value).once, link))
    print(f"It works once, until {link.expires_at:%Y-%m-%d %H:%M} UTC; give it to {link.email}")


@user.command("role")
def change_role(email: str, role: Annotated[str, typer.Argument(help=ROLES)], organization: Of = None) -> None:
    """Give somebody another role."""
    _change(email, organization, lambda work, home, id: accounts.change_role(work, home, id, role=role))
    print(f"{email} is {role} now")


@user.command("sites")
def limit_user(
    email: str,
    site: Annotated[list[str] | None, typer.Argument(help="Those they are limited to; none: they see all")] = None,
    organization: Of = None,
) -> None:
    """Limit somebody to some sites, or to none any more."""
    _change(email, organization, lambda work, home, id: accounts.limit(work, home, id, site_names=site or None))
    print(f"{email} sees {', '.join(site) if site else 'all sites'}")


@user.command("customer")
def name_customer(
    email: str,
    customer: Annotated[
        str | None, typer.Argument(help="The id of the customer that they are; none: they are none")
    ] = None,
    organization: Of = None,
) -> None:
    """Say which customer somebody is: they see that customer's cards, vehicles and sessions as their own."""
    _change(email, organization, lambda work, home, id: drivers.link(work, home, id, customer=customer))
    print(f"{email} is customer {customer}" if customer else f"{email} is no customer")


@user.command("lock")
def lock_user(email: str, organization: Of = None) -> None:
    """Lock somebody out: their log-ins end, and their keys rest."""
    _change(email, organization, lambda work, home, id: accounts.lock(work, home, id, locked=True))
    print(f"{email} is locked out")


@user.command("unlock")
def unlock_user(email: str, organization: Of = None) -> None:
    """Let somebody in again."""
    _change(email, organization, lambda work, home, id: accounts.lock(work, home, id, locked=False))
    print(f"{email} may log in")


@user.command("second-step-off")
def remove_second_step(email: str, organization: Of = None) -> None:
    """For who lost their phone and their codes: they log in with their password alone, and set up the second step anew."""

    def remove(work: Work, home: int, id: str) -> None:
        user = accounts.get(work, home, id)
        second_factors.remove(work, user)
        accounts.end_logins(work, user)

    _change(email, organization, remove)
    print(f"{email} logs in with the password alone")


def _change(email: str, organization: str | None, change: Callable[[Work, int, str], object]) -> None:
    def unit(work: Work) -> None:
        home = organizations.named(work, organization)
        change(work, home, accounts.named(work, home, email).id)

    _write(unit)


@user.command("add")
def add_user(
    email: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    role: Role = "administrator",
    organization: Of = None,
) -> None:
    """Add somebody who can log in."""
    _write(
        lambda work: accounts.add(
            work, organizations.named(work, organization), email=email, password=password, role=role
        )
    )
    print(f"{email} can log in as {role}")


@station.command("add")
def add_station(
    identity: Annotated[str, typer.Argument(metavar="ID", help="What the charger calls itself: the end of its URL")],
    secret: Annotated[str | None, typer.Option(help="16 to 64 characters; left out, one is generated")] = None,
    name: Annotated[str | None, typer.Option()] = None,
    organization: Of = None,
) -> None:
    """Add a charger and print its secret."""
    settings = load()
    key = secret_key(settings)

    def add(work: Work) -> tuple[stations.StationRow, str]:
        home = organizations.named(work, organization)
        return stations.create(work, home, Keys(key.value), identity=identity, secret=secret, name=name)

    _, shown = _write(add, settings, key)
    print(f"charger {identity}\nsecret  {shown}")


@station.command("strict")
def hold_strictly(
    identity: Annotated[str, typer.Argument(metavar="ID")],
    on: Annotated[bool, typer.Option("--on/--off", help="Repair nothing, or what is plain again")] = True,
    organization: Of = None,
) -> None:
    """Answer every deviation of a charger from the specification with an error (for certification), or repair it again."""
    _write(lambda work: stations.change(work, organizations.named(work, organization), identity, {"strict": on}))
    print(f"charger {identity} is {'held strictly' if on else 'understood where it can be'}")


@token.command("add")
def add_token(
    uid: Annotated[str, typer.Argument(help="As the charger reads it from the card")],
    label: Annotated[str | None, typer.Option(help="Whose card it is")] = None,
    organization: Of = None,
) -> None:
    """Add a card."""
    _write(lambda work: tokens.add(work, organizations.named(work, organization), uid=uid, label=label))
    print(f"card {uid} may charge")


def migrate() -> None:
    telemetry.configure("warning")
    settings = load().database
    database = Database(settings.url, tenant_role=settings.tenant_role)

    async def run() -> str | None:
        await opening.until_usable(database, patience_s=0)
        return await opening.prepare(database, migrate=True)

    no_walls = asyncio.run(run())
    print(f"the schema is at {migrations.head()}")
    if no_walls is not None:
        print(f"tenants are kept apart by the program only, not by the database as well: {no_walls}")


def read_or_write(f: Callable[[Work], Any], settings: Settings) -> Any:
    """A unit of work of another command on the configured database."""
    return _write(f, settings)


_SIGNATURE = Signature(actor=audit.COMMAND_LINE, organization=None)


def _write(f: Callable[[Work], Any], settings: Settings | None = None, key: SecretKey | None = None) -> Any:
    """One unit of work on the configured database, beside a running server or before it."""
    telemetry.configure("warning")
    settings = settings or load()
    key = key or secret_key(settings)
    mark = Keys(key.value).mark

    def unit(work: Work) -> Any:
        try:
            installation.admit_key(work, mark=mark, made_now=key.made_now, chargers=stations.any_registered(work))
        except installation.OtherKey as error:
            raise BadSettings(f"{key.name} {error}") from None
        return f(work)

    async def run() -> Any:
        database = Database(settings.database.url, lanes=1, readers=1, tenant_role=settings.database.tenant_role)
        await opening.until_usable(database, patience_s=0)
        await opening.prepare(database, migrate=settings.database.migrate)
        database.start()
        try:
            done = await database.write(signing.signed, _SIGNATURE, unit)
        finally:
            await database.stop()
        keep_key(settings, key)
        return done

    return asyncio.run(run())
