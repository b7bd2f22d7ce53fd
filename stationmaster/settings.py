"""All settings in one object, from `stationmaster.yaml` and the environment (`STATIONMASTER_WEB__PORT=8080`).

The environment wins over the file. `DATABASE_URL`, `REDIS_URL` and `LOG_LEVEL` are understood as well.
"""

from __future__ import annotations

import os
import zoneinfo
from decimal import Decimal
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, IPvAnyNetwork, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from stationmaster import settings_004
from stationmaster.addresses import is_private, public_address
from stationmaster.settings_parts import Accounting as Accounting
from stationmaster.settings_parts import AccountingFile as AccountingFile
from stationmaster.settings_parts import AutoStart, HeldBack, Maps, Node, Part, RoleName, Wallets
from stationmaster.settings_parts import PaymentAccount as PaymentAccount
from stationmaster.settings_parts import Payments as Payments
from stationmaster.settings_parts import PlugAndCharge as PlugAndCharge
from stationmaster.settings_parts import Provider as Provider
from stationmaster.settings_parts import SingleSignOn as SingleSignOn
from stationmaster.settings_parts import Tls as Tls
from stationmaster.settings_parts import Traces as Traces
from stationmaster.settings_parts import Webhook as Webhook
from stationmaster.settings_parts import Webhooks as Webhooks

PREFIX = "STATIONMASTER_"
# Most answers only say "I will" (2.0.1 part 2 §3.2 advises 30 s for them). These say "I have": the work comes first.
SLOW_ANSWERS_S = {
    "UnlockConnector": 60.0,  # 1.6 §5.18: whether it is unlocked; the motor tries more than once
    "SendLocalList": 120.0,  # 1.6 §5.15: whether the list is taken over; thousands of entries go to a slow memory
    "GetDiagnostics": 60.0,  # 1.6 §5.9: the name of the file, which some make before they can tell
    "GetLog": 60.0,  # 2.0.1 N01: the same
    "InstallCertificate": 60.0,  # 2.0.1 M05.FR.01: attempt to install it, and respond
    "CertificateSigned": 60.0,  # 2.0.1 A02: the chain is checked, and stored
}
_PLAIN = {"DATABASE_URL": ("database", "url"), "REDIS_URL": ("redis", "url"), "LOG_LEVEL": ("log", "level")}


class BadSettings(Exception):
    """The settings cannot be used; the message is one line that names the key."""


class Web(Part):
    host: str = Field("127.0.0.1", description="Address the web application and the API listen on")
    port: int = Field(8080, ge=0, le=65535, description="Port of the web application and the API")
    public_url: str | None = Field(
        None, description="The address people reach the pages at, when it is another one: https://csms.example.org"
    )
    push: bool = Field(
        True,
        description="Offer people messages on their devices while no page is open (Web Push), for which this server must reach the push"
        " services of the browsers' makers",
    )
    secure_cookies: bool = Field(False, description="Set when the pages are reached over https")
    trusted_proxies: list[IPvAnyNetwork] = Field(
        [],
        description="Addresses or networks whose X-Forwarded-For is believed; it decides who is slowed down at the log-in",
    )
    max_connections: int = Field(
        1000,
        ge=10,
        description="Connections of pages and programs at once; those without a request make room for new ones",
    )
    max_connections_of_one_address: int = Field(
        200, ge=1, description="The same for one address, unless it is a trusted proxy"
    )
    request_timeout_s: float = Field(15.0, gt=0, description="Time a connection has to send its whole request")
    requests_per_minute: int = Field(
        6000,
        ge=0,
        description="Requests a minute that a user or an API key may make; 0: as many as they like",
    )
    requests_per_minute_of_one_address: int = Field(
        600, ge=0, description="The same for an address, of requests to the API without a log-in that holds"
    )
    stalled_after_s: float = Field(
        30.0, gt=0, description="A page that takes nothing of what it is sent for this long is cut off"
    )

    @field_validator("public_url")
    @classmethod
    def reachable(cls, value: str | None) -> str | None:
        return public_address(value, "http", "https")


