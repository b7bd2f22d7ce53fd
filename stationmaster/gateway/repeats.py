"""Messages that are told again: the same id and the same content get the same answer (RPC-10).

Only what tells of one event is remembered (`Dialect.told_once`): its answer hangs on neither time nor state. Whatever else is
said again is looked at again, and the keys of its content decide whether it is new (docs/decisions/0005).
"""

from __future__ import annotations

import msgspec

REMEMBERED = 8
"""Answers that a connection remembers, those from before it included."""
USED_AGAIN = "the message id was used before, for something else"


class Told(msgspec.Struct, frozen=True, gc=False):
    """One message that was answered: its content, as a fingerprint, and what we have said."""

    action: str
    content: int
    answer: bytes


class Repeats:
    """What was answered lately, by message id, the oldest first."""

    __slots__ = ("_told", "fresh")

    def __init__(self) -> None:
        self.fresh = True
        """Nothing that counts here was said on this connection yet: only now can a repeat come from before it."""
        self._told: dict[str, Told] = {}

    def answer_to(self, message_id: str, action: str, content: bytes) -> bytes | None:
        """The answer that this very message has had; None when it is new."""
        told = self._told.get(message_id)
        if told is None or told.action != action or told.content != hash(content):
            return None
        return told.answer

    def knows(self, message_id: str) -> bool:
        return message_id in self._told

    def remember(self, message_id: str, action: str, content: bytes, answer: bytes) -> None:
        self._told.pop(message_id, None)
        self._told[message_id] = Told(action, hash(content), answer)
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]

    def forget(self) -> None:
        """The charger has begun anew: message ids may, too, and a clock that was never set tells the same times again."""
        self.fresh = False
        self._told.clear()
