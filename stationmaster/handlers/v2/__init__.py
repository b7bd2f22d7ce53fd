"""OCPP 2.0.1 and 2.1: handlers and senders, one file for each block of the specification, for both versions."""

from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2.authorization import authorization
from stationmaster.handlers.v2.availability import availability
from stationmaster.handlers.v2.certificates import certificates
from stationmaster.handlers.v2.data_transfer import data_transfer
from stationmaster.handlers.v2.diagnostics import diagnostics
from stationmaster.handlers.v2.display_messages import display_messages
from stationmaster.handlers.v2.event_streams import event_streams
from stationmaster.handlers.v2.firmware import firmware
from stationmaster.handlers.v2.grid import grid
from stationmaster.handlers.v2.local_list import local_list
from stationmaster.handlers.v2.meter_values import meter_values
from stationmaster.handlers.v2.monitoring import monitoring
from stationmaster.handlers.v2.network_profiles import network_profiles
from stationmaster.handlers.v2.only_21 import only_21
from stationmaster.handlers.v2.provisioning import provisioning
from stationmaster.handlers.v2.remote_control import remote_control
from stationmaster.handlers.v2.reservation import reservation
from stationmaster.handlers.v2.security import security
from stationmaster.handlers.v2.settings import settings
from stationmaster.handlers.v2.smart_charging import smart_charging
from stationmaster.handlers.v2.smart_charging_21 import smart_charging_21
from stationmaster.handlers.v2.tariffs import tariffs
from stationmaster.handlers.v2.transactions import transactions
from stationmaster.ocpp.dialects import V21, V201

_BLOCKS = (
    security,
    settings,
    provisioning,
    authorization,
    local_list,
    transactions,
    remote_control,
    availability,
    reservation,
    meter_values,
    smart_charging,
    firmware,
    certificates,
    diagnostics,
    monitoring,
    display_messages,
    data_transfer,
    network_profiles,
)
routes_201 = Routes(V201, *_BLOCKS)
routes_21 = Routes(V21, *_BLOCKS, only_21, smart_charging_21, tariffs, grid, event_streams)
