"""Logs for the person at night: one line an event, readable in a terminal, or JSON for machines. No secret ever."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

_MAX = 300  # characters of a value: station text must not flood the log (API-19)


def configure(level: str = "info", form: str = "text") -> None:
    """Set up structlog, and send the few lines of libraries the same way."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _printable,
    ]
    if form == "json":
        shared += [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    else:
        shared += [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    structlog.configure(
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("stationmaster").setLevel(level.upper())
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr
    )


def _printable(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Control characters and endless texts stay out of the log, whoever sent them."""
    for name, value in event.items():
        if isinstance(value, str) and name != "exception" and (len(value) > _MAX or not value.isprintable()):
            clean = "".join(character if character.isprintable() else "·" for character in value[:_MAX])
            event[name] = clean
    return event
