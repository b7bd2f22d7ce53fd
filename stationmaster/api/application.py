"""The HTTP side: REST under /api/v1, its description, live events, and the web application."""

from __future__ import annotations

import functools
import re
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Litestar, Request, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import ImproperlyConfiguredException, ValidationException
from litestar.middleware.compression import CompressionMiddleware
from litestar.types import Message, Receive, Scope, Send

from stationmaster.api import (
    auth,
    commands,
    description,
    errors,
    guard,
    idempotency,
    joining,
    pages,
    second_step,
    single_sign_on,
    traced,
)
from stationmaster.api.context import Context, given
from stationmaster.api.documents import document_001, document_003
from stationmaster.api.rates import Rate
from stationmaster.api.resources import (
    alert_rules,
    alerts,
    api_keys,
    audit,
    billing,
    bills,
    certificate_requests,
    charging_profiles,
    connections,
    customer_groups,
    customers,
    deliveries,
    deviations,
    discovery,
    display_messages,
    events,
    exports,
    figures,
    files,
    firmware,
    images,
    invoices,
    local_lists,
    looks,
    manufacturers,
    me,
    measurands,
    messages,
    monthly_files,
    notices,
    organizations,
    pay,
    pay_places,
    payments,
    prices,
    push_devices,
    report_schedules,
    reports,
    reservations,
    revenue,
    review,
    saved_cards,
    saved_views,
    sessions,
    settings,
    simulations,
    sites,
    statements,
    states,
    stations,
    status,
    tables,
    tariff_previews,
    tariffs,
    test_bank,
    timeline,
    token_aliases,
    tokens,
    uptime_exclusions,
    users,
    vehicles,
    wallets,
    webhooks,
)
from stationmaster.domain.permissions import Permission
from stationmaster.reason_words import Reason

MAX_BODY_BYTES = 1024 * 1024

API = Router(
    "/api/v1",
    route_handlers=[
        auth.router,
        joining.router,
        second_step.router,
        single_sign_on.router,
        status.router,
        alerts.router,
        alerts.planned,
        alert_rules.router,
        alert_rules.ways,
        alert_rules.sent,
        stations.router,
        manufacturers.router,
        states.router,
        settings.router,
        timeline.router,
        deviations.router,
        connections.router,
        messages.router,
        commands.router,
        reservations.router,
        local_lists.router,
        charging_profiles.router,
        display_messages.router,
        certificate_requests.router,
        exports.router,
        monthly_files.router,
        sessions.router,
        prices.router,
        bills.router,
        revenue.router,
        figures.router,
        uptime_exclusions.router,
        report_schedules.router,
        reports.router,
        wallets.router,
        pay.router,
        pay_places.router,
        push_devices.router,
        measurands.router,
        pay_places.sheets,
        payments.router,
        saved_cards.router,
        saved_views.router,
        tokens.router,
        token_aliases.router,
        sites.router,
        tables.router,
        discovery.router,
        simulations.router,
        tariff_previews.router,
        tariffs.router,
        tariffs.of_places,
        customer_groups.router,
        customers.router,
        invoices.router,
        statements.router,
        statements.bookings,
        vehicles.router,
        me.router,
        review.router,
        deliveries.router,
        webhooks.router,
        events.router,
        firmware.router,
        images.router,
        looks.router,
        users.router,
        organizations.router,
        billing.router,
        notices.offered,
        api_keys.router,
        audit.router,
    ],
)


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body is read straight into the route's type: no number from a text, no unknown field."""

    async def json(self) -> Any:
        body = await self.body()
        if b"\\u0000" in body:  # PostgreSQL cannot keep this character, and nobody can see it
            raise ValidationException(
                extra=[{"key": "body", "message": Reason("has a character that is not text (U+0000)")}]
            )
        field = self.route_handler.parsed_data_field
        try:
            data = msgspec.json.decode(body, type=Any if field is None else field.annotation)
        except (RecursionError, UnicodeDecodeError) as error:
            raise msgspec.DecodeError("too deep, or not UTF-8") from error
        self.scope["state"]["body"] = data  # for the audit log
        return data


