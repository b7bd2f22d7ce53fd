"""What goes out to providers of payments, one payment's errands one after the other; and what is done about payments by the clock.

Nothing here runs in the writer. The key of what moves money names what is done (`pay_…:capture`), so that a provider does it once,
however often it is told: after a crash, after a time-out, by a person who tries a delivery again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import structlog

from stationmaster.domain import payments
from stationmaster.domain.deliveries import Undeliverable, delivers
from stationmaster.domain.guests import visits
from stationmaster.domain.payments import Job, PaymentAsked, Schedule, Source, hearing, refunds
from stationmaster.domain.timers import every
from stationmaster.outside import Http, Outside
from stationmaster.outside.payments import Account, Providers, practice
from stationmaster.outside.payments.provider import Asked, Provider, Refused
from stationmaster.payment_words import Amount, Refunded, SavedMethod, Told, checked
from stationmaster.settings import PaymentAccount, Payments, Settings
from stationmaster.storage import Database, Work

log = structlog.get_logger()
PROVIDER_TIMEOUT_S = 20.0  # a bank may take its time, and a delivery has 30 s for it


@delivers(to=lambda event: [event.payment], timeout_s=30, give_up_after=timedelta(days=3))
async def ask_provider(outside: Outside, event: PaymentAsked, providers: Providers) -> None:
    """One thing that is asked of a provider, and what it says."""
    database = outside.database
    job = await database.read(payments.job, event)
    if job is None:
        return
    account = _account(providers, job.payment.provider)
    source = Source(account.name, job.payment.organization_id)
    try:
        if event.act == "refund":
            said = await _refund(database, account.provider, job, event)
            if said is not None:
                await database.write_apart(refunds.tell, source.organization_id, checked(said))
        else:
            told = await _asked(account.provider, job, event)
            await database.write_apart(hearing.tell, source, checked(told))
    except Refused as no:
        await database.write_apart(hearing.refuse, event, sentence=str(no), code=no.code)


def _account(providers: Providers, name: str) -> Account:
    account = providers.get(name)
    if account is None:
        raise Undeliverable(f"there is no account {name!r} in the settings any more")
    return account


async def _asked(provider: Provider, job: Job, event: PaymentAsked) -> Told:
    row, key = job.payment, f"{job.payment.public_id}:{event.act}"
    if event.act == "begin":
        asked = Asked(
            payment=row.public_id,
            amount=Amount(row.amount, row.currency),
            capture=row.capture,
            description=row.description,
            return_url=row.return_url,
            expires_at=row.expires_at,
            email=row.email,
            save=row.save,
            method=None if row.method is None else msgspec.convert(row.method, SavedMethod),
        )
        return await provider.begin(asked, key=key)
    assert job.told is not None
    if event.act == "raise":
        assert row.raise_to is not None
        amount = Amount(row.raise_to, row.currency)
        return await provider.increase(job.told, amount, key=f"{key}:{row.raise_to}")
    if event.act == "capture":
        assert row.wanted is not None
        return await provider.capture(job.told, Amount(row.wanted, row.currency), key=key)
    if event.act == "release":
        return await provider.release(job.told, key=key)
    return await provider.find(job.told.reference)


async def _refund(database: Database, provider: Provider, job: Job, event: PaymentAsked) -> Refunded | None:
    assert event.refund is not None and job.told is not None
    row = await database.read(refunds.get, event.refund)
    if row.state in ("done", "failed"):
        return None
    amount = Amount(row.amount, job.payment.currency)
    return await provider.refund(job.told, amount, refund=row.public_id, charge=row.charge, key=row.public_id)


@every(seconds=2, once=True)
async def look_after_payments(database: Database) -> None:
    """Those of which nobody has told anything for a while, and those whose time is over."""
    while await database.read(payments.to_look_after):
        await database.write_apart(payments.look_after)


@every(seconds=3600, once=True)
async def forget_guests(database: Database) -> None:
    """Those whose visit nobody is shown any more."""
    while await database.write_apart(visits.forget):
        pass


@every(seconds=60, once=True)
async def chase_claims(database: Database, settings: Payments) -> None:
    """What is owed, by the schedule."""
    await database.write_apart(payments.chase, Schedule(settings.retry_days, settings.block_after))


@delivers(to=lambda event: [event.provider], timeout_s=300, give_up_after=timedelta(hours=1))
async def compare_now(outside: Outside, event: payments.ComparisonAsked, providers: Providers) -> None:
    """The same on demand, for any span of time."""
    account = _account(providers, event.provider)
    source = Source(event.provider, event.organization_id)
    await compare(outside.database, account, source, event.since, event.until)


@every(seconds=3600, once=True, timeout_s=900)
async def compare_books(database: Database, providers: Providers) -> None:
    """Once a day, with each provider."""
    for account in providers:
        source = await database.read(source_of, account)
        if source is None:
            continue
        span = await database.read(payments.reconciling.next_span, source)
        if span is not None:
            found = await compare(database, account, source, *span)
            if found.differences:
                log.error("payments.differ", provider=account.name, differences=len(found.differences))


def source_of(work: Work, account: Account) -> Source | None:
    """The account, and whose it is."""
    organization_id = payments.organization_of(work, account.organization)
    return None if organization_id is None else Source(account.name, organization_id)


async def compare(
    database: Database, account: Account, source: Source, since: datetime, until: datetime
) -> payments.reconciling.CheckRow:
    """The provider's list with our ledger. Raises `Unclear` and `Refused`."""
    slack = payments.reconciling.SLACK
    theirs = await account.provider.movements(since - slack, until + slack)
    return await database.write_apart(payments.reconciling.check, source, theirs, since, until)


def accounts(settings: Settings, clock: Callable[[], datetime]) -> Providers:
    """The accounts of the settings, ready to be asked."""
    http = Http(settings.outside.allowed_networks, timeout_s=PROVIDER_TIMEOUT_S)
    return Providers(
        Account(each.name, each.organization, _provider(each, http, clock)) for each in settings.payments.providers
    )


def _provider(account: PaymentAccount, http: Http, clock: Callable[[], datetime]) -> Provider:
    """Each is imported where it is used: Stripe's library is large."""
    url = {} if account.url is None else {"url": account.url}
    key, secret = account.key or "", account.secret or ""
    if account.kind == "stripe":
        from stationmaster.outside.payments.stripe import Stripe

        return Stripe(http, secret_key=key, webhook_secret=secret, clock=clock, **url)
    if account.kind == "razorpay":
        from stationmaster.outside.payments.razorpay import Razorpay

        key_id = account.key_id or ""
        return Razorpay(http, key_id=key_id, key_secret=key, webhook_secret=secret, clock=clock, **url)
    return practice.made(account.name, url=account.url, secret=account.secret)
