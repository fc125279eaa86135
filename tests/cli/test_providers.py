"""`mailwright provider`: who vouches for a tenant's people, from adding to removing, and the programs that come with tokens of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run, json_of, refusal_of
from tests.servers.issuer import Issuer


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    """One on this machine, which operators must allow."""
    monkeypatch.setenv("MAILWRIGHT_ALLOW_PRIVATE_PROVIDERS", "true")
    made = Issuer()
    yield made
    made.stop()


def test_a_provider_is_added_checked_switched_and_removed(
    run: Run, installed: Path, issuer: Issuer, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret of the client\n")
    add = ("provider", "add", "Work", "--issuer", issuer.name, "--client-id", "web", "--secret-file", str(secret))
    made = json_of(
        run(*add, "--roles-claim", "groups", "--role", "a=b=admin", "--role", "desk=support", "--adds-users", "--json")
    )
    assert (made["issuer"], made["roles"], made["has_secret"]) == (
        issuer.name,
        {"a=b": "admin", "desk": "support"},
        True,
    )
    assert made["redirect_uri"].endswith(f"/api/session/oidc/{made['id']}/callback")
    assert "one tenant" in refusal_of(run(*add))
    shown = run("provider", "show", "Work")
    assert made["backchannel_uri"] in shown.stdout
    assert "a secret of the client" not in shown.stdout + run("provider", "list", "--json").stdout
    looks = {each["name"]: each["ok"] for each in json_of(run("provider", "check", issuer.name, "--json"))}
    assert looks == {"address": False, "discovery": True, "sign-out": True, "keys": True}
    assert run("provider", "disable", "Work").exit_code == 0
    assert "disabled" in run("provider", "list").stdout
    assert run("provider", "enable", made["id"]).exit_code == 0
    assert (
        json_of(run("user", "token", "link", "ada@mailwright.test", "7", "--provider", "Work", "--json"))["subject"]
        == "7"
    )

    service = ("provider", "service", "add", "Work")
    added = json_of(
        run(*service, "reports@mailwright.test", "--client-id", "reports", "--scopes", "api smtp", "--json")
    )
    assert added["scopes"] == ["api", "smtp"]
    assert "person's account" in refusal_of(run(*service, "ada@mailwright.test", "--client-id", "x"))
    assert "is linked for" in refusal_of(run(*service, "x@mailwright.test", "--client-id", "x", "--scopes", "all"))
    [one] = json_of(run("provider", "service", "list", "Work", "--json"))
    assert (one["email"], one["scopes"]) == ("reports@mailwright.test", "api smtp")
    assert run("provider", "service", "remove", "Work", one["id"]).exit_code == 0
    assert run("provider", "remove", "Work").exit_code == 0
    assert json_of(run("provider", "list", "--json")) == []
    assert json_of(run("user", "token", "list", "ada@mailwright.test", "--json")) == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--issuer", "login.example.org"), "address"),
        (("--issuer", "https://login.example.org?x=1"), "address"),
        (("--issuer", "http://login.example.org"), "begins with https"),
        (("--issuer", "https://login.example.org", "--role", "boss=admin"), "where the tokens have"),
        (("--issuer", "https://login.example.org", "--role", "boss"), "pair"),
        (
            ("--issuer", "https://login.example.org", "--roles-claim", "x", "--role", "boss=operator"),
            "admin, support or user",
        ),
        (("--issuer", "https://login.example.org", "--scopes", "email"), "openid"),
        (("--issuer", "https://login.example.org", "--tenant", "nobody"), "no tenant"),
    ],
    ids=["no-scheme", "query", "no-tls", "no-claim", "no-pair", "operator", "no-openid", "no-tenant"],
)
def test_half_a_provider_is_refused(run: Run, installed: Path, more: tuple[str, ...], why: str) -> None:
    assert why in refusal_of(run("provider", "add", "Work", "--client-id", "web", *more))
