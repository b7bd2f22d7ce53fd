"""Coming in: an invitation, a code of an app, in the browser."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from stationmaster.app import App
from stationmaster.domain import joining, one_time_links, organizations, totp
from stationmaster.storage import Work
from tests.web.conftest import PASSWORD, Visitor

pytestmark = pytest.mark.slow

ANN = "ann@example.com"


async def test_API_04_who_is_invited_chooses_a_password_sets_up_an_app_and_is_in(stranger: Visitor, app: App) -> None:
    app.settings.security.second_factor_for = ["operator"]

    def invite(work: Work) -> one_time_links.Link:
        return joining.invite(work, organizations.home(work), email=ANN, role="operator", by_mail=False)[1]

    link = await app.database.write(invite)
    await stranger.page.goto("about:blank")
    await stranger.page.goto(one_time_links.address(stranger.url, app.keys.once, link))
    await stranger.see("choose-password").fill(PASSWORD)
    await stranger.see("choose-again").fill(PASSWORD)
    assert stranger.page.url == f"{stranger.url}/"  # what opens the door is in no history
    await stranger.see("choose-submit").click()
    await stranger.see("arrival-done").click()
    await stranger.see("login-email").fill(ANN)
    await stranger.see("login-password").fill(PASSWORD)
    await stranger.see("login-submit").click()
    secret = await stranger.see("app-secret").inner_text()
    key = base64.b32decode(secret.split()[0] + "=" * (-len(secret.split()[0]) % 8))
    await stranger.see("code").fill(totp.code(key, totp.step_of(datetime.now(UTC))))
    await stranger.see("code-submit").click()
    await expect(stranger.see("recovery-codes")).to_contain_text("-")
    await stranger.see("codes-kept").click()
    await expect(stranger.see("stream-state")).to_have_text("Live")
