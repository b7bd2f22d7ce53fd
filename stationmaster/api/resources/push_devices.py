"""The devices on which one is told things while no page is open. For whoever works here, too: who gets alerts by mail gets them there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.auth import check_person, myself
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import push_devices
from stationmaster.domain.audit import Signature
from stationmaster.domain.permissions import Permission
from stationmaster.domain.push_devices import DeviceRow, Owner
from stationmaster.outside import web_push
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
    """One's devices, newest first, and `key`, for which a browser gives out its address: the `applicationServerKey`, base64url."""

    key: str
    most: int
    items: list[PushDevice]


class NewPushDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser gives out (`PushSubscription`): its address, and its keys `p256dh` and `auth`."""

    endpoint: Endpoint
    p256dh: Base64
    auth: Base64


@get("/push-devices", permission=Permission.LOGGED_IN)
async def list_own_push_devices(caller: GivenCaller, context: GivenContext) -> PushDevices:
    """The devices on which I am told things, and what a browser needs to become one."""
    check_person(caller)
    rows = await context.database.read(lambda work: push_devices.listed(work, myself(work, caller).key))
    key = web_push.base64url(web_push.public_form(context.keys.push))
    return PushDevices(key, push_devices.MOST, [device_form(row) for row in rows])


@post("/push-devices", permission=Permission.LOGGED_IN)
async def add_own_push_device(data: JSONBody[NewPushDevice], caller: GivenCaller, context: GivenContext) -> PushDevice:
    """Tell me on this device from now on: what I have chosen to be told, and alerts that go to me. Up to ten; 409 for one more."""
    check_person(caller)
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


routes = [list_own_push_devices, add_own_push_device, remove_own_push_device]


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
