"""What all parts of the settings have in common; and those parts that are lists of things."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def __repr_args__(self) -> Any:  # API-27: in traces and logs nothing is secret
        hidden = {"key", "password", "secret", "client_secret", "s3_secret_key"}
        return [(n, "•••" if v and (n in hidden or (n == "url" and "@" in v)) else v) for n, v in self]


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
