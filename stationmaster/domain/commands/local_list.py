"""Commands about the list of cards that a charger lets in without asking."""

from __future__ import annotations

from stationmaster.domain import local_lists
from stationmaster.domain.commands.kinds import Command
from stationmaster.domain.commands.outcomes import Answer
from stationmaster.domain.stations import Station
from stationmaster.storage import Work


class SendLocalList(Command, frozen=True):
    """Give the charger the list of cards it may let in without asking: what has changed since the last time, or with `full` all of it."""

    full: bool = False

    def unanswered(self, work: Work, station: Station, request_id: int | None, answer: Answer) -> None:
        if answer.outcome == "not_supported":
            local_lists.refused(work, station, answer.words, full=True, supported=False)
        else:
            local_lists.unanswered(work, station, answer.words)


class GetLocalListVersion(Command, frozen=True):
    """Ask which version of the local list the charger has."""
