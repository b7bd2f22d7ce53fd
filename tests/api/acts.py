"""What makes every route that changes or sends something succeed, in an order in which each finds what it wants."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import PASSWORD

NEW = "another good password"

# Every route that changes or sends something, with what makes it succeed. A new route must be added, or the test fails.
ACTS: dict[str, tuple[str, Any]] = {
    "POST /charge-points": ("/../../charge-points", {"charge_point_id": "CP8", "vendor": "A", "model": "B"}),
    "POST /api/cms/stations": (
        "/../../api/cms/stations",
        {
            "station_id": "ST9",
            "station_name": "Quay",
            "country": "India",
            "status": "Active",
            "grid_phase": "Three Phase",
        },
    ),
    "POST /api/cms/points": (
        "/../../api/cms/points",
        {
            "charging_point_name": "Left",
            "station_id": "ST9",
            "device_id": "P9",
            "charger_type": "AC",
            "phase": "Phase R",
            "oem_list": "EVRE",
        },
    ),
    "PUT /api/cms/points/{point_id}": ("/../../api/cms/points/P9", {"phase": "Phase Y"}),
    "DELETE /api/cms/points/{point_id}": ("/../../api/cms/points/P9", None),
    "PUT /api/cms/stations/{station_id}": ("/../../api/cms/stations/ST9", {"city": "Pune"}),
    "DELETE /api/cms/stations/{station_id}": ("/../../api/cms/stations/ST9", None),
    "POST /api/cms/tariffs": (
        "/../../api/cms/tariffs",
        {
            "tariff_id": "T9",
            "tariff_name": "Day",
            "currency": "INR",
            "base_charges": 12,
            "tax": 18,
            "status": "Active",
        },
    ),
    "PUT /api/cms/tariffs/{tariff_id}": ("/../../api/cms/tariffs/T9", {"tax": 5}),
    "DELETE /api/cms/tariffs/{tariff_id}": ("/../../api/cms/tariffs/T9", None),
    "POST /connections/{charge_point_id}/send": ("/../../connections/CP1/send", [2, "1", "Reset", {"type": "Soft"}]),
    "POST /api/v1/sites": ("/sites", {"name": "Harbour", "id": "H1"}),
    "PUT /api/v1/sites/{site_id}": ("/sites/H1", {"name": "Harbour", "city": "Pune"}),
    "PATCH /api/v1/sites/{site_id}": ("/sites/H1", {"city": "Goa"}),
    "DELETE /api/v1/sites/{site_id}": ("/sites/H1", None),
    "POST /api/v1/sites/{site_id}/restore": ("/sites/H1/restore", None),
    "POST /api/v1/tariffs": ("/tariffs", {"id": "T1", "name": "Day", "currency": "EUR", "price_per_kwh": "0.35"}),
    "PUT /api/v1/tariffs/{tariff_id}": ("/tariffs/T1", {"name": "Day", "currency": "EUR", "price_per_kwh": "0.40"}),
    "PATCH /api/v1/tariffs/{tariff_id}": ("/tariffs/T1", {"status": "inactive"}),
    "DELETE /api/v1/tariffs/{tariff_id}": ("/tariffs/T1", None),
    "POST /api/v1/tariffs/{tariff_id}/restore": ("/tariffs/T1/restore", None),
    "POST /api/v1/customer-groups": ("/customer-groups", {"id": "G1", "name": "Staff"}),
    "PATCH /api/v1/customer-groups/{group_id}": ("/customer-groups/G1", {"name": "The staff"}),
    "DELETE /api/v1/customer-groups/{group_id}": ("/customer-groups/G1", None),
    "POST /api/v1/customers": ("/customers", {"id": "C1", "name": "Ann"}),
    "PUT /api/v1/customers/{customer_id}": ("/customers/C1", {"name": "Anna"}),
    "PATCH /api/v1/customers/{customer_id}": ("/customers/C1", {"phone": "+49 30 1234567"}),
    "PATCH /api/v1/me": ("/me", {"name": "Ann Rao"}),
    "POST /api/v1/me/vehicles": ("/me/vehicles", {"plate": "B-XY 1"}),
    "PATCH /api/v1/me/vehicles/{vehicle_id}": ("/me/vehicles/CAR", {"make": "Acme"}),
    "DELETE /api/v1/me/vehicles/{vehicle_id}": ("/me/vehicles/CAR", None),
    "POST /api/v1/me/cards/{uid}/block": ("/me/cards/TAG8/block", None),
    "POST /api/v1/vehicles": ("/vehicles", {"id": "V1", "customer": "C1", "plate": "B-XY 1"}),
    "PUT /api/v1/vehicles/{vehicle_id}": ("/vehicles/V1", {"customer": "C1", "plate": "B-XY 2"}),
    "PATCH /api/v1/vehicles/{vehicle_id}": ("/vehicles/V1", {"make": "Acme"}),
    "DELETE /api/v1/vehicles/{vehicle_id}": ("/vehicles/V1", None),
    "POST /api/v1/vehicles/{vehicle_id}/restore": ("/vehicles/V1/restore", None),
    "POST /api/v1/payments": (
        "/payments",
        {"way": "cash", "amount": "10.00", "currency": "EUR", "reference": "Receipt 1", "customer": "C1"},
    ),
    "POST /api/v1/payments/{payment_id}/look": ("/payments/PAID/look", None),
    "POST /api/v1/payments/{payment_id}/refund": ("/payments/PAID/refund", {"reason": "Not wanted"}),
    "POST /api/v1/payments/claims/{claim_id}/write-off": ("/payments/claims/OWED/write-off", {"reason": "Gone"}),
    "POST /api/v1/customers/{customer_id}/wallet/adjustments": (
        "/customers/C1/wallet/adjustments",
        {"amount": "5.00", "currency": "EUR", "reason": "Goodwill"},
    ),
    "DELETE /api/v1/customers/{customer_id}": ("/customers/C1", None),
    "POST /api/v1/customers/{customer_id}/restore": ("/customers/C1/restore", None),
    "POST /api/v1/customers/{customer_id}/erase": ("/customers/C1/erase", None),
    "POST /api/v1/stations": ("/stations", {"id": "CP9", "site": "Harbour"}),
    "PATCH /api/v1/stations/{station_id}": ("/stations/CP9", {"name": "Gate"}),
    "PATCH /api/v1/stations/{station_id}/connectors/{evse}/{connector}": (
        "/stations/CP1/connectors/1/1",
        {"max_power_w": 11_000},
    ),
    "PUT /api/v1/sites/{site_id}/tariff": ("/sites/H1/tariff", {"tariff": None}),
    "PUT /api/v1/sites/{site_id}/host": ("/sites/H1/host", {"host": {"name": "Hotel", "percent": "30"}}),
    "PUT /api/v1/stations/{station_id}/tariff": ("/stations/CP9/tariff", {"tariff": None}),
    "PUT /api/v1/stations/{station_id}/connectors/{evse}/{connector}/tariff": (
        "/stations/CP1/connectors/1/1/tariff",
        {"tariff": None},
    ),
    "PUT /api/v1/stations/{station_id}/command-exceptions/{command}": (
        "/stations/CP9/command-exceptions/reset",
        {"held": True, "why": "It never came back."},
    ),
    "DELETE /api/v1/stations/{station_id}/command-exceptions/{command}": (
        "/stations/CP9/command-exceptions/reset",
        None,
    ),
    "PUT /api/v1/stations/{station_id}": ("/stations/CP9", {"name": "Door", "site": "Harbour"}),
    "PUT /api/v1/stations/{station_id}/connectors/{evse}/{connector}": (
        "/stations/CP9/connectors/1/1",
        {"type": "type2"},
    ),
    "DELETE /api/v1/stations/{station_id}/connectors/{evse}/{connector}": ("/stations/CP9/connectors/1/1", None),
    "POST /api/v1/stations/{station_id}/secret": ("/stations/CP9/secret", None),
    "POST /api/v1/stations/{station_id}/pay-places": ("/stations/CP1/pay-places", None),
    "DELETE /api/v1/stations/{station_id}/pay-places/{evse}": ("/stations/CP1/pay-places/1", None),
    "DELETE /api/v1/stations/{station_id}": ("/stations/CP9", None),
    "POST /api/v1/stations/{station_id}/restore": ("/stations/CP9/restore", None),
    "POST /api/v1/tokens": ("/tokens", {"uid": "TAG9"}),
    "PATCH /api/v1/tokens/{uid}": ("/tokens/TAG9", {"status": "blocked"}),
    "PUT /api/v1/tokens/{uid}": ("/tokens/TAG9", {"uid": "TAG9", "label": "Ann"}),
    "POST /api/v1/tokens/{uid}/aliases": ("/tokens/TAG9/aliases", {"alias": "A1B2C3D4"}),
    "DELETE /api/v1/tokens/{uid}/aliases/{alias}": ("/tokens/TAG9/aliases/A1B2C3D4", None),
    "DELETE /api/v1/tokens/{uid}": ("/tokens/TAG9", None),
    "POST /api/v1/tokens/{uid}/restore": ("/tokens/TAG9/restore", None),
    "POST /api/v1/alarms/{alarm_id}/resolve": ("/alarms/1/resolve", None),
    "POST /api/v1/quarantine/{entry_id}/resolve": ("/quarantine/1/resolve", None),
    "POST /api/v1/alarms/resolve": ("/alarms/resolve", {}),
    "POST /api/v1/quarantine/resolve": ("/quarantine/resolve", {}),
    "POST /api/v1/sessions/{session_id}/end": ("/sessions/SESSION/end", {"note": "gone"}),
    "POST /api/v1/sessions/{session_id}/reviewed": ("/sessions/SESSION/reviewed", None),
    "POST /api/v1/sessions/{session_id}/correct": ("/sessions/SESSION/correct", {"note": "x", "energy_wh": 100}),
    "POST /api/v1/sessions/{session_id}/exclude": ("/sessions/SESSION/exclude", {"note": "x"}),
    "POST /api/v1/sessions/{session_id}/restore": ("/sessions/SESSION/restore", {"note": "x"}),
    "POST /api/v1/sessions/{session_id}/undo": ("/sessions/SESSION/undo", {"note": "x"}),
    "POST /api/v1/stations/{station_id}/call": ("/stations/CP1/call", {"action": "Reset", "payload": {"type": "Soft"}}),
    "POST /api/v1/stations/{station_id}/commands/change-availability": (
        "/stations/CP1/commands/change-availability",
        {"operative": True},
    ),
    "POST /api/v1/stations/{station_id}/commands/change-configuration": (
        "/stations/CP1/commands/change-configuration",
        {"key": "AuthorizationKey", "value": "a very secret value"},
    ),
    "POST /api/v1/stations/{station_id}/commands/check-session": (
        "/stations/CP1/commands/check-session",
        {"session": "1"},
    ),
    "POST /api/v1/stations/{station_id}/commands/clear-cache": ("/stations/CP1/commands/clear-cache", None),
    "POST /api/v1/stations/{station_id}/commands/get-configuration": ("/stations/CP1/commands/get-configuration", None),
    "POST /api/v1/stations/{station_id}/commands/remote-start": (
        "/stations/CP1/commands/remote-start",
        {"token": "TAG1"},
    ),
    "POST /api/v1/stations/{station_id}/commands/remote-stop": (
        "/stations/CP1/commands/remote-stop",
        {"session": "1"},
    ),
    "POST /api/v1/stations/{station_id}/commands/cancel-reservation": (
        "/stations/CP1/commands/cancel-reservation",
        {"reservation": "1"},
    ),
    "POST /api/v1/stations/{station_id}/commands/reserve-now": (
        "/stations/CP1/commands/reserve-now",
        {"token": "TAG1", "expires_at": "2030-01-01T00:00:00Z"},
    ),
    "PATCH /api/v1/stations/{station_id}/local-list": ("/stations/CP1/local-list", {"keep": True}),
    "POST /api/v1/stations/{station_id}/commands/send-local-list": ("/stations/CP1/commands/send-local-list", None),
    "POST /api/v1/stations/{station_id}/commands/get-local-list-version": (
        "/stations/CP1/commands/get-local-list-version",
        None,
    ),
    "POST /api/v1/stations/{station_id}/commands/read-settings": (
        "/stations/CP1/commands/read-settings",
        {"settings": ["a"]},
    ),
    "POST /api/v1/stations/{station_id}/commands/change-settings": (
        "/stations/CP1/commands/change-settings",
        {"changes": [{"setting": "a", "value": "b"}]},
    ),
    "POST /api/v1/stations/{station_id}/commands/report-settings": ("/stations/CP1/commands/report-settings", None),
    "POST /api/v1/stations/{station_id}/commands/set-monitors": (
        "/stations/CP1/commands/set-monitors",
        {"monitors": [{"setting": "a", "kind": "above", "value": 1}]},
    ),
    "POST /api/v1/stations/{station_id}/commands/clear-monitors": (
        "/stations/CP1/commands/clear-monitors",
        {"ids": [1]},
    ),
    "POST /api/v1/stations/{station_id}/commands/report-monitors": ("/stations/CP1/commands/report-monitors", None),
    "POST /api/v1/stations/{station_id}/commands/set-monitoring-base": (
        "/stations/CP1/commands/set-monitoring-base",
        {"base": "all"},
    ),
    "POST /api/v1/stations/{station_id}/commands/set-monitoring-level": (
        "/stations/CP1/commands/set-monitoring-level",
        {"severity": 3},
    ),
    "POST /api/v1/stations/{station_id}/commands/set-charging-profile": (
        "/stations/CP1/commands/set-charging-profile",
        {"profile": {"purpose": "station_max", "periods": [{"start_s": 0, "limit": 16}]}},
    ),
    "POST /api/v1/stations/{station_id}/commands/clear-charging-profile": (
        "/stations/CP1/commands/clear-charging-profile",
        None,
    ),
    "POST /api/v1/stations/{station_id}/commands/get-charging-profiles": (
        "/stations/CP1/commands/get-charging-profiles",
        None,
    ),
    "POST /api/v1/stations/{station_id}/commands/get-composite-schedule": (
        "/stations/CP1/commands/get-composite-schedule",
        None,
    ),
    "POST /api/v1/stations/{station_id}/commands/set-display-message": (
        "/stations/CP1/commands/set-display-message",
        {"text": "Closed"},
    ),
    "POST /api/v1/stations/{station_id}/commands/get-display-messages": (
        "/stations/CP1/commands/get-display-messages",
        None,
    ),
    "POST /api/v1/stations/{station_id}/commands/clear-display-message": (
        "/stations/CP1/commands/clear-display-message",
        {"id": 1},
    ),
    "POST /api/v1/stations/{station_id}/commands/show-cost": (
        "/stations/CP1/commands/show-cost",
        {"session": "1", "total_cost": 1.5},
    ),
    "POST /api/v1/stations/{station_id}/commands/customer-information": (
        "/stations/CP1/commands/customer-information",
        {"token": "TAG1", "clear": True},
    ),
    "POST /api/v1/stations/{station_id}/commands/publish-firmware": (
        "/stations/CP1/commands/publish-firmware",
        {"firmware": "1"},
    ),
    "POST /api/v1/stations/{station_id}/commands/unpublish-firmware": (
        "/stations/CP1/commands/unpublish-firmware",
        {"firmware": "1"},
    ),
    "POST /api/v1/stations/{station_id}/commands/request-battery-swap": (
        "/stations/CP1/commands/request-battery-swap",
        {"token": "TAG1"},
    ),
    "POST /api/v1/stations/{station_id}/commands/use-priority-charging": (
        "/stations/CP1/commands/use-priority-charging",
        {"session": "1"},
    ),
    "POST /api/v1/stations/{station_id}/commands/update-dynamic-schedule": (
        "/stations/CP1/commands/update-dynamic-schedule",
        {"id": 1, "limit": 16},
    ),
    "POST /api/v1/stations/{station_id}/commands/notify-allowed-energy-transfer": (
        "/stations/CP1/commands/notify-allowed-energy-transfer",
        {"session": "1", "modes": ["DC"]},
    ),
    "POST /api/v1/stations/{station_id}/commands/set-default-tariff": (
        "/stations/CP1/commands/set-default-tariff",
        {"tariff": {}},
    ),
    "POST /api/v1/stations/{station_id}/commands/get-tariffs": (
        "/stations/CP1/commands/get-tariffs",
        None,
    ),
    "POST /api/v1/stations/{station_id}/commands/clear-tariffs": (
        "/stations/CP1/commands/clear-tariffs",
        None,
    ),
    "POST /api/v1/stations/{station_id}/commands/change-transaction-tariff": (
        "/stations/CP1/commands/change-transaction-tariff",
        {"session": "1", "tariff": {}},
    ),
    "POST /api/v1/stations/{station_id}/commands/notify-web-payment-started": (
        "/stations/CP1/commands/notify-web-payment-started",
        {"evse": 1},
    ),
    "POST /api/v1/stations/{station_id}/commands/set-der-control": (
        "/stations/CP1/commands/set-der-control",
        {"control": {}},
    ),
    "POST /api/v1/stations/{station_id}/commands/get-der-control": (
        "/stations/CP1/commands/get-der-control",
        None,
    ),
    "POST /api/v1/stations/{station_id}/commands/clear-der-control": (
        "/stations/CP1/commands/clear-der-control",
        None,
    ),
    "POST /api/v1/stations/{station_id}/commands/send-afrr-signal": (
        "/stations/CP1/commands/send-afrr-signal",
        {"signal": 1},
    ),
    "POST /api/v1/stations/{station_id}/commands/get-periodic-event-streams": (
        "/stations/CP1/commands/get-periodic-event-streams",
        None,
    ),
    "POST /api/v1/stations/{station_id}/commands/adjust-periodic-event-stream": (
        "/stations/CP1/commands/adjust-periodic-event-stream",
        {"id": 1, "values": 5},
    ),
    "POST /api/v1/stations/{station_id}/commands/data-transfer": (
        "/stations/CP1/commands/data-transfer",
        {"vendor_id": "Acme", "message_id": "SetPassword", "data": "a very secret value"},
    ),
    "POST /api/v1/stations/{station_id}/commands/set-network-profile": (
        "/stations/CP1/commands/set-network-profile",
        {"slot": 1, "url": "wss://csms.example", "security_profile": 2, "password": "a very secret value"},
    ),
    "POST /api/v1/stations/{station_id}/commands/reset": ("/stations/CP1/commands/reset", None),
    "POST /api/v1/stations/{station_id}/commands/renew-password": ("/stations/CP1/commands/renew-password", None),
    "POST /api/v1/stations/{station_id}/commands/trigger-message": (
        "/stations/CP1/commands/trigger-message",
        {"message": "Heartbeat"},
    ),
    "POST /api/v1/stations/{station_id}/commands/list-certificates": ("/stations/CP1/commands/list-certificates", None),
    "POST /api/v1/stations/{station_id}/commands/install-certificate": (
        "/stations/CP1/commands/install-certificate",
        {"use": "csms", "certificate": "PEM"},
    ),
    "POST /api/v1/stations/{station_id}/commands/delete-certificate": (
        "/stations/CP1/commands/delete-certificate",
        {"hash_algorithm": "SHA256", "issuer_name_hash": "aa", "issuer_key_hash": "bb", "serial_number": "01"},
    ),
    "POST /api/v1/stations/{station_id}/commands/give-certificate": (
        "/stations/CP1/commands/give-certificate",
        {"chain": "PEM"},
    ),
    "POST /api/v1/stations/{station_id}/commands/get-log": ("/stations/CP1/commands/get-log", None),
    "POST /api/v1/stations/{station_id}/commands/update-firmware": (
        "/stations/CP1/commands/update-firmware",
        {"firmware": "0123456789abcdef"},
    ),
    "POST /api/v1/stations/{station_id}/commands/unlock": ("/stations/CP1/commands/unlock", None),
    "DELETE /api/v1/connections/{station_id}": ("/connections/CP1", None),
    "POST /api/v1/webhooks": ("/webhooks", {"url": "https://127.0.0.1:9/x", "secret": "a very secret value"}),
    "PATCH /api/v1/webhooks/{webhook_id}": ("/webhooks/HOOK", {"name": "Billing"}),
    "POST /api/v1/webhooks/{webhook_id}/secret": ("/webhooks/HOOK/secret", None),
    "POST /api/v1/webhooks/{webhook_id}/test": ("/webhooks/HOOK/test", None),
    "POST /api/v1/webhooks/{webhook_id}/replay": ("/webhooks/HOOK/replay", {"from_at": "2026-01-01T00:00:00Z"}),
    "DELETE /api/v1/webhooks/{webhook_id}": ("/webhooks/HOOK", None),
    "POST /api/v1/alert-channels": (
        "/alert-channels",
        {"name": "Ops", "kind": "webhook", "address": "https://127.0.0.1:9/a-very-secret-value"},
    ),
    "PATCH /api/v1/alert-channels/{channel_id}": ("/alert-channels/CHANNEL", {"name": "Night"}),
    "POST /api/v1/alert-channels/{channel_id}/test": ("/alert-channels/CHANNEL/test", None),
    "DELETE /api/v1/alert-channels/{channel_id}": ("/alert-channels/CHANNEL", None),
    "POST /api/v1/alert-rules": ("/alert-rules", {"name": "Gone", "kind": "offline", "station": "CP1"}),
    "PATCH /api/v1/alert-rules/{rule_id}": ("/alert-rules/RULE", {"minutes": 3}),
    "POST /api/v1/alert-rules/{rule_id}/test": ("/alert-rules/RULE/test", None),
    "DELETE /api/v1/alert-rules/{rule_id}": ("/alert-rules/RULE", None),
    "POST /api/v1/alert-rules/{rule_id}/restore": ("/alert-rules/RULE/restore", None),
    "POST /api/v1/alert-pauses": ("/alert-pauses", {"until_at": "2099-01-01T00:00:00Z", "note": "New cable"}),
    "DELETE /api/v1/alert-pauses/{pause_id}": ("/alert-pauses/PAUSE", None),
    "POST /api/v1/alerts/{alert_id}/acknowledge": ("/alerts/ALERT/acknowledge", {"note": "On my way"}),
    "POST /api/v1/alerts/{alert_id}/resolve": ("/alerts/ALERT/resolve", None),
    "POST /api/v1/alerts/seen": ("/alerts/seen", None),
    "POST /api/v1/deliveries/retry": ("/deliveries/retry", {}),
    "POST /api/v1/users": ("/users", {"email": "new@example.com", "password": NEW, "role": "viewer"}),
    "POST /api/v1/users/{user_id}/link": ("/users/USER/link", None),
    "PATCH /api/v1/users/{user_id}": ("/users/USER", {"role": "operator"}),
    "DELETE /api/v1/users/{user_id}": ("/users/USER", None),
    "POST /api/v1/users/{user_id}/restore": ("/users/USER/restore", None),
    "POST /api/v1/api-keys": ("/api-keys", {"name": "billing", "role": "viewer"}),
    "DELETE /api/v1/api-keys/{key_id}": ("/api-keys/KEY", None),
    "PATCH /api/v1/auth/me": ("/auth/me", {"name": "Ann"}),
    "POST /api/v1/auth/password": ("/auth/password", {"current": PASSWORD, "new": NEW}),
    "POST /api/v1/auth/logout-elsewhere": ("/auth/logout-elsewhere", None),
    "POST /api/v1/auth/logout-everywhere": ("/auth/logout-everywhere", None),
    "POST /api/v1/auth/login": ("/auth/login", {"email": "administrator@example.com", "password": NEW}),
    "DELETE /api/v1/auth/logins/{login_id}": ("/auth/logins/LAST", None),
    "POST /api/v1/auth/logout": ("/auth/logout", None),
}
NO_ACTS = {
    # Nobody logs in there: tests/payments looks at what they do.
    "POST /api/v1/pay/places/{place_id}/visits",
    "POST /api/v1/pay/visits/{visit_id}/returned",
    "POST /api/v1/pay/visits/{visit_id}/hold",
    "POST /api/v1/pay/visits/{visit_id}/stop",
    "POST /api/v1/pay/visits/{visit_id}/give-up",
    "POST /api/v1/pay/claims/{claim_id}/pay",
    # They want an account with a provider in the settings; tests/payments looks for their rows.
    "POST /api/v1/payments/top-ups",
    "POST /api/v1/payments/comparisons",
    "POST /api/v1/me/top-ups",
    "POST /api/v1/me/payments/{own_payment_id}/returned",
    "POST /api/v1/payments/webhooks/{provider}",
    # They want another person's correction: test_wallets.py looks for their rows.
    "POST /api/v1/wallet-adjustments/{adjustment_id}/confirm",
    "POST /api/v1/wallet-adjustments/{adjustment_id}/refuse",
    "POST /test-bank/{provider}/{reference}",
    # They want a charger that the discovery shows, and a customer: test_driver_requests.py looks for their rows.
    "POST /api/v1/me/starts",
    "POST /api/v1/me/sessions/{session_id}/stop",
    "POST /api/v1/me/reservations",
    "DELETE /api/v1/me/reservations/{reservation_id}",
    # They change nothing: a name that is no command, and a new access token for a log-in that is in the log already.
    "POST /api/v1/stations/{station_id}/commands/{name}",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/events/ticket",
    "POST /api/v1/tariffs/estimates",
    "POST /api/v1/tariffs/simulations",
    "POST /api/v1/tariff-previews",
    # They want an owner; see tests of organizations.
    "POST /api/v1/organizations",
    "PATCH /api/v1/organizations/{organization_id}",
    "PATCH /api/v1/organization",
    "PATCH /api/v1/organization/billing",
    # It wants a receipt; tests/api/test_invoices.py looks for its row.
    "POST /api/v1/invoices/{invoice_id}/credit",
    # It wants a file of a month; tests/domain/test_monthly_files.py sends one again.
    "POST /api/v1/monthly-files/{file_id}/send",
    # They want a link in a mail; see tests of mails.
    "POST /api/v1/auth/password-reset",
    "POST /api/v1/auth/new-password",
    "POST /api/v1/auth/registration",
    "POST /api/v1/auth/email",
    "POST /api/v1/auth/confirmation",
    # They want codes of an app; see tests of the second step.
    "POST /api/v1/auth/second-step",
    "POST /api/v1/auth/second-step/app",
    "POST /api/v1/auth/app",
    "POST /api/v1/auth/app/confirmation",
    "POST /api/v1/auth/app/recovery-codes",
    "POST /api/v1/auth/app/removal",
    # The same as DELETE /api/v1/connections/{station_id}, which has left no connection; see tests/api/test_document_003.py.
    "DELETE /connections/{charge_point_id}",
    # They want a message that can be said again; see tests of the quarantine.
    "POST /api/v1/quarantine/{entry_id}/preview",
    "POST /api/v1/quarantine/{entry_id}/replay",
    "POST /api/v1/deliveries/{delivery_id}/retry",
    "POST /api/v1/deliveries/{delivery_id}/replay",
    # They want the bytes of a picture; tests/api/test_images.py looks for their rows.
    "POST /api/v1/sites/{site_id}/images",
    "DELETE /api/v1/sites/{site_id}/images/{image_id}",
    "POST /api/v1/stations/{station_id}/images",
    "DELETE /api/v1/stations/{station_id}/images/{image_id}",
    # They want the bytes of a file; tests/api/test_firmware.py and test_tables.py look for their rows.
    "POST /api/v1/firmware",
    "POST /api/v1/imports/sites",
    "POST /api/v1/imports/stations",
    "POST /api/v1/imports/tokens",
    "POST /api/v1/imports/customers",
    "POST /api/v1/imports/vehicles",
    "DELETE /api/v1/firmware/{firmware_id}",
}
