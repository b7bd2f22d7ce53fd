"""The commands: each a plain struct. REST endpoint, form and history come from it, it travels between nodes as it is, and the
sender of the station's version (`@sends` in handlers) turns it into calls.

A new command is a class here, or in a file of its own beside this one that `named.py` imports; and a sender and an answer in
handlers for each version that has it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypedDict

import msgspec

from stationmaster.domain import charging_profiles, connectors, tokens
from stationmaster.domain.charging_profiles import ChargingProfile
from stationmaster.domain.commands.outcomes import Answer
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

Evse = Annotated[int, msgspec.Meta(ge=1, le=1000, description="The EVSE's number, from 1; 1.6 calls it connector")]
Whole = Annotated[int, msgspec.Meta(ge=0, le=1000, description="The EVSE's number; 0 is the whole charger")]
Connector = Annotated[int, msgspec.Meta(ge=1, le=1000, description="The connector's number at its EVSE, from 1")]
SessionName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]  # our id, or the charger's own
TokenText = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
KeyName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=250, description="A key, or in 2.x `Component/Variable`")
]

Attribute: TypeAlias = Literal["actual", "target", "min", "max"]
"""Which value of a setting is meant; a charger of 1.6 has only the actual one."""


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One setting and its new value."""

    setting: KeyName
    value: Annotated[str, msgspec.Meta(max_length=2500)]
    attribute: Attribute = "actual"


class Pace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a charger of 2.1 tells what a monitor finds many at once: every so many seconds, or as soon as there are so many values."""

    interval_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] | None = None
    values: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the charger shall tell of a variable: above or below a value, when it changed by so much, or every so many seconds.
    Severity is 0 (danger) to 9 (debug). With `id` it replaces that monitor. `stream` is for what is found often (2.1)."""

    setting: KeyName
    kind: Literal["above", "below", "change", "periodic", "periodic_clock_aligned"]
    value: float
    severity: Annotated[int, msgspec.Meta(ge=0, le=9)] = 8
    only_in_session: bool = False
    id: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] | None = None
    stream: Pace | None = None


class Place(TypedDict):
    """An EVSE by the charger's own number, and one of its connectors."""

    evse: int | None
    connector: int | None


def kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=kebab, tag_field="command"):
    """Something we ask of a station."""

    before_accepted: ClassVar[bool] = False
    """May be sent to a station that is not accepted yet, since it helps it to become so (CON-22)."""

    administers: ClassVar[bool] = False
    """Is for administrators only."""

    deploys: ClassVar[bool] = False
    """Changes what the charger runs, which is a permission of its own (ATK-12)."""

    is_makers_own: ClassVar[bool] = False
    """Can make the charger do whatever its maker has thought of, so it needs the permission of a raw call."""

    @property
    def can_be_repeated(self) -> bool:
        """Whether a report of which a part was lost may be asked for again: the charger will tell the same."""
        return True

    @property
    def place(self) -> Place:
        """Where at the charger it is about; empty where it is about no place."""
        return Place(evse=getattr(self, "evse", None), connector=getattr(self, "connector", None))

    def check(self, work: Work, station: Station) -> str | None:
        """Raises `Conflict` or `Invalid` when this must not be asked now; returns a remark for the history."""
        return None

    def answered(self, work: Work, station: Station, answer: Answer) -> None:
        """The station has answered; what follows from it that no handler of a version has to know."""

    def unanswered(self, work: Work, station: Station, request_id: int | None, answer: Answer) -> None:
        """It brought an error, nothing that could be read, or nothing at all; `answer` says which."""

    def allow(self, station: Station) -> None:
        """Before it is accepted, a station is asked only what helps it to become so (CON-22). Raises `Conflict`."""
        if station.accepted:
            return
        if station.registration == "rejected":
            raise Conflict(
                "charger {charger} is rejected; only its BootNotification can be triggered", charger=station.identity
            )
        if not self.before_accepted:
            raise Conflict("charger {charger} is not accepted yet", charger=station.identity)


