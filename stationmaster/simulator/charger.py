"""A charger of any version, driven like one: plug in, tap a card, charge, unplug.

What the versions have in common is here: connectors, energy, tokens, statuses, restarts. What they say on the wire is in
v16.py and v2.py.
"""

import asyncio
import ssl
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from stationmaster.ocpp.messages import Request, parse_time
from stationmaster.simulator.certificates import Certificates
from stationmaster.simulator.configuration import Configuration
from stationmaster.simulator.jobs import Job
from stationmaster.simulator.limits import Limits
from stationmaster.simulator.meter import AC_22_KW, Outlet, Reading, Supply, Vehicle
from stationmaster.simulator.own_certificate import OwnCertificate
from stationmaster.simulator.parts import Connector, Known, Nameplate, Reservation, Tokens, Transaction
from stationmaster.simulator.station import CallFailed, Disconnected, NoAnswer, Queued, Station

FLOW_STEP_S = 10.0  # how often the flowing energy is booked between two samples, simulated seconds
LONGEST_CHARGE_S = 7 * 86_400.0


class CannotCharge(Exception):
    """`charge` was asked for where no transaction is running, or no current will ever flow."""


@dataclass(frozen=True)
class Welcome:
    """The answer to a boot: `status` as all versions spell it, `interval_s` until the heartbeat or the next try."""

    status: str
    interval_s: int
    server_time: str


