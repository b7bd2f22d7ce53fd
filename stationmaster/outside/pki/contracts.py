"""What a car wants of its contract goes to a provider, a pool of contract certificates, and its answer back to the car (OCPP 2.x M01, M02).

The interface is ours: a POST with JSON, answered with JSON (docs/plug-and-charge.md). What a car and its provider say to each other is not read.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec
import structlog

from stationmaster.outside.http import Failed, Http, Refused
from stationmaster.outside.pki.named import Unusable

LONGEST = 256 * 1024  # bytes of an answer: eight contracts, and what is around them
MOST_WAITING = 200  # cars whose further contracts are kept, until they ask for them
WAITS_FOR = timedelta(minutes=5)

log = structlog.get_logger()


class Wish(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a provider is asked, as JSON. The last two are of ISO 15118-20."""

    station: str
    schema_version: str
    action: Literal["Install", "Update"]
    exi_request: str  # base64, as the car has made it
    maximum_contract_certificate_chains: int | None = None
    prioritized_emaids: tuple[str, ...] | None = msgspec.field(name="prioritizedEMAIDs", default=None)


class Provided(msgspec.Struct, frozen=True, rename="camel"):
    """What a provider answers. `further` are the answers for the other contracts of the car, which asks for them one by one (2.1 M01.FR.04)."""

    status: Literal["Accepted", "Failed"]
    exi_response: str = ""
    reason: str = ""
    further: tuple[str, ...] = ()


class Contract(NamedTuple):
    """The answer for a car; how many more there are, where it has asked for several."""

    exi_response: str
    remaining: int | None


class Contracts:
    """Asks the provider of the settings; `url` None: there is none."""

    def __init__(
        self,
        http: Http,
        clock: Callable[[], datetime],
        *,
        url: str | None = None,
        secret: str | None = None,
        secret_header: str = "Authorization",
        timeout_s: float = 20.0,
    ) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self._http = http
        self._clock = clock
        self._url = url
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if secret is not None:
            self._headers[secret_header] = secret
        self._timeout_s = timeout_s
        self._waiting: OrderedDict[Wish, tuple[datetime, tuple[str, ...]]] = OrderedDict()

    async def provide(self, wish: Wish, *, longest: int) -> Contract:
        """The answer for a car, of so many characters at the most. Raises `Unusable`."""
        waiting = self._next(wish)
        if waiting is not None:
            return waiting
        outcome, why = "failed", None
        try:
            exi = await self._ask(wish, longest)
            outcome = "accepted"
        except Unusable as error:
            why = str(error)
            raise
        finally:
            self.outcomes["contract", outcome] += 1
            log.info("contract.asked", station=wish.station, action=wish.action, outcome=outcome, why=why)
        if wish.maximum_contract_certificate_chains is None:
            return Contract(exi[0], None)
        self._wait(wish, exi[1:])
        return Contract(exi[0], len(exi) - 1)

    async def _ask(self, wish: Wish, longest: int) -> tuple[str, ...]:
        if self._url is None:
            raise Unusable("there is no provider of contract certificates in the settings")
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._http.post(self._url, msgspec.json.encode(wish), self._headers, longest=LONGEST)
        except (Refused, Failed) as error:
            raise Unusable(f"the provider was not reached: {error}") from None
        except TimeoutError:
            raise Unusable(f"the provider was not reached: no answer within {self._timeout_s:g} s") from None
        if answer.status != 200:
            raise Unusable(f"the provider answered {answer.status}")
        try:
            told = msgspec.json.decode(answer.body, type=Provided)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise Unusable("what the provider answered cannot be read") from None
        if told.status != "Accepted":
            raise Unusable(f"the provider has refused: {told.reason[:200] or 'it says not why'}")
        most = wish.maximum_contract_certificate_chains or 1
        exi = (told.exi_response, *told.further)[:most]
        for each in exi:
            _check(each, longest)
        return exi

    def _next(self, wish: Wish) -> Contract | None:
        """A car of ISO 15118-20 asks the same again for its next contract (2.1 M01.FR.06, FR.07)."""
        until, waiting = self._waiting.pop(wish, (None, ()))
        if until is None or until <= self._clock() or not waiting:
            return None
        self._wait(wish, waiting[1:])
        self.outcomes["contract", "known"] += 1
        return Contract(waiting[0], len(waiting) - 1)

    def _wait(self, wish: Wish, waiting: tuple[str, ...]) -> None:
        if waiting:
            self._waiting[wish] = self._clock() + WAITS_FOR, waiting
            while len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)


def _check(exi: str, longest: int) -> None:
    """Raises `Unusable`."""
    if len(exi) > longest:
        raise Unusable(
            f"the provider's answer is longer than a charger takes: {len(exi):,} characters, not {longest:,}"
        )
    try:
        found = base64.b64decode(exi, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not found:
        raise Unusable("the provider's answer for the car is empty, or not in base64")
