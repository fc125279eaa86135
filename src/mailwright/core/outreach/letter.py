"""Letter: an outreach mail as a message: its text, what stands below it, its header.

Called by `sending` and `drafts`. Promises: the text is the one its owner sees, word for word, and nothing in it waits to be filled in;
what says how to be left alone is in every one of them; the same values give the same bytes, but for the seal of the link.
"""

from __future__ import annotations

import hashlib
import re

from mailwright.codecs import mime
from mailwright.codecs.mime import Mailbox
from mailwright.core import Core
from mailwright.core.outreach import etiquette
from mailwright.core.outreach.wishes import placeholders
from mailwright.domain.addresses import Address
from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.outreach import MAX_NAME, PLACEHOLDER
from mailwright.domain.refusals import BadInput
from mailwright.storage.accounts import Account
from mailwright.storage.outreach import Outreach


def check(known: Outreach) -> None:
    """Whether there is a text that can go out. Raises BadInput."""
    if not known.body.strip() or not known.subject.strip():
        raise BadInput("it has no text or no subject yet")
    left = PLACEHOLDER.search(known.subject) or PLACEHOLDER.search(known.body)
    if left is not None:
        raise BadInput(f"nothing stands for {left[0]} in it yet; fill it in first")
    gap = gap_of(known)
    if gap:
        raise BadInput(
            f"nothing was found for {gap}, which still stands in it; write what belongs there, or take the sentence out"
        )


def gap_of(known: Outreach) -> str:
    """What still stands in the mail where the scribe found nothing for a placeholder, like `[book]`; empty when nothing does."""
    said = f"{known.subject}\n{known.body}"
    if "[" not in said:
        return ""
    for name in placeholders(known.template):
        found = re.search(r"\[\s*" + r"\s+".join(map(re.escape, name.split())) + r"\s*\]", said, re.IGNORECASE)
        if found is not None:
            return " ".join(found[0].split())
    return ""


def unshown(known: Outreach) -> int:
    """How many of its sentences state what nothing shows."""
    return sum(each.get("state") == "marked" for each in known.sentences)


def version_of(known: Outreach) -> str:
    """What tells one text of a mail from another: who says yes to what they see, names it."""
    return hashlib.sha256(f"{known.subject}\0{known.body}".encode("utf-8", "replace")).hexdigest()[:16]


def compose(
    core: Core,
    owner: Account,
    known: Outreach,
    recipient: Address | None,
    *,
    note: str,
    message_id: str,
    date: Instant,
    is_draft: bool = False,
) -> bytes:
    """The message. A draft says whose it is, and is told from others by that. Raises BadInput, TryLater."""
    url = etiquette.link(core, known.tenant_id, recipient) if recipient is not None else ""
    fields = [("X-Mailwright-Draft", f"outreach {known.id}")] if is_draft else []
    if known.batch_id is not None:
        fields += etiquette.header_fields(Address.parse(owner.email), url)
    return mime.compose(
        from_=Mailbox(plain(owner.display_name), owner.email),
        to=[Mailbox(plain(known.name), str(recipient))] if recipient is not None else [],
        subject=plain(known.subject, most=len(known.subject)),
        text=f"{known.body.rstrip()}\n\n{etiquette.below(known.language, note, url)}\n",
        message_id=message_id,
        date=date // SECOND * SECOND,
        headers=fields,
    )


def plain(text: str, *, most: int = MAX_NAME) -> str:
    """Text for one line of a header."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:most]
