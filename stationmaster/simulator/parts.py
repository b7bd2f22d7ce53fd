"""What a simulated charger is made of, whatever version it speaks."""

from dataclasses import dataclass, field
from datetime import datetime

from stationmaster.simulator.meter import Outlet


@dataclass
class Transaction:
    """One charging transaction. `key` is the charger's own name for it, `id` the one on the wire: given by the central
    system in 1.6, by the charger in 2.x."""

    key: str
    connector: int
    token: str
    meter_start_wh: int
    began: datetime
    id: int | str | None = None
    ended: bool = False
    seq_no: int = 0  # of the next TransactionEvent (2.x)
    remote_start_id: int | None = None  # 2.x


@dataclass
class Reservation:
    id: int
    token: str
    parent: str | None
    until: datetime


@dataclass
class Connector:
    """One connector, its outlet and what goes on at it."""

    number: int
    outlet: Outlet
    status: str = "Available"
    error_code: str = "NoError"
    told: tuple[str, str] | None = None  # status and error code as the server last heard them
    operative: bool = True
    wants_operative: bool = True  # a change that waits for the end of the transaction
    authorized: str | None = None  # a token that waits for the cable
    remote_start_id: int | None = None  # of the remote start that is being carried out (2.x)
    transaction: Transaction | None = None
    reservation: Reservation | None = None
    visited: bool = False  # a simulated driver is at it and decides what happens next
    flowing_since_s: float | None = None
    charging: bool = False
    wanted_mwh: int | None = None  # what may still flow until the driver has enough; None: as much as there is

    @property
    def plugged_in(self) -> bool:
        return self.outlet.vehicle is not None

    @property
    def is_free(self) -> bool:
        return self.status == "Available" and not self.plugged_in and self.transaction is None


@dataclass
class Nameplate:
    """What the charger says about itself in BootNotification."""

    vendor: str = "Simulated"
    model: str = "Post 22"
    firmware: str = "1.0.0"
    serial: str | None = None

    def serial_of(self, identity: str) -> str:
        """The serial number; without one of its own, the identity stands for it."""
        return (self.serial or identity)[:25]


@dataclass(frozen=True)
class Known:
    """What is known about a token: its status as OCPP spells it, and its group."""

    status: str
    parent: str | None = None


@dataclass
class Tokens:
    """What the charger knows about tokens by itself: the local list and the cache (1.6 §3.5)."""

    local: dict[str, Known] = field(default_factory=dict)
    local_version: int = 0
    cache: dict[str, Known] = field(default_factory=dict)
