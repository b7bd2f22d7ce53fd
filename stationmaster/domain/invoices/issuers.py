"""Who issues: what stands at the head and foot of an organization's receipts and invoices, and how they are numbered.

What nobody has said yet keeps nothing back: then a receipt has the organization's name and no address. `missing` says what the law of most places wants.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, get_args

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text, insert, select, update
from sqlalchemy import text as sql

from stationmaster.domain import audit, customers, looks, moments, organizations, phones
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Invalid
from stationmaster.domain.invoices.documents import Design, Party
from stationmaster.domain.invoices.languages import LANGUAGES
from stationmaster.domain.ledger import AccountKind
from stationmaster.domain.looks import Look
from stationmaster.reason_words import Reason
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata

issuers = Table(
    "issuers",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False, unique=True),
    Column("legal_name", Text),
    Column("address", Text),  # lines
    Column("country", Text),  # ISO 3166, two letters
    Column("tax_number", Text),
    Column("tax_label", Text),  # what such a number is called there
    Column("email", Text),
    Column("phone", Text),
    Column("website", Text),
    Column("bank", Text),
    Column("iban", Text),
    Column("bic", Text),
    Column("footer", Text),
    Column("language", Text, nullable=False, server_default="en"),
    Column("time_zone", Text, nullable=False, server_default="UTC"),  # of dates of issue, and of the year in numbers
    Column("number_prefix", Text),
    Column("payment_days", Integer, nullable=False, server_default="14"),
    Column("account_numbers", Json),  # of the ledger's accounts, in the operator's own chart
    Column("mail_receipts", Boolean, nullable=False, server_default=sql("true")),
    Column("updated_at", UtcTime, nullable=False),
)

FACTS = tuple(column.name for column in issuers.c if column.name not in ("id", "organization_id", "updated_at"))
"""What a person may say of it."""

_COUNTRY = re.compile(r"[A-Z]{2}")
_PREFIX = re.compile(r"[A-Za-z0-9/_.-]{0,20}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


class Issuer(NamedTuple):
    """What an organization has said of itself."""

    name: str  # the legal one, else that of the organization
    look: Look
    legal_name: str | None = None
    address: str | None = None
    country: str | None = None
    tax_number: str | None = None
    tax_label: str | None = None
    email: str | None = None
    phone: str | None = None
    website: str | None = None
    bank: str | None = None
    iban: str | None = None
    bic: str | None = None
    footer: str | None = None
    language: str = "en"
    time_zone: str = "UTC"
    number_prefix: str = ""
    payment_days: int = 14
    account_numbers: dict[str, str] | None = None
    mail_receipts: bool = True

    @property
    def missing(self) -> list[str]:
        """What an invoice needs in most places, and has not."""
        return [name for name in ("legal_name", "address", "country", "tax_number") if not getattr(self, name)]

    @property
    def party(self) -> Party:
        """As it is printed."""
        return Party(
            name=self.name,
            address=tuple((self.address or "").splitlines()),
            country=self.country,
            tax_number=self.tax_number,
            tax_label=self.tax_label,
            email=self.email,
            phone=self.phone,
            website=self.website,
            bank=self.bank,
            iban=self.iban,
            bic=self.bic,
        )

    @property
    def own_name(self) -> str:
        """The name it has chosen to show; empty where it has not."""
        return self.look.name or ""

    @property
    def design(self) -> Design | None:
        """How its paper looks; None where nobody has said."""
        look = self.look
        if look.colour is None and look.logo is None:
            return None
        return Design(colour=look.colours.on_light, logo=None if look.logo is None else look.logo.public_id)

    def local(self, at: datetime) -> datetime:
        """By the clock of its dates."""
        return at.astimezone(moments.zone_named(self.time_zone))


def get(work: Work, organization_id: int) -> Issuer:
    """What was said; else what holds where nothing was. Raises `NotFound`."""
    look = looks.get(work, organization_id)
    row = work.execute(select(issuers).where(issuers.c.organization_id == organization_id)).one_or_none()
    if row is None:
        return Issuer(look.organization, look)
    facts = {fact: getattr(row, fact) for fact in FACTS}
    return Issuer(row.legal_name or look.organization, look, **facts | {"number_prefix": row.number_prefix or ""})


def logo_of(work: Work, design: Design | None) -> bytes | None:
    """The PNG that is printed with it."""
    return None if design is None else looks.logo_content(work, design.logo)


def change(work: Work, organization_id: int, changes: Mapping[str, Any]) -> Issuer:
    """Set the `FACTS` that are given; what is issued already stays as it is. Raises `Invalid`."""
    organizations.lock(work, organization_id)
    before = get(work, organization_id)
    values = {name: _checked(name, value) for name, value in changes.items() if name in FACTS}
    if not values:
        return before
    mine = update(issuers).where(issuers.c.organization_id == organization_id)
    if not work.execute(mine.values(**values, updated_at=work.now)).rowcount:
        work.execute(insert(issuers).values(organization_id=organization_id, updated_at=work.now, **values))
    after = get(work, organization_id)
    audit.record(
        work,
        "change_billing_details",
        Subject("organization", organizations.get(work, organization_id).public_id),
        before={name: getattr(before, name) for name in values},
        after={name: getattr(after, name) for name in values},
        organization=organization_id,
    )
    return after


def _checked(name: str, value: Any) -> Any:
    if name in ("mail_receipts", "payment_days"):
        return value
    if name == "account_numbers":
        for account in value or {}:
            kind = account.partition(" ")[0]
            _check(
                name,
                kind in get_args(AccountKind),
                Reason("there is no account {account!r} in the ledger", account=account),
            )
        return value or None
    text = " ".join(value.split()) if isinstance(value, str) and name not in ("address", "footer") else value
    if name in ("address", "footer") and text is not None:
        text = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    if name in ("language", "time_zone", "number_prefix"):
        return _chosen(name, text)
    if not text:
        return None
    if name == "country":
        text = text.upper()
        _check(name, _COUNTRY.fullmatch(text), Reason("is two letters, as in DE"))
    if name == "phone":
        return phones.kept(text)
    if name == "email":
        _check(name, customers.is_email(text), Reason("{email!r} is no e-mail address", email=text))
    if name == "iban":
        text = text.replace(" ", "").upper()
        _check(
            name, _IBAN.fullmatch(text) and _adds_up(text), Reason("is no IBAN: a digit is wrong, or one is missing")
        )
    if name == "bic":
        text = text.upper()
        _check(name, _BIC.fullmatch(text), Reason("is no BIC: it has 8 or 11 letters and digits"))
    return text


def _chosen(name: str, text: str) -> str:
    if name == "language":
        _check(name, text in LANGUAGES, Reason("must be one of {known}", known=", ".join(LANGUAGES)))
    elif name == "time_zone":
        try:
            moments.zone_named(text)
        except Invalid as error:
            raise Invalid(name, error.reason) from None
    else:
        _check(name, _PREFIX.fullmatch(text), Reason("has up to 20 letters, digits, dashes, dots and slashes"))
    return text


def _check(name: str, holds: object, otherwise: Reason) -> None:
    if not holds:
        raise Invalid(name, otherwise)


def _adds_up(iban: str) -> bool:
    """ISO 13616: the letters as numbers, the first four characters last, and the remainder by 97 is 1."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1
