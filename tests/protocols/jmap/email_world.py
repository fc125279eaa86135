"""A mailbox full of mail made at random, and what a query over it should answer, worked out the slow way.

`World.answer` looks at every Email as Email/get tells it and knows nothing of indexes, caches or SQL.
"""

from __future__ import annotations

import random
from typing import Any

from mailwright.codecs.imap.basesubject import base_subject
from mailwright.codecs.jmap import collations
from mailwright.core import access, expunge, marking, moving
from mailwright.domain import clock
from mailwright.storage import Tx, views
from mailwright.storage.messages import Flag
from tests.protocols.jmap.conftest import Client

NAMES = ("Ada", "Bashir", "Chen", "Özlem", "ada")
WORDS = ("budget", "invoice", "Café", "meeting", "report")
KEYWORDS = ("$seen", "$flagged", "$answered", "$work", "$forwarded")
FLAGS = {"$seen": Flag.SEEN, "$flagged": Flag.FLAGGED, "$answered": Flag.ANSWERED, "$draft": Flag.DRAFT}
EPOCH = 1_790_000_000 * clock.SECOND
PROPERTIES = [
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "sentAt",
    "from",
    "to",
    "cc",
    "subject",
    "hasAttachment",
]


class World:
    """Ada's mail: three mailboxes, threads across them, keywords, equal moments."""

    def __init__(self, ada: Client, seed: int) -> None:
        self.ada = ada
        self.chance = random.Random(seed)
        self.mailboxes: list[str] = []
        self.number = 0

    async def prepare(self, messages: int) -> None:
        """Make mailboxes and mail."""
        self.mailboxes = [await self.ada.role("inbox"), await self.ada.mailbox("Work"), await self.ada.role("archive")]
        for _ in range(messages):
            await self.arrive()

    async def arrive(self) -> None:
        """One message more, perhaps an answer to an earlier one."""
        pick = self.chance.choice
        self.number += 1
        extra = f"Cc: {pick(NAMES)} <cc@example.net>\n" if self.chance.random() < 0.3 else ""
        if self.number > 1 and self.chance.random() < 0.5:
            extra += f"In-Reply-To: <{self.chance.randrange(1, self.number)}@example.org>\n"
        text = (
            f"From: {pick(NAMES)} <{pick(WORDS).encode('ascii', 'ignore').decode()}@example.org>\n"
            f"To: {pick(NAMES)} <to@mailwright.test>\nSubject: {pick(('', 'Re: ', 'Fwd: '))}{pick(WORDS)}\n"
            f"Message-ID: <{self.number}@example.org>\nDate: Fri, {pick((20, 21))} Nov 2026 10:00:00 +0100\n{extra}"
        )
        body = f"{pick(WORDS)} {'x' * self.chance.randrange(5)}"
        if self.chance.random() < 0.3:
            kind = pick(("attachment; filename=a.pdf", "inline"))
            text += (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n"
                f"{body}\n--b\nContent-Type: application/pdf\nContent-Disposition: {kind}\n\nx\n--b--\n"
            )
        else:
            text += f"\n{body}\n"
        flags, words = self._keywords()
        await self.ada.file(
            text.replace("\n", "\r\n").encode(),
            mailbox_id=pick(self.mailboxes),
            flags=flags,
            keywords=words,
            received_at=EPOCH + self.chance.randrange(20) * clock.DAY,
        )

    def _keywords(self) -> tuple[Flag, tuple[str, ...]]:
        chosen = [each for each in KEYWORDS if self.chance.random() < 0.4]
        flags = Flag(0)
        for each in chosen:
            flags |= FLAGS.get(each, Flag(0))
        return flags, tuple(each for each in chosen if each not in FLAGS)

    async def happen(self) -> None:
        """Something changes: mail comes, goes, moves, or is marked."""
        what = self.chance.random()
        if what < 0.3:
            await self.arrive()
            return
        source = self.chance.choice(self.mailboxes)
        target = self.chance.choice([each for each in self.mailboxes if each != source])

        def change(tx: Tx) -> None:
            uids = list(views.uids(tx, source))
            if not uids:
                return
            chosen = sorted(self.chance.sample(uids, min(len(uids), self.chance.choice((1, 1, 2)))))
            reached = access.by_id(tx, self.ada.account, source)
            if what < 0.5:
                expunge.remove_uids(tx, source, chosen, because="a test")
            elif what < 0.7:
                moving.move(tx, self.ada.core, reached, access.by_id(tx, self.ada.account, target), chosen)
            else:
                mode: marking.Mode = "add" if what < 0.9 else "remove"
                flag = self.chance.choice((Flag.SEEN, Flag.FLAGGED, Flag.DELETED))
                words = self.chance.choice(((), ("$work",)))
                marking.store(tx, reached, chosen, mode=mode, flags=int(flag), keywords=words)

        await self.ada.core.write(change)

    # --- the slow way -------------------------------------------------------------------------------------------

    async def emails(self) -> list[dict[str, Any]]:
        """Every Email."""
        ids = (await self.ada.call("Email/query", filter={}))["ids"]
        found: list[dict[str, Any]] = (await self.ada.call("Email/get", ids=ids, properties=PROPERTIES))["list"]
        return found

    @staticmethod
    def answer(emails: list[dict[str, Any]], filter: Any, sort: list[dict[str, Any]], *, collapse: bool) -> list[str]:
        """The ids that a query answers with."""
        found = [each for each in emails if filter is None or _holds(filter, each, emails)]
        order = sort or [{"property": "receivedAt", "isAscending": False}]
        found.sort(key=lambda each: each["id"], reverse=not order[-1].get("isAscending", True))
        for by in reversed(order):
            found.sort(key=lambda each, by=by: _key(by, each, emails), reverse=not by.get("isAscending", True))  # type: ignore[misc]
        if not collapse:
            return [each["id"] for each in found]
        seen: dict[str, str] = {}
        for each in found:
            seen.setdefault(each["threadId"], each["id"])
        return list(seen.values())

    def filter(self, depth: int = 0) -> Any:
        """A filter of rows, at random."""
        roll = self.chance.random()
        if depth < 3 and roll < 0.4:
            conditions = [self.filter(depth + 1) for _ in range(self.chance.randrange(4))]
            return {"operator": self.chance.choice(("AND", "OR", "NOT")), "conditions": conditions}
        return dict(self.chance.choice(self._conditions()) for _ in range(self.chance.choice((0, 1, 1, 1, 2))))

    def _conditions(self) -> list[tuple[str, Any]]:
        pick = self.chance.choice
        moment = clock.to_datetime(EPOCH + self.chance.randrange(20) * clock.DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [
            ("inMailbox", pick([*self.mailboxes, "gone"])),
            ("inMailboxOtherThan", self.chance.sample(self.mailboxes, self.chance.randrange(3))),
            ("before", moment),
            ("after", moment),
            ("minSize", self.chance.randrange(250, 500)),
            ("maxSize", self.chance.randrange(250, 500)),
            *[(name, pick(KEYWORDS)) for name in ("hasKeyword", "notKeyword")],
            *[(f"{share}InThreadHaveKeyword", pick(KEYWORDS)) for share in ("all", "some", "none")],
            ("hasAttachment", pick((True, False))),
        ]

    def sort(self) -> list[dict[str, Any]]:
        """A sort, at random."""
        found = []
        for _ in range(self.chance.choice((0, 1, 1, 2, 3))):
            name = self.chance.choice(
                (
                    "receivedAt",
                    "receivedAt",
                    "size",
                    "from",
                    "to",
                    "subject",
                    "sentAt",
                    "hasKeyword",
                    "allInThreadHaveKeyword",
                    "someInThreadHaveKeyword",
                )
            )
            by: dict[str, Any] = {"property": name, "isAscending": self.chance.random() < 0.5}
            if name.endswith("Keyword"):
                by["keyword"] = self.chance.choice(KEYWORDS)
            if name in ("from", "to", "subject") and self.chance.random() < 0.3:
                by["collation"] = "i;ascii-casemap"
            found.append(by)
        return found


def _holds(filter: Any, email: dict[str, Any], emails: list[dict[str, Any]]) -> bool:
    if "operator" in filter:
        inner = [_holds(each, email, emails) for each in filter["conditions"]]
        return {"AND": all(inner), "OR": any(inner), "NOT": not any(inner)}[filter["operator"]]
    return all(_condition(name, value, email, emails) for name, value in filter.items())


def _condition(name: str, value: Any, email: dict[str, Any], emails: list[dict[str, Any]]) -> bool:
    thread = (
        [value in each["keywords"] for each in emails if each["threadId"] == email["threadId"]]
        if "Thread" in name
        else []
    )
    checks: dict[str, Any] = {
        "inMailbox": lambda: value in email["mailboxIds"],
        "inMailboxOtherThan": lambda: any(each not in value for each in email["mailboxIds"]),
        "before": lambda: email["receivedAt"] < value,
        "after": lambda: email["receivedAt"] >= value,
        "minSize": lambda: email["size"] >= value,
        "maxSize": lambda: email["size"] < value,
        "hasKeyword": lambda: value in email["keywords"],
        "notKeyword": lambda: value not in email["keywords"],
        "allInThreadHaveKeyword": lambda: all(thread),
        "someInThreadHaveKeyword": lambda: any(thread),
        "noneInThreadHaveKeyword": lambda: not any(thread),
        "hasAttachment": lambda: email["hasAttachment"] is value,
    }
    return bool(checks[name]())


def _key(by: dict[str, Any], email: dict[str, Any], emails: list[dict[str, Any]]) -> Any:
    name, keyword = by["property"], by.get("keyword")
    thread = (
        [keyword in each["keywords"] for each in emails if each["threadId"] == email["threadId"]] if keyword else []
    )
    collation = by.get("collation", collations.UNICODE)
    if name in ("from", "to"):
        first = (email[name] or [{"name": "", "email": ""}])[0]
        return collations.key(first["name"] or first["email"], collation)
    if name == "subject":
        return collations.key(base_subject(email["subject"] or "").text, collation)
    if name.endswith("Keyword"):
        return {
            "hasKeyword": keyword in email["keywords"],
            "allInThreadHaveKeyword": all(thread),
            "someInThreadHaveKeyword": any(thread),
        }[name]
    return email[name]
