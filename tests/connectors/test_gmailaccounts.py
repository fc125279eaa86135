"""Gmail accounts as people connect them: from Google's page to an account that opens, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from mailwright.connectors.gmailaccounts import GmailAccounts
from mailwright.domain.elsewhere import Opened, Refused
from mailwright.domain.refusals import AuthenticationFailed, TryLater
from tests.connectors.test_google import ADA, BACK, google_at, tokens_of
from tests.servers.gmail import GmailService, error


@pytest.fixture
def there() -> Iterator[GmailService]:
    service = GmailService()
    yield service
    service.stop()


@pytest.fixture
async def accounts(there: GmailService) -> AsyncIterator[GmailAccounts]:
    made = GmailAccounts(google_at(there), url=there.url)
    yield made
    await made.close()


async def connected(accounts: GmailAccounts, there: GmailService) -> Opened:
    url, verifier = accounts.authorization(BACK, "state")
    code = dict(parse_qsl(urlsplit(there.consent(url, ADA)).query))["code"]
    return await accounts.exchange(code, verifier, BACK)


async def test_an_account_is_who_gmail_says_it_is(accounts: GmailAccounts, there: GmailService) -> None:
    opened = await connected(accounts, there)
    assert opened.address == ADA
    assert json.loads(opened.tokens)["refresh"] in there.refresh
    assert json.loads(opened.tokens)["refresh"] not in repr(opened)


async def test_tokens_that_gmail_does_not_take_open_nothing(accounts: GmailAccounts, there: GmailService) -> None:
    there.refuse.append(error(403, "Words", "insufficientPermissions", "PERMISSION_DENIED"))
    with pytest.raises(Refused):
        await connected(accounts, there)
    there.refuse.append(error(503, "Words", "backendError", "UNAVAILABLE"))
    with pytest.raises(TryLater):
        await connected(accounts, there)


async def test_an_account_opens_with_what_was_kept_and_renewed_tokens_are_kept_anew(
    accounts: GmailAccounts, there: GmailService
) -> None:
    kept = [(await connected(accounts, there)).tokens]
    spent: list[int] = []

    async def spend(units: int) -> None:
        spent.append(units)

    async def renewed(tokens: str) -> None:
        kept.append(tokens)

    there.expire(ADA)
    assert (await accounts.open(kept[0], spend=spend, renewed=renewed).profile())[0] == ADA
    assert (await accounts.open(kept[1], spend=spend, renewed=renewed).profile())[0] == ADA
    assert (len(kept), spent) == (2, [1, 1, 1])


async def test_what_was_kept_and_makes_no_sense_means_signing_in_again(accounts: GmailAccounts) -> None:
    async def nothing(_given: object) -> None:
        pass

    with pytest.raises(AuthenticationFailed):
        accounts.open("garbage", spend=nothing, renewed=nothing)


async def test_what_was_allowed_is_given_back(accounts: GmailAccounts, there: GmailService) -> None:
    opened = await connected(accounts, there)
    await accounts.revoke(opened.tokens)
    assert there.refresh == {}
    await accounts.revoke(opened.tokens)
    await accounts.revoke("garbage")
    assert tokens_of(there).refresh in there.refresh
