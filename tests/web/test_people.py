"""Who may sign in, programs with a key, one's own password: what an administrator does in the browser."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, expect

from stationmaster.app import App
from stationmaster.domain import accounts, customers, organizations, sites, totp, webhooks
from tests.web.conftest import EMAIL, PASSWORD, Visitor

pytestmark = pytest.mark.slow

NEW = "another good password"
GUARDED = {
    "Users": "/users",
    "API keys": "/api-keys",
    "Webhooks": "/webhooks",
    "Deliveries": "/deliveries",
    "Organization": "/organization",
    "Who did what": "/audit",
}


async def test_an_empty_installation_says_on_its_login_page_how_the_first_user_is_made(
    app: App, browser: BrowserContext
) -> None:
    visitor = Visitor(browser.pages[0], f"http://127.0.0.1:{app.web_port}")
    await visitor.open("/")
    first = visitor.see("first-user")
    await expect(first).to_contain_text("stationmaster user add EMAIL --role owner")
    await app.database.write(
        lambda work: accounts.add(work, organizations.home(work), email=EMAIL, password=PASSWORD, role="administrator")
    )
    await expect(first).to_have_count(0)  # by itself, once there is somebody
    await visitor.login()
    await expect(visitor.see("stream-state")).to_have_text("Live")
    assert visitor.troubles == []


async def test_X_01_a_user_is_invited_to_some_sites_locked_out_and_let_in_with_another_password(
    operator: Visitor, app: App
) -> None:
    page = operator.page
    home = await app.database.read(organizations.home)
    for name in ("Airport", "Harbour", "Town hall"):
        await app.database.write(sites.create, home, name=name)
    await page.get_by_role("link", name="Users").first.click()
    await operator.see("add-user").click()
    await operator.see("add-user-email").fill("john@example.com")
    await operator.see("user-sites").fill("harb")
    await expect(page.get_by_role("option", name="Airport")).to_have_count(0)
    await page.get_by_role("option", name="Harbour").click()
    await operator.see("user-sites").press("Tab")  # the list stays open for a second one, over what is below it
    await operator.see("add-user-submit").click()
    first = await operator.see("user-link").inner_text()
    await page.get_by_role("button", name="Done, I have kept it").click()
    invited = page.get_by_role("row").filter(has_text="john@example.com")
    await expect(invited).to_contain_text("Invited")
    await expect(invited).to_contain_text("Harbour")

    async def choose(item: str, email: str = "jane@example.com") -> None:
        await page.get_by_role("button", name=f"Actions for {email}").click()
        await page.get_by_role("menuitem", name=item).click()

    await choose("Invite again", "john@example.com")
    assert (await operator.see("user-link").inner_text()).partition("#")[0] == first.partition("#")[0]
    assert await operator.see("user-link").inner_text() != first
    await page.get_by_role("button", name="Done, I have kept it").click()
    await choose("Take back…", "john@example.com")
    await page.get_by_role("dialog").get_by_role("button", name="Take back").click()
    await expect(invited).to_have_count(0)
    await operator.open("/users?state=removed")
    await page.get_by_role("button", name="Restore john@example.com").click()
    await expect(page.get_by_role("heading", name="Nothing was removed")).to_be_visible()
    await operator.open("/users")
    await expect(invited).to_contain_text("Invited")

    await operator.see("add-user").click()
    await operator.see("add-user-email").fill("jane@example.com")
    await operator.see("add-user-with-password").check()
    await operator.see("add-user-password").fill("short")
    await operator.see("add-user-submit").click()
    await expect(page.get_by_text("At least 12 characters", exact=True)).to_be_visible()
    await operator.see("add-user-password").fill(PASSWORD)
    await operator.see("add-user-submit").click()
    row = page.get_by_role("row").filter(has_text="jane@example.com")
    await expect(row).to_contain_text("Operator")

    await choose("Lock out…")
    await page.get_by_role("dialog").get_by_role("button", name="Lock").click()
    await expect(row).to_contain_text("Locked out")
    await choose("New password…")
    await operator.see("new-password").fill(NEW)
    await operator.see("new-password-submit").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await logs_in(operator, "jane@example.com", NEW) == 401
    await choose("Unlock…")
    await page.get_by_role("dialog").get_by_role("button", name="Unlock").click()
    await expect(row).to_contain_text("May sign in")
    assert await logs_in(operator, "jane@example.com", NEW) == 200
    ida = await app.database.write(customers.create, home, name="Ida Sommer", phone="+49301234567")
    await choose("Edit…")
    await page.get_by_role("combobox", name="Role").click()
    await page.get_by_role("option", name="Driver").click()
    await operator.see("user-customer").fill("ida")
    await page.get_by_role("option", name="Ida Sommer").click()
    await operator.see("edit-user-name").fill("Jane Doe")
    everybody = await app.database.read(accounts.listed, home, limit=9, cursor=None)
    jane = next(each.public_id for each in everybody if each.email == "jane@example.com")
    await app.database.write(accounts.change_profile, home, jane, {"language": "de"})
    operator.will_be_refused(412)  # this form would not have shown what somebody else has changed
    await operator.see("edit-user-submit").click()
    await operator.see("outdated").get_by_role("button", name="Save mine all the same").click()
    await expect(row).to_contain_text("Driver")
    [changed] = [
        each for each in await app.database.read(accounts.listed, home, limit=9, cursor=None) if each.public_id == jane
    ]
    assert (changed.customer_id, changed.language) == (ida.id, "de")
    await expect(row).to_contain_text("Jane Doe")


async def test_an_api_key_is_shown_once_works_and_is_revoked(operator: Visitor) -> None:
    page = operator.page
    await page.get_by_role("link", name="API keys").first.click()
    await operator.see("add-key").click()
    await operator.see("add-key-name").fill("billing")
    await page.get_by_role("combobox", name="It may do what this role may").click()
    await page.get_by_role("option", name="Only what I choose").click()
    await page.get_by_role("checkbox", name="Correct sessions").check()
    await operator.see("add-key-submit").click()
    text = await operator.see("new-key").inner_text()
    await page.get_by_role("button", name="Done, I have kept it").click()
    await expect(page.get_by_role("row").filter(has_text="billing")).to_contain_text("Correct sessions")
    await expect(page.get_by_text(text)).to_have_count(0)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {text}"}, base_url=operator.url) as program:
        me = (await program.get("/api/v1/auth/me")).json()
        assert me["permissions"] == ["correct_sessions", "view"]
        await page.get_by_role("button", name="Revoke billing").click()
        await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        await expect(page.get_by_role("heading", name="No API keys yet")).to_be_visible()
        assert (await program.get("/api/v1/auth/me")).status_code == 401


async def test_a_person_says_their_name_changes_their_own_password_and_stays(operator: Visitor) -> None:
    page = operator.page
    await page.get_by_role("button", name="Account and appearance").first.click()
    await page.get_by_role("menuitem", name="My account").click()
    await operator.see("profile-name").fill("Olivia Operator")
    await operator.see("profile-submit").click()
    await expect(page.get_by_role("alert").filter(has_text="Saved")).to_be_visible()
    await operator.see("change-password").click()
    await operator.see("current-password").fill("it is not this one")
    await operator.see("new-password").fill(NEW)
    await operator.see("new-password-again").fill("something else here")
    await operator.see("change-password-submit").click()
    await expect(page.get_by_text("These two are not the same")).to_be_visible()
    await operator.see("new-password-again").fill(NEW)
    operator.will_be_refused(422)
    await operator.see("change-password-submit").click()
    await expect(page.get_by_text("is not the password")).to_be_visible()
    await operator.see("current-password").fill(PASSWORD)
    await operator.see("change-password-submit").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.reload()
    await expect(operator.see("profile-name")).to_have_value("Olivia Operator")
    assert await logs_in(operator, EMAIL, NEW) == 200
    await operator.see("logout-everywhere").click()
    await page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    await expect(operator.see("login-email")).to_be_visible()


async def test_API_04_a_person_sets_up_the_second_step_keeps_its_codes_and_ends_it_with_one(operator: Visitor) -> None:
    page = operator.page
    await operator.open("/account")
    await expect(operator.see("second-step")).to_have_text("Off")
    await operator.see("set-up-app").click()
    await operator.see("begin-app-password").fill(PASSWORD)
    await operator.see("begin-app-submit").click()
    await expect(operator.see("qr")).to_be_visible()
    secret = (await operator.see("app-secret").inner_text()).replace(" ", "")
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    await operator.see("code").fill(totp.code(key, totp.step_of(datetime.now(UTC))))
    await operator.see("code-submit").click()
    codes = (await operator.see("recovery-codes").inner_text()).split()
    assert len(set(codes)) == 10
    await page.keyboard.press("Escape")  # must not lose them
    async with page.expect_download() as started:
        await operator.see("download-codes").click()
    assert set(codes) <= set((await (await started.value).path()).read_text().split())
    await operator.see("codes-kept").click()
    await expect(operator.see("second-step")).to_have_text("On")
    await page.reload()  # this log-in goes on
    await operator.see("remove-app").click()
    await operator.see("code").fill(codes[3])
    await operator.see("code-submit").click()
    await expect(operator.see("second-step")).to_have_text("Off")


async def test_a_webhook_is_added_with_a_secret_shown_once_changed_paused_and_removed(
    operator: Visitor, app: App
) -> None:
    page = operator.page
    home = await app.database.read(organizations.home)
    await page.get_by_role("link", name="Webhooks").first.click()
    await operator.see("add-webhook").click()
    await operator.see("webhook-url").fill("billing.example.com")
    await operator.see("webhook-submit").click()
    await expect(page.get_by_text("An address that begins with https://")).to_be_visible()
    await operator.see("webhook-url").fill("https://someone:secret@billing.example.com/")
    operator.will_be_refused(422)
    await operator.see("webhook-submit").click()
    await expect(page.get_by_text("must not hold a password")).to_be_visible()
    await operator.see("webhook-url").fill("https://billing.example.com/told")
    await operator.see("webhook-events").click()
    await page.get_by_role("option", name="Session ended").click()
    await page.keyboard.press("Tab")  # what one has opened to choose from lies over the button
    await operator.see("webhook-submit").click()
    secret = await operator.see("webhook-secret").inner_text()
    [row] = await app.database.read(lambda work: webhooks.listed(work, home, limit=9, cursor=None))
    assert app.keys.opened(row.secret) == secret
    assert row.events == ["session_ended"]
    await page.get_by_role("button", name="Done, I have kept it").click()
    await expect(page.get_by_text(secret)).to_have_count(0)

    async def choose(item: str) -> None:
        await page.get_by_role("button", name="Actions for").click()
        await page.get_by_role("menuitem", name=item).click()

    line = page.get_by_role("row").filter(has_text="billing.example.com")
    await choose("Edit…")
    await operator.see("webhook-name").fill("Billing")
    await operator.see("webhook-submit").click()
    await expect(line).to_contain_text("Billing")
    await choose("Pause")
    await expect(line).to_contain_text("Paused")
    await choose("New secret…")
    await page.get_by_role("dialog").get_by_role("button", name="Make a new secret").click()
    await expect(operator.see("webhook-secret")).not_to_have_text(secret)
    await page.get_by_role("button", name="Done, I have kept it").click()
    await page.get_by_role("link", name="Deliveries to Billing").click()
    await expect(page.get_by_role("combobox", name="Receiver")).to_have_value("Billing")
    await page.go_back()
    await choose("Remove…")
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("heading", name="No webhooks yet")).to_be_visible()


@pytest.mark.parametrize("role", ["viewer", "operator", "technician"])
async def test_API_10_the_menu_holds_no_page_that_would_be_refused(stranger: Visitor, app: App, role: str) -> None:
    await app.database.write(lambda work: work.execute(accounts.users.update().values(role=role)))
    await stranger.login()
    await expect(stranger.see("stream-state")).to_have_text("Live")
    for name, path in GUARDED.items():
        await expect(stranger.page.get_by_role("link", name=name)).to_have_count(0)
        await stranger.open(path)
        await expect(stranger.page.get_by_role("heading", name="You may not see this page")).to_be_visible()


@pytest.mark.parametrize(("role", "raw"), [("operator", 0), ("technician", 1), ("administrator", 1)])
async def test_API_10_a_raw_call_is_offered_to_who_may_send_one(
    stranger: Visitor, app: App, charger: Callable[..., Any], role: str, raw: int
) -> None:
    await charger("CP1")
    await app.database.write(lambda work: work.execute(accounts.users.update().values(role=role)))
    await stranger.login()
    await stranger.see("fleet-row-CP1").click()
    await expect(stranger.see("action-start")).to_be_enabled()
    await expect(stranger.see("action-raw")).to_have_count(raw)


async def logs_in(visitor: Visitor, email: str, password: str) -> int:
    async with httpx.AsyncClient(base_url=visitor.url) as client:
        return (await client.post("/api/v1/auth/login", json={"email": email, "password": password})).status_code
