"""The live check of our domains: does DNS say of them what it must (`dnsrecords`)?

Called by the administration pages and by `mailwright doctor --dns`, which bring the resolver.
Promises: never raises for what DNS answers or does not answer; every question has a time limit, and few are asked at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from mailwright.codecs.mailauth import Answer, Question
from mailwright.core.dnsrecords import Record

ANSWER_SECONDS = 5.0  # for one question: somebody waits
AT_ONCE = 8  # questions: a resolver is no place to be rude
MAX_SHOWN = 10  # values of one name that are shown
MAX_CHARACTERS = 500  # of each

LookUp = Callable[[Question], Awaitable[Answer]]
State = Literal["ok", "missing", "differs", "unknown"]

# What a record of these begins with is what makes it one; what follows is the owner's choice.
_ENOUGH = ("v=spf1", "v=DMARC1", "v=STSv1", "v=TLSRPTv1")
_NOBODY = "The name servers gave no answer; try again in a while."


@dataclass(frozen=True, slots=True)
class Checked:
    """A record, whether it is there, what was `found` under its name, and what to do about it in plain words (or nothing)."""

    record: Record
    state: State
    found: tuple[str, ...]
    hint: str


async def check(records: Sequence[Record], look_up: LookUp) -> list[Checked]:
    """Look each of them up."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(question: Question) -> Answer:
        try:
            async with turns, asyncio.timeout(ANSWER_SECONDS):
                return await look_up(question)
        except TimeoutError:
            return Answer(failed=True)

    return list(await asyncio.gather(*(_checked(record, ask) for record in records)))


async def _checked(record: Record, ask: LookUp) -> Checked:
    if record.type == "MX":
        return _mail_hosts(record, await ask(Question(record.name, "MX")))
    if record.type == "SRV":
        return _service(record, await ask(Question(record.name, "SRV")))
    if record.type == "CNAME":
        return await _other_name(record, ask)
    return _text(record, await ask(Question(record.name, "TXT")))


def _mail_hosts(record: Record, answer: Answer) -> Checked:
    host = record.value.partition(" ")[2].rstrip(".").lower()
    hosts = [value for value in answer.values if isinstance(value, tuple)]
    found = tuple(f"{preference} {name}." for preference, name in hosts)
    if any(name == host for _, name in hosts):
        others = len(hosts) - 1
        return _told(record, "ok", found, f"{others} other hosts take mail of the domain, too." if others else "")
    hint = f"Mail of the domain goes to another server: {host} is not among its hosts."
    return _absent(record, answer, found, hint, "Nobody can send mail to the domain yet.")


def _service(record: Record, answer: Answer) -> Checked:
    wanted = record.value.rstrip(".").lower().split(" ")[2:]
    values = [value for value in answer.values if isinstance(value, str)]
    if any(value.split(" ")[2:] == wanted for value in values):
        return _told(record, "ok", tuple(values), "")
    return _absent(record, answer, tuple(values), "It leads mail programs to another server or port.")


async def _other_name(record: Record, ask: LookUp) -> Checked:
    target = record.value.rstrip(".").lower()
    answer = await ask(Question(record.name, "CNAME"))
    names = tuple(value for value in answer.values if isinstance(value, str))
    if target in names:
        return _told(record, "ok", names, "")
    if not names and not answer.failed:
        # An address of the server's under the name does as well.
        here, there = [await ask(Question(name, "A")) for name in (record.name, target)]
        addresses = tuple(value for value in here.values if isinstance(value, str))
        if addresses and set(addresses) & set(there.values):
            return _told(record, "ok", addresses, "")
        return _absent(record, here, addresses, "It leads to another machine.")
    return _absent(record, answer, names, f"It leads to another name than {target}.")


def _text(record: Record, answer: Answer) -> Checked:
    texts = [value.decode("utf-8", "replace") for value in answer.values if isinstance(value, bytes)]
    kind = next((start for start in _ENOUGH if record.value.startswith(start)), None)
    if kind is not None:
        ours = tuple(text for text in texts if text.startswith(kind))
        if len(ours) == 1:
            return _told(
                record,
                "ok",
                ours,
                "" if ours[0] == record.value else "It is not word for word what we suggest; that is fine.",
            )
        # RFC 7208 §4.5, RFC 7489 §6.6.3: two are as bad as none.
        return _absent(
            record, answer, ours, f"There are {len(ours)} records that begin with {kind}; there must be one."
        )
    if "".join(record.value.split()) in {"".join(text.split()) for text in texts}:
        hint = "It can go when mail signed with it has arrived." if record.kind == "dkim-retired" else ""
        return _told(record, "ok", tuple(texts), hint)
    if record.kind == "dkim-retired" and not texts and not answer.failed:
        return _told(record, "ok", (), "It is gone already, as it should be in a while.")
    hint = "The key in DNS is another one: others take the signatures of the domain for forged. Was it cut or copied wrongly?"
    return _absent(record, answer, tuple(texts), hint)


def _absent(record: Record, answer: Answer, found: tuple[str, ...], differs: str, missing: str = "") -> Checked:
    if answer.failed:
        return _told(record, "unknown", found, _NOBODY)
    if found:
        return _told(record, "differs", found, differs)
    added = f"Add it to the zone of the domain: {record.purpose}."
    return _told(record, "missing", found, f"{missing} {added}".strip())


def _told(record: Record, state: State, found: tuple[str, ...], hint: str) -> Checked:
    shown = tuple(_shown(value) for value in found[:MAX_SHOWN])
    return Checked(record, state, shown, hint)


def _shown(value: str) -> str:
    """What strangers put into DNS, fit for a page."""
    return "".join(c if c.isprintable() else "?" for c in value[:MAX_CHARACTERS])
