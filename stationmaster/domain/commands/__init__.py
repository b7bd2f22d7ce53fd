"""What we ask of stations: the commands, who asked, and what came of it.

`kinds.py` has the commands themselves, `outcomes.py` what can come of one, `history.py` the row each has and its life, `reports.py`
what comes in parts.
"""

from stationmaster.domain.commands.history import RAW_CALL as RAW_CALL
from stationmaster.domain.commands.history import REPORTED as REPORTED
from stationmaster.domain.commands.history import Asked as Asked
from stationmaster.domain.commands.history import Awaits as Awaits
from stationmaster.domain.commands.history import CommandRow as CommandRow
from stationmaster.domain.commands.history import are_awaiting as are_awaiting
from stationmaster.domain.commands.history import ask as ask
from stationmaster.domain.commands.history import by_request_id as by_request_id
from stationmaster.domain.commands.history import commands as commands
from stationmaster.domain.commands.history import expire as expire
from stationmaster.domain.commands.history import fulfil as fulfil
from stationmaster.domain.commands.history import give_up as give_up
from stationmaster.domain.commands.history import interrupted as interrupted
from stationmaster.domain.commands.history import listed as listed
from stationmaster.domain.commands.history import new_request_id as new_request_id
from stationmaster.domain.commands.history import nodes_waiting as nodes_waiting
from stationmaster.domain.commands.history import progress as progress
from stationmaster.domain.commands.history import public_form as public_form
from stationmaster.domain.commands.history import record_answer as record_answer
from stationmaster.domain.commands.history import record_sent as record_sent
from stationmaster.domain.commands.history import session_began as session_began
from stationmaster.domain.commands.kinds import Attribute as Attribute
from stationmaster.domain.commands.kinds import Change as Change
from stationmaster.domain.commands.kinds import ChangeAvailability as ChangeAvailability
from stationmaster.domain.commands.kinds import ChangeConfiguration as ChangeConfiguration
from stationmaster.domain.commands.kinds import ChangeSettings as ChangeSettings
from stationmaster.domain.commands.kinds import CheckSession as CheckSession
from stationmaster.domain.commands.kinds import ClearCache as ClearCache
from stationmaster.domain.commands.kinds import ClearMonitors as ClearMonitors
from stationmaster.domain.commands.kinds import Command as Command
from stationmaster.domain.commands.kinds import GetConfiguration as GetConfiguration
from stationmaster.domain.commands.kinds import ReadSettings as ReadSettings
from stationmaster.domain.commands.kinds import RemoteStart as RemoteStart
from stationmaster.domain.commands.kinds import RemoteStop as RemoteStop
from stationmaster.domain.commands.kinds import RenewPassword as RenewPassword
from stationmaster.domain.commands.kinds import ReportMonitors as ReportMonitors
from stationmaster.domain.commands.kinds import ReportSettings as ReportSettings
from stationmaster.domain.commands.kinds import Reset as Reset
from stationmaster.domain.commands.kinds import SetMonitoringBase as SetMonitoringBase
from stationmaster.domain.commands.kinds import SetMonitoringLevel as SetMonitoringLevel
from stationmaster.domain.commands.kinds import SetMonitors as SetMonitors
from stationmaster.domain.commands.kinds import TriggerMessage as TriggerMessage
from stationmaster.domain.commands.kinds import Unlock as Unlock
from stationmaster.domain.commands.kinds import Watch as Watch
from stationmaster.domain.commands.kinds import kebab as kebab
from stationmaster.domain.commands.kinds import name_of as name_of
from stationmaster.domain.commands.local_list import GetLocalListVersion as GetLocalListVersion
from stationmaster.domain.commands.local_list import SendLocalList as SendLocalList
from stationmaster.domain.commands.named import COMMANDS as COMMANDS
from stationmaster.domain.commands.named import AnyCommand as AnyCommand
from stationmaster.domain.commands.outcomes import Answer as Answer
from stationmaster.domain.commands.outcomes import Outcome as Outcome
from stationmaster.domain.commands.outcomes import OutcomeWord as OutcomeWord
from stationmaster.domain.commands.outcomes import together as together
from stationmaster.domain.commands.outcomes import without_answer as without_answer
from stationmaster.domain.commands.reports import AGAIN as AGAIN
from stationmaster.domain.commands.reports import end_unfinished as end_unfinished
from stationmaster.domain.commands.reports import take_part as take_part
from stationmaster.domain.commands.reserving import CancelReservation as CancelReservation
from stationmaster.domain.commands.reserving import ReserveNow as ReserveNow
from stationmaster.domain.public_forms import CommandRecord as CommandRecord
