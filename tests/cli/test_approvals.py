"""Approvals, grants and the stop switch with a shell on the machine."""

import asyncio
import json
from pathlib import Path

from mailwright.codecs import mime
from mailwright.core import accounts, approvals
from mailwright.domain.clock import now
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage.approvals import Approval
from tests.cli.conftest import Run, json_of, refusal_of

UNKNOWN = "01890000-0000-7000-8000-000000000009"


def _ask(subject: str = "Our offer") -> str:
    """The employee asks Ada; the id of the approval."""
    core = build_core(load())
    try:
        ada = core.database.read_now(lambda tx: accounts.find(tx, "ada@mailwright.test"))
        raw = mime.compose(
            from_=mime.Mailbox("Mini Mouse", "main@mailwright.test"),
            to=[mime.Mailbox("", "chen@example.org")],
            subject=subject,
            text="The offer is attached.",
            message_id="<offer@mailwright.test>",
            date=now() // 1_000_000 * 1_000_000,
            attachments=[mime.Attachment("offer.pdf", b"%PDF", "application/pdf")],
        )
        blob = asyncio.run(core.blobs.stage(ada.tenant_id, raw))
        made: Approval = core.database.write_now(
            lambda tx: approvals.ask(
                tx,
                core,
                tenant_id=ada.tenant_id,
                user_id=ada.id,
                task_id=None,
                agent="employee",
                blob=blob,
                sender="main@mailwright.test",
                recipients=["chen@example.org"],
                subject=subject,
                message_id="<offer@mailwright.test>",
                summary="send the offer",
                because="chen@example.org is not named in what you wrote",
                correlation_id="",
            )
        )
        return made.id
    finally:
        core.database.close()


def test_an_approval_is_listed_shown_and_decided_once(run: Run, installed: Path) -> None:
    assert "Nothing was asked" in run("approval", "list").stderr
    first, second = _ask(), _ask("Another")
    assert [each["id"] for each in json_of(run("approval", "list", "--json"))] == [second, first]
    assert first in run("approval", "list", "--user", "ada@mailwright.test", "--status", "pending").stdout
    shown = run("approval", "show", first).stdout
    for words in ("chen@example.org", "The offer is attached.", "offer.pdf", "not named in what you wrote"):
        assert words in shown
    assert json_of(run("approval", "show", first, "--json"))["text"] == "The offer is attached."
    assert json_of(run("approval", "approve", first, "--json"))["status"] == "approved"
    assert "approved already" in refusal_of(run("approval", "approve", first))
    assert run("approval", "reject", second).stdout.startswith("rejected")
    assert "rejected already" in refusal_of(run("approval", "approve", second))
    assert json_of(run("approval", "list", "--status", "pending", "--json")) == []


def test_what_there_is_not_is_told(run: Run, installed: Path) -> None:
    for words in (("show", UNKNOWN), ("approve", UNKNOWN), ("reject", "x"), ("list", "--user", "nobody@example.org")):
        assert "there is no" in refusal_of(run("approval", *words))
    assert "no status" in refusal_of(run("approval", "list", "--status", "lost"))
    assert "no such grant" in refusal_of(run("grant", "revoke", UNKNOWN))
    assert "there is no" in refusal_of(run("grant", "add", "nobody@example.org", "send", "*"))
    assert "cannot be granted" in refusal_of(run("grant", "add", "ada@mailwright.test", "read", "*"))
    assert "there is no tenant" in refusal_of(run("stop", "--tenant", "nowhere"))
    assert "one of --tenant and --user" in refusal_of(run("stop", "--tenant", "demo", "--user", "ada@mailwright.test"))


def test_grants_are_given_listed_and_revoked(run: Run, installed: Path) -> None:
    given = json_of(run("grant", "add", "ada@mailwright.test", "send", "@Example.org", "--json"))
    assert (given["agent"], given["action"], given["target"]) == ("employee", "send", "@example.org")
    assert "@example.org" in run("grant", "list", "--user", "ada@mailwright.test").stdout
    assert "may not send @example.org" in run("grant", "revoke", given["id"]).stdout
    assert json_of(run("grant", "list", "--json")) == []
    assert [each["id"] for each in json_of(run("grant", "list", "--revoked", "--json"))] == [given["id"]]


def test_agents_are_stopped_and_go_on(run: Run, installed: Path) -> None:
    scopes: tuple[tuple[str, ...], ...] = ((), ("--tenant", "demo"), ("--user", "ada@mailwright.test"))
    for words in scopes:
        assert run("stop", *words, "--because", "a test").exit_code == 0
    approval = _ask()
    assert "a test" in refusal_of(run("approval", "approve", approval))
    left = json_of(run("resume", "--json"))
    assert left["released"]
    assert [each["scope"] for each in left["still_stopped"]] == ["tenant", "user"]
    assert "still:" in run("resume", "--tenant", "demo").stdout
    assert "were not stopped" in run("resume", "--tenant", "demo").stdout
    assert "go on for ada@mailwright.test" in run("resume", "--user", "ada@mailwright.test").stdout
    assert json.loads(run("approval", "approve", approval, "--json").stdout)["status"] == "approved"
