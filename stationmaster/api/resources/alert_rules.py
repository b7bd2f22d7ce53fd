"""Rules of alerts, the channels their messages go by, and the history of messages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Response, Router, delete, get, patch, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.callers import Caller
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.alert_shapes import (
    AlertChannel,
    AlertChannelChanges,
    AlertChannelTest,
    AlertNotice,
    AlertRule,
    AlertRuleChanges,
    AlertTest,
    NewAlertChannel,
    NewAlertRule,
    Receivers,
    channel_form,
    notice_form,
    rule_form,
)
from stationmaster.api.shapes import (
    SORTED,
    Cursor,
    Deleted,
    IfMatch,
    Limit,
    Page,
    Search,
    given,
    page_of,
    tagged,
    tags_of,
)
from stationmaster.domain.alerts import book, channels, rules, telling
from stationmaster.domain.alerts.kinds import ABOUT, KindName, hidden_from
from stationmaster.domain.alerts.tables import By, NoticeRow, NoticeState, RuleRow
from stationmaster.domain.permissions import Permission
from stationmaster.outside import messengers
from stationmaster.outside.http import Failed, Refused
from stationmaster.reason_words import Reason
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

Sort = Annotated[
    Literal["name", "-name", "kind", "-kind", "created", "-created"] | None, QueryParameter(description=SORTED)
]

OfKind = Annotated[KindName | None, QueryParameter(name="kind", description="Only of this kind")]
OfChannel = Annotated[By | None, QueryParameter(name="channel", description="Only by this way")]
OfAlert = Annotated[str | None, QueryParameter(name="alert", max_length=64, description="Only about this alert")]
InState = Annotated[NoticeState | None, QueryParameter(name="state", description="Only those in this state")]


@get("/", permission=Permission.ADMINISTER)
async def list_alert_rules(
    caller: GivenCaller,
    context: GivenContext,
    kind: OfKind = None,
    deleted: Deleted = False,
    search: Search = None,
    sort: Sort = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlertRule]:
    """The rules, newest first."""

    def read(work: Work) -> Found[Any]:
        wanted = Wanted(limit, cursor, sort, search)
        found = rules.list_rules(work, caller.organization, wanted, kind=kind, deleted=deleted)
        facts = rules.facts_of(work, found.rows)
        return Found([rule_form(row, each) for row, each in zip(found.rows, facts, strict=True)], found.next)

    return page_of(await context.database.read(read), lambda rule: rule)


@post("/", permission=Permission.ADMINISTER)
async def add_alert_rule(
    data: JSONBody[NewAlertRule], caller: GivenCaller, context: GivenContext
) -> Response[AlertRule]:
    """Add a rule."""
    _check_scope(caller)
    facts = {name: _fact(getattr(data, name)) for name in data.__struct_fields__}
    if facts["severity"] is None:
        facts["severity"] = ABOUT[data.kind].severity

    def add(work: Work) -> tuple[RuleRow, AlertRule]:
        row = rules.create(work, caller.organization, **facts)
        return row, _form(work, row)

    return tagged(*await context.database.write(add))


@get("/{rule_id:str}", permission=Permission.ADMINISTER)
async def get_alert_rule(rule_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[AlertRule]:
    """One rule."""

    def read(work: Work) -> tuple[RuleRow, AlertRule]:
        row = rules.get(work, caller.organization, rule_id)
        return row, _form(work, row)

    return tagged(*await context.database.read(read))


@patch("/{rule_id:str}", permission=Permission.ADMINISTER)
async def change_alert_rule(
    rule_id: FromPath[str],
    data: JSONBody[AlertRuleChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[AlertRule]:
    """Change the fields that are given."""
    _check_scope(caller)
    changes = {name: _fact(value) for name, value in given(data).items()}

    def change(work: Work) -> tuple[RuleRow, AlertRule]:
        row = rules.change(work, caller.organization, rule_id, changes, expected=tags_of(if_match))
        return row, _form(work, row)

    return tagged(*await context.database.write(change))


@delete("/{rule_id:str}", permission=Permission.ADMINISTER)
async def remove_alert_rule(
    rule_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Remove a rule; what is open by it is closed, and nobody is told of that. It can be restored."""
    _check_scope(caller)
    await context.database.write(rules.remove, caller.organization, rule_id, expected=tags_of(if_match))


