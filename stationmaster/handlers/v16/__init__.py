"""OCPP 1.6: its handlers and senders, grouped as the specification's profiles are."""

from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v16.certificates import certificates
from stationmaster.handlers.v16.configuration import configuration
from stationmaster.handlers.v16.core import core
from stationmaster.handlers.v16.costs import costs
from stationmaster.handlers.v16.data_transfer import data_transfer
from stationmaster.handlers.v16.firmware import firmware
from stationmaster.handlers.v16.local_list import local_list
from stationmaster.handlers.v16.remote_control import remote_control
from stationmaster.handlers.v16.reservation import reservation
from stationmaster.handlers.v16.security import security
from stationmaster.handlers.v16.smart_charging import smart_charging
from stationmaster.handlers.v16.trigger import trigger
from stationmaster.ocpp.dialects import V16

routes = Routes(
    V16,
    core,
    remote_control,
    configuration,
    firmware,
    security,
    certificates,
    trigger,
    reservation,
    local_list,
    smart_charging,
    data_transfer,
    costs,
)