class Gateway(Part):
    host: str = Field("127.0.0.1", description="Address chargers connect to; plain ws:// belongs on a private network")
    port: int = Field(9000, ge=0, le=65535, description="Port chargers connect to")
    public_url: str | None = Field(
        None,
        description="The address chargers reach this port at, without their id, when it is another one:"
        " wss://csms.example.org/ocpp. The pages offer it to be typed into chargers",
    )
    strict: bool = Field(False, description="Answer every deviation from the schemas with an error (for certification)")
    heartbeat_interval_s: int = Field(300, ge=10, le=86400, description="Heartbeat interval given at boot, ±10 %")
    plug_in_timeout_s: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="After a remote start, how long a charger waits for the car, if it has not told its ConnectionTimeOut",
    )
    call_timeout_s: float = Field(30.0, gt=0, le=600, description="How long a charger may take to answer a command")
    call_timeouts: dict[str, Annotated[float, Field(gt=0, le=600)]] = Field(
        {},
        description="The same for single actions, in seconds, as in {Reset: 45}. What is not named here has"
        " call_timeout_s, but at least: " + ", ".join(f"{name} {limit:.0f}" for name, limit in SLOW_ANSWERS_S.items()),
    )
    ping_interval_s: float = Field(30.0, ge=1, le=3600, description="Ping a charger that has been silent this long")
    pong_timeout_s: float = Field(
        20.0, ge=1, le=600, description="Close a connection that is silent this long after a ping"
    )
    stalled_after_s: float = Field(
        30.0,
        ge=0,
        le=600,
        description="A charger that takes nothing for this long, or does not finish a message, is cut",
    )
    closing_s: float = Field(2.0, ge=0, le=60, description="Time for a charger to answer the close of its connection")
    sweep_s: float = Field(2.0, gt=0, le=60, description="How often the connections are looked after")
    offline_after_s: float = Field(60.0, ge=0, le=3600, description="A charger gone this long is reported offline")
    handshake_timeout_s: float = Field(10.0, gt=0, le=60, description="Time a connection has to complete its handshake")
    max_handshakes: int = Field(
        2000,
        ge=1,
        description="Connections that may wait for their handshake; the oldest silent ones make room for more",
    )
    messages_per_s: float = Field(100.0, gt=0, description="Messages a second a charger may send in the long run")
    trusted_proxies: list[IPvAnyNetwork] = Field(
        [],
        description="Addresses or networks whose X-Forwarded-For, or else Forwarded, is believed, as in [10.0.0.5, 10.1.0.0/16]",
    )
    boot_grace_s: float = Field(
        5.0,
        ge=0,
        le=600,
        description="A charger that speaks without ever having booted here is asked to, after this time",
    )
    renewal_grace_s: float = Field(
        300.0, ge=0, le=86400, description="An open connection with a secret that was renewed is closed after this time"
    )
    set_aside_after: int = Field(
        3, ge=1, le=100, description="A message that we fail at so many times is kept for a person, and answered"
    )
    log_mb_per_day: float = Field(
        50.0,
        gt=0,
        description="Of a charger's frames, in the message log; beyond it only their beginnings are kept that day",
    )
    valid_token: bool = Field(
        False,
        description="For old test clients: a charger whose URL has `?validToken` needs no secret, as in `/ocpp/CP1?validToken`. Only"
        " from private addresses, and only while `gateway.host` is one",
    )
    burst: int = Field(500, ge=1, description="Messages a charger may send at once before it is slowed down")
    reconnects_per_s: float = Field(
        2.0, gt=0, description="How often a second a charger may connect in the long run; more often, it waits"
    )
    held_back: list[HeldBack] = Field(
        [],
        description="Commands that some chargers are never sent, because they fall over them: a list of `commands` and, as patterns with"
        " `*`, `charger`, `vendor`, `model`, `firmware`; `why` is shown. `after_session_s` holds them back only for so long after a"
        " session has ended. A raw call is sent all the same",
    )
    auto_start: list[AutoStart] = Field(
        [],
        description="Chargers that begin no session by themselves although a card was accepted there, and are started from here: a list of"
        " patterns with `*`, `charger`, `vendor`, `model`, `firmware`, and `after_s`. What is said of one charger on its page goes before",
    )
    auto_start_after_s: int = Field(
        20, ge=5, le=240, description="Seconds after the card and the cable that a session may take to begin there"
    )
    reconnect_burst: int = Field(20, ge=1, description="Times a charger may connect at once before it has to wait")

    @field_validator("public_url")
    @classmethod
    def reachable(cls, value: str | None) -> str | None:
        return public_address(value, "ws", "wss")

    @model_validator(mode="after")
    def private(self) -> Gateway:
        if self.valid_token and not is_private(self.host):
            raise ValueError(f"valid_token is for private addresses only, and host is {self.host}")
        return self

    def call_timeout(self, action: str) -> float:
        """How long a charger may take to answer this action, in seconds."""
        return self.call_timeouts.get(action) or max(self.call_timeout_s, SLOW_ANSWERS_S.get(action, 0.0))


