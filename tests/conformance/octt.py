"""The charging station of the certification cases: sends what a case says, and holds every frame of ours against the official schemas.

The states are the reusable states of OCPP 2.0.1 part 6, 3.18; the checks of every frame are its general tool rules, 3.1.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from jsonschema.validators import validator_for

from stationmaster.app import App
from stationmaster.domain import (
    alarms,
    certificate_requests,
    charging_profiles,
    commands,
    connectors,
    metering,
    organizations,
    reservations,
    sessions,
    station_settings,
    tokens,
)
from stationmaster.domain.charging_profiles import KeptProfile
from stationmaster.ocpp.messages import now_text
from stationmaster.storage.lists import Wanted
from tests.charger import CallError, Charger
from tests.ocpp import payloads
from tests.patience import PATIENCE_S

_ids = itertools.count(1)
T = TypeVar("T")
Call = tuple[str, dict[str, Any]]
CARD = {"idToken": "TAG1", "type": "ISO14443"}  # which the organization of the tests knows
MODEL = {"vendorName": "Acme", "model": "Two"}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"  # of nobody; we hand it on as it is
SIGNATURE = "c2lnbmF0dXJl"


class Tool:
    """One station of any version, one socket: what goes over the wire, and what is kept of it."""

    subprotocol = "ocpp2.0.1"

    def __init__(self, app: App, raw: Charger) -> None:
        self.app, self.raw = app, raw
        self.identity = raw.identity
        self.unanswered: list[Any] = []  # calls of ours that came while it waited for an answer

    @property
    def id(self) -> int:
        found = self.app.directory.find(self.identity)
        assert found is not None
        return found.station.id

    # What goes over the wire.

    async def call(self, action: str, payload: dict[str, Any]) -> Any:
        """The payload of our answer, which the schema lets pass. A call of ours that comes before it waits. Raises CallError."""
        message_id = f"octt-{next(_ids)}"
        await self.raw.send([2, message_id, action, payload])
        while (frame := await self.raw.receive())[0] == 2:
            self.unanswered.append(frame)
        assert frame[1] == message_id, frame
        if frame[0] == 4:
            raise CallError(frame[2], frame[3])
        assert frame[0] == 3, frame
        check_schema(f"{action}Response", frame[2], self.subprotocol)
        return frame[2]

    async def asked(self, *answers: Any, into: list[Call] | None = None) -> list[Call]:
        """The next calls of the central system, each answered with the next payload, or with the CALLERROR of a tuple."""
        calls: list[Call] = [] if into is None else into
        for answer in answers:
            frame = self.unanswered.pop(0) if self.unanswered else await self.raw.receive()
            kind, message_id, action, payload = frame
            assert kind == 2
            check_request(action, payload, self.subprotocol)
            calls.append((action, payload))
            await self.raw.send([4, message_id, *answer] if isinstance(answer, tuple) else [3, message_id, answer])
        return calls

    async def operator(self, command: commands.Command, *answers: Any) -> tuple[commands.CommandRecord, list[Call]]:
        """An operator sends a command: what he was told, and what the station was asked. A case that says "manually request"."""
        calls: list[Call] = []
        sending = asyncio.create_task(self.app.switchboard.send(self.id, command, by="an operator"))
        asking = asyncio.create_task(self.asked(*answers, into=calls))
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.wait({sending, asking}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and len(calls) < len(answers):
                asking.cancel()
                raise AssertionError(f"the command ended before all calls came: {sending.result()}, {calls}")
            await asking
            return await sending, calls

    async def raw_call(self, action: str, request: dict[str, Any], answer: Any) -> tuple[commands.Outcome, Call]:
        """An operator sends a request that no command of ours makes, as a raw call: what came of it, and what the station was asked."""
        sending = self.app.switchboard.call(self.id, action, request, timeout_s=PATIENCE_S, by="an operator")
        async with asyncio.TaskGroup() as group:
            outcome = group.create_task(sending)
            calls = group.create_task(self.asked(answer))
        return outcome.result(), calls.result()[0]

    # What we have kept of it, and what an operator sees.

    async def record(self, command: str | None = None) -> commands.CommandRecord:
        """What has come of a command by now, by its id; of the newest when none is named."""
        rows = await self.app.database.write(commands.listed, self.id, limit=50, cursor=None)
        return commands.public_form(next(row for row in rows if command in (None, row.public_id)))

    async def card(self, uid: str, **facts: Any) -> dict[str, str]:
        """A card the organization knows, with these facts; as the station writes it."""
        home = await self.app.database.write(organizations.home)
        await self.app.database.write(tokens.add, home, uid=uid, **facts)
        return {"idToken": uid, "type": "ISO14443"}

    async def sessions(self) -> list[sessions.ListedRow]:
        """The sessions of this station, the oldest first."""
        home = await self.app.database.write(organizations.home)
        rows = (
            await self.app.database.write(sessions.listed, home, Wanted(), sessions.Which(station=self.identity))
        ).rows
        return rows[::-1]

    async def connector_states(self) -> dict[tuple[int, int], str]:
        """The state of each connector, by EVSE and number, as people see it."""
        rows = await self.app.database.write(connectors.of_stations, [self.id])
        return {(row.evse, row.number): row.state for row in rows}

    async def reservations(self) -> list[reservations.ListedReservation]:
        """The reservations at this station, the oldest first."""
        home = await self.app.database.write(organizations.home)
        rows = await self.app.database.write(reservations.listed, home, limit=50, cursor=None)
        return rows[::-1]

    async def meter_values(self, session: int | None = None) -> list[metering.MeterValueRow]:
        """What was measured in a session, the oldest first; in the newest when none is named."""
        row = session or (await self.sessions())[-1].id
        return await self.app.database.write(metering.values_of, row, limit=100)

    async def profiles(self) -> dict[int, KeptProfile]:
        """The charging profiles that the station has, as we know it, by number."""
        home = await self.app.database.write(organizations.home)
        rows = await self.app.database.write(charging_profiles.of_station, home, self.identity)
        return {each.id: each for each in rows}

    async def settings(self) -> dict[str, str | None]:
        """The settings of this station as far as they are known, by name."""
        rows = (await self.app.database.write(station_settings.listed, self.id, limit=500)).rows
        return {row.name: row.value for row in rows if row.attribute == "actual"}

    async def certificate_requests(self) -> list[tuple[str, str]]:
        """What certificates the station has asked for, and how far each is, the newest first."""
        home = await self.app.database.write(organizations.home)
        rows = await self.read(certificate_requests.listed, home, station=self.identity, limit=50, cursor=None)
        return [(row.use, row.state) for row in rows]

    async def alarms(self) -> list[str]:
        """The kinds of the alarms that are open, the newest first."""
        home = await self.app.database.write(organizations.home)
        return [row.kind for row in await self.read(alarms.listed, home, open_only=True, limit=50, cursor=None)]

    async def read(self, f: Callable[..., T], *args: Any, **named: Any) -> T:
        """What a function of the domain finds."""
        return await self.app.database.read(f, *args, **named)

    def later(self, **by: float) -> tuple[datetime, str]:
        """A moment from now, and how we tell of it."""
        at = (self.app.database.clock() + timedelta(**by)).replace(microsecond=0)
        return at, now_text(at)


class Octt(Tool):
    """A station of 2.0.1. The reusable states walk it through a session."""

    def __init__(self, app: App, raw: Charger) -> None:
        super().__init__(app, raw)
        self.transaction = "octt-1"
        self.evse = {"id": 1, "connectorId": 1}
        self._seq = -1
        self._state: set[str] = set()  # of the session: "authorized", "connected", "charging", "stopping", "after"

    def beside(self, evse: int) -> Octt:
        """The same station at another EVSE, where a transaction of its own goes on."""
        other = Octt(self.app, self.raw)
        other.transaction, other.evse = f"octt-{evse}00", {"id": evse, "connectorId": 1}
        other.unanswered = self.unanswered
        return other

    async def booted(
        self, *, evses: int = 2, reason: str = "PowerUp", occupied: int | None = None, **model: str
    ) -> None:
        answer = await self.call("BootNotification", {"reason": reason, "chargingStation": MODEL | model})
        assert answer["status"] == "Accepted"
        for evse in range(1, evses + 1):
            await self.notify("Occupied" if evse == occupied else "Available", evse=evse)

    async def notify(self, status: str, *, evse: int | None = None, connector: int | None = None) -> None:
        """The status of a connector, as a status and as an event: both are what a case means by "notifies"."""
        place = {"id": evse or self.evse["id"], "connectorId": connector or self.evse["connectorId"]}
        told = {"connectorStatus": status, "evseId": place["id"], "connectorId": place["connectorId"]}
        assert await self.call("StatusNotification", told | {"timestamp": now(self.app)}) == {}
        assert await self.event(component("Connector", place), "AvailabilityState", status) == {}

    async def event(self, where: dict[str, Any], variable: str, value: str, **more: Any) -> Any:
        """A NotifyEvent of one variable."""
        told = {
            "eventId": 1,
            "timestamp": now(self.app),
            "trigger": "Delta",
            "actualValue": value,
            "eventNotificationType": "HardWiredNotification",
            "component": where,
            "variable": {"name": variable},
        }
        return await self.call("NotifyEvent", {"generatedAt": now(self.app), "seqNo": 0, "eventData": [told | more]})

    async def reserved(self, evse: int | None = None) -> dict[str, Any]:
        """An EVSE is reserved for the card of the tests. The request that came."""
        place = evse or self.evse["id"]
        until = self.app.database.clock() + timedelta(hours=1)
        reserve = commands.ReserveNow(CARD["idToken"], until, evse=place)
        _, [(action, request)] = await self.operator(reserve, {"status": "Accepted"})
        assert (action, request["evseId"], request["idToken"]) == ("ReserveNow", place, CARD)
        assert "connectorType" not in request
        await self.notify("Reserved", evse=place)
        return request

    async def unavailable(self, evse: int | None = None) -> None:
        place = evse or self.evse["id"]
        change = commands.ChangeAvailability(operative=False, evse=place)
        _, [(action, request)] = await self.operator(change, {"status": "Accepted"})
        assert (action, request) == (
            "ChangeAvailability",
            {"operationalStatus": "Inoperative", "evse": {"id": place}},
        )
        await self.notify("Unavailable", evse=place)

    async def transact(self, trigger: str, *, kind: str | None = None, info: Any = None, **more: Any) -> Any:
        """A TransactionEvent: the first of a transaction is Started, the others Updated, unless the case says otherwise."""
        self._seq += 1
        told = {
            "eventType": kind or ("Started" if self._seq == 0 else "Updated"),
            "timestamp": now(self.app),
            "triggerReason": trigger,
            "seqNo": self._seq,
            "transactionInfo": {"transactionId": self.transaction, **(info or {})},
        }
        return await self.call("TransactionEvent", told | more)

    def skip(self, count: int) -> list[int]:
        """The next sequence numbers wait in the queue of the station: the first and the last of them."""
        self._seq += count
        return [self._seq - count + 1, self._seq]

    def next_transaction(self) -> None:
        """A transaction of its own begins with the next event."""
        self._seq, self._state = -1, set()
        head, number = self.transaction.rsplit("-", 1)
        self.transaction = f"{head}-{int(number) + 1}"

    async def ev_connected_pre_session(self, **more: Any) -> None:
        await self.notify("Occupied")
        await self.transact("CablePluggedIn", info={"chargingState": "EVConnected"}, evse=self.evse, **more)
        self._state.add("connected")

    async def authorized(self, token: dict[str, Any] = CARD, *, by_itself: bool = False) -> Any:
        """What the event is answered. A station that knows the card lets it in by itself."""
        if not by_itself:
            assert (await self.call("Authorize", {"idToken": token}))["idTokenInfo"]["status"] == "Accepted"
        answer = await self.transact("Authorized", idToken=token)
        assert answer["idTokenInfo"]["status"] == "Accepted"
        self._state.add("authorized")
        return answer

    async def remote_started(self, number: int, **more: Any) -> None:
        """The station does what was asked of it by a remote start with this number."""
        await self.transact("RemoteStart", info={"remoteStartId": number}, **more)
        self._state.add("authorized")

    async def energy_transfer_started(self) -> None:
        if "authorized" not in self._state:
            await self.authorized()
        if "connected" not in self._state:
            await self.ev_connected_pre_session()
        await self.transact("ChargingStateChanged", info={"chargingState": "Charging"})
        self._state.add("charging")

    async def ev_charging_needs(self, needs: dict[str, Any]) -> dict[str, Any]:
        """The station tells what the car asks for. The profile of the transaction that we send then."""
        told = {"evseId": self.evse["id"], "maxScheduleTuples": 3, "chargingNeeds": needs}
        assert (await self.call("NotifyEVChargingNeeds", told))["status"] == "Accepted"
        return await self.offered_profile()

    async def offered_profile(self) -> dict[str, Any]:
        """We send a profile of the transaction, and the station takes it."""
        [(action, request)] = await self.asked({"status": "Accepted"})
        sent: dict[str, Any] = request["chargingProfile"]
        assert (action, request["evseId"]) == ("SetChargingProfile", self.evse["id"])
        assert (sent["chargingProfilePurpose"], sent["transactionId"]) == ("TxProfile", self.transaction)
        assert all(len(each["chargingSchedulePeriod"]) <= 3 for each in sent["chargingSchedule"])
        return sent

    async def ev_charging_schedule(self, schedule: dict[str, Any]) -> str:
        """The station tells what the car plans: the status of our answer."""
        told = {"timeBase": now(self.app), "evseId": self.evse["id"], "chargingSchedule": schedule}
        return str((await self.call("NotifyEVChargingSchedule", told))["status"])

    async def iso_15118_smart_charging(self, needs: dict[str, Any]) -> dict[str, Any]:
        """The profile that the car has taken as its plan."""
        sent = await self.ev_charging_needs(needs)
        assert await self.ev_charging_schedule(sent["chargingSchedule"][0]) == "Accepted"
        await self.transact("ChargingStateChanged", info={"chargingState": "Charging"})
        self._state.add("charging")
        return sent

    async def energy_transfer_suspended(self) -> None:
        if "charging" not in self._state:
            await self.energy_transfer_started()
        await self.transact("ChargingStateChanged", info={"chargingState": "SuspendedEV"})

    async def stop_authorized(self, token: dict[str, Any] = CARD) -> Any:
        if "charging" not in self._state:
            await self.energy_transfer_started()
        answer = await self.transact("StopAuthorized", idToken=token)
        assert answer["idTokenInfo"]["status"] == "Accepted"
        self._state.add("stopping")
        return answer

    async def ev_connected_post_session(self) -> None:
        if "stopping" not in self._state:
            await self.stop_authorized()
        await self.transact("ChargingStateChanged", info={"chargingState": "EVConnected"})
        self._state.add("after")

    async def ev_disconnected(self, *, ends: bool = True, **more: Any) -> Any:
        """The answer to the event. A parking bay may go on without its car; all others end here."""
        if "after" not in self._state:
            await self.ev_connected_post_session()
        await self.notify("Available")
        if not ends:
            return await self.transact("EVCommunicationLost", info={"chargingState": "Idle"})
        info = {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}
        return await self.transact("EVCommunicationLost", kind="Ended", info=info, **more)


def component(name: str, evse: dict[str, int] | None = None) -> dict[str, Any]:
    return {"name": name} if evse is None else {"name": name, "evse": evse}


def now(app: App) -> str:
    return app.database.clock().isoformat().replace("+00:00", "Z")


def limits(profile: dict[str, Any]) -> list[float]:
    """Of the first schedule of a charging profile."""
    return [each["limit"] for each in profile["chargingSchedule"][0]["chargingSchedulePeriod"]]


def certificate_name(algorithm: str = "SHA256", serial: str = "01") -> dict[str, str]:
    """How a station names a certificate of its own."""
    length = {"SHA256": 64, "SHA384": 96, "SHA512": 128}[algorithm]
    hashes = {"issuerNameHash": "a" * length, "issuerKeyHash": "b" * length, "serialNumber": serial}
    return {"hashAlgorithm": algorithm, **hashes}


def check_request(action: str, payload: dict[str, Any], subprotocol: str) -> None:
    """The schema, and the general tool rules of part 6, 3.1."""
    check_schema(action, payload, subprotocol)
    for schedule in _schedules(payload):
        starts = [period["startPeriod"] for period in schedule["chargingSchedulePeriod"]]
        assert starts == sorted(starts)
        for period in schedule["chargingSchedulePeriod"]:
            assert "phaseToUse" not in period or period.get("numberPhases") == 1


def check_schema(name: str, payload: Any, subprotocol: str) -> None:
    schema = payloads.schemas(subprotocol)[name]
    problems = [error.message for error in validator_for(schema)(schema).iter_errors(_exact(payload))]
    assert not problems, f"{name}: {problems}"


def _schedules(inside: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if isinstance(inside, dict):
        if "chargingSchedulePeriod" in inside:
            found.append(inside)
        for each in inside.values():
            found += _schedules(each)
    elif isinstance(inside, list):
        for each in inside:
            found += _schedules(each)
    return found


def _exact(value: Any) -> Any:
    """Floats as decimals, as the schemas are read: 0.1 is a multiple of 0.1."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {name: _exact(each) for name, each in value.items()}
    return [_exact(each) for each in value] if isinstance(value, list) else value
