"""The page of the bank for practice, where a payer says with which card they pay. It is there for accounts of that kind only."""

from __future__ import annotations

import html
from typing import Any

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from stationmaster.api.context import Context, GivenContext
from stationmaster.domain.errors import Unreachable
from stationmaster.domain.money.amounts import of_minor
from stationmaster.domain.permissions import Permission
from stationmaster.outside.payments.provider import Refused, Unclear
from stationmaster.outside.payments.test import Practice
from stationmaster.outside.payments.test_bank import CARDS

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bank for practice</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 0 auto; padding: 1.5rem 1rem; }
h1 { font-size: 1.25rem; margin: 0; } .amount { font-size: 2rem; font-weight: 600; margin: .5rem 0; }
.note { opacity: .75; font-size: .9rem; } .no { color: #c0392b; font-weight: 600; }
form { display: grid; gap: .5rem; margin: 1.25rem 0; }
button { font: inherit; text-align: left; padding: .75rem 1rem; border: 1px solid #8888; border-radius: .5rem; background: none; color: inherit; cursor: pointer; }
button:first-of-type { background: #1a7f4b; border-color: #1a7f4b; color: #fff; }
code { opacity: .8; font-size: .85rem; display: block; }
</style></head><body>
<h1>Bank for practice</h1>
<p class="amount">%(amount)s</p><p>%(description)s</p>%(said)s
%(form)s
<p class="note">No money is moved here: this bank belongs to the demo.</p>
<p><a href="%(back)s">Back</a></p>
</body></html>
"""


@get("/test-bank/{provider:str}/{reference:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def show_test_bank(provider: FromPath[str], reference: FromPath[str], context: GivenContext) -> Response[str]:
    """The amount, and the cards there are."""
    return await _shown(_practice(context, provider), reference)


@post(
    "/test-bank/{provider:str}/{reference:str}", permission=Permission.PUBLIC, include_in_schema=False, status_code=200
)
async def pay_test_bank(
    provider: FromPath[str], reference: FromPath[str], request: Request[Any, Any, Any], context: GivenContext
) -> Response[Any]:
    """Pay with one of them; who has paid goes back to where they came from."""
    bank = _practice(context, provider)
    card = str((await request.form()).get("card", ""))
    try:
        told = await bank.pay(reference, card)
    except Refused as no:
        return await _shown(bank, reference, said=str(no))
    except Unclear as error:
        raise Unreachable("the bank for practice cannot be reached at this moment") from error
    if told.state == "pending":
        return await _shown(bank, reference, said=told.reason)
    return Redirect((await _facts(bank, reference))["return_url"], status_code=303)


def _practice(context: Context, name: str) -> Practice:
    account = context.providers.get(name)
    if account is None or not isinstance(account.provider, Practice):
        raise NotFoundException("there is no such bank")
    return account.provider


async def _facts(bank: Practice, reference: str) -> dict[str, Any]:
    try:
        return await bank.shown(reference)
    except Refused:
        raise NotFoundException("there is no such payment") from None
    except Unclear as error:
        raise Unreachable("the bank for practice cannot be reached at this moment") from error


async def _shown(bank: Practice, reference: str, *, said: str | None = None) -> Response[str]:
    facts = await _facts(bank, reference)
    buttons = "".join(
        f'<button name="card" value="{number}">A card that {html.escape(card.sentence)}<code>{number}</code></button>'
        for number, card in CARDS.items()
    )
    over = f"<p>This payment is {html.escape(facts['state'])}.</p>"
    amount = of_minor(facts["amount"], facts["currency"])
    page = _PAGE % {
        "amount": html.escape(str(amount)),
        "description": html.escape(facts["description"]),
        "said": "" if said is None else f'<p class="no">{html.escape(said)}</p>',
        "form": f'<form method="post">{buttons}</form>' if facts["state"] == "pending" else over,
        "back": html.escape(facts["return_url"], quote=True),
    }
    return Response(page, media_type="text/html")