class DatabaseSettings(Part):
    url: str = Field(
        "sqlite:///data/stationmaster.db", description="sqlite:///path or postgresql://user:password@host/name"
    )
    migrate: bool = Field(True, description="Bring the schema up to date at start")
    create: bool = Field(
        True, description="Make the PostgreSQL database when the server has none of this name, and lets us"
    )
    lanes: int = Field(2, ge=1, le=16, description="Writer connections on PostgreSQL")
    wait_s: float = Field(
        60.0, ge=0, le=3600, description="How long a start waits for a database that cannot be reached yet"
    )
    hold_s: float = Field(
        10.0, ge=0.1, le=300, description="How long an answer waits for the database before the charger is sent away"
    )
    read_s: float = Field(
        8.0, ge=0.1, le=300, description="How long a page or program waits for what it asks of the database"
    )
    stall_s: float = Field(
        2.0, ge=0.01, le=300, description="While a commit takes longer than this, no charger is let in"
    )
    exclusive: bool = Field(
        True,
        description="Without redis.url, refuse to start beside another server on the same PostgreSQL; off for the moment of"
        " a rolling update",
    )
    tenant_role: str = Field(
        "stationmaster_tenant",
        max_length=63,
        description="Role of PostgreSQL by which what callers of the API read and change is confined to their organization;"
        " empty: not",
    )
    max_skew_s: float = Field(
        60.0,
        gt=0,
        description="A node of several whose clock differs from the database's by more does not serve",
    )

    @field_validator("url")
    @classmethod
    def spoken(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return value


class Redis(Part):
    url: str | None = Field(
        None, description="Redis or Valkey, between several nodes: redis://host:6379, rediss:// or unix://"
    )
    lease_s: float = Field(
        30.0, ge=1, le=600, description="A node that is silent this long is taken for dead, and its chargers are freed"
    )

    @field_validator("url")
    @classmethod
    def spoken(cls, value: str | None) -> str | None:
        parsed = urlsplit(value or "redis://localhost")
        if parsed.scheme not in ("redis", "rediss", "unix"):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        if not (parsed.path if parsed.scheme == "unix" else parsed.hostname):
            raise ValueError("names no host, as in redis://host:6379")
        if parsed.port == 0:  # one that is no number has raised
            raise ValueError("names no port, as in redis://host:6379")
        return value or None


class Security(Part):
    key: str | None = Field(
        None, description="Secret key of this installation, 32 bytes or more; made in key_file when missing"
    )
    second_factor_for: list[RoleName] = Field(
        [], description="Roles that log in with a second step (TOTP), as in [owner, administrator]"
    )
    key_file: Path = Field(Path("data/secret.key"), description="Where the secret key is kept when `key` is not set")
    token_minutes: float = Field(
        15.0,
        gt=0,
        le=43_200,
        description="How long an access token is good for; whoever logs out or is locked loses it within a minute all the same",
    )
    token_issuer: str = Field(
        "stationmaster", min_length=1, max_length=200, description="Whose name access tokens bear (`iss`)"
    )


class Registration(Part):
    open: bool = Field(
        False, description="Whether drivers may register by themselves; they confirm their address by mail"
    )
    organization: str | None = Field(
        None, description="Name of the organization they belong to then; may be left out while there is only one"
    )


class Mail(Part):
    host: str | None = Field(
        None, description="The server that takes our mail (SMTP). Without one, one-time links are handed on by people"
    )
    port: int = Field(587, ge=1, le=65535, description="Its port: 587 for starttls, 465 for tls")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the way there is protected; `none` is for a server on this machine"
    )
    user: str | None = Field(None, description="The name we log in with there")
    password: str | None = Field(None, description="The password we log in with there")
    sender: str = Field(
        "stationmaster@localhost", description="The address our mail comes from: Stationmaster <csms@example.org>"
    )
    timeout_s: float = Field(20.0, gt=0, le=120, description="How long that server may take for one mail")

    @field_validator("sender")
    @classmethod
    def an_address(cls, value: str) -> str:
        if "@" not in parseaddr(value)[1] or not value.isprintable():
            raise ValueError("must be an e-mail address, as in Stationmaster <csms@example.org>")
        return value


class Log(Part):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged")
    format: Literal["text", "json"] = Field("text", description="Lines for people, or JSON for machines")
    sentry_dsn: str | None = Field(
        None,
        description="Where errors are collected as well, by the protocol of Sentry: https://KEY@sentry.example.org/1",
    )

    @field_validator("level", mode="before")
    @classmethod
    def lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value


