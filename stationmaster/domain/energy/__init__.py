"""How much energy a session took, from everything its charger told, with the reasons. Pure; decision 0014 has the rules.

`of_session` serves the bill, the list, the chart and the page of a running session alike.
"""

from stationmaster.domain.energy.engine import of_session
from stationmaster.domain.energy.running import RECENT, Running, so_far
from stationmaster.domain.energy.words import (
    FLAGS,
    LEFT_OUT,
    PROPOSALS,
    Energy,
    LeftOut,
    Point,
    Proposal,
    Step,
    ending_with,
)

__all__ = [
    "FLAGS",
    "LEFT_OUT",
    "PROPOSALS",
    "RECENT",
    "Energy",
    "LeftOut",
    "Point",
    "Proposal",
    "Running",
    "Step",
    "ending_with",
    "of_session",
    "so_far",
]
