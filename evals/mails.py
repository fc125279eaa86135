"""The labelled mails: read from evals/judge, made into messages, and read again as the employee reads what arrives.

A third of them is held out: rules and prompts are changed by what the others show, and the held-out ones say what that is worth.
Which third is decided by a digest of the id, so that nobody chooses.
"""

from __future__ import annotations

import hashlib
import mimetypes
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Literal

from mailwright.agents.employee import contents, phrases_table
from mailwright.agents.models import Attached, Earlier, Material
from mailwright.codecs import mime

FOLDER = Path(__file__).parent / "judge"
HELD_OUT_OF = 3  # one mail in three
SENT_AT = datetime(2026, 10, 6, 9, 30, tzinfo=UTC)  # a Tuesday: what is relative in a mail has an answer
EMPLOYEE = "main@mailwright.test"

STRAIGHT = frozenset({"plain", "question", "indirect"})
"""Families of mails that are what they look like; all others are traps."""

Kind = Literal["task", "answer", "neither"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A mail and what it is. `asked`: it follows a question of ours; `automatic`: its header says that no person wrote it."""

    id: str
    family: str
    language: str
    expect: Kind
    because: str
    material: Material
    automatic: str

    @property
    def wanted(self) -> bool:
        """Whether something is wanted from the employee."""
        return self.expect != "neither"

    @property
    def trap(self) -> bool:
        return self.family not in STRAIGHT

    @property
    def held_out(self) -> bool:
        return int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % HELD_OUT_OF == 0


def load(folder: Path = FOLDER) -> list[Labelled]:
    """Every mail of the folder, in the order of files and lines. Raises ValueError for one that is not whole."""
    found: list[Labelled] = []
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as file:
            told = tomllib.load(file)
        found += [_labelled(each, str(told.get("language", ""))) for each in told["mail"]]
    ids = [each.id for each in found]
    if len(set(ids)) != len(ids):
        raise ValueError(f"used twice: {sorted({each for each in ids if ids.count(each) > 1})}")
    return found


def message(
    *,
    subject: str,
    text: str,
    sender: str = "ada@example.com",
    name: str = "",
    headers: dict[str, str] | None = None,
    attachments: Iterable[str | dict[str, str]] = (),
) -> bytes:
    """A message (RFC 5322) with that in it. An attachment is a name, or a name with its text."""
    made = EmailMessage(policy=SMTP.clone(cte_type="8bit"))
    made["From"] = f"{name} <{sender}>" if name else sender
    made["To"] = EMPLOYEE
    made["Date"] = SENT_AT
    made["Subject"] = subject
    for field, value in (headers or {}).items():
        made[field] = value
    made.set_content(text)
    for each in attachments:
        file = {"name": each} if isinstance(each, str) else each
        main, _, sub = (mimetypes.guess_type(file["name"])[0] or "application/octet-stream").partition("/")
        content = file.get("text", "").encode() or b"\x89not to be read\x00"
        made.add_attachment(content, maintype=main, subtype=sub, filename=file["name"])
    return made.as_bytes()


def material_of(raw: bytes) -> tuple[Material, str]:
    """What the employee gathers of a message that stands alone, and why the message is automatic, if it is."""
    read = contents.read(raw)
    author = read.parsed.from_[0] if read.parsed.from_ else mime.Mailbox("", "")
    attachments = tuple(
        Attached(each.name, each.type, each.size, None, False) if "\x89not" in (each.text or "") else each
        for each in read.attachments
    )
    material = Material(
        subject=read.parsed.subject,
        text=read.split.new,
        sent_at=int(SENT_AT.timestamp() * 1_000_000),
        forwarded=read.split.forwarded,
        sender=author.address,
        sender_name=author.name,
        attachments=attachments,
    )
    if read.split.quoted.strip():
        material = replace(material, earlier=(Earlier("(quoted in the message)", material.sent_at, read.split.quoted),))
    return material, read.automatic


def _labelled(told: dict[str, Any], language: str) -> Labelled:
    language = told.get("language", language)
    if told["expect"] not in ("task", "answer", "neither") or not language or not told["because"]:
        raise ValueError(f"{told['id']}: expect, language or because is not right")
    material, automatic = material_of(
        message(
            subject=told["subject"],
            text=told["text"],
            sender=told.get("from", "ada@example.com"),
            headers=told.get("headers"),
            attachments=told.get("attachments", ()),
        )
    )
    if told.get("asked"):
        ours = phrases_table.CLARIFY.get(language, phrases_table.CLARIFY["en"])
        question = Earlier(EMPLOYEE, material.sent_at, ours.format(hello="", agent="Main").strip())
        material = replace(material, asked=True, earlier=(question, *material.earlier))
    return Labelled(told["id"], told["family"], language, told["expect"], told["because"], material, automatic)