class Metrics(Part):
    port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="A port that tells Prometheus the metrics at /metrics without a log-in, for a network that is not the drivers'",
    )
    host: str = Field("127.0.0.1", description="Address it listens on")


class Sessions(Part):
    suspect_close_h: float = Field(
        24.0,
        gt=0,
        description="An open session is closed as estimated this long after its charger booted or said the connector is free",
    )
    silent_review_h: float = Field(
        24.0, gt=0, description="An open session needs a person when its charger has been away this long"
    )
    silent_close_days: float = Field(
        7.0, gt=0, description="An open session is closed as estimated when its charger has been away this long"
    )


class Files(Part):
    folder: Path = Field(Path("data/files"), description="Where firmware, the logs of chargers and pictures are kept")
    bucket: str | None = Field(
        None, description="An S3 bucket for all of it in place of the folder, as in s3://csms-files/production"
    )
    s3_endpoint: str | None = Field(
        None, description="The server of the bucket, when it is not Amazon's: https://s3.example.org"
    )
    s3_region: str | None = Field(None, description="Its region, as in eu-central-1")
    s3_access_key: str | None = Field(
        None, description="Who we are there; without it, what the environment or the machine says (AWS_ACCESS_KEY_ID …)"
    )
    s3_secret_key: str | None = Field(None, description="And the secret that belongs to it")
    public_url: str | None = Field(
        None,
        description="The address chargers fetch and bring files at, when it is another one than web.public_url."
        " Many cannot do TLS for files: http://csms.example.org",
    )
    link_hours: float = Field(
        48.0, gt=0, le=720, description="How long a charger has to fetch and install a firmware, or to bring a log"
    )
    install_hours: float = Field(
        1.0,
        gt=0,
        le=48,
        description="A charger that has restarted with its old firmware, and tells no more of the update for this long, has failed",
    )
    max_firmware_mb: int = Field(512, ge=1, description="The largest firmware that is taken")
    max_log_mb: int = Field(256, ge=1, description="The largest log that is taken from a charger")
    max_image_mb: int = Field(10, ge=1, le=50, description="The largest picture of a site or a charger that is taken")
    upload_timeout_s: float = Field(
        3600.0, gt=0, description="How long one upload may take; one that stands still ends after web.stalled_after_s"
    )

    @field_validator("bucket")
    @classmethod
    def named(cls, value: str | None) -> str | None:
        if value and (not value.startswith("s3://") or not urlsplit(value).netloc):
            raise ValueError("must name a bucket, as in s3://name or s3://name/prefix")
        return value or None

    @field_validator("public_url")
    @classmethod
    def reachable(cls, value: str | None) -> str | None:
        return public_address(value, "http", "https")


class Retention(Part):
    logs_days: int = Field(90, ge=1, description="Logs that chargers have brought")
    updates_days: int = Field(1000, ge=1, description="Which firmware a charger was given")
    messages_days: int = Field(90, ge=1, description="Raw frames are kept this many days")
    packed_after_days: float = Field(
        2, ge=0, description="Raw frames older than this many days are packed, and take a tenth of the room; 0: never"
    )
    values_packed_after_days: float = Field(
        2,
        ge=0,
        description="Meter values older than this many days are packed, and take a quarter of the room; 0: never",
    )
    values_days: int = Field(
        0,
        ge=0,
        description="Meter values are kept this many days after they came; 0: for ever, because bills rest on them."
        " Those of a session that goes on, is held, owed for or not billed yet stay in any case",
    )
    audit_days: int = Field(
        400,
        ge=1,
        description="The audit log, who did what, and which settings of chargers changed, are kept this many days",
    )
    states_days: int = Field(
        400, ge=1, description="What the state of a connector was, for uptime, idle time and overstay"
    )
    connections_days: int = Field(
        400, ge=1, description="When a charger came and went, for its offline times; and our own starts and stops"
    )
    commands_days: int = Field(400, ge=1, description="Commands and reservations that have ended")
    resolved_days: int = Field(90, ge=1, description="Alarms and quarantined messages that a person has dealt with")
    log_ins_days: int = Field(30, ge=1, description="Log-ins that have ended")
    events_days: int = Field(
        30, ge=1, description="The event log, from which webhooks and other programs resume, is kept this many days"
    )
    done_days: int = Field(1, ge=1, description="Reactions and deliveries that were done")
    dead_days: int = Field(30, ge=1, description="Reactions and deliveries that were put aside")


