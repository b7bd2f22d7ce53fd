"""What stands at the head of one's own receipts and invoices."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Router, get, patch
from litestar.params import JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Text, given
from stationmaster.domain.invoices import issuers
from stationmaster.domain.permissions import Permission

Lines = Annotated[str, msgspec.Meta(max_length=1000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$(?!\n)")]
AccountNumber = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9 ._/-]*$(?!\n)")]
AccountNumbers = Annotated[dict[Text, AccountNumber], msgspec.Meta(max_length=200)]
Days = Annotated[int, msgspec.Meta(ge=0, le=365)]


class BillingDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues receipts and invoices, and how. `name` is the legal name, else that of the organization.

    `missing` names what an invoice needs in most places and has not: nothing waits for it. `time_zone` is that of the dates on them, and of the year
    in their numbers, which begin with `number_prefix`. `account_numbers` are those of exported bookings: of a kind of account
    (`revenue`), or of one (`tax VAT 19 %`). `mail_receipts`: who has an e-mail address is sent each one.
    """

    name: str
    legal_name: str | None
    address: str | None
    country: str | None
    tax_number: str | None
    tax_label: str | None
    email: str | None
    phone: str | None
    website: str | None
    bank: str | None
    iban: str | None
    bic: str | None
    footer: str | None
    language: str
    time_zone: str
    number_prefix: str
    payment_days: int
    account_numbers: dict[str, str] | None
    mail_receipts: bool
    missing: list[str]


class BillingChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. `address` and `footer` have lines."""

    legal_name: Text | msgspec.UnsetType | None = msgspec.UNSET
    address: Lines | msgspec.UnsetType | None = msgspec.UNSET
    country: Text | msgspec.UnsetType | None = msgspec.UNSET
    tax_number: Text | msgspec.UnsetType | None = msgspec.UNSET
    tax_label: Text | msgspec.UnsetType | None = msgspec.UNSET
    email: Text | msgspec.UnsetType | None = msgspec.UNSET
    phone: Text | msgspec.UnsetType | None = msgspec.UNSET
    website: Text | msgspec.UnsetType | None = msgspec.UNSET
    bank: Text | msgspec.UnsetType | None = msgspec.UNSET
    iban: Text | msgspec.UnsetType | None = msgspec.UNSET
    bic: Text | msgspec.UnsetType | None = msgspec.UNSET
    footer: Lines | msgspec.UnsetType | None = msgspec.UNSET
    language: Text | msgspec.UnsetType = msgspec.UNSET
    time_zone: Text | msgspec.UnsetType = msgspec.UNSET
    number_prefix: Annotated[str, msgspec.Meta(max_length=20)] | msgspec.UnsetType = msgspec.UNSET
    payment_days: Days | msgspec.UnsetType = msgspec.UNSET
    account_numbers: AccountNumbers | msgspec.UnsetType | None = msgspec.UNSET
    mail_receipts: bool | msgspec.UnsetType = msgspec.UNSET


@get("/", permission=Permission.VIEW)
async def get_billing_details(caller: GivenCaller, context: GivenContext) -> BillingDetails:
    """What stands on the receipts and invoices of one's own organization."""
    return _public_form(await context.database.read(issuers.get, caller.organization))


@patch("/", permission=Permission.OWN)
async def change_billing_details(
    data: JSONBody[BillingChanges], caller: GivenCaller, context: GivenContext
) -> BillingDetails:
    """Change it; what is issued already stays as it is."""
    return _public_form(await context.database.write(issuers.change, caller.organization, given(data)))


router = Router(
    "/organization/billing", route_handlers=[get_billing_details, change_billing_details], tags=["organizations"]
)


def _public_form(issuer: issuers.Issuer) -> BillingDetails:
    facts: dict[str, Any] = issuer._asdict()
    del facts["look"]
    return BillingDetails(**facts, missing=issuer.missing)
