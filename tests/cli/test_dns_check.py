"""`doctor --dns`: what DNS says of our domains, with a DNS of the test's own."""

import asyncio
from pathlib import Path

from mailwright.cli.dnscheck import checked
from mailwright.codecs.mailauth import Answer, Question
from mailwright.core.checkup import Check
from mailwright.installation import build_core
from mailwright.settings import load
from tests.cli.conftest import Run, json_of


def _looked_at(zone: dict[tuple[str, str], Answer]) -> list[Check]:
    async def look_up(question: Question) -> Answer:
        return zone.get((question.name, question.kind), Answer())

    core = build_core(load())
    try:
        return asyncio.run(checked(core, load(), look_up))
    finally:
        core.database.close()


def test_a_domain_whose_records_are_there_is_well(run: Run, installed: Path) -> None:
    records = json_of(run("domain", "dns", "mailwright.test", "--json"))["records"]
    zone = {
        (record["name"], "TXT"): Answer((record["value"].encode(),)) for record in records if record["type"] == "TXT"
    }
    zone[("mailwright.test", "MX")] = Answer(((20, "elsewhere.example"), (10, "localhost")))
    zone[("mailwright.test", "TXT")] = Answer((b"another text", b"v=spf1 include:example.org -all"))
    assert {check.status for check in _looked_at(zone)} == {"ok"}


def test_what_is_missing_wrong_or_unknown_is_told(run: Run, installed: Path) -> None:
    zone = {
        ("mailwright.test", "MX"): Answer(((10, "elsewhere.example"),)),
        ("mailwright.test", "TXT"): Answer((b"v=spf1 -all", b"v=spf1 mx -all")),
        ("_dmarc.mailwright.test", "TXT"): Answer(failed=True),
    }
    found = {check.because.partition(":")[0]: check for check in _looked_at(zone)}
    assert found["mailwright.test MX"].status == "fail"
    assert found["mailwright.test TXT"].status == "warn"
    assert "nobody answers" in found["_dmarc.mailwright.test TXT"].because
    assert sum("_domainkey" in name and check.status == "warn" for name, check in found.items()) == 2
