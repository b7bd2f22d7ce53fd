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
    ) -> None:
        super().__init__(description or defect.value)
        self.defect = defect
        self.description = description[:DESCRIPTION_LIMIT]
        self.message_id = message_id
        self.where = where
        """The field at fault, like `meterValue[0].timestamp`. For our log; not for the answer, which echoes nothing."""
        self.message_type = message_type
        """The type number of the frame when it was readable: only a CALL (2), or a frame of no readable type, is
        answered with an error; a bad CALLRESULT (3) never is."""

    @property
    def answerable(self) -> bool:
        """May this defect be answered with a CALLERROR? Answers, and messages that ask for none, never are."""
        return self.message_type in (None, 2)
