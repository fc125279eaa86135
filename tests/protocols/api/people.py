"""People at their browsers: an HTTP client that keeps the session's cookie and brings its CSRF token, as our pages do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from mailwright.core import Core, accounts
from mailwright.core.billing import Shop
from mailwright.core.connecting import AccountsService
from mailwright.core.outreach.studio import Studio
from mailwright.core.processing import Desk
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.api.mailviews import Fetch
from mailwright.protocols.api.whatsapphook import WhatsAppHook
from mailwright.protocols.identity import Web
from mailwright.storage import Tx

PASSWORD = "correct horse battery"
_HASHED = accounts.hash_password(PASSWORD)


def give_password(core: Core, email: str) -> None:
    """The account has PASSWORD from now on."""

    def write(tx: Tx) -> None:
        accounts.set_password(tx, accounts.find(tx, email), _HASHED)

    core.database.write_now(write)


class Browser:
    """One browser profile: `await browser.sign_in("ada@mailwright.test")`, then `get`, `post`, … as the pages would."""

    def __init__(
        self,
        core: Core,
        *,
        web: Web | None = None,
        peer: str = "127.0.0.1",
        pictures: Fetch | None = None,
        shop: Shop | None = None,
        desk: Desk | None = None,
        accounts: AccountsService | None = None,
        whatsapp: WhatsAppHook | None = None,
        studio: Studio | None = None,
    ) -> None:
        web = web or Web()
        api = create_api(
            core,
            ApiSettings(
                web=web,
                shop=shop,
                desk=desk or Desk(),
                accounts=accounts,
                whatsapp=whatsapp or WhatsAppHook(),
                studio=studio or Studio(),
            ),
            metrics=lambda: b"",
            pictures=pictures,
        )
        transport = httpx.ASGITransport(api, client=(peer, 50_000), raise_app_exceptions=False)
        self.origin = web.public_url
        self.http = httpx.AsyncClient(transport=transport, base_url=web.public_url)
        self.csrf = ""

    async def sign_in(self, email: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        """What the sign-in page does."""
        answer = await self.http.post("/api/session", json={"email": email, "password": password, **more})
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
        return answer

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.get(path, **options)

    async def change(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request that changes something, with the token."""
        headers = {"X-CSRF-Token": self.csrf, "Origin": self.origin, **options.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.change("POST", path, **options)

    async def close(self) -> None:
        await self.http.aclose()


MakeBrowser = Callable[..., Browser]
