"""Addresses that mail does not reach, as whoever runs the server sees them."""

from pathlib import Path

from mailwright.core import accounts
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx, reports
from tests.cli.conftest import Run, json_of, refusal_of


def _suppress(address: str, because: str) -> None:
    core = build_core(load())

    def write(tx: Tx) -> None:
        tenant = accounts.find(tx, "ada@mailwright.test").tenant_id
        reports.suppress(tx, tenant, address, because, 1_700_000_000_000_000)

    core.database.write_now(write)
    core.database.close()


def test_they_are_listed_and_lifted(run: Run, installed: Path) -> None:
    _suppress("eve@example.org", "it bounced")
    [found] = json_of(run("suppression", "list", "--json"))
    assert (found["address"], found["because"], found["since"][:10]) == ("eve@example.org", "it bounced", "2023-11-14")
    assert "it bounced" in run("suppression", "list").output
    assert run("suppression", "lift", "Eve@example.org").exit_code == 0
    assert json_of(run("suppression", "list", "--json")) == []


def test_what_is_not_one_is_told(run: Run, installed: Path) -> None:
    assert "nothing stands in the way" in refusal_of(run("suppression", "lift", "chen@example.org"))
    assert refusal_of(run("suppression", "lift", "no address"))


def test_who_wants_no_outreach_is_added_listed_and_lifted(run: Run, installed: Path) -> None:
    assert run("suppression", "add", "Eve+news@example.org", "--because", "she said so").exit_code == 0
    assert run("suppression", "add", "@example.net", "--because", "a competitor").exit_code == 0
    _suppress("eve@example.org", "it bounced")
    found = {(each["address"], each["stops"]) for each in json_of(run("suppression", "list", "--json"))}
    assert found == {
        ("eve@example.org", "outreach"),
        ("@example.net", "outreach"),
        ("eve@example.org", "everything automatic"),
    }
    assert "before" in run("suppression", "add", "@example.net", "--because", "again").output
    assert run("suppression", "lift", "@EXAMPLE.net").exit_code == 0
    assert run("suppression", "lift", "eve@example.org").exit_code == 0
    assert json_of(run("suppression", "list", "--json")) == []


def test_an_address_that_is_none_or_an_organisation_that_is_not_there_is_told(run: Run, installed: Path) -> None:
    assert refusal_of(run("suppression", "add", "@", "--because", "x"))
    assert "no such organisation" in refusal_of(
        run("suppression", "add", "eve@example.org", "--because", "x", "--tenant", "nobody's")
    )
