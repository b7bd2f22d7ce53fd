"""Commands about how a charger reaches its server (2.x)."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from stationmaster.domain.commands.kinds import Command
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
User = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class AccessPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the modem of a charger gets into its mobile network."""

    name: Name
    authentication: Literal["auto", "chap", "none", "pap"] = "auto"
    user: User | None = None
    password: Secret | None = None
    sim_pin: Annotated[int, msgspec.Meta(ge=0, le=99_999_999)] | None = None
    preferred_network: Annotated[str, msgspec.Meta(min_length=1, max_length=6)] | None = None
    only_preferred_network: bool | None = None


class Tunnel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The VPN between a charger and its server."""

    server: Name
    user: User
    password: Secret
    shared_key: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    kind: Literal["IKEv2", "IPSec", "L2TP", "PPTP"]
    group: User | None = None


class SetNetworkProfile(Command, frozen=True):
    """Store in a numbered slot of the charger how it reaches a server: this one, or another. It uses what is in the slots in the order of
    its setting OCPPCommCtrlr/NetworkConfigurationPriority, usually after a restart. `identity` and `password` are what it logs in with
    there (2.1); the password of this server is changed by renew-password."""

    administers = True

    slot: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    url: Annotated[
        str, msgspec.Meta(min_length=1, max_length=2000, description="ws:// or wss://, without the identity")
    ]
    security_profile: Annotated[int, msgspec.Meta(ge=0, le=3)]
    interface: Literal[
        "any", "wired0", "wired1", "wired2", "wired3", "wireless0", "wireless1", "wireless2", "wireless3"
    ] = "wired0"
    message_timeout_s: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 30
    ocpp: Literal["1.6", "2.0.1", "2.1"] | None = None
    access_point: AccessPoint | None = None
    tunnel: Tunnel | None = None
    identity: Annotated[str, msgspec.Meta(min_length=1, max_length=48)] | None = None
    password: Annotated[str, msgspec.Meta(min_length=16, max_length=64)] | None = None

    def check(self, work: Work, station: Station) -> str | None:
        try:
            there = urlsplit(self.url)
            wrong = there.scheme not in ("ws", "wss") or not there.hostname or there.port == 0
        except ValueError:
            wrong = True
        if wrong:
            raise Invalid("url", "must be ws:// or wss:// and a host")
        if there.username is not None or there.password is not None:
            raise Invalid("url", "must not hold a password; it would be stored as an address")
        if self.security_profile >= 2 and there.scheme != "wss":
            raise Invalid("url", "security profile {profile} needs wss://", profile=self.security_profile)
        return None
