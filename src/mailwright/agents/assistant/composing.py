"""Composing a draft: who it goes to, its subject, the conversation it belongs to, the text, and below it the mail that it answers.

Called by gather (who is to be written to, read from the header fields of the mail), by the step that files the draft, and by learning
(what of a mail that was sent is the draft's own text).
Promises: recipients come from header fields alone, and never from the text of a mail; the owner is not among them; what is
written has passed the filter of outgoing text. The Message-ID is the caller's.
Does not: send. The owner does, from any mail program.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from mailwright.agents import policy
from mailwright.agents.assistant.snapshot import Snapshot, Written
from mailwright.codecs import mime
from mailwright.codecs.mime import Mailbox, Parsed
from mailwright.core import quoted
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import BadAddress, Refusal

MAX_RECIPIENTS = 50  # To and Cc; a mail to more people is answered to its writer alone
MAX_QUOTED = 20_000  # characters of the mail below a draft: its end is what nobody reads
MAX_NAME = 200

FIELD: Final = "X-Mailwright-Draft"
"""The field that says which mail a draft of ours is for: the id of its row, and who wrote it when rules did."""

_PUBLIC: Final = re.compile(
    r"(?:gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|icloud|me|mac|gmx|web|t-online|freenet|posteo|mailbox|orange|free|laposte|sfr|wanadoo|libero|"
    r"virgilio|tiscali|alice|telefonica|terra|proton|protonmail|pm|aol|mail|zoho|fastmail|tutanota|hey)\.(?:co\.)?[a-z]{2,3}",
    re.IGNORECASE,
)
"""Where anybody may have a mailbox: that a mail comes from there does not make it the owner's own program's."""
_FORMS: Final = re.compile(
    r"(?:(?:contact|kontakt|contacto|contatt[oi]|web|website|site|sitio|sito|shop)?[._-]?(?:forms?|formular\w*|formulaires?|formularios?|modul[oi])|contact|kontakt|contacto|contatt[oi]|"
    r"web|website|webmaster|www|wordpress|no[._-]?reply|do[._-]?not[._-]?reply|shop|(?:an|in)fragen?|enquir(?:y|ies)|demandes?|richieste|consultas)(?:[+._-].*)?",
    re.IGNORECASE,
)
"""Local parts under which web sites send what their forms were filled in with."""

People: TypeAlias = tuple[tuple[str, str], ...]
"""Names and addresses."""

_WROTE: Final = {
    "en": "On {date}, {who} wrote:",
    "de": "Am {date} schrieb {who}:",
    "fr": "Le {date}, {who} a écrit :",
    "es": "El {date}, {who} escribió:",
    "it": "Il {date}, {who} ha scritto:",
}


class NobodyToAnswer(Refusal):
    """The mail names nobody who could be written to."""

    code = "nobody_to_answer"


def recipients(parsed: Parsed, owner: Sequence[str], origin: Origin) -> tuple[People, People]:
    """To and Cc of a reply to all. `owner` are the owner's addresses (`Address.key`); nobody in To: there is nobody to answer.

    RFC 5322 §3.6.2: Reply-To says where replies go. It is followed only when it is proven who wrote the mail, and within the domain of
    From: it would otherwise let a stranger have the owner write to a third person. What is proven to come from a form at a domain of the
    owner's own is followed anywhere: so do the owner's web pages name who filled them in.
    """
    author = [each for each in parsed.from_[:1] if _address(each) is not None]
    wished = [each for each in parsed.reply_to if _address(each) is not None]
    followed = (
        wished
        and author
        and origin is not Origin.STRANGER
        and (_same_domain(wished, author[0]) or _of_a_form(wished, author[0], owner))
    )
    to = wished if followed else author
    mine = {each.casefold() for each in owner}
    seen: set[str] = set()
    primary = _people(to, mine, seen)
    # RFC 5322 §3.6.3: whom the mail went to, beside the owner, gets a copy of the reply.
    others = _people([*parsed.to, *parsed.cc], mine, seen) if primary else ()
    return primary, others if len(primary) + len(others) <= MAX_RECIPIENTS else ()


def compose(snapshot: Snapshot, written: Written, *, message_id: str, date: Instant | None = None) -> bytes:
    """The draft as a message, dated now unless a `date` is given. Raises NobodyToAnswer."""
    to = snapshot.to or _fallback(snapshot)
    if not to:
        raise NobodyToAnswer("the mail names nobody who could be written to")
    text = policy.outgoing(written.text)
    below = policy.outgoing(_quoted(snapshot))
    return mime.compose(
        from_=Mailbox(_plain(snapshot.owner_name), snapshot.owner_addresses[0]),
        to=[Mailbox(_plain(name), address) for name, address in to],
        cc=[Mailbox(_plain(name), address) for name, address in snapshot.cc],
        subject=mime.reply_subject(_plain(snapshot.subject, 4 * MAX_NAME)),
        text=f"{text}\n\n{below}" if below else text,
        message_id=message_id,
        date=clock.now() if date is None else date,
        # RFC 5322 §3.6.4: the mail it answers, and the references of that followed by its id. A mail without an id has neither.
        in_reply_to=snapshot.header_message_id,
        references=snapshot.references if snapshot.header_message_id else (),
        headers=[(FIELD, snapshot.item_id + ("; by=rules" if written.written_by == "rules" else ""))],
    )


def item_of(parsed: Parsed) -> str:
    """The id of the mail that a draft was made for, as its own field says; empty when it is none of ours."""
    return (parsed.header.get(FIELD) or "").partition(";")[0].strip()[:64]


def own_text(raw: bytes) -> str:
    """What of a mail is its writer's: without what is quoted below it, and without a signature."""
    parsed = mime.parse(raw)
    text = mime.body_text(raw, parsed)
    if not text.strip():
        text = mime.html_to_text(mime.body_html(raw, parsed) or "")
    return quoted.split(text, subject=parsed.subject, is_reply=bool(parsed.in_reply_to or parsed.references)).new


