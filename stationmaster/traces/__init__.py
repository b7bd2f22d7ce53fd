"""What one message, one command or one request went through, step by step, and how long each took: off unless a setting says where to.

Everyone who does a piece of work that may be traced is given `Traces`. This one traces nothing; `exported.py` sends what it is told to a
collector, and is the only file that knows the library. No span has a payload, a card, a secret or a person in it (docs/traces.md).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Literal, Protocol

Kind = Literal["server", "client", "producer", "internal"]
Facts = Mapping[str, str | int | float | bool]


class Trace(Protocol):
    """One piece of work, as long as it goes on. Nothing of it raises."""

    recorded: bool
    """Whether it is one of those that are sent; of the others nothing need be noted."""

    @property
    def header(self) -> str:
        """Its name for others, as W3C's `traceparent`."""
        ...

    def around(self) -> AbstractContextManager[None]:
        """What is done inside belongs to it: what begins there is a part of it, and lines of the log name it."""
        ...

    def part(self, name: str, began_ns: int, ended_ns: int) -> None:
        """A step of it that is over. Times are those of `time.time_ns`."""
        ...

    def tell(self, facts: Facts, *, name: str | None = None) -> None:
        """What is known of it by now."""
        ...

    def fail(self, why: str) -> None:
        """It has failed, for a reason that holds nothing of a payload."""
        ...

    def end(self) -> None: ...


class Traces:
    """Nothing is traced."""

    on = False

    @property
    def sent(self) -> int:
        """Spans that the collector has taken."""
        return 0

    @property
    def lost(self) -> int:
        """Spans that could not be sent, or had no room to wait for it."""
        return 0

    def begin(
        self,
        name: str,
        facts: Facts | None = None,
        *,
        kind: Kind = "internal",
        parent: str | None = None,
        alone: bool = False,
        began_ns: int | None = None,
    ) -> Trace | None:
        """A piece of work begins; None when nothing is traced.

        It is a part of `parent` (a `traceparent`, whatever stands in it), else of what it is begun in, unless it stands `alone`.
        """
        return None

    @contextlib.contextmanager
    def span(
        self, name: str, facts: Facts | None = None, *, kind: Kind = "internal", parent: str | None = None
    ) -> Iterator[Trace | None]:
        """The same for what is done inside; what is raised there is told by its type only."""
        trace = self.begin(name, facts, kind=kind, parent=parent)
        if trace is None:
            yield None
            return
        with trace.around():
            try:
                yield trace
            except BaseException as error:
                trace.fail(type(error).__name__)
                raise
            finally:
                trace.end()

    @property
    def here(self) -> str | None:
        """The `traceparent` of what we are in; None when that is not traced."""
        return None

    def end(self) -> None:
        """Send what still waits, for two seconds at the most."""


OFF = Traces()
