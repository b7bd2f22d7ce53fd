"""Block O, messages on the display of a charger, and of block I what is shown there of the cost."""

from __future__ import annotations

from typing import get_args

from stationmaster.domain import commands
from stationmaster.domain import display_messages as messages
from stationmaster.domain.commands import Answer, Awaits
from stationmaster.domain.commands.display import Priority
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V201
from stationmaster.ocpp.messages import now_text, parse_time
from stationmaster.storage import Work

display_messages = Routes(V201)

REPORT_S = 60.0
LONGEST_TEXT = {"2.0.1": 512, "2.1": 1024}
_PRIORITIES: dict[Priority, v201.MessagePriorityEnumType] = {
    "always_front": "AlwaysFront",
    "in_front": "InFront",
    "normal_cycle": "NormalCycle",
}
_FORMATS: dict[str, v21.MessageFormatEnumType] = {each.lower(): each for each in get_args(v21.MessageFormatEnumType)}
_STATES: dict[str, v201.MessageStateEnumType] = {
    "charging": "Charging",
    "faulted": "Faulted",
    "idle": "Idle",
    "unavailable": "Unavailable",
}
_STATES_21: dict[str, v21.MessageStateEnumType] = {**_STATES, "suspended": "Suspended", "discharging": "Discharging"}
_OUR_STATES: dict[str, str] = {theirs: ours for ours, theirs in _STATES_21.items()}
_OUR_PRIORITIES: dict[str, str] = {theirs: ours for ours, theirs in _PRIORITIES.items()}
_REFUSALS = {
    "NotSupportedMessageFormat": "The charger cannot show this format.",
    "NotSupportedPriority": "The charger knows no such priority.",
    "NotSupportedState": "The charger cannot show a message in this state only.",
    "UnknownTransaction": "The charger knows no such session.",
    "LanguageNotSupported": "The charger cannot show this language.",
}


@display_messages.on
def notify_display_messages(
    work: Work, station: Station, req: v201.NotifyDisplayMessages
) -> v201.NotifyDisplayMessagesResponse:
    for told in req.message_info or []:
        _keep(work, station, told)
    asked = words.part(work, station, req.request_id, more=req.tbc)
    if asked is not None and asked.name == "get-display-messages":
        messages.forget_untold(work, station, asked.asked_at, **(asked.arguments or {}))
    return v201.NotifyDisplayMessagesResponse()


@display_messages.sends
def set_display_message(work: Work, station: Station, command: commands.SetDisplayMessage) -> v201.SetDisplayMessage:
    words.check_length("text", command.text, LONGEST_TEXT.get(station.version, 512))
    if command.format == "qrcode" and station.version != "2.1":
        raise Conflict("OCPP {version} has no QR codes to show", version=station.version)
    return v201.SetDisplayMessage(
        message=v21.MessageInfoType(
            id=command.id or commands.new_request_id(),
            priority=_PRIORITIES[command.priority],
            message=v21.MessageContentType(
                format=_FORMATS[command.format],
                content=command.text,
                language=command.language,
            ),
            state=_state(station, command.state),
            start_date_time=None if command.starts_at is None else now_text(command.starts_at),
            end_date_time=None if command.ends_at is None else now_text(command.ends_at),
            transaction_id=None if command.session is None else words.open_transaction(work, station, command.session),
        )
    )


@display_messages.answers
def set_display_message_answered(
    work: Work,
    station: Station,
    command: commands.SetDisplayMessage,
    request: v201.SetDisplayMessage,
    response: v201.SetDisplayMessageResponse,
) -> Answer:
    if response.status == "Accepted":
        _keep(work, station, request.message)
        number = request.message.id
        return Answer("accepted", f"The charger shows it as message {number}.", {"id": number})
    if response.status in _REFUSALS:
        return Answer("rejected", _REFUSALS[response.status])
    return words.answer(response.status, words.reason(response.status_info))


@display_messages.sends
def get_display_messages(
    work: Work, station: Station, command: commands.GetDisplayMessages
) -> Ask[v201.GetDisplayMessages]:
    number = commands.new_request_id()
    request = v21.GetDisplayMessages(
        request_id=number,
        id=command.ids or None,
        priority=None if command.priority is None else _PRIORITIES[command.priority],
        state=_state(station, command.state),
    )
    return Ask([request], awaits=Awaits("report", REPORT_S), request_id=number)


@display_messages.answers
def get_display_messages_answered(
    work: Work,
    station: Station,
    command: commands.GetDisplayMessages,
    request: v201.GetDisplayMessages,
    response: v201.GetDisplayMessagesResponse,
) -> Answer:
    if response.status == "Unknown":  # it has none of these
        messages.forget_untold(work, station, None, ids=command.ids, priority=command.priority, state=command.state)
        return Answer("nothing_found", "The charger has no such message.")
    return words.answer(response.status, words.reason(response.status_info))


@display_messages.sends
def clear_display_message(
    work: Work, station: Station, command: commands.ClearDisplayMessage
) -> v201.ClearDisplayMessage:
    return v201.ClearDisplayMessage(id=command.id)


@display_messages.answers
def clear_display_message_answered(
    work: Work,
    station: Station,
    command: commands.ClearDisplayMessage,
    request: v201.ClearDisplayMessage,
    response: v201.ClearDisplayMessageResponse,
) -> Answer:
    if response.status in ("Accepted", "Unknown"):
        messages.gone(work, station, command.id)
    if response.status == "Unknown":
        return Answer("not_found", "The charger has no such message.")
    return words.answer(response.status, words.reason(response.status_info))


@display_messages.sends
def show_cost(work: Work, station: Station, command: commands.ShowCost) -> v201.CostUpdated:
    transaction_id = words.open_transaction(work, station, command.session)
    return v201.CostUpdated(total_cost=command.total_cost, transaction_id=transaction_id)


@display_messages.answers
def show_cost_answered(
    work: Work,
    station: Station,
    command: commands.ShowCost,
    request: v201.CostUpdated,
    response: v201.CostUpdatedResponse,
) -> Answer:
    return Answer("accepted", "The charger has been told.")


def _state(station: Station, state: str | None) -> v21.MessageStateEnumType | None:
    if state is not None and station.version != "2.1" and state not in _STATES:
        raise Conflict("OCPP {version} has no messages for the state {state}", version=station.version, state=state)
    return None if state is None else _STATES_21[state]


def _keep(work: Work, station: Station, told: v201.MessageInfoType) -> None:
    number = words.number(told.id)
    if number is None:
        return
    messages.has(
        work,
        station,
        number,
        text=told.message.content,
        format=told.message.format.lower(),
        language=told.message.language,
        priority=_OUR_PRIORITIES.get(told.priority, "normal_cycle"),
        state=None if told.state is None else _OUR_STATES.get(told.state),
        starts_at=parse_time(told.start_date_time),
        ends_at=parse_time(told.end_date_time),
        session=told.transaction_id,
    )
