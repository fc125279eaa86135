"""Domains, users, aliases, agents and mailboxes: add, list, remove, and what is refused."""

import asyncio
from pathlib import Path

import pytest

from mailwright.core import accounts
from mailwright.installation import build_core
from mailwright.settings import load
from tests.cli.conftest import Run, json_of, refusal_of


def _signs_in(email: str, password: str) -> bool:
    core = build_core(load())
    try:
        account = asyncio.run(accounts.authenticate(core, email, password, client="127.0.0.1", scope="smtp"))
        return account.email == email
    finally:
        core.database.close()


def test_a_password_is_made_and_printed_once(run: Run, installed: Path) -> None:
    result = run("user", "add", "bashir@mailwright.test", "--name", "Bashir")
    assert result.exit_code == 0
    said, password = result.stdout.strip().splitlines()
    assert said == "bashir@mailwright.test added"
    assert _signs_in("bashir@mailwright.test", password)
    assert password not in run("user", "list").output


def test_a_password_may_come_on_standard_input(run: Run, installed: Path) -> None:
    added = json_of(run("user", "add", "chen@mailwright.test", "--password", "-", "--json", stdin="correct horse\n"))
    assert "password" not in added
    assert _signs_in("chen@mailwright.test", "correct horse")


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (("--password", "hunter22"), None, "seen by everybody"),
        (("--password", "-"), "", "no password on standard input"),
        (("--password", "-"), "short\n", "at least 8"),
        (("--password", "-", "--generate"), "long enough\n", "exclude each other"),
        (("--role", "king"), None, "no role"),
        (("--quota", "much"), None, "not a size"),
    ],
)
def test_a_bad_user_is_one_clear_line(
    run: Run, installed: Path, words: tuple[str, ...], stdin: str | None, says: str
) -> None:
    line = refusal_of(run("user", "add", "chen@mailwright.test", *words, stdin=stdin))
    assert says in line
    assert "hunter22" not in line
    assert "chen@" not in run("user", "list").stdout


def test_users_are_refused_where_they_cannot_be(run: Run, installed: Path) -> None:
    assert "add it first" in refusal_of(run("user", "add", "ada@example.org"))
    assert "taken" in refusal_of(run("user", "add", "ada@mailwright.test"))
    assert "not a mail address" in refusal_of(run("user", "add", "ada"))
    assert "no user" in refusal_of(run("user", "remove", "nobody@mailwright.test", "--yes"))


def test_a_quota_is_kept(run: Run, installed: Path) -> None:
    run("user", "add", "bashir@mailwright.test", "--quota", "500MB")
    run("user", "add", "chen@mailwright.test", "--quota", "none")
    found = {each["email"]: each["quota_bytes"] for each in json_of(run("user", "list", "--json"))}
    assert found["bashir@mailwright.test"] == 500_000_000
    assert found["chen@mailwright.test"] is None
    assert found["ada@mailwright.test"] == 10 * 1024**3


def test_a_password_can_be_replaced(run: Run, installed: Path) -> None:
    changed = json_of(run("user", "password", "ada@mailwright.test", "--json"))
    assert _signs_in("ada@mailwright.test", changed["password"])


def test_removing_somebody_asks_first(run: Run, installed: Path) -> None:
    assert run("user", "remove", "ada@mailwright.test", stdin="n\n").exit_code == 1
    assert "ada@" in run("user", "list").stdout
    assert run("user", "remove", "ada@mailwright.test", stdin="y\n").exit_code == 0
    assert "ada@" not in run("user", "list").stdout


def test_domains(run: Run, installed: Path) -> None:
    added = json_of(
        run("domain", "add", "example.org", "--journal", "archive@example.net", "--retain-days", "30", "--json")
    )
    assert (added["name"], added["journal_address"], added["retain_days"]) == ("example.org", "archive@example.net", 30)
    assert [each["name"] for each in json_of(run("domain", "list", "--json"))] == ["example.org", "mailwright.test"]
    assert "30 days" in (listed := run("domain", "list").stdout)
    assert (added["tenant_id"] in listed, "default" in listed) == (True, True)  # figures name tenants by their ids
    assert "already" in refusal_of(run("domain", "add", "example.org"))
    assert "not a domain name" in refusal_of(run("domain", "add", "no domain"))
    assert "addresses: remove them first" in refusal_of(run("domain", "remove", "mailwright.test"))
    assert run("domain", "remove", "example.org").exit_code == 0