def _quoted(snapshot: Snapshot) -> str:
    """The mail as every mail program quotes it: who wrote it when, and its lines behind ">" (RFC 3676 §4.5)."""
    text = snapshot.material.text.strip()
    if not text:
        return ""
    if len(text) > MAX_QUOTED:
        text = text[:MAX_QUOTED].rpartition("\n")[0] + "\n[…]"
    name = _plain(snapshot.sender_name)
    who = f"{name} <{snapshot.sender}>" if name else f"<{snapshot.sender}>"
    when = f"{clock.to_datetime(max(snapshot.received_at, 0)):%Y-%m-%d %H:%M} UTC"
    line = _WROTE.get(snapshot.language, _WROTE["en"]).format(date=when, who=who)
    return "\n".join([line, *(f"> {each}" if not each.startswith(">") else f">{each}" for each in text.split("\n"))])


def _fallback(snapshot: Snapshot) -> People:
    """Snapshots from before recipients were kept: the sender."""
    return _people([Mailbox(snapshot.sender_name, snapshot.sender)], set(snapshot.owner_addresses), set())


def _people(mailboxes: Sequence[Mailbox], mine: set[str], seen: set[str]) -> People:
    out = []
    for each in mailboxes:
        address = _address(each)
        if address is None or address.key in mine or str(address).casefold() in seen:
            continue
        seen.add(str(address).casefold())
        out.append((_plain(each.name), str(address)))
    return tuple(out)


def _same_domain(wished: Sequence[Mailbox], author: Mailbox) -> bool:
    own = _address(author)
    return own is not None and all((to := _address(each)) is not None and to.domain == own.domain for each in wished)


def _of_a_form(wished: Sequence[Mailbox], author: Mailbox, owner: Sequence[str]) -> bool:
    """Whether a mail comes from a program of the owner's own domain for one other person. At a domain where anybody may have a
    mailbox its author would be somebody else."""
    own = _address(author)
    if own is None or len(wished) != 1 or _PUBLIC.fullmatch(own.domain):
        return False
    return _FORMS.fullmatch(own.local) is not None and own.domain in {each.rpartition("@")[2] for each in owner}


def _address(mailbox: Mailbox) -> Address | None:
    try:
        return Address.parse(mailbox.address)
    except BadAddress:
        return None


def _plain(name: str, most: int = MAX_NAME) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:most]
