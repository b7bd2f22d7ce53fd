"""Logs for the person at night: one line an event, readable in a terminal, or JSON for machines. No secret ever.

Nothing that happens to the log happens to the program: the reader of the pipe may be gone or asleep, the disk may be full, a
value may refuse to be shown. What cannot be written is counted, and the count is the first line when writing works again.

Errors also go to a place that collects them, where one is named: anything that speaks the protocol of Sentry.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import structlog

_MAX = 300  # characters of a value: station text must not flood the log (API-19)
_WHOLE = ("exception", "trace")  # of our own errors everything is wanted
_AT_ONCE = select.PIPE_BUF  # bytes that a pipe takes without blocking, once it says that it takes anything


def configure(
    level: str = "info", form: str = "text", reports: Reports | None = None, also: Sequence[Any] = ()
) -> None:
    """Set up structlog, and send the few lines of libraries the same way. `also`: further processors of a line."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        *also,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _printable,
        *([] if reports is None else [reports.take]),
    ]
    if form == "json":
        # Local variables hold tokens and passwords (ATK-13).
        traces = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        shared += [structlog.processors.ExceptionRenderer(traces), structlog.processors.JSONRenderer(default=_shown)]
    else:
        shared += [
            structlog.dev.ConsoleRenderer(colors=_is_terminal(), exception_formatter=structlog.dev.plain_traceback)
        ]
    # Without a standard error, its number may be that of any file that was opened since.
    descriptor = 2 if sys.stderr is not None else os.open(os.devnull, os.O_WRONLY)
    stream = cast(TextIO, Stream(descriptor, as_json=form == "json"))
    structlog.configure(
        processors=shared,
        wrapper_class=_unfailing(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.raiseExceptions = False
    logging.getLogger("stationmaster").setLevel(level.upper())
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=stream)


class Reports:
    """Errors of the log, sent to where they are collected by a thread of the library; what cannot be sent is dropped.

    Raises `ImportError` when the library is not installed, `ValueError` when the address is none.
    """

    def __init__(self, address: str, *, release: str, most_in_a_minute: int = 10) -> None:
        import sentry_sdk  # only here: its import takes a tenth of a second

        self._sentry = sentry_sdk
        self._most = most_in_a_minute  # of one kind: the hundredth says nothing new
        self._counted: dict[str, tuple[int, int]] = {}
        # Nothing by itself: no local variables, which hold tokens and passwords (ATK-13), no request, no machine's environment.
        sentry_sdk.init(
            dsn=address,
            release=f"stationmaster@{release}",
            default_integrations=False,
            auto_enabling_integrations=False,
            data_collection={"user_info": False, "stack_frame_variables": False, "frame_context_lines": 0},
            auto_session_tracking=False,
            send_client_reports=False,
            max_breadcrumbs=0,
        )

    def take(self, logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        """A processor of the log: what is an error is sent as well."""
        if method in ("error", "exception", "critical"):
            with contextlib.suppress(Exception):  # whatever it is, the line is to be written
                self._send(str(event.get("event")), event)
        return event

    def _send(self, kind: str, event: dict[str, Any]) -> None:
        minute = int(time.monotonic() // 60)
        before = self._counted.get(kind, (minute, 0))
        count = before[1] if before[0] == minute else 0
        self._counted[kind] = minute, count + 1
        if count >= self._most:
            return
        error = event.get("exc_info")
        if error is True:
            error = sys.exc_info()
        with self._sentry.new_scope() as scope:
            scope.set_tag("event", kind)
            for name, value in event.items():
                if name not in ("event", "exc_info", "level", "timestamp"):
                    scope.set_extra(name, value if isinstance(value, int | float | str) else _shown(value)[:_MAX])
            if error:
                scope.capture_exception(error)
            else:
                scope.fingerprint = [kind]
                scope.capture_message(kind, level="error")

    def end(self) -> None:
        """Send what is still waiting, for two seconds at the most."""
        self._sentry.get_client().close(timeout=2.0)


class Stream:
    """A file descriptor that lines are written to, or not: it neither raises nor waits."""

    def __init__(self, descriptor: int, *, as_json: bool = False) -> None:
        self._descriptor = descriptor
        self._as_json = as_json
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self.lost = 0

    def write(self, text: str) -> int:
        lost = self.lost
        if lost and self._take(self._apology(lost)):
            self.lost -= lost
        if not self._take(text):
            self.lost += 1
        return len(text)

    def flush(self) -> None:
        """Everything has gone out already, or never will."""

    def _take(self, text: str) -> bool:
        data = text.encode(errors="replace")
        try:
            while data:
                ready = self._poll.poll(0)
                if not ready or not ready[0][1] & select.POLLOUT:
                    return False
                data = data[os.write(self._descriptor, data[:_AT_ONCE]) :]
        except (OSError, ValueError):  # the disk is full, the reader has gone
            return False
        return True

    def _apology(self, lost: int) -> str:
        at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        if self._as_json:
            return json.dumps({"event": "log.lost", "level": "warning", "lines": lost, "timestamp": at}) + "\n"
        return f"{at} [warning  ] log.lost                       lines={lost}\n"


def _unfailing(level: int) -> type[Any]:
    filtering = structlog.make_filtering_bound_logger(level)

    class Unfailing(filtering):  # type: ignore[misc, valid-type]
        """A line that cannot be made is replaced by one that says so: whoever logs has other things to do."""

        def _proxy_to_logger(self, method_name: str, event: str | None = None, **facts: Any) -> Any:
            try:
                return super()._proxy_to_logger(method_name, event, **facts)
            except Exception as error:
                try:
                    return super()._proxy_to_logger("error", "log.failed", about=str(event), why=type(error).__name__)
                except Exception:
                    return None

    return Unfailing


def _is_terminal() -> bool:
    return sys.stderr is not None and os.isatty(2)


def _shown(value: Any) -> str:
    return repr(value)


def _printable(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Control characters and endless texts stay out of the log, whoever sent them."""
    for name, value in event.items():
        if isinstance(value, str) and name not in _WHOLE and (len(value) > _MAX or not value.isprintable()):
            clean = "".join(character if character.isprintable() else "·" for character in value[:_MAX])
            event[name] = clean
    return event