@post("/{rule_id:str}/restore", permission=Permission.ADMINISTER, status_code=200)
async def restore_alert_rule(rule_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[AlertRule]:
    """Bring back a rule that was removed."""
    _check_scope(caller)

    def restore(work: Work) -> tuple[RuleRow, AlertRule]:
        row = rules.restore(work, caller.organization, rule_id)
        return row, _form(work, row)

    return tagged(*await context.database.write(restore))


@post("/{rule_id:str}/test", permission=Permission.ADMINISTER, status_code=202)
async def test_alert_rule(rule_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> AlertTest:
    """Send a test to everybody whom this rule tells."""
    _check_scope(caller)
    return AlertTest(await context.database.write(telling.test, caller.organization, rule_id, by=caller.actor.name))


@get("/", permission=Permission.ADMINISTER)
async def list_alert_channels(
    caller: GivenCaller, context: GivenContext, search: Search = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[AlertChannel]:
    """Channels, newest first."""
    _check_scope(caller)
    wanted = Wanted(limit, cursor, None, search)
    return page_of(await context.database.read(channels.list_channels, caller.organization, wanted), channel_form)


@post("/", permission=Permission.ADMINISTER)
async def add_alert_channel(
    data: JSONBody[NewAlertChannel], caller: GivenCaller, context: GivenContext
) -> Response[AlertChannel]:
    """Add a channel. Its address is sealed, and not shown again."""
    _check_scope(caller)
    row = await context.database.write(
        channels.create,
        caller.organization,
        context.keys,
        name=data.name,
        kind=data.kind,
        address=data.address,
        active=data.active,
    )
    return tagged(row, channel_form(row))


@get("/{channel_id:str}", permission=Permission.ADMINISTER)
async def get_alert_channel(
    channel_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Response[AlertChannel]:
    """One channel."""
    _check_scope(caller)
    row = await context.database.read(channels.get, caller.organization, channel_id)
    return tagged(row, channel_form(row))


@patch("/{channel_id:str}", permission=Permission.ADMINISTER)
async def change_alert_channel(
    channel_id: FromPath[str],
    data: JSONBody[AlertChannelChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[AlertChannel]:
    """Change the fields that are given."""
    _check_scope(caller)
    row = await context.database.write(
        channels.change, caller.organization, channel_id, context.keys, given(data), expected=tags_of(if_match)
    )
    return tagged(row, channel_form(row))


@delete("/{channel_id:str}", permission=Permission.ADMINISTER)
async def remove_alert_channel(
    channel_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Remove a channel: nothing is sent there any more."""
    _check_scope(caller)
    await context.database.write(channels.remove, caller.organization, channel_id, expected=tags_of(if_match))


@post("/{channel_id:str}/test", permission=Permission.ADMINISTER, status_code=200)
async def test_alert_channel(channel_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> AlertChannelTest:
    """Send a test now, and say what came of it. It is not tried again."""
    _check_scope(caller)
    row = await context.database.read(channels.get, caller.organization, channel_id)
    await context.database.write(channels.record_test, row)
    message = telling.test_message(channel=row.name, by=caller.actor.name)
    error: str | None = None
    try:
        address = context.keys.opened(row.address)
        if row.kind == "webhook":
            body = telling.posted_test(message, context.database.clock())
            headers = {"Content-Type": "application/json", "User-Agent": "Stationmaster"}
            answer = await context.http.post(address, body, headers)
            error = None if answer.fine else f"the receiver answered {answer.status}"
        else:
            await messengers.send(address, subject=message.subject, body=message.body)
    except (Refused, Failed, ValueError) as failure:
        error = str(failure)
    return AlertChannelTest(error is None, error)


@get("/", permission=Permission.ADMINISTER)
async def list_alert_notices(
    caller: GivenCaller,
    context: GivenContext,
    in_state: InState = None,
    channel: OfChannel = None,
    alert: OfAlert = None,
    search: Search = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlertNotice]:
    """Messages that were to be sent, newest first: what came of each, and why one was not sent."""
    _check_scope(caller)

    def read(work: Work) -> Found[NoticeRow]:
        hidden = hidden_from(caller.permissions)
        about = None if alert is None else book.get(work, caller.organization, alert, but=hidden).id
        wanted = Wanted(limit, cursor, None, search)
        return telling.list_notices(work, caller.organization, wanted, alert_id=about, state=in_state, channel=channel)

    return page_of(await context.database.read(read), notice_form)


router = Router(
    "/alert-rules",
    route_handlers=[
        list_alert_rules,
        add_alert_rule,
        get_alert_rule,
        change_alert_rule,
        remove_alert_rule,
        restore_alert_rule,
        test_alert_rule,
    ],
    tags=["alerts"],
)
ways = Router(
    "/alert-channels",
    route_handlers=[
        list_alert_channels,
        add_alert_channel,
        get_alert_channel,
        change_alert_channel,
        remove_alert_channel,
        test_alert_channel,
    ],
    tags=["alerts"],
)
sent = Router("/alert-notices", route_handlers=[list_alert_notices], tags=["alerts"])


def _check_scope(caller: Caller) -> None:
    """Rules, channels and messages are about all sites."""
    if caller.scope is not None:
        raise PermissionDeniedException(
            detail=Reason("rules and messages are about all sites, and you are limited to some")
        )


def _fact(value: Any) -> Any:
    return (
        rules.Receivers(**{name: getattr(value, name) for name in value.__struct_fields__})
        if isinstance(value, Receivers)
        else value
    )


def _form(work: Work, row: RuleRow) -> AlertRule:
    return rule_form(row, rules.facts_of(work, [row])[0])
