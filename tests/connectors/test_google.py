"""Google's OAuth: the page with PKCE, the code for tokens, their renewal and return, and what is said when something is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from structlog.testing import capture_logs

from mailwright.connectors.google import SCOPE, Google, Tokens
from mailwright.domain import clock
from mailwright.domain.clock import SECOND
from mailwright.domain.elsewhere import Refused
from mailwright.domain.refusals import AuthenticationFailed, BadInput, TryLater
from tests.servers.gmail import CLIENT_ID, CLIENT_SECRET, GmailService

ADA = "ada@gmail.example"
BACK = "https://mail.example.org/api/connections/gmail/callback"


@pytest.fixture
def there() -> Iterator[GmailService]:
    service = GmailService()
    yield service
    service.stop()


@pytest.fixture
async def google(there: GmailService) -> AsyncIterator[Google]:
    made = google_at(there)
    yield made
    await made.close()


def google_at(there: GmailService, *, secret: str = CLIENT_SECRET, seconds: float = 5.0) -> Google:
    return Google(
        CLIENT_ID,
        secret,
        auth_url=there.auth_url,
        token_url=there.token_url,
        revoke_url=there.revoke_url,
        seconds=seconds,
    )


def tokens_of(there: GmailService, address: str = ADA) -> Tokens:
    said = there.sign_in(address)
    return Tokens(said["access_token"], said["refresh_token"], clock.now() + 3599 * SECOND, said["scope"])


async def allowed(google: Google, there: GmailService) -> Tokens:
    url, verifier = google.authorization(BACK, "state-1")
    back = dict(parse_qsl(urlsplit(there.consent(url, ADA)).query))
    return await google.exchange(back["code"], verifier, BACK)


async def test_a_person_allows_it_and_the_code_is_worth_lasting_tokens(google: Google, there: GmailService) -> None:
    url, verifier = google.authorization(BACK, "state-1", hint=ADA)
    asked = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
    assert (asked["state"], asked["access_type"], asked["prompt"]) == ("state-1", "offline", "consent")
    assert (asked["scope"], asked["code_challenge_method"], asked["login_hint"]) == (SCOPE, "S256", ADA)
    assert verifier not in url
    back = dict(parse_qsl(urlsplit(there.consent(url, ADA)).query))
    assert back["state"] == "state-1"
    tokens = await google.exchange(back["code"], verifier, BACK)
    assert there.access[tokens.access][0] == there.refresh[tokens.refresh][0] == ADA
    assert abs(tokens.expires_at - clock.now() - 3599 * SECOND) < 60 * SECOND


async def test_a_stolen_code_is_worth_nothing_without_the_verifier(google: Google, there: GmailService) -> None:
    url, _ = google.authorization(BACK, "state-1")
    _, other = google.authorization(BACK, "state-2")
    code = dict(parse_qsl(urlsplit(there.consent(url, ADA)).query))["code"]
    with pytest.raises(Refused, match="too long"):
        await google.exchange(code, other, BACK)


async def test_a_code_is_good_once(google: Google, there: GmailService) -> None:
    url, verifier = google.authorization(BACK, "state-1")
    code = dict(parse_qsl(urlsplit(there.consent(url, ADA)).query))["code"]
    await google.exchange(code, verifier, BACK)
    with pytest.raises(Refused, match="opened twice"):
        await google.exchange(code, verifier, BACK)


async def test_verifiers_and_states_are_never_the_same(google: Google) -> None:
    made = [google.authorization(BACK, "s") for _ in range(50)]
    assert len({verifier for _, verifier in made}) == len({url for url, _ in made}) == 50
    assert all(43 <= len(verifier) <= 128 for _, verifier in made)  # RFC 7636 §4.1


async def test_who_does_not_tick_the_mail_is_told_to(google: Google, there: GmailService) -> None:
    there.refuse_tokens.append((200, {"access_token": "ya29.x", "refresh_token": "1//x", "scope": "openid"}))
    with pytest.raises(Refused, match="every box ticked"):
        await google.exchange("4/x", "v" * 43, BACK)


async def test_access_that_does_not_last_is_none(google: Google, there: GmailService) -> None:
    there.refuse_tokens.append((200, {"access_token": "ya29.x", "scope": SCOPE}))
    with pytest.raises(Refused):
        await google.exchange("4/x", "v" * 43, BACK)


async def test_renewed_tokens_keep_what_google_does_not_say_again(google: Google, there: GmailService) -> None:
    tokens = tokens_of(there)
    fresh = await google.refresh(tokens)
    assert fresh.access != tokens.access
    assert (fresh.refresh, fresh.scope) == (tokens.refresh, tokens.scope)


async def test_a_new_refresh_token_takes_the_place_of_the_old_one(google: Google, there: GmailService) -> None:
    there.rotates_refresh = True
    fresh = await google.refresh(tokens_of(there))
    assert (await google.refresh(fresh)).access != fresh.access


async def test_who_took_it_back_must_sign_in_again(google: Google, there: GmailService) -> None:
    tokens = tokens_of(there)
    there.revoke(ADA)
    with pytest.raises(AuthenticationFailed):
        await google.refresh(tokens)


@pytest.mark.parametrize(
    "answer",
    [
        (503, {"error": "internal_failure"}),
        (500, b"<html>Oops</html>"),
        (429, {"error": "rate_limit_exceeded"}),
        (502, {"error": "invalid_grant"}),
        (200, b"not JSON"),
        (200, b"[" * 60_000),
        (200, b"x" * 500_000),
        (200, []),
        (200, {"access_token": 7}),
        (200, {"access_token": ""}),
        (400, {"error": {"code": "odd"}}),
        (302, {}),
    ],
)
async def test_what_google_cannot_say_now_is_asked_again_later(
    google: Google, there: GmailService, answer: tuple[int, object]
) -> None:
    there.refuse_tokens.append(answer)
    with pytest.raises(TryLater):
        await google.refresh(tokens_of(there))


async def test_a_wrong_secret_of_ours_is_for_the_log_and_ends_nobodys_connection(there: GmailService) -> None:
    google = google_at(there, secret="GOCSPX-another")
    with capture_logs() as logs, pytest.raises(TryLater):
        await google.refresh(tokens_of(there))
    (line,) = logs
    assert (line["event"], line["log_level"], line["code"]) == ("google.failed", "error", "invalid_client")
    assert "GOCSPX" not in str(logs)
    await google.close()


async def test_nobody_there_is_try_later(there: GmailService) -> None:
    google = google_at(there)
    tokens = tokens_of(there)
    there.stop()
    with capture_logs() as logs, pytest.raises(TryLater):
        await google.refresh(tokens)
    assert tokens.refresh not in str(logs)
    await google.close()


async def test_an_odd_lifetime_is_taken_for_an_hour(google: Google, there: GmailService) -> None:
    for odd in ("3599", -1, 10**12, None, 1.5):
        there.refuse_tokens.append((200, {"access_token": "ya29.x", "expires_in": odd}))
        fresh = await google.refresh(tokens_of(there))
        assert 3500 * SECOND < fresh.expires_at - clock.now() <= 3600 * SECOND


async def test_tokens_are_given_back_and_twice_does_no_harm(google: Google, there: GmailService) -> None:
    tokens = await allowed(google, there)
    await google.revoke(tokens)
    assert (there.access, there.refresh) == ({}, {})
    await google.revoke(tokens)
    there.refuse_tokens.append((503, b""))
    with pytest.raises(TryLater):
        await google.revoke(tokens)


def test_secrets_do_not_print(google: Google, there: GmailService) -> None:
    tokens = tokens_of(there)
    assert tokens.access not in repr(tokens)
    assert tokens.refresh not in repr(tokens)
    assert "GOCSPX" not in repr(google)


def test_tokens_are_kept_as_json_and_read_again(there: GmailService) -> None:
    tokens = tokens_of(there)
    assert Tokens.of_json(tokens.as_json()) == tokens
    assert replace(tokens, scope="") == Tokens.of_json(replace(tokens, scope="").as_json())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"access": "x"}', "null", '"x"'])
def test_what_are_no_tokens_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Tokens.of_json(text)
