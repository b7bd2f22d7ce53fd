"""The devices on which one is told things while no page is open. For whoever works here, too: who gets alerts by mail gets them there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.auth import check_person, myself
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.domain import push_devices, push_messages
from stationmaster.domain.audit import Signature
from stationmaster.domain.errors import Conflict
from stationmaster.domain.permissions import Permission
from stationmaster.domain.push_devices import DeviceRow, Owner
from stationmaster.outside import Refused, web_push
from stationmaster.outside.http import Failed
from stationmaster.outside.web_push import Gone, Push, Sender, Subscription
from stationmaster.storage import Work

Endpoint = Annotated[str, msgspec.Meta(max_length=1000, description="Of the push service, as the browser gave it out")]
Base64 = Annotated[str, msgspec.Meta(max_length=200, description="base64url")]


class PushDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device. `id` is the first half of the SHA-256 of its address, in hexadecimal digits: a browser knows itself by that. `service` is the host of its push
    service, `told_at` when that took a message last, `why` what it said when it did not, since then."""

    id: str
    service: str
    browser: str | None
    created_at: datetime
    told_at: datetime | None
    why: str | None


class PushDevices(msgspec.Struct, frozen=True):
    """One's devices, newest first, and `key`, for which a browser gives out its address: the `applicationServerKey`, base64url.
    `offered`: this server sends to devices; else none can be added, and nothing is told there."""

    offered: bool
    key: str
    most: int
    items: list[PushDevice]


class NewPushDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser gives out (`PushSubscription`): its address, and its keys `p256dh` and `auth`."""

    endpoint: Endpoint
    p256dh: Base64
    auth: Base64


class PushDeviceBefore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser was given out before: its address, and the secret `auth` that came with it."""

    endpoint: Endpoint
    auth: Base64


class RenewedPushDevice(NewPushDevice, frozen=True, forbid_unknown_fields=True):
    """What a browser is given out now, and what it was before."""

    before: PushDeviceBefore


class PushDeviceTest(msgspec.Struct, frozen=True):
    """What came of a test: whether the push service took it, or else `why` not. `gone`: there is no such device any more, and it was forgotten."""

    ok: bool
    gone: bool
    why: str | None


TESTS_PER_MINUTE = 5


@get("/push-devices", permission=Permission.LOGGED_IN)
async def list_own_push_devices(caller: GivenCaller, context: GivenContext) -> PushDevices:
    """The devices on which I am told things, and what a browser needs to become one."""
    check_person(caller)
    rows = await context.database.read(lambda work: push_devices.listed(work, myself(work, caller).key))
    key = web_push.base64url(web_push.public_form(context.keys.push))
    return PushDevices(context.settings.web.push, key, push_devices.MOST, [device_form(row) for row in rows])


@post("/push-devices", permission=Permission.LOGGED_IN)
async def add_own_push_device(data: JSONBody[NewPushDevice], caller: GivenCaller, context: GivenContext) -> PushDevice:
    """Tell me on this device from now on: what I have chosen to be told, and alerts that go to me. Up to ten; 409 for one more."""
    check_person(caller)
    _check_offered(context)
    address = push_devices.checked(data.endpoint, data.p256dh, data.auth)

    def add(work: Work) -> DeviceRow:
        signature: Signature | None = work.signature
        browser = None if signature is None else signature.browser or None
        owner = Owner(caller.organization, myself(work, caller).key, caller.login)
        return push_devices.add(work, owner, context.keys, address, browser=browser)

    return device_form(await context.database.write(add))


@delete("/push-devices/{device_id:str}", permission=Permission.LOGGED_IN)
async def remove_own_push_device(device_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Tell me nothing there any more."""
    check_person(caller)
    await context.database.write(lambda work: push_devices.remove(work, myself(work, caller).key, device_id))


@post("/push-devices/{device_id:str}/test", permission=Permission.LOGGED_IN, status_code=200)
async def test_own_push_device(device_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> PushDeviceTest:
    """Send a test to a device of mine now, and say what came of it; five in a minute. It is not tried again, and a device that is gone is forgotten."""
    check_person(caller)
    _check_offered(context)
    context.rates.take(f"push test {caller.actor.id}", TESTS_PER_MINUTE)

    def read(work: Work) -> tuple[DeviceRow, str | None]:
        me = myself(work, caller)
        row = push_devices.get(work, me.key, device_id)
        push_devices.record_test(work, row)
        return row, me.language

    row, language = await context.database.write(read)
    message = push_messages.test(language)
    why: str | None = None
    try:
        address = push_devices.address_of(row, context.keys)
        settings = context.settings
        sender = Sender(context.keys.push, web_push.contact(settings.web.public_url, settings.mail.sender))
        to = Subscription(address.endpoint, address.p256dh, address.auth)
        pushed = Push(*message)
        await web_push.send(context.http, to, pushed, sender, now=context.database.clock())
    except (Gone, ValueError) as failure:
        await context.database.write(push_devices.gone, row)
        return PushDeviceTest(False, True, str(failure))
    except (Refused, Failed) as failure:
        why = str(failure)
    await context.database.write(_tested, row, why)
    return PushDeviceTest(why is None, False, why)


def _tested(work: Work, row: DeviceRow, why: str | None) -> None:
    push_devices.told(work, row, why=why)


def _check_offered(context: Context) -> None:
    if not context.settings.web.push:
        raise Conflict("messages on devices are switched off on this server")


routes = [list_own_push_devices, add_own_push_device, remove_own_push_device, test_own_push_device]


@post("/renewals", permission=Permission.PUBLIC, status_code=204)
async def renew_push_device(data: JSONBody[RenewedPushDevice], context: GivenContext) -> None:
    """A browser was given another address by its push service (`pushsubscriptionchange`), and says the one before. Who does so needs no log-in, for it happens
    while no page is open; the secret of the address before is the proof. 404 where that is not known."""
    before = data.before.endpoint, push_devices.secret_of(data.before.auth)
    address = push_devices.checked(data.endpoint, data.p256dh, data.auth)
    await context.database.write(push_devices.renew, context.keys, before, address)


router = Router("/push-devices", route_handlers=[renew_push_device], tags=["drivers"])


def device_form(row: DeviceRow) -> PushDevice:
    """A device as its person sees it."""
    return PushDevice(
        id=row.public_id,
        service=row.service,
        browser=row.browser,
        created_at=row.created_at,
        told_at=row.told_at,
        why=row.why,
    )