def test_aliases_groups_and_forwards(run: Run, installed: Path) -> None:
    assert json_of(run("alias", "add", "sales@mailwright.test", "ada@mailwright.test", "--json"))["kind"] == "user"
    group = ("all@mailwright.test", "ada@mailwright.test", "chen@example.org")
    assert json_of(run("alias", "add", *group, "--json"))["kind"] == "group"
    found = {each["address"]: each["targets"] for each in json_of(run("alias", "list", "--json"))}
    assert found == {
        "sales@mailwright.test": ["ada@mailwright.test"],
        "all@mailwright.test": ["ada@mailwright.test", "chen@example.org"],
    }
    assert "remove the user" in refusal_of(run("alias", "remove", "ada@mailwright.test"))
    assert run("alias", "remove", "all@mailwright.test").exit_code == 0
    assert "no address" in refusal_of(run("alias", "remove", "all@mailwright.test"))


def test_an_agent_can_be_stopped_and_started_again(run: Run, installed: Path) -> None:
    (found,) = json_of(run("agent", "list", "--json"))
    assert (found["address"], found["agent"], found["enabled"]) == ("main@mailwright.test", "employee", True)
    assert "send" in found["grants"]
    assert run("agent", "remove", "main@mailwright.test").exit_code == 0
    assert json_of(run("agent", "list", "--json"))[0]["enabled"] is False
    assert "no employee serves" in refusal_of(run("agent", "remove", "main@mailwright.test"))
    assert json_of(run("agent", "add", "main@mailwright.test", "--json"))["enabled"] is True


def test_an_agent_gets_no_persons_mailbox(run: Run, installed: Path) -> None:
    assert "person's mailbox" in refusal_of(run("agent", "add", "ada@mailwright.test"))
    assert "no agent" in refusal_of(run("agent", "add", "x@mailwright.test", "--agent", "butler"))


def test_the_assistant_looks_after_somebodys_mailbox_until_it_is_removed(run: Run, installed: Path) -> None:
    said = run("agent", "add", "assistant", "--mailbox", "ada@mailwright.test")
    assert "looks after the mailbox of ada@mailwright.test" in said.stdout
    found = {each["agent"]: each for each in json_of(run("agent", "list", "--json"))}
    assert found["assistant"]["address"] == "ada@mailwright.test"
    assert "send" not in found["assistant"]["grants"]
    assert json_of(run("agent", "remove", "assistant", "--mailbox", "ada@mailwright.test", "--json")) == {
        "removed": "ada@mailwright.test",
        "agent": "assistant",
    }
    assert "no assistant serves" in refusal_of(run("agent", "remove", "assistant", "--mailbox", "ada@mailwright.test"))
    assert "whose mailbox?" in refusal_of(run("agent", "add", "assistant"))
    assert "agent's mailbox" in refusal_of(run("agent", "add", "assistant", "--mailbox", "main@mailwright.test"))
    assert "no agent 'butler'" in refusal_of(run("agent", "add", "butler", "--mailbox", "ada@mailwright.test"))


def test_a_concierge_gets_an_address_of_its_own(run: Run, installed: Path) -> None:
    said = run("agent", "add", "concierge", "follow@mailwright.test")
    assert "concierge serves follow@mailwright.test: write to it what is to be followed up" in said.stdout
    found = {each["agent"]: each for each in json_of(run("agent", "list", "--json"))}
    assert found["concierge"]["grants"] == ["read", "draft", "send"]
    assert "which address?" in refusal_of(run("agent", "add", "concierge"))
    assert "person's mailbox" in refusal_of(run("agent", "add", "concierge", "ada@mailwright.test"))
    assert "the concierge serves" in refusal_of(run("agent", "add", "follow@mailwright.test"))
    assert "no agent 'butler'" in refusal_of(run("agent", "add", "butler", "follow@mailwright.test"))
    assert json_of(run("agent", "remove", "concierge", "follow@mailwright.test", "--json"))["agent"] == "concierge"


def test_mailboxes_of_a_new_user_are_there_and_empty(run: Run, installed: Path) -> None:
    found = json_of(run("mailbox", "list", "ada@mailwright.test", "--json"))
    assert {each["role"] for each in found} == {"inbox", "drafts", "sent", "archive", "junk", "trash"}
    assert "is empty" in run("mailbox", "show", "ada@mailwright.test").stderr
    assert "there are Archive, Drafts" in refusal_of(run("mailbox", "show", "ada@mailwright.test", "Letters"))
    assert "no message 7" in refusal_of(run("mailbox", "show", "ada@mailwright.test", "--message", "7"))


def test_an_app_password_is_printed_once_listed_and_taken_back(run: Run, installed: Path) -> None:
    result = run("user", "app-password", "add", "ada@mailwright.test", "Phone", "--scope", "smtp")
    assert result.exit_code == 0
    said, password = result.stdout.strip().splitlines()
    assert said == "Phone: smtp"
    assert _signs_in("ada@mailwright.test", password)
    listed = run("user", "app-password", "list", "ada@mailwright.test")
    assert "Phone" in listed.stdout
    assert password not in listed.output
    (one,) = json_of(run("user", "app-password", "list", "ada@mailwright.test", "--json"))
    assert one["used_at"] is not None
    assert json_of(run("user", "app-password", "remove", "ada@mailwright.test", one["id"], "--json"))["removed"]
    assert "no app password" in refusal_of(run("user", "app-password", "remove", "ada@mailwright.test", "Phone"))
    assert "some of imap" in refusal_of(
        run("user", "app-password", "add", "ada@mailwright.test", "x", "--scope", "everything")
    )


