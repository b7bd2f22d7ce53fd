"""Simulated time: real pace, a faster pace, or jumps."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta


class Clock:
    """The time that stations live in.

    `factor` is how many simulated seconds pass in one real second. With `jumps` the clock runs at that pace too, but
    `pass_time` moves it forward at once: an hour of charging then takes milliseconds, and everything that sleeps on
    this clock (heartbeats, time-outs) wakes as if the hour had gone by.

    A clock that jumps or hurries starts in the past, so that it does not soon carry a station's time stamps into the
    future, where a central system would rightly distrust them.
    """

    BACKDATED = timedelta(hours=12)

    def __init__(self, *, factor: float = 1.0, jumps: bool = False, start: datetime | None = None) -> None:
        if factor <= 0:
            raise ValueError("The time factor must be greater than 0.")
        self.factor = factor
        self.jumps = jumps
        self._start = start or datetime.now(UTC) - (self.BACKDATED if jumps or factor > 1 else timedelta())
        self._born = time.monotonic()
        self._jumped_s = 0.0
        self._jump = asyncio.Event()

    @property
    def keeps_real_pace(self) -> bool:
        return self.factor == 1.0 and not self.jumps

    def seconds(self) -> float:
        """Simulated seconds since this clock was made; never goes back."""
        return (time.monotonic() - self._born) * self.factor + self._jumped_s

    def now(self) -> datetime:
        """The simulated date and time, UTC."""
        return self._start + timedelta(seconds=self.seconds())

    async def sleep(self, seconds: float) -> None:
        """Wait until that many simulated seconds have passed, by themselves or by somebody's `pass_time`."""
        if not self.jumps:
            await asyncio.sleep(seconds / self.factor)
            return
        deadline = self.seconds() + seconds
        while (left := deadline - self.seconds()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left / self.factor):
                    await self._jump.wait()

    async def pass_time(self, seconds: float) -> None:
        """Let that many simulated seconds pass: a jumping clock jumps, the others wait."""
        if not self.jumps:
            await asyncio.sleep(seconds / self.factor)
            return
        self._jumped_s += seconds
        jump, self._jump = self._jump, asyncio.Event()
        jump.set()
        await asyncio.sleep(0)