class RemoteStart(Command, frozen=True):
    """Start charging for a card, on one connector or on whichever the driver chooses. `force` asks although the card may not charge.
    `profile` limits the session that begins, which has no name yet."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=36)]
    evse: Evse | None = None
    force: bool = False
    profile: ChargingProfile | None = None

    def check(self, work: Work, station: Station) -> str | None:
        if self.profile is not None:
            charging_profiles.check_at_start(self.profile)
        return check_card(work, station, self.token, force=self.force)


class RemoteStop(Command, frozen=True):
    """Stop a session, named by our id or by its transaction id."""

    session: SessionName


class CheckSession(Command, frozen=True):
    """Ask whether a session still goes on, and whether the charger has yet to tell of it. One that does not, and has nothing to tell, ends as an estimate.
    Without a session: whether the charger has yet to tell of any."""

    session: SessionName | None = None


class Reset(Command, frozen=True):
    """Restart the charger, or in 2.x one EVSE: soft lets it end its sessions first, hard does not wait."""

    before_accepted = True

    kind: Literal["soft", "hard"] = "soft"
    evse: Evse | None = None


class Unlock(Command, frozen=True):
    """Release the cable of a connector."""

    evse: Evse = 1
    connector: Connector = 1


class ChangeAvailability(Command, frozen=True):
    """Take a connector, or the whole charger, in or out of service."""

    operative: bool
    evse: Whole = 0
    connector: Connector | None = None

    def answered(self, work: Work, station: Station, answer: Answer) -> None:
        if answer.good:
            waits = not self.operative and answer.outcome == "scheduled"
            connectors.leave_service_later(work, station, evse=self.evse, connector=self.connector, waits=waits)


class GetConfiguration(Command, frozen=True):
    """Read settings; all of them when no key is named."""

    before_accepted = True

    keys: list[KeyName] = []


class ChangeConfiguration(Command, frozen=True):
    """Write one setting."""

    before_accepted = True

    key: KeyName
    value: Annotated[str, msgspec.Meta(max_length=2500)]

    def check(self, work: Work, station: Station) -> str | None:
        if is_password(self.key):
            raise Invalid("key", "with this key alone the charger would be locked out; use the command renew-password")
        return None


class ReadSettings(Command, frozen=True):
    """Read settings by name, in any version."""

    before_accepted = True

    settings: Annotated[list[KeyName], msgspec.Meta(min_length=1, max_length=500)]
    attribute: Attribute = "actual"


class ChangeSettings(Command, frozen=True):
    """Change settings, one or many, in any version. The answer says of each whether it was accepted, takes effect when the charger restarts, was refused, or is not known."""

    before_accepted = True

    changes: Annotated[list[Change], msgspec.Meta(min_length=1, max_length=500)]

    def check(self, work: Work, station: Station) -> str | None:
        for change in self.changes:
            if is_password(change.setting):
                raise Invalid("changes", "with the password alone the charger would be locked out; use renew-password")
        return None


class ReportSettings(Command, frozen=True):
    """Let the charger tell all of its settings: everything, what can be changed (`configuration`), a summary, or in 2.x the
    parts that are active, available, enabled or have a problem; or those of some components. A charger of 1.6 tells everything."""

    before_accepted = True

    scope: Literal["all", "configuration", "summary", "active", "available", "enabled", "problem"] = "all"
    components: Annotated[list[KeyName], msgspec.Meta(max_length=100)] = []

    def check(self, work: Work, station: Station) -> str | None:
        if self.components and self.scope in ("configuration", "summary"):
            raise Invalid("components", "a configuration or a summary is of the whole charger")
        return None


class SetMonitors(Command, frozen=True):
    """Let the charger watch over variables, and tell when something is the matter."""

    monitors: Annotated[list[Watch], msgspec.Meta(min_length=1, max_length=500)]

    def check(self, work: Work, station: Station) -> str | None:
        paces = [watch.stream for watch in self.monitors if watch.stream is not None]
        if any(pace.interval_s is None and pace.values is None for pace in paces):  # N11.FR.09
            raise Invalid("monitors", "a stream needs `interval_s`, `values`, or both")
        if paces and station.version != "2.1":
            raise Invalid(
                "monitors", "streams are part of OCPP 2.1; this charger speaks {version}", version=station.version
            )
        return None


class ClearMonitors(Command, frozen=True):
    """Remove monitors, by the ids the charger has given them."""

    ids: Annotated[list[Annotated[int, msgspec.Meta(ge=0, lt=2**31)]], msgspec.Meta(min_length=1, max_length=500)]


class ReportMonitors(Command, frozen=True):
    """Let the charger tell which monitors it has: all, those of some kinds, those of some settings or components, or both."""

    kinds: Annotated[list[Literal["threshold", "change", "periodic"]], msgspec.Meta(max_length=3)] = []
    settings: Annotated[list[KeyName], msgspec.Meta(max_length=100)] = []


class SetMonitoringBase(Command, frozen=True):
    """Which set of monitors is on: all there are, the factory's own, or only those built in. The last two remove what we have set."""

    base: Literal["all", "factory_default", "built_in_only"]


