"""Asks responders whether certificates still hold, at addresses that chargers and certificates name (ATK-14).

So anybody who has a charger says where we go. Each address is judged by `outside/http.py`; a charger has so many questions a minute, all of them
together so many under way; an answer has so many bytes and seconds. What an authority has said, and we could see that it was the authority, is kept until it says more.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

import structlog
from cryptography import x509

from stationmaster.outside.http import Answer, Failed, Http, Refused
from stationmaster.outside.pki import crls, ocsp
from stationmaster.outside.pki.named import Authorities, Named, Told, Unusable

Source = Literal["ocsp", "crl"]

MOST_KEPT = 1000  # answers; what was not asked for longest goes first
LONGEST_KEPT = 13_500  # bytes of one; a longer one goes to no charger either
KEPT_FOR = timedelta(days=7)  # at most (2.1 M07)
A_MINUTE = 60  # questions of one charger that go outside
UNREACHED = (
    6  # as many questions counts one whose responder was not reached: a place, and perhaps a thread, was waiting for it
)
AT_ONCE = 128  # questions under way, of all chargers
LONGEST_OCSP = 64 * 1024  # bytes
LONGEST_CRL = 1024 * 1024

log = structlog.get_logger()


class Responders:
    """`hosts`: where there are some, only these and what is below them are asked. `outcomes` counts by source and how it ended."""

    def __init__(
        self,
        http: Http,
        clock: Callable[[], datetime],
        *,
        authorities: Authorities | None = None,
        hosts: Sequence[str] = (),
        timeout_s: float = 5.0,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.authorities = authorities or Authorities()
        self.clock = clock
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self._http = http
        self._hosts = [host.lower() for host in hosts]
        self._timeout_s = timeout_s
        self._ticks = ticks
        self._kept: OrderedDict[tuple[Source, Named], Told] = OrderedDict()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._minute = -1
        self._asked: Counter[str] = Counter()  # in this minute, by charger

    async def ocsp(self, asker: str, named: Named, url: str, *, issuer: x509.Certificate | None = None) -> Told:
        """What the responder at this address says of a certificate, whose `issuer` may be at hand. Raises `Unusable`."""

        async def ask() -> Told:
            headers = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}
            body = ocsp.question(named)
            answer = await self._http.post(url, body, headers, longest=LONGEST_OCSP, in_clear=True)
            return ocsp.answer(_body(answer, LONGEST_OCSP), named, self.authorities, now=self.clock(), issuer=issuer)

        return await self._known_or("ocsp", asker, named, url, ask)

    async def crl(self, asker: str, named: Named, url: str) -> Told:
        """Whether a certificate is in the list at this address. Raises `Unusable`."""

        async def ask() -> Told:
            answer = await self._http.get(url, longest=LONGEST_CRL, in_clear=True)
            return crls.answer(_body(answer, LONGEST_CRL), named, self.authorities, now=self.clock())

        return await self._known_or("crl", asker, named, url, ask)

    async def _known_or(
        self, source: Source, asker: str, named: Named, url: str, ask: Callable[[], Awaitable[Told]]
    ) -> Told:
        known = self._kept.get((source, named))
        if known is not None and known.until is not None and known.until > self.clock():
            self._kept.move_to_end((source, named))
            self.outcomes[source, "known"] += 1
            return known
        outcome, why, proven = "failed", None, False
        try:
            self._check(asker, url)
            async with asyncio.timeout(self._timeout_s), self._turns:
                told = await ask()
            outcome, proven = told.status, told.proven
        except Refused as error:
            outcome, why = "refused", str(error)
            # No more than that: where a name leads in our network is nothing for a charger to know.
            raise Unusable("the address of the responder may not be reached from here") from None
        except Failed as error:
            self._asked[asker] += UNREACHED - 1
            why = str(error)
            raise Unusable(f"the responder was not reached: {why}") from None
        except TimeoutError:
            self._asked[asker] += UNREACHED - 1
            why = f"no answer within {self._timeout_s:g} s"
            raise Unusable(f"the responder was not reached: {why}") from None
        except Unusable as error:
            why = str(error)
            raise
        finally:
            self.outcomes[source, outcome] += 1
            # No warning, whatever came: an enemy's charger could fill the log with those.
            log.info(f"{source}.asked", station=asker, responder=url[:200], outcome=outcome, proven=proven, why=why)
        self._keep(source, named, told)
        return told

    def _check(self, asker: str, url: str) -> None:
        """Raises `Refused` for an address, `Unusable` for too many questions."""
        if self._hosts:
            try:
                host = (urlsplit(url).hostname or "").lower()
            except ValueError:
                raise Refused("this is no address") from None
            if not any(host == each or host.endswith(f".{each}") for each in self._hosts):
                raise Refused(f"{host or 'nobody'} is not among plug_and_charge.responders")
        minute = int(self._ticks() // 60)
        if minute != self._minute:
            self._minute = minute
            self._asked.clear()
        self._asked[asker] += 1
        if self._asked[asker] > A_MINUTE:
            raise Unusable("this charger has asked too often in this minute")

    def _keep(self, source: Source, named: Named, told: Told) -> None:
        """What is not proven is not kept: the next charger might be told what this one's friend has made up."""
        if not told.proven or told.until is None or told.status == "unknown" or len(told.der) > LONGEST_KEPT:
            return
        until = min(told.until, self.clock() + KEPT_FOR)
        self._kept[source, named] = told._replace(until=until)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


def _body(answer: Answer, longest: int) -> bytes:
    """Raises `Unusable`."""
    if answer.status != 200:
        raise Unusable(f"the responder answered {answer.status}")
    if len(answer.body) >= longest:
        raise Unusable("the responder's answer does not end")
    return answer.body
