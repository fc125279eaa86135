"""Gmail accounts as people connect them: the way to Google's page and back, and an account opened by what is kept of that.

Handed to `core.connecting` (the Gmail half of its AccountsService) and used by whoever opens an account for a piece of work.
Promises: an account is who Gmail says it is, not who the browser says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mailwright.connectors.gmail import Gmail
from mailwright.connectors.google import Google, Tokens
from mailwright.domain.elsewhere import Opened, Refused
from mailwright.domain.refusals import AuthenticationFailed, BadInput

URL = "https://gmail.googleapis.com"


class GmailAccounts:
    """Everybody's Gmail, through the OAuth client `google`; `url` is that of Gmail's API."""

    def __init__(self, google: Google, *, url: str = URL) -> None:
        self._google = google
        self._url = url

    async def close(self) -> None:
        """Let connections and threads go."""
        await self._google.close()

    def authorization(self, redirect_uri: str, state: str) -> tuple[str, str]:
        """Where people allow us their Gmail, and the verifier that must come with what they bring back."""
        return self._google.authorization(redirect_uri, state)

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Opened:
        """What somebody brought back, as an account. Raises Refused, TryLater."""
        tokens = await self._google.exchange(code, verifier, redirect_uri)
        try:
            address, _history = await Gmail(self._url, tokens, self._google, spend=_nothing, renewed=_nothing).profile()
        except AuthenticationFailed:
            raise Refused("failed") from None
        return Opened(address, tokens.as_json())

    async def revoke(self, tokens: str) -> None:
        """Give back what was allowed. Raises TryLater."""
        try:
            held = Tokens.of_json(tokens)
        except BadInput:  # nothing that Google would know
            return
        await self._google.revoke(held)

    def open(
        self,
        tokens: str,
        *,
        spend: Callable[[int], Awaitable[object]],
        renewed: Callable[[str], Awaitable[None]],
    ) -> Gmail:
        """The account that these tokens (JSON) open. `renewed` is given them anew to keep; see `gmail.Gmail`. Raises AuthenticationFailed."""
        try:
            held = Tokens.of_json(tokens)
        except BadInput:
            raise AuthenticationFailed("nothing is kept that would let us in: sign in there again") from None

        async def keep(fresh: Tokens) -> None:
            await renewed(fresh.as_json())

        return Gmail(self._url, held, self._google, spend=spend, renewed=keep)


async def _nothing(_given: object) -> None:
    """Whose account it is is not known yet; the one call that finds out costs one unit."""
