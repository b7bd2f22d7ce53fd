"""What is said of local lists in every version: what has to be sent, in which portions, and what the answer means."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from stationmaster.domain import commands, local_lists
from stationmaster.domain.commands import Answer
from stationmaster.domain.local_lists import UpToDate
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask
from stationmaster.handlers.words import portions, with_reason
from stationmaster.ocpp.messages import Message, Request
from stationmaster.storage import Work

E = TypeVar("E", bound=Message)
R = TypeVar("R", bound=Request)

AT_ONCE = 20  # cards in one message, if the station has not said how many it takes
_FRAME_BYTES = 200  # of a message around its cards


def parts(
    work: Work,
    station: Station,
    command: commands.SendLocalList,
    wanted: Mapping[str, E],
    *,
    removal: Callable[[str], E],
    request: Callable[[int, bool, list[E]], R],
    at_once: float | None,
    at_once_bytes: float | None = None,
) -> Ask[R]:
    """What the station lacks of these cards, or all of them if we do not know what it has; each part has a version of its own.

    Raises `UpToDate`.
    """
    row = local_lists.of(work, station.id)
    held = None if row is None or command.full else row.entries
    if held is None:
        to_send = list(wanted.values())
    else:
        to_send = [removal(name) for name in held if name not in wanted]
        to_send += [entry for name, entry in wanted.items() if held.get(name) != digest(entry)]
        if not to_send:
            raise UpToDate(
                "charger {charger} has this list already; with `full` it is sent all the same", charger=station.identity
            )
    size = int(at_once or AT_ONCE)
    if at_once_bytes is not None:
        longest = max((len(msgspec.json.encode(entry)) + 1 for entry in to_send), default=1)
        size = min(size, max(1, int(at_once_bytes - _FRAME_BYTES) // longest))
    version = local_lists.first_version(work, station)
    local_lists.sent(work, station)
    each = portions(to_send, size) or [[]]
    requests = [request(version + index, held is None and index == 0, some) for index, some in enumerate(each)]
    return Ask(requests, in_order=True)


def answered(
    work: Work,
    station: Station,
    status: str,
    *,
    version: int,
    full: bool,
    put: Mapping[str, Message],
    dropped: Sequence[str],
    reason: str | None = None,
) -> Answer:
    """What the answer to one part means."""
    if status == "Accepted":
        digests = {name: digest(entry) for name, entry in put.items()}
        cards = local_lists.accepted(work, station, version=version, full=full, put=digests, dropped=dropped)
        told = {"version": version, "cards": cards}
        return Answer("accepted", f"The charger has taken it: version {version}, {cards} cards.", told)
    if status == "NotSupported":
        local_lists.refused(work, station, "The charger takes no list.", full=full, supported=False)
        return Answer("not_supported", "The charger takes no list.")
    said = (
        "The charger could not take the list."
        if status == "Failed"
        else "The charger has another list than we know of."
    )
    said = with_reason(said, reason)
    if not full:
        said = f"{said} All of it is sent again."
    local_lists.refused(work, station, said, full=full)
    return Answer("rejected", said)


def version_told(work: Work, station: Station, version: int) -> Answer:
    """The answer to which version it has. 0 is that it has none, and in 1.6 -1 that it takes none."""
    local_lists.told(work, station, version)
    if version < 0:
        return Answer("not_supported", "The charger takes no list.", {"version": version})
    sentence = f"The list has version {version}." if version else "The charger has no list."
    return Answer("accepted", sentence, {"version": version})


def digest(entry: Message) -> str:
    """Equal for two that say the same of a card."""
    return hashlib.blake2b(msgspec.json.encode(entry), digest_size=8).hexdigest()
