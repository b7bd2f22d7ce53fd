"""SMS, chat and push by apprise, of which only the one service that is used is imported, when it is used.

Each service of `MODULES` sends to a server of its own: the address that a person has entered names an account there, and no host. So nothing that is
entered leads to an address of one's own network (X-02); `tests/background/test_alert_channels.py` holds that against the services themselves.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import threading
from typing import Any, Protocol, cast

from stationmaster.outside.http import Failed, Refused

# The scheme of an address, and the module of apprise that understands it.
MODULES = {
    "twilio": "twilio",
    "vonage": "vonage",
    "nexmo": "vonage",
    "msgbird": "messagebird",
    "sinch": "sinch",
    "plivo": "plivo",
    "clicksend": "clicksend",
    "bulksms": "bulksms",
    "d7sms": "d7networks",
    "msg91": "msg91",
    "sns": "sns",
    "slack": "slack",
    "discord": "discord",
    "tgram": "telegram",
    "gchat": "google_chat",
    "wxteams": "webexteams",
    "pagerduty": "pagerduty",
    "opsgenie": "opsgenie",
    "pover": "pushover",
    "pbul": "pushbullet",
    "prowl": "prowl",
    "join": "join",
    "spush": "simplepush",
}


class Service(Protocol):
    """A service of apprise, as far as it is used here."""

    redirects: bool

    def __init__(self, **told: Any) -> None: ...

    @staticmethod
    def parse_url(url: str) -> dict[str, Any] | None:
        """What an address says; None when it is none of this service."""

    def notify(self, *, body: str, title: str) -> bool:
        """Whether it took the message."""


async def send(address: str, *, subject: str, body: str, to: str | None = None) -> None:
    """Send to those in the address; with `to`, to this phone number and nobody else.

    Raises `Refused` when the address is none of a service that we know, `Failed` with what the service said.
    """
    service(address, to)  # in here a wrong address is told at once
    why = await asyncio.to_thread(_send, address, subject, body, to)
    if why is not None:
        raise Failed(why)


def service(address: str, to: str | None = None) -> Service:
    """The service that an address names, sending to this phone number where one is given. Raises `Refused`."""
    scheme = address.partition("://")[0].lower()
    if scheme not in MODULES:
        raise Refused(f"{scheme[:20]!r} is no service that is known here")
    module = importlib.import_module(f"apprise.plugins.{MODULES[scheme]}")
    kind = cast(
        type[Service],
        next(
            each
            for name, each in vars(module).items()
            if name.startswith("Notify") and isinstance(each, type) and each.__module__ == module.__name__
        ),
    )
    told = kind.parse_url(address)
    if not told:
        raise Refused(f"this is no address of {scheme}")
    if to is not None:
        told["targets"] = [to]
    try:
        found = kind(**told)
    except TypeError as error:
        raise Refused(f"this is no address of {scheme}: {str(error)[:200]}") from None
    found.redirects = False
    return found


def _send(address: str, subject: str, body: str, to: str | None) -> str | None:
    said = _Said()
    logger = logging.getLogger("apprise")
    logger.addHandler(said)
    try:
        fine = service(address, to).notify(body=body, title=subject)
    except Exception as error:  # a plug-in of somebody else's: whatever it raises is its answer
        return f"{type(error).__name__}"
    finally:
        logger.removeHandler(said)
    return None if fine else said.last or "the service did not take it"


class _Said(logging.Handler):
    """Keeps the last warning of apprise in this thread, which says why; others send at the same time."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.last = record.getMessage()[:300]