class Compression(CompressionMiddleware):
    """What GET answers from the API. Pages compress themselves, once; a stream of events would be held back.

    New secrets are in answers to POST: a secret is never compressed beside what others wrote.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["type"] == ScopeType.HTTP and scope["method"] == "GET" and _COMPRESSED.match(path):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)


# Exports are written in threads of their own, and are large: the loop would compress nothing else for a while.
_COMPRESSED = re.compile(r"/api/(?!v1/((me/)?events$|auth/|(me/)?exports/))")
# Fast rather than small: it runs in the event loop, and lists shrink to a tenth at any level.
_COMPRESSION = CompressionConfig(backend="gzip", gzip_compress_level=2, minimum_size=1000, middleware_class=Compression)


class Application:
    """The ASGI application of one server: the routes, and what this server gives them.

    `context.live` hears the database's events; `app.py` begins it, wires it, and closes it before the server stops.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.routes = shared_routes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"context": self.context}
        await traced.answered(self.context.traces, self._answered, scope, receive, send)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "POST":
            await idempotency.answered(self.routes, scope, receive, send)
        else:
            await self.routes(scope, receive, send)


def make_routes() -> Litestar:
    """Every route, checked. What a request needs of its server it finds in `scope["state"]["context"]`."""
    app = Litestar(
        route_handlers=[
            API,
            document_001.router,
            document_003.router,
            files.router,
            images.show_image,
            images.show_thumbnail,
            looks.show_logo,
            test_bank.show_test_bank,
            test_bank.pay_test_bank,
            *invoices.public_routes,
            *notices.public_routes,
            status.health,
            status.ready,
            status.alive,
            status.get_metrics,
            pages.pages(),
        ],
        request_class=StrictRequest,
        dependencies={
            "context": Provide(given, sync_to_thread=False),
            "caller": Provide(guard.caller, sync_to_thread=False),
        },
        guards=[guard.guard],
        before_request=idempotency.before_request,
        exception_handlers=errors.HANDLERS,
        before_send=[pages.security_headers, _name_request, _tell_rate],
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=description.config(version("stationmaster")),
        compression_config=_COMPRESSION,
        logging_config=None,
        debug=False,
    )
    _check_permissions(app)
    _name_parameters(app)
    return app


shared_routes = functools.cache(make_routes)  # a quarter of a second each; they are the same for every server


async def _name_request(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start" and (name := scope.get("state", {}).get("request_id")):
        MutableScopeHeaders.from_message(message)["X-Request-Id"] = name


async def _tell_rate(message: Message, scope: Scope) -> None:
    rate: Rate | None = scope.get("state", {}).get("rate")
    if message["type"] == "http.response.start" and rate is not None:
        answer = MutableScopeHeaders.from_message(message)
        for name, value in rate.headers.items():
            answer[name] = value


def _check_permissions(app: Litestar) -> None:
    """Every route declares what it asks of its caller; one that does not never starts (API-10)."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            answers_options_only = handler.http_methods == {"OPTIONS"}  # added by the framework; the guard denies it
            if not answers_options_only and not isinstance(handler.opt.get("permission"), Permission):
                raise ImproperlyConfiguredException(f"{route.path}: this route declares no permission")


def _name_parameters(app: Litestar) -> None:
    """What may stand behind the `?` of each route, for the guard. Files of the pages are whatever they are called."""
    for route in app.routes:
        for handler, model in getattr(route, "route_handler_map", {}).values():
            if (
                handler.include_in_schema is not False
                or handler.opt.get("permission", Permission.PUBLIC) is not Permission.PUBLIC
            ):
                names = frozenset(parameter.field_alias for parameter in model.expected_query_params)
                handler.opt["parameters"] = names | handler.opt.get("parameters", frozenset())
