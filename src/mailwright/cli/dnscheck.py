"""The check of `mailwright doctor --dns`: does DNS say of our domains what it must?

Looks up what `domain dns` prints, as the administration pages do (`core.dnscheck`), and tells what is missing or says something
else. Asks nothing without being asked to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailwright.cli.domains import doors_of
from mailwright.core.checkup import Check

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.core.dnscheck import Checked, LookUp
    from mailwright.settings import Settings


async def checked(core: Core, settings: Settings, look_up: LookUp) -> list[Check]:
    """One check for each record that mail needs, of each domain."""
    from mailwright.core import dkimkeys, dnscheck, dnsrecords, domains
    from mailwright.storage import Tx

    def look(tx: Tx) -> list[tuple[str, dkimkeys.Keys]]:
        return [(domain.name, dkimkeys.of_domain(tx, domain)) for domain in domains.listing(tx)]

    wanted = []
    for name, keys in await core.read(look):
        relayed = settings.smart_host is not None
        records = dnsrecords.records(name, settings.hostname, keys, doors_of(settings), relayed=relayed)
        # Retired keys leave DNS in their own time; programs that set themselves up are a convenience.
        wanted += [record for record in records if record.type in ("MX", "TXT") and record.kind != "dkim-retired"]
    found = [_said(each) for each in await dnscheck.check(wanted, look_up)]
    return found or [Check("dns", "warn", "there is no domain yet")]


def _said(found: Checked) -> Check:
    record = found.record
    what = f"{record.name} {record.type}"
    if found.state == "ok":
        return Check("dns", "ok", f"{what}: {record.purpose}")
    if found.state == "unknown":
        return Check("dns", "warn", f"{what}: nobody answers")
    return Check("dns", "fail" if record.kind == "mx" else "warn", f"{what}: {found.hint} (mailwright domain dns)")