class SetMonitoringLevel(Command, frozen=True):
    """Let the charger tell only of what is as severe as this, or more: 0 is danger, 9 is debug."""

    severity: Annotated[int, msgspec.Meta(ge=0, le=9)]


class RenewPassword(Command, frozen=True):
    """Give the charger a new password, made here, that nobody else knows. The old one works until the charger has logged in with it."""

    administers = True
    before_accepted = True


class TriggerMessage(Command, frozen=True):
    """Ask the charger to send a message now. EVSE and connector count where the message is about one; without them it is all of them.

    A charger of 1.6 is asked for the messages of the security extension in the way of that extension. In 2.x the state of a
    diagnostics upload is a LogStatusNotification, and a signed update is told as any other. `custom` names a message of the
    maker's own (2.1), for `CustomTrigger`.
    """

    before_accepted = True

    message: Literal[
        "BootNotification",
        "CustomTrigger",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "PublishFirmwareStatusNotification",
        "SignChargingStationCertificate",
        "SignCombinedCertificate",
        "SignV2G20Certificate",
        "SignV2GCertificate",
        "SignedFirmwareStatusNotification",
        "StatusNotification",
        "TransactionEvent",
    ]
    evse: Evse | None = None
    connector: Connector | None = None
    custom: Annotated[str, msgspec.Meta(min_length=1, max_length=50)] | None = None

    def check(self, work: Work, station: Station) -> str | None:
        if (self.message == "CustomTrigger") != (self.custom is not None):
            raise Invalid("custom", "names the message of a CustomTrigger, and of no other")
        if self.connector is not None and self.evse is None:
            raise Invalid("evse", "a connector is named together with its EVSE")
        return None

    def allow(self, station: Station) -> None:
        if self.message != "BootNotification":
            super().allow(station)


Retries = Annotated[int, msgspec.Meta(ge=0, le=100, description="How often the charger tries again")]
FirmwareId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Pause = Annotated[int, msgspec.Meta(ge=1, le=86_400, description="Seconds between two tries")]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class UpdateFirmware(Command, frozen=True):
    """Fetch and install a firmware that was uploaded here. Where the charger allows it, it takes the place of an update under way.

    `signed` says whether the charger is to check the maker's signature; left out, it is when there is one. `force` sends a firmware
    of another vendor or model.
    """

    deploys = True

    firmware: FirmwareId
    retrieve_at: Moment | None = None
    install_at: Moment | None = None
    retries: Retries | None = None
    retry_interval_s: Pause | None = None
    signed: bool | None = None
    force: bool = False


class GetLog(Command, frozen=True):
    """Bring a log here: what a technician needs to know, or what the security log says. It can be narrowed by time."""

    kind: Literal["diagnostics", "security"] = "diagnostics"
    since: Moment | None = None
    until: Moment | None = None
    retries: Retries | None = None
    retry_interval_s: Pause | None = None

    def check(self, work: Work, station: Station) -> str | None:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise Invalid("since", "must be before `until`")
        return None


class ClearCache(Command, frozen=True):
    """Make the charger forget the cards it has learnt."""


class DataTransfer(Command, frozen=True):
    """Send the charger data of its maker's own kind. `data` is a text, or in 2.x any JSON; a charger of 1.6 gets JSON as a text."""

    is_makers_own = True

    vendor_id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    message_id: Annotated[str, msgspec.Meta(min_length=1, max_length=50)] | None = None
    data: Any = None


def check_card(work: Work, station: Station, token: str, *, force: bool) -> str | None:
    """Raises `Conflict` for a card that may not charge; with `force` that is only a remark for the history."""
    status = tokens.authorize(work, station, token).status
    if status == "accepted":
        return None
    if not force:
        raise Conflict(
            "the card {card} is {status}; with `force` the charger is asked all the same", card=token, status=status
        )
    return f"forced: the card is {status}"


def name_of(command: Command) -> str:
    return kebab(type(command).__name__)


def is_password(key: str) -> bool:
    """Whether this setting is the secret the charger logs in with, in either version's spelling."""
    return key.rpartition("/")[2].strip().lower() in ("authorizationkey", "basicauthpassword")
