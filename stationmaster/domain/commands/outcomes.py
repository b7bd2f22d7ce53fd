"""What can come of a command, in our words: nobody outside of handlers reads a station's own."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

OutcomeWord: TypeAlias = Literal[
    # A station's answer
    "accepted",
    "scheduled",
    "reboot_required",
    "unlocked",
    "rejected",
    "not_supported",
    "unknown_setting",
    "nothing_found",
    "exists_already",
    "not_found",
    "unlock_failed",
    "unknown_connector",
    "session_ongoing",
    "answered",
    # No answer that could be used
    "error",
    "invalid_answer",
    "timeout",
    "lost",
    "not_sent",
    "interrupted",
]

GOOD: frozenset[OutcomeWord] = frozenset({"accepted", "scheduled", "reboot_required", "unlocked", "answered"})

SENTENCES: dict[OutcomeWord, str] = {
    "accepted": "The charger has accepted.",
    "scheduled": "The charger will do it as soon as it can; usually when its sessions have ended.",
    "reboot_required": "The charger has taken it over. It takes effect when the charger restarts.",
    "unlocked": "The connector is unlocked.",
    "rejected": "The charger has refused.",
    "not_supported": "The charger cannot do this.",
    "unknown_setting": "The charger knows no such setting.",
    "nothing_found": "The charger has nothing to tell of this.",
    "exists_already": "The charger has one like it already.",
    "not_found": "The charger has no such thing.",
    "unlock_failed": "The charger could not unlock the connector.",
    "unknown_connector": "The charger has no such connector.",
    "session_ongoing": "A session is going on there; it must end first.",
    "answered": "The charger has answered.",
    "error": "The charger has answered with an error.",
    "invalid_answer": "The charger's answer is not valid.",
    "timeout": "The charger did not answer in time. Whether it obeyed is not known.",
    "lost": "The connection was lost after this was sent. Whether the charger obeyed is not known.",
    "not_sent": "The connection was lost or replaced before this could be sent. The charger has not heard of it.",
    "interrupted": "The server was stopped before the charger answered. Whether it obeyed is not known.",
}

UNKNOWN: frozenset[OutcomeWord] = frozenset({"timeout", "lost", "interrupted"})
"""The station may have obeyed all the same."""


class Outcome(msgspec.Struct, frozen=True):
    """How a call to a station ended, whatever the station said.

    `kind` is result, error, timeout, lost (the socket went away after the call was sent), or replaced (before that).
    """

    kind: Literal["result", "error", "timeout", "lost", "replaced"]
    payload: dict[str, Any] | None = None
    code: str | None = None
    description: str | None = None
    details: dict[str, Any] | None = None
    took_ms: float | None = None
    message_id: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """What a station's answer means: one word, a sentence for people, and what it told, in no version's own shape."""

    outcome: OutcomeWord
    sentence: str = ""
    data: dict[str, Any] | None = None

    @property
    def good(self) -> bool:
        return self.outcome in GOOD

    @property
    def status(self) -> str:
        """In the fewest words, for a list: accepted, rejected, answered, failed, timeout, replaced."""
        if self.outcome == "answered":
            return "answered"
        if self.good:
            return "accepted"
        return _STATUS.get(self.outcome, "rejected")

    @property
    def words(self) -> str:
        """For people."""
        return self.sentence or SENTENCES[self.outcome]


_STATUS: dict[OutcomeWord, str] = {
    "error": "failed",
    "invalid_answer": "failed",
    "interrupted": "failed",
    "timeout": "timeout",
    "lost": "replaced",
    "not_sent": "replaced",
}


def without_answer(outcome: Outcome) -> Answer:
    """What it means that a call brought no answer."""
    return Answer({"timeout": "timeout", "lost": "lost", "replaced": "not_sent"}[outcome.kind])  # type: ignore[arg-type]


def together(one: Answer | None, other: Answer) -> Answer:
    """Add the answer to one more request of the same command. The worse status counts, except that
    settings that the charger does not know spoil nothing."""
    if one is None:
        return other
    worse = one if other.good and not one.good else other
    if one.good and other.good and one.outcome in ("reboot_required", "scheduled"):
        worse = one  # what takes effect later must not be forgotten for what comes after it
    better = other if worse is one else one
    if worse.outcome == "unknown_setting" and better.good:
        worse = Answer(better.outcome, f"{better.words} {worse.words}")
    data = dict(one.data or {})
    for name, value in (other.data or {}).items():
        data[name] = [*data[name], *value] if isinstance(value, list) and isinstance(data.get(name), list) else value
    return msgspec.structs.replace(worse, data=data or None)
