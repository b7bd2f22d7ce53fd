"""What a 2.0.1 or 2.1 charger shows its drivers and knows of them: messages, costs, customers (blocks I, N, O)."""

from typing import TYPE_CHECKING

from stationmaster.ocpp import v201
from stationmaster.simulator.station import Handler, answering

if TYPE_CHECKING:
    from stationmaster.simulator.v2 import ChargingStation201

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)

FORMATS = ("ASCII", "UTF8")
STATES = (None, "Charging", "Faulted", "Idle", "Unavailable")
MOST_MESSAGES = 20
IN_A_REPORT = 5


@answers
def set_display_message(cs: "ChargingStation201", req: v201.SetDisplayMessage) -> v201.SetDisplayMessageResponse:
    message = req.message
    if message.message.format not in FORMATS:
        return v201.SetDisplayMessageResponse(status="NotSupportedMessageFormat")
    if message.state not in STATES:
        return v201.SetDisplayMessageResponse(status="NotSupportedState")
    if message.transaction_id is not None and cs.transaction_by_id(message.transaction_id) is None:
        return v201.SetDisplayMessageResponse(status="UnknownTransaction")
    if message.id not in cs.display and len(cs.display) >= MOST_MESSAGES:
        return v201.SetDisplayMessageResponse(status="Rejected")
    cs.display[message.id] = message
    return v201.SetDisplayMessageResponse(status="Accepted")


@answers
def clear_display_message(cs: "ChargingStation201", req: v201.ClearDisplayMessage) -> v201.ClearDisplayMessageResponse:
    removed = cs.display.pop(req.id, None)
    return v201.ClearDisplayMessageResponse(status="Unknown" if removed is None else "Accepted")


@answers
def get_display_messages(cs: "ChargingStation201", req: v201.GetDisplayMessages) -> v201.GetDisplayMessagesResponse:
    found = [
        message
        for message in cs.display.values()
        if (not req.id or message.id in req.id)
        and req.priority in (None, message.priority)
        and req.state in (None, message.state)
    ]
    if not found:
        return v201.GetDisplayMessagesResponse(status="Unknown")
    cs.soon(_report(cs, req.request_id, found), "display messages")
    return v201.GetDisplayMessagesResponse(status="Accepted")


@answers
def cost_updated(cs: "ChargingStation201", req: v201.CostUpdated) -> v201.CostUpdatedResponse:
    cs.costs[req.transaction_id] = req.total_cost
    return v201.CostUpdatedResponse()


@answers
def customer_information(cs: "ChargingStation201", req: v201.CustomerInformation) -> v201.CustomerInformationResponse:
    """Only a token says who is meant here; what is known of it is in the cache and in the local list (N09, N10)."""
    if req.id_token is None and not (req.customer_identifier or req.customer_certificate):
        return v201.CustomerInformationResponse(status="Invalid")
    if not req.report and not req.clear:
        return v201.CustomerInformationResponse(status="Rejected")
    lines = []
    if req.id_token is not None:
        token = req.id_token.id_token.lower()
        for place, known in (("cache", cs.tokens.cache), ("local list", cs.tokens.local)):
            if token in known:
                lines.append(f"{place}: {known[token].status}")
        if req.clear:  # the local list belongs to the CSMS
            cs.tokens.cache.pop(token, None)
    data = "; ".join(lines) or "nothing is known"
    cs.soon(_tell_customer(cs, req.request_id, data if req.report else ""), "customer information")
    return v201.CustomerInformationResponse(status="Accepted")


async def _report(cs: "ChargingStation201", request_id: int, messages: list[v201.MessageInfoType]) -> None:
    for start in range(0, len(messages), IN_A_REPORT):
        part, more = messages[start : start + IN_A_REPORT], start + IN_A_REPORT < len(messages)
        message = v201.NotifyDisplayMessages(request_id=request_id, message_info=part, tbc=more)
        await cs.call(message, v201.NotifyDisplayMessagesResponse)


async def _tell_customer(cs: "ChargingStation201", request_id: int, data: str) -> None:
    message = v201.NotifyCustomerInformation(
        data=data, seq_no=0, generated_at=cs.now_text(), request_id=request_id, tbc=False
    )
    await cs.call(message, v201.NotifyCustomerInformationResponse)
