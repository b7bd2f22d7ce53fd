"""Charging sessions, by station and transaction id: each exactly once in effect, whatever is told of it and in which order.

`told` is the one entry for what stations say; `silence` closes what nobody ends; `corrections` is what a person may do.
"""

from stationmaster.domain.public_forms import Session
from stationmaster.domain.sessions.changes import ChangeRow, of_session, session_changes
from stationmaster.domain.sessions.closing import FREE_WH
from stationmaster.domain.sessions.corrections import (
    Figures,
    changes_of,
    correct,
    end,
    exclude,
    remove_station,
    restore,
    review,
    undo,
)
from stationmaster.domain.sessions.doubts import in_doubt, settle
from stationmaster.domain.sessions.lists import (
    Counted,
    SoFar,
    Times,
    Which,
    active_at,
    active_of,
    all_active,
    by_either_name,
    count_active,
    count_by_status,
    count_to_review,
    energy_of,
    get,
    has_ended,
    last_changed,
    listed,
    locked,
    of_station_between,
    open_named,
    power_now,
    so_far,
    transaction_of,
)
from stationmaster.domain.sessions.meters import meter_failed
from stationmaster.domain.sessions.numbers import flag_number_again
from stationmaster.domain.sessions.own import OwnSession, get_own, list_own
from stationmaster.domain.sessions.silence import close_zombies, suspect, watch
from stationmaster.domain.sessions.table import (
    CHARGING_STATES,
    REASONS,
    REFUSED,
    STATUSES,
    VALUES_DROPPED,
    ListedRow,
    SessionRow,
    public_form,
    sessions,
)
from stationmaster.domain.sessions.told import tell
from stationmaster.domain.sessions.transaction import Found, TransactionTold, going_on, went_on
from stationmaster.domain.sessions.units import not_read

__all__ = [
    "CHARGING_STATES",
    "FREE_WH",
    "REASONS",
    "REFUSED",
    "STATUSES",
    "VALUES_DROPPED",
    "ChangeRow",
    "Counted",
    "Figures",
    "Found",
    "ListedRow",
    "OwnSession",
    "Session",
    "SessionRow",
    "SoFar",
    "Times",
    "TransactionTold",
    "Which",
    "active_at",
    "active_of",
    "all_active",
    "by_either_name",
    "changes_of",
    "close_zombies",
    "correct",
    "count_active",
    "count_by_status",
    "count_to_review",
    "end",
    "energy_of",
    "exclude",
    "flag_number_again",
    "get",
    "get_own",
    "going_on",
    "has_ended",
    "in_doubt",
    "last_changed",
    "list_own",
    "listed",
    "locked",
    "meter_failed",
    "not_read",
    "of_session",
    "of_station_between",
    "open_named",
    "power_now",
    "public_form",
    "remove_station",
    "restore",
    "review",
    "session_changes",
    "sessions",
    "settle",
    "so_far",
    "suspect",
    "tell",
    "transaction_of",
    "undo",
    "watch",
    "went_on",
]
