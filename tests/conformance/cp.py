"""The charge point of the certification cases of 1.6, with the states its cases begin from."""

from __future__ import annotations

from typing import Any

from stationmaster.domain import organizations, tokens
from tests.conformance.octt import Tool, now

TAG = "TAG1"  # which the organization of the tests knows
MODEL = {"chargePointVendor": "Acme", "chargePointModel": "One"}


class Cp(Tool):
    """A charge point of 1.6 with one connector."""

    subprotocol = "ocpp1.6"

    async def booted(self, **more: str) -> None:
        answer = await self.call("BootNotification", MODEL | more)
        assert (answer["status"], answer["interval"] > 0) == ("Accepted", True)
        for connector in (0, 1):
            await self.status("Available", connector=connector)

    async def status(self, status: str, *, connector: int = 1, error: str = "NoError") -> None:
        told = {"connectorId": connector, "status": status, "errorCode": error, "timestamp": now(self.app)}
        assert await self.call("StatusNotification", told) == {}

    async def authorize(self, tag: str = TAG) -> dict[str, Any]:
        """What is said of the card."""
        return dict((await self.call("Authorize", {"idTag": tag}))["idTagInfo"])

    async def grouped(self, group: str) -> None:
        """The card of the tests belongs to this group."""
        home = await self.app.database.write(organizations.home)
        await self.app.database.write(tokens.change, home, TAG, {"group": group})

    async def start(
        self, tag: str = TAG, *, meter: int = 1000, at: str | None = None, status: str = "Accepted", **more: Any
    ) -> int:
        """A transaction begins; its number. `status` is what must be said of the card."""
        told = {"connectorId": 1, "idTag": tag, "meterStart": meter, "timestamp": at or now(self.app)}
        answer = await self.call("StartTransaction", told | more)
        assert answer["idTagInfo"]["status"] == status
        assert answer["transactionId"] > 0
        return int(answer["transactionId"])

    async def stop(
        self, transaction: int, reason: str | None = None, *, meter: int = 6000, at: str | None = None, **more: Any
    ) -> Any:
        told = {"transactionId": transaction, "meterStop": meter, "timestamp": at or now(self.app)}
        return await self.call("StopTransaction", told | ({} if reason is None else {"reason": reason}) | more)

    async def charging(self, tag: str = TAG) -> int:
        """The car is plugged in, the card is held to the reader, and it charges; the number of the transaction."""
        await self.status("Preparing")
        assert (await self.authorize(tag))["status"] == "Accepted"
        number = await self.start(tag)
        await self.status("Charging")
        return number

    async def ended(self, reason: str) -> None:
        """Its one session has ended, for this reason."""
        [session] = await self.sessions()
        assert (session.status, session.stop_reason) == ("completed", reason)