class OutsideSettings(Part):
    allowed_networks: list[IPvAnyNetwork] = Field(
        [],
        description="Private networks that webhooks may reach, and without TLS, as in [10.0.0.0/8]; others are refused",
    )
    timeout_s: float = Field(
        5.0, gt=0, le=60, description="How long another server may take for each step of an answer"
    )
    at_once: int = Field(
        16, ge=1, le=256, description="Deliveries that may be under way at the same time, on each node"
    )


class Sites(Part):
    time_zone: str = Field("UTC", description="The time zone of a new site that names none, as in Europe/Berlin")

    @field_validator("time_zone")
    @classmethod
    def there_is(cls, name: str) -> str:
        if name not in zoneinfo.available_timezones():
            raise ValueError(f"{name[:60]!r} is no time zone known here; a name is written as in Europe/Berlin")
        return name


class Figures(Part):
    co2_saved_kg_per_kwh: Decimal = Field(
        Decimal("0.6"),
        ge=0,
        le=10,
        description="What a charged kWh saves: the CO2 of the petrol that the same way had taken, less that of the electricity",
    )


class Tariff(Part):
    price_per_kwh: Decimal | None = Field(
        None,
        ge=0,
        description="The price of a tariff named `settings`, which is there from the start, and holds where no other does."
        " Another price here is its price from then on",
    )
    currency: str = Field("EUR", pattern="^[A-Z]{3}$", description="Its currency, by ISO 4217")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        yaml_file="stationmaster.yaml",
        nested_model_default_partial_update=True,
    )

    node: Node = Node()
    web: Web = Web()
    maps: Maps = Maps()
    gateway: Gateway = Gateway()
    tls: Tls = Tls()
    database: DatabaseSettings = DatabaseSettings()
    redis: Redis = Redis()
    security: Security = Security()
    single_sign_on: SingleSignOn = SingleSignOn()
    registration: Registration = Registration()
    mail: Mail = Mail()
    log: Log = Log()
    metrics: Metrics = Metrics()
    traces: Traces = Traces()
    retention: Retention = Retention()
    sessions: Sessions = Sessions()
    sites: Sites = Sites()
    tariff: Tariff = Tariff()
    figures: Figures = Figures()
    files: Files = Files()
    outside: OutsideSettings = OutsideSettings()
    plug_and_charge: PlugAndCharge = PlugAndCharge()
    webhooks: Webhooks = Webhooks()
    payments: Payments = Payments()
    wallets: Wallets = Wallets()
    accounting: Accounting = Accounting()

    @model_validator(mode="after")
    def shared(self) -> Settings:
        if self.redis.url is not None and self.database.url.startswith("sqlite"):
            raise ValueError("redis.url: several nodes need one PostgreSQL; database.url names an SQLite file")
        if self.node.role != "all" and self.redis.url is None:
            raise ValueError(
                f"redis.url: must be set with node.role: {self.node.role}; it is how the parts reach each other"
            )
        if self.mail.host is not None and self.web.public_url is None:
            raise ValueError("web.public_url: must be set with mail.host; links in mails lead there")
        if self.single_sign_on.providers and self.web.public_url is None:
            raise ValueError("web.public_url: must be set with single_sign_on.providers; they send people back there")
        if self.registration.open and self.mail.host is None:
            raise ValueError("mail.host: must be set with registration.open; addresses are confirmed by mail")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _PlainVariables(settings_cls), _File(settings_cls)


class _File(YamlConfigSettingsSource):
    """`stationmaster.yaml`, in our words or in those of document 004."""

    def __call__(self) -> dict[str, Any]:
        return settings_004.translated(super().__call__())


class _PlainVariables(PydanticBaseSettingsSource):
    """The customary variables without a prefix."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        values = {
            key: os.environ[name] for name, (part, key) in _PLAIN.items() if part == field_name and os.environ.get(name)
        }
        return values or None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value}


def load(**overrides: Any) -> Settings:
    """Read the settings. Raises `BadSettings` with one line that names the key."""
    unknown = _unknown_variables()
    if unknown:
        raise BadSettings(f"{unknown}: there is no such setting")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise BadSettings(f"{where}: {message[0].lower()}{message[1:]}" if where else message) from None
    except (ValueError, OSError) as error:
        raise BadSettings(f"stationmaster.yaml: {str(error).splitlines()[0]}") from None


def _unknown_variables() -> str | None:
    """A misspelt variable would otherwise be ignored in silence."""
    for name in os.environ:
        if name.upper().startswith(PREFIX):
            part, _, key = name.upper().removeprefix(PREFIX).lower().partition("__")
            field = Settings.model_fields.get(part)
            if (
                field is None
                or not isinstance(field.default, BaseModel)
                or (key and key not in type(field.default).model_fields)
            ):
                return name
    return None
