"""Charging profiles of one station: which limit holds at a moment (1.6 §3.13, 2.0.1 K). Plain functions of time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from stationmaster.simulator.meter import Outlet

Purpose = Literal["max", "default", "transaction"]


@dataclass(frozen=True)
class Profile:
    """A charging profile in words of no version. Limits in `unit` (watts in all, or ampere per phase)."""

    id: int
    connector: int  # 0: the whole station
    stack_level: int
    purpose: Purpose
    kind: Literal["Absolute", "Recurring", "Relative"]
    unit: Literal["W", "A"]
    periods: tuple[tuple[int, float, int], ...]  # start in seconds, limit, number of phases
    recurrency: Literal["Daily", "Weekly", None] = None
    start: datetime | None = None
    duration_s: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction: int | str | None = None

    def limit_w(self, at: datetime, began: datetime | None, voltage_v: float, phases: int) -> float | None:
        """The limit in watts at that moment; None when the profile says nothing about it.

        `began` is when the transaction began; `phases` how many the car uses.
        """
        if (self.valid_from and at < self.valid_from) or (self.valid_to and at >= self.valid_to):
            return None
        elapsed_s = self._elapsed_s(at, began)
        if elapsed_s is None or (self.duration_s is not None and elapsed_s >= self.duration_s):
            return None
        limit: float | None = None
        for start_s, value, in_phases in self.periods:
            if start_s <= elapsed_s:
                limit = value if self.unit == "W" else value * voltage_v * min(phases, in_phases)
        return limit

    def _elapsed_s(self, at: datetime, began: datetime | None) -> float | None:
        """Seconds since the schedule began, None before that."""
        start = began if self.kind == "Relative" else (self.start or began or self.valid_from)
        if start is None:
            return None
        elapsed_s = (at - start).total_seconds()
        if self.kind == "Recurring":
            elapsed_s %= timedelta(weeks=1).total_seconds() if self.recurrency == "Weekly" else 86_400.0
        return elapsed_s if elapsed_s >= 0 else None


@dataclass
class Limits:
    """All profiles that are installed."""

    profiles: list[Profile] = field(default_factory=list)

    def install(self, profile: Profile) -> None:
        """Add it. It replaces the one with its id, and the one of its purpose and stack level on its connector."""
        self.profiles = [
            old
            for old in self.profiles
            if old.id != profile.id
            and (old.connector, old.purpose, old.stack_level)
            != (profile.connector, profile.purpose, profile.stack_level)
        ]
        self.profiles.append(profile)

    def clear(
        self,
        *,
        profile_id: int | None = None,
        connector: int | None = None,
        purpose: Purpose | None = None,
        stack_level: int | None = None,
    ) -> int:
        """Remove all that match every given criterion; how many there were. An id alone decides (1.6 §5.16)."""

        def matches(profile: Profile) -> bool:
            if profile_id is not None:
                return profile.id == profile_id
            return (
                connector in (None, profile.connector)
                and purpose in (None, profile.purpose)
                and stack_level in (None, profile.stack_level)
            )

        kept = [profile for profile in self.profiles if not matches(profile)]
        removed = len(self.profiles) - len(kept)
        self.profiles = kept
        return removed

    def end_transaction(self, connector: int) -> None:
        """Profiles of a transaction go with it."""
        self.profiles = [each for each in self.profiles if (each.purpose, each.connector) != ("transaction", connector)]

    def limit_w(self, connector: int, at: datetime, began: datetime | None, *, voltage_v: float, phases: int) -> float:
        """What may flow at this connector, in watts; infinite when nothing is said.

        A transaction's own profile replaces the default one; the station's maximum cuts both.
        """

        def of(purpose: Purpose) -> float | None:
            here: Iterable[Profile] = sorted(
                (each for each in self.profiles if each.purpose == purpose and each.connector in (0, connector)),
                key=lambda each: (each.connector == connector, each.stack_level),
                reverse=True,
            )
            for profile in here:
                limit = profile.limit_w(at, began, voltage_v, phases)
                if limit is not None:
                    return limit
            return None

        charging = of("transaction") if began is not None else None
        if charging is None:
            charging = of("default")
        most = of("max")
        return min(limit for limit in (charging, most, float("inf")) if limit is not None)


def composite(
    limits: Limits, connector: int, outlet: Outlet, at: datetime, began: datetime | None, *, duration_s: int, unit: str
) -> list[tuple[int, float]]:
    """The limit in force from `at` on, in `unit`: looked up minute by minute, and joined where it does not change."""
    phases, voltage_v = outlet.supply.phases, outlet.supply.voltage_v
    periods: list[tuple[int, float]] = []
    for start_s in range(0, max(1, duration_s), 60):
        moment = at + timedelta(seconds=start_s)
        limit_w = limits.limit_w(connector, moment, began, voltage_v=voltage_v, phases=phases)
        limit_w = min(limit_w, outlet.supply.limit_w)
        limit = round(limit_w if unit == "W" else limit_w / voltage_v / phases, 1)
        if not periods or periods[-1][1] != limit:
            periods.append((start_s, limit))
    return periods
