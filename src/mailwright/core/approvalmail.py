"""The mail that asks a person for an approval: plain words, what would leave, and a link to say yes or no.

Called by the consumer of APPROVAL_ASKED (`agents.approved`).
Promises: one mail for each approval, however often it is called; who has the link decides that one thing, once. What others wrote
(subject, text, names of files, reasons of a model) stands behind "> " on every line and cannot be followed: no link but ours works,
and nothing can look like words of ours. Who shares the INBOX, or lets an agent read it, gets no such link but the way to the
dashboard: whoever reads that mail must not decide in their place. The mail itself is automatic (RFC 3834), and nobody is told when
it cannot be delivered.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailwright.codecs import mime
from mailwright.core import Core, approvals, approvalviews, outbox
from mailwright.core.approvalviews import Shown
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import SECOND, to_datetime
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadAddress, NotFound
from mailwright.storage import Tx, accounts, assignments, mailboxes
from mailwright.storage import approvals as rows
from mailwright.storage.accounts import Account
from mailwright.storage.approvals import Approval

TOKEN_OCTETS = 32
PATH = "/approve/"
AGENTS = "/app/agents"
MAX_LINES = 12  # of the text that are quoted: the page shows all of it
MAX_LINE = 300  # characters
MAX_NAMED = 20  # recipients and files; the page names all


@dataclass(frozen=True, slots=True)
class _Asked:
    approval: Approval
    person: Account
    alone: bool  # nobody else reads the person's INBOX


async def mail(core: Core, approval_id: str) -> bool:
    """Ask the person by mail. False when that was done, or there is nothing to decide any more. Raises TryLater."""
    asked = await core.read(lambda tx: _look(tx, approval_id))
    if asked is None:
        return False
    approval, person = asked.approval, asked.person
    try:
        shown = await approvalviews.show(core, approval)
        to = Address.parse(person.email)
    except (NotFound, BadAddress):  # the bytes are gone, or an outside sender of long ago
        return False
    token = secrets.token_urlsafe(TOKEN_OCTETS) if asked.alone else ""
    message_id = f"<{derived_token('approval', approval.id)}@{core.settings.hostname}>"
    sender = Address.parse(f"postmaster@{_home(person, core)}")
    raw = compose(core, approval, shown, sender=sender, to=to, token=token, message_id=message_id)
    blob = await core.blobs.stage(approval.tenant_id, raw)

    def write(tx: Tx) -> bool:
        if token and not rows.set_token(tx, approval.id, approvals.digest_of(token)):
            return False  # decided meanwhile, or another process was faster
        core.blobs.put(tx, blob)
        queued = outbox.enqueue(
            tx,
            tenant_id=approval.tenant_id,
            user_id=None,
            sender=None,  # RFC 3834 §3.3
            recipients=[to],
            blob_id=blob.id,
            message_id=message_id,
            idempotency_key=f"approval-mail:{approval.id}",
            correlation_id=approval.correlation_id,
            verdict=Verdict(Origin.STRANGER, None, "our own mail that asks for an approval"),
            dsn=False,
            vouched=True,
        )
        return bool(queued)

    return await core.write(write)


def _look(tx: Tx, approval_id: str) -> _Asked | None:
    approval = rows.by_id(tx, approval_id)
    if approval is None or approvals.is_over(approval, clock.now()):
        return None
    person = accounts.by_id(tx, approval.user_id)
    if person is None or person.status != "active" or person.role == "agent":
        return None
    inbox = mailboxes.by_role(tx, person.id, "inbox")
    shared = inbox is not None and any("r" in rights for rights in mailboxes.acl(tx, inbox.id).values())
    return _Asked(approval, person, not shared and not assignments.is_read_by_agents(tx, person.id))


def _home(person: Account, core: Core) -> str:
    """The domain our mail to a person is from: their own, when it is one of ours."""
    return core.settings.hostname if person.role == "guest" else person.email.rpartition("@")[2]


def compose(
    core: Core, approval: Approval, shown: Shown, *, sender: Address, to: Address, token: str, message_id: str
) -> bytes:
    """The mail. Without a token it leads to the dashboard."""
    settings = core.settings
    return mime.compose(
        from_=mime.Mailbox(settings.brand.name, str(sender)),
        to=[mime.Mailbox("", str(to))],
        subject=f"Your approval is needed: {approval.sender} wants to send a mail",
        text="\n".join(_lines(core, approval, shown, token)),
        message_id=message_id,
        date=clock.now() // SECOND * SECOND,
        headers=[("Auto-Submitted", "auto-generated")],  # RFC 3834 §5
    )


def _lines(core: Core, approval: Approval, shown: Shown, token: str) -> Iterator[str]:
    until = f"{to_datetime(approval.expires_at):%d %B %Y, %H:%M} UTC"
    yield f"{approval.sender} (the {approval.agent}) wants to send a mail and asks you first."
    yield 'Lines that begin with ">" quote what others wrote; links in them were taken out.'
    yield ""
    yield f"It would go to {_many(len(approval.recipients), 'recipient')}:"
    yield from _quoted(approval.recipients[:MAX_NAMED], addresses=True)
    yield from _more(len(approval.recipients) - MAX_NAMED)
    for title, value in (
        ("Its subject:", approval.subject),
        ("What it is for:", approval.summary),
        ("Why you are asked:", approval.because),
    ):
        if value.strip():
            yield from ("", title, *_quoted([value]))
    text = [line for line in shown.text.splitlines() if line.strip()]
    if text:
        yield from ("", "Its first lines:", *_quoted(text[:MAX_LINES]))
        yield from _more(len(text) - MAX_LINES)
    if shown.attachments:
        yield from ("", f"With {_many(len(shown.attachments), 'file')}:")
        yield from _quoted(f"{each.name} ({each.size} bytes)" for each in shown.attachments[:MAX_NAMED])
        yield from _more(len(shown.attachments) - MAX_NAMED)
    yield ""
    if token:
        yield "Open this page to see all of it, and to approve or reject it:"
        yield ""
        yield f"{core.settings.public_url}{PATH}{token}"
        yield ""
        yield f"The link is for this one mail. It works once, until {until}. Opening the page changes nothing;"
        yield "only its buttons do. Keep the link to yourself: who has it can decide in your place."
    else:
        yield "Others can read your inbox, so this mail has no link that decides. Sign in to approve or reject it:"
        yield ""
        yield f"{core.settings.public_url}{AGENTS}"
        yield ""
        yield f"There is time until {until}."
    yield "If you do nothing, nothing is sent. Nobody reads answers to this mail."
    yield ""


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _more(count: int) -> list[str]:
    return [f"(and {count} more, which the page shows)"] if count > 0 else []


def _quoted(texts: Iterable[str], *, addresses: bool = False) -> Iterator[str]:
    """Each line behind a mark, bounded, and with nothing in it that a mail program would make a link of."""
    for text in texts:
        for line in text.splitlines():  # at whatever any program takes for the end of a line
            shown = without_links(line, addresses=addresses).strip()
            yield f"> {shown[:MAX_LINE]}{' …' if len(shown) > MAX_LINE else ''}"


def without_links(text: str, *, addresses: bool = False) -> str:
    """The text without addresses of pages, and without characters that hide or turn others. Mail addresses stay.

    `addresses`: it is one mail address, whose domain stays as it is.
    """
    kept = "".join(" " if c == "\t" else c for c in text if c == "\t" or unicodedata.category(c) not in _UNSEEN)
    kept = _WITH_SCHEME.sub(_REMOVED, kept)
    if addresses:
        return kept
    kept = _HOST_AND_PATH.sub(_REMOVED, kept)
    return _HOST.sub(_broken, kept)


def _broken(found: re.Match[str]) -> str:
    """A host's name that no program takes for one; the name of a file stays."""
    name = found[0]
    return name if name.rpartition(".")[2].lower() in _FILES else re.sub(f"[{_DOTS}]", "[.]", name)


_REMOVED = "[link removed]"
_FILES = frozenset(  # endings of names that no domain has
    [
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "csv",
        "tsv",
        "txt",
        "ppt",
        "pptx",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "json",
        "ics",
        "eml",
    ]
)
_UNSEEN = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
_DOTS = ".\u3002\uff0e\uff61"  # IDNA takes all of these for a dot (RFC 3490 §3.1), and so do mail programs
_WITH_SCHEME = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]{1,20}:[/\\]{1,3}\S*|(?:mailto|tel|sms|data|javascript|vbscript|file):\S+|www[.\u3002\uff0e\uff61]\S+)",
    re.IGNORECASE,
)
_LABELS = rf"(?<![\w@{_DOTS}-])(?:[\w-]{{1,63}}[{_DOTS}]){{1,10}}[^\W\d_][\w-]{{1,62}}"
_HOST_AND_PATH = re.compile(
    rf"{_LABELS}(?::\d{{1,5}})?[/?#]\S*|(?<![\w.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+)?[/?#]\S*"
)
_HOST = re.compile(rf"{_LABELS}(?![\w@-]|[{_DOTS}]\w)")
