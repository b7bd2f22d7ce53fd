"""The electrical side: a connector's supply, the car at it, and a meter that only ever counts up.

Everything here is plain arithmetic on simulated seconds. The same seed gives the same readings.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

MWH_PER_WH = 1000  # milliwatt-hours: the register is counted in whole ones, so that sums are exact
RAMP_STEP_S = 1.0  # fine steps while the power climbs
STEP_S = 10.0


@dataclass(frozen=True)
class Supply:
    """What a connector can give: three phases of 32 A are the usual 22 kW post."""

    kind: Literal["AC", "DC"] = "AC"
    phases: int = 3
    voltage_v: float = 230.0
    limit_a: float = 32.0

    @property
    def limit_w(self) -> float:
        return self.phases * self.voltage_v * self.limit_a

    def watts(self, current_a: float, phases: int | None = None) -> float:
        """The power that a current per phase stands for."""
        return current_a * self.voltage_v * (phases or self.phases)


AC_22_KW = Supply()
AC_11_KW = Supply(limit_a=16.0)
DC_150_KW = Supply(kind="DC", phases=1, voltage_v=400.0, limit_a=375.0)


@dataclass
class Vehicle:
    """A battery and the appetite of its charger.

    The power ramps up within `ramp_s`, stays at `max_w` until the battery is at `taper_from`, then falls in a straight
    line to a twentieth; a full battery takes nothing.
    """

    capacity_wh: float = 60_000.0
    stored_wh: float = 18_000.0
    max_w: float = 11_000.0
    phases: int = 3
    ramp_s: float = 12.0
    taper_from: float = 0.8

    @property
    def soc(self) -> float:
        """State of charge, 0 to 1."""
        return min(1.0, self.stored_wh / self.capacity_wh)

    @property
    def soc_percent(self) -> int:
        return round(self.soc * 100)

    @property
    def is_full(self) -> bool:
        return self.stored_wh >= self.capacity_wh - 0.001

    def accepts_w(self, charging_s: float) -> float:
        """The power it would take `charging_s` seconds after the current began to flow."""
        if self.is_full:
            return 0.0
        ramp = min(1.0, charging_s / self.ramp_s) if self.ramp_s > 0 else 1.0
        over = max(0.0, self.soc - self.taper_from) / max(1e-9, 1.0 - self.taper_from)
        return self.max_w * ramp * (1.0 - 0.95 * over)

    @staticmethod
    def any(chance: random.Random, kind: Literal["AC", "DC"] = "AC") -> "Vehicle":
        """A car such as drives up to a post: batteries of 40 to 90 kWh, and one-phase hybrids with 12 kWh."""
        if kind == "DC":
            capacity_wh = chance.choice((40_000.0, 58_000.0, 77_000.0, 90_000.0))
            max_w, phases = capacity_wh * 1.8, 1
        else:
            capacity_wh, max_w, phases = chance.choice(
                (
                    (12_000.0, 3_700.0, 1),
                    (40_000.0, 7_400.0, 1),
                    (58_000.0, 11_000.0, 3),
                    (77_000.0, 11_000.0, 3),
                    (90_000.0, 22_000.0, 3),
                )
            )
        stored_wh = capacity_wh * chance.uniform(0.1, 0.7)
        return Vehicle(capacity_wh=capacity_wh, stored_wh=stored_wh, max_w=max_w, phases=phases)


@dataclass(frozen=True)
class Reading:
    """What the meter shows at one moment."""

    register_wh: int
    power_w: float
    currents_a: tuple[float, ...]  # one per phase
    voltages_v: tuple[float, ...]  # phase to neutral
    soc_percent: int | None


REGISTER = "Energy.Active.Import.Register"


def measured(reading: Reading, measurands: Iterable[str]) -> Iterator[tuple[float, str, str, str | None]]:
    """The values of these measurands with their units and phases, in the words that all versions share."""
    many = len(reading.voltages_v) > 1
    for measurand in measurands:
        if measurand == REGISTER:
            yield reading.register_wh, measurand, "Wh", None
        elif measurand == "Power.Active.Import":
            yield reading.power_w, measurand, "W", None
        elif measurand == "Current.Import":
            for phase, current in enumerate(reading.currents_a, start=1):
                yield current, measurand, "A", f"L{phase}" if many else None
        elif measurand == "Voltage":
            for phase, voltage in enumerate(reading.voltages_v, start=1):
                yield voltage, measurand, "V", f"L{phase}-N" if many else None
        elif measurand == "SoC" and reading.soc_percent is not None:
            yield reading.soc_percent, measurand, "Percent", None


@dataclass
class Outlet:
    """Supply, meter and car of one connector. `limit_w` is what the charging profiles leave (watts)."""

    supply: Supply = AC_22_KW
    register_mwh: int = 0
    vehicle: Vehicle | None = None
    limit_w: float = float("inf")
    power_w: float = 0.0
    chance: random.Random = field(default_factory=random.Random)
    _charging_s: float = 0.0

    @property
    def register_wh(self) -> int:
        return self.register_mwh // MWH_PER_WH

    def connect(self, vehicle: Vehicle | None) -> None:
        """A car is plugged in, or (None) unplugged. The register stays."""
        self.vehicle = vehicle
        self.switch_off()

    def switch_off(self) -> None:
        """The contactor opens: no current, and the next charge ramps up anew."""
        self.power_w = 0.0
        self._charging_s = 0.0

    def possible_w(self) -> float:
        """The power that would flow this moment if the contactor were closed."""
        if self.vehicle is None:
            return 0.0
        cable_w = self.supply.watts(self.supply.limit_a, self.phases)
        return max(0.0, min(cable_w, self.limit_w, self.vehicle.accepts_w(self._charging_s)))

    @property
    def phases(self) -> int:
        """How many phases are in use: a one-phase car leaves two of them idle."""
        return self.supply.phases if self.vehicle is None else min(self.supply.phases, self.vehicle.phases)

    def charge(self, seconds: float, *, at_most_mwh: int | None = None) -> float:
        """Let current flow for that long, or until that much energy has flowed.

        Returns the simulated seconds it took; fewer than asked when the energy was reached.
        """
        left_s = seconds
        left_mwh = at_most_mwh
        while left_s > 1e-9:
            vehicle = self.vehicle
            if vehicle is None or left_mwh == 0:
                break
            step_s = min(left_s, RAMP_STEP_S if self._charging_s < vehicle.ramp_s else STEP_S)
            self._charging_s += step_s
            self.power_w = self.possible_w()
            mwh = round(self.power_w * step_s / 3.6)
            mwh = min(mwh, max(0, round((vehicle.capacity_wh - vehicle.stored_wh) * MWH_PER_WH)))
            if left_mwh is not None:
                if mwh >= left_mwh:
                    step_s *= left_mwh / mwh
                    mwh = left_mwh
                left_mwh -= mwh
            self.register_mwh += mwh
            vehicle.stored_wh += mwh / MWH_PER_WH
            left_s -= step_s
        if self.vehicle is not None and self.vehicle.is_full:
            self.power_w = 0.0
        return seconds - max(0.0, left_s)

    def read(self) -> Reading:
        """Register, power, voltage and current, with the small unrest that real mains show."""
        phases = self.phases
        voltages = tuple(
            round(self.supply.voltage_v + self.chance.uniform(-2.5, 2.5), 1) for _ in range(self.supply.phases)
        )
        currents = tuple(
            round(self.power_w / phases / voltage, 2) if phase < phases else 0.0
            for phase, voltage in enumerate(voltages)
        )
        return Reading(
            register_wh=self.register_wh,
            power_w=round(self.power_w, 1),
            currents_a=currents,
            voltages_v=voltages,
            soc_percent=None if self.vehicle is None else self.vehicle.soc_percent,
        )
