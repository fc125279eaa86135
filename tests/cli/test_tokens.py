"""`mailwright user token`: linking an account to a person elsewhere by hand, and letting go of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailwright.cli.probe import ask_issuer
from mailwright.settings import BadSettings, load
from tests.cli.conftest import Run, json_of, refusal_of
from tests.servers.issuer import Issuer

ADA = "ada@mailwright.test"


def test_an_account_is_linked_by_hand_listed_and_unlinked(
    run: Run, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILWRIGHT_OIDC_ISSUER", "https://login.example.org/")
    monkeypatch.setenv("MAILWRIGHT_OIDC_AUDIENCE", "mailwright")
    assert json_of(run("user", "token", "list", ADA, "--json")) == []
    assert json_of(run("user", "token", "link", ADA, "f3a1c9", "--json"))["issuer"] == "https://login.example.org/"
    assert "already" in refusal_of(run("user", "token", "link", ADA, "f3a1c9"))
    [one] = json_of(run("user", "token", "list", ADA, "--json"))
    assert (one["issuer"], one["ended_at"]) == ("https://login.example.org/", None)
    assert "https://login.example.org/" in run("user", "token", "list", ADA).stdout
    assert json_of(run("user", "token", "unlink", ADA, "--json"))["unlinked"] == 1
    assert "0 unlinked" in run("user", "token", "unlink", ADA).stdout


def test_without_an_issuer_nobody_is_linked(run: Run, installed: Path) -> None:
    assert "oidc_issuer" in refusal_of(run("user", "token", "link", ADA, "f3a1c9"))


def test_who_is_not_here_is_not_linked(run: Run, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_OIDC_ISSUER", "https://login.example.org/")
    monkeypatch.setenv("MAILWRIGHT_OIDC_AUDIENCE", "mailwright")
    assert "there is no user" in refusal_of(run("user", "token", "link", "nobody@mailwright.test", "x"))
    assert "a subject" in refusal_of(run("user", "token", "link", ADA, " "))


async def test_the_doctor_asks_the_issuer_for_its_keys(tmp_path: Path) -> None:
    issuer = Issuer()
    try:
        settings = load(data=tmp_path, oidc_issuer=issuer.name, oidc_audience="mailwright")
        [found] = await ask_issuer(settings)
        assert (found.status, "3 keys" in found.because) == ("ok", True)
        wrong = load(data=tmp_path, oidc_issuer=issuer.name + "/", oidc_audience="mailwright")
        [found] = await ask_issuer(wrong)
        assert (found.status, "calls itself" in found.because) == ("fail", True)
    finally:
        issuer.stop()
    assert await ask_issuer(load(data=tmp_path)) == []


@pytest.mark.parametrize(
    "given",
    [
        {"oidc_issuer": "https://login.example.org"},
        {"oidc_audience": "mailwright"},
        {"oidc_shared_secret": "x" * 32},
        {"oidc_adds_users": True},
        {"oidc_issuer": "login.example.org", "oidc_audience": "mailwright"},
        {"oidc_issuer": "https://login.example.org", "oidc_audience": "mailwright", "oidc_shared_secret": "short"},
    ],
)
def test_half_a_provider_is_none(tmp_path: Path, given: dict[str, object]) -> None:
    with pytest.raises(BadSettings, match=r"(?i)oidc"):
        load(data=tmp_path, **given)


@pytest.mark.parametrize("origin", ["*", "app.example.org", "https://app.example.org/", "null", "file://x"])
def test_a_site_that_may_call_is_named_as_an_origin(tmp_path: Path, origin: str) -> None:
    with pytest.raises(BadSettings, match="origins"):
        load(data=tmp_path, api_origins=origin)
    assert load(data=tmp_path, api_origins="https://a.example, http://localhost:3000").api_origins == (
        "https://a.example",
        "http://localhost:3000",
    )
