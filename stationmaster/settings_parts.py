"""What all parts of the settings have in common; and those parts that are lists of things."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def __repr_args__(self) -> Any:  # API-27: in traces and logs nothing is secret
        hidden = {"key", "password", "secret", "client_secret", "s3_secret_key", "sentry_dsn", "headers"}
        return [(n, "•••" if v and (n in hidden or (n == "url" and "@" in v)) else v) for n, v in self]


Role = Literal["all", "gateway", "api", "worker"]


class Node(Part):
    role: Role = Field(
        "all",
        description="What this server does: `gateway` has the port for chargers, `api` the one for pages and programs, `worker` does what"
        " is to be done by the clock and delivers, `all` does all of it. The parts of a system need `redis.url`",
    )


class Tls(Part):
    """The port at which chargers connect with TLS: security profiles 2 and 3 of OCPP."""

    port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port chargers connect to with TLS (wss://), as in 9443. Without it TLS ends at a proxy in front of us, or nowhere",
    )
    host: str = Field("0.0.0.0", description="Address chargers connect to with TLS")
    ecdsa_certificate: Path | None = Field(
        None, description="File with our certificate for an ECDSA key and its chain, as PEM; P-256 or larger"
    )
    ecdsa_key: Path | None = Field(None, description="File with the key of `ecdsa_certificate`, as PEM")
    rsa_certificate: Path | None = Field(
        None,
        description="File with our certificate for an RSA key and its chain, as PEM; 2048 bits or more. Beside the other one for"
        " chargers that know only one kind",
    )
    rsa_key: Path | None = Field(None, description="File with the key of `rsa_certificate`, as PEM")
    client_ca: Path | None = Field(
        None,
        description="File with the certificates, as PEM, of the authorities whose certificates let chargers in without a password"
        " (security profile 3)",
    )
    crl: Path | None = Field(
        None,
        description="File with the lists of revoked certificates, as PEM: one of each authority in `client_ca` that signs for chargers",
    )
    operator: str | None = Field(
        None,
        min_length=1,
        description="What the organization (O) in a charger's certificate must equal; with `client_ca`",
    )
    ca_certificate: Path | None = Field(
        None,
        description="File with the certificate of an authority of yours, as PEM, that signs by itself what chargers ask for; it counts"
        " as one in `client_ca`. `stationmaster ca create` makes one",
    )
    ca_key: Path | None = Field(
        None,
        description="File with the key of `ca_certificate`, as PEM; who has it can make certificates of all your chargers",
    )
    certificate_days: int = Field(
        400,
        ge=2,
        le=3650,
        description="How long a certificate lasts that the authority in `ca_certificate` signs, in days",
    )
    renew_days: int = Field(
        40,
        ge=0,
        le=365,
        description="So many days before such a certificate ends, its charger is asked each day to have it renewed; 0: never",
    )
    ocpp_rsa_kx: bool = Field(
        False,
        description="Offer the two cipher suites with RSA key exchange as well, which OCPP demands of a certified system. They have no"
        " forward secrecy",
    )
    client_certificate_header: str | None = Field(
        None,
        description="Header in which `gateway.trusted_proxies` hand on a charger's certificate, when TLS ends at them, as in Client-Cert",
    )

    @field_validator("client_certificate_header")
    @classmethod
    def named(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9-]+", value):
            raise ValueError("must be the name of a header, as in Client-Cert")
        return value

    @model_validator(mode="after")
    def whole(self) -> Tls:
        for kind in ("ecdsa", "rsa"):
            for one, other in ((f"{kind}_certificate", f"{kind}_key"), (f"{kind}_key", f"{kind}_certificate")):
                if getattr(self, one) is not None and getattr(self, other) is None:
                    raise ValueError(f"{one} needs {other}")
        if (self.ca_certificate is None) != (self.ca_key is None):
            raise ValueError("ca_certificate and ca_key need each other")
        if self.ca_certificate is not None and self.renew_days >= self.certificate_days:
            raise ValueError("renew_days must be less than certificate_days: each certificate would be renewed at once")
        if self.port is not None and self.ecdsa_certificate is None and self.rsa_certificate is None:
            raise ValueError("port needs ecdsa_certificate and ecdsa_key, or rsa_certificate and rsa_key, or all four")
        name = "ca_certificate" if self.client_ca is None else "client_ca"
        if self.has_anchors and self.operator is None:
            raise ValueError(f"{name} needs operator: the name that stands as O in the certificates of your chargers")
        for needing in ("crl", "operator", "client_certificate_header"):
            if getattr(self, needing) is not None and not self.has_anchors:
                raise ValueError(f"{needing} needs client_ca")
        return self

    @property
    def renew_within(self) -> timedelta:
        return timedelta(days=self.renew_days)

    @property
    def has_anchors(self) -> bool:
        """Whether a certificate can let a charger in."""
        return self.client_ca is not None or self.ca_certificate is not None


class Traces(Part):
    url: str | None = Field(
        None,
        description="Where traces go, by OTLP over HTTP: http://localhost:4318/v1/traces. Nothing is traced without it",
    )
    share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="How many of all messages and requests are traced; 1 is all of them. A request that comes with a `traceparent` is"
        " traced when that says so",
    )
    headers: dict[str, str] = Field(
        {}, description="What the collector wants to be told with it, as {Authorization: ...}"
    )
    timeout_s: float = Field(10.0, gt=0, le=60, description="How long the collector may take for a batch")

    @field_validator("url")
    @classmethod
    def address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be the whole address, as in http://localhost:4318/v1/traces")
        return value if parts.path.strip("/") else value.rstrip("/") + "/v1/traces"


class HeldBack(Part):
    """Each pattern is a text with `*` and `?`, whatever the case; what is left out holds for all."""

    commands: list[Annotated[str, Field(min_length=1, max_length=60)]] = Field(
        min_length=1, description="As in the address of the command: change-availability"
    )
    charger: str = Field("*", max_length=200, description="The id of the charger")
    vendor: str = Field("*", max_length=200, description="As the charger tells it")
    model: str = Field("*", max_length=200, description="As the charger tells it")
    firmware: str = Field("*", max_length=200, description="As the charger tells it")
    why: str = Field("", max_length=500, description="Shown to whoever asks")
    after_session_s: int = Field(
        0, ge=0, le=3600, description="Only for so many seconds after a session there has ended; 0: always"
    )


class AutoStart(Part):
    """Each pattern is a text with `*` and `?`, whatever the case; what is left out holds for all."""

    charger: str = Field("*", max_length=200, description="The id of the charger")
    vendor: str = Field("*", max_length=200, description="As the charger tells it")
    model: str = Field("*", max_length=200, description="As the charger tells it")
    firmware: str = Field("*", max_length=200, description="As the charger tells it")
    after_s: int = Field(
        0, ge=0, le=240, description="Seconds that a session may take to begin; 0: `gateway.auto_start_after_s`"
    )


WebhookEvent = Literal[
    "session_started", "session_ended", "session_corrected", "station_offline", "station_online", "alarm"
]


class Webhook(Part):
    url: str = Field(description="Where to post")
    secret: str = Field(
        min_length=16, description="Signs each message: HMAC-SHA256, in the header Stationmaster-Signature"
    )
    events: list[WebhookEvent] = Field([], description="What to tell; everything when empty")

    @field_validator("url")
    @classmethod
    def usable(cls, value: str) -> str:
        parsed = urlsplit(value)
        if parsed.scheme not in ("https", "http") or not parsed.hostname:
            raise ValueError("must begin with https:// (http:// for allowed networks only)")
        if parsed.username is not None:
            raise ValueError("must not hold a password; the signature says who we are")
        return value


class Webhooks(Part):
    to: list[Webhook] = Field(
        [],
        description="Who is told of sessions, chargers and alarms: a list of `url`, `secret` and, for some only, `events`",
    )

    @field_validator("to")
    @classmethod
    def different(cls, value: list[Webhook]) -> list[Webhook]:
        if len({hook.url for hook in value}) != len(value):
            raise ValueError("the same url twice")
        return value


class PaymentAccount(Part):
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,30}$",
        description="What it is called in addresses and in the books, as in `test`",
    )
    kind: Literal["test", "stripe", "razorpay"] = Field(
        description="Which provider: `stripe`, `razorpay`, or `test`, a bank for practice, which answers as others do and has no money"
    )
    organization: str | None = Field(None, description="Whose it is; may be left out while there is only one")
    key_id: str | None = Field(None, description="What Razorpay knows the account by, as in rzp_live_…")
    key: str | None = Field(
        None, description="The secret key that we show the provider: sk_live_… of Stripe, the key's secret of Razorpay"
    )
    secret: str | None = Field(None, min_length=16, description="By which its webhooks are believed: whsec_… of Stripe")
    url: str | None = Field(
        None,
        description="Of the bank for practice, where it is a process of its own; of another provider only where something stands in between",
    )

    @model_validator(mode="after")
    def complete(self) -> PaymentAccount:
        needed = {"stripe": ("key", "secret"), "razorpay": ("key_id", "key", "secret"), "test": ()}[self.kind]
        for name in needed:
            if not getattr(self, name):
                raise ValueError(f"{name}: must be set for an account with {self.kind}")
        return self


class Payments(Part):
    providers: list[PaymentAccount] = Field(
        [],
        description="Accounts with providers of payments: a list of `name`, `kind` and more. Guests, and drivers' top-ups, use the first of their organization",
    )
    hold: dict[str, Annotated[Decimal, Field(gt=0)]] = Field(
        {"EUR": Decimal(50), "USD": Decimal(50), "GBP": Decimal(50), "CHF": Decimal(50), "INR": Decimal(1500)},
        description="How much of a guest's money is set aside before they charge, in each currency; in others they cannot pay",
    )
    pay_within_minutes: float = Field(10.0, gt=0, le=1440, description="How long somebody has to pay")

    retry_days: list[Annotated[float, Field(gt=0)]] = Field(
        [1, 3, 7], description="When a payment that has failed is tried again, in days after it was due"
    )
    block_after: int = Field(
        2, ge=1, description="After so many tries in vain a customer may not charge until it is paid or written off"
    )

    @field_validator("providers")
    @classmethod
    def different(cls, value: list[PaymentAccount]) -> list[PaymentAccount]:
        if len({each.name for each in value}) != len(value) or {each.name for each in value} & {"cash", "bank"}:
            raise ValueError("the same name twice, or one of `cash` and `bank`, which are entered by people")
        return value


class Wallets(Part):
    second_person_from: Decimal = Field(
        Decimal(100),
        ge=0,
        description="A correction of a wallet by hand, of this much or more in its currency, waits for a second person",
    )


class AccountingFile(Part):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$", description="What it is called, as in `accountant`")
    url: str = Field(
        description="Where the file is posted to (https://), or the bucket it is put into (s3://name/folder)"
    )
    organization: str | None = Field(None, description="Whose sessions; may be left out while there is only one")
    hour: int = Field(6, ge=0, le=23, description="On the 1st at this hour by the organization's clock")
    secret: str | None = Field(
        None, min_length=16, description="Sent with each file, so that the receiver knows who it is from"
    )
    secret_header: str = Field("Authorization", pattern=r"^[A-Za-z0-9-]{1,60}$", description="The header it is sent in")
    tell: str | None = Field(
        None, pattern=r"^[^@\s]+@[^@\s]+$", description="Who gets a mail when a file could not be sent five times"
    )
    s3_endpoint: str | None = Field(None, description="Of a server that speaks S3 and is not Amazon's")
    s3_region: str | None = Field(None, description="Its region, as in eu-central-1")
    s3_access_key: str | None = Field(None, description="The name we log in with there")
    s3_secret_key: str | None = Field(None, description="And the secret that belongs to it")

    @field_validator("url")
    @classmethod
    def reachable(cls, value: str) -> str:
        parsed = urlsplit(value)
        if parsed.scheme not in ("https", "http", "s3") or not parsed.hostname:
            raise ValueError("must begin with https:// or s3:// (http:// for allowed networks only)")
        if parsed.username is not None:
            raise ValueError("must not hold a password; `secret` says who we are")
        return value


class Accounting(Part):
    files: list[AccountingFile] = Field(
        [],
        description="Who is sent the sessions of each month as a CSV file: a list of `name`, `url` and more (docs/exports.md)",
    )

    @field_validator("files")
    @classmethod
    def different(cls, value: list[AccountingFile]) -> list[AccountingFile]:
        if len({each.name for each in value}) != len(value):
            raise ValueError("the same name twice")
        return value


RoleName = Literal["owner", "administrator", "technician", "operator", "viewer", "driver"]


class Provider(Part):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$", description="What it is called in addresses, as in company")
    title: str | None = Field(None, max_length=60, description="What its button says; its name when left out")
    issuer: str = Field(description="The address it describes itself at, exactly as it writes it")
    client_id: str = Field(min_length=1, description="What it knows us by")
    client_secret: str | None = Field(None, description="What we show it; without one, PKCE alone")
    scopes: list[str] = Field(["openid", "email", "profile"], description="What we ask it for")
    link_by_email: bool = Field(
        False, description="Whether an account with an address that it has verified is theirs, at the first log-in"
    )
    default_role: RoleName | None = Field(None, description="Who is not known is added in this role; refused without")
    organization: str | None = Field(None, description="Whose people it knows; may be left out while there is only one")

    @field_validator("issuer")
    @classmethod
    def usable(cls, value: str) -> str:
        parsed = urlsplit(value)
        if parsed.scheme not in ("https", "http") or not parsed.hostname or parsed.query or parsed.fragment:
            raise ValueError("must begin with https:// (http:// for allowed networks only) and have no query")
        return value


class SingleSignOn(Part):
    providers: list[Provider] = Field(
        [],
        description="Where people may log in instead (OpenID Connect): a list of `name`, `issuer`, `client_id` and more",
    )

    @field_validator("providers")
    @classmethod
    def different(cls, value: list[Provider]) -> list[Provider]:
        if len({each.name for each in value}) != len(value):
            raise ValueError("the same name twice")
        return value


class PlugAndCharge(Part):
    authorities: list[Path] = Field(
        [],
        description="Files (PEM) with the certificates of the authorities that are trusted with contracts of cars: the roots (V2G, MO), and"
        " those below them whose answers are to be verified",
    )
    responders: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}$")]] = Field(
        [],
        description="The only hosts, with those below them, that are asked whether a certificate still holds, as in [ocsp.example.org];"
        " any public one when empty",
    )
    timeout_s: float = Field(5.0, gt=0, le=20, description="How long such an answer may take; a charger waits for it")
    provider_url: str | None = Field(
        None, description="Where contract certificates of cars are asked for (docs/plug-and-charge.md); refused without"
    )
    secret: str | None = Field(None, min_length=8, description="Sent to the provider, so that it knows us: Bearer ...")
    secret_header: str = Field("Authorization", pattern=r"^[A-Za-z0-9-]{1,60}$", description="The header it is sent in")
    provider_timeout_s: float = Field(20.0, gt=0, le=25, description="How long the provider's answer may take")

    @field_validator("provider_url")
    @classmethod
    def reachable(cls, value: str | None) -> str | None:
        parsed = urlsplit(value or "https://none")
        if parsed.scheme not in ("https", "http") or not parsed.hostname:
            raise ValueError("must begin with https:// (http:// for allowed networks only)")
        if parsed.username is not None:
            raise ValueError("must not hold a password; `secret` says who we are")
        return value


# No quote, space or semicolon, which would end what the content security policy of the pages says of the host.
_MAP = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[^\s;,'\"]*")


class Maps(Part):
    tiles: str | None = Field(
        None,
        description="Where browsers fetch maps: pictures, as in https://tiles.example.org/{z}/{x}/{y}.png, or a style of MapLibre, as in"
        " https://tiles.example.org/style.json, with all it names on the same host. Without it maps show the outlines of countries, and"
        " nothing is fetched from elsewhere",
    )
    attribution: str | None = Field(None, description="Whose maps those are, as it stands on them")

    @field_validator("tiles")
    @classmethod
    def address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        braces = set(re.findall(r"\{[^}]*\}?", value))
        if not _MAP.fullmatch(value) or braces not in (set(), {"{z}", "{x}", "{y}"}):
            raise ValueError(
                "must be like https://tiles.example.org/{z}/{x}/{y}.png or https://tiles.example.org/style.json,"
                " without quotes, spaces, commas or semicolons"
            )
        return value