class Charger(Station):
    """`connectors` outlets with the given supply; their registers never reset."""

    def __init__(
        self,
        identity: str,
        url: str = "ws://localhost:9000/ocpp",
        *,
        connectors: int = 1,
        supply: Supply = AC_22_KW,
        nameplate: Nameplate | None = None,
        autonomous: bool | None = None,
        **options: Any,
    ) -> None:
        super().__init__(identity, url, **options)
        self.nameplate = nameplate or Nameplate()
        self.configuration = Configuration(connectors)
        self.limits = Limits()
        self.tokens = Tokens()
        self.certificates = Certificates()
        self.own_certificate = OwnCertificate(identity)
        self.firmware_update = Job(self.background, "firmware")
        self.log_upload = Job(self.background, "log")
        self.autonomous = not self.clock.jumps if autonomous is None else autonomous
        """Does it charge on by itself after a remote start, with a driver who plugs in and leaves?"""
        self.connectors: dict[int, Connector] = {}
        for number in range(1, connectors + 1):
            first_wh = self.ledger.registers_wh.get(number, self.chance.randrange(50_000, 2_000_000))
            outlet = Outlet(supply, register_mwh=first_wh * 1000, chance=self.chance)
            self.connectors[number] = Connector(number, outlet)
        self.status = "Available"  # of the charger itself: connector 0
        self.told: tuple[str, str] | None = None
        self.booted = False
        self.registration: str | None = None
        self.boots = 0
        self._boot_now = asyncio.Event()
        self._heartbeat: asyncio.Task[None] | None = None
        self.transactions: dict[str, Transaction] = {}
        self._recover()

    # -- what a driver does --------------------------------------------------------------------------------------------

    async def plug_in(self, connector: int = 1, vehicle: Vehicle | None = None) -> None:
        """Put the cable into a car. If a token waits for it, charging starts."""
        post = self.connectors[connector]
        post.outlet.connect(vehicle or Vehicle())
        await self.set_status(post, "Preparing")
        if post.authorized is not None:
            await self.start_transaction(post, post.authorized, trigger="CablePluggedIn")

    async def tap(self, token: str, connector: int = 1) -> str:
        """Hold a card to the reader: starts, or stops what it started. Returns the token's status as far as known."""
        post = self.connectors[connector]
        transaction = post.transaction
        if transaction is not None and transaction.token.lower() == token.lower():
            await self.stop_transaction(post, "Local", token=token)
            return "Accepted"
        if not post.operative or post.status == "Faulted":
            return "Invalid"
        info = await self.authorize(token)
        if info.status != "Accepted":
            return info.status
        if transaction is not None:
            if info.parent and info.parent == self._parent_of(transaction.token):
                await self.stop_transaction(post, "Local", token=token)
                return "Accepted"
            return "ConcurrentTx"
        if not self.may_use(post, token, info.parent):
            return "Invalid"
        if "waits-for-remote-start" not in self.quirks:
            await self.use_token(post, token)
        return "Accepted"

    async def charge(self, *, kwh: float | None = None, minutes: float | None = None, connector: int = 1) -> None:
        """Let the car charge: that much energy, that long (simulated), or until the battery is full.

        Returns early when the transaction ends. Samples go out at MeterValueSampleInterval. Raises CannotCharge.
        """
        post = self.connectors[connector]
        if post.transaction is None or post.charging:
            raise CannotCharge(f"Connector {connector} of {self.identity} has no transaction that waits for current.")
        post.charging = True
        post.wanted_mwh = None if kwh is None else round(kwh * 1e6)
        try:
            await self._charge(post, None if minutes is None else minutes * 60)
        finally:
            self.book_energy(post)
            post.charging = False
            post.wanted_mwh = None
            post.flowing_since_s = None

    async def unplug(self, connector: int = 1) -> None:
        """Pull the cable. A running transaction ends with it."""
        post = self.connectors[connector]
        if post.transaction is not None:
            await self.stop_transaction(post, "EVDisconnected")
        post.outlet.connect(None)
        await self.set_status(post, "Available")

    async def boot(self) -> None:
        """Restart: hang up, come back, boot."""
        self._forget_told()
        await self.drop_connection(cleanly=True)
        await self.until_ready()
        await self.settled()

    async def fault(self, error_code: str = "OtherError", connector: int = 1) -> None:
        """Something breaks. What was charging stops."""
        post = self.connectors[connector]
        post.error_code = error_code
        if post.transaction is not None:
            await self.stop_transaction(post, "Other")
        await self.set_status(post, "Faulted")

    async def clear_fault(self, connector: int = 1) -> None:
        post = self.connectors[connector]
        post.error_code = "NoError"
        await self.set_status(post, "Preparing" if post.plugged_in else "Available")

    @asynccontextmanager
    async def power_cut(self) -> AsyncIterator[None]:
        """No mains inside this block. Afterwards the charger boots and tells how it ended: `PowerLoss`."""
        await self.disconnect(cleanly=False)
        for post in self.connectors.values():
            await self.stop_transaction(post, "PowerLoss")
        try:
            yield
        finally:
            self._forget_told()
            await self.reconnect()

    # -- transactions --------------------------------------------------------------------------------------------------

    async def authorize(self, token: str) -> Known:
        """Ask the central system, or decide alone when it cannot be asked (1.6 §3.5.1, 2.0.1 C)."""
        if self.is_ready:
            try:
                info = await self.ask(token)
            except (Disconnected, NoAnswer, CallFailed):
                pass
            else:
                self.learn(token, info)
                return info
        known = self.tokens.local.get(token.lower()) or self.tokens.cache.get(token.lower())
        if known is not None and self.configuration.flag("LocalAuthorizeOffline"):
            return known
        unknown_may = self.configuration.flag("AllowOfflineTxForUnknownId")
        return Known("Accepted" if known is None and unknown_may else "Invalid")

    def learn(self, token: str, info: Known) -> None:
        """Keep what the central system said about a token in the cache."""
        if self.configuration.flag("AuthorizationCacheEnabled"):
            self.tokens.cache[token.lower()] = info

    def may_use(self, post: Connector, token: str, parent: str | None = None) -> bool:
        """Is the connector not kept for somebody else?"""
        held = self.reservation_of(post)
        return held is None or held.token.lower() == token.lower() or (parent is not None and parent == held.parent)

    def reservation_of(self, post: Connector) -> Reservation | None:
        """The reservation that holds now; an expired one is forgotten."""
        if post.reservation is not None and post.reservation.until <= self.now():
            post.reservation = None
        return post.reservation

    async def use_token(self, post: Connector, token: str, *, trigger: str = "Authorized") -> None:
        """An accepted token: start now, or when the cable comes."""
        post.authorized = token
        if post.plugged_in:
            await self.start_transaction(post, token, trigger=trigger)
        else:
            await self.set_status(post, "Preparing")
            self.background(self._forget_token(post, token), "waits for a cable")

    async def start_transaction(self, post: Connector, token: str, *, trigger: str) -> Transaction:
        """Begin a transaction and tell the central system, now or later. `trigger` in the words of 2.x."""
        post.authorized = None
        key = f"T{len(self.transactions) + 1}"
        transaction = Transaction(key, post.number, token, post.outlet.register_wh, self.now())
        self.transactions[key] = transaction
        post.transaction = transaction
        reservation = self.reservation_of(post)
        post.reservation = None
        queued = self.tell_start(post, transaction, reservation, trigger)
        await self.delivered_or_offline(queued)
        if not transaction.ended:
            await self._show_flow(post)
        return transaction

    async def stop_transaction(self, post: Connector, reason: str, *, token: str | None = None) -> None:
        """End the transaction of this connector and tell the central system, now or later."""
        transaction = post.transaction
        if transaction is None:
            return
        self.book_energy(post)
        post.flowing_since_s = None
        post.outlet.switch_off()
        post.transaction = None
        transaction.ended = True
        self.limits.end_transaction(post.number)
        queued = self.tell_stop(transaction, post.outlet, reason, token)
        await self.delivered_or_offline(queued)
        if post.error_code == "NoError":
            await self.set_status(post, "Finishing")
        if post.operative != post.wants_operative:
            await self.set_operative(post, post.wants_operative)

    def token_judged(self, transaction: Transaction, info: Known) -> None:
        """The answer to a started transaction had something to say about its token."""
        self.learn(transaction.token, info)
        if info.status == "Accepted" or transaction.ended:
            return
        if self.configuration.flag("StopTransactionOnInvalidId"):
            post = self.connectors[transaction.connector]
            self.soon(self.stop_transaction(post, "DeAuthorized"), "refused token")

    def transaction_by_id(self, transaction_id: int | str) -> Connector | None:
        """The connector that runs the transaction of that id."""
        for post in self.connectors.values():
            if post.transaction is not None and post.transaction.id == transaction_id:
                return post
        return None

    async def sample(self, post: Connector, context: str = "Sample.Periodic") -> None:
        """Read the meter and report it; inside a transaction through the queue."""
        self.book_energy(post)
        reading = post.outlet.read()
        self.note("register", connector=post.number, wh=reading.register_wh)
        await self.tell_reading(post, reading, context)

    @property
    def measurands(self) -> list[str]:
        """What the meter values contain."""
        return self.configuration.words("MeterValuesSampledData")

    # -- status --------------------------------------------------------------------------------------------------------

    async def set_status(self, post: Connector, status: str) -> None:
        """Show a status, and tell it if it is news. `Available` becomes what is true of an idle connector."""
        if status == "Available" and not post.operative:
            status = "Unavailable"
        elif status == "Available" and self.reservation_of(post) is not None:
            status = "Reserved"
        post.status = status
        if self.is_ready:
            await self.tell_status(post)

    async def tell_status(self, post: Connector, *, again: bool = False) -> None:
        """Send StatusNotification if the server does not know yet, or `again` if it asks."""
        news = (self.wire_status(post.status), post.error_code)
        if post.told == news and not again:
            return
        post.told = news
        if not await self._tell_status(post.number, *news):
            post.told = None

    async def tell_own_status(self, *, again: bool = False) -> None:
        """The status of the charger itself: connector 0."""
        news = (self.wire_status(self.status), "NoError")
        if self.told == news and not again:
            return
        self.told = news
        if not await self._tell_status(0, *news):
            self.told = None

    async def set_operative(self, post: Connector, operative: bool) -> None:
        """Into or out of service, at once."""
        post.operative = post.wants_operative = operative
        if not operative:
            await self.set_status(post, "Unavailable")
        elif post.transaction is None:
            await self.set_status(post, "Preparing" if post.plugged_in else "Available")

    # -- the connection ------------------------------------------------------------------------------------------------

    @property
    def security_profile(self) -> int:
        """What it is to connect with the next time (A05)."""
        return self.configuration.number("SecurityProfile")

    def credentials(self) -> tuple[str | bytes | None, ssl.SSLContext | None]:
        """With profile 3 its certificate and no password, once it has one."""
        password, context = super().credentials()
        if self.security_profile < 3 or not self.own_certificate.is_there:
            return password, context
        return None, self.own_certificate.context(context)

    def signing_request(self) -> str:
        """What it wants to have signed. The organization is that of its operator (1.6 CpoName, 2.x OrganizationName)."""
        return self.own_certificate.request(self.configuration["CpoName"] or "Simulated")

    def start(self) -> None:
        for transaction in self.transactions.values():
            if not transaction.ended:  # the simulator went down while it was running
                transaction.ended = True
                self.tell_stop(transaction, self.connectors[transaction.connector].outlet, "PowerLoss", None)
        super().start()
        self.restart_heartbeat()

    async def get_ready(self) -> None:
        """Boot if that is due, until the central system accepts (1.6 §4.2, 2.0.1 B01)."""
        if "no-boot" in self.quirks:
            self.booted = True
        while not self.booted:
            self._boot_now.clear()
            wait_s = await self._boot_once()
            if not self.booted:
                asking = asyncio.ensure_future(self._boot_now.wait())
                sleeping = asyncio.ensure_future(self.clock.sleep(wait_s))
                try:
                    await asyncio.wait({asking, sleeping}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    asking.cancel()
                    sleeping.cancel()

    async def after_ready(self) -> None:
        """Tell the statuses that the central system does not know (1.6 §4.9)."""
        self._busy += 1
        try:
            await self.tell_own_status()
            for post in self.connectors.values():
                await self.tell_status(post)
        finally:
            self._busy -= 1
            self._signal.notify()

    def boot_again(self) -> None:
        """The central system asked for BootNotification."""
        if self.booted:
            self.soon(self._boot_by_request(), "boot")
        else:
            self._boot_now.set()

    def restart_heartbeat(self) -> None:
        """Begin a new heartbeat interval."""
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        self._heartbeat = self.background(self._beat(), "heartbeat")

    def reset(self, kind: str) -> None:
        """Restart as the central system asked, `Soft` or `Hard`."""
        self.soon(self._reset(kind), "reset")

    # -- what each version says on the wire ----------------------------------------------------------------------------

    @abstractmethod
    async def introduce(self) -> Welcome:
        """Send BootNotification. Raises CallFailed, NoAnswer, Disconnected, as do the next two."""

    @abstractmethod
    async def ask(self, token: str) -> Known:
        """Send Authorize."""

    @abstractmethod
    async def ask_time(self) -> str:
        """Send Heartbeat; the central system's time."""

    @abstractmethod
    def status_message(self, number: int, status: str, error_code: str) -> Request | None:
        """StatusNotification in this version's words; None where it has nothing to say."""

    def wire_status(self, status: str) -> str:
        """A status as this version spells it; we speak as 1.6 does."""
        return status

    @abstractmethod
    def tell_start(
        self, post: Connector, transaction: Transaction, reservation: Reservation | None, trigger: str
    ) -> Queued:
        """Queue the message that a transaction has begun."""

    @abstractmethod
    def tell_stop(self, transaction: Transaction, outlet: Outlet, reason: str, token: str | None) -> Queued:
        """Queue the message that a transaction has ended. `reason` in the words of 1.6."""

    @abstractmethod
    async def tell_reading(self, post: Connector, reading: Reading, context: str) -> None:
        """Report a meter reading: queued inside a transaction, sent at once outside."""

    @abstractmethod
    def tell_flow(self, post: Connector) -> None:
        """Current began to flow, or stopped, inside a transaction: queue what this version says about it."""

    async def reservation_ended(self, reservation: Reservation, status: str) -> None:
        """A reservation was not used: `Expired`, or `Removed`. Only 2.x tells of it."""

    # -- helpers, in the order they are used ---------------------------------------------------------------------------

    def _recover(self) -> None:
        """Take over what the journal of a crashed simulator holds."""
        for key, old in self.ledger.transactions.items():
            self.transactions[key] = Transaction(
                key,
                old.connector,
                old.token or "",
                old.meter_start_wh,
                parse_time(old.started_at) or self.now(),
                id=old.transaction_id,
                ended=old.meter_stop_wh is not None,
                seq_no=len(old.entries),
            )

    async def _charge(self, post: Connector, left_s: float | None) -> None:
        transaction = post.transaction
        charged_s = 0.0
        to_sample_s = float(self._sample_interval_s())
        while post.transaction is transaction and post.wanted_mwh != 0 and (left_s is None or left_s > 0):
            outlet = post.outlet
            if outlet.vehicle is None or (outlet.vehicle.is_full and left_s is None):
                break
            step_s = min(to_sample_s, FLOW_STEP_S if not self.clock.jumps else to_sample_s, left_s or to_sample_s)
            took_s = await self._flow(post, step_s)
            if post.transaction is not transaction:
                break
            left_s = None if left_s is None else left_s - took_s
            to_sample_s -= took_s
            charged_s += took_s
            if charged_s > LONGEST_CHARGE_S:
                raise CannotCharge(f"No current flows at connector {post.number} of {self.identity}.")
            await self._show_flow(post)
            if to_sample_s <= 0.001 and post.transaction is transaction:
                await self.sample(post)
                to_sample_s = float(self._sample_interval_s())
            if self.clock.jumps:
                await self.flushed()

    def _sample_interval_s(self) -> int:
        """Seconds; 0 means no samples, and then an hour is as good as any step."""
        return self.configuration.number("MeterValueSampleInterval") or 3600

    async def _flow(self, post: Connector, seconds: float) -> float:
        """Let current flow for that long; the simulated seconds it took."""
        self._limit(post)
        if self.clock.jumps:
            took_s = self._count(post, seconds)
            await self.clock.pass_time(took_s)
            return took_s
        if post.flowing_since_s is None:
            post.flowing_since_s = self.clock.seconds()
        started_s = post.flowing_since_s
        await self.clock.sleep(seconds)
        self.book_energy(post)
        return self.clock.seconds() - started_s

    def _limit(self, post: Connector) -> None:
        if "ignores-limits" in self.quirks:
            return
        supply, began = post.outlet.supply, post.transaction.began if post.transaction else None
        post.outlet.limit_w = self.limits.limit_w(
            post.number, self.now(), began, voltage_v=supply.voltage_v, phases=post.outlet.phases
        )

    def book_energy(self, post: Connector) -> None:
        """Count what has flowed since the last time. A jumping clock's energy is counted with its jumps."""
        if post.flowing_since_s is not None:
            now_s = self.clock.seconds()
            self._count(post, now_s - post.flowing_since_s)
            post.flowing_since_s = now_s

    def _count(self, post: Connector, seconds: float) -> float:
        """Current flows for that long, or until the driver has enough; the seconds it took."""
        before_mwh = post.outlet.register_mwh
        took_s = post.outlet.charge(seconds, at_most_mwh=post.wanted_mwh)
        if post.wanted_mwh is not None:
            post.wanted_mwh -= post.outlet.register_mwh - before_mwh
        return took_s

    async def _show_flow(self, post: Connector) -> None:
        """Charging, or suspended by one side or the other."""
        self._limit(post)
        vehicle = post.outlet.vehicle
        if post.outlet.limit_w <= 0:
            status = "SuspendedEVSE"
        elif vehicle is None or vehicle.is_full:
            status = "SuspendedEV"
        else:
            status = "Charging"
        if post.status != status:
            post.status = status
            self.tell_flow(post)
            await self.set_status(post, status)

    async def _forget_token(self, post: Connector, token: str) -> None:
        await self.clock.sleep(self.configuration.number("ConnectionTimeOut"))
        if post.authorized == token and not post.plugged_in:
            post.authorized = None
            await self.set_status(post, "Available")

    def _parent_of(self, token: str) -> str | None:
        known = self.tokens.cache.get(token.lower()) or self.tokens.local.get(token.lower())
        return known.parent if known else None

    async def _tell_status(self, number: int, status: str, error_code: str) -> bool:
        message = self.status_message(number, status, error_code)
        return message is None or await self.try_call(message) is not None

    async def _boot_once(self) -> float:
        """Boot. How long to wait before the next try, in seconds, unless accepted."""
        try:
            welcome = await self.introduce()
        except CallFailed as error:
            self.trouble = str(error)
            return self.habits.retry_wait_s
        self.registration = welcome.status
        if welcome.status == "Accepted":
            self.booted = True
            self.boots += 1
            self.set_clock(welcome.server_time)
            if welcome.interval_s > 0:
                self.configuration.change("HeartbeatInterval", str(welcome.interval_s))
            self.restart_heartbeat()
        return float(welcome.interval_s or 60)

    async def _boot_by_request(self) -> None:
        await self._boot_once()

    async def _beat(self) -> None:
        while True:
            await self.clock.sleep(self.configuration.number("HeartbeatInterval") or 86_400)
            if self.is_ready:
                await self.heartbeat()

    async def heartbeat(self) -> None:
        """Send one Heartbeat and set the clock by its answer. No answer: the line is dead, connect anew."""
        try:
            server_time = await self.ask_time()
        except (Disconnected, CallFailed):
            return
        except NoAnswer:
            await self.drop_connection()
            return
        if all(post.transaction is None for post in self.connectors.values()):
            self.set_clock(server_time)

    async def _reset(self, kind: str) -> None:
        for post in self.connectors.values():
            if post.transaction is not None:
                await self.stop_transaction(post, f"{kind}Reset")
        if kind == "Soft":
            await self.flushed()
        self._forget_told()
        await self.drop_connection(cleanly=True)
        await self.until_ready()

    def _forget_told(self) -> None:
        """After a restart nothing was told yet, and the connectors show what is true of them without a transaction."""
        self.booted = False
        self.told = None
        for post in self.connectors.values():
            post.told = None
            post.error_code = "NoError"
            if post.transaction is None:
                post.status = "Preparing" if post.plugged_in else "Available" if post.operative else "Unavailable"
