"""The labelled conversations: read from evals/triage, made into messages, and read again as the assistant reads an inbox.

Called by triaging and drafting. Each is a mail to an owner with what came before it, what it is to the owner, and what a reply that
is due has in it. Half of them are held out, chosen by a digest of their ids, so that nobody chooses: rules and prompts are changed by
what the others show. Those in `unseen/` are of kinds that no rule was changed by, neither those nor others of their kind in another
language, and are a part of their own. Raises ValueError for a conversation that is not whole. Asks no model.

A file has a `language`, an `owner`, and a `[[mail]]` for each conversation (docs/howto/evaluate.md shows one). What is not said is
the usual: `to = ["me"]`, `dmarc = "pass"`, `kind = "person"`, a draft is due where a reply is needed, and it has a visible gap unless
there are `facts` to answer from.
"""

from __future__ import annotations

import hashlib
import mimetypes
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal

from mailwright.domain.triage import Category, MailKind

HELD_OUT, TO_TUNE_ON, UNSEEN = "held out", "to tune on", "of unseen kinds"
PARTS = (HELD_OUT, TO_TUNE_ON, UNSEEN)
FOLDER = Path(__file__).parent / "triage"
HELD_OUT_OF = 2
SENT_AT = datetime(2026, 10, 6, 9, 30, tzinfo=UTC)  # a Tuesday: what is relative in a mail has an answer
BETWEEN = timedelta(hours=7)  # from one mail of a conversation to the next
MAX_WORDS = 200

STRAIGHT = frozenset({"question", "request", "scheduling", "complaint", "told", "scam"})
"""Families of mails that are what they look like; all others are traps."""

_HEADER = {"from", "to", "cc", "subject", "headers", "attachments"}
_AROUND = {"text", "thread", "after", "dmarc", "known", "facts"}
_LABELS = {"id", "family", "language", "expect", "kind", "draft", "because", "points", "lacks", "gap", "max_words"}


@dataclass(frozen=True, slots=True)
class Part:
    """One mail of a conversation. `mine`: the owner wrote it."""

    id: str
    raw: bytes
    text: str
    mine: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reply has. `points`: of each one wording must be there; `lacks` must not; `gap`: something in it can only be filled by
    the owner, and the draft shows that."""

    points: tuple[tuple[str, ...], ...]
    lacks: tuple[str, ...]
    gap: bool
    max_words: int


@dataclass(frozen=True, slots=True)
class Thread:
    """A mail in its conversation, and what it is to its owner."""

    id: str
    family: str
    language: str
    owner: str
    owner_name: str
    sender: str
    sender_name: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    mail: Part
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    dmarc: Literal["pass", "none", "fail"]
    known: bool
    expect: Category
    kind: MailKind
    draft: bool
    because: str
    facts: str
    wanted: Wanted
    unseen: bool = False

    @property
    def trap(self) -> bool:
        return self.family not in STRAIGHT

    @property
    def held_out(self) -> bool:
        return self.unseen or int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % HELD_OUT_OF == 0

    @property
    def part(self) -> str:
        return UNSEEN if self.unseen else HELD_OUT if self.held_out else TO_TUNE_ON


def load(folder: Path = FOLDER) -> list[Thread]:
    """Every conversation of the folder, in the order of files and lines."""
    found: list[Thread] = []
    for path in (*sorted(folder.glob("*.toml")), *sorted(folder.glob("unseen/*.toml"))):
        with path.open("rb") as file:
            told = tomllib.load(file)
        unseen = path.parent != folder
        found += [_thread(each, told["language"], told["owner"], unseen=unseen) for each in told["mail"]]
    ids = [each.id for each in found]
    if len(set(ids)) != len(ids):
        raise ValueError(f"used twice: {sorted({each for each in ids if ids.count(each) > 1})}")
    return found


def _thread(told: Mapping[str, Any], language: str, owner: str, *, unseen: bool) -> Thread:
    name = told["id"]
    if unknown := set(told) - _HEADER - _AROUND - _LABELS:
        raise ValueError(f"{name}: {sorted(unknown)} means nothing here")
    expect = Category(told["expect"])
    draft = bool(told.get("draft", expect is Category.NEEDS_REPLY))
    points = tuple(tuple(each.split("|")) for each in told.get("points", ()))
    facts = told.get("facts", "")
    if not told["because"] or draft != bool(points):
        raise ValueError(f"{name}: because or points are missing, or points are given where no draft is due")
    earlier, later = told.get("thread", ()), told.get("after", ())
    owner_name, owner_address = parseaddr(owner)
    sender_name, sender = parseaddr(told["from"])
    parts = _parts(told, owner, earlier, later)
    mine = [each for each in earlier if each.get("mine")]
    return Thread(
        id=name,
        family=told["family"],
        language=told.get("language", language),
        owner=owner_address,
        owner_name=owner_name,
        sender=sender,
        sender_name=sender_name,
        to=tuple(owner_address if each == "me" else each for each in told.get("to", ("me",))),
        cc=tuple(owner_address if each == "me" else each for each in told.get("cc", ())),
        subject=told["subject"],
        mail=parts[len(earlier)],
        before=tuple(parts[: len(earlier)]),
        after=tuple(parts[len(earlier) + 1 :]),
        dmarc=told.get("dmarc", "pass"),
        known=bool(told.get("known", bool(mine))),
        expect=expect,
        kind=MailKind(told.get("kind", "person")),
        draft=draft,
        because=told["because"],
        facts=facts,
        wanted=Wanted(
            points, tuple(told.get("lacks", ())), draft and told.get("gap", not facts), told.get("max_words", MAX_WORDS)
        ),
        unseen=unseen,
    )


def _parts(
    told: Mapping[str, Any], owner: str, earlier: Sequence[Mapping[str, Any]], later: Sequence[Mapping[str, Any]]
) -> list[Part]:
    """Every mail of the conversation as a message (RFC 5322), each answering the one before it."""
    made: list[Part] = []
    references: list[str] = []
    for number, each in enumerate((*earlier, told, *later)):
        mine = bool(each.get("mine"))
        at = SENT_AT + (number - len(earlier)) * BETWEEN
        header_id = f"<{told['id']}.{number}@mail.example.org>"
        addressed = told if each is told else {"to": [told["from"]] if mine else ["me"]}
        message = EmailMessage(policy=SMTP.clone(cte_type="8bit"))
        message["From"] = owner if mine else each.get("from", told["from"])
        for field, usual in (("to", ["me"]), ("cc", [])):
            if people := [owner if one == "me" else one for one in addressed.get(field, usual)]:
                message[field.title()] = ", ".join(people)
        message["Date"] = at
        message["Message-ID"] = header_id
        if references:
            message["In-Reply-To"] = references[-1]
            message["References"] = " ".join(references)
        message["Subject"] = told["subject"]
        for field, value in each.get("headers", {}).items():
            message[field] = value
        text = each["text"].strip() + "\n"
        message.set_content(text)
        for attached in each.get("attachments", ()):
            main, _, sub = (mimetypes.guess_type(attached)[0] or "application/octet-stream").partition("/")
            message.add_attachment(b"\x89not to be read\x00", maintype=main, subtype=sub, filename=attached)
        references.append(header_id)
        made.append(Part(header_id, message.as_bytes(), text, mine, at))
    return made
