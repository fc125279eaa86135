"""The check of `mailwright doctor --dns`: does DNS say of our domains what it must?

Looks up what `domain dns` prints and tells what is missing or says something else. Asks nothing without being asked to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mailwright.cli.checkup import Check
from mailwright.cli.domains import doors_of
from mailwright.codecs.mailauth import Answer, Question

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.core.dnsrecords import Record
    from mailwright.settings import Settings

LookUp = Callable[[Question], Awaitable[Answer]]

# What a record of these begins with is what makes it one; what follows is the owner's choice.
_ENOUGH = ("v=spf1", "v=DMARC1", "v=STSv1", "v=TLSRPTv1")


async def checked(core: Core, settings: Settings, look_up: LookUp) -> list[Check]:
    """One check for each record that mail needs, of each domain."""
    from mailwright.core import dkimkeys, dnsrecords, domains
    from mailwright.storage import Tx

    def look(tx: Tx) -> list[tuple[str, dkimkeys.Keys]]:
        return [(domain.name, dkimkeys.of_domain(tx, domain)) for domain in domains.listing(tx)]

    found = []
    for name, keys in await core.read(look):
        relayed = settings.smart_host is not None
        records = dnsrecords.records(name, settings.hostname, keys, doors_of(settings), relayed=relayed)
        # Retired keys leave DNS in their own time; programs that set themselves up are a convenience.
        wanted = [record for record in records if record.type == "MX" or record.type == "TXT"]
        gone = {record.name for record in dnsrecords.of_keys(name, keys.retired)}
        for record in wanted:
            if record.name not in gone:
                found.append(await _checked(record, look_up))
    return found or [Check("dns", "warn", "there is no domain yet")]


async def _checked(record: Record, look_up: LookUp) -> Check:
    answer = await look_up(Question(record.name, "MX" if record.type == "MX" else "TXT"))
    what = f"{record.name} {record.type}"
    if answer.failed:
        return Check("dns", "warn", f"{what}: nobody answers")
    if record.type == "MX":
        host = record.value.partition(" ")[2].rstrip(".").lower()
        if any(isinstance(value, tuple) and value[1] == host for value in answer.values):
            return Check("dns", "ok", f"{what}: {host}")
        return Check("dns", "fail", f"{what}: {host} is not among the hosts; nobody's mail comes here")
    texts = [value.decode("utf-8", "replace") for value in answer.values if isinstance(value, bytes)]
    kind = next((start for start in _ENOUGH if record.value.startswith(start)), None)
    if kind is not None:
        fine = sum(text.startswith(kind) for text in texts) == 1  # two are as bad as none
    else:
        fine = "".join(record.value.split()) in {"".join(text.split()) for text in texts}
    if fine:
        return Check("dns", "ok", f"{what}: {record.purpose}")
    return Check(
        "dns", "warn", f"{what}: missing, or not what it should be ({record.purpose}; see mailwright domain dns)"
    )
