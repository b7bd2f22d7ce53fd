"""OCPP 2.0.1 and 2.1: their senders, one file for each block of the specification. Chargers cannot connect with them yet."""

from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2.availability import availability
from stationmaster.handlers.v2.provisioning import provisioning
from stationmaster.handlers.v2.remote_control import remote_control
from stationmaster.ocpp.dialects import V21, V201

routes_201 = Routes(V201, provisioning, remote_control, availability)
routes_21 = Routes(V21, provisioning, remote_control, availability)
