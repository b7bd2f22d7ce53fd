"""What can be wrong with a message, in words of no version; dialects.py has each version's own spelling."""

from __future__ import annotations

import enum

UNREADABLE_ID = "-1"
"""Message id of an answer to a frame whose own id is unreadable (2.0.1 part 4 §4.2.3; on 1.6 we do the same)."""

DESCRIPTION_LIMIT = 255
"""Longest errorDescription, in characters (1.6J §4.2.3, 2.x part 4 §4.2.3)."""


class Defect(enum.Enum):
    """One kind of defect. The gateway asks the dialect for the code that a station of that version understands."""

    FRAME = "frame"
    """The frame is not one that OCPP-J knows: no JSON, no array, wrong number of elements, action not a text."""
    MESSAGE_TYPE = "message type"
    """The frame has a message type number that nobody defined."""
    UNKNOWN_ACTION = "unknown action"
    """This version has no such action."""
    NOT_SUPPORTED = "not supported"
    """The action exists, but not for us, or not in this direction."""
    PROTOCOL = "protocol"
    """A required field is missing."""
    STRUCTURE = "structure"
    """A field that the message does not have."""
    OCCURRENCE = "occurrence"
    """A list with too few or too many items."""
    TYPE = "type"
    """A value of the wrong JSON type."""
    PROPERTY = "property"
    """A value outside its enumeration, length or range."""
    FORMAT = "format"
    """The payload breaks a rule of form: too deep, a key twice, a number longer than any real one."""
    SECURITY = "security"
    """Not allowed now, for instance before the boot was accepted."""
    INTERNAL = "internal"
    """Our own failure."""
    GENERIC = "generic"
    """Anything else."""


class OcppError(Exception):
    """A message that cannot be accepted. `description` names fields, never values: nothing is echoed (RPC-03)."""

    def __init__(
        self,
        defect: Defect,
        description: str = "",
        message_id: str = UNREADABLE_ID,
        message_type: int | None = None,
        where: str = "",
        came: str = "",
    ) -> None:
        super().__init__(description or defect.value)
        self.defect = defect
        self.description = description[:DESCRIPTION_LIMIT]
        self.message_id = message_id
        self.where = where
        """The field at fault, like `meterValue[0].timestamp`. For our log; not for the answer, which echoes nothing."""
        self.came = came
        """What came instead, shortened. For our log as well."""
        self.message_type = message_type
        """The type number of the frame when it was readable: only a CALL (2), or a frame of no readable type, is
        answered with an error; a bad CALLRESULT (3) never is."""

    @property
    def explained(self) -> str:
        """The whole truth for a person: which field, what was expected, what came. Never for the answer (RPC-03)."""
        told = f"{self.where}: {self.description}" if self.where else self.description
        return f"{told}; came {self.came}" if self.came else told

    @property
    def answerable(self) -> bool:
        """May this defect be answered with a CALLERROR? Answers, and messages that ask for none, never are."""
        return self.message_type in (None, 2)


SHOWN = 40
"""Characters of a value that are shown in an explanation."""


def shortened(value: object) -> str:
    """A value as a station sent it, fit for a line: printable, and not longer than a person wants to read."""
    text = value if isinstance(value, str) else repr(value)
    plain = text[: SHOWN + 1].encode("unicode_escape").decode("ascii")
    quoted = f"'{plain[:SHOWN]}'" if isinstance(value, str) else plain[:SHOWN]
    return quoted if len(text) <= SHOWN else f"{quoted}… ({len(text):,} characters)"