def test_adding_a_domain_shows_what_dns_must_say(run: Run, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_HOSTNAME", "mail.example.org")
    result = run("domain", "add", "example.org")
    assert result.exit_code == 0
    for line in (
        "example.org. IN MX 10 mail.example.org.",
        'example.org. IN TXT "v=spf1 mx -all"',
        "_imaps._tcp.example.org. IN SRV 0 1 2993 mail.example.org.",
        "autoconfig.example.org. IN CNAME mail.example.org.",
    ):
        assert line in result.stdout.splitlines()
    assert result.stdout.count("._domainkey.example.org. IN TXT ") == 2
    assert "version: STSv1" in result.stderr
    again = json_of(run("domain", "dns", "example.org", "--json"))
    assert [record["name"] for record in again["records"]] == [
        line.partition(". IN ")[0] for line in result.stdout.splitlines()[1:]
    ]
    assert (installed / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_domain_that_has_no_keys_yet_gets_them_when_it_is_asked_for(run: Run, installed: Path) -> None:
    core = build_core(load())
    core.database.write_now(lambda tx: tx.execute("DELETE FROM dkim_keys"))
    core.database.close()
    first = json_of(run("domain", "dns", "mailwright.test", "--json"))
    assert sum("_domainkey" in record["name"] for record in first["records"]) == 2
    assert json_of(run("domain", "dns", "mailwright.test", "--json")) == first
    assert "not a domain of this server" in refusal_of(run("domain", "dns", "example.org"))


def test_keys_are_exchanged_in_two_steps(run: Run, installed: Path) -> None:
    begun = run("domain", "rotate-dkim", "mailwright.test")
    assert "--activate" in begun.stdout
    assert begun.stdout.count("_domainkey") == 2
    done = json_of(run("domain", "rotate-dkim", "mailwright.test", "--activate", "--json"))
    assert done["activated"]
    assert all(record["name"] not in begun.stdout for record in done["records"])
    assert "no new keys" in refusal_of(run("domain", "rotate-dkim", "mailwright.test", "--activate"))


def test_how_failing_mail_is_treated_is_a_choice_of_the_domain(run: Run, installed: Path) -> None:
    assert (
        json_of(run("domain", "set", "mailwright.test", "--on-failure", "reject", "--json"))["on_failure"] == "reject"
    )
    assert "none of policy" in refusal_of(run("domain", "set", "mailwright.test", "--on-failure", "explode"))


def test_mail_that_is_held_is_taken_back(run: Run, installed: Path) -> None:
    assert run("user", "set", "ada@mailwright.test", "--undo-seconds", "60").exit_code == 0
    words = ("--from", "ada@mailwright.test", "--to", "admin@mailwright.test", "--subject", "Oh", "--body", "no")
    sent = json_of(run("email", "send", *words))
    taken = json_of(run("email", "unsend", sent["message_id"], "--from", "ada@mailwright.test"))
    assert taken["taken_back"] == 1
    assert "nothing of" in refusal_of(run("email", "unsend", sent["message_id"], "--from", "ada@mailwright.test"))
    assert "nothing to change" in refusal_of(run("user", "set", "ada@mailwright.test"))


def test_the_first_admin_looks_after_the_whole_installation(run: Run, installed: Path) -> None:
    everybody = json_of(run("user", "list", "--json"))
    for admin in (each["email"] for each in everybody if each["operator"]):
        assert json_of(run("user", "set", admin, "--no-operator", "--json"))["operator"] is False
    assert json_of(run("user", "add", "chen@mailwright.test", "--role", "admin", "--json"))["operator"] is True
    assert json_of(run("user", "add", "bea@mailwright.test", "--role", "admin", "--json"))["operator"] is False
    second = json_of(run("user", "set", "bea@mailwright.test", "--operator", "--json"))
    assert (second["role"], second["operator"]) == ("admin", True)
    third = json_of(run("user", "set", "bea@mailwright.test", "--role", "support", "--json"))
    assert (third["role"], third["operator"]) == ("support", False)
    assert "only an admin" in refusal_of(run("user", "set", "bea@mailwright.test", "--operator"))
    assert "only an admin" in refusal_of(run("user", "add", "dora@mailwright.test", "--operator"))
    assert "no role" in refusal_of(run("user", "set", "bea@mailwright.test", "--role", "king"))
    trail = [each["action"] for each in json_of(run("audit", "list", "--json"))]
    assert {"user.role-is-admin-and-operator", "user.role-is-support"} <= set(trail)
