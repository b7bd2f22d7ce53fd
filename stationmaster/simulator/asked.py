"""What central systems ask of a charger, in words of no version. Each begins after the answer is out."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from stationmaster.simulator import files
from stationmaster.simulator.charger import Charger
from stationmaster.simulator.jobs import Tell
from stationmaster.simulator.meter import Vehicle
from stationmaster.simulator.parts import Connector, Reservation


def connector_for(charger: Charger, token: str, number: int | None = None) -> Connector | None:
    """A connector on which this token may start now: that one, or the first."""
    for post in charger.connectors.values():
        usable = post.operative and post.transaction is None and post.status not in ("Faulted", "Unavailable")
        if number in (None, post.number) and usable and charger.may_use(post, token):
            return post
    return None


async def start_remotely(charger: Charger, post: Connector, token: str) -> None:
    """A remote start that was accepted."""
    if charger.configuration.flag("AuthorizeRemoteTxRequests"):
        info = await charger.authorize(token)
        if info.status != "Accepted":
            return
    await charger.use_token(post, token, trigger="RemoteStart")
    if charger.autonomous and not post.visited:
        charger.background(_visit(charger, post), "driver")


def change_availability(charger: Charger, number: int, *, operative: bool) -> bool:
    """Connector 0 means all and the charger itself. Must some of it wait for the end of a transaction?"""
    posts = list(charger.connectors.values()) if number == 0 else [charger.connectors[number]]
    if number == 0:
        charger.status = "Available" if operative else "Unavailable"
        charger.soon(charger.tell_own_status(), "availability")
    for post in posts:
        if post.transaction is None:
            charger.soon(charger.set_operative(post, operative), "availability")
        else:
            post.wants_operative = operative
    return any(post.transaction is not None and post.wants_operative != post.operative for post in posts)


def reserve(charger: Charger, post: Connector, reservation: Reservation) -> str:
    """Keep a connector until the reservation ends; the status to answer."""
    held = charger.reservation_of(post)
    if post.status == "Faulted":
        return "Faulted"
    if not post.operative:
        return "Unavailable"
    if not post.is_free and (held is None or held.id != reservation.id):
        return "Occupied"
    post.reservation = reservation
    charger.soon(charger.set_status(post, "Available"), "reservation")
    charger.background(_end_reservation(charger, post, reservation), "reservation")
    return "Accepted"


def cancel_reservation(charger: Charger, reservation_id: int) -> bool:
    """Was there such a reservation?"""
    for post in charger.connectors.values():
        held = charger.reservation_of(post)
        if held is not None and held.id == reservation_id:
            post.reservation = None
            charger.soon(charger.set_status(post, "Available"), "reservation")
            return True
    return False


async def come_back(charger: Charger) -> None:
    """Connect anew, for instance with another password."""
    await charger.drop_connection(cleanly=True)
    await charger.until_ready()


def update_firmware(
    charger: Charger,
    location: str,
    retrieve_at: datetime | None,
    *,
    install_at: datetime | None = None,
    signed: bool = False,
    detailed: bool = False,
) -> Callable[[Tell], Coroutine[Any, Any, None]]:
    """Download, wait until nobody charges, install, restart with the next version.

    `signed`: the signature is checked, and that is told; `detailed`: waiting and restarting are told as well.
    """

    async def work(tell: Tell) -> None:
        await _wait_until(charger, retrieve_at, tell, "DownloadScheduled" if detailed else None)
        for status, takes_s in (("Downloading", 20.0), ("Downloaded", 2.0)):
            await tell(status)
            await charger.clock.pass_time(takes_s)
            if status == "Downloading" and charger.habits.transfers_files and not await files.fetch(location):
                await tell("DownloadFailed")
                return
        if signed:
            await tell("SignatureVerified")
        await _wait_until(charger, install_at, tell, "InstallScheduled" if detailed else None)
        if detailed and _is_charging(charger):
            await tell("InstallScheduled")
        while _is_charging(charger):
            await charger.clock.sleep(10)
        await tell("Installing")
        await charger.clock.pass_time(30.0)
        if "firmware-fails" in charger.quirks:
            await tell("InstallationFailed")
            return
        *front, last = charger.nameplate.firmware.split(".")
        charger.nameplate.firmware = ".".join([*front, str(int(last) + 1) if last.isdigit() else f"{last}.1"])
        if detailed:
            await tell("InstallRebooting")
        await charger.boot()
        await tell("Installed")

    return work


def upload_log(
    charger: Charger, location: str, name: str, *, failed: str = "UploadFailure"
) -> Callable[[Tell], Coroutine[Any, Any, None]]:
    """Bring a log to that address; `failed` is this version's word for it. It has a line for each action."""

    async def work(tell: Tell) -> None:
        await tell("Uploading")
        await charger.clock.pass_time(8.0)
        counted = "".join(f"{charger.now_text()} {action} sent {n}\n" for action, n in charger.counters.sent.items())
        if charger.habits.transfers_files and not await files.bring(f"{location.rstrip('/')}/{name}", counted.encode()):
            await tell(failed)
        else:
            await tell("Uploaded")

    return work


async def _wait_until(charger: Charger, at: datetime | None, tell: Tell, status: str | None) -> None:
    if at is not None and at > charger.now():
        if status is not None:
            await tell(status)
        await charger.clock.sleep((at - charger.now()).total_seconds())


def _is_charging(charger: Charger) -> bool:
    return any(post.transaction is not None for post in charger.connectors.values())


async def _visit(charger: Charger, post: Connector) -> None:
    """A driver who started from afar: plugs in if need be, charges until full or stopped, leaves a little later."""
    post.visited = True
    try:
        if not post.plugged_in:
            await charger.clock.sleep(charger.chance.uniform(3, 10))
            await charger.plug_in(post.number, Vehicle.any(charger.chance, post.outlet.supply.kind))
        if post.transaction is not None:
            await charger.charge(connector=post.number)
        while post.transaction is not None:
            await charger.clock.sleep(5)
        await charger.clock.sleep(charger.chance.uniform(10, 40))
        await charger.unplug(post.number)
    finally:
        post.visited = False


async def _end_reservation(charger: Charger, post: Connector, reservation: Reservation) -> None:
    await charger.clock.sleep(max(0.0, (reservation.until - charger.now()).total_seconds()) + 0.001)
    if post.reservation is reservation:
        post.reservation = None
        if post.status == "Reserved":
            await charger.set_status(post, "Available")
        await charger.reservation_ended(reservation, "Expired")
