"""Signing in at a real OpenID provider with a real browser: there and back, out of both, by new keys; and the pages that set it up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright

from mailwright.core import providers
from mailwright.domain.tokens import OF_SETTINGS
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer
from tests.servers_node.oidc_issuer import AUDIENCE, OidcIssuer
from tests.servers_node.packages import NotAvailable
from tests.web.site import SIZES, Site, Size, Visit, launch

pytestmark = pytest.mark.slow

ADA = f"ada@{DOMAIN}"
NEW = f"new@{DOMAIN}"
PEOPLE = {
    "ada": {"email": ADA, "email_verified": True, "groups": ["desk"]},
    "new": {"email": NEW, "email_verified": True, "groups": []},
}
SECRET = "a secret between us and the provider"


class Place:
    """A provider, a server that believes it, and a browser."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.server = MailwrightServer(folder / "data")
        self.url = f"http://localhost:{self.server.http_port}"  # as `Site` has it: cookies are of one name
        ours = f"{self.url}/api/session/oidc/{OF_SETTINGS}"
        web = {
            "client_id": "mailwright-web",
            "client_secret": SECRET,
            "redirect_uris": [f"{ours}/callback"],
            "post_logout_redirect_uris": [f"{self.url}/app/sign-in"],
            "backchannel_logout_uri": f"{ours}/backchannel",
            "backchannel_logout_session_required": True,
            "id_token_signed_response_alg": "ES256",
        }
        reports = {
            "client_id": "reports",
            "client_secret": SECRET,
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "response_types": [],
        }
        self.issuer = OidcIssuer(folder, PEOPLE, [web, reports])
        self.server.settings |= {
            "public_url": self.url,
            "oidc_issuer": self.issuer.url,
            "oidc_audience": AUDIENCE,
            "oidc_client_id": "mailwright-web",
            "oidc_client_secret": SECRET,
            "oidc_name": "Work",
            "oidc_scopes": "openid email",
            "oidc_adds_users": "true",
            "oidc_roles_claim": "groups",
            "oidc_roles": json.dumps({"desk": "support"}),
            "allow_private_providers": "true",
        }
        self.site = Site(self.server, browser)

    def sign_in(self, page: Page, name: str) -> None:
        """On our page and on the provider's, as a person does."""
        page.get_by_role("button", name="Sign in with Work").click()
        page.locator("input[name=login]").fill(name)
        page.locator("input[name=password]").fill("any")
        page.get_by_role("button", name="Sign-in").click()
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{self.url}/app/**")


def forget(visit: Visit) -> None:
    """What pages of the provider asked for and complained of is theirs."""
    visit.abroad.clear()
    visit.faults.clear()


@pytest.fixture(scope="module")
def place(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    browser = launch(playwright)
    try:
        made = Place(tmp_path_factory.mktemp("sso"), browser)
    except NotAvailable as reason:
        browser.close()
        pytest.skip(str(reason))
    made.server.prepare(people=("ada", "admin"), roles={"admin": "admin"}, employee=False)
    made.server.start()
    yield made
    browser.close()
    made.server.stop()
    made.issuer.stop()


def test_there_and_back_and_out_of_both(place: Place) -> None:
    with place.site.visit() as visit:
        page = visit.page("/app/sign-in?next=/settings")
        visit.shot(page, "single-sign-on")
        place.sign_in(page, "ada")
        page.wait_for_url("**/app/settings**")
        who = page.request.get(f"{place.url}/api/session").json()
        assert (who["user"]["email"], who["user"]["role"]) == (ADA, "support")
        page.get_by_role("button", name="Account").first.click()
        page.get_by_role("menuitem", name="Sign out").click()
        page.wait_for_url(f"{place.issuer.url}/**")  # the provider asks whether it is meant
        page.get_by_role("button", name="Yes").click()
        page.wait_for_url(f"{place.url}/app/sign-in**")
        forget(visit)


def test_a_program_comes_with_a_token_of_its_own(place: Place) -> None:
    core = build_core(load(**place.server.settings))
    reports = f"reports@{DOMAIN}"

    def link(tx: Tx) -> None:
        tenant_id = providers.tenant_named(tx, None)
        providers.add_service(tx, core, place.issuer.url, tenant_id, reports, subject="reports", doors=("api",))

    core.database.write_now(link)
    core.database.close()
    token = place.issuer.own_token("reports", SECRET)
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{place.url}/jmap/session", headers=headers, trust_env=False, timeout=20)
    assert answer.json()["username"] == reports


def test_who_signs_out_there_is_signed_out_here_and_new_keys_are_believed(place: Place) -> None:
    with place.site.visit() as visit:
        page = visit.page("/app/sign-in")
        place.sign_in(page, "new")
        assert page.request.get(f"{place.url}/api/session").json()["user"]["has_mailbox"] is True
        page.goto(f"{place.issuer.url}/session/end")
        page.get_by_role("button", name="Yes").click()
        page.wait_for_url("**/session/end/success**")
        assert page.request.get(f"{place.url}/api/session").status == 401  # by the back channel
        place.issuer.restart()  # with new keys; the first token of one makes us look, once in half a minute
        forget(visit)
    for _ in range(20):  # a new browser each time: the provider knows who is in the last one
        with place.site.visit() as visit:
            page = visit.page("/app/sign-in")
            place.sign_in(page, "ada")
            status = page.request.get(f"{place.url}/api/session").status
            forget(visit)
            if status == 200:
                return
            assert "error=away" in page.url
            page.wait_for_timeout(2_000)
    pytest.fail("the new keys were not believed")


@pytest.mark.parametrize("size", SIZES)
def test_an_operator_sets_a_provider_up_on_the_page(place: Place, size: Size) -> None:
    with place.site.visit(size) as visit:
        page = visit.page("/app/sign-in")
        page.get_by_role("button", name="Sign in with Work").wait_for()
        visit.check_access(page)
        visit.shot(page, "sign-in-elsewhere")
        page.get_by_label("E-mail address").fill(f"admin@{DOMAIN}")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto(f"{place.url}/app/admin/providers")
        page.get_by_role("button", name="Add provider").click()
        page.get_by_label("Name", exact=True).fill(f"Keycloak {size}")
        page.get_by_label("Issuer").fill(f"{place.issuer.url}/{size}")
        page.get_by_label("Client id", exact=True).fill("web")
        page.get_by_label("Where tokens have roles").fill("realm_access.roles")
        page.get_by_label("Roles", exact=True).fill("mail-admin = admin")
        visit.shot(page, "provider-add")
        page.get_by_role("button", name="Add", exact=True).click()
        row = page.get_by_role("row", name=f"Keycloak {size}")
        row.wait_for()
        visit.check_access(page)
        visit.shot(page, "providers")
        row.get_by_role("button", name="Check").click()
        page.get_by_text(f"{place.url}/app/sign-in", exact=True).wait_for()
        page.get_by_role("button", name="Ask it now").click()
        page.get_by_text("the answer was 404").first.wait_for()
        visit.shot(page, "provider-check")
        page.get_by_role("button", name="Close").first.click()
        row.get_by_role("button", name="Remove").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        row.wait_for(state="detached")
