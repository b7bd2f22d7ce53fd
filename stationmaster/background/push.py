"""Sends to people's devices what they are told by mail as well, tried again for as long as it is news."""

from __future__ import annotations

from stationmaster.domain import push_devices, push_messages
from stationmaster.domain.alerts import telling
from stationmaster.domain.alerts.telling import NoticeToSend
from stationmaster.domain.credentials import Keys
from stationmaster.domain.deliveries import Undeliverable, delivers
from stationmaster.domain.errors import NotFound
from stationmaster.domain.events import PushDue
from stationmaster.domain.push_devices import DeviceRow
from stationmaster.outside import Outside, Refused, web_push
from stationmaster.outside.web_push import Gone, Push, Sender, Subscription
from stationmaster.settings import Mail, Web
from stationmaster.storage import Work

OFF = "messages on devices are switched off in the settings of this server"


@delivers(to=lambda event: [f"device {event.device}"], timeout_s=30)
async def push(outside: Outside, event: PushDue, web: Web, mail: Mail, keys: Keys) -> None:
    """Send one. A device that is gone is forgotten, and so is one that can never be reached."""
    database = outside.database
    try:
        notice, device = await database.read(push_messages.due, event.notice, event.device)
    except NotFound:
        raise Undeliverable("there is no such notice any more") from None
    if not web.push:  # since it was to be told
        await database.write(telling.not_pushed, notice, OFF, final=True)
        return
    if device is None:
        raise Undeliverable("this device, or what was to be told, is not wanted any more")
    message = await database.read(push_messages.message, notice)
    if message is None:
        why = "it could not be sent in time, and is no news any more"
        await database.write(telling.not_pushed, notice, why, final=True)
        raise Undeliverable(why)
    try:
        address = push_devices.address_of(device, keys)
        to = Subscription(address.endpoint, address.p256dh, address.auth)
        sender = Sender(keys.push, web_push.contact(web.public_url, mail.sender))
        pushed = Push(*message)
        await web_push.send(outside.http, to, pushed, sender, now=database.clock())
    except (Gone, ValueError) as error:
        why = f"this device is gone: {error}"
        await database.write(_gone, device, notice, why)
        raise Undeliverable(why) from None
    except Exception as error:
        await database.write(
            _failed, device, notice, str(error) or type(error).__name__, final=isinstance(error, Refused)
        )
        raise
    await database.write(_arrived, device, notice)


def _arrived(work: Work, device: DeviceRow, notice: NoticeToSend) -> None:
    push_devices.told(work, device)
    telling.pushed(work, notice)


def _failed(work: Work, device: DeviceRow, notice: NoticeToSend, why: str, *, final: bool) -> None:
    push_devices.told(work, device, why=why)
    telling.not_pushed(work, notice, why, final=final)


def _gone(work: Work, device: DeviceRow, notice: NoticeToSend, why: str) -> None:
    push_devices.gone(work, device)
    telling.not_pushed(work, notice, why, final=True)
