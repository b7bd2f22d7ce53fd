"""Block B, provisioning: how a station reaches its CSMS (B09)."""

from __future__ import annotations

from typing import get_args

from stationmaster.domain import commands, security_profiles, station_settings
from stationmaster.domain.commands import AccessPoint, Answer, Tunnel
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

network_profiles = Routes(V201)

_OF_201: dict[str, v201.OCPPVersionEnumType] = {"1.6": "OCPP16", "2.0.1": "OCPP20"}  # its word for itself
_OF_21: dict[str, v21.OCPPVersionEnumType] = {"1.6": "OCPP16", "2.0.1": "OCPP201", "2.1": "OCPP21"}
_INTERFACES: dict[str, v21.OCPPInterfaceEnumType] = {each.lower(): each for each in get_args(v21.OCPPInterfaceEnumType)}
_AUTHENTICATIONS: dict[str, v201.APNAuthenticationEnumType] = {
    each.lower(): each for each in get_args(v201.APNAuthenticationEnumType)
}
_ACCEPTED = "The charger has stored it in slot {}. It is used when the setting OCPPCommCtrlr/NetworkConfigurationPriority says so."


@network_profiles.sends
def set_network_profile(work: Work, station: Station, command: commands.SetNetworkProfile) -> v201.SetNetworkProfile:
    security_profiles.check_upgrade(work, station, command.security_profile)
    if station.version == "2.1":
        version = None if command.ocpp is None else _OF_21[command.ocpp]
        name, text = 2000, 64
    else:
        version = _fitting_201(command)
        name, text = 512, 20
    # The profile of 2.1 is that of 2.0.1 where it names no identity and no password.
    profile = v21.NetworkConnectionProfileType(
        ocpp_version=version,
        ocpp_transport="JSON",
        ocpp_csms_url=command.url,
        message_timeout=command.message_timeout_s,
        security_profile=command.security_profile,
        ocpp_interface=_INTERFACES[command.interface],
        apn=None if command.access_point is None else _access_point(command.access_point, name=name, text=text),
        vpn=None if command.tunnel is None else _tunnel(command.tunnel, name=name, text=text),
        identity=command.identity,
        basic_auth_password=command.password,
    )
    return v201.SetNetworkProfile(configuration_slot=command.slot, connection_data=profile)


@network_profiles.answers
def set_network_profile_answered(
    work: Work,
    station: Station,
    command: commands.SetNetworkProfile,
    request: v201.SetNetworkProfile,
    response: v201.SetNetworkProfileResponse,
) -> Answer:
    info = words.reason(response.status_info)
    if response.status == "Accepted":
        stored = _ACCEPTED.format(command.slot)
        if security_profiles.asked(work, station, command.security_profile):
            stored = f"{stored} {security_profiles.ASKED.format(profile=command.security_profile)}"
        return Answer("accepted", stored)
    if response.status == "Failed":  # B09.FR.03
        return Answer("rejected", words.with_reason("The charger could not store it.", info))
    refused = words.answer(response.status, info)
    has = station_settings.number(work, station, "SecurityCtrlr/SecurityProfile")
    if has is not None and command.security_profile < has:  # B09.FR.04
        lower = f"Its setting SecurityCtrlr/SecurityProfile is {int(has)}, and it may take no lower one."
        return Answer(refused.outcome, f"{refused.words} {lower}")
    return refused


def _fitting_201(command: commands.SetNetworkProfile) -> v21.OCPPVersionEnumType:
    """The version of the profile, as 2.0.1 calls it. Raises `Conflict` or `Invalid` for what 2.0.1 has no room for."""
    version = _OF_201.get(command.ocpp or "2.0.1")
    if version is None:
        raise Conflict("OCPP 2.0.1 has no word for a server that speaks {version}", version=command.ocpp)
    if command.interface == "any":
        raise Conflict("OCPP 2.0.1 wants one interface to be named")
    if command.identity is not None or command.password is not None:
        raise Conflict("OCPP 2.0.1 has no identity and no password of a profile")
    words.check_length("url", command.url, 512)
    return version


def _access_point(point: AccessPoint, *, name: int, text: int) -> v21.APNType:
    words.check_length("access_point.name", point.name, name)
    words.check_length("access_point.user", point.user or "", text)
    words.check_length("access_point.password", point.password or "", text)
    return v21.APNType(
        apn=point.name,
        apn_authentication=_AUTHENTICATIONS[point.authentication],
        apn_user_name=point.user,
        apn_password=point.password,
        sim_pin=point.sim_pin,
        preferred_network=point.preferred_network,
        use_only_preferred_network=point.only_preferred_network,
    )


def _tunnel(tunnel: Tunnel, *, name: int, text: int) -> v21.VPNType:
    words.check_length("tunnel.server", tunnel.server, name)
    for field in ("user", "password", "group"):
        words.check_length(f"tunnel.{field}", getattr(tunnel, field) or "", text)
    return v21.VPNType(
        server=tunnel.server,
        user=tunnel.user,
        password=tunnel.password,
        key=tunnel.shared_key,
        type=tunnel.kind,
        group=tunnel.group,
    )
