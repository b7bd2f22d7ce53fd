"""Who did what: everything a person or a program of theirs changes or sends."""

from __future__ import annotations

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """Who acts. `kind` and `id` stay the same for ever; `name` is for people to read, and is kept as it was."""

    kind: str
    id: str
    name: str


COMMAND_LINE = Actor("command_line", "", "command line")
