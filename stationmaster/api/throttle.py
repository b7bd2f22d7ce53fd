"""How often somebody may try a password, and how many are tried at once. Nothing of HTTP in here."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from stationmaster.domain.errors import DomainError
from stationmaster.domain.failures import Failures, network
from stationmaster.reason_words import Reason

DEVICE_FOR = timedelta(days=180)


_LOG_IN = Reason("Too many people log in at this moment; please try again in a few seconds.")


class TooManyAttempts(DomainError):
    """Come back later; `retry_after_s` says when."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("Too many attempts; please wait a little.")
        self.retry_after_s = retry_after_s


class TooBusy(DomainError):
    """As many passwords as we can check wait already; it is nobody's fault."""

    RETRY_AFTER_S = 3

    def __init__(self, too_many: Reason) -> None:
        super().__init__(too_many)


class Turns:
    """Checking a password takes 64 MiB and a whole core: a few at a time, and a short queue. A flood of strangers fills the
    queue in no time, so browsers that have logged in before have places of their own in it."""

    def __init__(self, at_once: int = 2, waiting: int = 12, for_known: int = 12, *, too_many: Reason = _LOG_IN) -> None:
        self._too_many = too_many
        self._semaphore = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._for_known = for_known
        self.there = 0

    @asynccontextmanager
    async def turn(self, *, known: bool = False) -> AsyncIterator[None]:
        """Wait for a turn. Raises `TooBusy`."""
        if self.there >= self._most + (self._for_known if known else 0):
            raise TooBusy(self._too_many)
        self.there += 1
        try:
            async with self._semaphore:
                yield
        finally:
            self.there -= 1


class Throttle:
    """Slows down password guessing: for one account from one source, for a source, for an account (API-02).

    The wait doubles with every failure. What strangers do to an account costs it a minute at the most, and nothing for a
    source its owner has logged in from before: nobody can lock a person out. A browser that has logged in to the account
    before is counted alone, so not even a guesser behind the same address gets in its way. Known and unknown accounts are
    alike here.
    """

    KEPT = 10_000
    FORGET_S = 3600.0
    TRUST_S = 30 * 86400.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = Failures(forget_s=self.FORGET_S, kept=self.KEPT, clock=clock)
        self._trusted: dict[tuple[str, str], float] = {}

    def attempt(self, account: str, source: str, device: str | None = None) -> None:
        """Count an attempt as failed until `succeeded` or `forgive` is called. Raises `TooManyAttempts`."""
        limits = self._limits(account, source, device)
        wait = max(self._wait(key, free, longest) for key, free, longest in limits)
        if wait > 0:
            raise TooManyAttempts(int(wait) + 1)
        for key, _, _ in limits:
            self._failures.add(key)

    def forgive(self, account: str, source: str, device: str | None = None) -> None:
        """The attempt failed for a reason of ours, so it does not count (N17)."""
        for key, _, _ in self._limits(account, source, device):
            self._failures.take_back(key)

    def succeeded(self, account: str, source: str, device: str | None = None) -> None:
        """The password was right."""
        for key, _, _ in self._limits(account, source, device):
            if key != (_named(account), ""):
                self._failures.forget(key)
        key = (_named(account), network(source))
        self._trusted.pop(key, None)
        self._trusted[key] = self._clock()
        while len(self._trusted) > self.KEPT:
            del self._trusted[next(iter(self._trusted))]

    def _limits(self, account: str, source: str, device: str | None) -> list[tuple[tuple[str, str], int, float]]:
        account, source = _named(account), network(source)
        if device is not None:
            return [((account, f"device {device}"), 5, 900.0)]
        limits = [((account, source), 5, 900.0), (("", source), 25, 900.0)]
        if not self._is_trusted(account, source):
            limits.append(((account, ""), 25, 60.0))
        return limits

    def _is_trusted(self, account: str, source: str) -> bool:
        since = self._trusted.get((account, source))
        return since is not None and self._clock() - since < self.TRUST_S

    def _wait(self, key: tuple[str, str], free: int, longest: float) -> float:
        count, _, last = self._failures.of(key)
        if count < free:
            return 0.0
        return min(longest, 2.0 ** min(count - free, 20)) - (self._clock() - last)


def new_device(key: bytes, account: str, now: datetime) -> str:
    """A mark for a browser that has logged in to this account. It lets nobody in; it only keeps strangers' failures apart."""
    text = f"{int(now.timestamp())}.{secrets.token_hex(8)}"
    return f"{text}.{_signature(key, account, text)}"


def known_device(key: bytes, account: str, mark: str | None, now: datetime) -> str | None:
    """The device a mark names; None when it is not ours, of another account, or too old."""
    text, _, signature = (mark or "").rpartition(".")
    if not text or not hmac.compare_digest(signature.encode(), _signature(key, account, text).encode()):
        return None
    made_at, _, device = text.partition(".")
    return device if now.timestamp() - int(made_at) < DEVICE_FOR.total_seconds() else None


def _named(account: str) -> str:
    return account.strip().lower()[:254]


def _signature(key: bytes, account: str, text: str) -> str:
    return hmac.new(key, f"device\0{_named(account)}\0{text}".encode(), hashlib.sha256).hexdigest()
